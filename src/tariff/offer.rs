//! Which discount a client gets.
//!
//! Personal, promotional and global discounts are never added up: the one that takes most off this
//! order wins. Where several take the same, a personal one goes before a promotion and that before a
//! global one; of one kind the first wins. Whether its conditions hold is decided before.

use crate::error::Result;
use crate::ledger::Scale;
use crate::money::Money;
use crate::tariff::quote::{Discount, QuotePart};

/// Whose discount it is; the order is that in which ties are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Personal,
    Promo,
    Global,
}

impl Kind {
    /// The word of an expense's `discount`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Promo => "promo",
            Self::Global => "globaldiscount",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Personal, Self::Promo, Self::Global].into_iter().find(|kind| kind.word() == word)
    }
}

/// A discount whose conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub kind: Kind,
    /// The row it stands in.
    pub id: i64,
    pub discount: Discount,
}

/// The offer that takes most off these parts; nothing where none takes anything.
pub fn best(parts: &[QuotePart], scale: Scale, offers: &[Offer]) -> Result<Option<Offer>> {
    let mut best: Option<(Money, Offer)> = None;
    for offer in offers {
        let taken = offer.discount.taken(parts, scale)?;
        let is_better =
            best.is_none_or(|(most, winner)| taken > most || (taken == most && offer.kind < winner.kind));
        if taken > Money::ZERO && is_better {
            best = Some((taken, *offer));
        }
    }
    Ok(best.map(|(_, offer)| offer))
}

#[cfg(test)]
mod tests;
