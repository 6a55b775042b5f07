//! Product types, their add-on types and what is asked when a service of them is ordered.

use super::orderreference::Rules;
use super::usage::{Places, refuse_used};
use super::{intname, measure};
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("itemtype.edit", Handler::Form(TYPE)),
    ("itemtype.delete", Handler::Each(delete)),
    ("itemtype.up", Handler::Each(|cx, elid| moved(cx, elid, record::up))),
    ("itemtype.down", Handler::Each(|cx, elid| moved(cx, elid, record::down))),
    ("itemtype.addon.edit", Handler::Form(ADDON)),
    ("itemtype.addon.delete", Handler::Each(delete_addon)),
    ("itemtype.param.edit", Handler::Form(record::FORM.check(check_param))),
    ("itemtype.param.value.edit", Handler::Form(record::FORM.check(check_value))),
    ("itemtype.orderreference.resume", Handler::Each(require)),
];

const TYPE: Form = record::FORM.read(|cx| read(cx, false)).check(check).save(save);
const ADDON: Form = record::FORM.read(|cx| read(cx, true)).check(check_addon);

const INTNAME_MAX: usize = 32;
/// The second part of a function of the new order names its type: `v2.vds.order.param`.
const ORDER_PREFIX: &str = "v2";
/// Parameters of an order call that are no answers to what its type asks.
const ORDER_PARAMS: [&str; 19] = [
    "func",
    "auth",
    "authinfo",
    "su",
    "elid",
    "plid",
    "sok",
    "out",
    "lang",
    "snext",
    "sback",
    "sv_field",
    "clicked_button",
    "pricelist",
    "period",
    "order_period",
    "datacenter",
    "autoprolong",
    "skipbasket",
];
const ADDON_PREFIX: &str = "addon_";

/// Both stand in one table, and neither form opens the other's records.
fn read(cx: &mut Ctx, is_addon: bool) -> Result<Record> {
    let record = record::FORM.read;
    let found = record(cx)?;
    match found.is_new() || is_addon_type(cx.conn, found.id)? == is_addon {
        true => Ok(found),
        false => Err(Error::missed("elid").with("value", found.id.to_string())),
    }
}

fn is_addon_type(conn: &mut Conn, id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT parent_id FROM itemtype WHERE id = ").bind(id);
    Ok(sql.first(conn, &[Kind::Int])?.is_some_and(|row| row[0].int() != 0))
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        check_intname(cx, record)?;
    }
    match record.int("suspendperiod") {
        days if days < 0 => Err(Error::value("suspendperiod", days.to_string())),
        _ => Ok(()),
    }
}

/// It begins the names of the type's functions, so it must begin no other's.
fn check_intname(cx: &Ctx, record: &mut Record) -> Result<()> {
    let name = record.str("intname").trim().to_owned();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if !(1..=INTNAME_MAX).contains(&name.len()) || !name.bytes().all(is_plain) {
        return Err(Error::value("intname", name).with("desc", "desc_type_intname"));
    }
    let begins = |func: &str| func.split('.').next() == Some(&name);
    if name == ORDER_PREFIX || cx.app.registry.iter().any(|func| begins(func.name())) {
        return Err(Error::exists("intname", name));
    }
    record.set("intname", name);
    Ok(())
}

/// The functions of the type are there with the commit.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let nodes = record::save(cx, record)?;
    cx.touch(Topic::Types)?;
    Ok(nodes)
}

/// Menus show types in their order.
fn moved(cx: &mut Ctx, elid: &str, shift: fn(&mut Ctx, &str) -> Result<()>) -> Result<()> {
    shift(cx, elid)?;
    cx.touch(Topic::Types)
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    cx.touch(Topic::Types)?;
    let places = [
        ("service", "item", "itemtype_id"),
        ("pricelist", "pricelist", "itemtype_id"),
        ("pricelistgroup", "pricelistgroup", "itemtype_id"),
        ("buymore", "buymore", "itemtype_id"),
    ];
    delete_of_kind(cx, elid, false, &places)
}

