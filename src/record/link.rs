//! Link tables: many of one object to many of another.

use super::Record;
use super::scope::scope_sql;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Ctx;
use crate::rpc::meta::Field;

/// The ids that a record is linked to, `1, 2`.
pub fn linked(cx: &mut Ctx, field: &Field, id: i64) -> Result<String> {
    let sql = Sql::new("SELECT ").word(&field.link_to).sql(" FROM ").word(&field.link);
    let sql = sql.sql(" WHERE ").word(&field.link_from).sql(" = ").bind(id);
    let sql = sql.sql(" ORDER BY ").word(&field.link_to);
    let rows = sql.load(cx.conn, &[Kind::Int])?;
    let ids: Vec<String> = rows.iter().map(|row| row[0].int().to_string()).collect();
    Ok(ids.join(", "))
}

/// Makes the links of a record what its field says.
pub fn set_links(cx: &mut Ctx, field: &Field, record: &Record) -> Result<()> {
    let wanted = record.str(field.column()).to_owned();
    if linked(cx, field, record.id)? == wanted {
        return Ok(());
    }
    let gone = Sql::new("DELETE FROM ").word(&field.link).sql(" WHERE ").word(&field.link_from);
    gone.sql(" = ").bind(record.id).execute(cx.conn)?;
    for to in wanted.split(", ").filter_map(|id| id.parse::<i64>().ok()) {
        add_link(cx, (&field.link, &field.link_from, &field.link_to), (record.id, to))?;
    }
    Ok(())
}

fn add_link(cx: &mut Ctx, (table, from, to): (&str, &str, &str), ids: (i64, i64)) -> Result<()> {
    let sql = Sql::new("INSERT INTO ").word(table).sql(" (").words([from, to]).sql(") VALUES (");
    let sql = sql.binds([ids.0.into(), ids.1.into()]).sql(")");
    sql.execute(cx.conn)?;
    Ok(())
}

/// `resume` of a link list: `plid` is the parent, `elid` the row that it gets.
pub fn link(cx: &mut Ctx, elid: &str) -> Result<()> {
    unlink(cx, elid)?;
    let (from, to) = link_ids(cx, elid)?;
    need_listed(cx, from, to)?;
    let meta = &cx.call.func.meta;
    add_link(cx, (&meta.link, &meta.link_from, &meta.link_to), (from, to))
}

pub fn unlink(cx: &mut Ctx, elid: &str) -> Result<()> {
    let (from, to) = link_ids(cx, elid)?;
    let meta = &cx.call.func.meta;
    let sql = Sql::new("DELETE FROM ").word(&meta.link).sql(" WHERE ").word(&meta.link_from);
    let sql = sql.sql(" = ").bind(from).sql(" AND ").word(&meta.link_to).sql(" = ").bind(to);
    sql.execute(cx.conn)?;
    Ok(())
}

/// Parent and row of a link. The parent must be the caller's: its table is the part of the
/// link's column before `_id`.
fn link_ids(cx: &mut Ctx, elid: &str) -> Result<(i64, i64)> {
    let to = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let from = cx.plid()?.ok_or_else(|| Error::missed("plid"))?;
    let meta = &cx.call.func.meta;
    let parent = meta.link_from.trim_end_matches("_id");
    let mut sql = Sql::new("SELECT id FROM ").word(parent).sql(" WHERE id = ").bind(from);
    if meta.scope.is_owned() {
        sql = sql.append(&scope_sql(cx.scope(), "account_id"));
    }
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok((from, to)),
        None => Err(Error::missed("plid").with("value", from.to_string())),
    }
}

/// Only what the list shows for its parent can be linked to it.
fn need_listed(cx: &mut Ctx, from: i64, to: i64) -> Result<()> {
    let call = cx.call;
    let list =
        call.app.registry.get(&call.func.object).ok_or_else(|| Error::system("a link without a list"))?;
    let sql = Sql::new("SELECT 1 FROM ").word(&list.meta.view).sql(" WHERE ").word(&list.meta.parent);
    let sql = sql.sql(" = ").bind(from).sql(" AND ").word(list.meta.key()).sql(" = ").bind(to);
    match sql.first(cx.conn, &[])? {
        Some(_) => Ok(()),
        None => Err(Error::missed("elid").with("value", to.to_string())),
    }
}
