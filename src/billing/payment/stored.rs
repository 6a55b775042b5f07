//! Cards and the like that gateways keep for clients, and paying by them without the client.

use super::amount::{self, Method, Payer};
use super::event::load;
use crate::app::App;
use crate::auth::Scope;
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::gateway;
use crate::money::Money;
use crate::outbox;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::seal::Column;

pub const FUNCS: &[Row] = &[
    ("payment.recurring.stored_methods.delete", Handler::Each(forget)),
    ("payment.recurring.stored_methods.reconfigure", Handler::Once(reconfigure)),
    ("payment.recurring.settings", Handler::Form(SETTINGS)),
    ("payment.recurring.add", Handler::Form(ADD_AUTO)),
    ("payment.stored_methods.add", Handler::Form(ADD)),
    ("stored_method.save", Handler::Once(save_token)),
    ("payment.recurring.saveinfo", Handler::Once(save_token)),
    ("payment.recurring.info", Handler::Once(info)),
];

const SETTINGS: Form = record::FORM.read(read_settings).save(save_settings);
const ADD: Form = record::FORM.read(blank).show(show_methods).save(|cx, record| begin(cx, &record, false));
const ADD_AUTO: Form =
    record::FORM.read(blank).show(show_methods).save(|cx, record| begin(cx, &record, true));

/// The tokens are secrets: who has one can take money.
pub const SEALED: Column =
    Column { table: "stored_method", column: "token", context: "stored_method:{id}", only: "sealed" };

pub const WAITING: i64 = 0;
pub const IN_USE: i64 = 1;
pub const REFUSED: i64 = 2;

fn blank(cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    record.set("account_id", cx.caller.user.account_id);
    Ok(record)
}

/// The methods of the client's provider whose gateway can keep a card.
fn show_methods(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = cx.caller.user.account_id;
    if account_id == 0 {
        return Ok(());
    }
    let project_id = books::subaccount_of(cx.conn, account_id, None)?.project_id;
    let mut list = Node::new("slist").attr("name", "paymethod");
    for method in Method::of_project(cx.conn, project_id)? {
        if gateway::can_store(&cx.call.app, &method.module) {
            list.kids.push(Node::leaf("val", &method.name).attr("key", method.id.to_string()));
        }
    }
    record.nodes.push(list);
    Ok(())
}

/// A card that waits for its client to confirm it at the gateway.
fn begin(cx: &mut Ctx, record: &Record, autopay: bool) -> Result<Vec<Node>> {
    let of = books::subaccount_of(cx.conn, cx.caller.user.account_id, None)?;
    let method = Method::load(cx.conn, record.int("paymethod"))?;
    let call = cx.call;
    let company = amount::company(&call.app, cx.conn, &method, of.project_id, Payer::default())?;
    if company.is_none() || !gateway::can_store(&call.app, &method.module) {
        let error = Error::value("paymethod", method.id.to_string());
        return Err(error.with("desc", "desc_paymethod_closed"));
    }
    if record.int("maxamount") < 0 {
        return Err(Error::value("maxamount", Money(record.int("maxamount")).plain()));
    }
    let id = insert(cx, (of.account_id, of.reseller_id), (method.id, record.int("profile")), &method.name)?;
    let sql = Sql::new("UPDATE stored_method SET autopay = ").bind(autopay).sql(", maxamount = ");
    sql.bind(record.int("maxamount")).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    let url = gateway::store_url(&cx.call.app, &method.module, id, cx.now_us);
    Ok(vec![Node::leaf("ok", url).attr("type", "url"), Node::leaf("id", id.to_string())])
}

fn insert(cx: &mut Ctx, owner: (i64, i64), (method, profile): (i64, i64), name: &str) -> Result<i64> {
    let sql = Sql::new(
        "INSERT INTO stored_method (account_id, reseller_id, paymethod_id, profile_id, name, name_fold, \
         createdate) VALUES (",
    );
    let ids = [owner.0, owner.1, method, profile].map(Raw::from);
    let rest = [name.into(), name.to_lowercase().into(), cx.now_us.into()];
    let sql = sql.binds(ids.into_iter().chain(rest)).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a stored method got no id"))
}

