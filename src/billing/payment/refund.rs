//! Refunds (decisions.md, Money, "Payment transitions"): asked for with an amount, then confirmed or
//! refused by the gateway or an administrator. Money moves when they are confirmed.

pub mod request;

use super::event::{Payment, apply, load};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::payment::{Event, Status};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use request::{CONFIRMED, GIVEN_UP, Named};

pub const FUNCS: &[Row] = &[
    ("payment.refund", Handler::Form(REFUND)),
    ("payment.setrefunded", Handler::Each(confirm)),
    ("payment.setnorefund", Handler::Each(refuse)),
];

const REFUND: Form = record::FORM.read(read).save(ask);

/// What was not given back yet.
fn read(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let mut record = Record::stored(id);
    record.set("amount", payment.amount.minus(payment.refunded)?.0);
    Ok(record)
}

fn ask(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let payment = load(cx, record.id)?;
    if payment.status != Status::Paid {
        return Err(Error::value("status", payment.status.code().to_string()));
    }
    let amount = Money(record.int("amount"));
    let left = payment.amount.minus(payment.refunded)?;
    if amount <= Money::ZERO || amount > left || !Scale::minor(&payment.subaccount.iso).fits(amount) {
        return Err(Error::value("amount", amount.plain()));
    }
    let sql = Sql::new("UPDATE payment SET refundpending = ").bind(amount.0).sql(" WHERE id = ");
    let sql = sql.bind(record.id).sql(" AND NOT deleted AND refundpending = 0 AND status = ");
    let sql = sql.bind(Status::Paid.code()).sql(" AND refunded = ").bind(payment.refunded.0);
    if sql.execute(cx.conn)? == 0 {
        return Err(Error::new("busy", "payment"));
    }
    apply(cx, record.id, Event::Refund)?;
    request::post(cx, &payment, amount)?;
    Ok(vec![Node::leaf("id", record.id.to_string())])
}

fn confirm(cx: &mut Ctx, elid: &str) -> Result<()> {
    end(cx, elid, CONFIRMED, |payment| {
        let is_part = payment.refunded.plus(payment.refund_pending)? < payment.amount;
        Ok(if is_part { Event::RefundPart } else { Event::RefundAll })
    })
}

fn refuse(cx: &mut Ctx, elid: &str) -> Result<()> {
    end(cx, elid, GIVEN_UP, |_| Ok(Event::RefundRefused))
}

/// Who comes first ends a request. A gateway that says the same again is told yes; what else it says of a
/// request that is over moves no money, but a person has to know.
fn end(cx: &mut Ctx, elid: &str, word: &'static str, event: fn(&Payment) -> Result<Event>) -> Result<()> {
    let id = own(cx, elid)?;
    match request::named(cx, id, word)? {
        Named::Open => {}
        Named::EndedSo => return Ok(()),
        Named::EndedOtherwise(request) => return request::contradicted(cx, id, request),
    }
    let payment = load(cx, id)?;
    let is_new = apply(cx, id, event(&payment)?)?;
    need_meant(cx, id)?;
    if is_new { request::end(cx.conn, id, word) } else { Ok(()) }
}

fn own(cx: &mut Ctx, elid: &str) -> Result<i64> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    Ok(id)
}

/// A gateway's late word about one request ends no other one, so a gateway has to say which it means. Looked
/// at behind the change, which nobody else makes then. Errors `missed(refund)`, `value(refund)`.
fn need_meant(cx: &mut Ctx, id: i64) -> Result<()> {
    let meant = cx.params.get("refund").to_owned();
    match (meant.is_empty(), cx.caller.grant.is_some()) {
        (true, true) => return Err(Error::missed("refund")),
        (true, false) => return Ok(()),
        _ => {}
    }
    let sql = Sql::new("SELECT refund_ref FROM payment WHERE id = ").bind(id);
    match sql.first(cx.conn, &[Kind::Text])? {
        Some(row) if row[0].str() == meant => Ok(()),
        _ => Err(Error::value("refund", meant)),
    }
}
