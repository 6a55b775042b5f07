//! What makes a row the caller's. Every statement on a record carries it.

use crate::auth::Scope;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Ctx;
use crate::rpc::meta::{Meta, ScopeKind};

/// ` WHERE key = ? …` with what makes the row the caller's: scope, parent, not deleted.
pub fn where_own(cx: &Ctx, id: i64) -> Result<Sql> {
    let meta = &cx.func.meta;
    let mut sql = Sql::new(" WHERE ").word("id").sql(" = ").bind(id);
    if cx.app.db.has_column(&meta.table, "deleted") {
        sql = sql.sql(" AND NOT ").word("deleted");
    }
    if let (false, Some(plid)) = (meta.parent.is_empty(), cx.plid()?) {
        sql = sql.sql(" AND ").word(&meta.parent).sql(" = ").bind(plid);
    }
    Ok(match meta.scope {
        ScopeKind::None | ScopeKind::Public => sql,
        ScopeKind::Account => sql.append(&scope_sql(cx.scope(), meta.owner())),
    })
}

/// The columns that say whose a row is; a dictionary's row is nobody's.
pub fn owner_columns(meta: &Meta) -> [&str; 2] {
    match meta.scope {
        ScopeKind::None | ScopeKind::Public => ["id", "id"],
        ScopeKind::Account => [meta.owner(), "reseller_id"],
    }
}

/// ` AND …` that leaves the rows of a scope.
pub fn scope_sql(scope: Scope, owner: &str) -> Sql {
    match scope {
        Scope::All => Sql::default(),
        Scope::Reseller(id) => Sql::new(" AND ").word("reseller_id").sql(" = ").bind(id),
        Scope::Account(id) => Sql::new(" AND ").word(owner).sql(" = ").bind(id),
        Scope::Nobody => Sql::new(" AND 1 = 0"),
    }
}

/// Error `missed(elid)` unless the record is there for this caller.
pub fn need_own(cx: &mut Ctx, id: i64) -> Result<()> {
    let table = cx.func.meta.table.clone();
    let sql = Sql::new("SELECT id FROM ").word(&table).append(&where_own(cx, id)?);
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::missed("elid").with("value", id.to_string())),
    }
}

/// The account and the reseller of a record that the caller may see; (0, 0) of a dictionary's.
pub fn owner_of(cx: &mut Ctx, id: i64) -> Result<(i64, i64)> {
    need_own(cx, id)?;
    let meta = &cx.call.func.meta;
    if !meta.scope.is_owned() {
        return Ok((0, 0));
    }
    let sql = Sql::new("SELECT ").words([meta.owner(), "reseller_id"]).sql(" FROM ").word(&meta.table);
    let sql = sql.append(&where_own(cx, id)?);
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Int])?.ok_or_else(|| Error::missed("elid"))?;
    Ok((row[0].int(), row[1].int()))
}

/// The account, if the caller may act for it, with its reseller. Error `missed(plid)` else.
pub fn account_owner(cx: &mut Ctx, account_id: i64) -> Result<(i64, i64)> {
    let sql = Sql::new("SELECT id, reseller_id FROM account WHERE NOT deleted AND id = ").bind(account_id);
    let sql = sql.append(&scope_sql(cx.scope(), "id"));
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("plid").with("value", account_id.to_string()))?;
    Ok((row[0].int(), row[1].int()))
}

/// Error `missed(plid)` unless the row of a dictionary that a new one belongs to is there.
pub fn need_parent(cx: &mut Ctx, plid: i64) -> Result<()> {
    let table = cx.call.func.meta.parent_table();
    let mut sql = Sql::new("SELECT id FROM ").word(table).sql(" WHERE id = ").bind(plid);
    if cx.app.db.has_column(table, "deleted") {
        sql = sql.sql(" AND NOT deleted");
    }
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::missed("plid").with("value", plid.to_string())),
    }
}
