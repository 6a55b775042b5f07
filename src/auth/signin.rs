//! Sessions as functions: signing in and out, the list of sessions, one-time keys.

use super::{Caller, identify, session, su, totp};
use crate::app::App;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::rpc::handler::{Ctx, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::time::SECOND_US;

pub const FUNCS: &[Row] = &[
    ("auth", Handler::Once(auth)),
    ("logon", Handler::Once(logon)),
    ("logout", Handler::Once(logout)),
    ("keepalive", Handler::Once(|_| Reply::ok())),
    ("su", Handler::Once(su::su)),
    ("chlevel", Handler::Once(su::chlevel)),
    ("session", Handler::Rows(list)),
    ("session.delete", Handler::Each(delete)),
    ("session.newkey", Handler::Once(newkey)),
];

/// A session for whoever the call proved to be: by password, key, authinfo or another session. Who needs a
/// code beside his password is led there.
fn auth(cx: &mut Ctx) -> Result<Reply> {
    if let Some(user) = cx.caller.awaited.clone() {
        return totp::step::begin(cx, &user);
    }
    let user = cx.caller.user.clone();
    let hops = cx.caller.path.len().saturating_sub(1);
    let path = cx.caller.path[..hops].to_vec();
    let node = su::open(cx, &user, &path)?;
    let owner = (user.account_id, user.reseller_id);
    identify::log_row(&user.name, &cx.caller.ip_text(), "ok", owner, cx.now_us).execute(cx.conn)?;
    Ok(Reply::Object(vec![node]))
}

/// The page to sign in on; it tells nothing.
fn logon(cx: &mut Ctx) -> Result<Reply> {
    Ok(Reply::Object(vec![Node::leaf("username", cx.params.get("username"))]))
}

fn logout(cx: &mut Ctx) -> Result<Reply> {
    if let Some(session) = cx.caller.session.clone() {
        session::end_hash(cx.conn, &session.hash)?;
        cx.touch(Topic::Access)?;
    }
    Reply::ok()
}

/// Whose sessions a caller sees and ends: staff all; others their own, without those in which staff or a
/// reseller acts as them.
fn whose(caller: &Caller) -> Sql {
    match caller.level() >= Level::Admin {
        true => Sql::default(),
        false => Sql::new(" AND s.path = '' AND s.user_id = ").bind(caller.user.id),
    }
}

/// Live sessions with the seconds since their last call.
fn list(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let idle_us = session::idle_us(&cx.app.config.load());
    let sql = Sql::new(
        "SELECT s.handle, u.name, u.level, s.ip, s.seen_at, s.created_at, s.hash FROM session s \
         JOIN users u ON u.id = s.user_id WHERE NOT u.deleted",
    );
    let sql = sql.append(&whose(&cx.caller));
    let current = cx.caller.session.as_ref().map_or(String::new(), |session| session.hash.clone());
    let kinds = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Text];
    let rows = sql.load(cx.conn, &kinds)?;
    let recent = cx.app.access.recent();
    let now_us = cx.now_us;
    let idle = |row: &Vec<Raw>| {
        let seen_us = recent.get(row[6].str()).copied().unwrap_or_default().max(row[4].int());
        (now_us - seen_us).max(0)
    };
    let alive = rows.into_iter().filter(|row| idle(row) <= idle_us);
    let shown = |row: Vec<Raw>| {
        let seconds = idle(&row) / SECOND_US;
        let [handle, name, level, ip, _, created, hash] = row.try_into().expect("seven columns were read");
        vec![handle, name, level, ip, seconds.into(), created, (hash.str() == current).into()]
    };
    Ok(alive.map(shown).collect())
}

/// Ends a session by its handle or id. One that is not there, or not the caller's, is no error.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let sql =
        Sql::new("SELECT u.level, u.id FROM session s JOIN users u ON u.id = s.user_id WHERE (s.handle = ");
    let sql =
        sql.bind(elid).sql(" OR s.hash = ").bind(session::hash(elid)).sql(")").append(&whose(&cx.caller));
    let Some(row) = sql.first(cx.conn, &[Kind::Int; 2])? else { return Ok(()) };
    let (level, is_own) = (Level::of(row[0].int()), row[1].int() == cx.caller.user.id);
    let is_beyond = level > cx.caller.level() || (level.is_staff() && !cx.caller.user.is_server_admin());
    if is_beyond && !is_own {
        return Err(Error::access(cx.func.name()));
    }
    session::end(cx.conn, elid)?;
    cx.touch(Topic::Access)
}

/// A key of the caller's own choosing that signs a user in once, within 300 seconds. Without a
/// name it is the server administrator's own, from the socket only.
fn newkey(cx: &mut Ctx) -> Result<Reply> {
    let (key, name) = (cx.params.get("key").to_owned(), cx.params.get("username").trim().to_owned());
    if key.chars().count() < session::KEY_LENGTH_MIN {
        return Err(Error::value("key", "").with("desc", "desc_key_short"));
    }
    let app = cx.app.clone();
    let user_id = match name.as_str() {
        "" => first_admin(cx.call.caller.via, &app)?,
        name => named(&app, &cx.call.caller, name)?,
    };
    session::store_key(cx.conn, &key, user_id, cx.call.now_us)?;
    Reply::ok()
}

fn named(app: &App, caller: &Caller, name: &str) -> Result<i64> {
    let user = app.access.user_named(&app.db, name)?;
    let user = user.filter(|user| su::may(&caller.user, user));
    user.map(|user| user.id).ok_or_else(|| Error::missed("username").with("value", name))
}

/// The oldest unrestricted administrator: whom the server administrator is in a browser.
fn first_admin(via: super::Via, app: &App) -> Result<i64> {
    if via != super::Via::Socket {
        return Err(Error::missed("username"));
    }
    let sql = Sql::new(
        "SELECT MIN(id) FROM users WHERE active AND NOT deleted AND NOT is_restricted AND level >= ",
    );
    let sql = sql.bind(Level::Admin.number());
    let row = app.db.read(crate::rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
    row.map(|row| row[0].int()).filter(|id| *id > 0).ok_or_else(|| Error::missed("username"))
}
