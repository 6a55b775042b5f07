//! A client as the telephony APIs know him: by his login, the name of his first user.

use crate::auth::Scope;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::level::Level;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("account.dashboard", Handler::View(Some(asked))),
    ("account.clients", Handler::View(Some(clients))),
    ("account.checklogin", Handler::Once(check_login)),
    ("account.contact", Handler::Form(CONTACT)),
];

const CONTACT: Form = record::FORM.read(read_contact).save(save_contact);

/// The account that `plid` names, else the caller's own.
pub fn account_id(cx: &mut Ctx) -> Result<i64> {
    let id = match cx.plid()? {
        Some(id) => id,
        None if cx.caller.user.account_id > 0 => cx.caller.user.account_id,
        None => return Err(Error::missed("plid")),
    };
    record::account_owner(cx, id).map(|owner| owner.0)
}

fn asked(cx: &mut Ctx) -> Result<Sql> {
    Ok(Sql::new(" AND id = ").bind(account_id(cx)?))
}

/// A reseller is no client of his own.
fn clients(cx: &mut Ctx) -> Result<Sql> {
    Ok(match cx.scope() {
        Scope::Reseller(id) => Sql::new(" AND id <> ").bind(id),
        _ => Sql::default(),
    })
}

/// The user that a client signs in as. Error `missed(user)` where there is none.
pub fn first_user(conn: &mut Conn, account_id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND account_id = ").bind(account_id);
    let row = sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int])?;
    Ok(row.ok_or_else(|| Error::missed("user"))?[0].int())
}

/// The account of a client of the caller by his login.
fn by_login(conn: &mut Conn, scope: Scope, login: &str) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT account_id FROM users WHERE NOT deleted AND name_fold = ");
    let sql = sql.bind(login.trim().to_lowercase()).append(&scope_sql(scope, "account_id"));
    let row = sql.sql(" AND level = ").bind(Level::User.number()).first(conn, &[Kind::Int])?;
    Ok(row.map(|row| row[0].int()))
}

/// Whose a foreign login is, is nobody's business: it is not available, and that is all
/// (operations.md §2.15).
fn check_login(cx: &mut Ctx) -> Result<Reply> {
    let login = cx.params.get("login").trim().to_owned();
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND name_fold = ").bind(login.to_lowercase());
    let is_taken = sql.first(cx.conn, &[Kind::Int])?.is_some();
    let own = by_login(cx.conn, cx.call.scope(), &login)?;
    let flag = |name: &'static str, on: bool| Node::leaf(name, if on { "on" } else { "off" });
    let account = own.map(|id| Node::leaf("account", id.to_string()));
    let nodes = [Node::leaf("login", login), flag("exists", own.is_some()), flag("available", !is_taken)];
    Ok(Reply::Object(nodes.into_iter().chain(account).collect()))
}

const CONTACTS: [&str; 4] = ["realname", "email", "phone", "lang"];

/// The client that `elid` names, if he is the caller's; never the reseller himself.
pub fn own_client(cx: &mut Ctx) -> Result<i64> {
    let id = cx.need_elid()?;
    let missed = || Error::missed("elid").with("value", id.to_string());
    let (id, reseller_id) = record::account_owner(cx, id).map_err(|_| missed())?;
    match id == reseller_id && !cx.caller.level().is_staff() {
        true => Err(missed()),
        false => Ok(id),
    }
}

/// An empty record of that client's user.
pub fn own_user(cx: &mut Ctx) -> Result<Record> {
    let account_id = own_client(cx)?;
    let (_, reseller_id) = record::account_owner(cx, account_id)?;
    let mut record = Record::stored(first_user(cx.conn, account_id)?);
    record.owner = (account_id, reseller_id);
    Ok(record)
}

fn read_contact(cx: &mut Ctx) -> Result<Record> {
    let mut record = own_user(cx)?;
    let sql = Sql::new("SELECT ").words(CONTACTS).sql(" FROM users WHERE id = ").bind(record.id);
    let row = sql.first(cx.conn, &[Kind::Text; CONTACTS.len()])?.ok_or_else(|| Error::missed("user"))?;
    CONTACTS.iter().zip(row).for_each(|(name, raw)| record.set(name, raw));
    Ok(record)
}

fn save_contact(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut sql = Sql::new("UPDATE users SET id = id");
    for name in CONTACTS {
        sql = sql.sql(", ").word(name).sql(" = ").bind(record.get(name).clone());
    }
    sql.sql(" WHERE id = ").bind(record.id).execute(cx.conn)?;
    cx.touch(Topic::Access)?;
    history::write_of(cx, "user", record.id, record.owner, &record.changed.join(", "))?;
    Ok(CONTACTS.iter().map(|name| Node::leaf(*name, record.str(name))).collect())
}
