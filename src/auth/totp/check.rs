//! Is it a code of this user? The one place that answers it: a code is good once, and wrong ones count for
//! the user, from whatever address and for whatever they are shown.

use super::code::{self, Code, Secret};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::seal::{Column, Sealer};
use crate::time::MINUTE_US;

pub const SECRET: Column =
    Column { table: "user_totp", column: "secret", context: "user_totp.secret:{user_id}", only: "" };

/// Codes of an app that a user may try in a window. Recovery codes are too long to be guessed, so they go on
/// working for who was locked out by others.
const TRIES_MAX: i64 = 10;
const WINDOW_US: i64 = 60 * MINUTE_US;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// Not looked at.
    TooOften,
}

impl Verdict {
    /// Error of a form whose field `qrcode` holds the code.
    pub fn need_right(self) -> Result<()> {
        match self {
            Self::Right => Ok(()),
            Self::Wrong => Err(Error::value("qrcode", "")),
            Self::TooOften => Err(Error::limit("totp_tries", "")),
        }
    }
}

/// Does the user sign in with a second step?
pub fn is_on(conn: &mut Conn, user_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM user_totp WHERE user_id = ").bind(user_id);
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

/// Uses a code up. To be kept by its transaction, whatever the answer.
pub fn redeem(conn: &mut Conn, sealer: &Sealer, user_id: i64, text: &str, now_us: i64) -> Result<Verdict> {
    match Code::read(text) {
        None => Ok(Verdict::Wrong),
        Some(Code::Recovery(text)) => {
            let sql = Sql::new("DELETE FROM user_totp_code WHERE user_id = ").bind(user_id);
            let used = sql.sql(" AND hash = ").bind(code::recovery_hash(&text)).execute(conn)?;
            Ok(if used == 1 { Verdict::Right } else { Verdict::Wrong })
        }
        Some(Code::App(digits)) => of_app(conn, sealer, user_id, &digits, now_us),
    }
}

/// The row is locked by counting the try, so of many at once each sees what those before it have used up.
fn of_app(conn: &mut Conn, sealer: &Sealer, user_id: i64, digits: &str, now_us: i64) -> Result<Verdict> {
    if !count(conn, user_id, now_us)? {
        return Ok(if is_on(conn, user_id)? { Verdict::TooOften } else { Verdict::Wrong });
    }
    let sql = Sql::new("SELECT secret, last_counter FROM user_totp WHERE user_id = ").bind(user_id);
    let Some(row) = sql.first(conn, &[Kind::Text, Kind::Int])? else { return Ok(Verdict::Wrong) };
    let secret = Secret::read(&sealer.open(row[0].str(), &SECRET.context(&[&user_id]))?);
    let secret = secret.ok_or_else(|| Error::system("a stored secret has a wrong length"))?;
    let Some(period) = secret.period_of(digits, now_us).filter(|period| *period > row[1].int()) else {
        return Ok(Verdict::Wrong);
    };
    let sql = Sql::new("UPDATE user_totp SET tries = 0, last_counter = ").bind(period);
    sql.sql(" WHERE user_id = ").bind(user_id).execute(conn)?;
    Ok(Verdict::Right)
}

/// Counts a try, unless there were too many.
fn count(conn: &mut Conn, user_id: i64, now_us: i64) -> Result<bool> {
    let since_us = now_us - WINDOW_US;
    let sql = Sql::new("UPDATE user_totp SET tries = CASE WHEN window_at > ").bind(since_us);
    let sql = sql.sql(" THEN tries + 1 ELSE 1 END, window_at = CASE WHEN window_at > ").bind(since_us);
    let sql = sql.sql(" THEN window_at ELSE ").bind(now_us).sql(" END WHERE user_id = ").bind(user_id);
    let sql = sql.sql(" AND (tries < ").bind(TRIES_MAX).sql(" OR window_at <= ").bind(since_us).sql(")");
    Ok(sql.execute(conn)? == 1)
}
