//! Terms of services: when they end, what they cost, and charging one exactly once.

use super::Till;
use super::buyer::{Ask, Buyer, Chosen, Sold};
use super::item::Item;
use super::tariff::Tariff;
use crate::billing::charge::{self, Charge, Charged};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::tariff::period::{self, Period, Term};
use crate::time::Zone;

/// The operation of an expense for a set-up fee.
const SETUP: &str = "setup";

/// The end of what never ends.
const FOREVER_US: i64 = 0;

/// A term that is about to be charged.
#[derive(Debug, Clone)]
pub struct Due {
    pub term: Term,
    pub period: i64,
    /// Where the whole term would have begun; `term` may be its last part only.
    pub whole_us: i64,
    pub sold: Sold,
    pub anchor_day: i64,
}

/// What was chosen of the tariff's add-ons.
pub fn chosen(conn: &mut Conn, item_id: i64) -> Result<Vec<Chosen>> {
    let sql = Sql::new("SELECT detail_id, count, enumerationitem_id FROM item_addon WHERE item_id = ");
    let rows = sql.bind(item_id).sql(" ORDER BY id").load(conn, &[Kind::Int; 3])?;
    let chosen = |row: &Vec<Raw>| Chosen { detail_id: row[0].int(), count: row[1].int().max(row[2].int()) };
    Ok(rows.iter().map(chosen).collect())
}

/// A first term that somebody wants, whether there is a service yet or not.
pub struct Wish<'a> {
    pub tariff: &'a Tariff,
    pub period: Period,
    pub chosen: &'a [Chosen],
    pub promocode: &'a str,
    pub is_transfer: bool,
}

/// The first term of a service that is ordered now.
pub fn first(till: &mut Till, item: &Item, buyer: &Buyer, promocode: &str) -> Result<Due> {
    let (tariff, chosen) = (till.tariff(item.pricelist_id)?, chosen(till.conn, item.id)?);
    let (period, is_transfer) = (period_of(item.period)?, item.is_transfer);
    begin(till, buyer, &Wish { tariff: &tariff, period, chosen: &chosen, promocode, is_transfer })
}

/// What a service would begin with now. Under a tariff billed by the calendar it is the part of a
/// term up to the next billing day.
pub fn begin(till: &mut Till, buyer: &Buyer, wish: &Wish) -> Result<Due> {
    let Wish { tariff, period, chosen, promocode, is_transfer } = *wish;
    let zone = till.zone(tariff.project_id)?;
    let now_us = till.now_us;
    let whole = match (tariff.prorata_day, period) {
        (Some(day), Period::Months(months)) => period::calendar_term(&zone, now_us, months, day),
        _ => None,
    };
    let (term, part) = match whole {
        Some(whole) => {
            let part = Term::new(now_us, whole.end_us);
            (part, Some((whole, part)))
        }
        None => (Term::new(now_us, end(&zone, now_us, period, tariff, 0)), None),
    };
    let anchor_day = day_of_month(&zone, if whole.is_some() { term.end_us } else { now_us });
    let ask = Ask { period, is_new: true, chosen, promocode, part, is_transfer };
    let whole_us = whole.map_or(now_us, |whole| whole.start_us);
    Ok(Due { term, period: period.code(), whole_us, sold: buyer.quote(till, tariff, &ask)?, anchor_day })
}

/// The term behind the one that is paid. A service that was suspended for want of money begins anew
/// today, unless its tariff charges suspended services too.
pub fn next(till: &mut Till, item: &Item, buyer: &Buyer, period: Period) -> Result<Due> {
    let tariff = till.tariff(item.pricelist_id)?;
    let zone = till.zone(item.project_id)?;
    if item.expiredate == FOREVER_US || matches!(period, Period::Trial | Period::Once) {
        return Err(Error::value("period", period.code().to_string()));
    }
    let is_over = item.status == super::status::Status::Suspended && item.expiredate <= till.now_us;
    let (begin_us, anchor_day) = match is_over && !tariff.charges_stopped {
        true => (till.now_us, day_of_month(&zone, till.now_us)),
        false => (item.expiredate, item.anchor_day),
    };
    let anchor = u8::try_from(anchor_day).unwrap_or(0);
    let term = Term::new(begin_us, end(&zone, begin_us, period, &tariff, anchor));
    let chosen = chosen(till.conn, item.id)?;
    let ask = Ask { period, is_new: false, chosen: &chosen, promocode: "", part: None, is_transfer: false };
    let sold = buyer.quote(till, &tariff, &ask)?;
    Ok(Due { term, period: period.code(), whole_us: begin_us, sold, anchor_day })
}

/// Charges the term and moves the end of the service, both or neither. Answers the expense's id (0
/// where it is free). Error `exists(item)` where this term was charged before.
pub fn charge(
    till: &mut Till,
    item: &mut Item,
    buyer: &Buyer,
    due: &Due,
    operation: &'static str,
) -> Result<i64> {
    let zone = till.zone(item.project_id)?;
    let charge = Charge {
        subaccount: &buyer.subaccount,
        item_id: item.id,
        operation,
        name: name(till, item, &zone, due.term)?,
        priced: due.sold.priced,
        tax_e4: due.sold.tax_e4,
        discount: due.sold.discount_word(),
        key: format!("charge:item:{}:{}", item.id, zone.date(due.term.start_us)),
        begins_us: due.term.start_us,
    };
    if let Some(priced) = due.sold.setup {
        let (operation, key) = (SETUP, format!("setup:item:{}", item.id));
        let setup = Charge { operation, key, priced, discount: "", name: charge.name.clone(), ..charge };
        charge::post(till.conn, &setup, till.now_us)?;
    }
    let expense_id = match charge::post(till.conn, &charge, till.now_us)? {
        Charged::Done(id) => id,
        Charged::Free => 0,
        Charged::Exists => return Err(Error::exists("item", item.id.to_string())),
    };
    keep(till.conn, item, due, expense_id)?;
    Ok(expense_id)
}

