use super::*;
use crate::ledger::tests::{Dice, money};
use crate::tariff::period::calendar_term;
use crate::time::{DAY_US, SECOND_US};

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").expect("Berlin")
}

fn measure(by: Unit, zone: &Zone, scale: Scale) -> Measure<'_> {
    Measure { by, zone, scale }
}

fn term(zone: &Zone, from: &str, to: &str) -> Term {
    Term::new(zone.parse_time(from).expect(from), zone.parse_time(to).expect(to))
}

#[test]
fn what_is_not_used() {
    let zone = berlin();
    let january = ("2026-01-10 10:00:00", "2026-02-10 10:00:00");
    let march = ("2026-03-29 00:00:00", "2026-03-30 00:00:00");
    let (day, second) = (Unit::Day, Unit::Second);
    for (by, (from, to), now, paid, iso, left) in [
        (day, january, "2026-01-10 09:59:59", "31", "USD", "31"),
        (day, january, "2026-01-10 10:00:00", "31", "USD", "30"),
        (day, january, "2026-01-10 23:59:59", "31", "USD", "30"),
        (day, january, "2026-01-11 00:00:00", "31", "USD", "29"),
        (day, january, "2026-01-20 12:00:00", "10", "USD", "6.45"),
        (day, january, "2026-01-20 12:00:00", "1000", "JPY", "645"),
        (day, january, "2026-01-20 12:00:00", "10", "KWD", "6.452"),
        (day, january, "2026-02-08 12:00:00", "31", "USD", "1"),
        (day, january, "2026-02-09 00:00:00", "31", "USD", "0"),
        (day, january, "2026-03-09 00:00:00", "31", "USD", "0"),
        (second, january, "2026-01-01 00:00:00", "31", "USD", "31"),
        (second, january, "2026-01-10 10:00:00", "31", "USD", "31"),
        (second, january, "2026-01-11 10:00:00", "31", "USD", "30"),
        (second, january, "2026-02-10 09:59:59", "31", "USD", "0"),
        (second, january, "2026-02-10 10:00:00", "31", "USD", "0"),
        // 23 hours long.
        (second, march, "2026-03-29 04:00:00", "23", "USD", "20"),
        (day, march, "2026-03-29 00:00:00", "23", "USD", "0"),
    ] {
        let measure = measure(by, &zone, Scale::minor(iso));
        let now_us = zone.parse_time(now).unwrap();
        let unused = measure.unused(money(paid), term(&zone, from, to), now_us).unwrap();
        assert_eq!(unused, money(left), "{by:?} {now} {paid} {iso}");
    }
}

#[test]
fn a_term_within_one_day_is_used_up_once_it_began() {
    let (zone, cents) = (Zone::utc(), Scale::minor("USD"));
    let hours = Term::new(3600 * SECOND_US, 7200 * SECOND_US);
    for (by, now, left) in [
        (Unit::Day, 0, "0"),
        (Unit::Day, 3600, "0"),
        (Unit::Second, 0, "6"),
        (Unit::Second, 5400, "3"),
        (Unit::Second, 7200, "0"),
    ] {
        let unused = measure(by, &zone, cents).unused(money("6"), hours, now * SECOND_US).unwrap();
        assert_eq!(unused, money(left), "{by:?} {now}");
    }
}

#[test]
fn what_cannot_be_divided() {
    let (zone, cents) = (Zone::utc(), Scale::minor("USD"));
    let by_day = measure(Unit::Day, &zone, cents);
    let month = Term::new(0, 31 * DAY_US);
    for amount in ["-1", "0.001", "-0.01"] {
        assert_eq!(by_day.unused(money(amount), month, 0).unwrap_err().object, "amount", "{amount}");
    }
    assert_eq!(by_day.prorated(money("-1"), month, month).unwrap_err().object, "amount");
    let backwards = Term::new(31 * DAY_US, 0);
    assert_eq!(by_day.unused(money("5"), backwards, DAY_US).unwrap(), Money::ZERO);
}

