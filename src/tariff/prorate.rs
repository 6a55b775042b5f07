//! Parts of a term: what is not used yet, and what a part costs.
//!
//! A part is price × units of the part / units of the whole, rounded once (`rounding::share`).

use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::tariff::period::{Period, Term, days_between, term_end};
use crate::time::{SECOND_US, Zone};

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

    /// Units of a term of this price that an amount below it reaches for.
    pub fn reached(&self, term: Term, amount: Money, price: Money) -> i64 {
        let units = i128::from(amount.0.max(0)) * i128::from(self.length(term)) / i128::from(price.0.max(1));
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    /// The moment so many units later.
    pub fn after(&self, from_us: i64, units: i64) -> i64 {
        match (self.by, u32::try_from(units)) {
            (Unit::Day, Ok(days)) => term_end(self.zone, from_us, Period::Trial, days, 0).unwrap_or(from_us),
            _ => from_us.saturating_add(units.saturating_mul(SECOND_US)),
        }
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
