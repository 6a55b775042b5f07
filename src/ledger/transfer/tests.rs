use super::*;
use crate::ledger::rate::Sum;
use crate::ledger::tests::{Dice, money};

const USD: i64 = 840;
const EUR: i64 = 978;
const CLIENT: Book = Book::client(5, 1, USD);
const KEY: &str = "charge:item:5:2026-12";
const NONE: Money = Money::ZERO;

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
        (credit(KEY, own, CLIENT, &same, NONE), &["clearing 3 840 -10.00", "client 5 840 10.00"][..]),
        (
            credit(KEY, clearing, CLIENT, &payment(money("10"), money("11")), NONE),
            &["clearing 3 978 -10.00", "exchange 0 978 10.00", "exchange 0 840 -11.00", "client 5 840 11.00"],
        ),
        (
            credit(KEY, own, CLIENT, &same, money("0.25")),
            &["clearing 3 840 -10.25", "client 5 840 10.00", "revenue 0 840 0.25"],
        ),
        (
            credit(KEY, clearing, CLIENT, &payment(money("10"), money("11")), money("0.25")),
            &[
                "clearing 3 978 -10.25",
                "exchange 0 978 10.00",
                "exchange 0 840 -11.00",
                "client 5 840 11.00",
                "revenue 0 978 0.25",
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
fn parts_taken_back_are_together_the_whole() {
    let clearing = Book::new(BookKind::Clearing, 3, 1, EUR);
    let paid = payment(money("10"), money("11"));
    let whole = credit("credit:payment:17", clearing, CLIENT, &paid, money("0.25")).unwrap();
    let cents = |_| Scale::minor("USD");
    let (third, all) = (money("3.33"), money("11"));
    let part = |key, from, to| reverse_part(&whole, key, (from, to, all), cents);
    let first = part("refund:payment:17:1", NONE, third).unwrap();
    assert_eq!(
        written(&first),
        [
            "clearing 3 978 3.11",
            "exchange 0 978 -3.03",
            "revenue 0 978 -0.08",
            "exchange 0 840 3.33",
            "client 5 840 -3.33",
        ]
    );
    let rest = part("refund:payment:17:2", third, all).unwrap();
    for line in whole.lines() {
        let of = |part: &Transfer| part.lines().iter().find(|own| own.book == line.book).unwrap().amount;
        assert_eq!(of(&first).plus(of(&rest)).unwrap(), line.amount.negated(), "{:?}", line.book.kind);
    }
    for (from, to) in [(NONE, NONE), (third, NONE), (money("-1"), third), (third, money("11.01"))] {
        assert_eq!(part("refund:payment:17:3", from, to).unwrap_err().kind, "value");
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
        (credit(KEY, own, CLIENT, &Converted::same(USD, minus), NONE), "value"),
        (credit(KEY, own, CLIENT, &Converted::same(USD, one), minus), "value"),
        (credit(KEY, own, CLIENT, &Converted::same(EUR, one), NONE), "system"),
        (credit(KEY, own, CLIENT, &payment(one, one), NONE), "system"),
        (credit(KEY, foreign, CLIENT, &payment(one, none), NONE), "value"),
        (credit(KEY, foreign, CLIENT, &payment(minus, minus), NONE), "value"),
        (opening(KEY, CLIENT, none), "value"),
        (write_off(KEY, CLIENT, Money(i64::MIN)), "limit"),
    ] {
        assert_eq!(refused.unwrap_err().kind, kind);
    }
}

#[test]
fn a_credit_keeps_its_rate_and_so_does_its_reversal() {
    let (clearing, paid) = (Book::new(BookKind::Clearing, 3, 1, EUR), payment(Money(10), Money(11)));
    let credit = credit("credit:payment:17", clearing, CLIENT, &paid, NONE).unwrap();
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
            credit(KEY, clearing, CLIENT, &payment(one, other), NONE),
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