fn delete_addon(cx: &mut Ctx, elid: &str) -> Result<()> {
    delete_of_kind(cx, elid, true, &[("pricelist.detail", "pricelist_detail", "itemtype_id")])
}

/// A record of the other kind is not there for this function, and that is no error (R58).
fn delete_of_kind(cx: &mut Ctx, elid: &str, is_addon: bool, places: Places) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    if is_addon_type(cx.conn, id)? != is_addon {
        return Ok(());
    }
    refuse_used(cx, elid, places)?;
    record::delete(cx, elid)
}

/// What an add-on type and an add-on of a tariff have in common.
pub fn check_counts(record: &Record) -> Result<()> {
    let count = |name: &str| record.int(name);
    for name in ["addonmin", "addonmax", "addonlimit"] {
        if count(name) < 0 {
            return Err(Error::value(name, count(name).to_string()));
        }
    }
    if count("addonmax") != 0 && count("addonmax") < count("addonmin") {
        return Err(Error::value("addonmax", count("addonmax").to_string()));
    }
    match count("addonstep") {
        step if step < 1 => Err(Error::value("addonstep", step.to_string())),
        _ => Ok(()),
    }
}

/// A value to choose is one of the add-on's enumeration, and only an enumeration has one.
pub fn check_enumeration(cx: &mut Ctx, record: &Record, is_needed: bool) -> Result<()> {
    let is_enumeration = record.int("addontype") == ENUMERATION;
    let (list, value) = (record.int("enumeration_id"), record.int("enumerationitem_id"));
    if is_enumeration && is_needed && list == 0 {
        return Err(Error::missed("enumeration"));
    }
    if value == 0 {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM enumerationitem WHERE NOT deleted AND id = ").bind(value);
    let found = sql.sql(" AND enumeration_id = ").bind(list).first(cx.conn, &[Kind::Int])?;
    match found {
        Some(_) => Ok(()),
        None => Err(Error::value("enumerationitem", value.to_string())),
    }
}

/// `addontype` of what is chosen from an enumeration.
pub const ENUMERATION: i64 = 3;

fn check_addon(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        intname::check(record)?;
        let parent = record.int("parent_id");
        if is_addon_type(cx.conn, parent)? {
            return Err(Error::missed("plid").with("value", parent.to_string()));
        }
    }
    check_counts(record)?;
    check_enumeration(cx, record, false)
}

/// Can what is counted in one unit be counted in the other?
pub fn check_measure(cx: &mut Ctx, of_type: i64, own: i64) -> Result<()> {
    let is_other = of_type != own && measure::base(cx.conn, of_type)? != measure::base(cx.conn, own)?;
    match of_type != 0 && own != 0 && is_other {
        true => Err(Error::value("measure", own.to_string()).with("desc", "desc_other_measure")),
        false => Ok(()),
    }
}

fn check_param(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !record.is_new() {
        return Ok(());
    }
    intname::check(record)?;
    let name = record.str("intname");
    match ORDER_PARAMS.contains(&name) || name.starts_with(ADDON_PREFIX) {
        true => Err(Error::value("intname", name).with("desc", "desc_order_param")),
        false => Ok(()),
    }
}

fn check_value(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    intname::check(record)?;
    let param = record.int("itemtype_param_id");
    let sql = Sql::new("SELECT type FROM itemtype_param WHERE id = ").bind(param);
    match sql.first(cx.conn, &[Kind::Text])? {
        Some(row) if row[0].str() != "select" => Err(Error::value("plid", param.to_string())),
        _ => Ok(()),
    }
}

fn require(cx: &mut Ctx, elid: &str) -> Result<()> {
    record::link(cx, elid)?;
    Rules::of(cx.conn, "itemtype_orderreference", "itemtype_id")?.need_orderable(cx)
}
