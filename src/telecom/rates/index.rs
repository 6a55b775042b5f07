//! The longest prefix of a number among up to millions, in three flat arrays.
//!
//! A prefix covers an interval of all numbers, and intervals of prefixes lie inside of each other or
//! apart. So they cut the numbers into at most two pieces a prefix, and each piece has one longest
//! prefix: what remains of a look-up is to find the last piece that begins at or before the number.
//! A table by the first digits leaves a few of them to halve.

#[cfg(test)]
mod tests;

use foldhash::HashMap;

use crate::db::Raw;
use crate::money::Money;
use crate::telecom::rating::Price;

/// The longest number (E.164), and so the longest prefix.
pub const DIGITS_MAX: usize = 15;
/// A digit, or the end of the number, which sorts before all digits: `12` is no beginning of `1200`.
const BASE: u64 = 11;
/// Most digits that the table of beginnings goes by: 11⁶ places of four bytes.
const TABLE_DIGITS_MAX: usize = 6;

/// Where no prefix fits.
const NONE: u32 = u32::MAX;
/// Where the longest prefix refuses calls.
const REFUSED: u32 = u32::MAX - 1;
/// The low bits of a piece are the length of its prefix, the others the place of its terms.
const LEN_BITS: u32 = 4;

/// What most prefixes of a destination have in common, kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    pub price: i64,
    pub connectcharge: i64,
    destination: u32,
    pub initblock: u32,
    pub billingblock: u32,
    pub min_time: u32,
}

#[derive(Debug)]
pub struct Index {
    /// Where each piece begins, ascending, and what it is.
    starts: Vec<u64>,
    pieces: Vec<u32>,
    /// By the first digits: the first piece that begins behind all smaller ones.
    table: Vec<u32>,
    /// What one step of the table is wide.
    step: u64,
    terms: Vec<Terms>,
    /// Where each destination ends in `names`.
    ends: Vec<u32>,
    names: String,
}

impl Index {
    /// The length of the longest prefix of digits, and its terms.
    #[inline]
    pub fn find(&self, digits: &str) -> Option<(usize, &Terms)> {
        let number = place(digits)?;
        let at = (number / self.step) as usize;
        let (from, to) = (self.table[at] as usize, self.table[at + 1] as usize);
        // The piece that reaches into this step begins before it.
        let behind = from + self.starts[from..to].partition_point(|start| *start <= number);
        match self.pieces[behind.checked_sub(1)?] {
            NONE | REFUSED => None,
            piece => {
                Some(((piece & ((1 << LEN_BITS) - 1)) as usize, &self.terms[(piece >> LEN_BITS) as usize]))
            }
        }
    }

    /// The rate of the longest prefix of digits.
    pub fn price(&self, digits: &str) -> Option<Price> {
        let (len, terms) = self.find(digits)?;
        Some(Price {
            prefix: digits[..len].to_owned(),
            destination: self.destination(terms).to_owned(),
            price: Money(terms.price),
            initblock: terms.initblock.into(),
            billingblock: terms.billingblock.into(),
            connectcharge: Money(terms.connectcharge),
            min_time: terms.min_time.into(),
        })
    }

    pub fn destination(&self, terms: &Terms) -> &str {
        let at = terms.destination as usize;
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.names[from..self.ends[at] as usize]
    }

    /// What it takes of memory.
    pub fn bytes(&self) -> usize {
        let arrays = self.starts.capacity() * 8 + (self.pieces.capacity() + self.table.capacity()) * 4;
        let terms = self.terms.capacity() * size_of::<Terms>();
        size_of::<Self>() + arrays + terms + self.ends.capacity() * 4 + self.names.capacity()
    }
}

/// Digits as a number that sorts as they do, whatever their length.
#[inline]
fn place(digits: &str) -> Option<u64> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let mut place = 0;
    for byte in digits.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        place = place * BASE + u64::from(digit) + 1;
    }
    Some(place * width(digits.len()))
}

/// How many numbers begin with a prefix of so many digits, in the same measure.
#[inline]
fn width(len: usize) -> u64 {
    const WIDTHS: [u64; DIGITS_MAX + 1] = {
        let mut widths = [1; DIGITS_MAX + 1];
        let mut at = DIGITS_MAX;
        while at > 0 {
            widths[at - 1] = widths[at] * BASE;
            at -= 1;
        }
        widths
    };
    WIDTHS[len]
}

