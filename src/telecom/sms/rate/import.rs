//! A price list becomes the rates of a provider: what is there is changed, what is not is added, nothing
//! is removed. A list that is sent again finds nothing to do.

use std::collections::HashSet;
use std::sync::Arc;

use super::{is_prefix, is_price};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Form, Reply};
use crate::rpc::lines::{self, Checked, report};

pub const FORM: Form = record::FORM.read(|_| Ok(Record::new())).outside(import);

/// Rates of one statement, and lines that one job keeps.
const STATEMENT: usize = 100;
const BATCH: usize = 1_000;
const COUNTRY_MAX: usize = 100;

/// A line that can be kept.
struct Rate {
    prefix: String,
    country: String,
    /// What clients pay, and what resellers do.
    prices: [i64; 2],
}

/// `prefix,country,retail,wholesale`
fn rate(line: &lines::Line) -> Checked<Rate> {
    let prefix = line.cell(0).trim_start_matches('+').to_owned();
    if !is_prefix(&prefix) {
        return Err("prefix");
    }
    if line.cell(1).chars().count() > COUNTRY_MAX {
        return Err("country");
    }
    let price = |at: usize, name: &'static str| {
        line.money(at).filter(|price| is_price(*price)).map(|price| price.0).ok_or(name)
    };
    let prices = [price(2, "retail")?, price(3, "wholesale")?];
    Ok(Rate { prefix, country: line.cell(1).to_owned(), prices })
}

fn import(call: &Call) -> Result<Reply> {
    let of = |name: &str| -> Result<i64> { Ok(call.input(name)?.ok_or_else(|| Error::missed(name))?.int()) };
    let owner = [of("provider")?, of("currency")?];
    let (mut rates, mut refused, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for line in lines::of(call.params.get("data"), "prefix") {
        match rate(&line) {
            Err(why) => refused.push((line.number, why)),
            Ok(rate) if !seen.insert(rate.prefix.clone()) => refused.push((line.number, "twice")),
            Ok(rate) => rates.push(rate),
        }
    }
    let (total, mut changed) = (rates.len(), 0);
    while !rates.is_empty() {
        let piece: Arc<[Rate]> = rates.drain(..rates.len().min(BATCH)).collect();
        changed += call.app.db.write(move |conn| keep(conn, owner, &piece))?;
    }
    let counts = [("changed", changed), ("same", total - changed), ("refused", refused.len())];
    Ok(Reply::Ok(report(call, &counts, &refused)))
}

/// One job. It may run again.
fn keep(conn: &mut Conn, [provider_id, currency_id]: [i64; 2], rates: &[Rate]) -> Result<usize> {
    let sql = Sql::new("SELECT id FROM sms_provider WHERE NOT deleted AND id = ").bind(provider_id);
    sql.first(conn, &[Kind::Int])?.ok_or_else(|| Error::value("provider", provider_id.to_string()))?;
    let mut changed = 0;
    for rates in rates.chunks(STATEMENT) {
        let mut sql = Sql::new(
            "INSERT INTO sms_rate (provider_id, currency_id, prefix, country, retail, wholesale) VALUES (",
        );
        for (nth, rate) in rates.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            let texts = [rate.prefix.as_str(), rate.country.as_str()].map(Raw::from);
            let values = [provider_id, currency_id].map(Raw::from).into_iter().chain(texts);
            sql = sql.binds(values.chain(rate.prices.map(Raw::from)));
        }
        let sql = sql.sql(
            ") ON CONFLICT (provider_id, prefix, currency_id) DO UPDATE SET country = excluded.country, \
             retail = excluded.retail, wholesale = excluded.wholesale \
             WHERE sms_rate.country <> excluded.country OR sms_rate.retail <> excluded.retail \
             OR sms_rate.wholesale <> excluded.wholesale",
        );
        changed += sql.execute(conn)?;
    }
    Ok(changed)
}
