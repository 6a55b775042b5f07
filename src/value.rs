//! A field's text and its stored value, both ways, by the kind that the metadata declares.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::db::Raw;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::meta::{Field, ValueKind};
use crate::time::Zone;

const TEXT_MAX: usize = 255;
const LINES_MAX: usize = 65_536;

/// What a caller sent for a field, as it is stored.
pub fn parse(field: &Field, text: &str, zone: &Zone) -> Result<Raw> {
    let none = text.trim().is_empty();
    // 0 and `null` name nothing, just as an empty field does.
    let nothing = || field.kind == ValueKind::Id && id(text.trim()) == Some(0);
    match field.required && (none || nothing()) {
        true => Err(Error::missed(&field.name)),
        false => read(field, text, zone),
    }
}

/// The same where nothing is demanded.
pub fn read(field: &Field, text: &str, zone: &Zone) -> Result<Raw> {
    let bad = || match field.is_secret() {
        true => Error::value(&field.name, ""),
        false => Error::value(&field.name, text),
    };
    let number = |parsed: Option<i64>| parsed.map(Raw::Int).ok_or_else(bad);
    match field.kind {
        ValueKind::Text | ValueKind::Password | ValueKind::Secret => sized(field, text, TEXT_MAX),
        ValueKind::Lines => sized(field, text, LINES_MAX),
        ValueKind::Msg => code(field, text.trim()),
        ValueKind::Flag => Ok(Raw::Flag(flag(text))),
        ValueKind::Ids => {
            let ids = ids(text).ok_or_else(bad)?;
            ids.split(", ").filter(|id| !id.is_empty()).try_for_each(|id| field.check_code(id))?;
            Ok(Raw::Text(ids))
        }
        ValueKind::Id => number(id(text.trim())),
        ValueKind::Int => {
            field.check_code(text.trim())?;
            number(if text.trim().is_empty() { Some(0) } else { text.trim().parse().ok() })
        }
        ValueKind::Money => number(decimal(text.trim(), 6)),
        ValueKind::Percent => number(decimal(text.trim(), 4)),
        ValueKind::Rate => number(decimal(text.trim(), 9)),
        ValueKind::Date | ValueKind::Time => number(moment(text.trim(), zone)),
    }
}

fn sized(field: &Field, text: &str, max: usize) -> Result<Raw> {
    match text.chars().count() > field.max.unwrap_or(max) {
        true if field.is_secret() => Err(Error::limit(&field.name, "")),
        true => Err(Error::limit(&field.name, field.max.unwrap_or(max).to_string())),
        false => Ok(Raw::from(text)),
    }
}

fn code(field: &Field, text: &str) -> Result<Raw> {
    field.check_code(text)?;
    match field.stored() {
        crate::db::Kind::Int => text.parse().map(Raw::Int).map_err(|_| Error::value(&field.name, text)),
        _ => Ok(Raw::from(text)),
    }
}

/// A checkbox arrives beside its hidden `off`, so the last of several values counts.
fn flag(text: &str) -> bool {
    matches!(text.rsplit(", ").next(), Some("on" | "yes" | "1" | "true"))
}

/// `null` is what the original's selects send for "none".
fn id(text: &str) -> Option<i64> {
    match text {
        "" | "null" => Some(0),
        text => text.parse().ok().filter(|id| *id >= 0),
    }
}

fn ids(text: &str) -> Option<String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "null");
    let mut ids = words.map(|word| word.parse::<i64>().ok()).collect::<Option<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    Some(ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
}

/// A decimal of at most `places` decimals as a whole number of its last place; "" is zero.
pub fn decimal(text: &str, places: usize) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    if places == 6 {
        return Money::parse(text).map(|money| money.0);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > places {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

fn moment(text: &str, zone: &Zone) -> Option<i64> {
    if text.is_empty() { Some(0) } else { zone.parse_time(text) }
}

/// The text of a decimal without needless zeros: `20`, `2.5`.
fn shortest(value: i64, places: u32) -> String {
    let unit = 10u64.pow(places);
    let (sign, magnitude) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let part = format!("{:0width$}", magnitude % unit, width = places as usize);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{}", magnitude / unit),
        part => format!("{sign}{}.{part}", magnitude / unit),
    }
}

/// A stored percent as text.
pub fn percent(rate_e4: i64) -> String {
    shortest(rate_e4, 4)
}

/// A stored value as a cell. `iso` is the currency of an amount.
#[inline]
pub fn cell<'a>(kind: ValueKind, raw: &'a Raw, iso: &'a str, zone: &'a Zone) -> Cell<'a> {
    match (kind, raw) {
        (_, Raw::Null) => Cell::Null,
        (ValueKind::Money, Raw::Int(micro)) => Cell::Money(Money(*micro), Cow::Borrowed(iso)),
        (ValueKind::Percent, Raw::Int(value)) => Cell::Text(shortest(*value, 4).into()),
        (ValueKind::Rate, Raw::Int(value)) => Cell::Text(shortest(*value, 9).into()),
        (ValueKind::Date | ValueKind::Time, Raw::Int(0)) => Cell::Null,
        (ValueKind::Date, Raw::Int(at_us)) => Cell::Date(*at_us, zone),
        (ValueKind::Time, Raw::Int(at_us)) => Cell::Time(*at_us, zone),
        (_, Raw::Int(value)) => Cell::Int(*value),
        (_, Raw::Text(text)) => Cell::Text(Cow::Borrowed(text)),
        (_, Raw::Flag(on)) => Cell::Flag(*on),
    }
}

/// The text of a form's field. A reference to nothing is empty; secrets are never shown.
pub fn shown(field: &Field, raw: &Raw, zone: &Zone) -> String {
    match (field.kind, raw) {
        (ValueKind::Id, Raw::Int(0)) => String::new(),
        (ValueKind::Money, Raw::Int(micro)) => Money(*micro).plain(),
        _ if field.is_secret() => String::new(),
        (kind, raw) => cell(kind, raw, "", zone).into_text(),
    }
}

/// The value of a new record: the metadata's default, or the kind's nothing.
pub fn default(field: &Field, zone: &Zone) -> Raw {
    read(field, &field.default, zone).unwrap_or_else(|_| empty(field))
}

fn empty(field: &Field) -> Raw {
    match field.stored() {
        crate::db::Kind::Int => Raw::Int(0),
        crate::db::Kind::Flag => Raw::Flag(false),
        crate::db::Kind::Text => Raw::from(""),
    }
}
