//! Users: who signs in. Everything that makes a credential worthless counts its version up and
//! ends the user's sessions, in the same transaction.

use crate::auth::{proof, session, verify};
use crate::config::Networks;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::telecom::sip;

pub const FUNCS: &[Row] = &[
    ("user.edit", Handler::Form(EDIT)),
    ("user.delete", Handler::Each(delete)),
    ("user.suspend", Handler::Each(suspend)),
    ("user.resume", Handler::Each(resume)),
    ("user.lookup", Handler::Once(lookup)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// The first user of a new account. Without a password he signs in with a key only.
pub fn create(cx: &mut Ctx, owner: (i64, i64), is_reseller: bool) -> Result<i64> {
    let call = cx.call;
    let text = |name: &str| call.params.get(name).to_owned();
    let name = text("email");
    need_free_name(cx, &name, 0)?;
    let level = if is_reseller { Level::Reseller } else { Level::User };
    let lang = cx.params.get("lang").to_owned();
    let values: [(&str, Raw); 11] = [
        ("account_id", owner.0.into()),
        ("reseller_id", owner.1.into()),
        ("name_fold", name.to_lowercase().into()),
        ("name", name.into()),
        ("level", level.number().into()),
        ("password", text("passwd").into()),
        ("realname", text("realname").into()),
        ("email", text("email").into()),
        ("phone", text("phone").into()),
        ("lang", lang.into()),
        ("created_at", cx.now_us.into()),
    ];
    let sql = Sql::new("INSERT INTO users (").words(values.iter().map(|value| value.0)).sql(") VALUES (");
    let sql = sql.binds(values.into_iter().map(|value| value.1)).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a user got no id"))?;
    cx.touch(Topic::Access)?;
    Ok(row[0].int())
}

fn need_free_name(cx: &mut Ctx, name: &str, own_id: i64) -> Result<()> {
    if name.trim().is_empty() || name.contains(':') {
        return Err(Error::value("name", name)); // a colon ends the name in authinfo
    }
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND name_fold = ").bind(name.to_lowercase());
    match sql.sql(" AND id <> ").bind(own_id).first(cx.conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("name", name)),
        None => Ok(()),
    }
}

/// Nobody changes a user above himself; staff only a server administrator.
fn need_ceiling(cx: &mut Ctx, id: i64) -> Result<()> {
    let sql = Sql::new("SELECT level FROM users WHERE id = ").bind(id);
    let level = Level::of(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()));
    let own = &cx.call.caller.user;
    let staff = level.is_staff() && !own.is_server_admin() && own.id != id;
    match level > own.level || staff {
        true => Err(Error::access(cx.func.name())),
        false => Ok(()),
    }
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.str("name").is_empty() {
        let email = record.str("email").to_owned();
        record.set("name", email);
    }
    let name = record.str("name").to_owned();
    need_free_name(cx, &name, record.id)?;
    let addr = record.str("addr").to_owned();
    Networks::parse(&addr).map_err(|_| Error::value("addr", addr))?;
    if record.is_new() {
        return check_new(cx, record);
    }
    if record.id == cx.caller.user.id && record.has_changed("default_access_allow") {
        return Err(Error::access(cx.func.name())); // nobody widens his own rights
    }
    need_ceiling(cx, record.id)
}

/// A user of a client or reseller; without an account an employee, whom only a server
/// administrator makes.
fn check_new(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = match record.int("account_id") {
        0 => cx.plid()?.unwrap_or(cx.caller.user.account_id),
        account_id => account_id,
    };
    record.set("created_at", cx.now_us);
    if account_id == 0 {
        return new_employee(cx, record);
    }
    let (account_id, _) = record::account_owner(cx, account_id)?;
    let sql = Sql::new("SELECT is_reseller FROM account WHERE id = ").bind(account_id);
    let is_reseller = sql.first(cx.conn, &[Kind::Flag])?.is_some_and(|row| row[0].on());
    let level = if is_reseller { Level::Reseller } else { Level::User };
    record.set("account_id", account_id);
    record.set("level", level.number());
    Ok(())
}

fn new_employee(cx: &Ctx, record: &mut Record) -> Result<()> {
    if !cx.caller.user.is_server_admin() {
        return Err(Error::missed("account"));
    }
    record.set("level", Level::Admin.number());
    record.set("account_id", 0);
    record.set("reseller_id", 0);
    Ok(())
}

/// What makes a known password, or a session, worth nothing.
const CREDENTIALS: [&str; 3] = ["passwd", "password", "addr"];

pub fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    if ["passwd", "password"].iter().any(|field| record.has_changed(field)) {
        record.set("passwd_temporary", false);
    }
    let renews = CREDENTIALS.iter().any(|field| record.has_changed(field)) && !record.is_new();
    if record.has_changed("email") && !record.is_new() {
        verify::tell_change(cx, record.id, record.str("email"))?;
    }
    let id = record::store(cx, record)?;
    if renews {
        renew(cx, id)?;
    }
    cx.touch(Topic::Access)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Ends all sessions of a user and what his web phone was told, forgets his verified password
/// everywhere, and makes keys and letters worthless by which he could enter.
pub fn renew(cx: &mut Ctx, id: i64) -> Result<()> {
    session::forget_keys(cx.conn, id)?;
    proof::retire(cx.conn, proof::Kind::Recovery, id, cx.call.now_us)?;
    sip::renew_web(cx.conn, &cx.call.app, id)?;
    let sql = Sql::new("UPDATE users SET credential_version = credential_version + 1 WHERE id = ").bind(id);
    sql.execute(cx.conn)?;
    session::end_of_user(cx.conn, id)
}

fn need_other(cx: &mut Ctx, elid: &str) -> Result<i64> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    if id == cx.caller.user.id {
        return Err(Error::access(cx.func.name())); // nobody shuts himself out
    }
    need_ceiling(cx, id)?;
    Ok(id)
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let own = elid.parse().is_ok_and(|id| record::need_own(cx, id).is_ok());
    if !own {
        return Ok(());
    }
    let id = need_other(cx, elid)?;
    record::delete(cx, elid)?;
    renew(cx, id)?;
    cx.touch(Topic::Access)
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = need_other(cx, elid)?;
    record::suspend(cx, elid)?;
    renew(cx, id)?;
    cx.touch(Topic::Access)
}

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    need_other(cx, elid)?;
    record::resume(cx, elid)?;
    cx.touch(Topic::Access)
}

/// `user.lookup by=email text=…`: the id of the one user found.
fn lookup(cx: &mut Ctx) -> Result<Reply> {
    let text = cx.params.get("text").trim().to_owned();
    let column = match cx.params.get("by") {
        "" | "email" => "email",
        "phone" => "phone",
        "name" => "name",
        "id" => "id",
        other => return Err(Error::value("by", other)),
    };
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND ").word(column).sql(" = ");
    let sql = match column {
        "id" => sql.bind(text.parse::<i64>().map_err(|_| Error::value("text", &text))?),
        _ => sql.bind(text.as_str()),
    };
    let sql = match cx.input("level")?.map(|level| level.int()).filter(|level| *level > 0) {
        Some(level) => sql.sql(" AND level = ").bind(level),
        None => sql,
    };
    let row = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("user").with("value", text))?;
    Ok(Reply::Object(vec![Node::leaf("id", row[0].int().to_string())]))
}
