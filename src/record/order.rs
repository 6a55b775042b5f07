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

/// Rows stand in the order of (orderpriority, id). A row changes places with its neighbour in the
/// list, and the whole list, of its parent alone where it has one, is numbered anew.
fn shift(cx: &mut Ctx, elid: &str, up: bool) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let owner = owner_of(cx, id)?;
    let mut ids = neighbours(cx, id)?;
    let at = ids.iter().position(|have| *have == id).unwrap_or_default();
    let other = if up { at.checked_sub(1) } else { Some(at + 1) };
    if let Some(other) = other.filter(|other| *other < ids.len()) {
        ids.swap(at, other);
    }
    let table = cx.func.meta.table.clone();
    for (place, id) in ids.into_iter().enumerate() {
        let sql = Sql::new("UPDATE ").word(&table).sql(" SET orderpriority = ").bind(place as i64 + 1);
        sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    history::write(cx, id, owner, "orderpriority")
}

/// The rows among which a row is shown.
fn neighbours(cx: &mut Ctx, id: i64) -> Result<Vec<i64>> {
    let call = cx.call;
    let list = call.app.registry.get(&call.func.object);
    let list = list.ok_or_else(|| Error::system("an order without a list"))?;
    let (view, parent) = (&list.meta.view, &list.meta.parent);
    let mut sql = Sql::new("SELECT id FROM ").word(view);
    if !parent.is_empty() {
        sql = sql.sql(" WHERE ").word(parent).sql(" = (SELECT ").word(parent).sql(" FROM ").word(view);
        sql = sql.sql(" WHERE id = ").bind(id).sql(")");
    }
    let rows = sql.sql(" ORDER BY orderpriority, id").load(cx.conn, &[Kind::Int])?;
    Ok(rows.iter().map(|row| row[0].int()).collect())
}
