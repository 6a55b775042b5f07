use super::*;
use crate::ledger::tests::{Dice, money};

const NUMBER: Addon = Addon {
    id: 7,
    billtype: BillType::Order,
    addontype: AddonType::Number,
    scaletype: ScaleType::Nearest,
    limit: 0,
    limit_trial: 0,
    min: 0,
    max: None,
    max_trial: None,
    step: 1,
};

fn rows(rows: &[(i64, &str)]) -> Vec<Row> {
    rows.iter().map(|(from, price)| (*from, money(price))).collect()
}

#[test]
fn codes_and_words() {
    for code in [1, 2, 3, 4, 5, 10] {
        assert_eq!(BillType::from_code(code).map(BillType::code), Some(code));
    }
    for code in [1, 2, 3] {
        assert_eq!(AddonType::from_code(code).map(AddonType::code), Some(code));
    }
    for code in [0, 1, 2, 3] {
        assert_eq!(ScaleType::from_code(code).map(ScaleType::code), Some(code));
    }
    for word in ["on", "off", "uponly", "downonly"] {
        assert_eq!(Restrict::from_word(word).map(Restrict::word), Some(word));
    }
    assert_eq!((BillType::from_code(6), AddonType::from_code(0)), (None, None));
    assert_eq!((ScaleType::from_code(4), Restrict::from_word("")), (None, None));
}

#[test]
fn what_may_be_chosen() {
    let stepped = Addon { limit: 12, min: 10, max: Some(50), step: 5, ..NUMBER };
    let trial = Addon { limit_trial: 2, max_trial: Some(4), ..stepped };
    let options = Addon { scaletype: ScaleType::Options, max: Some(20), ..NUMBER };
    let flag = Addon { addontype: AddonType::Flag, ..NUMBER };
    let list = Addon { addontype: AddonType::Enumeration, ..NUMBER };
    let free = Addon { billtype: BillType::Free, limit: 3, limit_trial: 1, ..NUMBER };
    let measured = Addon { billtype: BillType::Statistics, ..free };
    let container = Addon { billtype: BillType::Compound, ..free };
    for (addon, is_trial, good, limit, value) in [
        (NUMBER, false, &[0, 1, i64::MAX][..], &[-1, i64::MIN][..], &[][..]),
        (stepped, false, &[10, 12, 15, 50], &[9, 51, 0], &[11, 13, 49]),
        (trial, true, &[2], &[5, 10, 12, 1], &[3, 4]),
        (trial, false, &[12, 15], &[2, 5], &[13]),
        (options, false, &[5, 20], &[-1, 40], &[0, 6, 19]),
        (flag, false, &[0, 1], &[2, -1], &[]),
        (list, false, &[5, 20, 40], &[], &[0, 1]),
        (free, false, &[3], &[], &[0, 4]),
        (free, true, &[1], &[], &[3]),
        (measured, false, &[3], &[], &[5]),
        (container, false, &[5, 40], &[], &[3]),
        (Addon { billtype: BillType::Free, limit: 20, ..list }, false, &[20], &[], &[5, 40, 0]),
        (Addon { billtype: BillType::Manual, ..free }, false, &[3], &[], &[4]),
        (Addon { min: -3, ..NUMBER }, false, &[0, i64::MAX], &[-1], &[]),
    ] {
        let rows = rows(&[(5, "1"), (20, "3"), (40, "5")]);
        let check = |count: &i64| addon.check(*count, is_trial, &rows);
        assert!(good.iter().all(|count| check(count).is_ok()), "{addon:?}");
        for (counts, kind) in [(limit, "limit"), (value, "value")] {
            for count in counts {
                let error = check(count).unwrap_err();
                assert_eq!((error.kind, error.object.as_str()), (kind, "addon_7"), "{addon:?} {count}");
            }
        }
    }
}

