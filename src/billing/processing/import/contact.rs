//! Contacts that a registrar has and nobody owns yet.

use super::{CONTACTS_FROM, Imported, module, told};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::Record;
use crate::rpc::handler::{Ctx, Reply};
use crate::rpc::meta::Field;
use crate::rpc::nested;
use crate::rpc::registry::Func;
use crate::service::contact::check;
use crate::value;

/// The form of contacts: its fields are what a module may tell, and its rules what it has to.
const FORM: &str = "service_profile.edit";
const OWNER: &str = "account";

/// Said twice it is the same: by module, role and the registrar's name for it. What a client has
/// already is his contact.
pub fn report(cx: &mut Ctx) -> Result<Reply> {
    let (module_id, role, externalid) = (module(cx)?, told(cx, "type")?, told(cx, "externalid")?);
    let data = fields(cx)?;
    let sql =
        Sql::new("INSERT INTO import_profile (processing_id, type, externalid, data, createdate) VALUES (");
    let values = [module_id.into(), role.as_str().into(), externalid.into(), data.into(), cx.now_us.into()];
    let sql = sql.binds(values).sql(
        ") ON CONFLICT (processing_id, type, externalid) DO UPDATE SET data = excluded.data \
         RETURNING id, service_profile_id",
    );
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Int])?;
    let row = row.ok_or_else(|| Error::system("an import got no id"))?;
    let id = match is_there(cx.conn, row[1].int())? {
        true => row[1].int(),
        false => CONTACTS_FROM + free(cx.conn, row[0].int())?,
    };
    let service = told(cx, "service_id")?;
    if !service.is_empty() && !bind(cx, service.parse().unwrap_or_default(), id, &role)? {
        return Err(Error::value("service_id", service));
    }
    Ok(Reply::Ok(vec![Node::leaf("profile_id", id.to_string())]))
}

fn is_there(conn: &mut Conn, contact_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM service_profile WHERE NOT deleted AND id = ").bind(contact_id);
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

/// Where its client has removed what it had become, nobody owns it again.
fn free(conn: &mut Conn, id: i64) -> Result<i64> {
    Sql::new("UPDATE import_profile SET service_profile_id = 0 WHERE id = ").bind(id).execute(conn)?;
    Ok(id)
}

/// What the module told of the contact, as a query string. It is checked now, when the module can
/// still hear of it.
fn fields(cx: &mut Ctx) -> Result<String> {
    let form = cx.app.registry.get(FORM).ok_or_else(|| Error::system("contacts have no form"))?;
    let mut record = Record::new();
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for field in entered(&form) {
        let raw = match cx.params.sent(&field.name) {
            Some(text) => {
                kept.append_pair(&field.name, text);
                value::parse(field, text, &cx.zone)?
            }
            None if field.required && field.default.is_empty() => return Err(Error::missed(&field.name)),
            None => value::default(field, &cx.zone),
        };
        if field.options == "country" && raw != Raw::Int(0) {
            check::need_country(cx, &field.name, raw.int())?;
        }
        record.set(field.column(), raw);
    }
    check::check(cx, &mut record)?;
    Ok(kept.finish())
}

fn entered(form: &Func) -> impl Iterator<Item = &Field> {
    form.meta.fields().filter(|field| !field.readonly && !field.virtual_ && field.name != OWNER)
}

/// What an imported contact is to an imported service. False: they are not both imported by one
/// module, or the service has an owner.
pub fn bind(cx: &mut Ctx, service_id: i64, contact_id: i64, role: &str) -> Result<bool> {
    let pair = (Imported::read(&service_id.to_string()), Imported::read(&contact_id.to_string()));
    let (Some(Imported::Service(service)), Some(Imported::Contact(contact))) = pair else { return Ok(false) };
    let sql = Sql::new("SELECT s.id FROM import_service s JOIN import_profile p ");
    let sql = sql.sql("ON p.processing_id = s.processing_id AND p.id = ").bind(contact);
    if sql.sql(" WHERE s.item_id = 0 AND s.id = ").bind(service).first(cx.conn, &[Kind::Int])?.is_none() {
        return Ok(false);
    }
    let sql =
        Sql::new("INSERT INTO import_service_profile (import_service_id, import_profile_id, type) VALUES (");
    let sql = sql.binds([service.into(), contact.into(), role.into()]);
    let sql = sql.sql(") ON CONFLICT (import_service_id, type) DO UPDATE SET ");
    sql.sql("import_profile_id = excluded.import_profile_id").execute(cx.conn)?;
    Ok(true)
}

/// The contacts of an imported service by role, as contacts of its new owner.
pub fn of_service(cx: &mut Ctx, service_id: i64, owner: (i64, i64)) -> Result<Vec<(String, i64)>> {
    let sql = Sql::new("SELECT type, import_profile_id FROM import_service_profile ");
    let sql = sql.sql("WHERE import_service_id = ").bind(service_id).sql(" ORDER BY type");
    let rows = sql.load(cx.conn, &[Kind::Text, Kind::Int])?;
    let mut own = |row: &Vec<Raw>| Ok((row[0].str().to_owned(), give(cx, row[1].int(), owner)?));
    rows.iter().map(&mut own).collect()
}

/// The client's contact that it becomes, or became when another of his services had it.
pub fn give(cx: &mut Ctx, id: i64, owner: (i64, i64)) -> Result<i64> {
    let sql = Sql::new(
        "SELECT i.data, i.processing_id, i.type, i.externalid, COALESCE(p.id, 0), \
         COALESCE(p.account_id, 0) FROM import_profile i LEFT JOIN service_profile p \
         ON p.id = i.service_profile_id AND NOT p.deleted WHERE i.id = ",
    );
    let kinds = [Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    let row = sql.bind(id).first(cx.conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", (CONTACTS_FROM + id).to_string()))?;
    if row[5].int() == owner.0 {
        return Ok(row[4].int());
    }
    let contact_id = create(cx, row[0].str(), owner.0)?;
    let sql = Sql::new("UPDATE import_profile SET service_profile_id = ").bind(contact_id);
    sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    let sql = Sql::new("INSERT INTO service_profile2processing ");
    let sql = sql.sql("(processing_id, type, externalid, service_profile_id) VALUES (");
    let values = [row[1].clone(), row[2].clone(), row[3].clone(), contact_id.into()];
    sql.binds(values).sql(")").execute(cx.conn)?;
    Ok(contact_id)
}

fn create(cx: &mut Ctx, data: &str, account_id: i64) -> Result<i64> {
    let mut params = Params::of(form_urlencoded::parse(data.as_bytes()));
    for (name, value) in [("func", FORM), ("sok", "ok"), (OWNER, &account_id.to_string())] {
        params.set(name, value);
    }
    let Reply::Ok(nodes) = nested::run(cx, params, "elid")? else {
        return Err(Error::system("a contact is not kept"));
    };
    let id = nodes.iter().find(|node| node.name == "id").and_then(|node| node.text.as_deref()?.parse().ok());
    id.ok_or_else(|| Error::system("a contact got no id"))
}
