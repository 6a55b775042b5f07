//! `recovery` and `recovery.change`: a new password for who has none any more, by a letter.
//!
//! `recovery` answers alike whether somebody has the address or not. A wrong secret is counted against
//! the address that it comes from, and not against the letter: nobody guesses 32 random bytes, and
//! anybody could make the letters of others worthless.

use super::Caller;
use super::proof::{self, Kind};
use super::verify;
use crate::app::App;
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::telecom::password;

pub const FUNCS: &[Row] = &[("recovery", Handler::Form(ASK)), ("recovery.change", Handler::Form(CHANGE))];

const ASK: Form = record::FORM.prepare(admit).read(|cx| Ok(record::defaults(cx))).save(ask);
const CHANGE: Form =
    record::FORM.prepare(need_letter).read(|cx| Ok(record::defaults(cx))).save(change).show(carry);

/// Letters that one line asks for within 15 minutes.
const REQUESTS_MAX: usize = 10;
/// Users of one address who get a letter each.
const USERS_MAX: usize = 5;

fn admit(app: &App, caller: &Caller, _params: &mut Params) -> Result<()> {
    match app.throttle.admits("recovery", caller.ip, REQUESTS_MAX) {
        true => Ok(()),
        false => Err(Error::limit("recovery", "")),
    }
}

/// Users whose address or login it is. Where there are none, or one has had letters enough, nobody is told.
fn ask(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let email = record.str("email").trim().to_owned();
    let fold = email.to_lowercase();
    let of_address =
        may_recover().sql(" AND (u.email = ").bind(email).sql(" OR u.email = ").bind(fold.as_str());
    let found = proof::targets(cx.conn, &of_address.sql(" OR u.name_fold = ").bind(fold).sql(")"))?;
    for user in found.iter().take(USERS_MAX) {
        proof::post(cx.conn, Kind::Recovery, user, cx.call.now_us)?;
    }
    Ok(vec![Node::leaf("ok", "func=logon&told=recovery")])
}

/// Who is a user of the machine signs in there.
fn may_recover() -> Sql {
    Sql::new(" AND u.system_user = ''")
}

fn wrong() -> Error {
    Error::value("secret", "")
}

/// Before the password is hashed: only who has had the letter is worth the time.
fn need_letter(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    for name in ["userid", "secret"] {
        if !params.has(name) {
            return Err(Error::missed(name));
        }
    }
    let guessed = format!("recovery {}", params.get("userid"));
    if app.throttle.is_over(&guessed, caller.ip) {
        return Err(wrong());
    }
    let (user_id, secret) = (params.get("userid").trim().parse().unwrap_or(0), params.get("secret"));
    let now_us = app.clock.now_us();
    let shown =
        app.db.read(BUDGET_SLOW, |conn| proof::find(conn, Kind::Recovery, user_id, secret, now_us))?;
    match shown.is_some_and(|shown| !shown.is_used) {
        true => Ok(()),
        false => {
            app.throttle.failed(&guessed, caller.ip);
            Err(wrong())
        }
    }
}

/// The letter is good for who may still sign in and still has the address that it went to.
fn change(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (user_id, now_us) = (record.int("userid"), cx.call.now_us);
    let shown = proof::find(cx.conn, Kind::Recovery, user_id, record.str("secret"), now_us)?;
    let shown = shown.ok_or_else(wrong)?;
    let found = proof::targets(cx.conn, &may_recover().sql(" AND u.id = ").bind(user_id))?.pop();
    let user = found.filter(|user| user.email == shown.email).ok_or_else(wrong)?;
    if !shown.take(cx.conn, now_us)? {
        return Err(wrong());
    }
    password::set(cx, user.id, user.owner, record.str("password"))?;
    verify::confirm(cx.conn, user.id, &user.email, now_us)?;
    Ok(vec![verify::signs_in("password", &user.name)])
}

/// The page hands the secret of its address on to its button.
fn carry(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    record.show("secret", cx.params.get("secret"));
    Ok(())
}
