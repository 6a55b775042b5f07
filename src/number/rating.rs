//! What is thought of a buyer, in hundredths (operations.md §2.19): 96 at first and at most. At nothing he buys
//! nothing for a day, and begins anew.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Handler;
use crate::rpc::registry::Row;
use crate::time::DAY_US;

pub const FUNCS: &[Row] = &[("number.rating", Handler::View(None))];

/// At first, at most, and after a day without buying.
pub const FULL: i64 = 9_600;
const BLOCK_US: i64 = DAY_US;
/// Accounts whose day is over, of one transaction.
const CHUNK: i64 = 100;

/// Why a rating changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    TopUp,
    /// Finished by the buyer.
    Finished,
    /// Finished by its time.
    Expired,
    TimedOut,
    Canceled,
    Banned,
    /// The day is over.
    Reset,
}

impl Why {
    const fn word(self) -> &'static str {
        match self {
            Self::TopUp => "topup",
            Self::Finished => "finished",
            Self::Expired => "expired",
            Self::TimedOut => "timeout",
            Self::Canceled => "canceled",
            Self::Banned => "banned",
            Self::Reset => "reset",
        }
    }

    pub const fn delta(self) -> i64 {
        match self {
            Self::TopUp => 800,
            Self::Finished => 50,
            Self::Expired => 40,
            Self::TimedOut => -15,
            Self::Canceled | Self::Banned => -10,
            Self::Reset => FULL,
        }
    }
}

/// A rating, and since when it keeps from buying (0: it does not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub rating: i64,
    pub blocked_at: i64,
}

impl Standing {
    pub const NEW: Self = Self { rating: FULL, blocked_at: 0 };

    pub fn is_blocked(self, now_us: i64) -> bool {
        self.blocked_at != 0 && now_us < self.blocked_at + BLOCK_US
    }

    /// As it is at a moment: the day may be over without anybody having written that down.
    pub fn at(self, now_us: i64) -> Self {
        if self.blocked_at != 0 && !self.is_blocked(now_us) { Self::NEW } else { self }
    }

    /// While it keeps from buying nothing changes it: a payment is no way round.
    fn after(self, delta: i64, now_us: i64) -> Self {
        let now = self.at(now_us);
        if now.blocked_at != 0 {
            return now;
        }
        let rating = now.rating.saturating_add(delta).clamp(0, FULL);
        Self { rating, blocked_at: if rating == 0 { now_us } else { 0 } }
    }

    /// Whole hundredths as text: `95.85`.
    pub fn text(self) -> String {
        crate::value::percent(self.rating * 100)
    }
}

/// The row of an account, locked. Nothing of one that never had to do with numbers.
fn locked(conn: &mut Conn, account_id: i64) -> Result<Option<(Standing, i64)>> {
    let sql = Sql::new("UPDATE num_account SET rating = rating WHERE account_id = ").bind(account_id);
    let row = sql.sql(" RETURNING rating, blocked_at, reseller_id").first(conn, &[Kind::Int; 3])?;
    Ok(row.map(|row| (Standing { rating: row[0].int(), blocked_at: row[1].int() }, row[2].int())))
}

/// An event that happens once by itself: the end of an order.
pub fn change(conn: &mut Conn, account_id: i64, cause: &str, why: Why, now_us: i64) -> Result<()> {
    let Some((standing, reseller_id)) = locked(conn, account_id)? else { return Ok(()) };
    let standing = begun_anew(conn, (account_id, reseller_id), standing, now_us)?;
    let after = standing.after(why.delta(), now_us);
    keep(conn, account_id, after)?;
    note(conn, (account_id, reseller_id), (cause, why), after, now_us)
}

