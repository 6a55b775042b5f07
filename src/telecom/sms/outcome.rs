//! What became of what was handed over, written down together with what waits for it.

use std::collections::BTreeMap;

use super::message::{self, Charged};
use super::transport::Outcome;
use super::{reason, status};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::effect;
use crate::error::Result;
use crate::time::SECOND_US;

/// So often something is tried that nobody has taken.
const TRIES_MAX: i64 = 10;
/// A try waits so long, times the square of the tries before it.
const AGAIN_US: i64 = 5 * SECOND_US;
/// A provider rests so long that takes nothing.
const REST_US: i64 = 2 * SECOND_US;

/// A message with what the transport answered.
pub type Handed = (Charged, Outcome);

/// A status with its reason, and whether it is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict {
    status: &'static str,
    reason: &'static str,
    left_us: bool,
}

fn verdict(outcome: &Outcome) -> Verdict {
    let (status, reason, left_us) = match outcome {
        Outcome::Accepted { .. } => (status::SENT, "", true),
        Outcome::Rejected { .. } => (status::REJECTED, reason::REJECTED, true),
        Outcome::Unknown { .. } => (status::UNKNOWN, reason::TIMEOUT, true),
        Outcome::NotSent { .. } => (status::FAILED, reason::NOT_SENT, false),
        Outcome::Throttled { .. } => (status::FAILED, reason::THROTTLED, false),
    };
    Verdict { status, reason, left_us }
}

pub fn status_of(outcome: &Outcome) -> &'static str {
    verdict(outcome).status
}

/// Its name at the provider, and what he said beside it.
fn said(outcome: &Outcome) -> (&str, &str) {
    match outcome {
        Outcome::Accepted { message_id } => (message_id, ""),
        Outcome::Rejected { reason }
        | Outcome::Unknown { reason }
        | Outcome::NotSent { reason }
        | Outcome::Throttled { reason } => ("", reason),
    }
}

/// Campaigns are locked first, as those do who cancel them.
pub fn record(conn: &mut Conn, provider_id: i64, handed: &[Handed], now_us: i64) -> Result<()> {
    let mut campaigns: Vec<i64> = handed.iter().map(|(message, _)| message.origin.campaign_id).collect();
    campaigns.sort_unstable();
    campaigns.dedup();
    for id in campaigns.iter().filter(|id| **id > 0) {
        Sql::new("UPDATE sms_campaign SET id = id WHERE id = ").bind(*id).execute(conn)?;
    }
    let mut groups: BTreeMap<(i64, Verdict), Vec<i64>> = BTreeMap::new();
    for (charged, outcome) in handed {
        let verdict = verdict(outcome);
        settle(conn, charged, outcome, verdict, now_us)?;
        if charged.origin.scheduled_id > 0 {
            of_scheduled(conn, charged, verdict, now_us)?;
        }
        if charged.origin.campaign_id > 0 {
            groups.entry((charged.origin.campaign_id, verdict)).or_default().push(charged.origin.rcpt_id);
        }
    }
    for ((campaign_id, verdict), rcpts) in groups {
        of_campaign(conn, campaign_id, verdict, &rcpts, now_us)?;
    }
    campaigns.iter().filter(|id| **id > 0).try_for_each(|id| finish(conn, *id, now_us))?;
    rest(conn, provider_id, handed, now_us)
}

/// Who takes nothing is left alone for a while.
fn rest(conn: &mut Conn, provider_id: i64, handed: &[Handed], now_us: i64) -> Result<()> {
    if handed.iter().all(|(_, outcome)| verdict(outcome).left_us) {
        return Ok(());
    }
    let until = now_us + REST_US;
    let sql =
        Sql::new("UPDATE sms_provider SET next_at = ").bind(until).sql(" WHERE id = ").bind(provider_id);
    sql.sql(" AND next_at < ").bind(until).execute(conn).map(drop)
}

