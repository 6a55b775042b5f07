//! The provider that is inside of this program: nobody gets its messages. What becomes of one is told by
//! the last digits of its number, so that every way can be tried out.

use super::{Attempt, Outcome, Transport};
use crate::app::App;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::sms::provider::SANDBOX;
use crate::telecom::sms::receipt::{self, State, Told};
use crate::time::SECOND_US;

/// So long after a message its receipt comes.
const RECEIPT_US: i64 = 5 * SECOND_US;
/// Receipts of one round.
const ROUND_MAX: i64 = 500;

/// Numbers that end so are refused, not answered, not delivered, put off, or not reached.
const REJECTED: &str = "0001";
const TIMED_OUT: &str = "0002";
const UNDELIVERED: &str = "0003";
const THROTTLED: &str = "0004";
const NOT_SENT: &str = "0005";

pub struct Sandbox;

impl Transport for Sandbox {
    fn send(&self, attempt: &Attempt) -> Outcome {
        let ends = |end: &str| attempt.phone.ends_with(end);
        let reason = |text: &str| text.to_owned();
        match () {
            () if ends(REJECTED) => Outcome::Rejected { reason: reason("refused by the sandbox") },
            () if ends(TIMED_OUT) => Outcome::Unknown { reason: reason("no answer of the sandbox") },
            () if ends(THROTTLED) => Outcome::Throttled { reason: reason("the sandbox asks to come later") },
            () if ends(NOT_SENT) => Outcome::NotSent { reason: reason("the sandbox was not reached") },
            () => Outcome::Accepted { message_id: format!("sandbox-{}", attempt.reference) },
        }
    }
}

/// Receipts that are due, of messages behind number `after`; answers how many there were, and behind which
/// number to look next time: a server that has real providers too does not look through their messages
/// again and again.
pub fn receipts(app: &App, after: i64, now_us: i64) -> Result<(usize, i64)> {
    let Some(end) = end(app)? else { return Ok((0, after)) };
    let sql = Sql::new(
        "SELECT m.id, m.provider_id, m.message_id, m.phone, m.updated_at FROM sms_message m \
         JOIN sms_provider p ON p.id = m.provider_id WHERE m.status = 'SENT_TO_PROVIDER' AND p.kind = ",
    );
    let sql = sql.bind(SANDBOX).sql(" AND m.id > ").bind(after).sql(" ORDER BY m.id LIMIT ").bind(ROUND_MAX);
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Int];
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &kinds))?;
    let is_due = |row: &&Vec<Raw>| row[4].int() + RECEIPT_US <= now_us;
    let due: Vec<&Vec<Raw>> = rows.iter().take_while(is_due).collect();
    let last = match due.last() {
        Some(row) => row[0].int(),
        None if rows.is_empty() => end,
        None => after,
    };
    let told = due.iter().filter_map(|row| {
        let state = if row[3].str().ends_with(UNDELIVERED) { State::Undelivered } else { State::Delivered };
        Told::of(row[1].int(), row[2].str(), state, "")
    });
    receipt::write(app, told.collect(), now_us)?;
    Ok((due.len(), last.min(end).max(after)))
}

/// The last message before those that are being handed over: they may be done later than what was begun
/// after them. Nothing where there is no such provider.
fn end(app: &App) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT COALESCE((SELECT MIN(id) - 1 FROM sms_message WHERE status = 'SENDING'), ");
    let sql = sql.sql("(SELECT MAX(id) FROM sms_message), 0) FROM sms_provider WHERE kind = ").bind(SANDBOX);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.sql(" LIMIT 1").first(conn, &[Kind::Int]))?;
    Ok(row.map(|row| row[0].int()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_last_digits() {
        let answer = |phone: &str| {
            let attempt = Attempt {
                reference: "sms-7".into(),
                phone: phone.into(),
                sender: String::new(),
                text: "x".into(),
                is_unicode: false,
                parts: 1,
            };
            match Sandbox.send(&attempt) {
                Outcome::Accepted { message_id } => message_id,
                Outcome::Rejected { .. } => "rejected".into(),
                Outcome::Unknown { .. } => "unknown".into(),
                Outcome::NotSent { .. } => "not sent".into(),
                Outcome::Throttled { .. } => "throttled".into(),
            }
        };
        for (phone, expected) in [
            ("+447575396991", "sandbox-sms-7"),
            ("+447575390001", "rejected"),
            ("+447575390002", "unknown"),
            ("+447575390003", "sandbox-sms-7"),
            ("+447575390004", "throttled"),
            ("+447575390005", "not sent"),
        ] {
            assert_eq!(answer(phone), expected, "{phone}");
        }
    }
}
