//! What a gateway is asked for of a refund: an outbox row, written with the refund, and what acts on it.
//!
//! A person may confirm or give up the refund at any time; then the row does nothing any more. A gateway that
//! is asked again is shown the same key.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::App;
use crate::auth::session;
use crate::billing::payment::amount::Method;
use crate::billing::payment::event::Payment;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::gateway::{self, testgate};
use crate::ledger::Scale;
use crate::ledger::payment::Status;
use crate::ledger::rounding::share;
use crate::money::Money;
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
    let row = outbox::Post { kind: KIND, reference, item_id: 0, owner, intname: "", payload };
    outbox::post(cx.conn, row, now_us).map(drop)
}

/// In the currency of the method, the commission in the same share: all parts together are what was paid.
fn sent_back(payment: &Payment, amount: Money) -> Result<Money> {
    let (whole, scale) = (payment.amount.0, Scale::minor(&payment.method_iso));
    let until = |refunded: Money| share(payment.paid, refunded.0, whole, scale);
    until(payment.refunded.plus(amount)?)?.minus(until(payment.refunded)?)
}

pub fn act(app: &Arc<App>, due: &Due) -> Acted {
    match ask(app, due) {
        Ok(()) => Acted::new(Settled::Done),
        Err(error) => Acted::failed(error.to_string(), ""),
    }
}

fn ask(app: &Arc<App>, due: &Due) -> Result<()> {
    let payload: Value = serde_json::from_str(&due.payload).map_err(Error::system)?;
    let id = payload["payment"].as_i64().unwrap_or_default();
    let amount = Money::parse(payload["amount"].as_str().unwrap_or_default());
    let amount = amount.ok_or_else(|| Error::system("a refund without an amount"))?;
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
