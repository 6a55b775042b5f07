//! What is to be done outside of the database, kept in it until it is done: operations of
//! processing modules, mail, webhooks (decisions.md, Writing: phases).
//!
//! Invariant: nothing is called while a transaction is open. A job stores a row; a worker leases it,
//! acts with no transaction, and settles it in a second job. A worker that dies loses its lease, and
//! the row is done again with the same reference.

pub mod mail;
pub mod operation;
pub mod queue;
pub mod worker;

use std::sync::LazyLock;

use crate::db::pieces::insert_for_ids;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::time::{MINUTE_US, SECOND_US};

/// A new row.
pub struct Post<'p> {
    pub kind: &'static str,
    /// Our own word for it, used once.
    pub reference: String,
    pub item_id: i64,
    /// The account and the reseller that it is about.
    pub owner: (i64, i64),
    pub intname: &'p str,
    pub payload: String,
    /// Whom a letter goes to, else "".
    pub address: &'p str,
}

/// A row that is due.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: i64,
    pub kind: String,
    pub reference: String,
    pub item_id: i64,
    pub intname: String,
    pub payload: String,
    pub attempts: i64,
    /// Since when the other side has been going on by itself; 0: it has not taken it.
    pub waits_since: i64,
    /// Whose lease it is: who has lost it settles nothing any more.
    pub token_hash: String,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// The other side goes on by itself. It reports, or is looked after again at that moment.
    Waiting {
        until_us: i64,
    },
    /// It was reported, or taken over, while the attempt went on: nothing is left to be written.
    Reported,
    /// Try again later; after too many attempts a person is asked.
    Failed {
        error: String,
        log: String,
    },
    /// It will never be done: the other side has said so, and asking again would not change it.
    Refused {
        error: String,
        log: String,
    },
    /// Nobody can do it but a person.
    Manual {
        error: String,
    },
}

/// After so many failed attempts a person has to look.
const ATTEMPTS_MAX: i64 = 8;
/// How long one attempt may take before another worker may have it.
pub const LEASE_US: i64 = 10 * MINUTE_US;

pub fn post(conn: &mut Conn, post: Post, now_us: i64) -> Result<i64> {
    Ok(post_all(conn, vec![post], now_us)?[0])
}

/// The ids are in the order of the posts.
pub fn post_all(conn: &mut Conn, posts: Vec<Post>, now_us: i64) -> Result<Vec<i64>> {
    insert_for_ids(conn, &INSERT, posts.into_iter().map(|post| row(post, now_us)).collect())
}

/// The same where what was posted before under this reference is it.
pub fn post_once(conn: &mut Conn, post: Post, now_us: i64) -> Result<()> {
    let sql = INSERT.clone().sql("(").binds(row(post, now_us)).sql(")");
    sql.sql(" ON CONFLICT (reference) DO NOTHING").execute(conn)?;
    Ok(())
}

/// Leaves a row to a person.
pub fn hand_over(conn: &mut Conn, id: i64) -> Result<()> {
    Sql::new("UPDATE outbox SET state = 'manual' WHERE id = ").bind(id).execute(conn)?;
    Ok(())
}

static INSERT: LazyLock<Sql> = LazyLock::new(|| {
    let columns = "kind, reference, item_id, account_id, reseller_id, intname, payload, address, \
                   next_at, createdate";
    Sql::new("INSERT INTO outbox (").sql(columns).sql(") VALUES ").joined()
});

fn row(post: Post, now_us: i64) -> [Raw; 10] {
    [
        post.kind.into(),
        post.reference.into(),
        post.item_id.into(),
        post.owner.0.into(),
        post.owner.1.into(),
        post.intname.into(),
        post.payload.into(),
        post.address.into(),
        now_us.into(),
        now_us.into(),
    ]
}

