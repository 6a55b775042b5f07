//! Passwords of clients: their own, and those that a reseller's portal sets for them
//! (operations.md §2.15). A new one ends all sessions; what SIP accounts have stays as it is.

use std::sync::Arc;

use super::account;
use crate::app::App;
use crate::auth::{Caller, OWN_PASSWD, Scope, User, identify, session};
use crate::billing::user;
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    (OWN_PASSWD, Handler::Form(OWN)),
    ("account.passwd", Handler::Form(SET)),
    ("account.passwd.change", Handler::Form(CHANGE)),
    ("account.passwd.reset", Handler::Form(RESET)),
];

const OWN: Form = record::FORM.prepare(check_own).read(own).save(save);
const SET: Form = record::FORM.read(account::own_user).save(save);
const CHANGE: Form = record::FORM.prepare(check_client).read(account::own_user).save(save);
const RESET: Form = record::FORM.prepare(make).read(account::own_user).save(answer);

/// Under this name a made-up password travels to its answer; nothing echoes or journals it.
pub const MADE: &str = "secret";
const MADE_CHARS: usize = 12;

fn own(cx: &mut Ctx) -> Result<Record> {
    let user = cx.caller.user.clone();
    if user.id == 0 {
        return Err(Error::access(cx.func.name()));
    }
    let mut record = Record::stored(user.id);
    record.owner = (user.account_id, user.reseller_id);
    Ok(record)
}

fn check_own(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    check_old(app, caller, params, Some(caller.user.clone()))
}

/// The user of the client whom `elid` names is looked up within the caller's scope.
fn check_client(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    let user = user_of(app, caller.scope(), params.get("elid"))?;
    check_old(app, caller, params, user)
}

fn user_of(app: &App, scope: Scope, account_id: &str) -> Result<Option<Arc<User>>> {
    let Ok(account_id) = account_id.parse::<i64>() else { return Ok(None) };
    let user_id = app.db.read(BUDGET_SLOW, |conn| {
        let sql = Sql::new("SELECT id FROM account WHERE NOT deleted AND id = ").bind(account_id);
        let is_own = sql.append(&record::scope_sql(scope, "id")).first(conn, &[crate::db::Kind::Int])?;
        is_own.map(|_| account::first_user(conn, account_id)).transpose()
    })?;
    user_id.map_or(Ok(None), |id| app.access.user(&app.db, id))
}

fn check_old(app: &App, caller: &Caller, params: &Params, user: Option<Arc<User>>) -> Result<()> {
    let (old, new) = (params.get("old_passwd"), params.get("passwd"));
    identify::need_current(app, caller.ip, user.as_deref(), old)?;
    match old == new {
        true => Err(Error::value("passwd", "").with("desc", "desc_password_same")),
        false => Ok(()),
    }
}

/// Puts a made-up password where a sent one would be hashed; what was sent counts for nothing.
pub fn make(_app: &App, _caller: &Caller, params: &mut Params) -> Result<()> {
    let made = made_up();
    params.set("passwd", &made);
    params.remove("confirm");
    params.set(MADE, made);
    Ok(())
}

pub fn made_up() -> String {
    session::new_id()[..MADE_CHARS].to_owned()
}

fn answer(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (made, id) = (cx.params.get(MADE).to_owned(), record.id);
    save(cx, record)?;
    Sql::new("UPDATE users SET passwd_temporary = TRUE WHERE id = ").bind(id).execute(cx.conn)?;
    Ok(vec![Node::leaf("passwd", made)])
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    set(cx, record.id, record.owner, record.str("password"))?;
    Ok(Vec::new())
}

/// Gives a user the password of a hash, for good.
pub fn set(cx: &mut Ctx, user_id: i64, owner: (i64, i64), hash: &str) -> Result<()> {
    let sql =
        Sql::new("UPDATE users SET passwd_temporary = FALSE, password = ").bind(hash).sql(" WHERE id = ");
    sql.bind(user_id).execute(cx.conn)?;
    user::renew(cx, user_id)?;
    cx.touch(Topic::Access)?;
    history::write_of(cx, "user", user_id, owner, "passwd")
}
