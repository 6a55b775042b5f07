//! Ordering a service: two steps, the tariff and its parameters (functions.md, Flows 2 and 3).
//!
//! What comes back from a form is input. Prices, discounts, tax, ownership and availability are
//! worked out anew from ids in the transaction that charges.

use super::buyer::Buyer;
use super::item::Item;
use super::tariff::Tariff;
use super::{Till, cart, checkout, choices, domain, limits, modules, term};
use crate::books;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::meta::Field;
use crate::rpc::registry::Row;
use crate::rpc::types::ItemType;
use crate::tariff::period::Period;

pub const FUNCS: &[Row] =
    &[("{type}.order", Handler::Form(ORDER)), ("v2.{type}.order", Handler::Form(ORDER))];

const ORDER: Form = record::FORM
    .prepare(super::form::read_null)
    .fields(fields)
    .check(check)
    .save(save)
    .show(super::orderform::show);

/// Services that one call may order.
pub const COUNT_MAX: i64 = 100;

/// The parameters of the type and the add-ons of the chosen tariff.
fn fields(cx: &mut Ctx) -> Result<Vec<Field>> {
    let Ok(pricelist_id) = cx.params.get("pricelist").trim().parse() else { return Ok(Vec::new()) };
    let (kind_id, lang) = (kind(cx)?.id, cx.lang.clone());
    let call = cx.call;
    let mut fields = choices::params(cx.conn, &call.func.meta, kind_id, &lang)?;
    match Till::of(cx).tariff(pricelist_id) {
        Ok(tariff) if tariff.itemtype_id == kind_id => {
            let asks = |field: &Field| field.required && !tariff.quick_order;
            fields.iter_mut().for_each(|field| field.required = asks(field));
            fields.extend(choices::addons(cx.conn, &tariff, &lang)?);
        }
        _ => {} // the check says what is wrong with it
    }
    Ok(fields)
}

pub fn kind<'c>(cx: &Ctx<'c>) -> Result<&'c ItemType> {
    let call = cx.call;
    call.func.kind.as_deref().ok_or_else(|| Error::system("a family's function without its type"))
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let kind_id = kind(cx)?.id;
    let owner = client(cx)?;
    let tariff = Till::of(cx).tariff(record.int("pricelist_id"))?;
    need_on_sale(cx, &tariff, kind_id)?;
    if !tariff.quick_order {
        choices::need_params(cx, kind_id)?;
    }
    let period = period(cx, &tariff)?;
    let renewal = renewal(cx, record, period);
    record.set("period", period.code());
    record.set("autoprolong", renewal);
    need_agreement(&tariff, record)?;
    let count = if record.int("order_count") == 0 { 1 } else { record.int("order_count") };
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(Error::limit("order_count", COUNT_MAX.to_string()));
    }
    record.set("order_count", count);
    if count > 1 && !record.str("remoteid").is_empty() {
        return Err(Error::value("remoteid", record.str("remoteid")));
    }
    record.set("account_id", owner.0);
    record.set("reseller_id", owner.1);
    limits::check(&mut Till::of(cx), &tariff, owner.0, (period, count))?;
    check_name(cx, record)
}

/// For whom a call orders: account and reseller. Staff order as a client, by su or with plid.
pub fn client(cx: &mut Ctx) -> Result<(i64, i64)> {
    match cx.plid()?.unwrap_or(cx.caller.user.account_id) {
        0 => Err(Error::access(cx.func.name())),
        id => record::account_owner(cx, id),
    }
}

/// Whose prices and contacts a step shows; 0 to staff who name nobody.
pub fn looked_at(cx: &mut Ctx) -> Result<i64> {
    match cx.plid()? {
        Some(id) => Ok(record::account_owner(cx, id)?.0),
        None => Ok(cx.caller.user.account_id),
    }
}

/// Error `value(pricelist)` unless the caller may order by this tariff.
pub fn need_on_sale(cx: &Ctx, tariff: &Tariff, kind_id: i64) -> Result<()> {
    match tariff.itemtype_id == kind_id && is_on_sale(tariff, cx.caller.level()) {
        true => Ok(()),
        false => Err(Error::value("pricelist", tariff.id.to_string())),
    }
}

pub fn is_on_sale(tariff: &Tariff, level: Level) -> bool {
    let is_closed = tariff.order_policy == 2 || (tariff.order_policy == 1 && level < Level::Department);
    tariff.active && !is_closed
}

pub fn need_agreement(tariff: &Tariff, record: &Record) -> Result<()> {
    match tariff.needs_agreement && !record.get("licence_agreement").on() {
        true => Err(Error::missed("licence_agreement")),
        false => Ok(()),
    }
}

/// The period of renewals: the asked one, else that of the order.
pub fn renewal(cx: &Ctx, record: &Record, period: Period) -> i64 {
    match period {
        Period::Trial | Period::Once => 0,
        _ if cx.params.has("autoprolong") => record.int("autoprolong"),
        _ => period.code(),
    }
}

