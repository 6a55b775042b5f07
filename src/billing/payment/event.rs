//! The events of a payment and the money that they move.

use crate::books::{self, Subaccount};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::payment::{Event, Posts, Status, Step, credit_key, next, refund_key};
use crate::ledger::{Book, BookKind, Converted, RateStamp, Scale, Sum, transfer};
use crate::money::Money;
use crate::number::rating;
use crate::rpc::handler::Ctx;
use crate::service::{Till, checkout};

use crate::billing::{bonus, charge};

/// How often a status that changed under our hands is looked at again.
const TRIES_MAX: usize = 5;

/// A payment as its events read it.
pub struct Payment {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub subaccount: Subaccount,
    pub paymethod_id: i64,
    pub method_currency: i64,
    pub method_iso: String,
    pub status: Status,
    pub amount: Money,
    /// With the commission, in the currency of the method.
    pub paid: Money,
    pub reversals: i64,
    pub billorder_id: i64,
    pub commission: Money,
    pub refunded: Money,
    pub refund_pending: Money,
    refunds: i64,
    pub sender_id: i64,
}

const PAYMENT: &str = "SELECT p.account_id, p.reseller_id, p.paymethod_id, p.status, p.subaccountamount, \
    p.paymethodamount, p.reversals, p.billorder_id, p.commission, p.refunded, p.refundpending, p.refunds, \
    p.sender_id, s.id, s.account_id, s.reseller_id, s.project_id, s.currency_id, m.currency_id, sc.iso, mc.iso \
    FROM payment p \
    JOIN subaccount s ON s.id = p.subaccount_id JOIN currency sc ON sc.id = s.currency_id \
    JOIN paymethod m ON m.id = p.paymethod_id JOIN currency mc ON mc.id = m.currency_id \
    WHERE NOT p.deleted AND p.id = ";

