//! What is still referred to stays.

use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Ctx;

/// What may refer to a record: its word, its table or view, and the column there.
pub type Places<'p> = &'p [(&'p str, &'p str, &'p str)];

/// Refuses with `used(<word>)` while one of the places refers to this record, and names who does.
pub fn refuse_used(cx: &mut Ctx, elid: &str, places: Places) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    for (word, table, column) in places {
        if let Some(name) = user_of(cx, (table, column), id)? {
            return Err(Error::new("used", *word).with("value", name));
        }
    }
    Ok(())
}

/// The name of a row that refers to the record, or its id where it has none.
fn user_of(cx: &mut Ctx, (table, column): (&str, &str), id: i64) -> Result<Option<String>> {
    let has = |column: &str| cx.call.app.db.has_column(table, column);
    let name = if has("name") { "name" } else { column };
    let mut sql = Sql::new("SELECT id, CAST(").word(name).sql(" AS TEXT) FROM ").word(table);
    sql = sql.sql(" WHERE ").word(column).sql(" = ").bind(id);
    if has("deleted") {
        sql = sql.sql(" AND NOT deleted");
    }
    let row = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int, Kind::Text])?;
    Ok(row.map(|row| match row[1].str() {
        name if has("name") && !name.is_empty() => name.to_owned(),
        _ => row[0].int().to_string(),
    }))
}