/// The message itself. One whose lease was over by then is still charged, and the late answer is better
/// than none; what a receipt has decided stays.
fn settle(
    conn: &mut Conn,
    charged: &Charged,
    outcome: &Outcome,
    verdict: Verdict,
    now_us: i64,
) -> Result<()> {
    let (message_id, words) = said(outcome);
    let sql = Sql::new("UPDATE sms_message SET status = ").bind(verdict.status);
    let sql = sql.sql(", reason = ").bind(verdict.reason).sql(", detail = ").bind(effect::said(words));
    let sql = sql.sql(", message_id = ").bind(message_id).sql(", updated_at = ").bind(now_us);
    let sql = sql.sql(", lease_until = 0 WHERE id = ").bind(charged.id);
    let sql = sql.sql(" AND (status = 'SENDING' OR (status = 'UNKNOWN' AND reason = 'LOST'))");
    let is_done = sql.execute(conn)? > 0;
    if is_done && !verdict.left_us { message::give_back(conn, charged, now_us) } else { Ok(()) }
}

fn of_scheduled(conn: &mut Conn, charged: &Charged, verdict: Verdict, now_us: i64) -> Result<()> {
    let id = charged.origin.scheduled_id;
    let is_processing = " AND status IN ('PROCESSING', 'UNKNOWN')";
    if !verdict.left_us {
        let sql = Sql::new("UPDATE sms_scheduled SET status = 'SCHEDULED', reason = ").bind(verdict.reason);
        let sql = sql.sql(", run_at = ").bind(now_us).sql(" + tries * tries * ").bind(AGAIN_US);
        let sql = sql.sql(", updated_at = ").bind(now_us).sql(" WHERE id = ").bind(id).sql(is_processing);
        if sql.sql(" AND tries < ").bind(TRIES_MAX).execute(conn)? > 0 {
            return Ok(());
        }
    }
    let word = if verdict.status == status::REJECTED { status::FAILED } else { verdict.status };
    let sql =
        Sql::new("UPDATE sms_scheduled SET status = ").bind(word).sql(", reason = ").bind(verdict.reason);
    let sql = sql.sql(", updated_at = ").bind(now_us).sql(" WHERE id = ").bind(id).sql(is_processing);
    sql.execute(conn).map(drop)
}

/// Moves recipients of a campaign on, and its counters with them.
fn of_campaign(conn: &mut Conn, id: i64, verdict: Verdict, rcpts: &[i64], now_us: i64) -> Result<()> {
    if verdict.left_us {
        let counter = if verdict.status == status::REJECTED { "failed" } else { "sent" };
        let moved = moved(conn, verdict, rcpts, Sql::default())?;
        return count(conn, id, counter, moved, now_us);
    }
    let sql = Sql::new(
        "UPDATE sms_campaign_rcpt SET status = CASE WHEN (SELECT c.status FROM sms_campaign c \
                        WHERE c.id = ",
    )
    .bind(id);
    let sql = sql.sql(") = 'CANCELED' THEN 'CANCELED' ELSE 'QUEUED' END, reason = ").bind(verdict.reason);
    let sql = sql.sql(", next_at = ").bind(now_us).sql(" + tries * tries * ").bind(AGAIN_US);
    let sql = sql.sql(" WHERE tries < ").bind(TRIES_MAX).append(&sending(rcpts)).sql(" RETURNING status");
    let again = sql.load(conn, &[Kind::Text])?;
    let canceled = again.iter().filter(|row| row[0].str() == status::CANCELED).count();
    count(conn, id, "canceled", canceled, now_us)?;
    count(conn, id, "queued", again.len() - canceled, now_us)?;
    let given_up = moved(conn, verdict, rcpts, Sql::new(" AND tries >= ").bind(TRIES_MAX))?;
    count(conn, id, "failed", given_up, now_us)
}

fn sending(rcpts: &[i64]) -> Sql {
    let sql = Sql::new(" AND status = 'SENDING' AND id IN (").binds(rcpts.iter().map(|id| Raw::from(*id)));
    sql.sql(")")
}

