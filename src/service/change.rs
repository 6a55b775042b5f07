//! Another tariff or other add-ons for a running service. What of the paid terms is not used is
//! given back, and the rest of them is charged anew; the unit that has begun stays as it was.

use serde::{Deserialize, Serialize};

use super::buyer::{Buyer, Chosen, Sold};
use super::item::{self, Item};
use super::status::{Operation, Status};
use super::tariff::OnChange::{Buy, Keep};
use super::term::{self, Paid};
use super::{Till, cart, choices, fixed, order};
use crate::billing::charge::{Charge, Expense};
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::outbox;
use crate::rpc::handler::Ctx;

pub mod form;
mod price;

use price::{Difference, New, unused};

/// What a service is to become.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change {
    pub pricelist_id: i64,
    /// Add-on and count, or item of an enumeration.
    pub chosen: Vec<(i64, i64)>,
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
        let chosen = term::chosen(till, item)?;
        Ok(Self::to(item.pricelist_id, &chosen))
    }

    pub fn to(pricelist_id: i64, chosen: &[Chosen]) -> Self {
        let pair = |chosen: &Chosen| (chosen.detail_id, chosen.count);
        Self { pricelist_id, chosen: chosen.iter().map(pair).collect() }
    }

    fn chosen(&self) -> Vec<Chosen> {
        self.chosen.iter().map(|(detail_id, count)| Chosen { detail_id: *detail_id, count: *count }).collect()
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
        let difference = self.price(till, item, buyer)?;
        let before = Self::of(till, item)?;
        if difference.waits {
            self.wait(till, item)?;
            return Ok((difference.owed, 0));
        }
        let expense_id = self.settle(till, item, buyer, &difference)?;
        self.tell(till, item, &before)?;
        Ok((difference.owed, expense_id))
    }

    /// Takes a change back that the module could not make.
    pub fn restore(&self, till: &mut Till, item: &mut Item, buyer: &Buyer) -> Result<()> {
        let policy = till.tariff(self.pricelist_id)?.on_change;
        let policy = if policy == Buy && self.pricelist_id != item.pricelist_id { Buy } else { Keep };
        let difference = self.price_by(till, item, buyer, policy)?;
        let before = Self::of(till, item)?;
        self.settle(till, item, buyer, &difference)?;
        self.tell(till, item, &before)
    }

    fn settle(
        &self,
        till: &mut Till,
        item: &mut Item,
        buyer: &Buyer,
        difference: &Difference,
    ) -> Result<i64> {
        for back in &difference.backs {
            if back.amount > Money::ZERO {
                Expense::load(till.conn, back.paid.expense_id)?.give_back(
                    till.conn,
                    back.amount,
                    till.now_us,
                )?;
            }
            term::cut(till.conn, &back.paid, back.from_us)?;
        }
        let first = difference.backs.first().map_or(0, |back| back.paid.id);
        let mut expense_id = 0;
        for (nth, new) in difference.terms.iter().enumerate() {
            let of = difference.backs.get(nth).map_or(format!("{first}-{nth}"), |b| b.paid.id.to_string());
            let key = format!("change:item:{}:{of}", item.id);
            expense_id = self.charge(till, item, buyer, new, key)?;
        }
        if difference.end_us != item.expiredate {
            let first_us = difference.terms.first().map_or(till.now_us, |new| new.paid.term.start_us);
            let day = term::day_of_month(&till.zone(item.project_id)?, first_us);
            let sql = Sql::new("UPDATE item SET expiredate = ").bind(difference.end_us);
            let sql = sql.sql(", anchor_day = ").bind(day).sql(", reminded_at = 0 WHERE id = ").bind(item.id);
            sql.execute(till.conn)?;
            (item.expiredate, item.anchor_day) = (difference.end_us, day);
        }
        self.keep(till, item, buyer)?;
        Ok(expense_id)
    }

    /// Add-ons that staff changes are a task for a person.
    fn tell(&self, till: &mut Till, item: &mut Item, before: &Self) -> Result<()> {
        if before.pricelist_id != self.pricelist_id {
            return item::ask(till, item, Operation::ChangeTariff, &before.payload()).map(drop);
        }
        let tariff = till.tariff(self.pricelist_id)?;
        let changed = self.chosen.iter().filter(|chosen| !before.chosen.contains(chosen));
        let changed: Vec<i64> = changed.map(|(id, _)| *id).collect();
        let by_staff = |id: &i64| tariff.extra(*id).is_some_and(|extra| extra.is_manual);
        let is_manual = !changed.is_empty() && changed.iter().all(by_staff);
        let id = item::ask(till, item, Operation::SetParam, &before.payload())?;
        if is_manual { outbox::hand_over(till.conn, id) } else { Ok(()) }
    }

    fn wait(&self, till: &mut Till, item: &mut Item) -> Result<()> {
        item.next_change = self.payload();
        let sql = Sql::new("UPDATE item SET next_change = ").bind(item.next_change.as_str());
        sql.sql(" WHERE id = ").bind(item.id).execute(till.conn)?;
        till.note(item, &format!("pricelist {} at the end", self.pricelist_id))
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

    fn charge(&self, till: &mut Till, item: &Item, buyer: &Buyer, new: &New, key: String) -> Result<i64> {
        let lang = till.app.config.load().default_lang.clone();
        let tariff = till.tariff(self.pricelist_id)?;
        let zone = till.zone(item.project_id)?;
        let (begin, end) = (zone.date(new.paid.term.start_us), zone.date(new.paid.term.end_us));
        let charge = Charge {
            subaccount: &buyer.subaccount,
            item_id: item.id,
            operation: cart::CHANGE,
            name: format!("{} ({}), {begin} – {end}", tariff.title(&lang), item.name),
            priced: new.sold.priced,
            tax_e4: new.sold.tax_e4,
            discount: new.sold.discount_word(),
            key,
            begins_us: new.paid.term.start_us,
        };
        let expense_id = term::charged(till, item, &charge)?;
        term::insert(till.conn, item.id, &Paid { expense_id, ..new.paid })?;
        Ok(expense_id)
    }

    fn keep(&self, till: &mut Till, item: &mut Item, buyer: &Buyer) -> Result<()> {
        let tariff = till.tariff(self.pricelist_id)?;
        if item.pricelist_id != tariff.id {
            fixed::free(till, item)?;
        }
        item.pricelist_id = tariff.id;
        item.next_change.clear();
        choices::keep(till.conn, item.id, &tariff, &self.chosen())?;
        let cost = term::cost(till, item, buyer)?;
        let sql = Sql::new("UPDATE item SET pricelist_id = ").bind(tariff.id).sql(", cost = ").bind(cost.0);
        sql.sql(", next_change = '' WHERE id = ").bind(item.id).execute(till.conn)?;
        till.note(item, &format!("pricelist {}", tariff.id))
    }
}

