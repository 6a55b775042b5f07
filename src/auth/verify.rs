//! `user.verifyemail…`: who has had a letter has its address.
//!
//! `.verify` is the deed, for programs that have read the letter. The letter's link leads to the form
//! `user.verifyemail`, whose button does the same: a link changes nothing, and those that look through
//! letters before they are delivered follow every link in them.

use super::proof::{self, Kind};
use crate::db::{Conn, Kind as Stored, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("user.verifyemail", Handler::Form(PAGE)),
    ("user.verifyemail.send", Handler::Form(SEND)),
    ("user.verifyemail.verify", Handler::Once(verify)),
];

const PAGE: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).save(press).show(carry);
const SEND: Form = record::FORM.read(own).save(send);

/// Has the user confirmed the e-mail that he has now?
pub fn is_confirmed(conn: &mut Conn, user_id: i64) -> Result<bool> {
    let sql =
        Sql::new("SELECT u.id FROM users u JOIN user_email e ON e.user_id = u.id AND e.email = u.email ");
    Ok(sql.sql("WHERE u.id = ").bind(user_id).first(conn, &[Stored::Int])?.is_some())
}

/// Notes the address. Another one counts as unconfirmed by itself.
pub fn confirm(conn: &mut Conn, user_id: i64, email: &str, now_us: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO user_email (user_id, email, confirmed_at) VALUES (");
    let sql = sql
        .binds([user_id.into(), email.into(), now_us.into()])
        .sql(") ON CONFLICT (user_id) DO UPDATE SET ");
    sql.sql("email = excluded.email, confirmed_at = excluded.confirmed_at").execute(conn).map(drop)
}

/// Who can read the letters of an address can set the password: when a confirmed one gives way to another,
/// it is told. Others are not, or who registers with an address of somebody could send him letters.
pub fn tell_change(cx: &mut Ctx, user_id: i64, email: &str) -> Result<()> {
    let Some(to) = proof::target(cx.conn, user_id)?.filter(|to| to.email != email) else { return Ok(()) };
    match is_confirmed(cx.conn, user_id)? {
        true => proof::tell(cx.conn, "email_changed", &to, cx.call.now_us),
        false => Ok(()),
    }
}

/// The way on to the page where one signs in, which tells what was done.
pub fn signs_in(told: &str, name: &str) -> Node {
    let pairs = [("func", "logon"), ("told", told), ("username", name)];
    Node::leaf("ok", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn own(cx: &mut Ctx) -> Result<Record> {
    let id = cx.caller.user.id;
    let sql = Sql::new("SELECT email FROM users WHERE NOT deleted AND id = ").bind(id);
    let row = sql.first(cx.conn, &[Stored::Text])?.ok_or_else(|| Error::access(cx.func.name()))?;
    let mut record = Record::stored(id);
    record.set("email", row[0].str());
    Ok(record)
}

/// A confirmed address needs no letter.
fn send(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let to = proof::target(cx.conn, record.id)?.ok_or_else(|| Error::missed("email"))?;
    let done = is_confirmed(cx.conn, to.id)? || proof::post(cx.conn, Kind::Email, &to, cx.call.now_us)?;
    match done {
        true => Ok(vec![Node::leaf("email", to.email)]),
        false => Err(Error::limit("letters", "")),
    }
}

fn press(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let email = redeem(cx)?;
    Ok(vec![match cx.caller.is_known() {
        true => Node::leaf("email", email),
        false => Node::leaf("ok", "func=logon&told=confirmed"),
    }])
}

fn verify(cx: &mut Ctx) -> Result<Reply> {
    redeem(cx)?;
    Reply::ok()
}

/// Confirms the address that the letter went to, if it is still the user's. Twice is no error.
fn redeem(cx: &mut Ctx) -> Result<String> {
    let (call, now_us) = (cx.call, cx.call.now_us);
    let (name, key) = (call.params.get("username").trim().to_lowercase(), call.params.get("key"));
    let wrong = || Error::value("key", "");
    let guessed = format!("verify {name}");
    if call.app.throttle.is_over(&guessed, call.caller.ip) {
        return Err(wrong());
    }
    let user = proof::targets(cx.conn, &Sql::new(" AND u.name_fold = ").bind(name))?.pop();
    let shown = match &user {
        Some(user) => proof::find(cx.conn, Kind::Email, user.id, key, now_us)?,
        None => None,
    };
    let known = user.zip(shown).filter(|(user, shown)| user.email == shown.email);
    let Some((user, shown)) = known else {
        call.app.throttle.failed(&guessed, call.caller.ip);
        return Err(wrong());
    };
    if !shown.is_used {
        shown.take(cx.conn, now_us)?;
        confirm(cx.conn, user.id, &user.email, now_us)?;
        history::write_of(cx, "user", user.id, user.owner, "email confirmed")?;
        cx.touch(Topic::Access)?;
    }
    Ok(user.email)
}

/// The page hands the key of its address on to its button.
fn carry(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    record.show("key", cx.params.get("key"));
    Ok(())
}
