//! Table `secretcheck`: whether keys and database belong together.

use crate::db::{Conn, Db, Kind, Sql};
use crate::error::Result as DbResult;
use crate::rpc::BUDGET_SLOW;

use super::{Keys, parts};

const TEXT: &str = "billmgr";

/// Has a key ever sealed here?
pub fn is_sealed(db: &Db) -> Result<bool, String> {
    let rows = db.read(BUDGET_SLOW, rows).map_err(|error| error.to_string())?;
    Ok(!rows.is_empty())
}

/// Says what is wrong when these are not the keys of the database; notes the first where it is new.
pub fn confirm(db: &Db, keys: &Keys) -> Result<(), String> {
    let judged = |rows: &[(u32, String)]| judge(rows, keys);
    let found = db.read(BUDGET_SLOW, rows).map_err(|error| error.to_string())?;
    judged(&found)?;
    if found.iter().any(|(number, _)| *number == keys.first().number) {
        return Ok(());
    }
    let number = keys.first().number;
    let value = keys.first().seal(TEXT, &context(number));
    // Another server may do the same at this moment, with a key of its own: one of both stands.
    let noted = db.write(move |conn| {
        Sql::new("INSERT INTO secretcheck (number, value) VALUES (")
            .binds([i64::from(number).into(), value.as_str().into()])
            .sql(") ON CONFLICT (number) DO NOTHING")
            .execute(conn)?;
        rows(conn)
    });
    judged(&noted.map_err(|error| error.to_string())?)
}

fn rows(conn: &mut Conn) -> DbResult<Vec<(u32, String)>> {
    let sql = Sql::new("SELECT number, value FROM secretcheck ORDER BY number");
    let rows = sql.load(conn, &[Kind::Int, Kind::Text])?;
    Ok(rows.iter().map(|row| (row[0].int() as u32, row[1].str().to_owned())).collect())
}

fn judge(rows: &[(u32, String)], keys: &Keys) -> Result<(), String> {
    if let Some((newest, _)) = rows.last()
        && keys.get(*newest).is_none()
    {
        return Err(format!(
            "lacks key {newest}, which sealed last in this database: copy the newest file of keys of its \
             servers here"
        ));
    }
    let fits = |(number, value): &(u32, String)| {
        let body = parts(value).map_or("", |(_, body)| body);
        keys.get(*number).is_none_or(|key| key.open(body, &context(*number)).as_deref() == Some(TEXT))
    };
    match rows.iter().find(|row| !fits(row)) {
        Some((number, _)) => Err(format!(
            "has another key {number} than the one that sealed in this database: put back the file that \
             belongs to it, or name it with KeyFile"
        )),
        None => Ok(()),
    }
}

fn context(number: u32) -> String {
    format!("secretcheck:{number}")
}
