//! Expenses and compensations: what a client pays for, net and tax apart.

use crate::error::Result;
use crate::ledger::book::{Book, BookKind};
use crate::ledger::rounding::Priced;
use crate::ledger::transfer::{Line, Transfer, total};
use crate::money::Money;

/// What a client is charged for and who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    pub client: Book,
    pub revenue: Book,
    pub tax_book: Book,
    pub net: Money,
    pub tax: Money,
}

impl Sale {
    /// A sale of the client's provider.
    pub const fn of(client: Book, priced: &Priced) -> Self {
        Self {
            client,
            revenue: client.provider(BookKind::Revenue),
            tax_book: client.provider(BookKind::Tax),
            net: priced.net,
            tax: priced.tax,
        }
    }

    /// Nothing to charge: a free thing is no transfer.
    pub fn is_free(&self) -> bool {
        (self.net, self.tax) == (Money::ZERO, Money::ZERO)
    }

    /// What the books get, without those that get nothing.
    pub fn gains(&self) -> Vec<Line> {
        let mut gains = vec![Line::new(self.revenue, self.net), Line::new(self.tax_book, self.tax)];
        gains.retain(|gain| gain.amount != Money::ZERO);
        gains
    }
}

/// An expense: client → revenue and tax.
pub fn charge(key: impl Into<String>, sale: &Sale) -> Result<Transfer> {
    let mut lines = sale.gains();
    lines.insert(0, Line::new(sale.client, total(&lines)?.negated()));
    Transfer::new(key, lines)
}

/// A compensation: revenue and tax → client.
pub fn compensate(key: impl Into<String>, sale: &Sale) -> Result<Transfer> {
    let mut lines = sale.gains();
    let total = total(&lines)?;
    lines.iter_mut().for_each(|line| line.amount = line.amount.negated());
    lines.push(Line::new(sale.client, total));
    Transfer::new(key, lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{Dice, money};
    use crate::ledger::transfer::reverse;

    const CLIENT: Book = Book::client(5, 1, 840);
    const KEY: &str = "charge:item:5:2026-12";

    fn sale(net: Money, tax: Money) -> Sale {
        let (revenue, tax_book) = (CLIENT.provider(BookKind::Revenue), CLIENT.provider(BookKind::Tax));
        Sale { client: CLIENT, revenue, tax_book, net, tax }
    }

    fn written(transfer: &Transfer) -> Vec<String> {
        let lines = transfer.lines().iter();
        lines.map(|line| format!("{} {}", line.book.kind.word(), line.amount.plain())).collect()
    }

    #[test]
    fn what_is_moved() {
        let (net, tax, none) = (money("1.67"), money("0.33"), Money::ZERO);
        for (transfer, expected) in [
            (charge(KEY, &sale(net, tax)), &["client -2.00", "revenue 1.67", "tax 0.33"][..]),
            (charge(KEY, &sale(net, none)), &["client -1.67", "revenue 1.67"]),
            (compensate(KEY, &sale(net, tax)), &["revenue -1.67", "tax -0.33", "client 2.00"]),
        ] {
            assert_eq!(written(&transfer.unwrap()), expected);
        }
    }

    #[test]
    fn amounts_that_are_none() {
        let (one, none, minus) = (Money(1), Money::ZERO, Money(-1));
        for (refused, kind) in [
            (charge(KEY, &sale(none, none)), "value"),
            (charge(KEY, &sale(minus, one)), "value"),
            (charge(KEY, &sale(Money(i64::MAX), one)), "limit"),
            (compensate(KEY, &sale(none, none)), "value"),
            (compensate(KEY, &sale(one, minus)), "value"),
        ] {
            assert_eq!(refused.unwrap_err().kind, kind);
        }
        assert!(sale(none, none).is_free() && !sale(none, one).is_free());
    }

    #[test]
    fn a_compensation_is_a_charge_the_other_way() {
        let mut dice = Dice(17);
        for _ in 0..3_000 {
            let sale = sale(Money(dice.between(1, 1_000_000)), Money(dice.between(0, 1_000_000)));
            let sorted = |transfer: &Transfer| {
                let mut lines = transfer.lines().to_vec();
                lines.sort_by_key(|line| line.book);
                lines
            };
            let charged = charge(KEY, &sale).unwrap();
            assert_eq!(charged.lines().iter().map(|line| line.amount.0).sum::<i64>(), 0);
            assert_eq!(sorted(&reverse(&charged)), sorted(&compensate(KEY, &sale).unwrap()));
        }
    }
}
