//! Parts of a term: what is not used yet, what a part costs, what a change of the tariff makes.
//!
//! A part is price × units of the part / units of the whole, rounded once (`rounding::share`).

use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::tariff::period::{Term, calendar_term, days_between};
use crate::time::Zone;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Calendar days of the zone.
    Day,
    Second,
}

/// How the parts of a term are counted and rounded.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    pub by: Unit,
    pub zone: &'a Zone,
    pub scale: Scale,
}

/// What a change of the tariff makes for the rest of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Not used of what was paid.
    pub given_back: Money,
    /// The new tariff for the same rest.
    pub owed: Money,
}

impl Change {
    /// Owed by the client where positive, given back to him where negative.
    pub fn difference(&self) -> Result<Money> {
        self.owed.minus(self.given_back)
    }
}

/// The first charge of a tariff that is billed by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct First {
    pub amount: Money,
    /// From the order on; its end is where the first whole term begins.
    pub term: Term,
}

impl Measure<'_> {
    /// What of a paid term is not used at `now_us`: between nothing and all of it. A unit begun
    /// counts as used, so on its first day a term of one day is used up; before it begins nothing is.
    pub fn unused(&self, paid: Money, term: Term, now_us: i64) -> Result<Money> {
        if !self.scale.fits(paid) {
            return Err(Error::value("amount", paid.plain()));
        }
        self.part_of(paid, self.left(term, now_us), self.length(term))
    }

    /// What the part of a term costs that has this price as a whole. A part by days is charged
    /// from the day it begins on to the day before the one it ends on, so neighbours never share
    /// a day.
    pub fn prorated(&self, price: Money, term: Term, part: Term) -> Result<Money> {
        let part = part.within(term);
        self.part_of(price, self.length(part), self.length(term))
    }

    /// From `from_us` up to the next `prorata_day` of the month. `price` is that of a whole term
    /// of `months`; who orders on the day itself begins a whole term.
    pub fn first_charge(&self, price: Money, from_us: i64, months: u16, prorata_day: u8) -> Result<First> {
        let whole = calendar_term(self.zone, from_us, months, prorata_day)
            .ok_or_else(|| Error::limit("period", months.to_string()))?;
        let term = Term::new(from_us, whole.end_us);
        Ok(First { amount: self.prorated(price, whole, term)?, term })
    }

    /// The other tariff from `now_us` to the end of the term. `paid` was paid for the whole term,
    /// `price` is what the whole term costs under the new tariff. The unit begun stays with the
    /// old tariff.
    pub fn change(&self, paid: Money, price: Money, term: Term, now_us: i64) -> Result<Change> {
        let given_back = self.unused(paid, term, now_us)?;
        let owed = self.part_of(price, self.left(term, now_us), self.length(term))?;
        Ok(Change { given_back, owed })
    }

    fn length(&self, term: Term) -> i64 {
        let units = match self.by {
            Unit::Day => term.days(self.zone),
            Unit::Second => term.seconds(),
        };
        units.max(0)
    }

    fn left(&self, term: Term, now_us: i64) -> i64 {
        let used = match self.by {
            _ if now_us < term.start_us => 0,
            Unit::Day => days_between(self.zone, term.start_us, now_us) + 1,
            Unit::Second => Term::new(term.start_us, now_us).seconds(),
        };
        (self.length(term) - used).max(0)
    }

    fn part_of(&self, amount: Money, part: i64, whole: i64) -> Result<Money> {
        if amount < Money::ZERO {
            return Err(Error::value("amount", amount.plain()));
        }
        match part {
            0 => Ok(Money::ZERO),
            _ => share(amount, part, whole, self.scale),
        }
    }
}

#[cfg(test)]
mod tests;