/// Rows that are due, oldest first: ready, or left by a worker whose lease is over. What waits
/// behind another operation of its service, or for a module that has enough to do, is not due.
pub fn due(conn: &mut Conn, now_us: i64, most: i64) -> Result<Vec<Due>> {
    let sql = Sql::new(
        "SELECT o.id, o.kind, o.reference, o.item_id, o.intname, o.payload, o.attempts, o.waits_since, \
         o.token_hash FROM outbox o WHERE ((o.state = 'ready' AND o.next_at <= ",
    );
    let sql = sql.bind(now_us).sql(") OR (o.state = 'running' AND o.lease_until <= ").bind(now_us);
    let sql = sql.sql(
        ")) AND NOT EXISTS (SELECT 1 FROM outbox e WHERE o.item_id <> 0 AND e.item_id = o.item_id \
         AND e.id < o.id AND e.state IN ('ready', 'running', 'manual'))",
    );
    let sql = sql.sql(
        " AND NOT EXISTS (SELECT 1 FROM item i JOIN processing p ON p.id = i.processing_id \
         WHERE i.id = o.item_id AND p.concurrencylimit > 0 AND p.concurrencylimit <= ",
    );
    let sql = sql.append(&running(now_us)).sql(" AND r.id <> o.id)) ORDER BY o.id LIMIT ").bind(most);
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    let kinds: Vec<Kind> = kinds.into_iter().chain([Kind::Text]).collect();
    Ok(sql.load(conn, &kinds)?.iter().map(|row| due_row(row)).collect())
}

/// How many operations the module `p` has under way; the parenthesis is open for a condition on `r`.
fn running(now_us: i64) -> Sql {
    let sql = Sql::new(
        "(SELECT COUNT(*) FROM outbox r JOIN item ri ON ri.id = r.item_id \
         WHERE ri.processing_id = p.id AND r.state = 'running' AND r.lease_until > ",
    );
    sql.bind(now_us)
}

fn due_row(row: &[Raw]) -> Due {
    Due {
        id: row[0].int(),
        kind: row[1].str().to_owned(),
        reference: row[2].str().to_owned(),
        item_id: row[3].int(),
        intname: row[4].str().to_owned(),
        payload: row[5].str().to_owned(),
        attempts: row[6].int(),
        waits_since: row[7].int(),
        token_hash: row[8].str().to_owned(),
    }
}

/// Takes a due row. False when another worker was faster, the one before of its service is not
/// done (operations on one service keep their order), or its module has enough to do.
pub fn lease(conn: &mut Conn, due: &Due, token_hash: &str, now_us: i64) -> Result<bool> {
    if due.item_id != 0 && (is_behind(conn, due)? || is_full(conn, due, now_us)?) {
        return Ok(false);
    }
    // Looking after what goes on by itself is no further attempt.
    let sql = Sql::new("UPDATE outbox SET state = 'running', error = '', attempts = attempts + ");
    let sql = sql.bind(i64::from(due.waits_since == 0)).sql(", token_hash = ").bind(token_hash);
    let sql = sql.sql(", lease_until = ").bind(now_us + LEASE_US).sql(" WHERE id = ").bind(due.id);
    let sql = sql.sql(" AND waits_since = ").bind(due.waits_since);
    let sql = sql.sql(" AND ((state = 'ready' AND next_at <= ").bind(now_us);
    let sql = sql.sql(") OR (state = 'running' AND lease_until <= ").bind(now_us).sql("))");
    Ok(sql.execute(conn)? == 1)
}

fn is_behind(conn: &mut Conn, due: &Due) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM outbox WHERE item_id = ").bind(due.item_id);
    let sql = sql.sql(" AND id < ").bind(due.id).sql(" AND state IN ('ready', 'running', 'manual') LIMIT 1");
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

/// The update keeps two workers from counting at the same moment.
fn is_full(conn: &mut Conn, due: &Due, now_us: i64) -> Result<bool> {
    let of_item = || Sql::new("(SELECT processing_id FROM item WHERE id = ").bind(due.item_id).sql(")");
    let lock = Sql::new("UPDATE processing SET concurrencylimit = concurrencylimit WHERE id = ");
    if lock.append(&of_item()).sql(" AND concurrencylimit > 0").execute(conn)? == 0 {
        return Ok(false);
    }
    let sql = Sql::new("SELECT p.id FROM processing p WHERE p.id = ").append(&of_item());
    let sql = sql.sql(" AND p.concurrencylimit <= ").append(&running(now_us));
    Ok(sql.sql(" AND r.id <> ").bind(due.id).sql(")").first(conn, &[Kind::Int])?.is_some())
}

