//! Prefixes of phone numbers and where they lead, one dictionary for all plans; and numbers themselves.

use std::ops::RangeInclusive;

use super::rates::DIGITS_MAX;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("prefix.edit", Handler::Form(EDIT)), ("prefix.delete", Handler::Each(delete))];

const EDIT: Form = record::FORM.check(check).save(save);

/// Digits of a number with `+` (E.164 by shape: decisions.md, Telecom).
const INTERNATIONAL: RangeInclusive<usize> = 7..=DIGITS_MAX;

/// The digits of a number as it is dialled.
pub fn dialled(number: &str) -> Option<&str> {
    let (digits, lens) = match number.strip_prefix('+') {
        Some(digits) => (digits, INTERNATIONAL),
        None => (number, 1..=DIGITS_MAX),
    };
    (lens.contains(&digits.len()) && are_digits(digits)).then_some(digits)
}

pub fn is_prefix(text: &str) -> bool {
    (1..=DIGITS_MAX).contains(&text.len()) && are_digits(text)
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (prefix, country) =
        (record.str("prefix").trim().to_owned(), record.str("country").trim().to_uppercase());
    if !is_prefix(&prefix) {
        return Err(Error::value("prefix", prefix));
    }
    let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_code && !country.is_empty() {
        return Err(Error::value("country", country));
    }
    record.set("prefix", prefix);
    record.set("country", country);
    Ok(())
}

/// A destination stands in the rates of every plan in memory.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let renamed = !record.is_new() && record.has_changed("destination");
    let id = record::store(cx, record)?;
    if renamed {
        let sql = Sql::new("UPDATE plan SET version = version + 1 WHERE id IN (SELECT plan_id FROM rate ");
        sql.sql("WHERE prefix_id = ").bind(id).sql(")").execute(cx.conn)?;
        cx.touch(Topic::Rates)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// One that rates are for stays.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    let used = Sql::new("SELECT id FROM rate WHERE prefix_id = ").bind(id).sql(" LIMIT 1");
    match used.first(cx.conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("rate", elid)),
        None => record::delete(cx, elid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, digits) in [
            ("+1234567890", Some("1234567890")),
            ("+1234567", Some("1234567")),
            ("+123456", None),
            ("112", Some("112")),
            ("123456789012345", Some("123456789012345")),
            ("+1234567890123456", None),
            ("1234567890123456", None),
            ("+12-345-67", None),
            ("++1234567", None),
            ("+", None),
            ("", None),
            ("12٣4567", None),
        ] {
            assert_eq!(dialled(number), digits, "{number}");
        }
    }
}
