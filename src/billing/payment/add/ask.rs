//! What a payment is for: whose it is, with which provider, and how much.

use crate::billing::payment::amount;
use crate::billing::payment::event::load;
use crate::books::{self, Subaccount};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::payment::Status;
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::Ctx;
use crate::service::Till;
use crate::service::cart::{self, FILLING, ORDERED, Order};

pub struct Ask {
    pub subaccount: Subaccount,
    pub order: Option<Order>,
    /// A payment that is there already, or 0.
    pub payment_id: i64,
    fixed: Option<Money>,
}

/// A payment that nobody has made yet. Its account is known as soon as somebody names it.
pub fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    record.set("account_id", account_named(cx)?);
    record.set("profiletype", 1);
    Ok(record)
}

fn id_of(cx: &Ctx, name: &'static str) -> Result<i64> {
    match cx.params.get(name).trim() {
        "" => Ok(0),
        text => text.parse().map_err(|_| Error::value(name, text)),
    }
}

/// Staff and resellers name the client; a client is himself.
fn account_named(cx: &mut Ctx) -> Result<i64> {
    let own = cx.caller.user.account_id;
    if cx.caller.level() < Level::Reseller {
        return Ok(own);
    }
    let id = match id_of(cx, "customer_account")? {
        0 => cx.plid()?.unwrap_or(own),
        id => id,
    };
    match id {
        0 => Ok(0),
        id => match record::account_owner(cx, id) {
            Ok((id, _)) => Ok(id),
            Err(_) => Err(Error::value("customer_account", id.to_string())),
        },
    }
}

/// What is paid, or nothing while nobody said for whom.
pub fn asked(cx: &mut Ctx, record: &Record) -> Result<Option<Ask>> {
    let account_id = record.int("account_id");
    let (payment_id, fixed, order_id) = existing(cx)?;
    let order = order(cx, order_id)?;
    let account_id = match &order {
        Some(order) if account_id != 0 && account_id != order.account_id && is_named(cx) => {
            return Err(Error::value("billorder", order.id.to_string()));
        }
        Some(order) => order.account_id,
        None if payment_id != 0 => load(cx, payment_id)?.account_id,
        None => account_id,
    };
    if account_id == 0 {
        return Ok(None);
    }
    let subaccount = match &order {
        Some(order) => books::subaccount(cx.conn, order.subaccount_id)?,
        None if payment_id != 0 => load(cx, payment_id)?.subaccount,
        None => of_project(cx, account_id)?,
    };
    Ok(Some(Ask { subaccount, order, payment_id, fixed }))
}

fn is_named(cx: &Ctx) -> bool {
    cx.caller.user.account_id == 0 || cx.params.has("customer_account") || cx.params.has("plid")
}

fn of_project(cx: &mut Ctx, account_id: i64) -> Result<Subaccount> {
    let project_id = id_of(cx, "project")?;
    let asked = Some(project_id).filter(|id| *id != 0);
    match books::subaccount_of(cx.conn, account_id, asked) {
        Err(error) if error.kind == "missed" && asked.is_some() => {
            Err(Error::value("project", project_id.to_string()))
        }
        found => found,
    }
}

/// A payment of the caller's that waits for its money, its amount and its order.
fn existing(cx: &mut Ctx) -> Result<(i64, Option<Money>, i64)> {
    let id = id_of(cx, "payment_id")?;
    if id == 0 {
        return Ok((0, None, id_of(cx, "billorder")?));
    }
    let sql = Sql::new("SELECT id FROM payment WHERE NOT deleted AND id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id"));
    if sql.first(cx.conn, &[Kind::Int])?.is_none() {
        return Err(Error::missed("payment_id").with("value", id.to_string()));
    }
    let payment = load(cx, id)?;
    match payment.status {
        Status::New => Ok((id, Some(payment.amount), payment.billorder_id)),
        status => Err(Error::value("status", status.code().to_string())),
    }
}

fn order(cx: &mut Ctx, id: i64) -> Result<Option<Order>> {
    if id == 0 {
        return Ok(None);
    }
    let sql = Sql::new("SELECT id FROM billorder WHERE NOT deleted AND id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id"));
    if sql.first(cx.conn, &[Kind::Int])?.is_none() {
        return Err(Error::missed("billorder").with("value", id.to_string()));
    }
    let order = Order::load(cx.conn, id)?;
    match order.status {
        FILLING | ORDERED => Ok(Some(order)),
        status => Err(Error::value("billorder", status.to_string()).with("desc", "desc_order_done")),
    }
}

impl Ask {
    /// What is to be credited: the order's total at this moment, else the amount that was entered.
    pub fn amount(&self, cx: &mut Ctx) -> Result<Option<Money>> {
        let entered = self.entered(cx)?;
        let fixed = match &self.order {
            Some(order) => {
                let till = &mut Till::of(cx);
                Some(cart::total(&cart::prices(till, order)?)?)
            }
            None => self.fixed,
        };
        match (fixed, entered) {
            (Some(fixed), Some(entered)) if fixed != entered => Err(Error::value("amount", fixed.plain())),
            (Some(fixed), _) => Ok(Some(fixed)),
            (None, entered) => Ok(entered),
        }
    }

    pub fn need_amount(&self, cx: &mut Ctx) -> Result<Money> {
        let amount = self.amount(cx)?.ok_or_else(|| Error::missed("amount"))?;
        match amount > Money::ZERO {
            true => Ok(amount),
            false => Err(Error::value("amount", amount.plain())),
        }
    }

    /// The amount that was sent, in the currency of the balance.
    fn entered(&self, cx: &mut Ctx) -> Result<Option<Money>> {
        let text = cx.params.get("amount").trim().to_owned();
        if text.is_empty() {
            return Ok(None);
        }
        let amount = Money::parse(&text).ok_or_else(|| Error::value("amount", text.as_str()))?;
        let of = &self.subaccount;
        let currency_id = id_of(cx, "payment_currency")?;
        if currency_id == 0 || currency_id == of.currency_id {
            return match Scale::minor(&of.iso).fits(amount) {
                true => Ok(Some(amount)),
                false => Err(Error::value("amount", text)),
            };
        }
        let to = (of.currency_id, of.iso.as_str());
        amount::convert(cx, of.project_id, amount, currency_id, to).map(Some)
    }
}
