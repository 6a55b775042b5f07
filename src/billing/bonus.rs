//! Bonuses: who pays much at once gets a part of it on top.

use super::discount::in_base;
use crate::books::{self, Subaccount};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::rounding::{self, WHOLE_E4};
use crate::ledger::{BookKind, Scale, transfer};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::service::Till;

pub const FUNCS: &[Row] = &[("bonus.edit", Handler::Form(record::FORM.check(check)))];

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (amount, percent) = (record.int("amount"), record.int("percent"));
    if amount < 0 {
        return Err(Error::value("amount", Money(amount).plain()));
    }
    match (1..=WHOLE_E4).contains(&percent) {
        true => Ok(()),
        false => Err(Error::value("percent", crate::value::percent(percent))),
    }
}

/// One bonus for each time that a payment is credited; a payment that was taken back and paid again
/// earns another.
fn key(payment_id: i64, reversals: i64) -> String {
    format!("bonus:payment:{payment_id}:{reversals}")
}

/// Cost → client: the greatest bonus that the money of a payment earns.
pub fn grant(
    cx: &mut Ctx,
    payment_id: i64,
    reversals: i64,
    subaccount: &Subaccount,
    amount: Money,
) -> Result<()> {
    let paid = in_base(&mut Till::of(cx), subaccount.project_id, subaccount.currency_id, amount)?;
    let Some(paid) = paid else { return Ok(()) };
    let sql = Sql::new("SELECT percent FROM bonus WHERE NOT deleted AND active AND project_id = ");
    let sql = sql.bind(subaccount.project_id).sql(" AND amount <= ").bind(paid.0);
    let Some(row) = sql.sql(" ORDER BY percent DESC, id LIMIT 1").first(cx.conn, &[Kind::Int])? else {
        return Ok(());
    };
    let bonus = rounding::share(amount, row[0].int(), WHOLE_E4, Scale::minor(&subaccount.iso))?;
    if bonus == Money::ZERO {
        return Ok(());
    }
    let (client, cost) = (subaccount.book(), subaccount.book().provider(BookKind::Cost));
    let transfer = transfer::between(key(payment_id, reversals), cost, client, bonus)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    Ok(())
}

/// A bonus goes with the money that earned it, even where it is spent.
pub fn take_back(cx: &mut Ctx, payment_id: i64, reversals: i64) -> Result<()> {
    match books::reverse(cx.conn, &key(payment_id, reversals), true, cx.call.now_us) {
        Err(error) if error.kind == "missed" => Ok(()), // it earned none
        done => done.map(drop),
    }
}
