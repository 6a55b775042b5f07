//! Transfers: money that goes from books to books, and nothing of it lost.

use crate::error::{Error, Result};
use crate::ledger::book::{Book, BookKind};
use crate::ledger::rate::{Converted, RateStamp};
use crate::money::Money;

/// A key without its `reverse:` words; far above what numbers and periods need.
const KEY_MAX: usize = 120;

/// One book's part: positive what comes into it, negative what leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub book: Book,
    pub amount: Money,
}

impl Line {
    pub const fn new(book: Book, amount: Money) -> Self {
        Self { book, amount }
    }
}

/// Money moved once: a second posting of its key answers "exists".
///
/// Invariant: there is no transfer that does not sum to zero in each currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    key: String,
    lines: Vec<Line>,
    stamp: Option<RateStamp>,
    overdraws: bool,
}

impl Transfer {
    /// Refuses what is no transfer. An amount of zero is the caller's input and said so; all else
    /// is our own fault.
    pub fn new(key: impl Into<String>, lines: Vec<Line>) -> Result<Self> {
        let key = key.into();
        if !is_key(&key) {
            return Err(Error::system(format!("no ledger key: {key}")));
        }
        if lines.iter().any(|line| line.amount == Money::ZERO) {
            return Err(Error::value("amount", Money::ZERO.plain()));
        }
        match fault(&lines) {
            Some(fault) => Err(Error::system(format!("{key}: {fault}"))),
            None => Ok(Self { key, lines, stamp: None, overdraws: false }),
        }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn stamp(&self) -> Option<&RateStamp> {
        self.stamp.as_ref()
    }

    /// Whether it may take a client book below its limit (decisions.md, Money: an ordered
    /// reversal and the ungranted tail of a call). What did so is listed as a debt.
    pub fn overdraws(&self) -> bool {
        self.overdraws
    }

    pub fn with_stamp(self, stamp: Option<RateStamp>) -> Self {
        Self { stamp, ..self }
    }

    pub fn overdrawing(self) -> Self {
        Self { overdraws: true, ..self }
    }

    /// The lines whose books keep a balance, in the order in which these are locked.
    pub fn balances(&self) -> Vec<Line> {
        let mut lines = self.lines.clone();
        lines.retain(|line| line.book.kind.caches_balance());
        lines.sort_by_key(|line| line.book);
        lines
    }
}

/// Why these lines are no transfer.
fn fault(lines: &[Line]) -> Option<&'static str> {
    if lines.len() < 2 {
        return Some("less than two lines");
    }
    // Its reversal would not fit.
    if lines.iter().any(|line| line.amount.0 == i64::MIN) {
        return Some("an amount too large");
    }
    // Twice the same book would have two balances after one transfer.
    let mut books: Vec<Book> = lines.iter().map(|line| line.book).collect();
    books.sort_unstable();
    if books.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some("a book twice");
    }
    let balanced = |currency| {
        let of_currency = lines.iter().filter(|line| line.book.currency == currency);
        of_currency.map(|line| i128::from(line.amount.0)).sum::<i128>() == 0
    };
    match books.iter().all(|book| balanced(book.currency)) {
        true => None,
        false => Some("does not sum to zero"),
    }
}

/// `<what>:<object>:<id>[:<period>]`, after any number of `reverse:`.
fn is_key(key: &str) -> bool {
    if let Some(reversed) = key.strip_prefix("reverse:") {
        return is_key(reversed);
    }
    let word = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    (3..=4).contains(&key.split(':').count()) && key.len() <= KEY_MAX && key.split(':').all(word)
}

/// The same money back. It does not overdraw unless it is told to: who orders it decides.
pub fn reverse(transfer: &Transfer) -> Transfer {
    let back = |line: &Line| Line::new(line.book, line.amount.negated());
    Transfer {
        key: format!("reverse:{}", transfer.key),
        lines: transfer.lines.iter().map(back).collect(),
        stamp: transfer.stamp,
        overdraws: false,
    }
}

/// From one book to another of the same currency.
pub fn between(key: impl Into<String>, from: Book, to: Book, amount: Money) -> Result<Transfer> {
    let amount = positive(amount)?;
    Transfer::new(key, vec![Line::new(from, amount.negated()), Line::new(to, amount)])
}