/// Writes down what became of an attempt. A row that was settled meanwhile (by a callback, by a
/// person) stays as it is.
pub fn settle(conn: &mut Conn, due: &Due, settled: &Settled, now_us: i64) -> Result<()> {
    let attempts = due.attempts + i64::from(due.waits_since == 0);
    let (state, next_at, error, log) = match settled {
        Settled::Done => ("done", 0, "", ""),
        Settled::Reported => return Ok(()),
        Settled::Waiting { until_us } => return wait(conn, due, *until_us, now_us),
        Settled::Refused { error, log } => ("failed", 0, error.as_str(), log.as_str()),
        Settled::Failed { error, log } if attempts >= ATTEMPTS_MAX => {
            ("failed", 0, error.as_str(), log.as_str())
        }
        Settled::Failed { error, log } => {
            ("ready", now_us + pause_us(attempts), error.as_str(), log.as_str())
        }
        Settled::Manual { error } => ("manual", 0, error.as_str(), ""),
    };
    let sql = Sql::new("UPDATE outbox SET state = ").bind(state).sql(", error = ").bind(error);
    let sql = sql.sql(", lease_until = 0, waits_since = 0, next_at = ").bind(next_at);
    let sql = if state == "done" { sql.sql(", donedate = ").bind(now_us) } else { sql };
    let sql = sql.sql(" WHERE id = ").bind(due.id).sql(" AND state = 'running'");
    if sql.execute(conn)? == 1 && !error.is_empty() {
        note_error(conn, (due.id, due.item_id), error, log, now_us)?;
    }
    Ok(())
}

/// The lease lasts as long as the other side is waited for, and with it the token.
fn wait(conn: &mut Conn, due: &Due, until_us: i64, now_us: i64) -> Result<()> {
    let since = if due.waits_since == 0 { now_us } else { due.waits_since };
    let sql = Sql::new("UPDATE outbox SET lease_until = ").bind(until_us).sql(", waits_since = ").bind(since);
    sql.sql(" WHERE id = ").bind(due.id).sql(" AND state = 'running'").execute(conn)?;
    Ok(())
}

/// Is it still the attempt of this lease? Who was too slow has been followed by another.
pub fn holds(conn: &mut Conn, due: &Due) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM outbox WHERE id = ").bind(due.id);
    let sql = sql.sql(" AND token_hash = ").bind(due.token_hash.as_str());
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

/// The token of an attempt that is over is good for nothing more.
pub fn release(conn: &mut Conn, due: &Due) -> Result<()> {
    let sql =
        Sql::new("UPDATE outbox SET lease_until = 0, token_hash = '' WHERE state <> 'running' AND id = ");
    sql.bind(due.id).execute(conn)?;
    Ok(())
}

/// Keeps what went wrong for whoever looks into it.
pub fn note_error(
    conn: &mut Conn,
    (id, item_id): (i64, i64),
    error: &str,
    log: &str,
    now_us: i64,
) -> Result<()> {
    let sql = Sql::new("INSERT INTO errorhistory (outbox_id, item_id, createdate, error, log) VALUES (");
    sql.binds([id.into(), item_id.into(), now_us.into(), error.into(), log.into()]).sql(")").execute(conn)?;
    Ok(())
}

/// Growing pauses: 10 s, 40 s, 160 s … up to six hours.
fn pause_us(attempts: i64) -> i64 {
    let seconds = 10_i64 << (2 * attempts.clamp(1, 8) - 2);
    seconds.min(6 * 3600) * SECOND_US
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow() {
        let pauses: Vec<i64> = [1, 2, 3, 6, 7, 100].map(|nth| pause_us(nth) / SECOND_US).to_vec();
        assert_eq!(pauses, [10, 40, 160, 10_240, 21_600, 21_600]);
    }
}
