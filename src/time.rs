//! The clock and the zones in which its microseconds are shown and entered.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::digits;

pub const SECOND_US: i64 = 1_000_000;
pub const MINUTE_US: i64 = 60 * SECOND_US;
pub const DAY_US: i64 = 24 * 60 * MINUTE_US;

/// Where "now" comes from. Tests own one and move it; nothing else may ask the system.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    pub fn fixed(at_us: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at_us))))
    }

    /// Microseconds UTC.
    pub fn now_us(&self) -> i64 {
        match &self.0 {
            Some(at_us) => at_us.load(Ordering::SeqCst),
            None => Timestamp::now().as_microsecond(),
        }
    }

    /// Moves a fixed clock; the system's cannot be moved.
    pub fn advance_us(&self, by_us: i64) {
        if let Some(at_us) = &self.0 {
            at_us.fetch_add(by_us, Ordering::SeqCst);
        }
    }
}

/// A time zone by its IANA name.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of that name, or nothing where there is none.
    pub fn named(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| TimeZone::get(name).ok().map(Self)).flatten()
    }

    /// The calendar and clock of this zone at that moment.
    pub fn civil(&self, at_us: i64) -> DateTime {
        let stamp = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
        self.0.to_datetime(stamp)
    }

    /// `2026-01-31`
    pub fn write_date(&self, at_us: i64, out: &mut impl Write) -> fmt::Result {
        write_day(self.civil(at_us), out)
    }

    /// `2026-01-31 23:59:59`
    pub fn write_time(&self, at_us: i64, out: &mut impl Write) -> fmt::Result {
        let at = self.civil(at_us);
        write_day(at, out)?;
        for (before, part) in [(' ', at.hour()), (':', at.minute()), (':', at.second())] {
            out.write_char(before)?;
            out.write_str(digits::two(part as u64))?;
        }
        Ok(())
    }

    pub fn date(&self, at_us: i64) -> String {
        text(|out| self.write_date(at_us, out))
    }

    pub fn time(&self, at_us: i64) -> String {
        text(|out| self.write_time(at_us, out))
    }

    /// The first moment of a day `2026-01-31`. A local time that does not exist moves forward,
    /// one that exists twice is the first (decisions.md, Time).
    /// How far the zone is from UTC at a moment: `+03:00`.
    pub fn offset(&self, at_us: i64) -> String {
        let stamp = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
        let seconds = i64::from(self.0.to_offset(stamp).seconds());
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    pub fn parse_date(&self, text: &str) -> Option<i64> {
        let day: Date = strict_date(text)?;
        self.at_us(day.at(0, 0, 0, 0))
    }

    /// `2026-01-31 23:59:59`, or a day alone for its first moment.
    pub fn parse_time(&self, text: &str) -> Option<i64> {
        let Some((day, clock)) = text.split_once(' ') else { return self.parse_date(text) };
        let clock: jiff::civil::Time = clock.parse().ok()?;
        self.at_us(strict_date(day)?.to_datetime(clock))
    }

    /// The first moment of the day after the one `at_us` lies in.
    pub fn next_day_us(&self, at_us: i64) -> i64 {
        let day = self.civil(at_us).date().saturating_add(1.day());
        self.at_us(day.at(0, 0, 0, 0)).unwrap_or(at_us + DAY_US)
    }

    /// The first moment of the day `at_us` lies in.
    pub fn day_us(&self, at_us: i64) -> i64 {
        self.at_us(self.civil(at_us).date().at(0, 0, 0, 0)).unwrap_or(at_us)
    }

    /// The day of `at_us` in this zone.
    pub fn day(&self, at_us: i64) -> Date {
        self.civil(at_us).date()
    }

    /// A stretch of time in pieces in which this zone keeps one distance from UTC: begin, end, distance.
    pub fn pieces(&self, from_us: i64, to_us: i64) -> Vec<(i64, i64, i64)> {
        let stamp = |at_us| Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
        let changes = self.0.following(stamp(from_us)).map(|change| change.timestamp().as_microsecond());
        let mut begins: Vec<i64> = changes.take_while(|at_us| *at_us < to_us).collect();
        begins.insert(0, from_us);
        let ends: Vec<i64> = begins.iter().skip(1).copied().chain([to_us]).collect();
        let offset = |at_us: i64| i64::from(self.0.to_offset(stamp(at_us)).seconds()) * SECOND_US;
        begins.into_iter().zip(ends).map(|(from_us, to_us)| (from_us, to_us, offset(from_us))).collect()
    }

    /// The first moment of a day of this zone.
    pub fn day_start_us(&self, day: Date) -> i64 {
        self.at_us(day.at(0, 0, 0, 0)).unwrap_or_default()
    }

    /// The moment of a local time; of one that exists twice the first, of one that does not exist
    /// that much later.
    pub fn at_us(&self, civil: DateTime) -> Option<i64> {
        self.0.to_ambiguous_timestamp(civil).compatible().ok().map(|stamp| stamp.as_microsecond())
    }
}

fn strict_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn text(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::with_capacity(19);
    write(&mut out).expect("a String takes everything");
    out
}

fn write_day(day: DateTime, out: &mut impl Write) -> fmt::Result {
    digits::padded(day.year() as u64, 4, out)?;
    for part in [day.month(), day.day()] {
        out.write_char('-')?;
        out.write_str(digits::two(part as u64))?;
    }
    Ok(())
}