/// A payment: clearing → client, and where the currencies differ through the provider's two
/// exchange books, so that each currency sums to zero by itself.
pub fn credit(key: impl Into<String>, clearing: Book, client: Book, paid: &Converted) -> Result<Transfer> {
    if (clearing.currency, client.currency) != (paid.from.currency, paid.to.currency) {
        return Err(Error::system("a payment in another currency than its books"));
    }
    if clearing.currency == client.currency {
        return between(key, clearing, client, paid.to.amount);
    }
    let (given, taken) = (positive(paid.from.amount)?, positive(paid.to.amount)?);
    let exchange = client.provider(BookKind::Exchange);
    let lines = vec![
        Line::new(clearing, given.negated()),
        Line::new(Book { currency: clearing.currency, ..exchange }, given),
        Line::new(exchange, taken.negated()),
        Line::new(client, taken),
    ];
    Ok(Transfer::new(key, lines)?.with_stamp(paid.stamp))
}

/// A remainder given up: `change` is what the client book gains (a debt forgiven) or loses.
pub fn write_off(key: impl Into<String>, client: Book, change: Money) -> Result<Transfer> {
    against(key, client, BookKind::Writeoff, change)
}

/// The balance a client book begins with, which may be a debt.
pub fn opening(key: impl Into<String>, client: Book, balance: Money) -> Result<Transfer> {
    against(key, client, BookKind::Opening, balance)
}

fn against(key: impl Into<String>, client: Book, kind: BookKind, change: Money) -> Result<Transfer> {
    let back = Money::ZERO.minus(change)?;
    Transfer::new(key, vec![Line::new(client, change), Line::new(client.provider(kind), back)])
}

pub(crate) fn positive(amount: Money) -> Result<Money> {
    match amount.0 {
        1.. => Ok(amount),
        _ => Err(Error::value("amount", amount.plain())),
    }
}

