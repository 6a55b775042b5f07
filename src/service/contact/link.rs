//! What contacts are to services.

use super::need_of;
use crate::billing::processing::import;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::service::Till;
use crate::service::item::Item;

pub const FUNCS: &[Row] = &[
    ("service_profile2item.edit", Handler::Once(bind_by_call)),
    ("service_profile.error", Handler::Once(report)),
    ("domain.doc.verified", Handler::Each(verify)),
];

pub const ROLES: [&str; 5] = ["owner", "admin", "tech", "bill", "customer"];

/// The contacts of a service by role.
pub fn of_item(conn: &mut Conn, item_id: i64) -> Result<Vec<(String, i64)>> {
    let sql = Sql::new("SELECT type, service_profile_id FROM service_profile2item WHERE item_id = ");
    let rows = sql.bind(item_id).sql(" ORDER BY id").load(conn, &[Kind::Text, Kind::Int])?;
    Ok(rows.iter().map(|row| (row[0].str().to_owned(), row[1].int())).collect())
}

pub fn bind(conn: &mut Conn, item_id: i64, role: &str, contact_id: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO service_profile2item (service_profile_id, item_id, type) VALUES (");
    let sql = sql.binds([contact_id.into(), item_id.into(), role.into()]);
    let sql = sql
        .sql(") ON CONFLICT (item_id, type) DO UPDATE SET service_profile_id = excluded.service_profile_id");
    sql.execute(conn)?;
    Ok(())
}

pub fn unbind(conn: &mut Conn, item_id: i64, role: &str) -> Result<()> {
    let sql = Sql::new("DELETE FROM service_profile2item WHERE item_id = ").bind(item_id);
    sql.sql(" AND type = ").bind(role).execute(conn)?;
    Ok(())
}

/// A parameter that has to be there.
fn told(cx: &Ctx, name: &str) -> Result<Raw> {
    match cx.input(name)? {
        Some(raw) if raw != Raw::Int(0) && raw != Raw::from("") => Ok(raw),
        _ => Err(Error::missed(name)),
    }
}

fn item_of(cx: &mut Ctx) -> Result<Item> {
    let id = told(cx, "item")?.int();
    Item::load(cx.conn, id).map_err(|error| match error.kind {
        "missed" => Error::value("item", id.to_string()),
        _ => error,
    })
}

/// A module says which contact a service has at its registrar; of what it reported for import too.
fn bind_by_call(cx: &mut Ctx) -> Result<Reply> {
    let (id, role) = (told(cx, "item")?.int(), told(cx, "type")?);
    let contact_id = told(cx, "service_profile")?.int();
    if import::bind(cx, id, contact_id, role.str())? {
        return Reply::ok();
    }
    let item = item_of(cx)?;
    need_of(cx.conn, item.account_id, contact_id, "service_profile")?;
    bind(cx.conn, item.id, role.str(), contact_id)?;
    Till::of(cx).note(&item, &format!("{}: {contact_id}", role.str()))?;
    Reply::ok()
}

/// A module says what its registrar does not take of a contact; said again it replaces what was said.
fn report(cx: &mut Ctx) -> Result<Reply> {
    let (item, role) = (item_of(cx)?, told(cx, "type")?);
    let (param, message) = (told(cx, "param")?, told(cx, "warning_message")?);
    let form = cx.app.registry.get(super::EDIT_FUNC);
    if form.is_none_or(|func| func.meta.field(param.str()).is_none()) {
        return Err(Error::value("param", param.str()));
    }
    let contacts = of_item(cx.conn, item.id)?;
    let contact = contacts.into_iter().find(|(have, _)| have == role.str());
    let (_, contact_id) = contact.ok_or_else(|| Error::value("type", role.str()))?;
    let sql = Sql::new(
        "INSERT INTO service_profile_error (service_profile_id, item_id, param, message, createdate) VALUES (",
    );
    let values = [contact_id.into(), item.id.into(), param, message, cx.now_us.into()];
    let sql = sql.binds(values).sql(
        ") ON CONFLICT (service_profile_id, param) DO UPDATE SET message = excluded.message, \
         item_id = excluded.item_id, createdate = excluded.createdate",
    );
    sql.execute(cx.conn)?;
    Reply::ok()
}

/// Somebody has looked at the documents of a domain's contacts.
fn verify(cx: &mut Ctx, elid: &str) -> Result<()> {
    let plid = cx.plid()?.ok_or_else(|| Error::missed("plid"))?;
    let item =
        Item::load(cx.conn, plid).map_err(|_| Error::missed("plid").with("value", plid.to_string()))?;
    let id: i64 = elid.trim().parse().map_err(|_| Error::value("elid", elid))?;
    let sql = Sql::new("UPDATE service_profile_doc SET verified = TRUE WHERE id = ").bind(id);
    let sql = sql.sql(" AND service_profile_id IN (SELECT service_profile_id FROM service_profile2item");
    match sql.sql(" WHERE item_id = ").bind(item.id).sql(")").execute(cx.conn)? {
        0 => Err(Error::missed("elid").with("value", elid)),
        _ => Till::of(cx).note(&item, &format!("documents checked: {id}")),
    }
}
