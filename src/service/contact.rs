//! Domain contacts: whom a registrar is told as owner, administrator and so on of a domain.

pub mod check;
pub mod link;
pub mod registrar;

use super::Till;
use super::item::{self, Item};
use super::status::{Operation, Status};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::meta::{Field, ValueKind};
use crate::rpc::registry::{Func, Row};
use crate::value;

pub const FUNCS: &[Row] = &[
    (EDIT_FUNC, Handler::Form(EDIT)),
    ("service_profile.delete", Handler::Each(delete)),
    ("service_profile.doc", Handler::View(Some(listed))),
    ("service_profile.doc.edit", Handler::Form(record::FORM.check(check_doc))),
];

const EDIT: Form = record::FORM.check(check_form).save(save).show(show);

/// Its fields are those of a contact wherever one is entered.
const EDIT_FUNC: &str = "service_profile.edit";

/// Domains that a changed contact is told to.
const TOLD_MAX: i64 = 1000;

fn check_form(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    check::check(cx, record)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (changed, is_new) = (record.changed.clone(), record.is_new());
    let id = record::store(cx, record)?;
    for param in &changed {
        let sql = Sql::new("DELETE FROM service_profile_error WHERE service_profile_id = ").bind(id);
        sql.sql(" AND param = ").bind(param.as_str()).execute(cx.conn)?;
    }
    if !is_new && !changed.is_empty() {
        tell(&mut Till::of(cx), id)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// The registrars of the domains that have the contact hear of its change.
fn tell(till: &mut Till, id: i64) -> Result<()> {
    let sql = Sql::new(" AND id IN (SELECT item_id FROM service_profile2item WHERE service_profile_id = ");
    let sql = sql.bind(id).sql(") AND status = ").bind(Status::Active.code());
    for mut item in Item::load_many(till.conn, &sql, TOLD_MAX)? {
        item::ask(till, &mut item, Operation::SetParam, "contacts")?;
    }
    Ok(())
}

/// What registrars say is wrong with the contact.
fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT param, message FROM service_profile_error WHERE service_profile_id = ");
    let rows = sql.bind(record.id).sql(" ORDER BY id").load(cx.conn, &[Kind::Text, Kind::Text])?;
    let line = |row: &Vec<Raw>| format!("{}: {}", cx.word(row[0].str()), row[1].str());
    let lines: Vec<String> = rows.iter().map(line).collect();
    let elem = |row: &Vec<Raw>| {
        Node::new("elem").kid(Node::leaf("param", row[0].str())).kid(Node::leaf("message", row[1].str()))
    };
    record.nodes.push(Node::new("list").attr("name", "warnings").with(rows.iter().map(elem)));
    record.show("warning_message", lines.join("\n"));
    Ok(())
}

/// A contact of a domain that is not closed stays.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.trim().parse::<i64>() else { return Ok(()) };
    let sql = Sql::new("SELECT i.name FROM service_profile2item l JOIN item i ON i.id = l.item_id");
    let sql = sql.sql(" WHERE NOT i.deleted AND l.service_profile_id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id")).sql(" ORDER BY i.id LIMIT 1");
    match sql.first(cx.conn, &[Kind::Text])? {
        Some(row) => Err(Error::new("used", "domain").with("value", row[0].str())),
        None => record::delete(cx, elid),
    }
}

/// The documents of the caller's own contact.
fn listed(cx: &mut Ctx) -> Result<Sql> {
    let id = cx.need_elid()?;
    let sql = Sql::new("SELECT id FROM service_profile WHERE NOT deleted AND id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id"));
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok(Sql::default()),
        None => Err(Error::missed("elid").with("value", id.to_string())),
    }
}

/// A document belongs to whom the contact belongs; another copy has to be looked at anew.
fn check_doc(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let url = record.str("url").trim().to_owned();
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::value("url", url));
    }
    if record.has_changed("url") {
        record.set("verified", false);
    }
    record.set("url", url);
    if record.is_new() {
        let id = cx.plid()?.ok_or_else(|| Error::missed("plid"))?;
        let owner = owner_of(cx, id)?;
        for (name, value) in [("service_profile_id", id), ("account_id", owner.0), ("reseller_id", owner.1)] {
            record.set(name, value);
        }
        record.set("createdate", cx.now_us);
    }
    Ok(())
}

