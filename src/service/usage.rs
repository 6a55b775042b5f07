//! What is counted and not chosen: use that modules report, and what a client has beside a service.
//!
//! Use beyond what the tariff includes is owed for every term that is over: it is charged with the next
//! renewal, by the `meter` job where there is none, and before a service closes.

use super::Till;
use super::buyer::{Buyer, Chosen, Fee};
use super::item::Item;
use super::tariff::{Extra, Tariff};
use super::term;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::tariff::addon::BillType;
use crate::tariff::period::Term;
use crate::tariff::quote::What;

/// Terms that one charge covers.
const TERMS_MAX: i64 = 400;

/// The add-on whose count is that of the service's addresses.
const ADDRESSES: &str = "ip";

/// The choice with the counts of what is billed by other resources.
pub fn counted(
    till: &mut Till,
    item: &Item,
    tariff: &Tariff,
    mut chosen: Vec<Chosen>,
) -> Result<Vec<Chosen>> {
    let is_counted = |extra: &&Extra| extra.rule.billtype == BillType::Resources;
    for extra in tariff.addons.iter().filter(is_counted) {
        let (detail_id, count) = (extra.rule.id, count(till, item, &extra.intname)?);
        chosen.retain(|chosen| chosen.detail_id != detail_id);
        chosen.push(Chosen { detail_id, count });
    }
    Ok(chosen)
}

/// The service's addresses, or the client's other services of the type that is named like the add-on.
fn count(till: &mut Till, item: &Item, intname: &str) -> Result<i64> {
    let sql = match intname {
        ADDRESSES => Sql::new("SELECT COUNT(*) FROM item_ip WHERE committed AND item_id = ").bind(item.id),
        _ => Sql::new(
            "SELECT COUNT(*) FROM item i JOIN itemtype t ON t.id = i.itemtype_id \
             WHERE NOT i.deleted AND i.status IN (2, 3, 5) AND i.account_id = ",
        )
        .bind(item.account_id)
        .sql(" AND i.project_id = ")
        .bind(item.project_id)
        .sql(" AND t.intname = ")
        .bind(intname)
        .sql(" AND i.id <> ")
        .bind(item.id),
    };
    Ok(sql.first(till.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// What is owed for the terms that are over; nothing where all that was used is included.
pub fn owed(till: &mut Till, item: &Item, tariff: &Tariff, buyer: &Buyer) -> Result<Option<Fee>> {
    if !tariff.addons.iter().any(is_measured) {
        return Ok(None);
    }
    let terms = over(till, item)?;
    owed_for(till, item, (tariff, buyer), &terms)
}

fn is_measured(extra: &Extra) -> bool {
    extra.rule.billtype == BillType::Statistics
}

fn owed_for(
    till: &mut Till,
    item: &Item,
    (tariff, buyer): (&Tariff, &Buyer),
    terms: &[Term],
) -> Result<Option<Fee>> {
    let measured: Vec<&Extra> = tariff.addons.iter().filter(|extra| is_measured(extra)).collect();
    if measured.is_empty() {
        return Ok(None);
    }
    let prices = buyer.prices(till, tariff)?;
    let mut sum = Money::ZERO;
    for term in terms {
        for extra in &measured {
            let rows = prices.usage_of(extra.rule.id)?;
            let used = used(till, item, &extra.intname, *term)?;
            if used > extra.rule.limit && !rows.is_empty() {
                sum = sum.plus(extra.rule.price(used, false, &rows, buyer.scale)?)?;
            }
        }
    }
    (sum != Money::ZERO).then(|| buyer.fee(What::Usage, sum)).transpose()
}

/// The terms that are over and were not charged, oldest first.
fn over(till: &mut Till, item: &Item) -> Result<Vec<Term>> {
    let sql = Sql::new("SELECT begin_at, end_at").append(&unmetered(till, item));
    let rows = sql.load(till.conn, &[Kind::Int; 2])?;
    Ok(rows.iter().map(|row| Term::new(row[0].int(), row[1].int())).collect())
}

/// The use of the days that begin within a term; the day on which a first one begins is its own.
fn used(till: &mut Till, item: &Item, intname: &str, term: Term) -> Result<i64> {
    let zone = till.zone(item.project_id)?;
    let sql = Sql::new("SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM item_stat WHERE item_id = ");
    let sql = sql.bind(item.id).sql(" AND name = ").bind(intname).sql(" AND day >= ");
    let sql = sql.bind(zone.day_us(term.start_us)).sql(" AND day < ").bind(zone.day_us(term.end_us));
    Ok(sql.first(till.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// The terms that are over were charged.
pub fn settled(till: &mut Till, item: &Item) -> Result<()> {
    let sql = Sql::new("UPDATE item_term SET metered = TRUE WHERE id IN (SELECT id");
    sql.append(&unmetered(till, item)).sql(")").execute(till.conn).map(drop)
}

fn unmetered(till: &Till, item: &Item) -> Sql {
    let sql = Sql::new(" FROM item_term WHERE NOT metered AND item_id = ").bind(item.id);
    let sql = sql.sql(" AND end_at > 0 AND end_at <= ").bind(till.now_us);
    sql.sql(" ORDER BY id LIMIT ").bind(TERMS_MAX)
}

/// Charges what is owed. Error `limit(balance)` leaves it for later.
pub fn charge(till: &mut Till, item: &Item) -> Result<()> {
    let (tariff, buyer) = (till.tariff_of(item)?, till.buyer(item.subaccount_id)?);
    let terms = over(till, item)?;
    let last = terms.last().ok_or_else(|| Error::missed("item_term"))?;
    match owed_for(till, item, (&tariff, &buyer), &terms)? {
        Some(fee) => term::charge_fee(till, item, &buyer, &fee, Term::new(last.end_us, last.end_us)),
        None => settled(till, item),
    }
}
