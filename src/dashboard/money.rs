//! Money in a dashboard: what came in, what has not come yet, and what stays.

use std::collections::BTreeSet;

use super::period::{Named, OF_ROW, OF_SUBACCOUNT, Period, Source, by_name, first_since, of_clients, text};
use super::{Rows, kept};
use crate::auth::Scope;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::handler::Ctx;

/// What is left of the payments of a day after refunds, and of the day as long before as the period is.
pub fn takings(cx: &mut Ctx) -> Result<Rows> {
    let period = Period::of(cx)?;
    let source = payments(cx);
    let now = by_name(cx, &period, period.range(), &source)?;
    let before = by_name(cx, &period, period.range_before(), &source)?;
    let row = |name: &str, iso: &str| {
        let of = |named: &Named| named.get(&(iso.into(), name.into())).map_or(0, |sums| sums[0]);
        vec![text(name), of(&now).into(), of(&before).into(), text(iso)]
    };
    Ok(filled(&period, &[&now, &before], row))
}

/// Paid payments, for sums of what is left of them.
pub fn payments(cx: &Ctx) -> Source {
    let rows = Sql::new(
        "SELECT paydate AS at, subaccount_id, subaccountamount - refunded AS amount FROM payment \
         WHERE status IN (4, 5) AND NOT deleted",
    );
    let rows = rows.append(&of_clients(cx));
    Source { rows, at: "paydate", currency: OF_SUBACCOUNT, sums: &["amount"] }
}

/// A row for each day and currency in which there is anything at all.
pub fn filled(period: &Period, named: &[&Named], row: impl Fn(&str, &str) -> Vec<Raw>) -> Rows {
    let isos: BTreeSet<&str> =
        named.iter().flat_map(|named| named.keys()).map(|(iso, _)| iso.as_str()).collect();
    let names = period.names();
    let row = &row;
    names.iter().flat_map(|name| isos.iter().map(move |iso| row(name, iso))).collect()
}

/// From how many days on a payment is in a band: the youngest first.
const AGES: [(&str, i64); 4] = [("0-7", 0), ("8-30", 8), ("31-90", 31), ("91-", 91)];

/// Payments that were not paid, by the days since they were made.
pub fn unpaid(cx: &mut Ctx) -> Result<Rows> {
    let zone = Period::of(cx)?.zone;
    let start =
        |days: i64| zone.day_start_us(zone.day(cx.now_us).saturating_add(jiff::ToSpan::days(1 - days)));
    let mut sql = Sql::new("SELECT p.age, c.iso, COUNT(*), CAST(SUM(p.amount) AS BIGINT) FROM (SELECT CASE");
    for (age, (_, _)) in AGES.iter().enumerate().rev() {
        // A payment of today has the age 0, one of yesterday the age 1.
        let before_us = if age == 0 { i64::MAX } else { start(AGES[age].1) };
        sql = sql.sql(" WHEN createdate < ").bind(before_us).sql(" THEN ").bind(age as i64);
    }
    let sql = sql.sql(
        " END AS age, subaccount_id, subaccountamount AS amount FROM payment \
         WHERE status IN (1, 2, 3) AND NOT deleted",
    );
    let sql =
        sql.append(&of_clients(cx)).sql(") AS p").sql(OF_SUBACCOUNT).sql(" GROUP BY 1, 2 ORDER BY 1, 2");
    let found = kept::load(cx, sql, &[Kind::Int, Kind::Text, Kind::Int, Kind::Int], 2)?;
    let isos: BTreeSet<&str> = found.iter().map(|row| row[1].str()).collect();
    let row = |age: usize, iso: &str| {
        let is_it = |row: &&Vec<Raw>| row[0].int() == age as i64 && row[1].str() == iso;
        let (count, amount) = found.iter().find(is_it).map_or((0, 0), |row| (row[2].int(), row[3].int()));
        vec![text(AGES[age].0), count.into(), amount.into(), text(iso), (age as i64).into()]
    };
    let row = &row;
    Ok((0..AGES.len()).flat_map(|age| isos.iter().map(move |iso| row(age, iso))).collect())
}