pub fn load(cx: &mut Ctx, id: i64) -> Result<Payment> {
    let mut kinds = [Kind::Int; 21];
    kinds[19..].fill(Kind::Text);
    let row = Sql::new(PAYMENT).bind(id).first(cx.conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let int = |at: usize| row[at].int();
    Ok(Payment {
        id,
        account_id: int(0),
        reseller_id: int(1),
        paymethod_id: int(2),
        status: Status::from_code(int(3)).ok_or_else(|| Error::system("unknown payment status"))?,
        amount: Money(int(4)),
        paid: Money(int(5)),
        reversals: int(6),
        billorder_id: int(7),
        commission: Money(int(8)),
        refunded: Money(int(9)),
        refund_pending: Money(int(10)),
        refunds: int(11),
        sender_id: int(12),
        subaccount: Subaccount {
            id: int(13),
            account_id: int(14),
            reseller_id: int(15),
            project_id: int(16),
            currency_id: int(17),
            iso: row[19].str().to_owned(),
        },
        method_currency: int(18),
        method_iso: row[20].str().to_owned(),
    })
}

/// Does what an event asks: the status by a conditional update, then the money, then the order that
/// waits for it. False when the payment already was what the event makes of it.
pub fn apply(cx: &mut Ctx, id: i64, event: Event) -> Result<bool> {
    for _ in 0..TRIES_MAX {
        let payment = load(cx, id)?;
        let step = next(payment.status, event)?;
        if !step.changed {
            return Ok(false);
        }
        if step_row(cx, &payment, event, &step)? == 0 {
            continue; // another call was first: what it made of the payment decides
        }
        money(cx, &payment, step.posts)?;
        if event == Event::SetPaid {
            bonus::grant(cx, &payment)?;
            let (cause, now_us) = (format!("payment:{id}"), cx.now_us);
            rating::topped_up(cx.conn, payment.account_id, &cause, now_us)?;
        }
        let owner = (payment.account_id, payment.reseller_id);
        history::write_of(cx, "payment", id, owner, &format!("status {}", step.status.code()))?;
        if payment.billorder_id != 0 && (step.posts == Posts::Credit || event == Event::SetPaid) {
            checkout::pay_if_possible(&mut Till::of(cx), payment.billorder_id)?;
        }
        return Ok(true);
    }
    Err(Error::new("busy", "payment"))
}

fn step_row(cx: &mut Ctx, payment: &Payment, event: Event, step: &Step) -> Result<usize> {
    let mut sql = Sql::new("UPDATE payment SET status = ").bind(step.status.code());
    if step.delete {
        sql = sql.sql(", deleted = TRUE");
    }
    if event == Event::SetPaid {
        sql = sql.sql(", paydate = ").bind(cx.now_us);
    }
    match step.posts {
        Posts::Reverse => sql = sql.sql(", reversals = reversals + 1"),
        Posts::Refund => {
            sql = sql.sql(", refunded = refunded + refundpending, refundpending = 0, refunds = refunds + 1");
        }
        _ if event == Event::RefundRefused => sql = sql.sql(", refundpending = 0"),
        _ => {}
    }
    for name in ["externalid", "info"] {
        if cx.func.meta.field(name).is_none_or(|field| field.readonly) {
            continue;
        }
        if let Some(raw) = cx.input(name)? {
            sql = sql.sql(", ").word(name).sql(" = ").bind(raw);
        }
    }
    let sql = sql.sql(" WHERE id = ").bind(payment.id).sql(" AND NOT deleted AND status = ");
    let sql = sql.bind(payment.status.code()).sql(" AND refundpending = ").bind(payment.refund_pending.0);
    sql.execute(cx.conn)
}

fn money(cx: &mut Ctx, payment: &Payment, posts: Posts) -> Result<()> {
    let key = credit_key(payment.id, payment.reversals as u32);
    match posts {
        Posts::None => return Ok(()),
        Posts::Credit => credit(cx, payment, &key)?,
        // Fraud and an expired credit take the money back even where it is spent.
        Posts::Reverse if payment.refunded == Money::ZERO => {
            books::reverse(cx.conn, &key, true, cx.call.now_us)?;
            bonus::take_back(cx, payment.id, payment.reversals)?;
        }
        Posts::Reverse => take_back(cx, payment, format!("reverse:{key}"), payment.amount)?,
        Posts::Refund => {
            let upto = payment.refunded.plus(payment.refund_pending)?;
            take_back(cx, payment, refund_key(payment.id, payment.refunds + 1), upto)?;
        }
    }
    charge::settle(cx.conn, payment.subaccount.id)
}

/// Takes back what was credited from what is refunded already up to `upto`, also below the limit: an
/// administrator or the gateway has ordered it.
fn take_back(cx: &mut Ctx, payment: &Payment, key: String, upto: Money) -> Result<()> {
    let scale = |currency: i64| match currency == payment.subaccount.currency_id {
        true => Scale::minor(&payment.subaccount.iso),
        false => Scale::minor(&payment.method_iso),
    };
    let credited = books::load(cx.conn, &credit_key(payment.id, payment.reversals as u32))?;
    let range = (payment.refunded, upto, payment.amount);
    let back = transfer::reverse_part(&credited, key, range, scale)?.overdrawing();
    books::post(cx.conn, &back, cx.call.now_us)?;
    Ok(())
}

fn credit(cx: &mut Ctx, payment: &Payment, key: &str) -> Result<()> {
    let (subaccount, method_currency) = (&payment.subaccount, payment.method_currency);
    let clearing =
        Book::new(BookKind::Clearing, payment.paymethod_id, subaccount.project_id, method_currency);
    let to = Sum { currency: subaccount.currency_id, amount: payment.amount };
    let converted = match method_currency == subaccount.currency_id {
        true => Converted::same(subaccount.currency_id, payment.amount),
        false => {
            let from = Sum { currency: method_currency, amount: payment.paid.minus(payment.commission)? };
            Converted { from, to, stamp: Some(stamp(cx, subaccount, from, to)?) }
        }
    };
    let transfer = transfer::credit(key, clearing, subaccount.book(), &converted, payment.commission)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    Ok(())
}

/// The rate of this moment beside both amounts that the client was shown.
fn stamp(cx: &mut Ctx, subaccount: &Subaccount, from: Sum, to: Sum) -> Result<RateStamp> {
    let rates = books::rates(cx.conn, subaccount.project_id)?;
    let rates = books::with_age(&rates, cx.app.config.load().rate_max_age_days);
    let scale = Scale::minor(&subaccount.iso);
    let newest = rates.convert(from.amount, from.currency, to.currency, cx.now_us, scale)?;
    let stamp = newest.stamp.ok_or_else(|| Error::missed("currency").with("desc", "desc_no_rate"))?;
    Ok(RateStamp { from, to, ..stamp })
}