/// `Virtual servers: Start (example.com), 2026-11-22 – 2026-12-22`
fn name(till: &mut Till, item: &Item, zone: &Zone, term: Term) -> Result<String> {
    let lang = till.app.config.load().default_lang.clone();
    let tariff = till.tariff(item.pricelist_id)?;
    let kind = till.app.registry.families.by_id(item.itemtype_id);
    let kind = kind.map(|kind| kind.title(&lang).to_owned()).unwrap_or_default();
    let named = if item.name.is_empty() { String::new() } else { format!(" ({})", item.name) };
    let until =
        if term.end_us == FOREVER_US { String::new() } else { format!(" – {}", zone.date(term.end_us)) };
    Ok(format!("{kind}: {}{named}, {}{until}", tariff.title(&lang), zone.date(term.start_us)))
}

fn keep(conn: &mut Conn, item: &mut Item, due: &Due, expense_id: i64) -> Result<()> {
    let sql = Sql::new("UPDATE item SET expiredate = ").bind(due.term.end_us).sql(", anchor_day = ");
    let sql = sql.bind(due.anchor_day).sql(", reminded_at = 0 WHERE id = ").bind(item.id);
    let moved = sql.sql(" AND expiredate = ").bind(item.expiredate).execute(conn)?;
    if moved == 0 {
        return Err(Error::new("busy", "item")); // another call was first
    }
    item.expiredate = due.term.end_us;
    item.anchor_day = due.anchor_day;
    let whole_us = due.whole_us;
    insert(conn, &Paid { id: 0, item_id: item.id, period: due.period, whole_us, term: due.term, expense_id })
}

/// A term that was paid.
#[derive(Debug, Clone)]
pub struct Paid {
    pub id: i64,
    pub item_id: i64,
    pub period: i64,
    /// Where the term began before a change of tariff cut it.
    pub whole_us: i64,
    pub term: Term,
    pub expense_id: i64,
}

pub fn insert(conn: &mut Conn, paid: &Paid) -> Result<()> {
    let sql =
        Sql::new("INSERT INTO item_term (item_id, period, whole_at, begin_at, end_at, expense_id) VALUES (");
    let (term, of) = (paid.term, paid);
    let values = [of.item_id, of.period, of.whole_us, term.start_us, term.end_us, of.expense_id];
    sql.binds(values.map(Raw::from)).sql(")").execute(conn)?;
    Ok(())
}

/// The terms that are not over, in their order.
pub fn left(conn: &mut Conn, item_id: i64, now_us: i64) -> Result<Vec<Paid>> {
    let sql = Sql::new("SELECT id, period, whole_at, begin_at, end_at, expense_id FROM item_term");
    let sql = sql.sql(" WHERE item_id = ").bind(item_id).sql(" AND end_at > ").bind(now_us);
    let rows = sql.sql(" ORDER BY begin_at, id").load(conn, &[Kind::Int; 6])?;
    let paid = |row: &Vec<Raw>| Paid {
        id: row[0].int(),
        item_id,
        period: row[1].int(),
        whole_us: row[2].int(),
        term: Term::new(row[3].int(), row[4].int()),
        expense_id: row[5].int(),
    };
    Ok(rows.iter().map(paid).collect())
}

/// A term ends where another begins.
pub fn cut(conn: &mut Conn, paid: &Paid, end_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE item_term SET end_at = ").bind(end_us).sql(" WHERE id = ").bind(paid.id);
    let moved = sql.sql(" AND end_at = ").bind(paid.term.end_us).execute(conn)?;
    if moved == 0 { Err(Error::new("busy", "item")) } else { Ok(()) }
}

/// What the service costs for a further period, without discounts and tax; 0 where it cannot be
/// renewed.
pub fn cost(till: &mut Till, item: &Item, buyer: &Buyer) -> Result<Money> {
    let tariff = till.tariff(item.pricelist_id)?;
    let period = period_of(item.period)?;
    if period == Period::Trial {
        return Ok(Money::ZERO);
    }
    let chosen = chosen(till.conn, item.id)?;
    let ask = Ask { period, is_new: false, chosen: &chosen, promocode: "", part: None, is_transfer: false };
    Ok(buyer.quote(till, &tariff, &ask)?.priced.line)
}

pub fn period_of(code: i64) -> Result<Period> {
    Period::from_code(code).ok_or_else(|| Error::value("period", code.to_string()))
}

pub fn end(zone: &Zone, from_us: i64, period: Period, tariff: &Tariff, anchor_day: u8) -> i64 {
    period::term_end(zone, from_us, period, tariff.trial_days, anchor_day).unwrap_or(FOREVER_US)
}

pub fn day_of_month(zone: &Zone, at_us: i64) -> i64 {
    i64::from(zone.day(at_us).day())
}

/// Moves a whole term, as the opening of a service does.
pub fn shift(conn: &mut Conn, paid: &Paid, to: Term) -> Result<()> {
    let sql = Sql::new("UPDATE item_term SET whole_at = ").bind(to.start_us).sql(", begin_at = ");
    let sql = sql.bind(to.start_us).sql(", end_at = ").bind(to.end_us).sql(" WHERE id = ");
    sql.bind(paid.id).execute(conn)?;
    Ok(())
}
