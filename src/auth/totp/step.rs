//! Between the password and the code: an id that is no session, good for five minutes, for the address
//! that it was given to, and for nothing but `totp.confirm`.

use std::net::IpAddr;

use super::check::{self, Verdict};
use crate::app::App;
use crate::auth::{User, session};
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Ctx, Reply};
use crate::time::MINUTE_US;

/// The function that takes the code.
pub const CONFIRM: &str = "totp.confirm";
/// What `ok` tells to call next.
const NEXT: &str = "func=totp.confirm";
const LIFETIME_US: i64 = 5 * MINUTE_US;
/// Codes that one may try before the password is asked for again.
const TRIES_MAX: i64 = 5;

/// `ok` that leads to the code. The id stands where that of a session would: as a node and so as the
/// cookie, too.
pub fn begin(cx: &mut Ctx, user: &User) -> Result<Reply> {
    let (id, now_us) = (session::new_id(), cx.call.now_us);
    Sql::new("DELETE FROM login_step WHERE expires_at < ").bind(now_us).execute(cx.conn)?;
    let sql = Sql::new("INSERT INTO login_step (hash, user_id, ip, expires_at) VALUES (");
    let expires_us = now_us + LIFETIME_US;
    sql.binds([session::hash(&id).into(), user.id.into(), cx.caller.ip_text().into(), expires_us.into()])
        .sql(")")
        .execute(cx.conn)?;
    let auth = Node::leaf("auth", id.clone()).attr("id", id).attr("level", "0");
    Ok(Reply::Ok(vec![next(), auth]))
}

pub fn next() -> Node {
    Node::leaf("ok", NEXT)
}

/// Is it such an id, and does a code still count with it?
pub fn is_open(app: &App, id: &str, ip: IpAddr) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM login_step").append(&open(id, ip, app.clock.now_us()));
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
    Ok(row.is_some())
}

fn open(id: &str, ip: IpAddr, now_us: i64) -> Sql {
    let sql = Sql::new(" WHERE hash = ").bind(session::hash(id));
    let sql = sql.sql(" AND ip = ").bind(ip.to_canonical().to_string());
    sql.sql(" AND expires_at > ").bind(now_us).sql(" AND tries < ").bind(TRIES_MAX)
}

/// Whose the step is, and what his code was worth; nothing where there is no such step. Blocks. A right code
/// ends the step, and each other one counts before anybody learns that it was wrong.
pub fn redeem(app: &App, id: &str, code: &str, ip: IpAddr) -> Result<Option<(i64, Verdict)>> {
    let (sealer, code, now_us) = (app.sealer.clone(), code.to_owned(), app.clock.now_us());
    let (hash, step) = (session::hash(id), open(id, ip, now_us));
    app.db.write(move |conn| {
        if Sql::new("UPDATE login_step SET tries = tries + 1").append(&step).execute(conn)? == 0 {
            return Ok(None);
        }
        let sql = Sql::new("SELECT user_id FROM login_step WHERE hash = ").bind(hash.as_str());
        let user_id = sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
        let verdict = check::redeem(conn, &sealer, user_id, &code, now_us)?;
        if verdict == Verdict::Right {
            Sql::new("DELETE FROM login_step WHERE hash = ").bind(hash.as_str()).execute(conn)?;
        }
        Ok(Some((user_id, verdict)))
    })
}

/// Whatever a user has begun is over.
pub fn end_of_user(conn: &mut Conn, user_id: i64) -> Result<()> {
    Sql::new("DELETE FROM login_step WHERE user_id = ").bind(user_id).execute(conn).map(drop)
}
