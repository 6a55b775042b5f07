//! Transfers: money that goes from books to books, and nothing of it lost.

use crate::error::{Error, Result};
use crate::ledger::book::{Book, BookKind, Scale};
use crate::ledger::rate::{Converted, RateStamp};
use crate::ledger::rounding::share;
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
/// exchange books, so that each currency sums to zero by itself. What the client paid beyond that,
/// a commission in the currency of the method, is the provider's revenue.
pub fn credit(
    key: impl Into<String>,
    clearing: Book,
    client: Book,
    paid: &Converted,
    commission: Money,
) -> Result<Transfer> {
    if (clearing.currency, client.currency) != (paid.from.currency, paid.to.currency) {
        return Err(Error::system("a payment in another currency than its books"));
    }
    if commission < Money::ZERO {
        return Err(Error::value("commission", commission.plain()));
    }
    let (given, taken) = (positive(paid.from.amount)?, positive(paid.to.amount)?);
    let mut lines = vec![Line::new(clearing, given.plus(commission)?.negated())];
    if clearing.currency != client.currency {
        let exchange = client.provider(BookKind::Exchange);
        lines.push(Line::new(Book { currency: clearing.currency, ..exchange }, given));
        lines.push(Line::new(exchange, taken.negated()));
    }
    lines.push(Line::new(client, taken));
    if commission > Money::ZERO {
        let revenue = Book { currency: clearing.currency, ..client.provider(BookKind::Revenue) };
        lines.push(Line::new(revenue, commission));
    }
    Ok(Transfer::new(key, lines)?.with_stamp(paid.stamp))
}

/// What a part of a transfer takes: `from` and `to` of `whole` are how much of it was taken back
/// before and after. The first book of a currency gets what rounding leaves, so that each currency
/// sums to zero and all parts together are the whole.
pub fn reverse_part(
    transfer: &Transfer,
    key: impl Into<String>,
    (from, to, whole): (Money, Money, Money),
    scale: impl Fn(i64) -> Scale,
) -> Result<Transfer> {
    if from < Money::ZERO || to <= from || to > whole {
        return Err(Error::value("amount", to.plain()));
    }
    let mut lines = Vec::new();
    for (nth, line) in transfer.lines.iter().enumerate() {
        let currency = line.book.currency;
        if transfer.lines[..nth].iter().any(|before| before.book.currency == currency) {
            continue;
        }
        let (mut parts, mut rest) = (Vec::new(), Money::ZERO);
        for other in transfer.lines[nth + 1..].iter().filter(|other| other.book.currency == currency) {
            let taken = |upto: Money| share(other.amount, upto.0, whole.0, scale(currency));
            let part = taken(from)?.minus(taken(to)?)?;
            rest = rest.minus(part)?;
            parts.push(Line::new(other.book, part));
        }
        lines.push(Line::new(line.book, rest));
        lines.extend(parts);
    }
    lines.retain(|line| line.amount != Money::ZERO);
    Ok(Transfer::new(key, lines)?.with_stamp(transfer.stamp))
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
mod tests;
