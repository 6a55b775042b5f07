//! A code on its way to a phone: counted and written down, then sent with nothing held.

use super::{LIFETIME_US, PAUSE_US, Phone, SENT_MAX, hash, need_free, need_user};
use crate::db::{Conn, Kind, Sql};
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::rpc::handler::{Call, Reply};
use crate::telecom::sms::provider::SANDBOX;
use crate::telecom::sms::transport::{self, Attempt, Outcome};
use crate::telecom::sms::{ask, gsm};
use crate::time::{DAY_US, SECOND_US};

const CODE_DIGITS: usize = 6;

/// What somebody wants who asks for a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    New,
    /// Any, so long as one is on its way.
    OnItsWay,
}

/// What the first job has found.
enum Begun {
    Code {
        provider_id: i64,
        attempt: Attempt,
    },
    /// One that was sent a moment ago.
    Sent,
    /// Kept, so that it is counted.
    Refused(Error),
}

struct Wanted {
    user_id: i64,
    phone: String,
    provider: String,
    wish: Wish,
    text: String,
    now_us: i64,
}

pub fn begin(call: &Call, wish: Wish) -> Result<Reply> {
    let provider = call.app.config.load().phone_check_provider.clone();
    if provider.is_empty() {
        return Err(Error::access("phone_provider"));
    }
    let user_id = need_user(call)?;
    let (phone, text) = (wanted(call)?, call.word("text_code").to_owned());
    let wanted = Wanted { user_id, phone, provider, wish, text, now_us: call.now_us };
    let _waiting = Waiting::begin("sms")?;
    match call.app.db.write(move |conn| write_down(conn, &wanted))? {
        Begun::Sent => Reply::ok(),
        Begun::Refused(error) => Err(error),
        Begun::Code { provider_id, attempt } => hand_over(call, user_id, provider_id, &attempt),
    }
}

/// The number that the call names, else the user's own, without what only helps to read it.
fn wanted(call: &Call) -> Result<String> {
    let sent = call.params.get("phone").trim();
    let text = if sent.is_empty() { call.caller.user.phone.as_str() } else { sent };
    let phone: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '.')).collect();
    match ask::is_phone(&phone) {
        true => Ok(phone),
        false if text.is_empty() => Err(Error::missed("phone")),
        false => Err(Error::value("phone", text).with("desc", "desc_phone")),
    }
}

fn write_down(conn: &mut Conn, wanted: &Wanted) -> Result<Begun> {
    let Wanted { user_id, phone, now_us, .. } = wanted;
    let known = Phone::locked(conn, *user_id, *now_us)?;
    let wait_us = known.sent_us + PAUSE_US - now_us;
    if wait_us > 0 && wanted.wish == Wish::OnItsWay && known.phone == *phone {
        return Ok(Begun::Sent);
    }
    if wait_us > 0 {
        let seconds = (wait_us + SECOND_US - 1) / SECOND_US;
        return Err(Error::new("fraud_phone_try_timeout", "").with("value", seconds.to_string()));
    }
    if known.sent >= SENT_MAX || sent_to(conn, phone, *now_us)? >= SENT_MAX {
        return Err(Error::new("fraud_phone_try_limit", "phone").with("value", SENT_MAX.to_string()));
    }
    let (provider_id, is_sandbox) = provider(conn, &wanted.provider)?;
    let refused = need_free(conn, *user_id, phone).err();
    let code = if is_sandbox { sandbox_code(phone) } else { random_code() };
    let kept = if refused.is_some() { String::new() } else { hash(*user_id, phone, &code) };
    let sql = Sql::new("UPDATE user_phone SET tries = 0, phone = ").bind(phone.as_str());
    let sql = sql.sql(", hash = ").bind(kept).sql(", sent_at = ").bind(*now_us);
    let sql = sql.sql(", expires_at = ").bind(now_us + LIFETIME_US).sql(", day = ").bind(now_us / DAY_US);
    let sql = sql.sql(", sent = ").bind(known.sent + 1).sql(" WHERE user_id = ").bind(*user_id);
    sql.execute(conn)?;
    Ok(match refused {
        Some(error) => Begun::Refused(error),
        None => Begun::Code { provider_id, attempt: attempt(wanted, &code) },
    })
}

/// Codes of today to a phone, whoever wanted them.
fn sent_to(conn: &mut Conn, phone: &str, now_us: i64) -> Result<i64> {
    let sql = Sql::new("SELECT CAST(COALESCE(SUM(sent), 0) AS BIGINT) FROM user_phone WHERE phone = ");
    let sql = sql.bind(phone).sql(" AND day = ").bind(now_us / DAY_US);
    Ok(sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// Its id, and whether it is the one inside of this program.
fn provider(conn: &mut Conn, code: &str) -> Result<(i64, bool)> {
    let sql = Sql::new("SELECT id, kind FROM sms_provider WHERE NOT deleted AND active AND code = ");
    let row = sql.bind(code).first(conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::access("phone_provider"))?;
    Ok((row[0].int(), row[1].str() == SANDBOX))
}

/// Nobody gets the messages of the sandbox, so its codes are the last digits of the number.
fn sandbox_code(phone: &str) -> String {
    let digits = phone.trim_start_matches('+');
    digits[digits.len() - CODE_DIGITS..].to_owned()
}

fn random_code() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000)
}

fn attempt(wanted: &Wanted, code: &str) -> Attempt {
    let text = wanted.text.replace("__code__", code);
    Attempt {
        reference: format!("phone-{}-{}", wanted.user_id, wanted.now_us),
        phone: wanted.phone.clone(),
        sender: String::new(),
        is_unicode: gsm::encoding(&text) == gsm::Encoding::Ucs2,
        parts: gsm::parts(&text).len() as u32,
        text,
    }
}

/// What did not leave us may be tried again at once.
fn hand_over(call: &Call, user_id: i64, provider_id: i64, attempt: &Attempt) -> Result<Reply> {
    let outcome = match transport::of(&call.app, provider_id) {
        Ok(transport) => transport.send(attempt),
        Err(error) => Outcome::NotSent { reason: error.to_string() },
    };
    let error = match outcome {
        Outcome::Accepted { .. } | Outcome::Unknown { .. } => return Reply::ok(),
        Outcome::Rejected { .. } => Error::value("phone", &attempt.phone).with("desc", "desc_phone_refused"),
        Outcome::NotSent { reason } | Outcome::Throttled { reason } => {
            tracing::warn!("a code to confirm a phone was not sent: {reason}");
            Error::new("busy", "sms")
        }
    };
    call.app.db.write(move |conn| {
        let sql = Sql::new("UPDATE user_phone SET hash = '', sent_at = 0 WHERE user_id = ").bind(user_id);
        sql.execute(conn).map(drop)
    })?;
    Err(error)
}
