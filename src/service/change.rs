//! Another tariff or other add-ons for a running service. What of the paid terms is not used is
//! given back, and the rest of them is charged anew; the unit that has begun stays as it was.

use serde::{Deserialize, Serialize};

use super::buyer::{Ask, Buyer, Chosen, Sold};
use super::item::{self, Item};
use super::status::{Operation, Status};
use super::tariff::Tariff;
use super::term::{self, Paid};
use super::{Till, cart, choices, order};
use crate::billing::charge::{self, Charge, Charged, Expense};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::rounding::Priced;
use crate::level::Level;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::tariff::period::Term;
use crate::tariff::prorate::{Measure, Unit};
use crate::time::Zone;

pub const FUNCS: &[Row] = &[
    ("service.changepricelist", Handler::Form(CHANGE)),
    ("service.changepricelist.rollback", Handler::Once(rollback)),
];

const CHANGE: Form = record::FORM.read(read).save(save).show(show);

/// What a service is to become.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    pub pricelist_id: i64,
    /// Add-on and count, or item of an enumeration.
    pub chosen: Vec<(i64, i64)>,
}

/// What a change comes to.
pub struct Difference {
    pub given_back: Money,
    /// The new price of the rest, per term.
    parts: Vec<Part>,
    /// As an order's line shows it: the difference alone.
    pub owed: Sold,
}

struct Part {
    paid: Paid,
    rest: Term,
    back: Money,
    sold: Sold,
}

impl Difference {
    pub fn total(&self) -> Money {
        self.owed.priced.total
    }
}

impl Change {
    pub fn read(payload: &str) -> Result<Self> {
        serde_json::from_str(payload).map_err(Error::system)
    }

