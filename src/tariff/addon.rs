//! The rule of an add-on: how many may be chosen and what they cost.
//!
//! Prices stand in rows `(from_count, price of one step)`; of an enumeration `(enumerationitem,
//! price)`. A step is what the count changes by (usually one), and its price is that of the whole
//! step, also of one begun. A count includes what the tariff gives for nothing: only what lies beyond
//! the included amount is priced. What no row prices is an error and never free by accident.

use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::round;
use crate::money::Money;

/// By what an add-on is charged. A client chooses only what is ordered or compound; of anything else
/// he has what the tariff includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillType {
    /// As much as the tariff includes.
    Free,
    Order,
    /// By what was measured, afterwards.
    Statistics,
    /// One of several add-ons is chosen, and that one is charged.
    Compound,
    /// By a count of other services.
    Resources,
    /// By an employee's hand.
    Manual,
}

impl BillType {
    pub fn from_code(code: i64) -> Option<Self> {
        let types =
            [Self::Free, Self::Order, Self::Statistics, Self::Compound, Self::Resources, Self::Manual];
        types.into_iter().find(|billtype| billtype.code() == code)
    }

    pub const fn code(self) -> i64 {
        match self {
            Self::Free => 1,
            Self::Order => 2,
            Self::Statistics => 3,
            Self::Compound => 4,
            Self::Resources => 5,
            Self::Manual => 10,
        }
    }

    /// Whether a count of it has a price of its own.
    pub const fn is_priced(self) -> bool {
        matches!(self, Self::Order | Self::Statistics | Self::Compound | Self::Resources)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddonType {
    Flag,
    Number,
    /// The count is the id of an enumeration's item.
    Enumeration,
}

impl AddonType {
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Flag, Self::Number, Self::Enumeration].into_iter().find(|kind| kind.code() == code)
    }

    pub const fn code(self) -> i64 {
        match self {
            Self::Flag => 1,
            Self::Number => 2,
            Self::Enumeration => 3,
        }
    }
}

/// Which rows price a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleType {
    /// The row with the greatest `from_count` up to the count prices every step.
    Nearest,
    /// Each step is priced by its own row: the greatest `from_count` up to the count it reaches.
    PerStep,
    /// Rows are packs of `from_count`, taken greatest first until the count is covered.
    Packs,
    /// Only the counts of the rows can be chosen, each with its own price.
    Options,
}

impl ScaleType {
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Nearest, Self::PerStep, Self::Packs, Self::Options]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    pub const fn code(self) -> i64 {
        match self {
            Self::Nearest => 0,
            Self::PerStep => 1,
            Self::Packs => 2,
            Self::Options => 3,
        }
    }
}

/// Whether a client may change the count of a running service (`restrictclientchange`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restrict {
    /// He may not.
    On,
    /// He may.
    Off,
    UpOnly,
    DownOnly,
}

impl Restrict {
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::On, Self::Off, Self::UpOnly, Self::DownOnly].into_iter().find(|known| known.word() == word)
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::UpOnly => "uponly",
            Self::DownOnly => "downonly",
        }
    }

    /// The count it has is no change.
    pub const fn may_change(self, old: i64, new: i64) -> bool {
        match self {
            _ if new == old => true,
            Self::On => false,
            Self::Off => true,
            Self::UpOnly => new > old,
            Self::DownOnly => new < old,
        }
    }
}

/// An add-on of a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addon {
    pub id: i64,
    pub billtype: BillType,
    pub addontype: AddonType,
    pub scaletype: ScaleType,
    /// Included in the price of the tariff; of an enumeration the item it has by itself.
    pub limit: i64,
    pub limit_trial: i64,
    /// Steps go on from here.
    pub min: i64,
    /// Nothing where there is no bound.
    pub max: Option<i64>,
    /// Nothing where a trial has the same bound.
    pub max_trial: Option<i64>,
    pub step: i64,
}

/// `(from_count or enumerationitem, price)`, in any order.
pub type Row = (i64, Money);

impl Addon {
    /// The field of an order that holds the count.
    pub fn field(&self) -> String {
        format!("addon_{}", self.id)
    }

    pub const fn included(&self, is_trial: bool) -> i64 {
        if is_trial { self.limit_trial } else { self.limit }
    }

    /// Whether a client may choose the count. `rows` are those of the period and currency; options
    /// and the items of an enumeration or of a compound add-on can be chosen where they have one.
    pub fn check(&self, count: i64, is_trial: bool, rows: &[Row]) -> Result<()> {
        let is_allowed = match self.billtype {
            BillType::Order | BillType::Compound if self.is_choice() => exact(rows, count).is_some(),
            BillType::Order if !self.bounds(is_trial).contains(&count) => {
                return Err(Error::limit(self.field(), count.to_string()));
            }
            BillType::Order => self.is_reached(count, is_trial, rows),
            BillType::Resources => count >= 0, // it is counted and not chosen
            _ => count == self.included(is_trial),
        };
        if is_allowed { Ok(()) } else { Err(Error::value(self.field(), count.to_string())) }
    }

