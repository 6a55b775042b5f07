//! Zones in which domains are sold. A tariff of the type `domain` names its zone by the id in `intname`.

use super::usage::refuse_used;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::value;

pub const FUNCS: &[Row] = &[
    ("tld.edit", Handler::Form(record::FORM.check(check_zone))),
    ("tld.delete", Handler::Each(delete)),
    ("tldgroup.delete", Handler::Each(delete_group)),
];

/// The product type whose tariffs are zones.
const DOMAIN: &str = "domain";
/// A label of a name has 1 to 63 characters (RFC 1035).
const LABEL_MAX: i64 = 63;

/// Parameters of a domain tariff that are its zone's, and the columns there.
const OF_TARIFF: [(&str, &str); 5] = [
    ("tld_whois_host", "whois_server"),
    ("tld_min_lenght", "min_length"),
    ("tld_max_lenght", "max_length"),
    ("tld_idn_type", "idn"),
    ("transfer_policy", "transfer_policy"),
];

fn check_zone(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let name = record.str("name").trim().trim_matches('.').to_lowercase();
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    if !name.split('.').all(is_label) {
        return Err(Error::value("name", name));
    }
    record.set("name", name);
    check_lengths(record.int("min_length"), record.int("max_length"), ["min_length", "max_length"])
}

fn check_lengths(min: i64, max: i64, names: [&str; 2]) -> Result<()> {
    if !(1..=LABEL_MAX).contains(&min) {
        return Err(Error::value(names[0], min.to_string()));
    }
    match (min..=LABEL_MAX).contains(&max) {
        true => Ok(()),
        false => Err(Error::value(names[1], max.to_string())),
    }
}

fn is_domain(conn: &mut Conn, itemtype_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT intname FROM itemtype WHERE id = ").bind(itemtype_id);
    Ok(sql.first(conn, &[Kind::Text])?.is_some_and(|row| row[0].str() == DOMAIN))
}

/// A domain tariff needs a zone that is there.
pub fn check(cx: &mut Ctx, itemtype_id: i64, intname: &str) -> Result<()> {
    if !is_domain(cx.conn, itemtype_id)? {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM tld WHERE NOT deleted AND id = ");
    let found = sql.bind(intname.parse::<i64>().unwrap_or_default()).first(cx.conn, &[Kind::Int])?;
    match found {
        Some(_) => Ok(()),
        None => Err(Error::value("intname", intname).with("desc", "desc_zone")),
    }
}

/// Keeps what a call that saves a domain tariff says of its zone.
pub fn save(cx: &mut Ctx, itemtype_id: i64, intname: &str) -> Result<()> {
    let is_sent = |name: &str| cx.params.has(name) && cx.func.meta.field(name).is_some();
    let sent: Vec<_> = OF_TARIFF.into_iter().filter(|(name, _)| is_sent(name)).collect();
    if sent.is_empty() || !is_domain(cx.conn, itemtype_id)? {
        return Ok(());
    }
    let id: i64 = intname.parse().unwrap_or_default();
    for (name, column) in sent {
        let value = told(cx, name, column)?;
        let sql = Sql::new("UPDATE tld SET ").word(column).sql(" = ").bind(value);
        sql.sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    let sql = Sql::new("SELECT min_length, max_length FROM tld WHERE id = ").bind(id);
    match sql.first(cx.conn, &[Kind::Int; 2])? {
        Some(row) => check_lengths(row[0].int(), row[1].int(), ["tld_min_lenght", "tld_max_lenght"]),
        None => Ok(()),
    }
}

fn told(cx: &Ctx, name: &str, column: &str) -> Result<Raw> {
    let field = cx.func.meta.field(name).ok_or_else(|| Error::system(format!("no field {name}")))?;
    let value = value::parse(field, cx.params.get(name), &cx.zone)?;
    Ok(if column == "idn" { Raw::Flag(value.int() != 0) } else { value })
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let sql = Sql::new("SELECT t.name FROM pricelist t JOIN itemtype y ON y.id = t.itemtype_id");
    let sql = sql.sql(" WHERE NOT t.deleted AND y.intname = ").bind(DOMAIN);
    let sql = sql.sql(" AND y.parent_id = 0 AND t.intname = ").bind(elid);
    if let Some(row) = sql.first(cx.conn, &[Kind::Text])? {
        return Err(Error::new("used", "pricelist").with("value", row[0].str()));
    }
    record::delete(cx, elid)
}

fn delete_group(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("tld", "tld", "tldgroup_id")])?;
    record::delete(cx, elid)
}
