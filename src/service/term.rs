//! Terms of services: when they end, what they cost, and charging one exactly once.

mod charge;

pub use charge::{Sale, charge, charge_all, charge_fee, charged};

use std::collections::HashMap;
use std::sync::LazyLock;

use super::buyer::{Ask, Buyer, Chosen, Fee, Sold};
use super::item::{BY_BILLING, Item};
use super::status::Status;
use super::tariff::{LateFee, Tariff};
use super::{Till, usage};
use crate::db::pieces::{insert_all, pieces};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::rounding::{self, WHOLE_E4};
use crate::money::Money;
use crate::tariff::period::{self, Period, Term};
use crate::tariff::quote::What;
use crate::time::Zone;

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

/// What was chosen of the tariff's add-ons, and what is counted.
pub fn chosen(till: &mut Till, item: &Item) -> Result<Vec<Chosen>> {
    chosen_all(till, &[item]).map(|all| all.into_iter().flatten().collect())
}

/// The same for several services, in their order.
pub fn chosen_all(till: &mut Till, items: &[&Item]) -> Result<Vec<Vec<Chosen>>> {
    let mut have = Vec::with_capacity(items.len());
    for item in items {
        if !till.tariff(item.pricelist_id)?.addons.is_empty() {
            have.push(item.id);
        }
    }
    let mut rows: HashMap<i64, Vec<Chosen>> = HashMap::new();
    for piece in pieces(&have) {
        let sql = Sql::new("SELECT item_id, detail_id, count, enumerationitem_id FROM item_addon ");
        let sql = sql.sql("WHERE item_id IN (").binds(piece.iter().map(|id| Raw::from(*id)));
        for row in sql.sql(") ORDER BY id").load(till.conn, &[Kind::Int; 4])? {
            let chosen = Chosen { detail_id: row[1].int(), count: row[2].int().max(row[3].int()) };
            rows.entry(row[0].int()).or_default().push(chosen);
        }
    }
    let counted = |item: &&Item| {
        let tariff = till.tariff(item.pricelist_id)?;
        usage::counted(till, item, &tariff, rows.remove(&item.id).unwrap_or_default())
    };
    items.iter().map(counted).collect()
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
    let (tariff, chosen) = (till.tariff(item.pricelist_id)?, chosen(till, item)?);
    let (period, is_transfer) = (period_of(item.period)?, item.is_transfer);
    begin(till, buyer, &Wish { tariff: &tariff, period, chosen: &chosen, promocode, is_transfer })
}

/// What a service would begin with now. Under a tariff billed by the calendar it is the part of a
/// term up to the next billing day, under one billed by the day a day.
pub fn begin(till: &mut Till, buyer: &Buyer, wish: &Wish) -> Result<Due> {
    let Wish { tariff, chosen, promocode, is_transfer, .. } = *wish;
    let period = tariff.step(wish.period);
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
    let ask = Ask { period, is_new: true, chosen, promocode, part, is_transfer, is_stopped: false };
    let whole_us = whole.map_or(now_us, |whole| whole.start_us);
    Ok(Due { term, period: period.code(), whole_us, sold: buyer.quote(till, tariff, &ask)?, anchor_day })
}

/// The term behind the one that is paid, with what is owed beside it. A service that was suspended for
/// want of money begins anew today, unless its tariff charges suspended services too.
pub fn next(till: &mut Till, item: &Item, buyer: &Buyer, period: Period) -> Result<Due> {
    let chosen = chosen(till, item)?;
    next_of(till, item, buyer, period, &chosen)
}

/// The same with what was chosen.
pub fn next_of(
    till: &mut Till,
    item: &Item,
    buyer: &Buyer,
    period: Period,
    chosen: &[Chosen],
) -> Result<Due> {
    let tariff = till.tariff_of(item)?;
    let zone = till.zone(item.project_id)?;
    if item.expiredate == FOREVER_US || matches!(period, Period::Trial | Period::Once) {
        return Err(Error::value("period", period.code().to_string()));
    }
    let is_late = item.is(Status::Suspended, BY_BILLING) && item.expiredate <= till.now_us;
    let is_stopped = item.status == Status::Suspended && tariff.charges_stopped;
    let is_over = item.status == Status::Suspended && item.expiredate <= till.now_us;
    let begin_us = if is_over && !tariff.charges_stopped { till.now_us } else { item.expiredate };
    let anchor_day = anchor(&zone, begin_us, item.anchor_day);
    let day = u8::try_from(anchor_day).unwrap_or(0);
    let term = Term::new(begin_us, end(&zone, begin_us, period, &tariff, day));
    let ask = Ask { is_stopped, ..renewal(period, chosen) };
    let mut sold = buyer.quote(till, &tariff, &ask)?;
    if is_late {
        sold.fees.extend(late_fee(till, &tariff, buyer, sold.priced.line)?);
    }
    sold.fees.extend(usage::owed(till, item, &tariff, buyer)?);
    Ok(Due { term, period: period.code(), whole_us: begin_us, sold, anchor_day })
}

/// A further term as it comes.
pub fn renewal(period: Period, chosen: &[Chosen]) -> Ask<'_> {
    let (promocode, part, is_transfer, is_stopped) = ("", None, false, false);
    Ask { period, is_new: false, chosen, promocode, part, is_transfer, is_stopped }
}

fn late_fee(till: &mut Till, tariff: &Tariff, buyer: &Buyer, price: Money) -> Result<Option<Fee>> {
    let amount = match tariff.late_fee {
        LateFee::None => return Ok(None),
        LateFee::Percent(percent_e4) => rounding::share(price, percent_e4, WHOLE_E4, buyer.scale)?,
        LateFee::Fixed => buyer.prices(till, tariff)?.late_fee()?,
    };
    (amount != Money::ZERO).then(|| buyer.fee(What::Late, amount)).transpose()
}