#[test]
fn parts_of_a_term() {
    let zone = berlin();
    let month = term(&zone, "2026-10-01", "2026-11-01");
    for (by, from, to, expected) in [
        (Unit::Day, "2026-10-01", "2026-11-01", "31"),
        (Unit::Day, "2026-10-12 15:00:00", "2026-11-01", "20"),
        (Unit::Day, "2026-09-01", "2026-12-01", "31"),
        (Unit::Day, "2026-10-31 23:59:59", "2026-11-01", "1"),
        (Unit::Day, "2026-10-31 00:00:00", "2026-10-31 23:59:59", "0"),
        (Unit::Day, "2026-12-01", "2026-12-31", "0"),
        (Unit::Day, "2026-10-20", "2026-10-10", "0"),
        // 25 hours of 745.
        (Unit::Second, "2026-10-25", "2026-10-26", "1.04"),
        (Unit::Second, "2026-10-01", "2026-11-01", "31"),
    ] {
        let measure = measure(by, &zone, Scale::minor("EUR"));
        let part = measure.prorated(money("31"), month, term(&zone, from, to)).unwrap();
        assert_eq!(part, money(expected), "{by:?} {from} {to}");
    }
}

#[test]
fn the_first_charge_of_a_tariff_billed_by_the_calendar() {
    let zone = berlin();
    for (from, price, months, day, amount, end) in [
        ("2026-01-12 15:00:00", "31", 1, 1, "20", "2026-02-01"),
        ("2026-01-12 15:00:00", "10", 1, 1, "6.45", "2026-02-01"),
        ("2026-02-01 15:00:00", "10", 1, 1, "10", "2026-03-01"),
        ("2026-01-31 23:59:59", "31", 1, 1, "1", "2026-02-01"),
        ("2026-01-12 15:00:00", "365", 12, 1, "20", "2026-02-01"),
        ("2026-02-01 00:00:00", "365", 12, 1, "365", "2027-02-01"),
        ("2026-02-10 00:00:00", "28", 1, 31, "18", "2026-02-28"),
        ("2026-01-12 15:00:00", "0", 1, 1, "0", "2026-02-01"),
    ] {
        let from_us = zone.parse_time(from).unwrap();
        let by_day = measure(Unit::Day, &zone, Scale::minor("EUR"));
        let whole = calendar_term(&zone, from_us, months, day).unwrap();
        assert_eq!(whole.end_us, zone.parse_date(end).unwrap(), "{from} {price}");
        let part = by_day.prorated(money(price), whole, Term::new(from_us, whole.end_us)).unwrap();
        assert_eq!(part, money(amount), "{from} {price}");
    }
}

#[test]
fn what_is_left_only_shrinks_and_stays_within_what_was_paid() {
    let (mut dice, zone) = (Dice(31), berlin());
    for _ in 0..3_000 {
        let scale = [Scale::minor("USD"), Scale::minor("JPY"), Scale::TELECOM][dice.between(0, 2) as usize];
        let by = [Unit::Day, Unit::Second][dice.between(0, 1) as usize];
        let measure = measure(by, &zone, scale);
        let paid = Money(dice.between(0, 900_000) * scale.step_micro());
        let start = dice.between(0, 20_000) * DAY_US + dice.between(0, DAY_US);
        let term = Term::new(start, start + dice.between(1, 400 * DAY_US));
        let mut before = paid;
        let mut now = start - DAY_US;
        for _ in 0..6 {
            let left = measure.unused(paid, term, now).unwrap();
            assert!(left <= before && left >= Money::ZERO && scale.fits(left));
            (before, now) = (left, now + dice.between(0, 100 * DAY_US));
        }
        assert_eq!(measure.unused(paid, term, term.end_us).unwrap(), Money::ZERO);
    }
}

#[test]
fn neighbouring_parts_make_the_whole_but_for_half_a_step_each() {
    let (mut dice, zone) = (Dice(37), berlin());
    for _ in 0..3_000 {
        let scale = Scale::minor("USD");
        let by_day = measure(Unit::Day, &zone, scale);
        let price = Money(dice.between(0, 900_000) * scale.step_micro());
        let start = dice.between(0, 20_000) * DAY_US;
        let end = start + dice.between(1, 400) * DAY_US;
        let cut = dice.between(start, end);
        let whole = Term::new(start, end);
        let part = |part: Term| by_day.prorated(price, whole, part).unwrap();
        let sum = part(Term::new(start, cut)).plus(part(Term::new(cut, end))).unwrap();
        assert!((sum.0 - price.0).abs() <= scale.step_micro(), "{price:?} {sum:?}");
        assert_eq!(part(whole), price);
    }
}
