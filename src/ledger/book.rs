//! Where money lies: books, known by value and not by a row's number.

use crate::money::{Money, decimals};

/// What a book is for (decisions.md, Money).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BookKind {
    /// A client's money with a provider: a subaccount.
    Client,
    /// What is held of a client book.
    Frozen,
    /// Money on its way through a payment method.
    Clearing,
    Revenue,
    Tax,
    Cost,
    /// Retail credit that a reseller gave out.
    IssuedRetail,
    Payout,
    Exchange,
    Writeoff,
    Opening,
}

impl BookKind {
    pub const ALL: [BookKind; 11] = [
        Self::Client,
        Self::Frozen,
        Self::Clearing,
        Self::Revenue,
        Self::Tax,
        Self::Cost,
        Self::IssuedRetail,
        Self::Payout,
        Self::Exchange,
        Self::Writeoff,
        Self::Opening,
    ];

    /// The word it is stored as.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Frozen => "frozen",
            Self::Clearing => "clearing",
            Self::Revenue => "revenue",
            Self::Tax => "tax",
            Self::Cost => "cost",
            Self::IssuedRetail => "issued_retail",
            Self::Payout => "payout",
            Self::Exchange => "exchange",
            Self::Writeoff => "writeoff",
            Self::Opening => "opening",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Only these keep their balance beside their lines; any other book is summed.
    pub const fn caches_balance(self) -> bool {
        matches!(self, Self::Client | Self::Frozen)
    }
}

/// One book. The order is that in which balances are locked: by owner first, so that two
/// transfers between the same accounts cannot wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Book {
    /// The account, payment method or reseller; 0 for a provider's own books.
    pub owner: i64,
    pub project: i64,
    pub currency: i64,
    pub kind: BookKind,
}

impl Book {
    pub const fn new(kind: BookKind, owner: i64, project: i64, currency: i64) -> Self {
        Self { owner, project, currency, kind }
    }

    pub const fn client(account: i64, project: i64, currency: i64) -> Self {
        Self::new(BookKind::Client, account, project, currency)
    }

    /// Where the holds of this client book lie.
    pub const fn frozen(self) -> Self {
        Self { kind: BookKind::Frozen, ..self }
    }

    /// The provider's own book of that kind, in the currency of this one.
    pub const fn provider(self, kind: BookKind) -> Self {
        Self::new(kind, 0, self.project, self.currency)
    }
}

/// How fine the amounts of a book are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scale(u8);

impl Scale {
    /// Telecom and number books post in 10⁻⁴ (decisions.md, Money).
    pub const TELECOM: Scale = Scale(4);

    /// Hosting books post in the minor unit of their currency.
    pub fn minor(iso: &str) -> Self {
        Self(decimals(iso))
    }

    /// What amounts of a currency are rounded to: its minor unit, or what the provider chose where
    /// that is coarser (HUF without fillér). The choice is data of the currency and comes in as a
    /// value; a finer one than the minor unit is none, nobody can pay it.
    pub fn of_currency(iso: &str, chosen: Option<i64>) -> Option<Self> {
        let minor = Self::minor(iso);
        match chosen {
            None => Some(minor),
            Some(decimals) => Self::of_decimals(decimals).filter(|scale| scale.0 <= minor.0),
        }
    }

    /// A stored number of decimals; money has no more than six.
    pub fn of_decimals(decimals: i64) -> Option<Self> {
        u8::try_from(decimals).ok().filter(|decimals| *decimals <= 6).map(Self)
    }

    pub const fn decimals(self) -> u8 {
        self.0
    }

    /// The smallest amount, in millionths.
    pub const fn step_micro(self) -> i64 {
        10i64.pow(6 - self.0 as u32)
    }

    /// Whether a book of this scale can hold the amount as it is.
    pub const fn fits(self, amount: Money) -> bool {
        amount.0 % self.step_micro() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::money;

    #[test]
    fn every_kind_has_its_own_word() {
        for (index, kind) in BookKind::ALL.into_iter().enumerate() {
            assert_eq!(BookKind::from_word(kind.word()), Some(kind));
            assert_eq!(kind as usize, index);
        }
        assert_eq!(BookKind::from_word("Client"), None);
        assert_eq!(BookKind::from_word(""), None);
    }

    #[test]
    fn scales() {
        for (scale, step_micro, fits, too_fine) in [
            (Scale::minor("USD"), 10_000, "0.01", "0.001"),
            (Scale::minor("JPY"), 1_000_000, "1", "0.5"),
            (Scale::minor("KWD"), 1_000, "0.001", "-0.0001"),
            (Scale::TELECOM, 100, "-0.0001", "0.00001"),
        ] {
            assert_eq!(scale.step_micro(), step_micro);
            assert!(scale.fits(money(fits)) && !scale.fits(money(too_fine)), "{fits} {too_fine}");
            assert_eq!(Scale::of_decimals(i64::from(scale.decimals())), Some(scale));
        }
        assert_eq!(Scale::of_decimals(6).map(Scale::step_micro), Some(1));
        assert_eq!(Scale::of_decimals(7), None);
        assert_eq!(Scale::of_decimals(-1), None);
    }

    #[test]
    fn minor_units() {
        let zero = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
        let three = "BHD IQD JOD KWD LYD OMR TND";
        for (codes, decimals) in [(zero, 0), (three, 3), ("EUR HUF RUB USD", 2), ("XYZ eur EURO", 2)] {
            for iso in codes.split(' ') {
                assert_eq!(Scale::minor(iso).decimals(), decimals, "{iso}");
            }
        }
    }

    #[test]
    fn a_provider_may_round_coarser_than_the_minor_unit_and_never_finer() {
        for (iso, chosen, decimals) in [
            ("HUF", None, Some(2)),
            ("HUF", Some(0), Some(0)),
            ("HUF", Some(2), Some(2)),
            ("HUF", Some(3), None),
            ("JPY", Some(1), None),
            ("BHD", Some(2), Some(2)),
            ("USD", Some(-1), None),
        ] {
            let scale = Scale::of_currency(iso, chosen);
            assert_eq!(scale.map(Scale::decimals), decimals, "{iso} {chosen:?}");
        }
    }

    #[test]
    fn locks_go_by_ascending_account() {
        let mut books = [Book::client(9, 1, 1), Book::client(2, 3, 1).frozen(), Book::client(2, 3, 1)];
        books.sort();
        assert_eq!(
            books.map(|book| (book.owner, book.kind.word())),
            [(2, "client"), (2, "frozen"), (9, "client")]
        );
    }
}