    pub fn payload(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the service is now.
    pub fn of(till: &mut Till, item: &Item) -> Result<Self> {
        let chosen = term::chosen(till.conn, item.id)?;
        Ok(Self::to(item.pricelist_id, &chosen))
    }

    pub fn to(pricelist_id: i64, chosen: &[Chosen]) -> Self {
        let pair = |chosen: &Chosen| (chosen.detail_id, chosen.count);
        Self { pricelist_id, chosen: chosen.iter().map(pair).collect() }
    }

    fn chosen(&self) -> Vec<Chosen> {
        self.chosen.iter().map(|(detail_id, count)| Chosen { detail_id: *detail_id, count: *count }).collect()
    }

    pub fn price(&self, till: &mut Till, item: &Item, buyer: &Buyer) -> Result<Difference> {
        let zone = till.zone(item.project_id)?;
        let mut parts = Vec::new();
        for paid in term::left(till.conn, item.id, till.now_us)? {
            parts.extend(self.part(till, buyer, &zone, paid)?);
        }
        let mut owed = Money::ZERO;
        let mut given_back = Money::ZERO;
        for part in &parts {
            owed = owed.plus(part.sold.priced.total)?;
            given_back = given_back.plus(part.back)?;
        }
        let difference = owed.minus(given_back)?;
        Ok(Difference { given_back, owed: shown(difference, buyer), parts })
    }

    /// What is left of one paid term, under the old and under the new price.
    fn part(&self, till: &mut Till, buyer: &Buyer, zone: &Zone, paid: Paid) -> Result<Option<Part>> {
        let now_us = till.now_us;
        let begin_us =
            if paid.term.start_us > now_us { paid.term.start_us } else { zone.next_day_us(now_us) };
        let rest = Term::new(begin_us, paid.term.end_us);
        if rest.is_empty() {
            return Ok(None);
        }
        let back = match paid.expense_id {
            0 => Money::ZERO,
            id => unused(&Expense::load(till.conn, id)?, &paid, buyer, zone, now_us)?,
        };
        let tariff = till.tariff(self.pricelist_id)?;
        let chosen = self.chosen();
        let whole = Term::new(paid.whole_us, paid.term.end_us);
        let period = term::period_of(paid.period)?;
        let part = Some((whole, rest));
        let ask = Ask { period, is_new: false, chosen: &chosen, promocode: "", part, is_transfer: false };
        let sold = buyer.quote(till, &tariff, &ask)?;
        Ok(Some(Part { paid, rest, back, sold }))
    }

    /// A change that waited in the cart: Error `value(status)` or `value(pricelist)` where it cannot
    /// be made any more.
    pub fn need_possible(&self, till: &mut Till, item: &Item) -> Result<()> {
        need_changeable(item)?;
        let tariff = till.tariff(self.pricelist_id)?;
        match tariff.id == item.pricelist_id || tariff.active {
            true => Ok(()),
            false => Err(Error::value("pricelist", tariff.id.to_string())),
        }
    }

    /// Gives back and charges, and asks the module for the change. Answers what it came to and the
    /// last expense.
    pub fn apply(&self, till: &mut Till, item: &mut Item, buyer: &Buyer) -> Result<(Sold, i64)> {
        let before = Self::of(till, item)?;
        let difference = self.price(till, item, buyer)?;
        for part in difference.parts.iter().filter(|part| part.back > Money::ZERO) {
            Expense::load(till.conn, part.paid.expense_id)?.give_back(till.conn, part.back, till.now_us)?;
        }
        let mut expense_id = 0;
        for part in &difference.parts {
            expense_id = self.charge(till, item, buyer, part)?;
        }
        let is_other = self.pricelist_id != item.pricelist_id;
        self.keep(till, item, buyer)?;
        let operation = if is_other { Operation::ChangeTariff } else { Operation::SetParam };
        item::ask(till, item, operation, &before.payload())?;
        Ok((difference.owed, expense_id))
    }

    /// Changes the service now, or puts the change into the cart: what gives money back needs no
    /// payment.
    pub fn make(&self, till: &mut Till, item: &mut Item, way: &Way) -> Result<Vec<Node>> {
        let buyer = till.buyer(item.subaccount_id)?;
        let difference = self.price(till, item, &buyer)?;
        let total = difference.total();
        if way.expected.is_some_and(|expected| expected != total) {
            return Err(Error::value("expected_total", total.plain()));
        }
        if way.to_cart && total > Money::ZERO {
            let (kind, period) = (cart::CHANGE, item.period);
            return cart::put(till, &buyer, item, (kind, period, &self.payload()), &difference.owed);
        }
        self.apply(till, item, &buyer)?;
        Ok(Vec::new())
    }

    fn charge(&self, till: &mut Till, item: &Item, buyer: &Buyer, part: &Part) -> Result<i64> {
        let lang = till.app.config.load().default_lang.clone();
        let tariff = till.tariff(self.pricelist_id)?;
        let zone = till.zone(item.project_id)?;
        let (begin, end) = (zone.date(part.rest.start_us), zone.date(part.rest.end_us));
        let charge = Charge {
            subaccount: &buyer.subaccount,
            item_id: item.id,
            operation: cart::CHANGE,
            name: format!("{} ({}), {begin} – {end}", tariff.title(&lang), item.name),
            priced: part.sold.priced,
            tax_e4: part.sold.tax_e4,
            discount: part.sold.discount_word(),
            key: format!("change:item:{}:{}", item.id, part.paid.id),
            begins_us: part.rest.start_us,
        };
        let expense_id = match charge::post(till.conn, &charge, till.now_us)? {
            Charged::Done(id) => id,
            Charged::Free => 0,
            Charged::Exists => return Err(Error::exists("item", item.id.to_string())),
        };
        term::cut(till.conn, &part.paid, part.rest.start_us)?;
        term::insert(till.conn, &Paid { term: part.rest, expense_id, ..part.paid.clone() })?;
        Ok(expense_id)
    }

    fn keep(&self, till: &mut Till, item: &mut Item, buyer: &Buyer) -> Result<()> {
        let tariff = till.tariff(self.pricelist_id)?;
        item.pricelist_id = tariff.id;
        choices::keep(till.conn, item.id, &tariff, &self.chosen())?;
        let cost = term::cost(till, item, buyer)?;
        let sql = Sql::new("UPDATE item SET pricelist_id = ").bind(tariff.id).sql(", cost = ").bind(cost.0);
        sql.sql(" WHERE id = ").bind(item.id).execute(till.conn)?;
        till.note(item, &format!("pricelist {}", tariff.id))
    }
}

/// What of an expense is not used yet, no more than is left of it.
fn unused(expense: &Expense, paid: &Paid, buyer: &Buyer, zone: &Zone, now_us: i64) -> Result<Money> {
    let by_days = Measure { by: Unit::Day, zone, scale: buyer.scale };
    Ok(by_days.unused(expense.amount, paid.term, now_us)?.min(expense.left()?))
}

/// Gives back what of the paid terms is not used, when a service ends early.
pub fn give_back(till: &mut Till, item: &Item) -> Result<Money> {
    let buyer = till.buyer(item.subaccount_id)?;
    let zone = till.zone(item.project_id)?;
    let mut sum = Money::ZERO;
    for paid in term::left(till.conn, item.id, till.now_us)? {
        if paid.expense_id != 0 {
            let expense = Expense::load(till.conn, paid.expense_id)?;
            let back = unused(&expense, &paid, &buyer, &zone, till.now_us)?;
            if back > Money::ZERO {
                expense.give_back(till.conn, back, till.now_us)?;
                sum = sum.plus(back)?;
            }
        }
        term::cut(till.conn, &paid, till.now_us.max(paid.term.start_us))?;
    }
    Ok(sum)
}

/// A difference as a line of an order: its tax stands in the expense and its compensation.
fn shown(difference: Money, buyer: &Buyer) -> Sold {
    let (line, zero) = (difference, Money::ZERO);
    let priced = Priced { line, discount: zero, net: line, tax: zero, total: line };
    Sold { parts: Vec::new(), priced, setup: None, tax_e4: buyer.tax_e4, offer: None }
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let item = item::named(cx)?;
    let mut record = item::record(&item);
    record.set("pricelist_id", item.pricelist_id);
    record.set("period", item.period);
    Ok(record)
}

/// The change that a call asks for: a tariff of the same type and provider that is sold for the
/// service's period. Add-ons that the new tariff has too keep their counts, where it allows them.
fn asked(cx: &mut Ctx, item: &Item, pricelist_id: i64) -> Result<Change> {
    let is_client = cx.caller.level() < Level::Department;
    let till = &mut Till::of(cx);
    let (old, new) = (till.tariff(item.pricelist_id)?, till.tariff(pricelist_id)?);
    let refused = || Error::value("pricelist", pricelist_id.to_string());
    if new.id == old.id
        || !new.active
        || (new.itemtype_id, new.project_id) != (old.itemtype_id, old.project_id)
    {
        return Err(refused());
    }
    if is_client && !is_allowed(till, item, &old, &new)? {
        return Err(refused().with("desc", "desc_tariff_fixed"));
    }
    let period = term::period_of(item.period)?;
    if !new.is_sold_for(period) {
        return Err(refused().with("desc", "desc_period_not_sold"));
    }
    let have = term::chosen(till.conn, item.id)?;
    let count_of = |intname: &str| {
        let same = old.addons.iter().find(|extra| extra.intname == intname)?;
        have.iter().find(|chosen| chosen.detail_id == same.rule.id).map(|chosen| chosen.count)
    };
    let buyer = till.buyer(item.subaccount_id)?;
    let prices = buyer.prices(till, &new)?;
    let mut chosen = Vec::new();
    for extra in &new.addons {
        let rows = prices.scale_of(extra.rule.id, period)?;
        let kept = count_of(&extra.intname).filter(|count| extra.rule.check(*count, false, &rows).is_ok());
        chosen.push(Chosen { detail_id: extra.rule.id, count: kept.unwrap_or(extra.default) });
    }
    Ok(Change::to(new.id, &chosen))
}

/// What a tariff lets its clients change to.
fn is_allowed(till: &mut Till, item: &Item, old: &Tariff, new: &Tariff) -> Result<bool> {
    Ok(match old.change_policy {
        0 => true,
        1 => old.group_id != 0 && old.group_id == new.group_id,
        2 => {
            let buyer = till.buyer(item.subaccount_id)?;
            let period = term::period_of(item.period)?;
            let of = |till: &mut Till, tariff: &Tariff| buyer.prices(till, tariff)?.of_period(period, true);
            of(till, new)? > of(till, old)?
        }
        _ => false,
    })
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let item = Item::load(cx.conn, record.id)?;
    let pricelist_id = record.int("pricelist_id");
    if cx.func.meta.step == 0 {
        return Ok(());
    }
    let (change, zone, lang) = (asked(cx, &item, pricelist_id)?, cx.zone.clone(), cx.lang.clone());
    let till = &mut Till::of(cx);
    let buyer = till.buyer(item.subaccount_id)?;
    let difference = change.price(till, &item, &buyer)?;
    let (old, new) = (till.tariff(item.pricelist_id)?, till.tariff(pricelist_id)?);
    let changed = Item { pricelist_id, ..item.clone() };
    let iso = &buyer.subaccount.iso;
    record.show("money_info", format!("{} {iso}", difference.total().shown(iso)));
    record.show("oldprice", term::cost(till, &item, &buyer)?.plain());
    record.show("newprice", term::cost(till, &changed, &buyer)?.plain());
    record.show("oldpricelist", old.title(&lang));
    record.show("newpricelist", new.title(&lang));
    record.show("oldexpiredate", zone.date(item.expiredate));
    record.show("newexpiredate", zone.date(item.expiredate));
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut item = Item::load(cx.conn, record.id)?;
    need_changeable(&item)?;
    let way = Way::of(cx)?;
    let change = asked(cx, &item, record.int("pricelist_id"))?;
    let id = Node::leaf("id", item.id.to_string());
    let nodes = change.make(&mut Till::of(cx), &mut item, &way)?;
    Ok([id].into_iter().chain(nodes).collect())
}

/// Error `value(status)`: a service that is not there yet, or not any more, is not changed.
pub fn need_changeable(item: &Item) -> Result<()> {
    match item.status {
        Status::Active | Status::Suspended => Ok(()),
        _ => Err(item.refused()),
    }
}

/// How a change is to be paid.
pub struct Way {
    to_cart: bool,
    expected: Option<Money>,
}

impl Way {
    pub fn of(cx: &Ctx) -> Result<Self> {
        let to_cart = cx.params.get("clicked_button") == "basket";
        Ok(Self { to_cart, expected: order::expected_total(cx)? })
    }
}

/// A module could not change the tariff: back to what the service was before.
fn rollback(cx: &mut Ctx) -> Result<Reply> {
    let mut item = item::named(cx)?;
    let word = Operation::ChangeTariff.word();
    let sql = Sql::new("SELECT id, payload FROM outbox WHERE state <> 'done' AND intname = ").bind(word);
    let sql = sql.sql(" AND item_id = ").bind(item.id).sql(" ORDER BY id DESC LIMIT 1");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("runningoperation"))?;
    let before = Change::read(row[1].str())?;
    let till = &mut Till::of(cx);
    Sql::new("UPDATE outbox SET state = 'done', donedate = ")
        .bind(till.now_us)
        .sql(" WHERE id = ")
        .bind(row[0].int())
        .execute(till.conn)?;
    let buyer = till.buyer(item.subaccount_id)?;
    before.apply(till, &mut item, &buyer)?;
    Reply::ok()
}
