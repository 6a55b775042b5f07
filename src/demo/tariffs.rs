//! The tariffs of the demo and their add-ons. Amounts are cents of a euro.

mod addons;
mod other;
mod servers;

pub use addons::ADDONS;

use super::stage::Pairs;

/// Its key begins with the product type.
pub struct Tariff {
    pub key: &'static str,
    pub project: &'static str,
    pub name: &'static str,
    pub name_ru: &'static str,
    /// By the word of the price parameter: a period, or `setup`, `transfer`.
    pub prices: &'static [(&'static str, i64)],
    /// Further parameters of `pricelist.add.step2`.
    pub more: Pairs<'static>,
}

/// An add-on of a tariff.
pub struct Addon {
    pub tariff: &'static str,
    /// The internal name of its add-on type.
    pub kind: &'static str,
    pub more: Pairs<'static>,
    /// The periods of the tariff that it is priced for.
    pub periods: &'static [&'static str],
    /// From an amount on, and the price of a step for a month.
    pub scale: &'static [(i64, i64)],
    /// From an amount on, and the price of a step that was used beyond what is included.
    pub used: &'static [(i64, i64)],
    /// Values of its enumeration, and the price of each for a month.
    pub values: &'static [(&'static str, i64)],
}

pub fn all() -> impl Iterator<Item = &'static Tariff> {
    other::TARIFFS.iter().chain(servers::TARIFFS)
}
