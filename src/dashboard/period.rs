//! The days that a dashboard looks at, and sums by day, month or hour of the provider's clock.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::kept;
use crate::auth::Scope;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::record::scope_sql;
use crate::rpc::handler::{Call, Ctx};
use crate::rpc::plot;
use crate::time::{DAY_US, MINUTE_US, Zone};

pub const HOUR_US: i64 = 60 * MINUTE_US;
const EPOCH: Date = date(1970, 1, 1);
/// Longer periods are told by months.
const DAYS_SHOWN: i64 = 90;
/// Where a function takes no period.
const DAYS: i64 = 30;

/// Some whole days up to today, and as many before them.
pub struct Period {
    pub zone: Zone,
    pub days: i64,
    /// The number of the first day; of 1970-01-01 it is 0.
    first: i64,
}

impl Period {
    pub fn of(call: &Call) -> Result<Self> {
        let asked = call.params.get("period").trim();
        let field = call.func.meta.field("period");
        if let (Some(field), false) = (field, asked.is_empty()) {
            field.check_code(asked)?;
        }
        let usual = field.map_or("", plot::usual);
        let days = if asked.is_empty() { usual } else { asked }.parse().unwrap_or(DAYS);
        let zone = zone(call);
        let today = number(zone.day(call.now_us));
        Ok(Self { zone, days, first: today - days + 1 })
    }

    /// The moments between which it lies.
    pub fn range(&self) -> (i64, i64) {
        (self.start_of(self.first), self.start_of(self.first + self.days))
    }

    /// The same of the period before.
    pub fn range_before(&self) -> (i64, i64) {
        (self.start_of(self.first - self.days), self.start_of(self.first))
    }

    fn start_of(&self, day: i64) -> i64 {
        self.zone.day_start_us(day_of(day))
    }

    /// The names of its days, or of its months, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = (self.first..self.first + self.days).map(|day| self.name(day)).collect();
        names.dedup();
        names
    }

    /// Under which name a day is told; one of the period before under that of its counterpart.
    pub fn name(&self, day: i64) -> String {
        let day = if day < self.first { day + self.days } else { day };
        let text = day_of(day).to_string();
        if self.days > DAYS_SHOWN { text[..7].to_owned() } else { text }
    }
}

/// Dates of money are the provider's calendar days, whoever looks at them (decisions.md, Time).
fn zone(call: &Call) -> Zone {
    let own = call.caller.user.provider_zone.clone();
    own.unwrap_or_else(|| call.app.config.load().time_zone.clone())
}

fn number(day: Date) -> i64 {
    i64::from((day - EPOCH).get_days())
}

fn day_of(number: i64) -> Date {
    EPOCH.saturating_add(number.days())
}

/// Rows to sum up: a moment `at`, a currency and numbers, in the scope of the caller.
pub struct Source {
    /// `SELECT … FROM … WHERE …`
    pub rows: Sql,
    /// The column that holds the moment.
    pub at: &'static str,
    /// How a row `p` finds its currency `c`; "" where nothing is money.
    pub currency: &'static str,
    /// The numbers of a row that are summed.
    pub sums: &'static [&'static str],
}

pub const OF_ROW: &str = " JOIN currency c ON c.id = p.currency_id";
pub const OF_SUBACCOUNT: &str =
    " JOIN subaccount s ON s.id = p.subaccount_id JOIN currency c ON c.id = s.currency_id";

/// Sums by day or hour (counted from 1970 in the local time) and currency.
pub type Sums = BTreeMap<(i64, String), Vec<i64>>;

/// One statement for each piece of time in which the clocks were not changed.
pub fn sums(cx: &mut Ctx, zone: &Zone, range: (i64, i64), unit_us: i64, source: &Source) -> Result<Sums> {
    let mut all = Sums::new();
    for (from_us, to_us, offset_us) in zone.pieces(range.0, range.1) {
        let iso = if source.currency.is_empty() { "''" } else { "c.iso" };
        let mut sql =
            Sql::new("SELECT (p.at + ").bind(offset_us).sql(") / ").bind(unit_us).sql(", ").sql(iso);
        for name in source.sums {
            sql = sql.sql(", CAST(SUM(p.").sql(name).sql(") AS BIGINT)");
        }
        sql = sql
            .sql(", COUNT(*) FROM (")
            .append(&source.rows)
            .sql(" AND ")
            .sql(source.at)
            .sql(" >= ")
            .bind(from_us);
        sql = sql.sql(" AND ").sql(source.at).sql(" < ").bind(to_us).sql(") AS p").sql(source.currency);
        let mut kinds = vec![Kind::Int, Kind::Text];
        let counts = 2 + source.sums.len();
        kinds.resize(counts + 1, Kind::Int);
        for row in kept::load(cx, sql.sql(" GROUP BY 1, 2"), &kinds, counts)?.iter() {
            let key = (row[0].int(), row[1].str().to_owned());
            let sums = all.entry(key).or_insert_with(|| vec![0; source.sums.len()]);
            sums.iter_mut().zip(&row[2..counts]).for_each(|(sum, raw)| *sum += raw.int());
        }
    }
    Ok(all)
}

/// Sums by the names of a period's days and by currency.
pub fn by_name(cx: &mut Ctx, period: &Period, range: (i64, i64), source: &Source) -> Result<Named> {
    let mut named = Named::new();
    for ((day, iso), values) in sums(cx, &period.zone, range, DAY_US, source)? {
        let sums = named.entry((iso, period.name(day))).or_insert_with(|| vec![0; values.len()]);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    Ok(named)
}

/// By currency and name.
pub type Named = BTreeMap<(String, String), Vec<i64>>;

/// What is the caller's to see; a reseller's own account is none of his clients.
pub fn of_clients(call: &Call) -> Sql {
    let own = match call.scope() {
        Scope::Reseller(id) => Sql::new(" AND account_id <> ").bind(id),
        _ => Sql::default(),
    };
    own.append(&scope_sql(call.scope(), "account_id"))
}

/// The first id of a table whose rows are written in the order of time, from a moment on. What is written
/// at once may stand in another order, so it begins an hour before.
pub fn first_since(conn: &mut Conn, table: &str, at: &str, from_us: i64) -> Result<i64> {
    let bounds = Sql::new("SELECT COALESCE(MAX(id), 0) FROM ").word(table);
    let (mut low, mut high) = (0, bounds.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()) + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let sql =
            Sql::new("SELECT id, ").word(at).sql(" FROM ").word(table).sql(" WHERE id >= ").bind(middle);
        match sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int, Kind::Int])? {
            Some(row) if row[1].int() < from_us - HOUR_US => low = row[0].int() + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

pub fn text(text: impl Into<String>) -> Raw {
    Raw::Text(text.into())
}
