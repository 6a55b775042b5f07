//! Keeping, removing and toggling records.

use super::link::set_links;
use super::scope::{account_owner, need_parent, owner_of, where_own};
use super::{Record, is_link};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::rpc::handler::Ctx;
use crate::rpc::meta::Field;
use crate::seal::Column;

pub fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    Ok(vec![Node::leaf("id", store(cx, record)?.to_string())])
}

/// Inserts or updates the record and its links, and notes the change. Answers its id.
pub fn store(cx: &mut Ctx, mut record: Record) -> Result<i64> {
    fold(cx, &mut record);
    let mut owner;
    if record.is_new() {
        owner = new_owner(cx, &mut record)?;
        record.id = insert(cx, &record)?;
        if cx.func.meta.owner() == "id" {
            owner.0 = record.id; // an account is its own owner
        }
    } else {
        owner = record.owner;
        update(cx, &record)?;
    }
    let links: Vec<Field> = cx.func.meta.fields().filter(|field| is_link(field)).cloned().collect();
    for field in links {
        set_links(cx, &field, &record)?;
    }
    history::write(cx, record.id, owner, &record.changed.join(", "))?;
    Ok(record.id)
}

/// Likewise, with fields that are kept sealed. They are sealed for their row, so the row comes first. An
/// empty one keeps what there is.
pub fn store_sealed(cx: &mut Ctx, mut record: Record, sealed: &[(&str, Column)]) -> Result<i64> {
    let given = |name: &str| cx.params.get(name).to_owned();
    let given: Vec<(&str, Column, String)> =
        sealed.iter().map(|(name, column)| (*name, *column, given(name))).collect();
    record.changed.retain(|name| !given.iter().any(|(field, _, text)| field == name && text.is_empty()));
    let id = store(cx, record)?;
    for (_, column, text) in given.iter().filter(|(_, _, text)| !text.is_empty()) {
        let sealed = cx.app.sealer.seal(text, &column.context(&[&id]));
        let sql = Sql::new("UPDATE ").word(column.table).sql(" SET ").word(column.column).sql(" = ");
        sql.bind(sealed).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    Ok(id)
}

/// Fills `<column>_fold` beside every text that the table keeps folded.
fn fold(cx: &Ctx, record: &mut Record) {
    let table = &cx.func.meta.table;
    let folded = record.values.iter().filter_map(|(column, raw)| match raw {
        Raw::Text(text) => Some((format!("{column}_fold"), text.to_lowercase())),
        _ => None,
    });
    let folded: Vec<_> = folded.filter(|(column, _)| cx.app.db.has_column(table, column)).collect();
    for (column, text) in folded {
        record.set(&column, text);
    }
}

/// Whose a new record is: the parent's that `plid` names, else the caller's own.
fn new_owner(cx: &mut Ctx, record: &mut Record) -> Result<(i64, i64)> {
    let meta = &cx.call.func.meta;
    if !meta.scope.is_owned() {
        if !meta.parent.is_empty() {
            let plid = cx.plid()?.ok_or_else(|| Error::missed("plid"))?;
            need_parent(cx, plid)?;
            record.set(&meta.parent, plid);
        }
        return Ok((0, 0));
    }
    if meta.owner() == "id" {
        return Ok((record.int("id"), record.int("reseller_id")));
    }
    if !matches!(record.get("reseller_id"), Raw::Null) {
        return Ok((record.int("account_id"), record.int("reseller_id"))); // a check named the owner
    }
    let account = match record.int("account_id") {
        0 => cx.plid()?.filter(|_| meta.parent == "account_id").unwrap_or(cx.caller.user.account_id),
        account => account,
    };
    let owner = account_owner(cx, account)?;
    record.set("account_id", owner.0);
    record.set("reseller_id", owner.1);
    Ok(owner)
}

/// The columns to write: all values but those of link tables and virtual fields.
fn written<'r>(cx: &Ctx, record: &'r Record) -> Vec<(&'r String, &'r Raw)> {
    let meta = &cx.func.meta;
    let no_column = |field: &Field| is_link(field) || field.virtual_;
    let is_column = |name: &str| !meta.fields().any(|field| no_column(field) && field.column() == name);
    let written = record.values.iter().filter(|(name, _)| is_column(name) && name != "id");
    written.map(|(name, raw)| (name, raw)).collect()
}

fn insert(cx: &mut Ctx, record: &Record) -> Result<i64> {
    let values = written(cx, record);
    let sql = Sql::new("INSERT INTO ").word(&cx.func.meta.table).sql(" (");
    let sql = sql.words(values.iter().map(|(name, _)| name.as_str())).sql(") VALUES (");
    let sql = sql.binds(values.iter().map(|(_, raw)| (*raw).clone())).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("INSERT returned no id"))?;
    Ok(row[0].int())
}

fn update(cx: &mut Ctx, record: &Record) -> Result<()> {
    let mut sql = Sql::new("UPDATE ").word(&cx.func.meta.table).sql(" SET ");
    for (index, (name, raw)) in written(cx, record).into_iter().enumerate() {
        sql = if index > 0 { sql.sql(", ") } else { sql };
        sql = sql.word(name).sql(" = ").bind(raw.clone());
    }
    let sql = sql.append(&where_own(cx, record.id)?);
    match sql.execute(cx.conn)? {
        0 => Err(Error::missed("elid").with("value", record.id.to_string())),
        _ => Ok(()),
    }
}

/// Removes a record. One that is not there, or not the caller's, is no error (R58–R60).
pub fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    let owner = match owner_of(cx, id) {
        Ok(owner) => owner,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    let table = cx.func.meta.table.clone();
    let sql = match cx.app.db.has_column(&table, "deleted") {
        true => Sql::new("UPDATE ").word(&table).sql(" SET deleted = TRUE"),
        false => Sql::new("DELETE FROM ").word(&table),
    };
    sql.append(&where_own(cx, id)?).execute(cx.conn)?;
    history::write(cx, id, owner, "")
}

pub fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    toggle(cx, elid, false)
}

pub fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    toggle(cx, elid, true)
}

fn toggle(cx: &mut Ctx, elid: &str, on: bool) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let owner = owner_of(cx, id)?;
    let column = match cx.func.meta.toggle.as_str() {
        "" => "active",
        column => column,
    };
    let sql = Sql::new("UPDATE ").word(&cx.func.meta.table).sql(" SET ").word(column);
    sql.sql(" = ").bind(on).append(&where_own(cx, id)?).execute(cx.conn)?;
    history::write(cx, id, owner, "")
}