#[derive(Default)]
pub struct Builder {
    /// Place and length of each prefix, and its piece.
    prefixes: Vec<(u64, u32)>,
    lens: Vec<u8>,
    terms: Vec<Terms>,
    places: HashMap<Terms, u32>,
    destinations: HashMap<String, u32>,
    ends: Vec<u32>,
    names: String,
}

impl Builder {
    /// Adds a rate: price, connectcharge, initblock, billingblock, min_time. What is no prefix is left
    /// out; the database has none.
    pub fn add(&mut self, prefix: &str, destination: &str, numbers: &[Raw]) {
        let short = |at: usize| u32::try_from(numbers[at].int()).unwrap_or(u32::MAX);
        let terms = Terms {
            price: numbers[0].int(),
            connectcharge: numbers[1].int(),
            destination: self.destination(destination),
            initblock: short(2),
            billingblock: short(3),
            min_time: short(4),
        };
        let next = self.terms.len() as u32;
        let at = *self.places.entry(terms).or_insert(next);
        if at == next {
            self.terms.push(terms);
        }
        self.push(prefix, at << LEN_BITS | prefix.len() as u32);
    }

    /// Adds a prefix that calls must not go to.
    pub fn refuse(&mut self, prefix: &str) {
        self.push(prefix, REFUSED);
    }

    fn push(&mut self, prefix: &str, piece: u32) {
        if let Some(place) = place(prefix).filter(|_| !prefix.is_empty()) {
            self.prefixes.push((place, piece));
            self.lens.push(prefix.len() as u8);
        }
    }

    fn destination(&mut self, name: &str) -> u32 {
        if let Some(at) = self.destinations.get(name) {
            return *at;
        }
        let at = self.ends.len() as u32;
        self.names.push_str(name);
        self.ends.push(self.names.len() as u32);
        self.destinations.insert(name.to_owned(), at);
        at
    }

    pub fn build(self) -> Index {
        let Self { prefixes, lens, mut terms, ends, names, .. } = self;
        let (mut starts, mut pieces) = cut(prefixes, &lens);
        starts.shrink_to_fit();
        pieces.shrink_to_fit();
        terms.shrink_to_fit();
        let digits =
            (1..=TABLE_DIGITS_MAX).rev().find(|digits| BASE.pow(*digits as u32) <= starts.len() as u64);
        let step = width(digits.unwrap_or(1));
        Index { table: table(&starts, step), starts, pieces, step, terms, ends, names }
    }
}

/// The pieces that prefixes cut the numbers into.
fn cut(prefixes: Vec<(u64, u32)>, lens: &[u8]) -> (Vec<u64>, Vec<u32>) {
    let mut order: Vec<u32> = (0..prefixes.len() as u32).collect();
    order.sort_unstable_by_key(|at| (prefixes[*at as usize].0, lens[*at as usize]));
    let (mut starts, mut pieces) = (Vec::new(), Vec::new());
    // The prefixes that the place lies in: where they end, and their pieces.
    let mut open: Vec<(u64, u32)> = Vec::new();
    let mut begin = |start: u64, piece: u32| match (starts.last(), pieces.last_mut()) {
        (Some(last), Some(have)) if *last == start => *have = piece,
        (_, Some(have)) if *have == piece => {}
        _ => {
            starts.push(start);
            pieces.push(piece);
        }
    };
    let close = |open: &mut Vec<(u64, u32)>, until: u64, begin: &mut dyn FnMut(u64, u32)| {
        while let Some((end, _)) = open.pop_if(|(end, _)| *end <= until) {
            begin(end, open.last().map_or(NONE, |(_, piece)| *piece));
        }
    };
    for at in order {
        let ((start, piece), len) = (prefixes[at as usize], lens[at as usize]);
        close(&mut open, start, &mut begin);
        begin(start, piece);
        open.push((start + width(len.into()), piece));
    }
    close(&mut open, u64::MAX, &mut begin);
    (starts, pieces)
}

/// For each step, how many pieces begin before it; one more place at the end.
fn table(starts: &[u64], step: u64) -> Vec<u32> {
    let steps = (width(0) / step) as usize;
    let (mut table, mut at) = (Vec::with_capacity(steps + 1), 0);
    for nth in 0..=steps as u64 {
        while at < starts.len() && starts[at] < nth * step {
            at += 1;
        }
        table.push(at as u32);
    }
    table
}
