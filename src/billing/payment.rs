//! Payments: how they are made, and the events that move their money (decisions.md, Money).

pub mod add;
pub mod amount;
pub mod autopay;
pub mod bill;
pub mod cover;
pub mod event;
pub mod info;
pub mod landing;
pub mod refund;
pub mod send;
pub mod stored;
pub mod upload;

use crate::auth::Scope;
use crate::books;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::payment::{Event, Status};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::time::Zone;

use super::document;
use amount::Method;
use event::{apply, load};

pub const FUNCS: &[Row] = &[
    ("payment.edit", Handler::Form(EDIT)),
    ("payment.delete", Handler::Each(delete)),
    ("payment.setpaid", Handler::Each(set_paid)),
    ("payment.setinpay", Handler::Each(|cx, elid| one(cx, elid, Event::SetInPay))),
    ("payment.setnopay", Handler::Each(|cx, elid| one(cx, elid, Event::SetNoPay))),
    ("payment.status_1", Handler::Each(|cx, elid| one(cx, elid, Event::SetNoPay))),
    ("payment.setcanceled", Handler::Each(|cx, elid| one(cx, elid, Event::SetCanceled))),
    ("payment.setfraud", Handler::Each(|cx, elid| one(cx, elid, Event::SetFraud))),
    ("payment.creditexpired", Handler::Each(expire)),
    ("payment.info", Handler::Once(info::info)),
    ("payment.orderinfo", Handler::Once(info::order_info)),
    ("payment.print", Handler::Once(|cx| document::printed(cx, "payment", bill::sheet))),
    ("payment.print.pdf", Handler::Once(|cx| document::pdf(cx, bill::sheet))),
];

const EDIT: Form = record::FORM.check(check).save(save);

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let mut with_commission = false;
    if record.is_new() {
        begin(cx, record)?;
    } else {
        let changed = ["subaccountamount", "paymethod"].into_iter().find(|name| record.has_changed(name));
        let Some(field) = changed else { return Ok(()) };
        let payment = load(cx, record.id)?;
        if payment.status.is_credited() {
            return Err(Error::value(field, "").with("desc", "desc_payment_credited"));
        }
        record.set("subaccount_id", payment.subaccount.id);
        with_commission = payment.commission > Money::ZERO;
    }
    let amount = Money(record.int("subaccountamount"));
    if amount <= Money::ZERO {
        return Err(Error::value("subaccountamount", amount.plain()));
    }
    let subaccount = books::subaccount(cx.conn, record.int("subaccount_id"))?;
    let method = Method::load(cx.conn, record.int("paymethod_id"))?;
    let net = amount::in_method_currency(cx, &subaccount, amount, "subaccountamount", &method)?;
    // What an administrator enters is what came in; only a client is asked for the commission.
    let commission = match with_commission {
        true => method.commission(net)?,
        false => Money::ZERO,
    };
    record.set("commission", commission.0);
    record.set("paymethodamount", net.plus(commission)?.0);
    Ok(())
}

/// What a new payment takes from its client: subaccount, provider, payee, number.
fn begin(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = cx.plid()?.unwrap_or(cx.caller.user.account_id);
    let (account_id, _) = record::account_owner(cx, account_id)?;
    let subaccount = books::subaccount_of(cx.conn, account_id, None)?;
    record.set("account_id", account_id);
    record.set("subaccount_id", subaccount.id);
    record.set("project_id", subaccount.project_id);
    record.set("status", Status::New.code());
    if record.int("createdate") == 0 {
        record.set("createdate", cx.now_us);
    }
    if record.int("recipient_id") == 0 {
        let company = company_of(cx, subaccount.project_id)?;
        record.set("recipient_id", company);
    }
    if record.str("number").is_empty() {
        let number = next_number(cx.conn, record.int("recipient_id"), cx.call.now_us, &cx.call.zone)?;
        record.set("number", number);
    }
    Ok(())
}

/// The provider's first company, or 0.
fn company_of(cx: &mut Ctx, project_id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT MIN(company_id) FROM project_company WHERE project_id = ").bind(project_id);
    Ok(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// The company's next number in its template; moved on in this transaction, so none repeats.
pub fn next_number(conn: &mut Conn, company_id: i64, now_us: i64, zone: &Zone) -> Result<String> {
    let counter = ("payment_next", "payment_numtmpl");
    match company_id {
        0 => Ok(String::new()),
        _ => document::next_number(conn, "company", company_id, counter, (now_us, zone)),
    }
}

/// Keeps the payment; a credit date that an administrator sets credits it at once.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let credits = record.has_changed("creditdate") && record.int("creditdate") > 0;
    if credits && cx.scope() != Scope::All {
        return Err(Error::access("creditdate"));
    }
    let unnumbered = record.is_new() && record.str("number").is_empty();
    let id = record::store(cx, record)?;
    if unnumbered {
        let sql = Sql::new("UPDATE payment SET number = ").bind(id.to_string());
        sql.sql(", number_fold = ").bind(id.to_string()).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    if credits {
        apply(cx, id, Event::OnCredit)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// What the gateway says of the card that the client asked to be remembered comes along.
fn set_paid(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    match apply(cx, id, Event::SetPaid)? {
        true => stored::of_payment(cx, id),
        false => Ok(()),
    }
}

fn one(cx: &mut Ctx, elid: &str, event: Event) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    apply(cx, id, event).map(drop)
}

/// A credit ends at its date and not before, whoever calls.
fn expire(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT creditdate FROM payment WHERE id = ").bind(id);
    let date_us = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    match date_us > 0 && cx.zone.next_day_us(date_us) <= cx.now_us {
        true => apply(cx, id, Event::CreditExpired).map(drop),
        false => Err(Error::value("creditdate", cx.zone.date(date_us))),
    }
}

/// Removing a payment that is not there, or not the caller's, is no error (R58–R60).
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    match record::need_own(cx, id) {
        Ok(()) => apply(cx, id, Event::Delete).map(drop),
        Err(error) if error.kind == "missed" => Ok(()),
        Err(error) => Err(error),
    }
}