/// Gives back what of the paid terms is not used, when a service ends early.
pub fn give_back(till: &mut Till, item: &Item) -> Result<Money> {
    let buyer = till.buyer(item.subaccount_id)?;
    let mut sum = Money::ZERO;
    for paid in term::left(till.conn, item.id, till.now_us)? {
        let back = unused(till, item, &buyer, &paid)?;
        if back > Money::ZERO {
            Expense::load(till.conn, paid.expense_id)?.give_back(till.conn, back, till.now_us)?;
            sum = sum.plus(back)?;
        }
        term::cut(till.conn, &paid, till.now_us.max(paid.term.start_us))?;
    }
    Ok(sum)
}

/// Makes a change that waited for the end of the term, before the next one is charged. One that cannot
/// be made any more is forgotten.
pub fn begin_waiting(till: &mut Till, item: &mut Item) -> Result<()> {
    if item.next_change.is_empty() || item.expiredate > till.now_us {
        return Ok(());
    }
    let (change, before) = (Change::read(&item.next_change)?, Change::of(till, item)?);
    if change.need_possible(till, item).is_err() {
        return forget_waiting(till, item).map(drop);
    }
    let buyer = till.buyer(item.subaccount_id)?;
    change.keep(till, item, &buyer)?;
    change.tell(till, item, &before)
}

/// Takes back what waits for the end of the term, which has moved no money. False: nothing waits.
pub fn forget_waiting(till: &mut Till, item: &mut Item) -> Result<bool> {
    let waiting = std::mem::take(&mut item.next_change);
    let sql = Sql::new("UPDATE item SET next_change = '' WHERE next_change <> '' AND next_change = ");
    if sql.bind(waiting.as_str()).sql(" AND id = ").bind(item.id).execute(till.conn)? == 0 {
        return Ok(false);
    }
    let change = Change::read(&waiting)?;
    till.note(item, &format!("no pricelist {}", change.pricelist_id)).map(|()| true)
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