/// The asked period, else the shortest that is sold and no trial.
fn period(cx: &Ctx, tariff: &Tariff) -> Result<Period> {
    let name = if cx.func.meta.field("order_period").is_some() { "order_period" } else { "period" };
    let sent =
        cx.params.sent(name).or_else(|| cx.params.sent("period")).filter(|sent| !sent.trim().is_empty());
    let sold = tariff.periods();
    let asked = match sent {
        Some(sent) => sent.trim().parse().ok().and_then(Period::from_code),
        None => sold.iter().copied().find(|period| *period != Period::Trial),
    };
    let period = asked.filter(|period| sold.contains(period));
    let refused = || Error::value(name, sent.unwrap_or_default()).with("desc", "desc_period_not_sold");
    period.ok_or_else(refused)
}

/// A license may be named freely; what is to be a domain name must be one. Without a name the
/// service gets one that nobody else has.
fn check_name(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let licname = record.str("licname").trim().to_owned();
    let name = choices::canonical_domain(record.str("name"));
    match (name.is_empty(), licname.is_empty()) {
        (false, _) if kind(cx)?.intname != "soft" => choices::check_domain(&name)?,
        _ => {}
    }
    record.set("name", if name.is_empty() { licname } else { name });
    domain::check_ordered(cx, record)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let terms = Terms::of(cx, &record)?;
    let records = vec![record.clone(); record.int("order_count").max(1) as usize];
    let answer = place(&mut Till::of(cx), &records, &terms)?.answer();
    Ok(answer.into_iter().chain(terms.onward(cx)).collect())
}

/// How an order is to be paid.
pub struct Terms {
    /// Without the cart: the balance pays.
    at_once: bool,
    expected: Option<Money>,
    promocode: String,
}

impl Terms {
    pub fn of(cx: &Ctx, record: &Record) -> Result<Self> {
        Ok(Self {
            at_once: record.get("skipbasket").on(),
            expected: expected_total(cx)?,
            promocode: record.str("promocode").trim().to_owned(),
        })
    }
}

impl Terms {
    /// What a browser shows next: what was bought, or the cart.
    pub fn onward(&self, cx: &Ctx) -> Option<Node> {
        cx.onward(if self.at_once { "func=service" } else { "func=basket" })
    }
}

/// An order that was made, with what stands in it.
pub struct Placed {
    pub order_id: i64,
    pub items: Vec<Item>,
    pub lines: Vec<i64>,
}

impl Placed {
    /// Members that scripts read: `id`, `billorder`, `billorder.id`, `lineitem.id` (protocol.md §13.15).
    pub fn answer(&self) -> Vec<Node> {
        let id = self.items.first().map_or(0, |item| item.id);
        let line = self.lines.first().copied().unwrap_or(0);
        let order = self.order_id;
        [("id", id), ("billorder", order), ("billorder.id", order), ("item.id", id), ("lineitem.id", line)]
            .into_iter()
            .map(|(name, id)| Node::leaf(name, id.to_string()))
            .collect()
    }
}

/// Makes the services and their order lines, one a record, all of one client and provider. With
/// `skipbasket` the balance pays at once.
pub fn place(till: &mut Till, records: &[Record], terms: &Terms) -> Result<Placed> {
    let first = records.first().ok_or_else(|| Error::missed("billorder").with("desc", "desc_order_empty"))?;
    let tariff = till.tariff(first.int("pricelist_id"))?;
    let subaccount_id = subaccount(till, first, tariff.project_id)?;
    let buyer = till.buyer(subaccount_id)?;
    let order_id = match terms.at_once {
        true => cart::new_order(till, &buyer.subaccount, cart::ORDERED)?,
        false => cart::open(till, &buyer.subaccount)?,
    };
    if !terms.promocode.is_empty() {
        cart::set_promocode(till, order_id, &terms.promocode)?;
    }
    let (mut items, mut lines, mut total) = (Vec::new(), Vec::new(), Money::ZERO);
    for record in records {
        let item = insert(till, record, &buyer)?;
        let due = term::first(till, &item, &buyer, &terms.promocode)?;
        total = total.plus(due.sold.total()?)?;
        lines.push(cart::add_line(till, order_id, &item, cart::OPEN, item.period, "", &due.sold)?);
        items.push(item);
    }
    if terms.expected.is_some_and(|expected| expected != total) {
        return Err(Error::value("expected_total", total.plain()));
    }
    if terms.at_once {
        checkout::pay(till, order_id)?;
    }
    Ok(Placed { order_id, items, lines })
}

pub fn expected_total(cx: &Ctx) -> Result<Option<Money>> {
    let Some(sent) = cx.params.sent("expected_total").filter(|sent| !sent.trim().is_empty()) else {
        return Ok(None);
    };
    Money::parse(sent.trim()).map(Some).ok_or_else(|| Error::value("expected_total", sent))
}

