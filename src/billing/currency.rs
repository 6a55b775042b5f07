//! Currencies and their rates.

use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("currency.edit", Handler::Form(record::FORM.check(check))),
    ("currency.rate.edit", Handler::Form(record::FORM.check(check_rate))),
    ("currencyrate.edit", Handler::Form(record::FORM.check(check_rate))),
    ("country.edit", Handler::Form(record::FORM.check(check_country))),
];

/// ISO 4217: three letters.
fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    upper_code(record, "iso", 3)
}

/// ISO 3166: two letters.
fn check_country(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    upper_code(record, "iso2", 2)
}

fn upper_code(record: &mut Record, column: &str, length: usize) -> Result<()> {
    let code = record.str(column).trim().to_uppercase();
    if code.len() != length || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Error::value(column, code));
    }
    record.set(column, code);
    Ok(())
}

fn check_rate(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.int("rate_nano") <= 0 {
        return Err(Error::value("rate", cx.params.get("rate")));
    }
    if let (0, Some(plid)) = (record.int("currency_id"), cx.plid()?) {
        record.set("currency_id", plid);
    }
    if record.int("currency_id") == record.int("relatedcurrency_id") {
        return Err(Error::value("relatedcurrency", cx.params.get("relatedcurrency")));
    }
    if record.int("cdate") == 0 {
        record.set("cdate", cx.now_us);
    }
    Ok(())
}