/// The months of a term, each from the day at which the one before it ends.
fn months(zone: &Zone, term: Term, anchor_day: i64) -> Vec<Term> {
    let (mut months, mut from_us) = (Vec::new(), term.start_us);
    let anchor_day = u8::try_from(anchor_day).unwrap_or(0);
    while let Some(end_us) = period::term_end(zone, from_us, Period::Months(1), 0, anchor_day) {
        if end_us >= term.end_us {
            break;
        }
        months.push(Term::new(from_us, end_us));
        from_us = end_us;
    }
    months.push(Term::new(from_us, term.end_us));
    months
}

/// A term that was paid.
#[derive(Debug, Clone, Copy)]
pub struct Paid {
    pub id: i64,
    pub period: i64,
    /// The term that it is a part of: before a change of tariff cut it, or before it was split.
    pub whole_us: i64,
    pub whole_end_us: i64,
    pub term: Term,
    pub expense_id: i64,
}

impl Paid {
    /// A term that nobody has cut.
    pub fn fresh(period: Period, term: Term) -> Self {
        let (whole_us, whole_end_us) = (term.start_us, term.end_us);
        Self { id: 0, period: period.code(), whole_us, whole_end_us, term, expense_id: 0 }
    }

    pub fn whole(&self) -> Term {
        Term::new(self.whole_us, self.whole_end_us)
    }
}

pub fn insert(conn: &mut Conn, item_id: i64, paid: &Paid) -> Result<()> {
    insert_paid(conn, &[(item_id, *paid)])
}

/// Terms of services.
pub fn insert_paid(conn: &mut Conn, terms: &[(i64, Paid)]) -> Result<()> {
    let row = |(item_id, paid): &(i64, Paid)| {
        let (whole, term) = (paid.whole(), paid.term);
        let ends = [whole.start_us, whole.end_us, term.start_us, term.end_us];
        [*item_id, paid.period, ends[0], ends[1], ends[2], ends[3], paid.expense_id].map(Raw::from)
    };
    insert_all(conn, &INSERT, terms.iter().map(row).collect())
}

static INSERT: LazyLock<Sql> = LazyLock::new(|| {
    let columns = "item_id, period, whole_at, whole_until, begin_at, end_at, expense_id";
    Sql::new("INSERT INTO item_term (").sql(columns).sql(") VALUES ").joined()
});

/// The terms that are not over, in their order.
pub fn left(conn: &mut Conn, item_id: i64, now_us: i64) -> Result<Vec<Paid>> {
    let sql = Sql::new(
        "SELECT id, period, whole_at, CASE WHEN whole_until = 0 THEN end_at ELSE whole_until END, \
         begin_at, end_at, expense_id FROM item_term WHERE item_id = ",
    );
    let rows = sql.bind(item_id).sql(" AND end_at > ").bind(now_us);
    let rows = rows.sql(" ORDER BY begin_at, id").load(conn, &[Kind::Int; 7])?;
    let paid = |row: &Vec<Raw>| Paid {
        id: row[0].int(),
        period: row[1].int(),
        whole_us: row[2].int(),
        whole_end_us: row[3].int(),
        term: Term::new(row[4].int(), row[5].int()),
        expense_id: row[6].int(),
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
    let tariff = till.tariff_of(item)?;
    let period = tariff.step(period_of(item.period)?);
    if period == Period::Trial {
        return Ok(Money::ZERO);
    }
    let chosen = chosen(till, item)?;
    Ok(buyer.quote(till, &tariff, &renewal(period, &chosen))?.priced.line)
}

/// The period of the next renewal that happens by itself.
pub fn own_step(till: &mut Till, item: &Item) -> Result<Period> {
    Ok(till.tariff(item.pricelist_id)?.step(period_of(item.autoprolong)?))
}

pub fn period_of(code: i64) -> Result<Period> {
    Period::from_code(code).ok_or_else(|| Error::value("period", code.to_string()))
}

pub fn end(zone: &Zone, from_us: i64, period: Period, tariff: &Tariff, anchor_day: u8) -> i64 {
    period::term_end(zone, from_us, period, tariff.trial_days, anchor_day).unwrap_or(FOREVER_US)
}

/// The day of the month that terms are anchored to, while they begin on it or on the last of a shorter
/// month.
fn anchor(zone: &Zone, begin_us: i64, anchor_day: i64) -> i64 {
    let begin = zone.day(begin_us);
    match anchor_day > i64::from(begin.day()) && begin.day() == begin.days_in_month() {
        true => anchor_day,
        false => i64::from(begin.day()),
    }
}

pub fn day_of_month(zone: &Zone, at_us: i64) -> i64 {
    i64::from(zone.day(at_us).day())
}

/// Moves a first term to where the service began, in the parts that it has.
pub fn shift(till: &mut Till, item: &Item, to: Term, anchor_day: i64) -> Result<()> {
    let rows = left(till.conn, item.id, 0)?;
    let terms = match rows.len() {
        1 => vec![to],
        _ => months(&till.zone(item.project_id)?, to, anchor_day),
    };
    let last = terms.len().min(rows.len()).saturating_sub(1);
    for (nth, (paid, term)) in rows.iter().zip(&terms).enumerate() {
        let end_us = if nth == last { to.end_us } else { term.end_us };
        let sql = Sql::new("UPDATE item_term SET whole_at = ").bind(to.start_us).sql(", whole_until = ");
        let sql = sql.bind(to.end_us).sql(", begin_at = ").bind(term.start_us).sql(", end_at = ");
        sql.bind(end_us).sql(" WHERE id = ").bind(paid.id).execute(till.conn)?;
    }
    Ok(())
}
