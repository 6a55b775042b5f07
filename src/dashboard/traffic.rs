//! Calls and messages in a dashboard, by hours of the day and by days.

use super::Rows;
use super::money::filled;
use super::period::{HOUR_US, Named, OF_ROW, Period, Source, Sums, by_name, first_since, sums, text};
use crate::db::Sql;
use crate::error::Result;
use crate::record::scope_sql;
use crate::rpc::handler::Ctx;

const HOURS: usize = 24;

/// A row for each hour of the day, or none where nothing happened.
fn by_hour<const N: usize>(found: &[&Sums], row: impl Fn([i64; N]) -> [i64; N]) -> Rows {
    let mut hours = [[0; N]; HOURS];
    let mut at = 0;
    for sums in found {
        let width = sums.values().next().map_or(0, Vec::len);
        for ((hour, _), values) in sums.iter() {
            let hour = &mut hours[hour.rem_euclid(HOURS as i64) as usize];
            values.iter().enumerate().for_each(|(place, value)| hour[at + place] += value);
        }
        at += width.max(1);
    }
    let is_empty = found.iter().all(|sums| sums.is_empty());
    let cells = |(hour, values): (usize, [i64; N])| {
        [text(format!("{hour:02}"))].into_iter().chain(row(values).map(Into::into)).collect()
    };
    if is_empty { Rows::new() } else { hours.into_iter().enumerate().map(cells).collect() }
}

fn calls_of(cx: &Ctx, answered: bool) -> Source {
    let (rows, sums): (_, &[&str]) = match answered {
        true => ("SELECT start_at AS at, 1 AS n, billsec FROM cdr WHERE answered", &["n", "billsec"]),
        false => ("SELECT start_at AS at, 1 AS n FROM cdr WHERE NOT answered", &["n"]),
    };
    let rows = Sql::new(rows).append(&scope_sql(cx.scope(), "account_id"));
    Source { rows, at: "start_at", currency: "", sums }
}

/// Calls by the hour in which they began.
pub fn calls(cx: &mut Ctx) -> Result<Rows> {
    let period = Period::of(cx)?;
    let mut of = |answered| {
        let source = calls_of(cx, answered);
        sums(cx, &period.zone, period.range(), HOUR_US, &source)
    };
    let (mut answered, failed) = (of(true)?, of(false)?);
    if answered.is_empty() && !failed.is_empty() {
        answered.insert((0, String::new()), vec![0, 0]);
    }
    Ok(by_hour(&[&answered, &failed], |[calls, seconds, failed]| [calls, failed, seconds / 60]))
}

fn messages_of(cx: &mut Ctx, period: &Period, sums: &'static [&'static str]) -> Result<Source> {
    let first = first_since(cx.conn, "sms_message", "created_at", period.range().0)?;
    let rows = Sql::new(
        "SELECT created_at AS at, currency_id, CASE WHEN status IN ('FAILED', 'REJECTED', 'UNDELIVERED') \
         THEN 0 ELSE 1 END AS sent, CASE WHEN status IN ('FAILED', 'REJECTED', 'UNDELIVERED') THEN 1 ELSE 0 \
         END AS failed, CASE WHEN status = 'FAILED' THEN 0 ELSE cost END AS cost, 1 AS n \
         FROM sms_message WHERE id >= ",
    );
    let rows = rows.bind(first).append(&scope_sql(cx.scope(), "account_id"));
    let currency = if sums.contains(&"cost") { OF_ROW } else { "" };
    Ok(Source { rows, at: "created_at", currency, sums })
}

/// Messages by the hour in which they were sent.
pub fn messages(cx: &mut Ctx) -> Result<Rows> {
    let period = Period::of(cx)?;
    let source = messages_of(cx, &period, &["sent", "failed"])?;
    let found = sums(cx, &period.zone, period.range(), HOUR_US, &source)?;
    Ok(by_hour(&[&found], |values: [i64; 2]| values))
}

/// What a client's calls and messages were and cost, day by day.
pub fn usage(cx: &mut Ctx) -> Result<Rows> {
    let period = Period::of(cx)?;
    let rows = Sql::new("SELECT start_at AS at, currency_id, 1 AS n, billsec, cost FROM cdr WHERE answered");
    let rows = rows.append(&scope_sql(cx.scope(), "account_id"));
    let source = Source { rows, at: "start_at", currency: OF_ROW, sums: &["n", "billsec", "cost"] };
    let calls = by_name(cx, &period, period.range(), &source)?;
    let source = messages_of(cx, &period, &["n", "cost"])?;
    let sent = by_name(cx, &period, period.range(), &source)?;
    let row = |name: &str, iso: &str| {
        let of = |named: &Named, at: usize| named.get(&(iso.into(), name.into())).map_or(0, |sums| sums[at]);
        let costs = [of(&calls, 2), of(&sent, 1)];
        let counts = [of(&calls, 0), of(&calls, 1) / 60, of(&sent, 0)];
        [text(name)]
            .into_iter()
            .chain(counts.map(Into::into))
            .chain(costs.map(Into::into))
            .chain([text(iso)])
            .collect()
    };
    Ok(filled(&period, &[&calls, &sent], row))
}
