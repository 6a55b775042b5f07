//! Discounts for all clients and for one, and which discounts an order may get.

mod info;
mod offers;

use crate::books;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::WHOLE_E4;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Form, Handler};
use crate::rpc::registry::Row;
use crate::service::Till;

pub use offers::{Occasion, offers};

pub const FUNCS: &[Row] = &[
    ("discount.edit", Handler::Form(EDIT)),
    ("account.discount.edit", Handler::Form(EDIT)),
    ("account.discountinfo", Handler::Rows(info::rows)),
];

const EDIT: Form = record::FORM.check(|_, record| check_off(record));

/// What is taken off must be something: a percent up to the whole, or a sum.
pub fn check_off(record: &Record) -> Result<()> {
    let (percent, fixed) = (record.int("percentvalue"), record.int("fixedvalue"));
    match record.str("actiontype") {
        "fixed" if fixed <= 0 => Err(Error::value("fixedvalue", Money(fixed).plain())),
        "percent" if !(1..=WHOLE_E4).contains(&percent) => {
            Err(Error::value("percentvalue", crate::value::percent(percent)))
        }
        _ => Ok(()),
    }
}

/// An amount in the currency of a provider; nothing where there is no rate for it.
pub fn in_base(till: &mut Till, project_id: i64, currency_id: i64, amount: Money) -> Result<Option<Money>> {
    let (base, _) = base_of(till, project_id)?;
    converted(till, project_id, (currency_id, base), amount)
}

/// An amount of the provider's currency in another.
fn of_base(till: &mut Till, project_id: i64, currency_id: i64, amount: Money) -> Result<Option<Money>> {
    let (base, _) = base_of(till, project_id)?;
    converted(till, project_id, (base, currency_id), amount)
}

/// The currency of a provider, with its code.
pub fn base_of(till: &mut Till, project_id: i64) -> Result<(i64, String)> {
    let sql =
        Sql::new("SELECT c.id, c.iso FROM project j JOIN currency c ON c.id = j.currency_id WHERE j.id = ");
    let row = sql.bind(project_id).first(till.conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("project").with("value", project_id.to_string()))?;
    Ok((row[0].int(), row[1].str().to_owned()))
}

fn converted(
    till: &mut Till,
    project_id: i64,
    (from, to): (i64, i64),
    amount: Money,
) -> Result<Option<Money>> {
    if from == to {
        return Ok(Some(amount));
    }
    let sql = Sql::new("SELECT iso FROM currency WHERE id = ").bind(to);
    let iso = sql.first(till.conn, &[Kind::Text])?.map_or_else(String::new, |row| row[0].str().to_owned());
    let rates = till.rates(project_id)?;
    let rates = books::with_age(&rates, till.app.config.load().rate_max_age_days);
    match rates.convert(amount, from, to, till.now_us, Scale::minor(&iso)) {
        Ok(converted) => Ok(Some(converted.to.amount)),
        Err(error) if error.kind == "missed" => Ok(None),
        Err(error) => Err(error),
    }
}
