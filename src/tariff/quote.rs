//! The one calculation of an order or a renewal. Cart, order, expense and invoice show what it says
//! and compute nothing themselves.
//!
//! line = sum of the parts, each of them rounded; discount = what is taken off the parts it applies
//! to; tax on (or in) what is left. Each step is rounded once (decisions.md, Money).

use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::{self, Priced, Tax, taxed};
use crate::money::Money;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    Tariff,
    Setup,
    /// A service is renewed that was suspended because it was not paid.
    Late,
    /// Use beyond what the tariff includes.
    Usage,
    /// The add-on's id.
    Addon(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotePart {
    pub what: What,
    pub name: String,
    /// The price of one.
    pub amount: Money,
    pub quantity: i64,
}

impl QuotePart {
    pub fn new(what: What, name: impl Into<String>, amount: Money, quantity: i64) -> Self {
        Self { what, name: name.into(), amount, quantity }
    }

    pub fn line(&self, scale: Scale) -> Result<Money> {
        match self.amount < Money::ZERO {
            true => Err(Error::value("amount", self.amount.plain())),
            false => rounding::line(self.amount, self.quantity, scale),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// In ten-thousandths of a percent.
    Percent(i64),
    Fixed(Money),
}

/// The parts a discount applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Whole,
    /// Without setup and add-ons.
    Tariff,
    Addon(i64),
}

impl On {
    fn covers(self, what: What) -> bool {
        match self {
            Self::Whole => true,
            Self::Tariff => what == What::Tariff,
            Self::Addon(id) => what == What::Addon(id),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discount {
    pub off: Off,
    pub on: On,
}

impl Discount {
    /// What it takes off these parts: at most what those it applies to cost.
    pub fn taken(&self, parts: &[QuotePart], scale: Scale) -> Result<Money> {
        let base = sum(parts.iter().filter(|part| self.on.covers(part.what)), scale)?;
        match self.off {
            Off::Percent(percent_e4) => rounding::discount(base, percent_e4, scale),
            Off::Fixed(amount) if amount < Money::ZERO => Err(Error::value("discount", amount.plain())),
            Off::Fixed(amount) => rounding::round(amount.min(base), scale),
        }
    }
}

/// An order or a renewal before it is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub parts: Vec<QuotePart>,
    /// The one that wins (`offer`).
    pub discount: Option<Discount>,
    pub tax_e4: i64,
    pub tax: Tax,
    pub scale: Scale,
}

impl Quote {
    pub fn priced(&self) -> Result<Priced> {
        let line = sum(self.parts.iter(), self.scale)?;
        let discount = match &self.discount {
            Some(discount) => discount.taken(&self.parts, self.scale)?,
            None => Money::ZERO,
        };
        taxed(line, discount, self.tax_e4, self.tax, self.scale)
    }
}

fn sum<'a>(parts: impl Iterator<Item = &'a QuotePart>, scale: Scale) -> Result<Money> {
    let mut sum = Money::ZERO;
    for part in parts {
        sum = sum.plus(part.line(scale)?)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
