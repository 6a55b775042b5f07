//! Clients and resellers: the account, its first user and its first personal account.

use crate::auth::session;
use crate::books;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::telecom::client;

use super::usage::refuse_used;
use super::user;

pub const FUNCS: &[Row] = &[
    ("account.account", Handler::View(Some(|_| Ok(Sql::new(" AND NOT is_reseller"))))),
    ("account.edit", Handler::Form(EDIT)),
    ("account.delete", Handler::Each(delete)),
    ("account.suspend", Handler::Each(suspend)),
    ("account.resume", Handler::Each(resume)),
    ("accountinfo", Handler::Once(info)),
    ("subaccount.edit", Handler::Form(record::FORM.check(check_limit))),
];

const EDIT: Form = record::FORM.check(check).save(save).show(show);

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !record.is_new() {
        return Ok(());
    }
    let realname = cx.params.get("realname").trim().to_owned();
    if record.str("name").trim().is_empty() {
        let name = if realname.is_empty() { cx.params.get("email") } else { &realname };
        record.set("name", name);
    }
    record.set("registration_at", cx.now_us);
    if cx.caller.level() == Level::Reseller {
        record.set("reseller_id", cx.caller.user.account_id);
    }
    Ok(())
}

/// A new account gets its user and its money in the same transaction, or is not made.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let is_new = record.is_new();
    let is_reseller = record.get("is_reseller").on();
    if !is_new {
        let id = record::store(cx, record)?;
        return Ok(vec![Node::leaf("id", id.to_string())]);
    }
    let mut reseller_id = record.int("reseller_id");
    let id = record::store(cx, record)?;
    if is_reseller {
        reseller_id = id;
        let sql = Sql::new("UPDATE account SET reseller_id = id WHERE id = ").bind(id);
        sql.execute(cx.conn)?;
    }
    let user_id = user::create(cx, (id, reseller_id), is_reseller)?;
    let project_id = cx.input("project")?.unwrap_or(Raw::Null).int();
    let currency_id = currency_of(cx, project_id)?;
    let subaccount_id = books::open_subaccount(cx.conn, (id, reseller_id), project_id, currency_id)?;
    Ok(vec![
        Node::leaf("id", id.to_string()),
        Node::leaf("account", id.to_string()),
        Node::leaf("user", user_id.to_string()),
        Node::leaf("subaccount", subaccount_id.to_string()),
    ])
}

/// The asked currency, else the provider's.
fn currency_of(cx: &mut Ctx, project_id: i64) -> Result<i64> {
    let asked = cx.input("currency")?.unwrap_or(Raw::Null).int();
    let sql = Sql::new("SELECT currency_id FROM project WHERE NOT deleted AND id = ").bind(project_id);
    let row = sql.first(cx.conn, &[Kind::Int])?;
    let own = row.ok_or_else(|| Error::value("project", project_id.to_string()))?[0].int();
    Ok(if asked == 0 { own } else { asked })
}

/// The user's data beside the account's, to look at.
fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        return Ok(());
    }
    let sql = Sql::new("SELECT email, realname, phone FROM users WHERE NOT deleted AND account_id = ");
    let sql = sql.bind(record.id).sql(" ORDER BY id LIMIT 1");
    if let Some(row) = sql.first(cx.conn, &[Kind::Text; 3])? {
        for (name, raw) in ["email", "realname", "phone"].into_iter().zip(&row) {
            record.show(name, raw.str());
        }
    }
    if let Ok(subaccount) = books::subaccount_of(cx.conn, record.id, None) {
        record.show("project", subaccount.project_id.to_string());
        record.show("currency", subaccount.currency_id.to_string());
    }
    Ok(())
}

/// Only an account without money can go; its users go with it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    if record::need_own(cx, id).is_err() {
        return Ok(());
    }
    let holding = [("call", "call", "account_id"), ("esim", "esim_pending", "account_id")];
    refuse_used(cx, elid, &holding)?; // what is held is no balance
    let sql = Sql::new("SELECT balance FROM subaccount_list WHERE balance <> 0 AND account_id = ").bind(id);
    if let Some(row) = sql.first(cx.conn, &[Kind::Int])? {
        return Err(Error::value("balance", Money(row[0].int()).plain()));
    }
    let clients = Sql::new("SELECT id FROM account WHERE NOT deleted AND id <> ").bind(id);
    if clients.sql(" AND reseller_id = ").bind(id).first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("account", elid));
    }
    let users = Sql::new("SELECT id FROM users WHERE NOT deleted AND account_id = ").bind(id);
    for row in users.load(cx.conn, &[Kind::Int])? {
        session::end_of_user(cx.conn, row[0].int())?;
    }
    Sql::new("UPDATE users SET deleted = TRUE WHERE account_id = ").bind(id).execute(cx.conn)?;
    client::end_lines(cx.conn, id)?;
    record::delete(cx, elid)?;
    cx.touch(Topic::Access)
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    if elid.parse() == Ok(cx.caller.user.account_id) {
        return Err(Error::access(cx.func.name())); // nobody shuts himself out
    }
    record::suspend(cx, elid)?;
    cx.touch(Topic::Access)
}

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    record::resume(cx, elid)?;
    cx.touch(Topic::Access)
}

fn check_limit(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    match record.int("creditlimit") {
        limit if limit < 0 => Err(Error::value("creditlimit", Money(limit).plain())),
        _ => Ok(()),
    }
}

/// A caller's own account and its balances.
fn info(cx: &mut Ctx) -> Result<Reply> {
    let account_id = cx.caller.user.account_id;
    if account_id == 0 {
        return Err(Error::access(cx.func.name()));
    }
    let sql =
        Sql::new("SELECT id, balance, currency_iso, project_name FROM subaccount_list WHERE account_id = ");
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Text];
    let rows = sql.bind(account_id).sql(" ORDER BY id").load(cx.conn, &kinds)?;
    let node = |row: &Vec<Raw>| {
        let iso = row[2].str();
        Node::new("subaccount")
            .attr("id", row[0].int().to_string())
            .kid(Node::leaf("project", row[3].str()))
            .kid(Node::leaf("balance", format!("{} {iso}", Money(row[1].int()).shown(iso))))
    };
    let account = Node::leaf("account", account_id.to_string());
    Ok(Reply::Object([account].into_iter().chain(rows.iter().map(node)).collect()))
}
