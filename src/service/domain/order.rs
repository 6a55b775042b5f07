//! The steps of an order of domains: names, contacts, name servers, payment (functions.md, Flow 4).
//!
//! A step shows what is wrong with the earlier ones; the last keeps everything, worked out anew.

use std::sync::Arc;

use super::plan::{self, Line, Pick, Picks};
use super::{name, slist};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::meta::Field;
use crate::rpc::registry::Row;
use crate::service::buyer::Buyer;
use crate::service::orderform::Summary;
use crate::service::tariff::Tariff;
use crate::service::term::Wish;
use crate::service::{Till, choices, contact, form, order, term};
use crate::tariff::period::Period;

pub const FUNCS: &[Row] = &[("domain.order", Handler::Form(ORDER))];

const ORDER: Form =
    record::FORM.prepare(form::read_null).read(read).fields(fields).save(save).show(show_step);

/// Roles that the steps ask for; the owner is the registrar's customer as well.
const ASKED: [&str; 4] = ["owner", "admin", "tech", "bill"];
const CUSTOMER: &str = "customer";
/// The value of a select for a contact that is entered.
const NEW: &str = "new";
const NAMES: &str = "domain_name";

fn select(role: &str) -> String {
    format!("{role}_contact_select")
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    let blank = |field: &&Field| !field.default.is_empty();
    for field in cx.func.meta.fields().filter(blank) {
        record.set(field.column(), crate::value::default(field, &cx.zone));
    }
    Ok(record)
}

/// The fields of contacts that are entered, and the add-ons of the tariffs.
fn fields(cx: &mut Ctx) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    for role in ASKED {
        if cx.params.get(&select(role)) == NEW {
            fields.extend(contact::fields(cx, &format!("{role}_"), "contact")?);
        }
    }
    let (call, lang) = (cx.call, cx.lang.clone());
    for tariff in tariffs(cx)? {
        let addons = choices::addons(cx.conn, &tariff, &lang)?;
        fields.extend(addons.into_iter().filter(|field| call.func.meta.field(&field.name).is_none()));
    }
    Ok(fields)
}

/// The tariffs of the names as far as they are right; what is wrong is said by the step.
fn tariffs(cx: &mut Ctx) -> Result<Vec<Arc<Tariff>>> {
    let Ok(names) = name::split(cx.params.get(NAMES), NAMES) else { return Ok(Vec::new()) };
    let kind_id = super::kind(cx)?.id;
    let account_id = cx.caller.user.account_id;
    let project_id = cx.params.get("project").trim().parse().unwrap_or(0);
    let choice = name::Choice { kind_id, account_id, project_id };
    let zones = name::zones(cx.conn)?;
    let mut ids = Vec::new();
    for name in names {
        let Ok(zone) = name::zone_of(&zones, &name, NAMES) else { continue };
        ids.extend(choice.tariff(cx.conn, zone)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let till = &mut Till::of(cx);
    ids.into_iter().map(|id| till.tariff(id)).collect()
}

/// Whom the contact step chose; who is not chosen is the owner too.
fn picks(cx: &Ctx) -> Result<Picks> {
    let mut picks: Picks = Vec::new();
    for role in ASKED {
        let field = select(role);
        let pick = match (cx.params.get(&field).trim(), picks.first()) {
            ("" | "null", None) => return Err(Error::missed(field)),
            ("" | "null", Some((_, _, owner))) => owner.clone(),
            (NEW, _) => Pick::New(format!("{role}_")),
            (id, _) => Pick::Known(id.parse().map_err(|_| Error::value(&field, id))?),
        };
        picks.push((role, field, pick));
    }
    let (_, field, owner) = picks[0].clone();
    picks.push((CUSTOMER, field, owner));
    Ok(picks)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let picks = picks(cx)?;
    plan::place(cx, &record, NAMES, &picks)
}

fn show_step(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = order::looked_at(cx)?;
    let step = cx.func.meta.step;
    if step == 0 {
        let list = zone_prices(cx, account_id)?;
        record.nodes.push(list);
        return Ok(());
    }
    let lines = plan::lines(cx, record, account_id, NAMES)?;
    if step == 1 {
        return show_contacts(cx, account_id, record);
    }
    let picks = picks(cx)?;
    plan::check_picks(cx.conn, account_id, &picks)?;
    if step == 2 {
        return Ok(());
    }
    plan::need_servers(record, &lines)?;
    record.set("period", lines[0].period.code());
    summary(cx, account_id, &lines, record)
}

fn show_contacts(cx: &mut Ctx, account_id: i64, record: &mut Record) -> Result<()> {
    let contacts = contact::of_account(cx.conn, account_id)?;
    let (new, same) = (cx.word("contact_new").to_owned(), cx.word("contact_same").to_owned());
    for role in ASKED {
        let first = if role == "owner" { (NEW, new.as_str()) } else { ("", same.as_str()) };
        let further = (NEW, new.as_str());
        let first: &[_] = if role == "owner" { &[first] } else { &[first, further] };
        record.nodes.push(slist(&select(role), first, &contacts));
    }
    Ok(())
}

/// The zones that are sold, and what they cost.
fn zone_prices(cx: &mut Ctx, account_id: i64) -> Result<Node> {
    let kind_id = super::kind(cx)?.id;
    let choice = name::Choice { kind_id, account_id, project_id: 0 };
    let mut list = Node::new("list").attr("name", "tldlist");
    for zone in name::zones(cx.conn)? {
        let Some(id) = choice.tariff(cx.conn, &zone)? else { continue };
        let till = &mut Till::of(cx);
        let tariff = till.tariff(id)?;
        let shortest = tariff.periods().into_iter().find(|period| matches!(period, Period::Months(_)));
        let Some(period) = shortest else { continue };
        let (mut price, mut transfer) = (String::new(), String::new());
        if let Some(buyer) = Buyer::find(till, account_id, tariff.project_id)? {
            let prices = buyer.prices(till, &tariff)?;
            let shown = |amount| buyer.shown(amount);
            price = prices.of_period(period, false).ok().map(shown).unwrap_or_default();
            let moved = prices.transfer().ok().filter(|_| zone.transfer_policy != 2);
            transfer = moved.map(shown).unwrap_or_default();
        }
        list = list.kid(
            Node::new("elem")
                .kid(Node::leaf("tld", zone.name.as_str()))
                .kid(Node::leaf("pricelist", id.to_string()))
                .kid(Node::leaf("period", period.code().to_string()))
                .kid(Node::leaf("price", price))
                .kid(Node::leaf("transfer", transfer)),
        );
    }
    Ok(list)
}

/// What each name costs, and all of them with tax.
fn summary(cx: &mut Ctx, account_id: i64, lines: &[Line], record: &mut Record) -> Result<()> {
    let promocode = record.str("promocode").trim().to_owned();
    let till = &mut Till::of(cx);
    let Some(buyer) = Buyer::find(till, account_id, lines[0].tariff.project_id)? else { return Ok(()) };
    let mut summary = Summary::default();
    for line in lines {
        let chosen = choices::chosen(&line.tariff, record, &[]);
        let (tariff, promocode) = (&line.tariff, promocode.as_str());
        let (period, is_transfer) = (line.period, line.is_transfer);
        let wish = Wish { tariff, period, chosen: &chosen, promocode, is_transfer };
        let sold = term::begin(till, &buyer, &wish)?.sold;
        summary.rows.push((line.name.clone(), sold.sum()?.line));
        summary.add(&sold)?;
    }
    record.nodes.extend(summary.nodes(&buyer, |name| cx.word(name).to_owned()));
    Ok(())
}
