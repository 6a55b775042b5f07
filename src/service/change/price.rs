//! What a change comes to: the paid time that is not used, and what stands in its place.

use std::sync::Arc;

use super::Change;
use crate::billing::charge::Expense;
use crate::error::Result;
use crate::ledger::rounding::Priced;
use crate::money::Money;
use crate::service::buyer::{Ask, Buyer, Sold};
use crate::service::item::Item;
use crate::service::tariff::OnChange::{self, Buy, Keep, Wait};
use crate::service::tariff::Tariff;
use crate::service::term::{self, Paid};
use crate::service::{Till, usage};
use crate::tariff::period::Term;
use crate::tariff::prorate::{Measure, Unit};

/// Terms that the money of others buys at most.
const TERMS_MAX: usize = 60;

/// What a change comes to.
pub struct Difference {
    pub backs: Vec<Back>,
    pub terms: Vec<New>,
    /// When the service ends then.
    pub end_us: i64,
    /// As an order's line shows it: the difference alone.
    pub owed: Sold,
    /// Nothing happens before the term is over.
    pub waits: bool,
}

/// What of a paid term is not used from a moment on.
pub struct Back {
    pub paid: Paid,
    pub from_us: i64,
    pub amount: Money,
}

/// A term under the new price.
pub struct New {
    pub paid: Paid,
    pub sold: Sold,
}

impl Difference {
    pub fn total(&self) -> Money {
        self.owed.priced.total
    }
}

impl Change {
    /// What becomes of the paid time is said by the tariff that the service leaves.
    pub fn price(&self, till: &mut Till, item: &Item, buyer: &Buyer) -> Result<Difference> {
        let policy = till.tariff(item.pricelist_id)?.on_change;
        self.price_by(till, item, buyer, if self.pricelist_id == item.pricelist_id { Keep } else { policy })
    }

    pub fn price_by(
        &self,
        till: &mut Till,
        item: &Item,
        buyer: &Buyer,
        policy: OnChange,
    ) -> Result<Difference> {
        if policy == Wait && item.expiredate > till.now_us {
            let (owed, end_us) = (shown(Money::ZERO, buyer), item.expiredate);
            return Ok(Difference { backs: Vec::new(), terms: Vec::new(), end_us, owed, waits: true });
        }
        let backs = backs(till, item, buyer)?;
        let given_back = backs.iter().try_fold(Money::ZERO, |sum, back| sum.plus(back.amount))?;
        let terms = match policy {
            Buy if given_back > Money::ZERO && item.expiredate != 0 => {
                self.bought(till, item, buyer, backs[0].from_us, given_back)?
            }
            _ => self.rest(till, item, buyer, &backs)?,
        };
        let cost = |sum: Money, term: &New| sum.plus(term.sold.priced.total);
        let owed = shown(terms.iter().try_fold(Money::ZERO, cost)?.minus(given_back)?, buyer);
        let end_us = terms.last().map_or(item.expiredate, |last| last.paid.term.end_us);
        Ok(Difference { backs, terms, end_us, owed, waits: false })
    }

    /// The tariff as this service would have it.
    fn tariff(&self, till: &mut Till, item: &Item) -> Result<Arc<Tariff>> {
        match self.pricelist_id == item.pricelist_id {
            true => till.tariff_of(item),
            false => till.tariff(self.pricelist_id),
        }
    }

    fn quote(&self, till: &mut Till, item: &Item, buyer: &Buyer, paid: &Paid) -> Result<Sold> {
        let tariff = self.tariff(till, item)?;
        let chosen = usage::counted(till, item, &tariff, self.chosen())?;
        let part = Some((paid.whole(), paid.term));
        let ask = Ask { part, ..term::renewal(term::period_of(paid.period)?, &chosen) };
        buyer.quote(till, &tariff, &ask)
    }