#[test]
fn prices() {
    let ten = Addon { limit: 10, limit_trial: 2, ..NUMBER };
    let fives = Addon { limit: 10, step: 5, ..NUMBER };
    let per_step = |addon| Addon { scaletype: ScaleType::PerStep, ..addon };
    let packs = |addon| Addon { scaletype: ScaleType::Packs, ..addon };
    let options = Addon { scaletype: ScaleType::Options, ..NUMBER };
    let flag = Addon { addontype: AddonType::Flag, scaletype: ScaleType::Packs, ..NUMBER };
    let list = Addon { addontype: AddonType::Enumeration, ..NUMBER };
    let billed = |billtype| Addon { billtype, ..ten };
    let scale = &[(0, "5"), (10, "4"), (20, "3")][..];
    let sizes = &[(1, "1.50"), (5, "6"), (20, "20")][..];
    for (addon, is_trial, rows_of, counts) in [
        (NUMBER, false, scale, &[(0, "0"), (1, "5"), (9, "45"), (10, "40"), (19, "76"), (20, "60")][..]),
        (ten, false, scale, &[(0, "0"), (10, "0"), (11, "4"), (19, "36"), (20, "30")]),
        (ten, true, scale, &[(2, "0"), (3, "5"), (12, "40")]),
        (fives, false, scale, &[(10, "0"), (11, "4"), (15, "4"), (16, "8"), (20, "6"), (25, "9")]),
        // 1 to 9 at 5, 10 to 19 at 4, from 20 on at 3.
        (per_step(NUMBER), false, scale, &[(9, "45"), (10, "49"), (19, "85"), (20, "88"), (22, "94")]),
        (per_step(ten), false, scale, &[(10, "0"), (11, "4"), (19, "36"), (20, "39"), (21, "42")]),
        // Steps that reach 15, 20, 25.
        (per_step(fives), false, scale, &[(15, "4"), (16, "8"), (20, "7"), (25, "10")]),
        (packs(NUMBER), false, sizes, &[(0, "0"), (1, "1.50"), (4, "6"), (5, "6"), (29, "32"), (47, "49")]),
        (packs(ten), false, sizes, &[(10, "0"), (14, "6"), (35, "26")]),
        // The rest is covered by the smallest pack, though a greater one is cheaper.
        (packs(NUMBER), false, &[(3, "5"), (10, "9")], &[(2, "5"), (8, "15"), (12, "14"), (20, "18")]),
        (options, false, scale, &[(0, "5"), (10, "4"), (20, "3")]),
        (flag, false, &[(0, "2")], &[(0, "0"), (1, "2")]),
        (Addon { limit: 1, ..flag }, false, &[(0, "2")], &[(0, "0"), (1, "0")]),
        (list, false, &[(31, "0"), (32, "2.50")], &[(31, "0"), (32, "2.50")]),
        (billed(BillType::Free), false, scale, &[(10, "0"), (15, "0")]),
        (billed(BillType::Manual), false, &[], &[(15, "0")]),
        (billed(BillType::Compound), false, &[(5, "1"), (15, "4")], &[(5, "1"), (15, "4")]),
        (billed(BillType::Statistics), false, scale, &[(10, "0"), (15, "20")]),
        (billed(BillType::Resources), false, scale, &[(10, "0"), (15, "20")]),
        // Rounded once, at the end: not 0.01 for every unit.
        (per_step(NUMBER), false, &[(0, "0.004"), (2, "0.003")], &[(1, "0"), (2, "0.01"), (4, "0.01")]),
    ] {
        // The order of the rows says nothing.
        let mut given = rows(rows_of);
        given.reverse();
        for (count, expected) in counts {
            let price = addon.price(*count, is_trial, &given, Scale::minor("USD")).unwrap();
            assert_eq!(price, money(expected), "{addon:?} {count}");
        }
    }
}