/// Staff: what the provider's books earned and gave away. A reseller: what his clients paid for what
/// they used, and what it cost him; nobody else sees a wholesale price.
pub fn margin(cx: &mut Ctx) -> Result<Rows> {
    let period = Period::of(cx)?;
    let (revenue, cost) = match cx.scope() {
        Scope::All => (ledger(cx, &period, "revenue")?, ledger(cx, &period, "cost")?),
        Scope::Reseller(_) => resale(cx, &period)?,
        Scope::Account(_) | Scope::Nobody => return Ok(Vec::new()),
    };
    let row = |name: &str, iso: &str| {
        let of = |named: &Named| named.get(&(iso.into(), name.into())).map_or(0, |sums| sums[0]);
        let (revenue, cost) = (of(&revenue), of(&cost));
        vec![text(name), revenue.into(), cost.into(), (revenue - cost).into(), text(iso)]
    };
    Ok(filled(&period, &[&revenue, &cost], row))
}

/// What a kind of the provider's books received; of costs what it gave.
fn ledger(cx: &mut Ctx, period: &Period, kind: &'static str) -> Result<Named> {
    let transfer = first_since(cx.conn, "transfer", "at", period.range().0)?;
    let first = Sql::new("SELECT id FROM entry WHERE transfer_id >= ").bind(transfer);
    let first = first.sql(" ORDER BY transfer_id, id LIMIT 1").first(cx.conn, &[Kind::Int])?;
    let Some(first) = first.map(|row| row[0].int()) else { return Ok(Named::new()) };
    let sign = if kind == "cost" { -1 } else { 1 };
    let rows = Sql::new("SELECT t.at AS at, b.currency_id AS currency_id, e.amount * ").bind(sign);
    let rows = rows.sql(
        " AS amount FROM book b JOIN entry e ON e.book_id = b.id JOIN transfer t ON t.id = e.transfer_id \
         WHERE b.owner_id = 0 AND b.kind = ",
    );
    let rows = rows.bind(kind).sql(" AND e.id >= ").bind(first);
    by_name(cx, period, period.range(), &Source { rows, at: "t.at", currency: OF_ROW, sums: &["amount"] })
}

/// What a reseller's clients used: the price to them, and the price to him with its own currency.
const USED: [(&str, &str, &str, &str, &str); 3] = [
    ("cdr", "start_at", "cost", "wholesale_cost", "wholesale_currency_id"),
    ("sms_message", "created_at", "cost", "wholesale_cost", "wholesale_currency_id"),
    ("esim_order", "created_at", "price", "wholesale_price", "currency_id"),
];

fn resale(cx: &mut Ctx, period: &Period) -> Result<(Named, Named)> {
    let (mut revenue, mut cost) = (Named::new(), Named::new());
    for (table, at, retail, wholesale, currency) in USED {
        let charged = match table {
            "cdr" => Sql::new("answered"),
            "sms_message" => {
                let first = first_since(cx.conn, table, at, period.range().0)?;
                Sql::new("status <> 'FAILED' AND id >= ").bind(first)
            }
            _ => Sql::new("status = 'READY'"),
        };
        for (into, amount, currency) in
            [(&mut revenue, retail, "currency_id"), (&mut cost, wholesale, currency)]
        {
            let rows = Sql::new("SELECT ").sql(at).sql(" AS at, ").sql(currency).sql(" AS currency_id, ");
            let rows = rows.sql(amount).sql(" AS amount FROM ").sql(table).sql(" WHERE ").append(&charged);
            let rows = rows.append(&of_clients(cx));
            let source = Source { rows, at, currency: OF_ROW, sums: &["amount"] };
            for (key, sums) in by_name(cx, period, period.range(), &source)? {
                into.entry(key).or_insert_with(|| vec![0])[0] += sums[0];
            }
        }
    }
    Ok((revenue, cost))
}
