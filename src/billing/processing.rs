//! Processing modules: what opens services at a panel or vendor; and the IP managers beside them.

pub mod import;

use super::usage::refuse_used;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::seal::{Column, Sealer};

pub const FUNCS: &[Row] = &[
    ("processing.edit", Handler::Form(EDIT)),
    ("processing.add", Handler::Form(EDIT)),
    ("processing.delete", Handler::Each(delete)),
    ("processing.gotoserver", Handler::Once(gotoserver)),
    ("processing.savebalance", Handler::Once(savebalance)),
    ("processing.ipmgr.edit", Handler::Form(EDIT)),
    ("processing.ipmgr.gotoserver", Handler::Once(gotoserver)),
];

const EDIT: Form = record::FORM.check(check).save(save);

pub const PASSWORD: Column =
    Column { table: "processing", column: "password_sealed", context: "processing.password:{id}", only: "" };
pub const IPMGR_PASSWORD: Column =
    Column { table: "ipmgr", column: "password_sealed", context: "ipmgr.password:{id}", only: "" };

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let url = record.str("url").trim().to_owned();
    if !url.is_empty() && !is_address(&url) {
        return Err(Error::value("url", url));
    }
    record.set("url", url);
    if record.int("concurrencylimit") < 0 {
        return Err(Error::value("concurrencylimit", record.int("concurrencylimit").to_string()));
    }
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let column = if cx.func.meta.table == IPMGR_PASSWORD.table { IPMGR_PASSWORD } else { PASSWORD };
    let id = record::store_sealed(cx, record, &[("password", column)])?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// The password of a module, for whatever signs in with it; "" where none was entered.
pub fn password(conn: &mut Conn, sealer: &Sealer, id: i64) -> Result<String> {
    let sql = Sql::new("SELECT password_sealed FROM processing WHERE id = ").bind(id);
    match sql.first(conn, &[Kind::Text])?.map(|row| row[0].str().to_owned()) {
        Some(sealed) if !sealed.is_empty() => sealer.open(&sealed, &PASSWORD.context(&[&id])),
        _ => Ok(String::new()),
    }
}

/// An address that a browser can be sent to.
fn is_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace))
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [
        ("pricelist", "processing_pricelist_list", "processing_id"),
        ("itemtype.param.value", "itemtype_param_value", "processing_id"),
    ];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}

/// Sends a browser to the panel of a module or IP manager.
fn gotoserver(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT url FROM ").word(&cx.func.meta.table).sql(" WHERE id = ").bind(id);
    match sql.first(cx.conn, &[Kind::Text])?.map(|row| row[0].str().to_owned()) {
        Some(url) if !url.is_empty() => Ok(Reply::Redirect(url)),
        _ => Err(Error::missed("url")),
    }
}

/// A module tells what it still has at its vendor.
fn savebalance(cx: &mut Ctx) -> Result<Reply> {
    let told = |cx: &Ctx, name| cx.input(name)?.map(|raw| raw.int()).ok_or_else(|| Error::missed(name));
    let id = told(cx, "processingmodule")?;
    let balance = told(cx, "balance")?;
    let currency_id = currency_of(cx)?;
    let sql = Sql::new("UPDATE processing SET balance = ").bind(balance).sql(", balance_currency_id = ");
    let sql = sql.bind(currency_id).sql(", balance_at = ").bind(cx.now_us);
    match sql.sql(" WHERE NOT deleted AND id = ").bind(id).execute(cx.conn)? {
        0 => Err(Error::missed("processingmodule").with("value", id.to_string())),
        _ => history::write(cx, id, (0, 0), "balance")
            .map(|()| Reply::Ok(vec![Node::leaf("id", id.to_string())])),
    }
}

/// Modules name a currency by its code or its id.
fn currency_of(cx: &mut Ctx) -> Result<i64> {
    let asked = cx.params.get("currency").trim().to_owned();
    let sql = Sql::new("SELECT id FROM currency WHERE iso = ").bind(asked.to_uppercase());
    let sql = sql.sql(" OR id = ").bind(asked.parse::<i64>().unwrap_or_default());
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(row) => Ok(row[0].int()),
        None if asked.is_empty() => Err(Error::missed("currency")),
        None => Err(Error::value("currency", asked)),
    }
}