    /// What a count costs for one period, rounded once.
    pub fn price(&self, count: i64, is_trial: bool, rows: &[Row], scale: Scale) -> Result<Money> {
        if !self.billtype.is_priced() {
            return Ok(Money::ZERO);
        }
        if self.is_choice() || self.has_options() {
            let price = exact(rows, count).ok_or_else(|| Error::value(self.field(), count.to_string()));
            return round(price?, scale);
        }
        let beyond = count.saturating_sub(self.included(is_trial));
        if beyond <= 0 {
            return Ok(Money::ZERO);
        }
        let parts = match self.addontype {
            AddonType::Number if self.scaletype == ScaleType::Packs => packs(beyond, rows),
            AddonType::Number if self.scaletype == ScaleType::PerStep => self.brackets(count, beyond, rows),
            _ => nearest(rows, count).map(|(_, price)| vec![(price, self.steps(beyond))]),
        };
        total(&parts.ok_or_else(|| Error::missed("price"))?, scale)
    }

    fn is_choice(&self) -> bool {
        self.addontype == AddonType::Enumeration || self.billtype == BillType::Compound
    }

    fn has_options(&self) -> bool {
        self.addontype == AddonType::Number && self.scaletype == ScaleType::Options
    }

    fn bounds(&self, is_trial: bool) -> std::ops::RangeInclusive<i64> {
        let max = self.max.unwrap_or(i64::MAX);
        let max = if is_trial { self.max_trial.unwrap_or(max) } else { max };
        let max = if self.addontype == AddonType::Flag { max.min(1) } else { max };
        // The minimum of a paid order may be more than a trial gives.
        let min = if is_trial { self.min.min(self.limit_trial) } else { self.min };
        min.max(0)..=max
    }

    /// Whether steps from the minimum lead to the count. The included amount is always reached:
    /// the tariff gives it without a choice.
    fn is_reached(&self, count: i64, is_trial: bool, rows: &[Row]) -> bool {
        match self.addontype {
            AddonType::Number if self.has_options() => exact(rows, count).is_some(),
            AddonType::Number => {
                count == self.included(is_trial) || (count - self.min.max(0)) % self.step.max(1) == 0
            }
            _ => true,
        }
    }

    /// Steps that cover so many units.
    fn steps(&self, units: i64) -> i64 {
        let step = self.step.max(1);
        units / step + i64::from(units % step > 0)
    }

    /// Price and number of steps of each bracket; nothing where a step lies below the first row.
    fn brackets(&self, count: i64, beyond: i64, rows: &[Row]) -> Option<Vec<(Money, i64)>> {
        let (included, step) = (count - beyond, self.step.max(1));
        // A last step that is not used in full reaches the count and no further.
        let reaching = |at: i64| match at {
            _ if at >= count => self.steps(beyond),
            _ => at.saturating_sub(included).max(0) / step,
        };
        let mut rows = rows.to_vec();
        rows.sort_by_key(|(from, _)| *from);
        let before = |row: Option<&Row>| row.map_or(i64::MAX, |(from, _)| from.saturating_sub(1));
        if reaching(before(rows.first())) > 0 {
            return None;
        }
        let bracket = |at: usize| {
            let steps = reaching(before(rows.get(at + 1))) - reaching(before(rows.get(at)));
            (rows[at].1, steps)
        };
        Some((0..rows.len()).map(bracket).collect())
    }
}

fn exact(rows: &[Row], count: i64) -> Option<Money> {
    rows.iter().find(|(known, _)| *known == count).map(|(_, price)| *price)
}

fn nearest(rows: &[Row], count: i64) -> Option<Row> {
    rows.iter().filter(|(from, _)| *from <= count).max_by_key(|(from, _)| *from).copied()
}

/// Price and number of each pack; what the greater ones leave open the smallest covers.
fn packs(mut open: i64, rows: &[Row]) -> Option<Vec<(Money, i64)>> {
    let mut rows: Vec<Row> = rows.iter().copied().filter(|(size, _)| *size > 0).collect();
    rows.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let smallest = rows.last().map(|(_, price)| *price)?;
    let mut taken = Vec::with_capacity(rows.len() + 1);
    for (size, price) in rows {
        taken.push((price, open / size));
        open %= size;
    }
    taken.push((smallest, i64::from(open > 0)));
    Some(taken)
}

/// Σ price × number, rounded at the end: brackets are no lines of their own.
fn total(parts: &[(Money, i64)], scale: Scale) -> Result<Money> {
    let micro: i128 = parts.iter().map(|(price, number)| i128::from(price.0) * i128::from(*number)).sum();
    let sum = i64::try_from(micro).map_err(|_| Error::limit("amount", parts.len().to_string()))?;
    round(Money(sum), scale)
}

#[cfg(test)]
mod tests;