/// The client's account with the tariff's provider, opened where he has none.
pub fn subaccount(till: &mut Till, record: &Record, project_id: i64) -> Result<i64> {
    let owner = (record.int("account_id"), record.int("reseller_id"));
    match books::subaccount_of(till.conn, owner.0, Some(project_id)) {
        Ok(subaccount) => Ok(subaccount.id),
        Err(error) if error.kind == "missed" => {
            let sql =
                Sql::new("SELECT currency_id FROM project WHERE NOT deleted AND id = ").bind(project_id);
            let row = sql.first(till.conn, &[Kind::Int])?.ok_or_else(|| Error::missed("project"))?;
            books::open_subaccount(till.conn, owner, project_id, row[0].int())
        }
        Err(error) => Err(error),
    }
}

/// The service that a record describes, ordered and not paid.
pub fn insert(till: &mut Till, record: &Record, buyer: &Buyer) -> Result<Item> {
    let tariff = till.tariff(record.int("pricelist_id"))?;
    let remoteid = record.str("remoteid").trim();
    check_remoteid(till, buyer.subaccount.account_id, remoteid)?;
    let processing = modules::for_order(till.conn, tariff.id, record.int("datacenter_id"))?;
    let sql = Sql::new(
        "INSERT INTO item (account_id, reseller_id, itemtype_id, project_id, subaccount_id, pricelist_id, \
         processing_id, datacenter_id, name, name_fold, ip, period, autoprolong, createdate, is_trial, \
         is_transfer, remoteid) VALUES (",
    );
    let period = record.int("period");
    let of = &buyer.subaccount;
    let numbers = [of.account_id, of.reseller_id, tariff.itemtype_id, tariff.project_id, of.id, tariff.id];
    let values = numbers.map(Raw::from).into_iter().chain([
        processing.into(),
        record.int("datacenter_id").into(),
        record.str("name").into(),
        record.str("name").to_lowercase().into(),
        record.str("ip").trim().into(),
        period.into(),
        record.int("autoprolong").into(),
        till.now_us.into(),
        (period == Period::Trial.code()).into(),
        record.get("is_transfer").on().into(),
        remoteid.into(),
    ]);
    let row = sql.binds(values).sql(") RETURNING id").first(till.conn, &[Kind::Int])?;
    let id = row.ok_or_else(|| Error::system("a service got no id"))?[0].int();
    choices::keep(till.conn, id, &tariff, &choices::chosen(&tariff, record, &[]))?;
    complete(till, record, id, buyer)
}

/// The parameters, the name that nobody chose, and what renewals cost.
fn complete(till: &mut Till, record: &Record, id: i64, buyer: &Buyer) -> Result<Item> {
    let mut item = Item::load(till.conn, id)?;
    if item.name.is_empty() {
        let kind = till.app.registry.families.by_id(item.itemtype_id);
        item.name = format!("{}{id}", kind.map(|kind| kind.intname.clone()).unwrap_or_default());
    }
    let cost = term::cost(till, &item, buyer)?;
    let sql = Sql::new("UPDATE item SET name = ").bind(item.name.as_str()).sql(", name_fold = ");
    let sql = sql.bind(item.name.to_lowercase()).sql(", cost = ").bind(cost.0).sql(" WHERE id = ").bind(id);
    sql.execute(till.conn)?;
    for (name, value, is_secret) in super::form::params_of(till, record, item.itemtype_id)? {
        choices::set_param(till, id, &name, &value, is_secret)?;
    }
    till.note(&item, "order")?;
    Ok(item)
}

/// Another period for a service that is not paid yet. Its renewals follow unless they were chosen.
pub fn set_period(till: &mut Till, item: Item, period: Period) -> Result<()> {
    let had_none = [Period::Trial, Period::Once].map(Period::code).contains(&item.period);
    let followed = had_none || item.autoprolong == item.period;
    let autoprolong = match period {
        Period::Trial | Period::Once => 0,
        _ if followed => period.code(),
        _ => item.autoprolong,
    };
    let item = Item { period: period.code(), autoprolong, ..item };
    let buyer = till.buyer(item.subaccount_id)?;
    let cost = term::cost(till, &item, &buyer)?;
    let sql = Sql::new("UPDATE item SET period = ").bind(item.period).sql(", autoprolong = ");
    let sql = sql.bind(autoprolong).sql(", is_trial = ").bind(period == Period::Trial).sql(", cost = ");
    sql.bind(cost.0).sql(" WHERE id = ").bind(item.id).execute(till.conn)?;
    Ok(())
}

fn check_remoteid(till: &mut Till, account_id: i64, remoteid: &str) -> Result<()> {
    if remoteid.is_empty() {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM item WHERE NOT deleted AND account_id = ").bind(account_id);
    match sql.sql(" AND remoteid = ").bind(remoteid).first(till.conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("remoteid", remoteid)),
        None => Ok(()),
    }
}
