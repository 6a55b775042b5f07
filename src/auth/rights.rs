//! Stored rights of users: which functions, which families, allowed or not.

use std::collections::HashMap;

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::rpc::handler::{Ctx, Topic};
use crate::rpc::registry::Func;

/// Rights of the user's groups, then his own, which win.
pub fn of_user(conn: &mut Conn, user_id: i64) -> Result<HashMap<String, bool>> {
    let groups = Sql::new(
        "SELECT r.name, r.allowed FROM rightgroup_right r \
         JOIN rightgroup_user u ON u.rightgroup_id = r.rightgroup_id WHERE u.user_id = ",
    );
    let own = Sql::new("SELECT name, allowed FROM userright WHERE user_id = ");
    let mut rights = HashMap::new();
    for sql in [groups, own] {
        let rows = sql.bind(user_id).load(conn, &[Kind::Text, Kind::Flag])?;
        rights.extend(rows.into_iter().map(|row| (row[0].str().to_owned(), row[1].on())));
    }
    Ok(rights)
}

/// The user whose rights are asked for: `plid`, or `elid` of the list. Within the caller's scope
/// and under his ceiling.
fn target(cx: &mut Ctx, id: &str) -> Result<i64> {
    let id: i64 = id.parse().map_err(|_| Error::value("plid", id))?;
    let app = cx.app.clone();
    let user = app.access.user(&app.db, id)?;
    let own = &cx.call.caller.user;
    let in_reach = |user: &super::User| match own.scope() {
        super::Scope::All => true,
        super::Scope::Reseller(reseller) => user.reseller_id == reseller,
        super::Scope::Account(account) => user.account_id == account,
        super::Scope::Nobody => false,
    };
    let user = user.filter(|user| in_reach(user) && user.level <= own.level && user.level < Level::Super);
    let user = user.ok_or_else(|| Error::missed("plid").with("value", id.to_string()))?;
    let staff_by_restricted = user.level.is_staff() && !own.is_server_admin();
    if user.id == own.id || staff_by_restricted {
        return Err(Error::access(cx.func.name()));
    }
    Ok(user.id)
}

/// `rights2.user`: the functions of the user's level and whether he may call them.
pub fn list_of_user(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let id = match cx.params.get("plid") {
        "" => cx.params.get("elid").to_owned(),
        plid => plid.to_owned(),
    };
    let id = target(cx, &id)?;
    let app = cx.app.clone();
    let Some(user) = app.access.user(&app.db, id)? else { return Ok(Vec::new()) };
    let all = app.registry.all();
    let reachable = all.iter().filter(|func| func.meta.level <= user.level);
    let row = |func: &std::sync::Arc<Func>| {
        let title = app.registry.title(func, &cx.call.lang);
        vec![func.name().into(), title.into(), user.may_as(func.name(), &func.meta.right).into()]
    };
    Ok(reachable.map(row).collect())
}

pub fn deny(cx: &mut Ctx, elid: &str) -> Result<()> {
    set(cx, elid, false)
}

pub fn allow(cx: &mut Ctx, elid: &str) -> Result<()> {
    set(cx, elid, true)
}

fn set(cx: &mut Ctx, elid: &str, allowed: bool) -> Result<()> {
    let plid = cx.params.get("plid").to_owned();
    let user_id = target(cx, &plid)?;
    let name = known_name(cx, elid)?;
    remove(cx, user_id, &name)?;
    Sql::new("INSERT INTO userright (user_id, name, allowed) VALUES (")
        .binds([user_id.into(), name.into(), allowed.into()])
        .sql(")")
        .execute(cx.conn)?;
    cx.touch(Topic::Access)
}

/// `userrights.delete`: what is stored goes, the level decides again.
pub fn reset(cx: &mut Ctx, elid: &str) -> Result<()> {
    let plid = cx.params.get("plid").to_owned();
    let user_id = target(cx, &plid)?;
    remove(cx, user_id, elid)?;
    cx.touch(Topic::Access)
}

fn remove(cx: &mut Ctx, user_id: i64, name: &str) -> Result<()> {
    let sql = Sql::new("DELETE FROM userright WHERE user_id = ").bind(user_id);
    sql.sql(" AND name = ").bind(name).execute(cx.conn)?;
    Ok(())
}

/// A function, or the pattern of a family. The caller can only give what he has.
fn known_name(cx: &Ctx, name: &str) -> Result<String> {
    let registry = &cx.app.registry;
    if !registry.knows(name) && registry.get(name).is_none() {
        return Err(Error::missed("func").with("value", name));
    }
    match cx.caller.user.may(name) {
        true => Ok(name.to_owned()),
        false => Err(Error::access(name)),
    }
}

/// `userrights`: every function; with `elid=<user>` what is stored for that user.
pub fn tree(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let stored = match cx.params.get("elid") {
        "" => HashMap::new(),
        id => {
            let id = id.to_owned();
            let user_id = target(cx, &id)?;
            of_user(cx.conn, user_id)?
        }
    };
    let app = cx.app.clone();
    let access = |name: &str| match stored.get(name) {
        Some(true) => "allow",
        Some(false) => "deny",
        None => "default",
    };
    let row = |func: &std::sync::Arc<Func>| {
        let title = app.registry.title(func, &cx.call.lang);
        let level = func.meta.level.name();
        vec![func.name().into(), title.into(), level.into(), access(func.name()).into()]
    };
    Ok(app.registry.all().iter().map(row).collect())
}

/// `userrights.group`: the groups and how many users each has.
pub fn groups(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new(
        "SELECT g.id, g.name, g.level, COUNT(u.user_id), g.description FROM rightgroup g \
         LEFT JOIN rightgroup_user u ON u.rightgroup_id = g.id GROUP BY g.id, g.name, g.level, g.description",
    );
    sql.load(cx.conn, &[Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Text])
}