/// One card a client pays renewals.
fn alone(cx: &mut Ctx, account_id: i64, id: i64) -> Result<()> {
    let sql = Sql::new("UPDATE stored_method SET autopay = FALSE WHERE autopay AND account_id = ");
    sql.bind(account_id).sql(" AND id <> ").bind(id).execute(cx.conn)?;
    Ok(())
}

fn forget(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    if record::need_own(cx, id).is_ok() {
        record::delete(cx, elid)?;
        let sql =
            Sql::new("UPDATE stored_method SET token = '', sealed = FALSE, autopay = FALSE WHERE id = ");
        sql.bind(id).execute(cx.conn)?;
    }
    Ok(())
}

/// Back to the gateway, for another card under the same name.
fn reconfigure(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT paymethod_id FROM stored_method WHERE id = ").bind(id);
    let method_id = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let method = Method::load(cx.conn, method_id)?;
    match gateway::can_store(&cx.call.app, &method.module) {
        true => Ok(Reply::Redirect(gateway::store_url(&cx.call.app, &method.module, id, cx.now_us))),
        false => Err(Error::value("paymethod", method.id.to_string()).with("desc", "desc_paymethod_closed")),
    }
}

fn read_settings(cx: &mut Ctx) -> Result<Record> {
    let account_id = cx.caller.user.account_id;
    let sql =
        Sql::new("SELECT id, maxamount FROM stored_method WHERE autopay AND NOT deleted AND account_id = ");
    let row = sql.bind(account_id).sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int, Kind::Int])?;
    let mut record = Record::new();
    record.set("account_id", account_id);
    record.set("id", row.as_ref().map_or(0, |row| row[0].int()));
    record.set("maxamount", row.as_ref().map_or(0, |row| row[1].int()));
    Ok(record)
}

