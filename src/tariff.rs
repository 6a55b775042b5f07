//! Pure prices: what a tariff costs, for how long, and what is left of it.
//!
//! Invariant: nothing below knows a database, a clock or a setting, and no amount is ever a
//! float. Every amount is rounded by `ledger::rounding` and nowhere else.

pub mod addon;
pub mod offer;
pub mod period;
pub mod prorate;
pub mod quote;

pub use addon::{Addon, AddonType, BillType, Restrict, ScaleType};
pub use offer::{Kind, Offer, best};
pub use period::{Period, Term, calendar_term, days_between, term_end};
pub use prorate::{Measure, Unit};
pub use quote::{Discount, Off, On, Quote, QuotePart, What};