/// Money came in. `cause` is the payment or transfer; told twice, it counts once.
pub fn topped_up(conn: &mut Conn, account_id: i64, cause: &str, now_us: i64) -> Result<()> {
    if locked(conn, account_id)?.is_none() {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM num_rating_event WHERE cause = ").bind(cause);
    match sql.first(conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => change(conn, account_id, cause, Why::TopUp, now_us),
    }
}

/// Error `limit(rating)` where the buyer has to wait. `standing` is what stands in his row.
pub fn need_open(conn: &mut Conn, account_id: i64, standing: Standing, now_us: i64) -> Result<()> {
    if standing.is_blocked(now_us) {
        return Err(Error::limit("rating", ""));
    }
    if standing.blocked_at != 0 {
        reset(conn, account_id, now_us)?;
    }
    Ok(())
}

/// Writes down that the day is over; who comes second finds nothing to do.
fn reset(conn: &mut Conn, account_id: i64, now_us: i64) -> Result<()> {
    let Some((standing, reseller_id)) = locked(conn, account_id)? else { return Ok(()) };
    begun_anew(conn, (account_id, reseller_id), standing, now_us).map(drop)
}

fn begun_anew(conn: &mut Conn, owner: (i64, i64), standing: Standing, now_us: i64) -> Result<Standing> {
    let now = standing.at(now_us);
    if now != standing {
        keep(conn, owner.0, now)?;
        let cause = format!("reset:{}:{}", owner.0, standing.blocked_at);
        note(conn, owner, (&cause, Why::Reset), now, now_us)?;
    }
    Ok(now)
}

fn keep(conn: &mut Conn, account_id: i64, standing: Standing) -> Result<()> {
    let sql = Sql::new("UPDATE num_account SET rating = ").bind(standing.rating).sql(", blocked_at = ");
    sql.bind(standing.blocked_at).sql(" WHERE account_id = ").bind(account_id).execute(conn).map(drop)
}

fn note(
    conn: &mut Conn,
    (account_id, reseller_id): (i64, i64),
    (cause, why): (&str, Why),
    after: Standing,
    now_us: i64,
) -> Result<()> {
    let values: [Raw; 7] = [
        account_id.into(),
        reseller_id.into(),
        cause.into(),
        why.word().into(),
        why.delta().into(),
        after.rating.into(),
        now_us.into(),
    ];
    let sql = Sql::new(
        "INSERT INTO num_rating_event (account_id, reseller_id, cause, kind, delta, rating, at) VALUES (",
    );
    sql.binds(values).sql(")").execute(conn).map(drop)
}

/// Those whose day is over; how many there were.
pub fn reset_due(conn: &mut Conn, now_us: i64) -> Result<usize> {
    let sql = Sql::new("SELECT account_id FROM num_account WHERE blocked_at > 0 AND blocked_at <= ");
    let sql = sql.bind(now_us - BLOCK_US).sql(" ORDER BY account_id LIMIT ").bind(CHUNK);
    let rows = sql.load(conn, &[Kind::Int])?;
    rows.iter().try_for_each(|row| reset(conn, row[0].int(), now_us))?;
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn of(rating: i64) -> Standing {
        Standing { rating, blocked_at: 0 }
    }

    /// R219 R220
    #[test]
    fn deltas() {
        for (from, why, to) in [
            (9_600, Why::TopUp, 9_600),
            (9_200, Why::TopUp, 9_600),
            (8_000, Why::TopUp, 8_800),
            (8_000, Why::Finished, 8_050),
            (8_000, Why::Expired, 8_040),
            (8_000, Why::TimedOut, 7_985),
            (8_000, Why::Canceled, 7_990),
            (8_000, Why::Banned, 7_990),
            (9_590, Why::Finished, 9_600),
            (16, Why::TimedOut, 1),
        ] {
            assert_eq!(of(from).after(why.delta(), NOW), of(to), "{from} {why:?}");
        }
        let mut standing = of(9_600);
        for _ in 0..900 {
            standing = standing.after(Why::Canceled.delta(), NOW);
        }
        assert_eq!(standing.text(), "6");
        for _ in 0..100 {
            standing = standing.after(Why::Expired.delta(), NOW).after(Why::TimedOut.delta(), NOW);
        }
        assert_eq!(standing.text(), "31");
        assert_eq!(of(9_585).text(), "95.85");
    }

    /// R221
    #[test]
    fn a_day_without_buying() {
        let none = of(10).after(Why::TimedOut.delta(), NOW);
        assert_eq!(none, Standing { rating: 0, blocked_at: NOW });
        assert!(none.is_blocked(NOW) && none.is_blocked(NOW + BLOCK_US - 1));
        assert!(!none.is_blocked(NOW + BLOCK_US));
        assert_eq!(none.after(Why::TopUp.delta(), NOW + 5), none);
        assert_eq!(none.after(Why::Finished.delta(), NOW + 5), none);
        assert_eq!(none.at(NOW + BLOCK_US), Standing::NEW);
        assert_eq!(none.after(Why::Canceled.delta(), NOW + BLOCK_US), of(9_590));
        assert!(!of(9_600).is_blocked(NOW));
    }
}
