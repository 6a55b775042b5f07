//! Holds: money set aside in a frozen book until it is known what it pays for.

use crate::error::{Error, Result};
use crate::ledger::book::Book;
use crate::ledger::transfer::{Line, Transfer, between, total};
use crate::money::Money;

/// What is held of a client book for one thing: all of its steps together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold<'a> {
    pub what: &'a str,
    pub id: i64,
    pub client: Book,
    pub amount: Money,
}

impl Hold<'_> {
    /// client → frozen, key `hold:<what>:<id>`.
    pub fn place(&self) -> Result<Transfer> {
        between(format!("hold:{}:{}", self.what, self.id), self.client, self.client.frozen(), self.amount)
    }

    /// `more` on top, for what grows while it runs (a call); steps count from 2. `self.amount` is
    /// what was held before.
    pub fn extend(&self, step: u32, more: Money) -> Result<Transfer> {
        let key = format!("hold:{}:{}:{step}", self.what, self.id);
        between(key, self.client, self.client.frozen(), more)
    }

    /// All of it back to the client.
    pub fn release(&self) -> Result<Transfer> {
        between(self.settle_key(), self.client.frozen(), self.client, self.amount)
    }

    /// To those who earned it; what is left goes back to the client. More than was held is an
    /// error.
    pub fn capture(&self, gains: &[Line]) -> Result<Transfer> {
        match total(gains)? > self.amount {
            true => Err(Error::limit("amount", self.amount.plain())),
            false => self.settle(gains),
        }
    }

    /// The same, and what goes beyond the hold is taken from the client book even below its
    /// limit: the ungranted tail of a call (decisions.md, Money).
    pub fn capture_beyond(&self, gains: &[Line]) -> Result<Transfer> {
        let settled = self.settle(gains)?;
        Ok(if total(gains)? > self.amount { settled.overdrawing() } else { settled })
    }

    fn settle(&self, gains: &[Line]) -> Result<Transfer> {
        let rest = self.amount.minus(total(gains)?)?;
        let mut lines = vec![Line::new(self.client.frozen(), Money::ZERO.minus(self.amount)?)];
        if rest != Money::ZERO {
            lines.push(Line::new(self.client, rest));
        }
        lines.extend_from_slice(gains);
        Transfer::new(self.settle_key(), lines)
    }

    /// One key for capture and release: whichever is posted first is the only one.
    fn settle_key(&self) -> String {
        format!("settle:{}:{}", self.what, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::book::BookKind;
    use crate::ledger::tests::{Dice, money};

    const CLIENT: Book = Book::client(5, 1, 840);
    const VENDOR: Book = Book::client(6, 1, 840);

    fn hold(amount: Money) -> Hold<'static> {
        Hold { what: "call", id: 9, client: CLIENT, amount }
    }

    fn gain(kind: BookKind, amount: &str) -> Line {
        Line::new(CLIENT.provider(kind), money(amount))
    }

    /// The key and `kind owner amount` of each line.
    fn written(transfer: &Transfer) -> String {
        let line = |line: &Line| {
            let book = line.book;
            format!(" {} {} {}", book.kind.word(), book.owner, line.amount.plain())
        };
        format!("{}{}", transfer.key(), transfer.lines().iter().map(line).collect::<String>())
    }

    #[test]
    fn what_becomes_of_a_hold() {
        let hold = hold(money("2"));
        let (revenue, tax) = (gain(BookKind::Revenue, "1.50"), gain(BookKind::Tax, "0.30"));
        let vendor = Line::new(VENDOR, money("0.50"));
        for (transfer, expected) in [
            (hold.place(), "hold:call:9 client 5 -2.00 frozen 5 2.00"),
            (hold.extend(2, money("1")), "hold:call:9:2 client 5 -1.00 frozen 5 1.00"),
            (hold.release(), "settle:call:9 frozen 5 -2.00 client 5 2.00"),
            (hold.capture(&[]), "settle:call:9 frozen 5 -2.00 client 5 2.00"),
            (
                hold.capture(&[revenue, tax]),
                "settle:call:9 frozen 5 -2.00 client 5 0.20 revenue 0 1.50 tax 0 0.30",
            ),
            (hold.capture(&[revenue, vendor]), "settle:call:9 frozen 5 -2.00 revenue 0 1.50 client 6 0.50"),
            (hold.capture_beyond(&[revenue]), "settle:call:9 frozen 5 -2.00 client 5 0.50 revenue 0 1.50"),
        ] {
            let transfer = transfer.unwrap();
            assert_eq!(written(&transfer), expected);
            assert!(!transfer.overdraws());
        }
    }

    #[test]
    fn more_than_was_held() {
        let (hold, gains) = (hold(money("1")), [gain(BookKind::Revenue, "1.50")]);
        assert_eq!(hold.capture(&gains).unwrap_err().kind, "limit");
        let tail = hold.capture_beyond(&gains).unwrap();
        assert_eq!(written(&tail), "settle:call:9 frozen 5 -1.00 client 5 -0.50 revenue 0 1.50");
        assert!(tail.overdraws());
    }

    #[test]
    fn holds_that_are_none() {
        let minus = [gain(BookKind::Revenue, "-1")];
        let foreign = Line::new(Book { currency: 1, ..VENDOR }, Money(1));
        for (refused, kind) in [
            (hold(Money::ZERO).place(), "value"),
            (hold(Money(-1)).place(), "value"),
            (hold(Money(1)).extend(2, Money::ZERO), "value"),
            (hold(Money::ZERO).release(), "value"),
            (hold(Money::ZERO).capture_beyond(&minus), "value"),
            (hold(Money(1)).capture(&minus), "value"),
            (hold(Money(2)).capture(&[foreign]), "system"),
            (Hold { what: "No", ..hold(Money(1)) }.place(), "system"),
        ] {
            assert_eq!(refused.unwrap_err().kind, kind);
        }
    }

    #[test]
    fn nothing_stays_frozen_and_nothing_is_lost() {
        let mut dice = Dice(13);
        for _ in 0..3_000 {
            let first = hold(Money(dice.between(1, 9_000)));
            let more = Money(dice.between(1, 9_000));
            let all = hold(first.amount.plus(more).unwrap());
            let revenue = Line::new(CLIENT.provider(BookKind::Revenue), Money(dice.between(1, 20_000)));
            let posted =
                [first.place(), first.extend(2, more), all.capture_beyond(&[revenue])].map(Result::unwrap);
            let sum = |book| {
                let lines = posted.iter().flat_map(Transfer::lines).filter(|line| line.book == book);
                lines.map(|line| line.amount.0).sum::<i64>()
            };
            assert_eq!(sum(CLIENT.frozen()), 0);
            assert_eq!(sum(CLIENT), -revenue.amount.0);
            assert_eq!(posted[2].overdraws(), revenue.amount > all.amount);
        }
    }
}
