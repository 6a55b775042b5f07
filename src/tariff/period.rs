//! For how long a service is paid: periods, and the terms they make in a provider's calendar.
//!
//! Billing days and months are the provider's calendar days (decisions.md, Time). A term keeps the
//! time of day at which it began. A local time that does not exist moves forward, and the next term
//! goes on from there: only the day is anchored.

use jiff::Span;
use jiff::civil::Date;

use crate::time::{SECOND_US, Zone};

/// The length of a term as tariffs, orders and services name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Trial,
    Day,
    /// Paid once, for good.
    Once,
    /// 1 to 120.
    Months(u16),
}

const MONTHS_MAX: i64 = 120;

/// The words of price fields (pricelist.add.step2) and of itemtype.edit; where a period has two,
/// the first is written.
const WORDS: [(&str, Period); 13] = [
    ("trial", Period::Trial),
    ("day", Period::Day),
    ("daily", Period::Day),
    ("lifetime", Period::Once),
    ("monthly", Period::Months(1)),
    ("quarterly", Period::Months(3)),
    ("semiannual", Period::Months(6)),
    ("annually", Period::Months(12)),
    ("biennial", Period::Months(24)),
    ("triennial", Period::Months(36)),
    ("quadrennial", Period::Months(48)),
    ("quinquennial", Period::Months(60)),
    ("decennial", Period::Months(120)),
];

impl Period {
    pub fn from_code(code: i64) -> Option<Self> {
        match code {
            -100 => Some(Self::Trial),
            -50 => Some(Self::Day),
            0 => Some(Self::Once),
            1..=MONTHS_MAX => Some(Self::Months(code as u16)),
            _ => None,
        }
    }

    pub fn code(self) -> i64 {
        match self {
            Self::Trial => -100,
            Self::Day => -50,
            Self::Once => 0,
            Self::Months(months) => i64::from(months),
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, period)| *period)
    }

    /// Nothing for a number of months that has no word.
    pub fn word(self) -> Option<&'static str> {
        WORDS.iter().find(|(_, period)| *period == self).map(|(word, _)| *word)
    }

    /// The periods that have a word, each once.
    pub fn named() -> impl Iterator<Item = (&'static str, Period)> {
        WORDS.iter().copied().filter(|(word, period)| period.word() == Some(word))
    }

    /// A price field, `annually126`: the period and the currency's id.
    pub fn of_field(name: &str) -> Option<(Self, i64)> {
        let (word, currency) = name.split_at(name.find(|c: char| c.is_ascii_digit())?);
        Some((Self::from_word(word)?, currency.parse().ok()?))
    }

    pub fn field(self, currency: i64) -> Option<String> {
        self.word().map(|word| format!("{word}{currency}"))
    }
}

/// A stretch of time; its end is the first moment after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub start_us: i64,
    pub end_us: i64,
}

impl Term {
    pub const fn new(start_us: i64, end_us: i64) -> Self {
        Self { start_us, end_us }
    }

    pub fn is_empty(self) -> bool {
        self.end_us <= self.start_us
    }

    /// Calendar days: the day it begins on counts, the day it ends on does not.
    pub fn days(self, zone: &Zone) -> i64 {
        days_between(zone, self.start_us, self.end_us)
    }

    /// Seconds, one begun counted whole.
    pub fn seconds(self) -> i64 {
        let us = self.end_us.saturating_sub(self.start_us);
        us.div_euclid(SECOND_US) + i64::from(us.rem_euclid(SECOND_US) > 0)
    }

    /// What of it lies in another one; empty where they do not meet.
    pub fn within(self, other: Term) -> Term {
        let start_us = self.start_us.max(other.start_us);
        Term::new(start_us, self.end_us.min(other.end_us).max(start_us))
    }
}

/// Midnights of the zone between two moments; negative where the second is on an earlier day.
pub fn days_between(zone: &Zone, from_us: i64, to_us: i64) -> i64 {
    zone.day(from_us).duration_until(zone.day(to_us)).as_hours() / 24
}

/// When a term that begins at `from_us` ends; nothing where it never does (paid once, or after
/// 30 December 9999). Months want `anchor_day`, the day of the month of opening (0: the day of
/// `from_us`), or the last day of a shorter month: anchored to the 31st, 31 January is followed by
/// 28 February and then by 31 March.
pub fn term_end(zone: &Zone, from_us: i64, period: Period, trial_days: u32, anchor_day: u8) -> Option<i64> {
    match period {
        Period::Once => None,
        Period::Trial => days_on(zone, from_us, trial_days.into()),
        Period::Day => days_on(zone, from_us, 1),
        Period::Months(months) => months_on(zone, from_us, months.into(), anchor_day),
    }
}

fn days_on(zone: &Zone, from_us: i64, days: i64) -> Option<i64> {
    let from = zone.civil(from_us);
    let day = from.date().checked_add(Span::new().try_days(days).ok()?).ok()?;
    zone.at_us(day.to_datetime(from.time()))
}

fn months_on(zone: &Zone, from_us: i64, months: i64, anchor_day: u8) -> Option<i64> {
    let from = zone.civil(from_us);
    let anchor_day = if anchor_day == 0 { from.day() as u8 } else { anchor_day };
    zone.at_us(anchored(from.date(), months, anchor_day)?.to_datetime(from.time()))
}

/// The wanted day of the month so many months on, or that month's last.
fn anchored(from: Date, months: i64, wanted: u8) -> Option<Date> {
    let month = month_number(from) + months;
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    let first = Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?;
    let day = i8::try_from(wanted).unwrap_or(i8::MAX).clamp(1, first.days_in_month());
    Date::new(year, first.month(), day).ok()
}

fn month_number(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

/// The term, in a tariff billed by the calendar, that the time from `at_us` on belongs to. Terms
/// are so many months long and change at the beginning of `prorata_day` (of a shorter month its
/// last day). On that day itself a whole term begins; on any other the term is the one that ends
/// with the next such day, and the time from `at_us` on is a part of it.
pub fn calendar_term(zone: &Zone, at_us: i64, months: u16, prorata_day: u8) -> Option<Term> {
    let (today, months) = (zone.day(at_us), i64::from(months.max(1)));
    let this_month = anchored(today, 0, prorata_day)?;
    let (start, end) = match this_month == today {
        true => (today, anchored(today, months, prorata_day)?),
        false => {
            let end = anchored(today, i64::from(this_month < today), prorata_day)?;
            (anchored(end, -months, prorata_day)?, end)
        }
    };
    let begin = |day: Date| zone.at_us(day.at(0, 0, 0, 0));
    Some(Term::new(begin(start)?, begin(end)?))
}

#[cfg(test)]
mod tests;