/// Account and reseller of a contact that the caller may see. Error `missed(plid)`.
fn owner_of(cx: &mut Ctx, id: i64) -> Result<(i64, i64)> {
    let sql = Sql::new("SELECT account_id, reseller_id FROM service_profile WHERE NOT deleted AND id = ");
    let sql = sql.bind(id).append(&record::scope_sql(cx.scope(), "account_id"));
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Int])?;
    row.map(|row| (row[0].int(), row[1].int()))
        .ok_or_else(|| Error::missed("plid").with("value", id.to_string()))
}

/// The contacts of a client, by name: what a select offers.
pub fn of_account(conn: &mut Conn, account_id: i64) -> Result<Vec<(i64, String)>> {
    let sql = Sql::new("SELECT id, name FROM service_profile WHERE NOT deleted AND account_id = ");
    let rows = sql.bind(account_id).sql(" ORDER BY name_fold, id").load(conn, &[Kind::Int, Kind::Text])?;
    Ok(rows.iter().map(|row| (row[0].int(), row[1].str().to_owned())).collect())
}

/// Error `value(<field>)` unless it is a contact of this client.
pub fn need_of(conn: &mut Conn, account_id: i64, id: i64, field: &str) -> Result<()> {
    let sql = Sql::new("SELECT id FROM service_profile WHERE NOT deleted AND id = ").bind(id);
    match sql.sql(" AND account_id = ").bind(account_id).first(conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::value(field, id.to_string())),
    }
}

fn edit_func(cx: &Ctx) -> Result<std::sync::Arc<Func>> {
    cx.app.registry.get(EDIT_FUNC).ok_or_else(|| Error::system("contacts have no form"))
}

/// What is entered of a contact: not whose it is, and not what is only shown.
fn entered(func: &Func) -> impl Iterator<Item = &Field> {
    func.meta.fields().filter(|field| !field.readonly && !field.virtual_ && field.column() != "account_id")
}

/// The fields of a contact that another form takes, with a prefix and on one of its pages.
pub fn fields(cx: &Ctx, prefix: &str, page: &str) -> Result<Vec<Field>> {
    let func = edit_func(cx)?;
    let words = &cx.app.registry.words;
    let field = |field: &Field| Field {
        name: format!("{prefix}{}", field.name),
        column: String::new(),
        label: words.get(&cx.lang, &func.sets, &field.name).to_owned(),
        vals: field
            .vals
            .iter()
            .map(|val| {
                let text = words.get(&cx.lang, &func.sets, &val.word).to_owned();
                crate::rpc::meta::Val { text, ..val.clone() }
            })
            .collect(),
        virtual_: true,
        page: page.to_owned(),
        ..field.clone()
    };
    Ok(entered(&func).map(field).collect())
}

/// Makes a contact of the parameters that have the prefix.
pub fn create(cx: &mut Ctx, owner: (i64, i64), prefix: &str) -> Result<i64> {
    let record = sent(cx, owner, prefix).map_err(|error| prefixed(error, prefix))?;
    let sql = Sql::new("INSERT INTO service_profile (");
    let sql = sql.words(record.iter().map(|(name, _)| name.as_str())).sql(") VALUES (");
    let sql = sql.binds(record.iter().map(|(_, raw)| raw.clone())).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a contact got no id"))?;
    history::write_of(cx, "service_profile", row[0].int(), owner, "")?;
    Ok(row[0].int())
}

fn prefixed(error: Error, prefix: &str) -> Error {
    Error { object: format!("{prefix}{}", error.object), ..error }
}

fn sent(cx: &mut Ctx, owner: (i64, i64), prefix: &str) -> Result<Vec<(String, Raw)>> {
    let func = edit_func(cx)?;
    let mut record = Record::new();
    for field in entered(&func) {
        let text = cx.params.sent(&format!("{prefix}{}", field.name)).map(str::to_owned);
        let raw = match text {
            None if field.required && field.default.is_empty() => return Err(Error::missed(&field.name)),
            None => value::default(field, &cx.zone),
            Some(text) => value::parse(field, &text, &cx.zone)?,
        };
        if field.kind == ValueKind::Id && raw != Raw::Int(0) {
            check::need_country(cx, &field.name, raw.int())?;
        }
        record.set(field.column(), raw);
    }
    check::check(cx, &mut record)?;
    let columns = entered(&func).map(|field| field.column().to_owned());
    let mut values: Vec<(String, Raw)> =
        columns.map(|name| (name.clone(), record.get(&name).clone())).collect();
    values.push(("fullname".into(), record.str("fullname").into()));
    for name in ["name", "fullname", "email"] {
        values.push((format!("{name}_fold"), record.str(name).to_lowercase().into()));
    }
    values.extend([("account_id".to_owned(), owner.0.into()), ("reseller_id".to_owned(), owner.1.into())]);
    Ok(values)
}