/// The sum of what books get, each of which gets something.
pub(crate) fn total(gains: &[Line]) -> Result<Money> {
    gains.iter().try_fold(Money::ZERO, |sum, gain| sum.plus(positive(gain.amount)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::rate::Sum;
    use crate::ledger::tests::{Dice, money};

    const USD: i64 = 840;
    const EUR: i64 = 978;
    const CLIENT: Book = Book::client(5, 1, USD);
    const KEY: &str = "charge:item:5:2026-12";

    fn payment(given: Money, taken: Money) -> Converted {
        let (from, to) = (Sum { currency: EUR, amount: given }, Sum { currency: USD, amount: taken });
        let stamp = RateStamp { from, to, rate_nano: 1_100_000_000, nominal: 1, since_us: 7 };
        Converted { from, to, stamp: Some(stamp) }
    }

    /// `client 5 840 -1.00`, a line each.
    fn written(transfer: &Transfer) -> Vec<String> {
        let line = |Line { book, amount }: &Line| {
            format!("{} {} {} {}", book.kind.word(), book.owner, book.currency, amount.plain())
        };
        transfer.lines().iter().map(line).collect()
    }

    #[test]
    fn keys() {
        for (key, good) in [
            ("credit:payment:17", true),
            ("charge:item:5:2026-12", true),
            ("reverse:credit:payment:17", true),
            ("reverse:reverse:credit:payment:17:2", true),
            ("hold:number-order:8", true),
            ("", false),
            ("credit:payment", false),
            ("reverse:credit:payment", false),
            ("credit:payment:17:1:2", false),
            ("credit:payment:", false),
            ("credit::17", false),
            ("credit:payment:-17", false),
            ("Credit:payment:17", false),
            ("credit:pay_ment:17", false),
            ("credit:payment:1 7", false),
            ("credit:payment:١٧", false),
            ("credit:payment:17\n", false),
        ] {
            assert_eq!(is_key(key), good, "{key}");
        }
        assert!(!is_key(&format!("credit:payment:{}", "1".repeat(KEY_MAX))));
    }

    #[test]
    fn what_is_no_transfer() {
        let line = |kind, currency, amount| Line::new(Book::new(kind, 1, 1, currency), Money(amount));
        let (client, tax) = (BookKind::Client, BookKind::Tax);
        for (lines, kind) in [
            (vec![], "system"),
            (vec![line(client, USD, 5)], "system"),
            (vec![line(client, USD, 5), line(tax, USD, -4)], "system"),
            (vec![line(client, USD, 5), line(tax, EUR, -5)], "system"),
            (vec![line(client, USD, 5), line(client, USD, -5)], "system"),
            (vec![line(client, USD, i64::MIN), line(tax, USD, i64::MIN)], "system"),
            (vec![line(client, USD, 0), line(tax, USD, 0)], "value"),
        ] {
            assert_eq!(Transfer::new(KEY, lines.clone()).unwrap_err().kind, kind, "{lines:?}");
        }
        let good = vec![line(client, USD, 5), line(tax, USD, -5)];
        assert_eq!(Transfer::new("charge", good.clone()).unwrap_err().kind, "system");
        assert!(Transfer::new(KEY, good).is_ok());
    }

    #[test]
    fn what_each_constructor_moves() {
        let clearing = Book::new(BookKind::Clearing, 3, 1, EUR);
        let own = Book { currency: USD, ..clearing };
        let retail = Book::new(BookKind::IssuedRetail, 8, 1, USD);
        let same = Converted::same(USD, money("10"));
        for (transfer, expected) in [
            (credit(KEY, own, CLIENT, &same), &["clearing 3 840 -10.00", "client 5 840 10.00"][..]),
            (
                credit(KEY, clearing, CLIENT, &payment(money("10"), money("11"))),
                &[
                    "clearing 3 978 -10.00",
                    "exchange 0 978 10.00",
                    "exchange 0 840 -11.00",
                    "client 5 840 11.00",
                ],
            ),
            (write_off(KEY, CLIENT, money("0.05")), &["client 5 840 0.05", "writeoff 0 840 -0.05"]),
            (write_off(KEY, CLIENT, money("-0.05")), &["client 5 840 -0.05", "writeoff 0 840 0.05"]),
            (opening(KEY, CLIENT, money("-3")), &["client 5 840 -3.00", "opening 0 840 3.00"]),
            (between(KEY, retail, CLIENT, money("4")), &["issued_retail 8 840 -4.00", "client 5 840 4.00"]),
        ] {
            let transfer = transfer.unwrap();
            assert_eq!(written(&transfer), expected);
            assert!(transfer.lines().iter().all(|line| line.book.project == 1) && !transfer.overdraws());
        }
    }

    #[test]
    fn amounts_that_are_none() {
        let own = Book::new(BookKind::Clearing, 3, 1, USD);
        let foreign = Book { currency: EUR, ..own };
        let (one, none, minus) = (Money(1), Money::ZERO, Money(-1));
        for (refused, kind) in [
            (between(KEY, own, CLIENT, none), "value"),
            (between(KEY, own, CLIENT, minus), "value"),
            (credit(KEY, own, CLIENT, &Converted::same(USD, minus)), "value"),
            (credit(KEY, own, CLIENT, &Converted::same(EUR, one)), "system"),
            (credit(KEY, own, CLIENT, &payment(one, one)), "system"),
            (credit(KEY, foreign, CLIENT, &payment(one, none)), "value"),
            (credit(KEY, foreign, CLIENT, &payment(minus, minus)), "value"),
            (opening(KEY, CLIENT, none), "value"),
            (write_off(KEY, CLIENT, Money(i64::MIN)), "limit"),
        ] {
            assert_eq!(refused.unwrap_err().kind, kind);
        }
    }

    #[test]
    fn a_credit_keeps_its_rate_and_so_does_its_reversal() {
        let (clearing, paid) = (Book::new(BookKind::Clearing, 3, 1, EUR), payment(Money(10), Money(11)));
        let credit = credit("credit:payment:17", clearing, CLIENT, &paid).unwrap();
        assert_eq!(credit.stamp(), paid.stamp.as_ref());
        let back = reverse(&credit.overdrawing());
        assert_eq!((back.key(), back.stamp()), ("reverse:credit:payment:17", paid.stamp.as_ref()));
        assert!(!back.overdraws() && back.overdrawing().overdraws());
    }

    #[test]
    fn balances_come_in_locking_order() {
        let (five, two) = (CLIENT, Book::client(2, 1, USD));
        let revenue = five.provider(BookKind::Revenue);
        let lines = [(five, -3), (two.frozen(), 1), (revenue, 1), (two, 1)];
        let lines = lines.map(|(book, amount)| Line::new(book, Money(amount))).to_vec();
        let transfer = Transfer::new(KEY, lines).unwrap();
        let order: Vec<Book> = transfer.balances().iter().map(|line| line.book).collect();
        assert_eq!(order, [two, two.frozen(), five]);
    }

    #[test]
    fn transfers_sum_to_zero_and_reversed_twice_are_themselves() {
        let (mut dice, clearing) = (Dice(1), Book::new(BookKind::Clearing, 3, 1, EUR));
        for _ in 0..3_000 {
            let mut amount = || Money(dice.between(1, 1_000_000_000_000));
            let (one, other) = (amount(), amount());
            for transfer in [
                credit(KEY, clearing, CLIENT, &payment(one, other)),
                opening(KEY, CLIENT, other.minus(one).unwrap()),
            ] {
                let Ok(transfer) = transfer else { continue };
                for currency in [USD, EUR] {
                    let of_currency = transfer.lines().iter().filter(|line| line.book.currency == currency);
                    assert_eq!(of_currency.map(|line| line.amount.0).sum::<i64>(), 0);
                }
                let twice = reverse(&reverse(&transfer));
                assert_eq!(twice.lines(), transfer.lines());
                assert_eq!(Transfer::new(twice.key(), twice.lines().to_vec()).unwrap().key(), twice.key());
            }
        }
    }
}
