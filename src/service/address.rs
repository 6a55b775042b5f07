//! Addresses of a service: asked for, named, given back.

use super::item;
use super::status::{Operation, Status};
use super::{Till, choices};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("service.ip", Handler::View(Some(listed))),
    ("service.ip.edit", Handler::Form(EDIT)),
    ("service.ip.delete", Handler::Each(delete)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// Addresses that one call asks for.
const COUNT_MAX: i64 = 256;

/// The addresses of the caller's own service.
fn listed(cx: &mut Ctx) -> Result<Sql> {
    let id = cx.need_elid()?;
    item::need_own(cx, id)?;
    Ok(Sql::default())
}

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.has_changed("domain") && !record.str("domain").is_empty() {
        choices::check_domain(record.str("domain"))?;
    }
    match record.int("count") {
        _ if !record.is_new() => Ok(()),
        1..=COUNT_MAX => Ok(()),
        _ => Err(Error::limit("count", COUNT_MAX.to_string())),
    }
}

/// A new one is asked of the module, which adds it; a reverse name is kept and told to the module.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let plid = match record.is_new() {
        true => cx.params.get("plid").to_owned(),
        false => service_of(cx, record.id)?.to_string(),
    };
    if plid.is_empty() {
        return Err(Error::missed("plid"));
    }
    let mut item = item::own(cx, &plid)?;
    if item.status != Status::Active {
        return Err(item.refused());
    }
    if record.is_new() {
        let payload = format!("{} {}", record.int("count"), record.str("type"));
        let id = item::ask(&mut Till::of(cx), &mut item, Operation::AddIp, payload.trim())?;
        return Ok(vec![Node::leaf("runningoperation", id.to_string())]);
    }
    let id = record::store(cx, record)?;
    item::ask(&mut Till::of(cx), &mut item, Operation::SetParam, "ip")?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn service_of(cx: &mut Ctx, id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT item_id FROM item_ip WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::missed("elid"))?;
    Ok(row[0].int())
}

/// The module takes the address away and says so.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    if record::need_own(cx, id).is_err() {
        return Ok(());
    }
    let plid = service_of(cx, id)?.to_string();
    let mut item = item::own(cx, &plid)?;
    let sql = Sql::new("SELECT name FROM item_ip WHERE id = ").bind(id);
    let name = sql.first(cx.conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned());
    item::ask(&mut Till::of(cx), &mut item, Operation::DelIp, &name).map(drop)
}
