//! Option lists of selects: fixed codes with words, or the rows of `<name>_option`.

use std::sync::Arc;

use super::handler::Ctx;
use super::meta::{Field, ValueKind};
use crate::app::OptionRows;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{Record, scope_sql};

/// Rows offered at most; beyond that the field takes an id.
const OPTIONS_MAX: i64 = 1000;

/// An `slist` for every select of the form.
pub fn nodes(cx: &mut Ctx, record: &Record) -> Result<Vec<Node>> {
    let call = cx.call;
    let level = call.caller.level();
    let selects = call.func.meta.fields().filter(|field| field.level <= level);
    selects.filter_map(|field| slist(cx, field, record).transpose()).collect()
}

fn slist(cx: &mut Ctx, field: &Field, record: &Record) -> Result<Option<Node>> {
    if !field.vals.is_empty() {
        return Ok(Some(fixed(cx, field)));
    }
    if field.options.is_empty() {
        return Ok(None);
    }
    let rows = stored(cx, field, record)?;
    let val =
        |row: &Vec<Raw>| Node::leaf("val", row[1].str()).attrs([("key", row[0].int().to_string().as_str())]);
    let none =
        (field.kind == ValueKind::Id && !field.required).then(|| Node::leaf("val", "").attrs([("key", "")]));
    let mut list = named(field);
    list.kids.reserve_exact(rows.len() + 1);
    Ok(Some(list.with(none).with(rows.iter().map(val))))
}

fn named(field: &Field) -> Node {
    Node::new("slist").attrs([("name", field.name.as_str())])
}

fn fixed(cx: &Ctx, field: &Field) -> Node {
    let words = &cx.app.registry.words;
    let val = |val: &super::meta::Val| {
        if !val.text.is_empty() {
            return Node::leaf("val", val.text.clone()).attrs([("key", val.key.as_str())]);
        }
        let text = words.get(&cx.call.lang, &cx.call.func.sets, &val.word).to_owned();
        Node::leaf("val", text).attrs([("msg", "yes"), ("key", &val.key)])
    };
    named(field).with(field.vals.iter().map(val))
}

/// Lists up to so long are kept in memory, until something is written.
const KEPT_MAX: usize = 100;

/// The rows that this caller may choose: in his scope, and of the client that the form is about.
fn stored(cx: &mut Ctx, field: &Field, record: &Record) -> Result<OptionRows> {
    let key = (view(field), allowed(cx, field, record)?);
    let app = cx.call.app.clone();
    let writes = app.db.writes();
    if let Some((_, rows)) = app.options.get(&key).filter(|kept| Some(kept.0) == writes) {
        return Ok(rows);
    }
    let sql = Sql::new("SELECT id, name FROM ").word(&key.0).sql(" WHERE 1 = 1");
    let sql = sql.append(&key.1).sql(" ORDER BY name, id");
    // One client has few. LIMIT would make SQLite build a table for them in order to sort it.
    let is_of_one = of_account(cx, field, record)? != 0;
    let sql = if is_of_one { sql } else { sql.sql(" LIMIT ").bind(OPTIONS_MAX) };
    let mut rows = sql.load(cx.conn, &[Kind::Int, Kind::Text])?;
    rows.truncate(OPTIONS_MAX as usize);
    let rows = Arc::new(rows);
    if let Some(writes) = writes.filter(|_| rows.len() <= KEPT_MAX) {
        app.options.insert(key, (writes, rows.clone()));
    }
    Ok(rows)
}

fn view(field: &Field) -> String {
    [field.options.as_str(), "_option"].concat()
}

fn allowed(cx: &Ctx, field: &Field, record: &Record) -> Result<Sql> {
    let of_kind = of_kind(cx, field);
    if !cx.app.db.has_column(&view(field), "account_id") {
        return Ok(of_kind);
    }
    let sql = of_kind.append(&scope_sql(cx.scope(), "account_id"));
    Ok(match of_account(cx, field, record)? {
        0 => sql,
        account => sql.sql(" AND account_id = ").bind(account),
    })
}

/// A product's functions offer what is of that product: `vds.order` no tariff of a domain.
fn of_kind(cx: &Ctx, field: &Field) -> Sql {
    match cx.func.kind.as_ref().filter(|_| cx.app.db.has_column(&view(field), "itemtype_id")) {
        Some(kind) => Sql::new(" AND itemtype_id = ").bind(kind.id),
        None => Sql::default(),
    }
}

/// The client whose rows are offered; 0 where they are several clients' or nobody's.
fn of_account(cx: &Ctx, field: &Field, record: &Record) -> Result<i64> {
    let is_owned = field.options != "account" && cx.app.db.has_column(&view(field), "account_id");
    Ok(match (record.owner.0, cx.func.meta.parent.as_str()) {
        _ if !is_owned => 0,
        (0, "account_id") => cx.plid()?.unwrap_or(record.int("account_id")),
        (0, _) => record.int("account_id"),
        (account, _) => account,
    })
}

/// Refuses a chosen id that this caller was not offered: a reference is input like any other.
pub fn check(cx: &mut Ctx, record: &Record) -> Result<()> {
    let call = cx.call;
    for field in call.func.meta.fields().filter(|field| !field.options.is_empty()) {
        if !record.has_changed(&field.name) {
            continue;
        }
        for id in ids(record.get(field.column())) {
            let sql = Sql::new("SELECT id FROM ").word(&view(field)).sql(" WHERE id = ").bind(id);
            let sql = sql.append(&allowed(cx, field, record)?);
            if sql.first(cx.conn, &[Kind::Int])?.is_none() {
                return Err(Error::value(&field.name, id.to_string()));
            }
        }
    }
    Ok(())
}

fn ids(raw: &Raw) -> Vec<i64> {
    match raw {
        Raw::Int(0) => Vec::new(),
        Raw::Int(id) => vec![*id],
        raw => raw.str().split(", ").filter_map(|id| id.parse().ok()).collect(),
    }
}