    /// The same time under the new price.
    fn rest(&self, till: &mut Till, item: &Item, buyer: &Buyer, backs: &[Back]) -> Result<Vec<New>> {
        let new = |back: &Back| {
            let term = Term::new(back.from_us, back.paid.term.end_us);
            let paid = Paid { term, expense_id: 0, ..back.paid };
            Ok(New { paid, sold: self.quote(till, item, buyer, &paid)? })
        };
        backs.iter().map(new).collect()
    }

    /// The time that an amount buys: whole terms, and of the next as much as it reaches for.
    fn bought(
        &self,
        till: &mut Till,
        item: &Item,
        buyer: &Buyer,
        from_us: i64,
        amount: Money,
    ) -> Result<Vec<New>> {
        let (tariff, zone) = (self.tariff(till, item)?, till.zone(item.project_id)?);
        let measure = Measure { by: tariff.unit, zone: &zone, scale: buyer.scale };
        let period = tariff.step(term::period_of(item.period)?);
        let (mut terms, mut left, mut from_us): (Vec<New>, _, _) = (Vec::new(), amount, from_us);
        while terms.len() < TERMS_MAX {
            let whole = Term::new(from_us, term::end(&zone, from_us, period, &tariff, 0));
            let paid = Paid::fresh(period, whole);
            let sold = self.quote(till, item, buyer, &paid)?;
            let price = sold.priced.total;
            if price > left {
                terms.extend(self.reached(till, item, buyer, &paid, (price, left), &measure)?);
                break;
            }
            terms.push(New { paid, sold });
            left = left.minus(price)?;
            from_us = whole.end_us;
            if price == Money::ZERO || left == Money::ZERO {
                break; // what is free lasts a term
            }
        }
        Ok(terms)
    }

    /// The part of a term of this price that the money left reaches for.
    fn reached(
        &self,
        till: &mut Till,
        item: &Item,
        buyer: &Buyer,
        whole: &Paid,
        (price, left): (Money, Money),
        measure: &Measure<'_>,
    ) -> Result<Option<New>> {
        let mut units = measure.reached(whole.term, left, price);
        while units > 0 {
            let term = Term::new(whole.term.start_us, measure.after(whole.term.start_us, units));
            let paid = Paid { term, ..*whole };
            let sold = self.quote(till, item, buyer, &paid)?;
            if sold.priced.total <= left {
                return Ok(Some(New { paid, sold }));
            }
            units -= 1; // its tax was rounded up
        }
        Ok(None)
    }
}

/// What of the paid terms is not used from the next unit on. The one that has begun stays as it was.
fn backs(till: &mut Till, item: &Item, buyer: &Buyer) -> Result<Vec<Back>> {
    let (now_us, mut backs) = (till.now_us, Vec::new());
    let (unit, zone) = (till.tariff(item.pricelist_id)?.unit, till.zone(item.project_id)?);
    let next_us = if unit == Unit::Day { zone.next_day_us(now_us) } else { now_us };
    for paid in term::left(till.conn, item.id, now_us)? {
        let from_us = if paid.term.start_us > now_us { paid.term.start_us } else { next_us };
        if from_us < paid.term.end_us {
            backs.push(Back { amount: unused(till, item, buyer, &paid)?, paid, from_us });
        }
    }
    Ok(backs)
}

/// What of a term's expense is not used yet, no more than is left of it.
pub fn unused(till: &mut Till, item: &Item, buyer: &Buyer, paid: &Paid) -> Result<Money> {
    if paid.expense_id == 0 {
        return Ok(Money::ZERO);
    }
    let (by, zone) = (till.tariff(item.pricelist_id)?.unit, till.zone(item.project_id)?);
    let expense = Expense::load(till.conn, paid.expense_id)?;
    let measure = Measure { by, zone: &zone, scale: buyer.scale };
    Ok(measure.unused(expense.amount, paid.term, till.now_us)?.min(expense.left()?))
}

/// A difference as a line of an order: its tax stands in the expense and its compensation.
fn shown(difference: Money, buyer: &Buyer) -> Sold {
    let (line, zero) = (difference, Money::ZERO);
    Sold::plain(Priced { line, discount: zero, net: line, tax: zero, total: line }, buyer.tax_e4)
}
