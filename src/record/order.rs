//! The place of a row among its neighbours.

use super::scope::owner_of;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::rpc::handler::Ctx;

/// Exchanges the place of a row with its neighbour above.
pub fn up(cx: &mut Ctx, elid: &str) -> Result<()> {
    shift(cx, elid, true)
}

pub fn down(cx: &mut Ctx, elid: &str) -> Result<()> {
    shift(cx, elid, false)
}

/// Rows stand in the order of (orderpriority, id); the whole order is written anew.
fn shift(cx: &mut Ctx, elid: &str, up: bool) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let owner = owner_of(cx, id)?;
    let table = cx.func.meta.table.clone();
    let mut sql = Sql::new("SELECT id FROM ").word(&table);
    if cx.app.db.has_column(&table, "deleted") {
        sql = sql.sql(" WHERE NOT deleted");
    }
    let rows = sql.sql(" ORDER BY orderpriority, id").load(cx.conn, &[Kind::Int])?;
    let mut ids: Vec<i64> = rows.iter().map(|row| row[0].int()).collect();
    let at = ids.iter().position(|have| *have == id).unwrap_or_default();
    let other = if up { at.checked_sub(1) } else { Some(at + 1) };
    if let Some(other) = other.filter(|other| *other < ids.len()) {
        ids.swap(at, other);
    }
    for (place, id) in ids.into_iter().enumerate() {
        let sql = Sql::new("UPDATE ").word(&table).sql(" SET orderpriority = ").bind(place as i64 + 1);
        sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    history::write(cx, id, owner, "orderpriority")
}