/// Without a card nothing is paid by itself.
fn save_settings(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let account_id = cx.caller.user.account_id;
    let disables = cx.params.get("clicked_button") == "disable";
    let id = if disables { 0 } else { record.int("id") };
    if record.int("maxamount") < 0 {
        return Err(Error::value("maxamount", Money(record.int("maxamount")).plain()));
    }
    alone(cx, account_id, id)?;
    if id != 0 {
        let sql =
            Sql::new("UPDATE stored_method SET autopay = TRUE, maxamount = ").bind(record.int("maxamount"));
        let sql = sql.sql(" WHERE NOT deleted AND status = ").bind(IN_USE).sql(" AND id = ").bind(id);
        if sql.sql(" AND account_id = ").bind(account_id).execute(cx.conn)? == 0 {
            return Err(Error::value("id", id.to_string()));
        }
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// The gateway's answer: a token, or that it keeps none.
fn save_token(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let call = cx.call;
    let text = |name: &str| call.params.get(name).trim().to_owned();
    let status = match text("status").as_str() {
        "" | "1" => IN_USE,
        "0" => WAITING,
        "2" => REFUSED,
        other => return Err(Error::value("status", other)),
    };
    let (token, name) = (text("token"), text("name"));
    let date = |name: &str| Ok::<i64, Error>(cx.input(name)?.map_or(0, |raw| raw.int()));
    let dates = (date("expiredate")?, date("rebill_date")?);
    let customname = text("customname");
    let sql = Sql::new("UPDATE stored_method SET status = ").bind(status);
    let sql = if customname.is_empty() { sql } else { sql.sql(", customname = ").bind(customname) };
    let sql = if dates.0 == 0 { sql } else { sql.sql(", expiredate = ").bind(dates.0) };
    let sql = if dates.1 == 0 { sql } else { sql.sql(", rebilldate = ").bind(dates.1) };
    sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    if status == IN_USE {
        take_over(cx, id)?;
    }
    if !token.is_empty() {
        let app = cx.call.app.clone();
        keep_token(&app, cx.conn, id, &token, &name)?;
    }
    Reply::ok()
}

/// A card that is to pay renewals does so from its confirmation on; until then the one before it does.
fn take_over(cx: &mut Ctx, id: i64) -> Result<()> {
    let sql = Sql::new("SELECT account_id FROM stored_method WHERE autopay AND id = ").bind(id);
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(row) => alone(cx, row[0].int(), id),
        None => Ok(()),
    }
}

fn keep_token(app: &App, conn: &mut Conn, id: i64, token: &str, name: &str) -> Result<()> {
    let sealed = app.sealer.seal(token, &SEALED.context(&[&id]));
    let sql = Sql::new("UPDATE stored_method SET sealed = TRUE, token = ").bind(sealed);
    let sql = match name {
        "" => sql,
        name => sql.sql(", name = ").bind(name).sql(", name_fold = ").bind(name.to_lowercase()),
    };
    sql.sql(" WHERE id = ").bind(id).execute(conn)?;
    Ok(())
}

/// A card that the client asked to be remembered when he paid; `setpaid` brings it along.
pub fn of_payment(cx: &mut Ctx, payment_id: i64) -> Result<()> {
    let call = cx.call;
    let text = |name: &str| call.params.get(name).trim().to_owned();
    let (token, name) = (text("stored_token"), text("stored_name"));
    if token.is_empty() || matches!(text("stored_status").as_str(), "0" | "2" | "fail") {
        return Ok(());
    }
    let wants = Sql::new("SELECT store_payment FROM payment WHERE id = ").bind(payment_id);
    if !wants.first(cx.conn, &[Kind::Flag])?.is_some_and(|row| row[0].on()) {
        return Ok(());
    }
    let payment = load(cx, payment_id)?;
    let owner = (payment.account_id, payment.reseller_id);
    let id = insert(cx, owner, (payment.paymethod_id, payment.sender_id), &name)?;
    let expires = cx.input("stored_expire_date")?.map_or(0, |raw| raw.int());
    let sql =
        Sql::new("UPDATE stored_method SET status = ").bind(IN_USE).sql(", expiredate = ").bind(expires);
    sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    let app = cx.call.app.clone();
    keep_token(&app, cx.conn, id, &token, &name)
}

/// What a gateway's program asks for before it takes money.
fn info(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let sql =
        Sql::new("SELECT account_id, paymethod_id, profile_id, status, token, sealed FROM stored_method");
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Flag];
    let row = sql.sql(" WHERE id = ").bind(id).first(cx.conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let token = match row[5].on() {
        true => cx.app.sealer.open(row[4].str(), &SEALED.context(&[&id]))?,
        false => String::new(),
    };
    let ids = ["account", "paymethod", "profile", "status"].into_iter().zip(&row);
    let ids = ids.map(|(name, raw)| Node::leaf(name, raw.int().to_string()));
    let node = Node::new("stored_method").attr("id", id.to_string()).with(ids);
    Ok(Reply::Object(vec![node.kid(Node::leaf("token", token))]))
}

/// Asks a remembered card for a payment: the outbox does it. Error `value(stored_method)` unless it is
/// the payer's, in use and of the method.
pub fn ask(cx: &mut Ctx, payment_id: i64, stored_id: i64, method: &Method) -> Result<()> {
    let payment = load(cx, payment_id)?;
    let sql = Sql::new("SELECT id FROM stored_method WHERE NOT deleted AND id = ").bind(stored_id);
    let sql = sql.sql(" AND account_id = ").bind(payment.account_id).sql(" AND status = ").bind(IN_USE);
    let sql = sql.sql(" AND paymethod_id = ").bind(method.id);
    let scope: Scope = cx.scope();
    let sql = sql.append(&record::scope_sql(scope, "account_id"));
    if sql.first(cx.conn, &[Kind::Int])?.is_none() {
        return Err(Error::value("stored_method", stored_id.to_string()));
    }
    post(cx.conn, (payment.account_id, payment.reseller_id), payment_id, stored_id, cx.call.now_us)
}

/// One attempt a payment, whoever asks and however often.
pub fn post(conn: &mut Conn, owner: (i64, i64), payment_id: i64, stored_id: i64, now_us: i64) -> Result<()> {
    let reference = format!("recurring:payment:{payment_id}");
    let sql = Sql::new("SELECT id FROM outbox WHERE reference = ").bind(reference.as_str());
    if sql.first(conn, &[Kind::Int])?.is_some() {
        return Ok(());
    }
    let payload = serde_json::json!({ "payment": payment_id, "stored_method": stored_id }).to_string();
    let row = outbox::Post {
        kind: super::autopay::KIND,
        reference,
        item_id: 0,
        owner,
        intname: "",
        payload,
        address: "",
    };
    outbox::post(conn, row, now_us).map(drop)
}
