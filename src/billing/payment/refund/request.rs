//! What a gateway is asked for of a refund: an outbox row, written with the refund, and what acts on it.
//!
//! A person may confirm or give up the refund at any time; then the row does nothing any more. A gateway that
//! is asked again is shown the same key.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::App;
use crate::auth::session;
use crate::billing::payment::amount::Method;
use crate::billing::payment::event::{Payment, load};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::gateway::{self, testgate};
use crate::history;
use crate::ledger::Scale;
use crate::ledger::payment::Status;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::outbox::queue::{self, Task};
use crate::outbox::worker::Acted;
use crate::outbox::{self, Due, Settled};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::Ctx;

pub const KIND: &str = "refund";
/// Of what tells one request of a payment from the next.
const KEY_CHARS: usize = 16;

/// Notes which request is open, and has the gateway asked where it can be.
pub fn post(cx: &mut Ctx, payment: &Payment, amount: Money) -> Result<()> {
    let (id, now_us) = (payment.id, cx.now_us);
    let reference = format!("refund:payment:{id}:{}", &session::new_id()[..KEY_CHARS]);
    let sql = Sql::new("UPDATE payment SET refund_ref = ").bind(reference.as_str());
    sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    let method = Method::load(cx.conn, payment.paymethod_id)?;
    let amount = sent_back(payment, amount)?;
    // What the method's currency is too coarse for is a person's to decide.
    if amount == Money::ZERO || !gateway::can_refund(&cx.call.app, &method.module) {
        return Ok(());
    }
    let payload = json!({ "payment": id, "amount": amount.plain() });
    let owner = (payment.account_id, payment.reseller_id);
    let payload = payload.to_string();
    let row = outbox::Post { kind: KIND, reference, item_id: 0, owner, intname: "", payload, address: "" };
    outbox::post(cx.conn, row, now_us).map(drop)
}

/// In the currency of the method, the commission in the same share: all parts together are what was paid.
fn sent_back(payment: &Payment, amount: Money) -> Result<Money> {
    let (whole, scale) = (payment.amount.0, Scale::minor(&payment.method_iso));
    let until = |refunded: Money| share(payment.paid, refunded.0, whole, scale);
    until(payment.refunded.plus(amount)?)?.minus(until(payment.refunded)?)
}

/// How a request ended, as its row keeps it.
pub const CONFIRMED: &str = "setrefunded";
pub const GIVEN_UP: &str = "setnorefund";

/// The request that a gateway speaks of, beside what it says.
pub enum Named {
    /// Or not known: the payment decides.
    Open,
    EndedSo,
    /// The request's row.
    EndedOtherwise(i64),
}

pub fn named(cx: &mut Ctx, payment_id: i64, word: &str) -> Result<Named> {
    if cx.caller.grant.is_none() {
        return Ok(Named::Open); // a person means what is open
    }
    let sql = Sql::new("SELECT id, intname, payload FROM outbox WHERE kind = ").bind(KIND);
    let sql = sql.sql(" AND reference = ").bind(cx.params.get("refund"));
    let found = sql.first(cx.conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let of_payment = |row: &Vec<Raw>| payment_of(row[2].str()).is_ok_and(|(id, _)| id == payment_id);
    Ok(match found.filter(of_payment) {
        Some(row) if row[1].str() == word => Named::EndedSo,
        Some(row) if !row[1].str().is_empty() => Named::EndedOtherwise(row[0].int()),
        _ => Named::Open,
    })
}

/// Notes how the newest request of a payment ended.
pub fn end(conn: &mut Conn, payment_id: i64, word: &str) -> Result<()> {
    let sql = Sql::new("UPDATE outbox SET intname = ").bind(word).sql(" WHERE kind = ").bind(KIND);
    let sql = sql.sql(" AND reference = (SELECT refund_ref FROM payment WHERE id = ").bind(payment_id);
    sql.sql(")").execute(conn).map(drop)
}

/// The gateway is refused, and a person gets a task, once for the request: money may be elsewhere than the
/// books say.
pub fn contradicted(cx: &mut Ctx, payment_id: i64, request: i64) -> Result<()> {
    let reference = cx.params.get("refund").to_owned();
    cx.refusal = Some(Error::value("refund", reference.as_str()));
    let told = Sql::new("SELECT id FROM task WHERE outbox_id = ").bind(request).sql(" LIMIT 1");
    if told.first(cx.conn, &[Kind::Int])?.is_some() {
        return Ok(());
    }
    let payment = load(cx, payment_id)?;
    let lang = cx.app.config.load().default_lang.clone();
    let word = |name| cx.app.registry.words.get(&lang, &cx.func.sets, name);
    let task = Task {
        name: format!("{} {payment_id}", word("task_name")),
        message: format!("{}\n{reference}", word("task_message")),
        kind: KIND,
        item_id: 0,
        outbox_id: request,
        department: String::new(),
    };
    queue::add_task(cx.conn, &task, cx.call.now_us)?;
    let owner = (payment.account_id, payment.reseller_id);
    history::write_of(cx, "payment", payment_id, owner, &format!("contradicts {reference}"))
}

pub fn act(app: &Arc<App>, due: &Due) -> Acted {
    match ask(app, due) {
        Ok(()) => Acted::new(Settled::Done),
        Err(error) => Acted::failed(error.to_string(), ""),
    }
}

fn ask(app: &Arc<App>, due: &Due) -> Result<()> {
    let (id, amount) = payment_of(&due.payload)?;
    let Some(module) = open(app, id, &due.reference)? else { return Ok(()) };
    let elid = id.to_string();
    match gateway::name(&module) {
        gateway::TEST if gateway::is_usable(app, &module) => {
            let func = if testgate::refunds(amount) { "payment.setrefunded" } else { "payment.setnorefund" };
            gateway::report(app, func, &[("elid", &elid), ("refund", &due.reference)])
        }
        name => gateway::run(app, (name, KIND), vec![elid, amount.plain(), due.reference.clone()]),
    }
}

/// A payment, and how much of it is asked for.
fn payment_of(payload: &str) -> Result<(i64, Money)> {
    let payload: Value = serde_json::from_str(payload).map_err(Error::system)?;
    let id = payload["payment"].as_i64().unwrap_or_default();
    let amount = Money::parse(payload["amount"].as_str().unwrap_or_default());
    Ok((id, amount.ok_or_else(|| Error::system("a refund without an amount"))?))
}

/// The module, while this request is the one that is open.
fn open(app: &App, payment_id: i64, reference: &str) -> Result<Option<String>> {
    let sql = Sql::new(
        "SELECT m.module FROM payment p JOIN paymethod m ON m.id = p.paymethod_id WHERE NOT p.deleted AND p.id = ",
    );
    let sql = sql.bind(payment_id).sql(" AND p.status = ").bind(Status::RefundPending.code());
    let sql = sql.sql(" AND p.refund_ref = ").bind(reference);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text]))?;
    Ok(row.map(|row| row[0].str().to_owned()))
}
