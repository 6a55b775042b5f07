//! A user's phone is confirmed by a code that an SMS brings to it. The provider pays for it
//! (`PhoneCheckProvider`), so how many are sent is limited for a user, for a phone and in time.
//!
//! A number that was confirmed counts as long as it is the user's: who enters another one has to confirm
//! that.

mod send;

use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::time::{DAY_US, MINUTE_US, SECOND_US};

use super::session;

pub const FUNCS: &[Row] = &[("validatephone", Handler::Form(WIZARD))];

const WIZARD: Form = record::FORM.read(read).show(show).outside(act);

/// Codes a day, of a user and to a phone each.
const SENT_MAX: i64 = 5;
/// Between two codes.
const PAUSE_US: i64 = 60 * SECOND_US;
const LIFETIME_US: i64 = 10 * MINUTE_US;
const TRIES_MAX: i64 = 5;

/// What is known of a user's phone.
#[derive(Debug, Default)]
struct Phone {
    /// What the last code was sent to.
    phone: String,
    hash: String,
    tries: i64,
    sent_us: i64,
    expires_us: i64,
    /// Codes of today.
    sent: i64,
}

impl Phone {
    fn load(conn: &mut Conn, user_id: i64, now_us: i64) -> Result<Option<Self>> {
        let sql = Sql::new(
            "SELECT phone, hash, tries, sent_at, expires_at, day, sent FROM user_phone WHERE user_id = ",
        );
        let (int, text) = (Kind::Int, Kind::Text);
        let row = sql.bind(user_id).first(conn, &[text, text, int, int, int, int, int])?;
        Ok(row.map(|row| Self {
            phone: row[0].str().to_owned(),
            hash: row[1].str().to_owned(),
            tries: row[2].int(),
            sent_us: row[3].int(),
            expires_us: row[4].int(),
            sent: if row[5].int() == now_us / DAY_US { row[6].int() } else { 0 },
        }))
    }

    /// The same, with calls of the user taking turns.
    fn locked(conn: &mut Conn, user_id: i64, now_us: i64) -> Result<Self> {
        Sql::new("UPDATE users SET phone = phone WHERE id = ").bind(user_id).execute(conn)?;
        if let Some(phone) = Self::load(conn, user_id, now_us)? {
            return Ok(phone);
        }
        Sql::new("INSERT INTO user_phone (user_id) VALUES (").bind(user_id).sql(")").execute(conn)?;
        Ok(Self::default())
    }
}

/// A code as it is kept: of one user and one phone.
fn hash(user_id: i64, phone: &str, code: &str) -> String {
    session::hash(&format!("{user_id} {phone} {code}"))
}

/// Is the user's phone of now one whose code came back?
pub fn is_confirmed(conn: &mut Conn, user_id: i64) -> Result<bool> {
    let sql = Sql::new(
        "SELECT u.id FROM users u JOIN user_phone p ON p.user_id = u.id \
         WHERE p.confirmed <> '' AND p.confirmed = u.phone AND u.id = ",
    );
    Ok(sql.bind(user_id).first(conn, &[Kind::Int])?.is_some())
}

fn need_user(call: &Call) -> Result<i64> {
    match call.caller.user.id {
        0 => Err(Error::access(call.func.name())),
        id => Ok(id),
    }
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let user_id = need_user(cx.call)?;
    let known = Phone::load(cx.conn, user_id, cx.call.now_us)?.unwrap_or_default();
    let own = &cx.caller.user.phone;
    let mut record = Record::new();
    record.set("phone", if own.is_empty() { known.phone.as_str() } else { own });
    record.set("type", "sms");
    Ok(record)
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let known = Phone::load(cx.conn, cx.caller.user.id, cx.call.now_us)?.unwrap_or_default();
    let left = (SENT_MAX - known.sent).max(0).to_string();
    record.show("tryphone", known.phone);
    record.show("code_count", cx.word("text_code_count").replace("__count__", &left));
    Ok(())
}

/// What a step does when it is filled in.
fn act(call: &Call) -> Result<Reply> {
    match call.func.meta.step {
        0 => send::begin(call, send::Wish::New),
        1 => send::begin(call, send::Wish::OnItsWay),
        _ => finish(call),
    }
}

/// A code that was tried counts, right or wrong.
fn finish(call: &Call) -> Result<Reply> {
    let (user_id, now_us, code) = (need_user(call)?, call.now_us, call.params.get("code").trim().to_owned());
    if code.is_empty() {
        return Err(Error::missed("code"));
    }
    let own = call.with_params(Params::default());
    let confirmed = call.app.db.write(move |conn| {
        let known = Phone::locked(conn, user_id, now_us)?;
        let sql = Sql::new("UPDATE user_phone SET tries = tries + 1 WHERE user_id = ").bind(user_id);
        sql.execute(conn)?;
        let lives = now_us < known.expires_us && known.tries < TRIES_MAX;
        if !lives || known.hash.is_empty() || known.hash != hash(user_id, &known.phone, &code) {
            return Ok(None);
        }
        confirm(conn, user_id, &known.phone, now_us)?;
        let mut cx = Ctx::new(conn, &own);
        let owner = (cx.caller.user.account_id, cx.caller.user.reseller_id);
        history::write_of(&mut cx, "user", user_id, owner, "phone")?;
        cx.touch(Topic::Access)?;
        Ok(Some(known.phone))
    })?;
    let phone = confirmed.ok_or_else(|| Error::new("fraud_invalid_code", "code"))?;
    call.app.access.clear();
    Ok(Reply::Ok(vec![Node::leaf("phone", phone)]))
}

fn confirm(conn: &mut Conn, user_id: i64, phone: &str, now_us: i64) -> Result<()> {
    need_free(conn, user_id, phone)?;
    // Of who has entered another number since, this one is none any more.
    let sql = Sql::new("UPDATE user_phone SET confirmed = '' WHERE confirmed = ").bind(phone);
    sql.sql(" AND user_id <> ").bind(user_id).execute(conn)?;
    let sql = Sql::new("UPDATE user_phone SET hash = '', confirmed = ").bind(phone);
    let sql = sql.sql(", confirmed_at = ").bind(now_us).sql(" WHERE user_id = ").bind(user_id);
    sql.execute(conn)?;
    let sql = Sql::new("UPDATE users SET phone = ").bind(phone).sql(" WHERE id = ").bind(user_id);
    sql.execute(conn).map(drop)
}

/// Error `exists(phone)` where another user has confirmed it.
fn need_free(conn: &mut Conn, user_id: i64, phone: &str) -> Result<()> {
    let sql = Sql::new(
        "SELECT p.id FROM user_phone p JOIN users u ON u.id = p.user_id \
         WHERE NOT u.deleted AND u.phone = p.confirmed AND p.confirmed = ",
    );
    match sql.bind(phone).sql(" AND p.user_id <> ").bind(user_id).first(conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("phone", phone)),
        None => Ok(()),
    }
}
