//! Tariffs: what of a product type is sold, to whom, on what terms and at what price.

mod copy;
mod detail;
mod export;
mod offer;
mod prices;

use super::orderreference::Rules;
use super::tld;
use super::usage::refuse_used;
use crate::app::App;
use crate::auth::Caller;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::rounding::WHOLE_E4;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use prices::{Allowed, Asked, Place};

pub const FUNCS: &[Row] = &[
    ("pricelist.add", Handler::Form(EDIT)),
    ("pricelist.edit", Handler::Form(EDIT)),
    ("pricelist.copy", Handler::Form(copy::FORM)),
    ("pricelist.delete", Handler::Each(delete)),
    ("pricelist.orderreference.resume", Handler::Each(require)),
    ("pricelist.detail.edit", Handler::Form(detail::EDIT)),
    ("pricelist.detail.price.edit", Handler::Form(detail::PRICE)),
    ("pricelist.export", Handler::Once(export::run)),
    ("availableprice.periods", Handler::Rows(offer::periods)),
    ("pricelistgroup.edit", Handler::Form(record::FORM.check(check_group))),
    ("pricelistgroup.delete", Handler::Each(delete_group)),
];

const EDIT: Form = record::FORM.prepare(read_null).check(check).save(save).show(show);

/// Every month has so many days.
const PRORATA_DAY_MAX: i64 = 28;
/// A month of a trial (`trialtype`).
const TRIAL_MONTH_DAYS: i64 = 30;

/// What `opennotify` can name.
pub const OPENED: &str = "service_opened";
pub const NO_NOTICE: &str = "none";

/// The original's selects send `null` for what is not chosen.
fn read_null(_app: &App, _caller: &Caller, params: &mut Params) -> Result<()> {
    for (name, usual) in [("license", ""), ("opennotify", OPENED)] {
        if matches!(params.sent(name), Some("null" | "")) {
            params.set(name, usual);
        }
    }
    Ok(())
}

/// How many days a trial of a tariff lasts, by the columns `trial` and `trialtype`.
pub fn trial_days(trial: i64, trialtype: i64) -> i64 {
    if trialtype == 1 { trial.saturating_mul(TRIAL_MONTH_DAYS) } else { trial }
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    need_counts(record, &["trial", "minperiodlen", "suspendperiod", "itemmax"])?;
    if !(0..=PRORATA_DAY_MAX).contains(&record.int("prorataday")) {
        return Err(Error::value("prorataday", record.int("prorataday").to_string()));
    }
    if record.int("suspendpenaltypercent") > WHOLE_E4 {
        return Err(Error::value("suspendpenaltypercent", cx.params.get("suspendpenaltypercent")));
    }
    fits_group(cx, record)?;
    check_modules(cx, record)?;
    tld::check(cx, record.int("itemtype_id"), record.str("intname"))
}

fn need_counts(record: &Record, names: &[&str]) -> Result<()> {
    match names.iter().find(|name| record.int(name) < 0) {
        Some(name) => Err(Error::value(*name, record.int(name).to_string())),
        None => Ok(()),
    }
}

/// A group may be of one provider or product type only.
fn fits_group(cx: &mut Ctx, record: &Record) -> Result<()> {
    let group = record.int("pricelistgroup_id");
    if group == 0 {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM pricelistgroup WHERE id = ").bind(group);
    let sql = sql.sql(" AND project_id IN (0, ").bind(record.int("project_id"));
    let sql = sql.sql(") AND itemtype_id IN (0, ").bind(record.int("itemtype_id")).sql(")");
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::value("pricelistgroup", group.to_string())),
    }
}

/// A module that is said to serve some types serves no others.
fn check_modules(cx: &mut Ctx, record: &Record) -> Result<()> {
    if !record.has_changed("processingmodule") {
        return Ok(());
    }
    for id in record.str("processingmodule").split(", ").filter_map(|id| id.parse::<i64>().ok()) {
        let sql = Sql::new("SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN itemtype_id = ");
        let sql = sql.bind(record.int("itemtype_id"));
        let sql =
            sql.sql(" THEN 1 ELSE 0 END), 0) AS BIGINT) FROM processing_itemtype WHERE processing_id = ");
        let row = sql.bind(id).first(cx.conn, &[Kind::Int; 2])?;
        if row.is_some_and(|row| row[0].int() > 0 && row[1].int() == 0) {
            return Err(Error::value("processingmodule", id.to_string()).with("desc", "desc_other_type"));
        }
    }
    Ok(())
}

/// Keeps the tariff and its prices; a new one with its type's add-ons, where that is asked for.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    let (is_new, itemtype_id) = (record.is_new(), record.int("itemtype_id"));
    let (computes_days, intname) = (record.get("autocalcday").on(), record.str("intname").to_owned());
    let allowed = Allowed::of(cx.conn, itemtype_id, record.int("project_id"))?;
    let asked = Asked::of(&cx.params, &allowed)?;
    record.changed.extend(asked.names.iter().cloned());
    let id = record::store(cx, record)?;
    let place = Place { pricelist_id: id, detail_id: 0 };
    asked.keep(cx.conn, place)?;
    if computes_days {
        prices::compute_days(cx.conn, place, &allowed)?;
    }
    if is_new && cx.params.get("create_addon") == "on" {
        detail::add_all(cx.conn, id, itemtype_id)?;
    }
    tld::save(cx, itemtype_id, &intname)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let allowed = Allowed::of(cx.conn, record.int("itemtype_id"), record.int("project_id"))?;
    prices::show(cx, record, Place { pricelist_id: record.id, detail_id: 0 }, &allowed)
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(
        cx,
        elid,
        &[
            ("service", "item", "pricelist_id"),
            ("buymore", "buymore", "pricelist_id"),
            ("buymore", "buymore", "offer_id"),
        ],
    )?;
    record::delete(cx, elid)
}

fn require(cx: &mut Ctx, elid: &str) -> Result<()> {
    record::link(cx, elid)?;
    Rules::of(cx.conn, "pricelist_orderreference", "pricelist_id")?.need_orderable(cx)
}

fn check_group(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    need_counts(record, &["itemmax", "trial_itemmax"])
}

fn delete_group(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("pricelist", "pricelist", "pricelistgroup_id")])?;
    record::delete(cx, elid)
}
