//! What a registrar would refuse of a contact is refused at once.

use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::service::choices::check_domain;

const COMPANY: i64 = 2;
const TRADER: i64 = 3;
/// Where companies and traders have numbers of this shape.
const RUSSIA: &str = "RU";

/// Checks a contact by its kind and fills in what it is called.
pub fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let kind = record.int("profiletype");
    let demanded: &[&str] = if kind == COMPANY { &["company"] } else { &["firstname", "lastname"] };
    for name in demanded.iter().chain(&["email", "phone"]) {
        if record.str(name).trim().is_empty() {
            return Err(Error::missed(*name));
        }
    }
    let email = record.str("email").trim().to_owned();
    check_email(&email)?;
    record.set("email", email);
    for name in ["phone", "mobile", "fax"] {
        let number = record.str(name).trim().to_owned();
        if !number.is_empty() && !is_phone(&number) {
            return Err(Error::value(name, number).with("desc", "desc_phone"));
        }
        record.set(name, number);
    }
    if kind != 1 && country_code(cx, record.int("location_country"))? == RUSSIA {
        check_numbers(record, kind)?;
    }
    let person = person(record);
    let full = if kind == COMPANY { record.str("company").trim().to_owned() } else { person };
    if record.str("name").trim().is_empty() {
        record.set("name", full.as_str());
    }
    record.set("fullname", full);
    Ok(())
}

fn person(record: &Record) -> String {
    let parts = ["firstname", "middlename", "lastname"].map(|name| record.str(name).trim());
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn check_email(email: &str) -> Result<()> {
    let good = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "@<>()[],;:\\\"".contains(c))
            && check_domain(host).is_ok()
    });
    match good {
        true => Ok(()),
        false => Err(Error::value("email", email)),
    }
}

/// `+371 2000-0000`: with the code of the country, 7 to 15 digits (E.164).
fn is_phone(number: &str) -> bool {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let rest = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits)
        && rest.chars().all(|c| c.is_ascii_digit() || " -().".contains(c))
        && !rest.is_empty()
}

/// Lengths of the numbers of a Russian company or trader; a trader has no KPP.
fn check_numbers(record: &Record, kind: i64) -> Result<()> {
    let inn = if kind == TRADER { 12 } else { 10 };
    let ogrn = if kind == TRADER { 15 } else { 13 };
    if record.str("inn").is_empty() {
        return Err(Error::missed("inn"));
    }
    for (name, length) in [("inn", inn), ("kpp", 9), ("ogrn", ogrn)] {
        let number = record.str(name);
        let good = number.len() == length && number.bytes().all(|byte| byte.is_ascii_digit());
        if !number.is_empty() && !good {
            return Err(Error::value(name, number));
        }
    }
    Ok(())
}

fn country_code(cx: &mut Ctx, id: i64) -> Result<String> {
    let row = Sql::new("SELECT iso2 FROM country WHERE id = ").bind(id).first(cx.conn, &[Kind::Text])?;
    Ok(row.map_or(String::new(), |row| row[0].str().to_owned()))
}

/// Error `value(<field>)` unless the country can be chosen.
pub fn need_country(cx: &mut Ctx, field: &str, id: i64) -> Result<()> {
    match Sql::new("SELECT id FROM country_option WHERE id = ").bind(id).first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::value(field, id.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        for (number, good) in [
            ("+37120000000", true),
            ("+7 (495) 000-00-00", true),
            ("37120000000", false),
            ("+12345", false),
            ("+1234567890123456", false),
            ("+3712000000x", false),
            ("+", false),
        ] {
            assert_eq!(is_phone(number), good, "{number}");
        }
    }

    #[test]
    fn addresses() {
        for (email, good) in [
            ("a@example.com", true),
            ("иван@пример.рф", true),
            ("a.b+c@sub.example.com", true),
            ("example.com", false),
            ("a@example", false),
            ("@example.com", false),
            ("a b@example.com", false),
            ("a@b@example.com", false),
            ("a@example.com\n", false),
        ] {
            assert_eq!(check_email(email).is_ok(), good, "{email}");
        }
    }
}