#[test]
fn what_no_row_prices() {
    let cents = Scale::minor("USD");
    let per_step = Addon { scaletype: ScaleType::PerStep, ..NUMBER };
    let packs = Addon { scaletype: ScaleType::Packs, ..NUMBER };
    let options = Addon { scaletype: ScaleType::Options, ..NUMBER };
    let list = Addon { addontype: AddonType::Enumeration, ..NUMBER };
    for (addon, rows_of, count, kind, object) in [
        (NUMBER, &[][..], 1, "missed", "price"),
        (NUMBER, &[(5, "1")], 4, "missed", "price"),
        (per_step, &[], 1, "missed", "price"),
        (per_step, &[(5, "1")], 6, "missed", "price"),
        (packs, &[(0, "1"), (-3, "1")], 1, "missed", "price"),
        (options, &[(5, "1")], 6, "value", "addon_7"),
        (list, &[(5, "1")], 6, "value", "addon_7"),
        (NUMBER, &[(0, "9000000000000")], 2, "limit", "amount"),
        (NUMBER, &[(0, "9000000000000")], i64::MAX, "limit", "amount"),
    ] {
        let error = addon.price(count, false, &rows(rows_of), cents).unwrap_err();
        assert_eq!((error.kind, error.object.as_str()), (kind, object), "{addon:?} {count}");
    }
    // The included amount needs no price.
    assert_eq!(NUMBER.price(0, false, &[], cents).unwrap(), Money::ZERO);
}

#[test]
fn changes_by_the_client() {
    for (restrict, up, down) in [
        (Restrict::On, false, false),
        (Restrict::Off, true, true),
        (Restrict::UpOnly, true, false),
        (Restrict::DownOnly, false, true),
    ] {
        assert_eq!((restrict.may_change(3, 4), restrict.may_change(3, 2)), (up, down));
        assert!(restrict.may_change(3, 3));
    }
}

/// Step by step, as one would count them on one's fingers.
fn counted(addon: &Addon, count: i64, rows: &[Row]) -> i64 {
    let mut reached = addon.limit;
    let mut sum = 0;
    while reached < count {
        reached = (reached + addon.step).min(count);
        sum += nearest(rows, reached).expect("a price").1.0;
    }
    sum
}

#[test]
fn steps_cost_what_each_of_them_costs() {
    let mut dice = Dice(41);
    for _ in 0..3_000 {
        let mut from = 0;
        let mut rows = Vec::new();
        for _ in 0..dice.between(1, 5) {
            rows.push((from, Money(dice.between(0, 500) * 10_000)));
            from += dice.between(1, 12);
        }
        let addon = Addon { limit: dice.between(0, 15), step: dice.between(1, 7), ..NUMBER };
        let per_step = Addon { scaletype: ScaleType::PerStep, ..addon };
        let count = dice.between(0, 60);
        let price =
            |addon: Addon, rows: &[Row]| addon.price(count, false, rows, Scale::minor("USD")).unwrap();
        assert_eq!(price(per_step, &rows).0, counted(&addon, count, &rows), "{addon:?} {count} {rows:?}");
        // With one price the scale makes no difference.
        assert_eq!(price(per_step, &rows[..1]), price(addon, &rows[..1]));
    }
}

#[test]
fn packs_cover_the_count_with_less_than_the_smallest_to_spare() {
    let mut dice = Dice(43);
    for _ in 0..3_000 {
        // Each pack costs its size, so the price tells how much was taken.
        let mut sizes: Vec<i64> = (0..dice.between(1, 4)).map(|_| dice.between(1, 30)).collect();
        sizes.sort();
        sizes.dedup();
        let rows: Vec<Row> = sizes.iter().map(|size| (*size, Money::units(*size))).collect();
        let addon = Addon { scaletype: ScaleType::Packs, limit: dice.between(0, 9), ..NUMBER };
        let count = dice.between(0, 200);
        let taken = addon.price(count, false, &rows, Scale::minor("USD")).unwrap();
        let beyond = Money::units((count - addon.limit).max(0));
        assert!(taken >= beyond && taken < beyond.plus(rows[0].1).unwrap(), "{addon:?} {count} {rows:?}");
    }
}
