//! How often a number got its message: orders that ended, by offer and hour, and the rates that follow.

use std::sync::Arc;

use super::catalogue::second;
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::time::MINUTE_US;

/// Hours that rates are of; the last is how long outcomes are kept.
const WINDOWS: [(i64, &str); 6] =
    [(1, "rate_1"), (3, "rate_3"), (24, "rate_24"), (72, "rate_72"), (168, "rate_168"), (720, "rate_720")];
/// Fewer orders than that tell nothing (operations.md §2.20).
const ORDERS_MIN: i64 = 20;
/// A rate below that is not told: 20.00 %.
const RATE_MIN: i64 = 2_000;
const NONE: i64 = -1;
/// Offers of one look, and outcomes that one transaction removes.
const CHUNK: i64 = 100;
const PRUNE: i64 = 1_000;

fn hour(at_us: i64) -> i64 {
    at_us.div_euclid(60 * MINUTE_US)
}

/// Counts an order that has ended.
pub fn count(conn: &mut Conn, offer_id: i64, is_delivered: bool, now_us: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO num_outcome (offer_id, hour, total, delivered) VALUES (");
    let sql = sql.binds([offer_id, hour(now_us), 1, i64::from(is_delivered)].map(Raw::from));
    let sql = sql.sql(
        ") ON CONFLICT (offer_id, hour) DO UPDATE SET total = num_outcome.total + 1, \
         delivered = num_outcome.delivered + excluded.delivered",
    );
    sql.execute(conn).map(drop)
}

/// Hundredths of a percent, or -1 where nothing is told.
fn rate(total: i64, delivered: i64) -> i64 {
    if total < ORDERS_MIN {
        return NONE;
    }
    let rate = (delivered * 20_000 + total) / (2 * total);
    if rate < RATE_MIN { NONE } else { rate }
}

/// Rates by window.
type Rates = [i64; WINDOWS.len()];

/// Works the rates of offers out anew: where an order ended this hour, and once an hour where any did.
pub fn refresh(app: &Arc<App>, now_us: i64) -> Result<()> {
    let mut after = 0;
    loop {
        let due = app.db.read(BUDGET_SLOW, |conn| due(conn, after, now_us))?;
        let Some(last) = due.last().map(|(id, _)| *id) else { return Ok(()) };
        let found = app.db.read(BUDGET_SLOW, |conn| worked_out(conn, &due, now_us))?;
        app.db.write(move |conn| found.iter().try_for_each(|change| keep(conn, change, now_us)))?;
        after = last;
    }
}

/// Offers with the rates that they are told with.
fn due(conn: &mut Conn, after: i64, now_us: i64) -> Result<Vec<(i64, Rates)>> {
    let sql = Sql::new("SELECT f.id, ")
        .words(WINDOWS.map(|(_, column)| column))
        .sql(" FROM num_offer f WHERE f.id > ");
    let sql = sql
        .bind(after)
        .sql(" AND (EXISTS (SELECT 1 FROM num_outcome o WHERE o.offer_id = f.id AND o.hour = ");
    let sql = sql.bind(hour(now_us)).sql(") OR (f.rated_hour < ").bind(hour(now_us)).sql(
        " AND (f.rate_720 <> -1 OR EXISTS (SELECT 1 FROM num_outcome o WHERE o.offer_id = f.id)))) \
         ORDER BY f.id LIMIT ",
    );
    let rows = sql.bind(CHUNK).load(conn, &[Kind::Int; 1 + WINDOWS.len()])?;
    Ok(rows.iter().map(|row| (row[0].int(), std::array::from_fn(|at| row[at + 1].int()))).collect())
}

/// The offers with what they are to be told with, and whether that is another than before.
fn worked_out(conn: &mut Conn, due: &[(i64, Rates)], now_us: i64) -> Result<Vec<(i64, Rates, bool)>> {
    let mut sql = Sql::new("SELECT offer_id");
    for (hours, _) in WINDOWS {
        // The hour that is under way counts beside the whole ones.
        let since = hour(now_us) - hours;
        for sum in [" THEN total ELSE 0 END) AS BIGINT)", " THEN delivered ELSE 0 END) AS BIGINT)"] {
            sql = sql.sql(", CAST(SUM(CASE WHEN hour >= ").bind(since).sql(sum);
        }
    }
    let sql =
        sql.sql(" FROM num_outcome WHERE offer_id IN (").binds(due.iter().map(|(id, _)| Raw::from(*id)));
    let rows = sql.sql(") GROUP BY offer_id").load(conn, &[Kind::Int; 1 + 2 * WINDOWS.len()])?;
    let found = |id: i64| rows.iter().find(|row| row[0].int() == id);
    let rates = |id: i64| -> Rates {
        std::array::from_fn(|at| {
            found(id).map_or(NONE, |row| rate(row[1 + 2 * at].int(), row[2 + 2 * at].int()))
        })
    };
    Ok(due.iter().map(|(id, before)| (*id, rates(*id), rates(*id) != *before)).collect())
}

fn keep(conn: &mut Conn, (id, rates, is_new): &(i64, Rates, bool), now_us: i64) -> Result<()> {
    let mut sql = Sql::new("UPDATE num_offer SET rated_hour = ").bind(hour(now_us));
    if *is_new {
        for ((_, column), rate) in WINDOWS.iter().zip(rates) {
            sql = sql.sql(", ").word(column).sql(" = ").bind(*rate);
        }
        sql = sql.sql(", changed_at = ").bind(second(now_us));
    }
    sql.sql(" WHERE id = ").bind(*id).execute(conn).map(drop)
}

/// Removes what no rate is of any more.
pub fn prune(app: &Arc<App>, now_us: i64) -> Result<()> {
    let oldest = hour(now_us) - WINDOWS[WINDOWS.len() - 1].0;
    loop {
        let gone = app.db.write(move |conn| {
            let sql = Sql::new(
                "DELETE FROM num_outcome WHERE (offer_id, hour) IN (SELECT offer_id, hour FROM num_outcome ",
            );
            let sql =
                sql.sql("WHERE hour < ").bind(oldest).sql(" ORDER BY hour, offer_id LIMIT ").bind(PRUNE);
            sql.sql(")").execute(conn)
        })?;
        if gone < PRUNE as usize {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R190
    #[test]
    fn rates() {
        for (total, delivered, expected) in [
            (0, 0, NONE),
            (19, 19, NONE),
            (20, 20, 10_000),
            (20, 4, 2_000),
            (20, 3, NONE),
            (3, 1, NONE),
            (30, 10, 3_333),
            (30, 20, 6_667),
            (10_000, 9_999, 9_999),
        ] {
            assert_eq!(rate(total, delivered), expected, "{delivered} of {total}");
        }
    }
}
