use super::*;
use crate::ledger::tests::Dice;
use crate::time::DAY_US;

const LAST_DAY: u8 = 31;

fn zone(name: &str) -> Zone {
    Zone::named(name).expect(name)
}

fn at(zone: &Zone, text: &str) -> i64 {
    zone.parse_time(text).expect(text)
}

#[test]
fn codes_and_words() {
    for (code, word) in [
        (-100, Some("trial")),
        (-50, Some("day")),
        (0, Some("lifetime")),
        (1, Some("monthly")),
        (2, None),
        (3, Some("quarterly")),
        (6, Some("semiannual")),
        (12, Some("annually")),
        (24, Some("biennial")),
        (36, Some("triennial")),
        (48, Some("quadrennial")),
        (60, Some("quinquennial")),
        (119, None),
        (120, Some("decennial")),
    ] {
        let period = Period::from_code(code).unwrap();
        assert_eq!((period.code(), period.word()), (code, word));
        assert_eq!(word.and_then(Period::from_word), word.map(|_| period));
    }
    for code in [-101, -99, -51, -49, -1, 121, 65_537, i64::MAX, i64::MIN] {
        assert_eq!(Period::from_code(code), None, "{code}");
    }
    assert_eq!(Period::from_word("daily"), Some(Period::Day));
    assert_eq!(Period::named().count(), 12);
}

#[test]
fn price_fields() {
    for (field, period, currency) in [
        ("monthly126", Period::Months(1), 126),
        ("annually126", Period::Months(12), 126),
        ("lifetime126", Period::Once, 126),
        ("day126", Period::Day, 126),
        ("daily7", Period::Day, 7),
        ("trial1", Period::Trial, 1),
    ] {
        assert_eq!(Period::of_field(field), Some((period, currency)), "{field}");
        assert_eq!(Period::of_field(&period.field(currency).unwrap()), Some((period, currency)));
    }
    for field in ["monthly", "126", "setup126", "monthly126x", "Monthly126", "monthly-126", "", "monthly٣"] {
        assert_eq!(Period::of_field(field), None, "{field}");
    }
    assert_eq!(Period::Months(5).field(126), None);
}

#[test]
fn when_terms_end() {
    for (place, from, code, anchor, end) in [
        ("UTC", "2026-01-31 10:00:00", 1, LAST_DAY, "2026-02-28 10:00:00"),
        ("UTC", "2026-02-28 10:00:00", 1, LAST_DAY, "2026-03-31 10:00:00"),
        ("UTC", "2026-03-31 10:00:00", 1, LAST_DAY, "2026-04-30 10:00:00"),
        ("UTC", "2026-02-28 10:00:00", 1, 0, "2026-03-28 10:00:00"),
        ("UTC", "2028-01-31 10:00:00", 1, LAST_DAY, "2028-02-29 10:00:00"),
        ("UTC", "2028-01-30 10:00:00", 1, 30, "2028-02-29 10:00:00"),
        ("UTC", "2028-02-29 00:00:00", 12, 29, "2029-02-28 00:00:00"),
        ("UTC", "2031-02-28 00:00:00", 12, 29, "2032-02-29 00:00:00"),
        ("UTC", "2026-12-15 23:59:59", 1, 15, "2027-01-15 23:59:59"),
        ("UTC", "2026-11-30 08:00:00", 3, 30, "2027-02-28 08:00:00"),
        ("UTC", "2026-11-30 08:00:00", 120, 30, "2036-11-30 08:00:00"),
        ("UTC", "2026-02-28 08:00:00", -50, LAST_DAY, "2026-03-01 08:00:00"),
        ("UTC", "2026-02-28 08:00:00", -100, LAST_DAY, "2026-03-14 08:00:00"),
        // The clock goes forward at 02:00 and back at 03:00.
        ("Europe/Berlin", "2026-02-28 02:30:00", 1, 29, "2026-03-29 03:30:00"),
        ("Europe/Berlin", "2026-03-28 02:30:00", -50, 0, "2026-03-29 03:30:00"),
        ("Europe/Berlin", "2026-03-28 10:00:00", -50, 0, "2026-03-29 10:00:00"),
        ("Europe/Berlin", "2026-09-25 02:30:00", 1, 25, "2026-10-25 02:30:00"),
        // A day without a midnight, and one that never was.
        ("Africa/Cairo", "2026-03-24 00:00:00", 1, 24, "2026-04-24 01:00:00"),
        ("Pacific/Apia", "2011-12-29 12:00:00", -50, 0, "2011-12-31 12:00:00"),
        // The provider's day, not that of Greenwich: there it is 1 February already.
        ("America/New_York", "2026-01-31 22:00:00", 1, LAST_DAY, "2026-02-28 22:00:00"),
    ] {
        let zone = zone(place);
        let ends = term_end(&zone, at(&zone, from), Period::from_code(code).unwrap(), 14, anchor);
        assert_eq!(ends.map(|end| zone.time(end)), Some(end.to_owned()), "{place} {from} {code}");
    }
}

#[test]
fn of_a_local_time_that_exists_twice_the_first_is_meant() {
    let berlin = zone("Europe/Berlin");
    let end = term_end(&berlin, at(&berlin, "2026-10-24 02:30:00"), Period::Day, 0, 0).unwrap();
    assert_eq!(Zone::utc().time(end), "2026-10-25 00:30:00");
    // From the second one the next day is as far as from the first.
    let next = term_end(&berlin, end + 3_600_000_000, Period::Day, 0, 0).unwrap();
    assert_eq!(berlin.time(next), "2026-10-26 02:30:00");
}