fn moved(conn: &mut Conn, verdict: Verdict, rcpts: &[i64], condition: Sql) -> Result<usize> {
    let sql = Sql::new("UPDATE sms_campaign_rcpt SET status = ").bind(verdict.status);
    let sql = sql.sql(", reason = ").bind(verdict.reason).sql(" WHERE 1 = 1").append(&sending(rcpts));
    sql.append(&condition).execute(conn)
}

/// Of those that were being sent so many are counted elsewhere now.
fn count(conn: &mut Conn, id: i64, counter: &str, moved: usize, now_us: i64) -> Result<()> {
    if moved == 0 {
        return Ok(());
    }
    let moved = moved as i64;
    let sql = Sql::new("UPDATE sms_campaign SET sending = sending - ").bind(moved).sql(", ").word(counter);
    let sql = sql.sql(" = ").word(counter).sql(" + ").bind(moved).sql(", updated_at = ").bind(now_us);
    sql.sql(" WHERE id = ").bind(id).execute(conn).map(drop)
}

/// Nothing of it waits any more.
pub fn finish(conn: &mut Conn, campaign_id: i64, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE sms_campaign SET status = 'FINISHED', updated_at = ").bind(now_us);
    let sql = sql.sql(" WHERE queued = 0 AND sending = 0 AND status IN ('QUEUED', 'RUNNING') AND id = ");
    sql.bind(campaign_id).execute(conn).map(drop)
}

/// Messages whose lease one job ends.
const SWEEP_MAX: i64 = 200;

/// Messages whose server ended before it wrote down what became of them: they stay charged.
pub fn sweep(app: &crate::app::App, now_us: i64) -> Result<usize> {
    let over = |columns: &'static str| {
        let sql = Sql::new("SELECT ").sql(columns).sql(" FROM sms_message WHERE status = 'SENDING'");
        sql.sql(" AND lease_until < ").bind(now_us).sql(" ORDER BY lease_until, id LIMIT ").bind(SWEEP_MAX)
    };
    let look = over("id");
    if app.db.read(crate::rpc::BUDGET_SLOW, |conn| look.first(conn, &[Kind::Int]))?.is_none() {
        return Ok(0);
    }
    let all = over("id, campaign_id, rcpt_id, scheduled_id");
    app.db.write(move |conn| {
        let rows = all.clone().load(conn, &[Kind::Int; 4])?;
        rows.iter().try_for_each(|row| {
            lost(conn, [row[0].int(), row[1].int(), row[2].int(), row[3].int()], now_us)
        })?;
        Ok(rows.len())
    })
}

fn lost(conn: &mut Conn, [id, campaign_id, rcpt_id, scheduled_id]: [i64; 4], now_us: i64) -> Result<()> {
    let verdict = Verdict { status: status::UNKNOWN, reason: reason::LOST, left_us: true };
    if campaign_id > 0 {
        Sql::new("UPDATE sms_campaign SET id = id WHERE id = ").bind(campaign_id).execute(conn)?;
    }
    let sql = Sql::new(
        "UPDATE sms_message SET status = 'UNKNOWN', reason = 'LOST', lease_until = 0, updated_at = ",
    );
    let sql =
        sql.bind(now_us).sql(" WHERE status = 'SENDING' AND lease_until < ").bind(now_us).sql(" AND id = ");
    if sql.bind(id).execute(conn)? == 0 {
        return Ok(()); // its answer has come
    }
    if scheduled_id > 0 {
        let sql = Sql::new("UPDATE sms_scheduled SET status = 'UNKNOWN', reason = 'LOST', updated_at = ");
        let sql = sql.bind(now_us).sql(" WHERE status = 'PROCESSING' AND id = ").bind(scheduled_id);
        sql.execute(conn)?;
    }
    if campaign_id > 0 {
        of_campaign(conn, campaign_id, verdict, &[rcpt_id], now_us)?;
        finish(conn, campaign_id, now_us)?;
    }
    Ok(())
}
