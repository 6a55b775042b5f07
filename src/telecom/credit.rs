//! Retail credit: what a reseller gives his clients. It costs him nothing until they call
//! (operations.md §2.3, §2.4): the contra entry is his book of issued credit.

mod agentpayment;
mod transfer;

use crate::billing::charge;
use crate::books::{self, Posted, Subaccount};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ledger::{Book, BookKind, Scale, transfer as ledger};
use crate::money::Money;
use crate::number::rating;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::telecom::client::{self, Client};
use crate::telecom::refill::{self, Refill};

pub const FUNCS: &[Row] = &[
    ("account.transfer", Handler::Form(transfer::FORM)),
    ("transfer", Handler::View(None)),
    ("payment.register", Handler::Form(agentpayment::FORM)),
    ("agentpayment", Handler::View(None)),
];

/// Nobody gives more at once; a typing error is no fortune.
const AMOUNT_MAX: Money = Money::units(1_000_000);

/// Issued credit of the reseller → client, once for its key; a direct client's is the provider's cost.
pub fn give(conn: &mut Conn, to: &Subaccount, key: String, refill: &Refill, now_us: i64) -> Result<Posted> {
    let from = match to.reseller_id {
        0 => to.book().provider(BookKind::Cost),
        reseller => Book::new(BookKind::IssuedRetail, reseller, to.project_id, to.currency_id),
    };
    let transfer = ledger::between(key.clone(), from, to.book(), refill.amount)?;
    if books::post(conn, &transfer, now_us)? == Posted::Exists {
        return Ok(Posted::Exists);
    }
    charge::settle(conn, to.id)?;
    rating::topped_up(conn, to.account_id, &key, now_us)?;
    refill::note(conn, to, refill, now_us)?;
    Ok(Posted::Done)
}

/// The client of a reseller that `plid` names, with his money. Credit is given to one client one after
/// the other: who comes second sees what the first has done. Error `missed(plid)` for anybody else.
fn of_reseller(cx: &mut Ctx) -> Result<(Client, Subaccount)> {
    let client = client::locked(cx, 0)?;
    if client.reseller_id == 0 {
        return Err(Error::missed("plid").with("value", client.account_id.to_string()));
    }
    Ok((client, books::subaccount_of(cx.conn, client.account_id, None)?))
}

/// An amount that books of telephony can hold.
fn amount(field: &str, text: &str) -> Result<Money> {
    let amount = Money::parse(text.trim()).filter(|amount| *amount > Money::ZERO);
    let amount = amount.filter(|amount| *amount <= AMOUNT_MAX && Scale::TELECOM.fits(*amount));
    amount.ok_or_else(|| Error::value(field, text))
}
