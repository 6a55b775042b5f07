//! Bonuses: who pays much at once gets a part of it on top.

use super::discount::in_base;
use super::payment::event::Payment;
use crate::books;
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
pub fn grant(cx: &mut Ctx, payment: &Payment) -> Result<()> {
    let subaccount = &payment.subaccount;
    let steps = steps(cx, subaccount.project_id)?;
    if steps.is_empty() {
        return Ok(());
    }
    let (project_id, currency_id) = (subaccount.project_id, subaccount.currency_id);
    let Some(paid) = in_base(&mut Till::of(cx), project_id, currency_id, payment.amount)? else {
        return Ok(());
    };
    let percent = steps.iter().filter(|(from, _)| *from <= paid).map(|(_, percent)| *percent).max();
    let bonus =
        rounding::share(payment.amount, percent.unwrap_or(0), WHOLE_E4, Scale::minor(&subaccount.iso))?;
    if bonus == Money::ZERO {
        return Ok(());
    }
    let (client, cost) = (subaccount.book(), subaccount.book().provider(BookKind::Cost));
    let transfer = transfer::between(key(payment.id, payment.reversals), cost, client, bonus)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    Ok(())
}

/// A provider's bonuses: from which amount on, and its part.
fn steps(cx: &mut Ctx, project_id: i64) -> Result<Vec<(Money, i64)>> {
    let sql = Sql::new("SELECT amount, percent FROM bonus WHERE NOT deleted AND active AND project_id = ");
    let rows = sql.bind(project_id).load(cx.conn, &[Kind::Int; 2])?;
    Ok(rows.iter().map(|row| (Money(row[0].int()), row[1].int())).collect())
}

/// A bonus goes with the money that earned it, even where it is spent.
pub fn take_back(cx: &mut Ctx, payment_id: i64, reversals: i64) -> Result<()> {
    match books::reverse(cx.conn, &key(payment_id, reversals), true, cx.call.now_us) {
        Err(error) if error.kind == "missed" => Ok(()), // it earned none
        done => done.map(drop),
    }
}
