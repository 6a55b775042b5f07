use super::*;
use crate::ledger::tests::{Dice, money};

fn price(minute: &str, (initblock, billingblock): (i64, i64), connect: &str, min_time: i64) -> Price {
    Price {
        prefix: "49".into(),
        destination: "Germany".into(),
        price: money(minute),
        initblock,
        billingblock,
        connectcharge: money(connect),
        min_time,
    }
}

/// R149: one second, a second less than the first block, the block, a second more, a multiple.
#[test]
fn blocks() {
    for (blocks, min_time, secs, billed, cost) in [
        ((30, 6), 0, 0, 0, "0"),
        ((30, 6), 0, -5, 0, "0"),
        ((30, 6), 0, 1, 30, "0.0150"),
        ((30, 6), 0, 29, 30, "0.0150"),
        ((30, 6), 0, 30, 30, "0.0150"),
        ((30, 6), 0, 31, 36, "0.0180"),
        ((30, 6), 0, 36, 36, "0.0180"),
        ((30, 6), 0, 37, 42, "0.0210"),
        ((1, 1), 0, 61, 61, "0.0305"),
        ((60, 60), 0, 61, 120, "0.0600"),
        ((0, 0), 0, 1, 1, "0.0005"),
        ((10, 30), 0, 11, 30, "0.0150"),
        ((30, 6), 5, 5, 0, "0"),
        ((30, 6), 5, 6, 30, "0.0150"),
    ] {
        let price = price("0.03", blocks, "0", min_time);
        assert_eq!((price.billed_sec(secs), price.cost(secs).unwrap()), (billed, money(cost)), "{secs}");
    }
}

#[test]
fn the_sum_is_rounded_once() {
    for (minute, connect, secs, cost) in [
        ("0.01", "0.00004", 1, "0.0002"), // 0.000166… + 0.00004
        ("0.0099", "0", 1, "0.0002"),
        ("0.003", "0", 1, "0.0001"), // 0.00005
        ("0.002999", "0", 1, "0"),
        ("0", "0.05", 100, "0.05"),
        ("12", "0", 86_400, "17280"),
    ] {
        assert_eq!(price(minute, (1, 1), connect, 0).cost(secs).unwrap(), money(cost), "{minute} {secs}");
    }
    let absurd = Price { price: Money(i64::MAX), ..price("1", (1, 1), "0", 0) };
    assert_eq!(absurd.cost(3600).unwrap_err().kind, "limit");
}

#[test]
fn what_money_pays_for() {
    for (blocks, connect, have, secs) in [
        ((30, 6), "0", "0.0149", 0),
        ((30, 6), "0", "0.0150", 30),
        ((30, 6), "0", "0.0179", 30),
        ((30, 6), "0", "0.0180", 36),
        ((30, 6), "0.0100", "0.0249", 0),
        ((60, 60), "0", "0.0900", 180),
        ((1, 1), "0", "-1", 0),
        ((1, 1), "0", "1000000", CALL_MAX_SEC),
    ] {
        let price = price("0.03", blocks, connect, 0);
        assert_eq!(price.affordable_sec(money(have)).unwrap(), secs, "{blocks:?} {have}");
    }
    assert_eq!(price("0", (60, 60), "0", 0).affordable_sec(Money::ZERO).unwrap(), CALL_MAX_SEC);
}

/// What is granted is paid, and a block more would not be.
#[test]
fn a_grant_is_never_more_than_the_money() {
    let mut dice = Dice(7);
    for _ in 0..2_000 {
        let minute = Money(dice.between(0, 2_000_000));
        let blocks = (dice.between(0, 90), dice.between(0, 90));
        let price = Price {
            price: minute,
            connectcharge: Money(dice.between(0, 100_000)),
            ..price("0", blocks, "0", 0)
        };
        let have = Money(dice.between(0, 3_000_000));
        let secs = price.affordable_sec(have).unwrap();
        if secs > 0 {
            assert!(price.cost(secs).unwrap() <= have, "{price:?} {secs}");
        }
        if secs < CALL_MAX_SEC {
            assert!(price.cost(secs + 1).unwrap() > have, "{price:?} {secs}");
        }
    }
}

#[test]
fn what_is_granted_ends_with_a_block() {
    let price = price("1", (30, 6), "0", 0);
    for (secs, down, up) in [(5, 5, 30), (30, 30, 30), (35, 30, 36), (36, 36, 36), (41, 36, 42)] {
        assert_eq!((price.down_to_block(secs), price.whole_blocks(secs)), (down, up), "{secs}");
    }
}
