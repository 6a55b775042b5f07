//! Rates: what a minute to a prefix costs by a plan.

mod csv;
mod import;

use super::markup::follow::{self, PRICE_MAX, Which};
use super::plan::{self, Plan};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("rate", Handler::View(Some(whose))),
    ("plan.rate", Handler::View(Some(of_plan))),
    ("rate.edit", Handler::Form(EDIT)),
    ("rate.delete", Handler::Each(delete)),
    ("rate.suspend", Handler::Each(suspend)),
    ("rate.resume", Handler::Each(resume)),
    ("rate.reset", Handler::Each(reset)),
    ("rate.import", Handler::Form(import::FORM)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// No block, and no time that is free, is longer.
const SECONDS_MAX: i64 = 3_600;
/// What makes a rate of a reseller one that no markup changes any more.
const PRICED: [&str; 5] = ["price", "connectcharge", "initblock", "billingblock", "min_time"];

/// A client sees the plan that he pays by; `plid` names one. Others see the plans that are theirs.
fn whose(cx: &mut Ctx) -> Result<Sql> {
    let sql = match cx.plid()? {
        Some(plid) => Sql::new(" AND client_id = ").bind(record::account_owner(cx, plid)?.0),
        None if cx.caller.level() >= Level::Reseller => Sql::new(" AND client_id = 0"),
        None => Sql::default(),
    };
    Ok(match cx.caller.level() >= Level::Reseller {
        true => sql,
        false => sql.sql(" AND active"), // where he cannot call, there is no price
    })
}

fn of_plan(_cx: &mut Ctx) -> Result<Sql> {
    Ok(Sql::new(" AND client_id = 0"))
}

/// What is wrong with the numbers of a rate: price, connectcharge, initblock, billingblock, min_time.
fn wrong(numbers: [i64; 5]) -> Option<&'static str> {
    let [price, connectcharge, initblock, billingblock, min_time] = numbers;
    let is_price = |price| (0..=PRICE_MAX).contains(&price);
    let is_block = |secs| (1..=SECONDS_MAX).contains(&secs);
    let right = [
        is_price(price),
        is_price(connectcharge),
        is_block(initblock),
        is_block(billingblock),
        (0..=SECONDS_MAX).contains(&min_time),
    ];
    PRICED.into_iter().zip(right).find(|(_, right)| !right).map(|(name, _)| name)
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let numbers = PRICED.map(|name| record.int(name));
    if let Some(name) = wrong(numbers) {
        let is_money = ["price", "connectcharge"].contains(&name);
        let shown = if is_money { Money(record.int(name)).plain() } else { record.int(name).to_string() };
        return Err(Error::value(name, shown));
    }
    if record.is_new() {
        return check_new(cx, record);
    }
    let plan = plan_of(cx, record.id)?;
    plan::changes(cx.conn, plan.id, 0)?;
    if plan.is_derived() && PRICED.iter().any(|name| record.has_changed(name)) {
        record.set("manual", true);
    }
    record.set("updated_at", cx.now_us);
    Ok(())
}

/// A new rate is the provider's; plans that follow get theirs with it.
fn check_new(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !cx.caller.level().is_staff() {
        return Err(Error::access("rate.edit"));
    }
    let (plan_id, prefix_id) = (record.int("plan_id"), record.int("prefix_id"));
    let plan = plan::find(cx.conn, plan_id)?.filter(|plan| !plan.is_derived());
    let plan = plan.ok_or_else(|| Error::value("plan", plan_id.to_string()))?;
    plan::changes(cx.conn, plan.id, 1)?;
    let sql = Sql::new("SELECT x.prefix FROM rate r JOIN prefix x ON x.id = r.prefix_id WHERE r.plan_id = ");
    let sql = sql.bind(plan_id).sql(" AND r.prefix_id = ").bind(prefix_id);
    if let Some(row) = sql.first(cx.conn, &[Kind::Text])? {
        return Err(Error::exists("prefix", row[0].str()));
    }
    record.set("account_id", plan.account_id);
    record.set("reseller_id", plan.reseller_id);
    record.set("updated_at", cx.now_us);
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (plan_id, prefix_id, is_new) = (record.int("plan_id"), record.int("prefix_id"), record.is_new());
    let id = record::store(cx, record)?;
    let which = Which::PlansOf(plan_id, &[prefix_id]);
    match is_new {
        true => follow::insert(cx.conn, which, cx.call.now_us)?,
        false => follow::update(cx.conn, which, cx.call.now_us)?,
    };
    cx.touch(Topic::Rates)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// The plan of a rate that the caller may see.
fn plan_of(cx: &mut Ctx, id: i64) -> Result<Plan> {
    record::need_own(cx, id)?;
    let row = Sql::new("SELECT plan_id FROM rate WHERE id = ").bind(id).first(cx.conn, &[Kind::Int])?;
    let plan_id = row.map_or(0, |row| row[0].int());
    plan::find(cx.conn, plan_id)?.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
}

fn prefix_of(cx: &mut Ctx, id: i64) -> Result<i64> {
    let row = Sql::new("SELECT prefix_id FROM rate WHERE id = ").bind(id).first(cx.conn, &[Kind::Int])?;
    Ok(row.map_or(0, |row| row[0].int()))
}

/// Takes a prefix from a plan of the provider and from those that follow it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    let plan = match plan_of(cx, id) {
        Ok(plan) => plan,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    if plan.is_derived() {
        return Err(Error::value("elid", elid).with("desc", "desc_rate_follows"));
    }
    plan::changes(cx.conn, plan.id, -1)?;
    let prefix_id = prefix_of(cx, id)?;
    follow::remove(cx.conn, plan.id, prefix_id)?;
    record::delete(cx, elid)?;
    cx.touch(Topic::Rates)
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    toggle(cx, elid, record::suspend)
}

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    toggle(cx, elid, record::resume)
}

fn toggle(cx: &mut Ctx, elid: &str, to: fn(&mut Ctx, &str) -> Result<()>) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let plan = plan_of(cx, id)?;
    plan::changes(cx.conn, plan.id, 0)?;
    to(cx, elid)?;
    cx.touch(Topic::Rates)
}

/// A manual rate follows the markup again.
fn reset(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let plan = plan_of(cx, id)?;
    if !plan.is_derived() {
        return Err(Error::value("elid", elid));
    }
    plan::changes(cx.conn, plan.id, 0)?;
    Sql::new("UPDATE rate SET manual = FALSE WHERE id = ").bind(id).execute(cx.conn)?;
    let prefixes = [prefix_of(cx, id)?];
    follow::update(cx.conn, Which::PlansOf(plan.base_plan_id, &prefixes), cx.call.now_us)?;
    history::write(cx, id, (plan.account_id, plan.reseller_id), "")?;
    cx.touch(Topic::Rates)
}
