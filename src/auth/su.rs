//! Acting as another user: for one call (`su=`), or with a session of one's own.

use std::sync::Arc;

use super::{Caller, Hop, User, session};
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::params::Params;
use crate::record;
use crate::rpc::handler::{Call, Ctx, Reply};

/// Hops that are kept from who signed in to whom the call acts as.
const HOPS_MAX: usize = 4;

/// `su=` of a request: a name, else an id, else an e-mail address (protocol.md C2).
pub fn per_request(app: &App, caller: Caller, params: &Params) -> Result<Caller> {
    let Some(name) = params.sent("su") else { return Ok(caller) };
    if !caller.is_known() {
        return Err(Error::auth("session"));
    }
    let refused = || Error::access("su").with("value", name);
    let target = match app.access.user_named(&app.db, name)? {
        Some(user) => Some(user),
        None => by_id_or_email(app, name)?,
    };
    let target = target.filter(|user| may(&caller.user, user)).ok_or_else(refused)?;
    let path = longer(&caller.path, &target)?;
    Ok(Caller { path, user: target, ..caller })
}

fn by_id_or_email(app: &App, name: &str) -> Result<Option<Arc<User>>> {
    if let Ok(id) = name.parse() {
        return app.access.user(&app.db, id);
    }
    let budget = std::time::Duration::from_secs(2);
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND email = ").bind(name);
    match app.db.read(budget, |conn| sql.load(conn, &[Kind::Int]))?.as_slice() {
        [row] => app.access.user(&app.db, row[0].int()),
        _ => Ok(None), // none, or several: an address is no name then
    }
}

/// The ceiling: nobody acts as a user above himself; staff only by a server administrator; a
/// reseller for his own clients; anybody else for nobody, not himself (decisions.md, Access).
pub fn may(own: &User, target: &User) -> bool {
    if !target.active || target.level > own.level {
        return false;
    }
    match own.level {
        _ if own.is_server_admin() => target.level < Level::Super,
        Level::Admin => target.level < Level::Department,
        Level::Reseller => {
            target.level <= Level::User && target.reseller_id == own.account_id && own.account_id != 0
        }
        _ => false,
    }
}

fn longer(path: &[Hop], target: &User) -> Result<Vec<Hop>> {
    if path.len() >= HOPS_MAX {
        return Err(Error::limit("su", HOPS_MAX.to_string()));
    }
    Ok(path.iter().cloned().chain([target.hop()]).collect())
}

/// `func=su&elid=<user id or name>`.
pub fn su(cx: &mut Ctx) -> Result<Reply> {
    let name = cx.params.get("elid").trim().to_owned();
    let app = cx.app.clone();
    let target = match name.parse::<i64>() {
        Ok(id) => app.access.user(&app.db, id)?,
        Err(_) => app.access.user_named(&app.db, &name)?,
    };
    let target = target.ok_or_else(|| Error::missed("elid").with("value", name))?;
    enter(cx, &target)
}

/// `X.su`: the first user of the account that the row belongs to; `user.su` the user itself.
pub fn by_row(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    let user_id = match cx.func.object.as_str() {
        "user" => {
            record::need_own(cx, id)?;
            Some(id)
        }
        _ => {
            let (account_id, _) = record::owner_of(cx, id)?;
            first_user(cx.conn, account_id)?
        }
    };
    let app = cx.app.clone();
    let user = match user_id {
        Some(id) => app.access.user(&app.db, id)?,
        None => None,
    };
    let user = user.ok_or_else(|| Error::missed("user").with("value", id.to_string()))?;
    enter(cx, &user)
}

fn first_user(conn: &mut Conn, account_id: i64) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM users WHERE active AND NOT deleted AND account_id = ");
    let sql = sql.bind(account_id).sql(" ORDER BY id LIMIT 1");
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

fn enter(cx: &mut Ctx, target: &User) -> Result<Reply> {
    if !may(&cx.caller.user, target) {
        return Err(Error::access(cx.func.name()));
    }
    let path = longer(&cx.caller.path, target)?;
    let node = open(cx, target, &path[..path.len() - 1])?;
    Ok(Reply::Ok(vec![node]))
}

/// `func=chlevel&lp=1`: back to an earlier identity of the path, 1 the outermost.
pub fn chlevel(cx: &mut Ctx) -> Result<Reply> {
    let place = cx.params.get("lp").parse::<usize>().unwrap_or(1).max(1);
    let path = cx.caller.path.clone();
    let hop = path.get(place - 1).ok_or_else(|| Error::value("lp", place.to_string()))?;
    let app = cx.app.clone();
    let user = match hop.id {
        0 => Some(Arc::new(User::root())),
        id => app.access.user(&app.db, id)?.filter(|user| user.active),
    };
    let user = user.ok_or_else(|| Error::auth("session"))?;
    let node = open(cx, &user, &path[..place - 1])?;
    if let Some(session) = &cx.call.caller.session {
        session::end_hash(cx.conn, &session.hash)?;
        cx.touch(crate::rpc::handler::Topic::Access)?;
    }
    Ok(Reply::Ok(vec![node]))
}

/// A new session and the `auth` node that tells its id.
pub fn open(cx: &mut Ctx, user: &User, path: &[Hop]) -> Result<Node> {
    let call: &Call = cx.call;
    let id = session::create(cx.conn, user, path, &call.caller.ip_text(), call.now_us)?;
    let level = user.level.number().to_string();
    Ok(Node::leaf("auth", id.clone()).attr("id", id).attr("level", level))
}
