//! What a call costs by the rate of its prefix: pure numbers, no database.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::ratio;
use crate::money::Money;

/// No call is granted more at once, however cheap it is.
pub const CALL_MAX_SEC: i64 = 24 * 3600;

/// The rate of a prefix as a call keeps it from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub prefix: String,
    pub destination: String,
    /// A minute.
    #[serde(with = "micro")]
    pub price: Money,
    /// Seconds that are charged at least.
    pub initblock: i64,
    /// Seconds that are charged together beyond the first block.
    pub billingblock: i64,
    #[serde(with = "micro")]
    pub connectcharge: Money,
    /// A call of so many seconds or less is free.
    pub min_time: i64,
}

impl Price {
    /// Seconds that are charged for a call that was answered for `secs` (operations.md §2.1).
    pub fn billed_sec(&self, secs: i64) -> i64 {
        match secs <= 0 || secs <= self.min_time {
            true => 0,
            false => self.whole_blocks(secs),
        }
    }

    /// Seconds that so many are charged as, however short a call may be free.
    pub fn whole_blocks(&self, secs: i64) -> i64 {
        let (first, block) = (self.first_block_sec(), self.billingblock.max(1));
        match secs <= first {
            true => first,
            false => secs.saturating_add(block - 1) / block * block,
        }
    }

    /// What a call of so many seconds costs.
    pub fn cost(&self, secs: i64) -> Result<Money> {
        match self.billed_sec(secs) {
            0 => Ok(Money::ZERO),
            billed_sec => self.charge(billed_sec),
        }
    }

    /// connectcharge + price / 60 × seconds, rounded once to 10⁻⁴ (decisions.md, Money).
    pub fn charge(&self, billed_sec: i64) -> Result<Money> {
        let sixtieths =
            i128::from(self.connectcharge.0) * 60 + i128::from(self.price.0) * i128::from(billed_sec);
        ratio(Money(1), sixtieths, 60, Scale::TELECOM).map_err(|_| Error::limit("price", self.price.plain()))
    }

    /// The end of the last whole block of so many seconds; within the first block, as they are.
    pub fn down_to_block(&self, secs: i64) -> i64 {
        let block = self.billingblock.max(1);
        (secs / block * block).max(self.first_block_sec()).min(secs)
    }

    /// The least that a call is let through for.
    pub fn first_block_sec(&self) -> i64 {
        self.initblock.max(1)
    }

    /// The longest call in whole blocks that the money pays for; 0 where it is not even the first.
    pub fn affordable_sec(&self, money: Money) -> Result<i64> {
        if self.charge(self.first_block_sec())? > money {
            return Ok(0);
        }
        let (mut paid, mut unpaid) = (self.first_block_sec(), CALL_MAX_SEC + 1);
        // What a call costs grows with its blocks, so the last one that is paid lies between.
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            match self.charge(self.whole_blocks(middle))? <= money {
                true => paid = middle,
                false => unpaid = middle,
            }
        }
        Ok(paid)
    }
}

/// Kept as a whole number of millionths: no number of JSON with a point in it is exact.
mod micro {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::money::Money;

    pub fn serialize<S: Serializer>(money: &Money, to: S) -> Result<S::Ok, S::Error> {
        money.0.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        i64::deserialize(from).map(Money)
    }
}