#[test]
fn what_never_ends() {
    let utc = Zone::utc();
    let late = at(&utc, "9999-12-30 00:00:00");
    assert_eq!(term_end(&utc, 0, Period::Once, 14, 31), None);
    assert_eq!(term_end(&utc, late, Period::Months(1), 0, 31), None);
    assert_eq!(term_end(&utc, late, Period::Day, 0, 0), None);
    assert_eq!(term_end(&utc, 0, Period::Trial, u32::MAX, 0), None);
    assert_eq!(term_end(&utc, 5, Period::Trial, 0, 0), Some(5));
}

#[test]
fn days_and_seconds_of_a_term() {
    let berlin = zone("Europe/Berlin");
    for (from, to, days, seconds) in [
        ("2026-01-31 23:59:59", "2026-02-01 00:00:00", 1, 1),
        ("2026-02-01 00:00:00", "2026-02-01 23:59:59", 0, 86_399),
        ("2026-03-28 12:00:00", "2026-03-29 12:00:00", 1, 23 * 3600),
        ("2026-10-24 12:00:00", "2026-10-25 12:00:00", 1, 25 * 3600),
        ("2026-01-01", "2027-01-01", 365, 365 * 86_400),
        ("2026-01-02", "2026-01-01", -1, -86_400),
    ] {
        let term = Term::new(at(&berlin, from), at(&berlin, to));
        assert_eq!((term.days(&berlin), term.seconds()), (days, seconds), "{from} {to}");
    }
    assert_eq!(Term::new(0, 1).seconds(), 1);
    assert_eq!(Term::new(i64::MIN, i64::MAX).seconds(), i64::MAX / 1_000_000 + 1);
}

#[test]
fn a_term_within_another() {
    for (part, whole, within) in [
        ((3, 5), (1, 9), (3, 5)),
        ((0, 5), (1, 9), (1, 5)),
        ((3, 12), (1, 9), (3, 9)),
        ((0, 12), (1, 9), (1, 9)),
        ((10, 12), (1, 9), (10, 10)),
        ((-4, -2), (1, 9), (1, 1)),
    ] {
        let [part, whole, within] = [part, whole, within].map(|(start, end)| Term::new(start, end));
        assert_eq!(part.within(whole), within);
        assert_eq!(within.is_empty(), within.start_us == within.end_us);
    }
}

#[test]
fn terms_of_the_calendar() {
    for (place, now, months, day, start, end) in [
        ("UTC", "2026-01-12 15:00:00", 1, 1, "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("UTC", "2026-02-01 00:00:00", 1, 1, "2026-02-01 00:00:00", "2026-03-01 00:00:00"),
        ("UTC", "2026-01-12 15:00:00", 1, 20, "2025-12-20 00:00:00", "2026-01-20 00:00:00"),
        ("UTC", "2026-01-12 15:00:00", 12, 1, "2025-02-01 00:00:00", "2026-02-01 00:00:00"),
        ("UTC", "2026-02-01 15:00:00", 12, 1, "2026-02-01 00:00:00", "2027-02-01 00:00:00"),
        ("UTC", "2026-02-10 15:00:00", 1, 31, "2026-01-31 00:00:00", "2026-02-28 00:00:00"),
        ("UTC", "2026-02-28 15:00:00", 1, 31, "2026-02-28 00:00:00", "2026-03-31 00:00:00"),
        ("UTC", "2026-03-01 15:00:00", 1, 31, "2026-02-28 00:00:00", "2026-03-31 00:00:00"),
        ("UTC", "2026-01-12 15:00:00", 1, 0, "2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("Africa/Cairo", "2026-04-24 12:00:00", 1, 24, "2026-04-24 01:00:00", "2026-05-24 00:00:00"),
    ] {
        let zone = zone(place);
        let term = calendar_term(&zone, at(&zone, now), months, day).unwrap();
        let shown = (zone.time(term.start_us), zone.time(term.end_us));
        assert_eq!(shown, (start.to_owned(), end.to_owned()), "{place} {now} {months} {day}");
    }
}

#[test]
fn renewals_come_back_to_the_anchor_whenever_the_month_has_it() {
    let mut dice = Dice(23);
    let zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"].map(zone);
    for _ in 0..2_000 {
        let zone = &zones[dice.between(0, 3) as usize];
        let opened = dice.between(0, 30_000) * DAY_US + dice.between(0, DAY_US - 1);
        let anchor = zone.day(opened).day() as u8;
        let period = Period::Months([1, 3, 6, 12][dice.between(0, 3) as usize]);
        let mut ends = opened;
        for _ in 0..6 {
            let begins = ends;
            ends = term_end(zone, begins, period, 0, anchor).unwrap();
            let day = zone.day(ends);
            assert_eq!(day.day() as u8, anchor.min(day.days_in_month() as u8));
            assert!(ends > begins);
        }
        let calendar = calendar_term(zone, opened, 1, anchor).unwrap();
        assert!(calendar.start_us <= opened && opened < calendar.end_us);
        assert!((28..=31).contains(&calendar.days(zone)));
    }
}
