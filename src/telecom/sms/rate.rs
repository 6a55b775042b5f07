//! Rates of short messages: what one part to a prefix costs clients and resellers, and what a reseller
//! takes of his own clients.

mod import;

use super::price::PREFIX_MAX;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::telecom::party::Party;

pub const FUNCS: &[Row] = &[
    ("sms.rate", Handler::Rows(rows)),
    ("sms.rate.edit", Handler::Form(EDIT)),
    ("sms.rate.delete", Handler::Each(delete)),
    ("sms.rate.import", Handler::Form(import::FORM)),
    ("sms.rate.setprice", Handler::Form(SETPRICE)),
];

const EDIT: Form = record::FORM.check(check);
const SETPRICE: Form = record::FORM.read(read_price).save(save_price);

/// No part of a message costs more.
const PRICE_MAX: Money = Money::units(100);

/// Whose prices are shown.
enum Whose {
    Provider,
    Reseller(i64),
    /// A client, of this reseller or, with 0, of the provider.
    Client(i64),
}

/// The caller's own, or those of the client whom `plid` names.
fn whose(cx: &mut Ctx) -> Result<Whose> {
    if let Some(plid) = cx.plid()? {
        let (account_id, reseller_id) = record::account_owner(cx, plid)?;
        return Ok(match account_id == reseller_id {
            true => Whose::Reseller(account_id),
            false => Whose::Client(Party::load(cx.conn, account_id)?.payer_id),
        });
    }
    Ok(match cx.caller.level() {
        Level::User => Whose::Client(Party::load(cx.conn, cx.caller.user.account_id)?.payer_id),
        Level::Reseller => Whose::Reseller(cx.caller.user.account_id),
        _ => Whose::Provider,
    })
}

/// Rates are nobody's: what each costs depends on who asks. In the order of the list's columns: `rate` is
/// what the asked one pays, `price` what he takes of his clients.
fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let whose = whose(cx)?;
    let reseller_id = match whose {
        Whose::Provider => 0,
        Whose::Reseller(id) | Whose::Client(id) => id,
    };
    let sql = Sql::new(
        "SELECT r.id, p.code, r.country, r.prefix, r.retail, COALESCE(o.price, r.retail), r.wholesale, \
         o.id IS NOT NULL, c.iso FROM sms_rate r JOIN sms_provider p ON p.id = r.provider_id \
         JOIN currency c ON c.id = r.currency_id \
         LEFT JOIN sms_price o ON o.rate_id = r.id AND o.reseller_id = ",
    );
    let (int, text) = (Kind::Int, Kind::Text);
    let sql = sql.bind(reseller_id).sql(" WHERE NOT p.deleted ORDER BY r.prefix, r.id");
    let mut loaded = sql.load(cx.conn, &[int, text, text, text, int, int, int, Kind::Flag, text])?;
    // Of one provider, and where the country or the prefix tells what is looked for.
    let asked = |name: &str| cx.params.get(name).trim().to_lowercase();
    let (provider, word) = (asked("provider"), asked("q"));
    loaded.retain(|row| provider.is_empty() || row[1].str() == provider);
    loaded.retain(|row| row[2].str().to_lowercase().contains(&word) || row[3].str().starts_with(&word));
    let row = |row: Vec<Raw>| {
        let [id, provider, country, prefix, retail, price, wholesale, own, iso] =
            <[Raw; 9]>::try_from(row).unwrap_or([const { Raw::Null }; 9]);
        let rate = match whose {
            Whose::Provider => retail.clone(),
            Whose::Reseller(_) => wholesale.clone(),
            Whose::Client(_) => price.clone(),
        };
        vec![id, provider, country, prefix, rate, price, wholesale, own, retail, iso]
    };
    Ok(loaded.into_iter().map(row).collect())
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let prefix = record.str("prefix").trim().trim_start_matches('+').to_owned();
    if !is_prefix(&prefix) {
        return Err(Error::value("prefix", prefix));
    }
    for name in ["retail", "wholesale"] {
        checked_price(name, Money(record.int(name)))?;
    }
    let sql = Sql::new("SELECT id FROM sms_rate WHERE provider_id = ").bind(record.int("provider_id"));
    let sql = sql.sql(" AND currency_id = ").bind(record.int("currency_id")).sql(" AND prefix = ");
    let sql = sql.bind(prefix.as_str()).sql(" AND id <> ").bind(record.id);
    if sql.first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("prefix", prefix));
    }
    record.set("prefix", prefix);
    Ok(())
}

fn is_prefix(text: &str) -> bool {
    (1..=PREFIX_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// With up to six decimals; what is charged is rounded.
fn is_price(price: Money) -> bool {
    (Money::ZERO..=PRICE_MAX).contains(&price)
}

fn checked_price(name: &str, price: Money) -> Result<Money> {
    if is_price(price) { Ok(price) } else { Err(Error::value(name, price.plain())) }
}

/// Resellers' own prices go with it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    Sql::new("DELETE FROM sms_price WHERE rate_id = ").bind(id).execute(cx.conn)?;
    record::delete(cx, elid)
}

/// The reseller whose prices are set: the caller, or whom staff name.
fn reseller(cx: &mut Ctx) -> Result<i64> {
    let account_id = match cx.plid()? {
        Some(plid) => plid,
        None => cx.caller.user.account_id,
    };
    let missed = || Error::missed("plid").with("value", account_id.to_string());
    match record::account_owner(cx, account_id)? {
        (id, reseller_id) if id == reseller_id => Ok(id),
        _ => Err(missed()),
    }
}

fn read_price(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    let reseller_id = reseller(cx)?;
    let sql = Sql::new(
        "SELECT COALESCE(o.price, r.retail), r.prefix, r.country, r.wholesale FROM sms_rate r \
                        LEFT JOIN sms_price o ON o.rate_id = r.id AND o.reseller_id = ",
    );
    let row = sql.bind(reseller_id).sql(" WHERE r.id = ").bind(id);
    let row = row.first(cx.conn, &[Kind::Int, Kind::Text, Kind::Text, Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let mut record = Record::stored(id);
    record.owner = (reseller_id, reseller_id);
    for (name, raw) in ["price", "prefix", "country", "wholesale"].into_iter().zip(row) {
        record.set(name, raw);
    }
    Ok(record)
}

/// An empty price is the provider's again.
fn save_price(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (rate_id, owner) = (record.id, record.owner);
    let is_own = !cx.params.get("price").trim().is_empty();
    let price = checked_price("price", Money(record.int("price")))?;
    let sql = match is_own {
        true => {
            let sql = Sql::new("INSERT INTO sms_price (account_id, reseller_id, rate_id, price) VALUES (");
            let sql = sql.binds([owner.0.into(), owner.1.into(), rate_id.into(), price.0.into()]);
            sql.sql(") ON CONFLICT (reseller_id, rate_id) DO UPDATE SET price = excluded.price")
        }
        false => {
            let sql = Sql::new("DELETE FROM sms_price WHERE rate_id = ").bind(rate_id);
            sql.sql(" AND reseller_id = ").bind(owner.1)
        }
    };
    sql.execute(cx.conn)?;
    let words = if is_own { format!("price {}", price.plain()) } else { "price".to_owned() };
    history::write(cx, rate_id, owner, &words)?;
    Ok(vec![Node::leaf("id", rate_id.to_string())])
}
