//! Vendors: accounts whose numbers are sold, and which earn a share of what is paid for them.

use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::number::account;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("vendor.edit", Handler::Form(EDIT)),
    ("vendor.suspend", Handler::Each(|cx, elid| changed(cx, elid, record::suspend))),
    ("vendor.resume", Handler::Each(|cx, elid| changed(cx, elid, record::resume))),
    ("vendor.info", Handler::Once(info)),
    ("vendor.order", Handler::View(None)),
    ("vendor.payment", Handler::View(None)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// All of the price, in 10⁻⁴ of a percent.
pub const SHARE_MAX: i64 = 1_000_000;

/// A vendor who may act as one.
#[derive(Debug, Clone)]
pub struct Vendor {
    pub account_id: i64,
    pub reseller_id: i64,
    pub name: String,
}

impl Vendor {
    pub fn find(conn: &mut Conn, account_id: i64) -> Result<Option<Self>> {
        let sql =
            Sql::new("SELECT v.name, a.reseller_id FROM num_vendor v JOIN account a ON a.id = v.account_id");
        let sql = sql.sql(" WHERE v.active AND NOT a.deleted AND v.account_id = ").bind(account_id);
        let row = sql.first(conn, &[Kind::Text, Kind::Int])?;
        Ok(row.map(|row| Self { account_id, reseller_id: row[1].int(), name: row[0].str().to_owned() }))
    }
}

/// The caller as a vendor. Error `access(vendor)` to everybody else.
pub fn need(cx: &mut Ctx) -> Result<Vendor> {
    let found = Vendor::find(cx.conn, cx.call.caller.user.account_id)?;
    found.ok_or_else(|| Error::access("vendor"))
}

/// `vendor.info`: what `number.profile` tells, of a vendor (operations.md R224).
fn info(cx: &mut Ctx) -> Result<Reply> {
    need(cx)?;
    account::profile(cx)
}

/// Who is a vendor is kept with his users.
fn changed(cx: &mut Ctx, elid: &str, deed: fn(&mut Ctx, &str) -> Result<()>) -> Result<()> {
    deed(cx, elid)?;
    cx.touch(Topic::Access)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let nodes = record::save(cx, record)?;
    cx.touch(Topic::Access)?;
    Ok(nodes)
}

/// The money of a reseller's client is credit that his reseller gave him: none of it can be paid out.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let name = record.str("name").trim().to_owned();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::value("name", name));
    }
    record.set("name", name);
    let share = record.int("share");
    if !(0..=SHARE_MAX).contains(&share) {
        return Err(Error::value("share", crate::value::percent(share)));
    }
    if record.is_new() {
        let account_id = record.int("account_id");
        let (_, reseller_id) = record::account_owner(cx, account_id)?;
        if reseller_id != 0 && reseller_id != account_id {
            return Err(Error::value("account", account_id.to_string()));
        }
        let sql = Sql::new("SELECT id FROM num_vendor WHERE account_id = ").bind(account_id);
        if sql.first(cx.conn, &[Kind::Int])?.is_some() {
            return Err(Error::exists("account", account_id.to_string()));
        }
        let now_us = cx.now_us;
        record.set("created_at", now_us);
    }
    Ok(())
}
