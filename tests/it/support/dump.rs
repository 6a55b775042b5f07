//! Everything that stands in the tables of a database.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use billmgr::db::{Backend, Conn, Db, Kind, Raw, Sql};
use billmgr::error::Result;

const BUDGET: Duration = Duration::from_secs(60);
/// A refused sign-in is noted there, and rightly so.
const SIGN_INS: &str = "authlog";

/// Rows of a table as `column=value` lines, sorted.
type Table = (String, Vec<String>);

pub fn digest(db: &Db) -> u64 {
    let mut hasher = DefaultHasher::new();
    let tables = tables(db);
    tables.iter().filter(|(name, _)| name != SIGN_INS).for_each(|table| table.hash(&mut hasher));
    hasher.finish()
}

pub fn text(db: &Db) -> String {
    let table = |(name, rows): &Table| format!("{name}\n{}\n", rows.join("\n"));
    tables(db).iter().map(table).collect()
}

fn tables(db: &Db) -> Vec<Table> {
    let read = db.read(BUDGET, |conn| {
        let mut names = names(conn, db.backend())?;
        names.sort();
        names.into_iter().map(|name| Ok((name.clone(), rows(conn, db, &name)?))).collect()
    });
    read.expect("every table can be read")
}

/// Tables without views and without the engine's own.
fn names(conn: &mut Conn, backend: Backend) -> Result<Vec<String>> {
    let sql = Sql::new(match backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        }
        Backend::Postgres => {
            "SELECT table_name::TEXT FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        }
    });
    Ok(sql.load(conn, &[Kind::Text])?.iter().map(|row| row[0].str().to_owned()).collect())
}

fn rows(conn: &mut Conn, db: &Db, table: &str) -> Result<Vec<String>> {
    let found = db.tables().find(|(name, _)| *name == table).map(|(_, columns)| columns.clone());
    let mut columns: Vec<String> = found.into_iter().flatten().collect();
    columns.sort();
    let mut sql = Sql::new("SELECT ");
    for (place, column) in columns.iter().enumerate() {
        sql = sql.sql(if place > 0 { ", CAST(" } else { "CAST(" }).word(column).sql(" AS TEXT)");
    }
    let kinds = vec![Kind::Text; columns.len()];
    let rows = sql.sql(" FROM ").word(table).load(conn, &kinds)?;
    let line = |row: &Vec<Raw>| {
        let pairs = columns.iter().zip(row).map(|(column, raw)| match raw {
            Raw::Null => format!("{column} is null"),
            raw => format!("{column}={:?}", raw.str()),
        });
        pairs.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.sort();
    Ok(lines)
}
