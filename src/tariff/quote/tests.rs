use super::*;
use crate::ledger::tests::{Dice, money};

/// `quantity` of one price, as every row of the table is.
fn one(price: Money, quantity: i64) -> Quote {
    Quote {
        parts: vec![QuotePart::new(What::Tariff, "Tariff", price, quantity)],
        discount: None,
        tax_e4: 0,
        tax: Tax::Added,
        scale: Scale::minor("USD"),
    }
}

fn whole(off: Off) -> Option<Discount> {
    Some(Discount { off, on: On::Whole })
}

fn amounts(priced: &Priced) -> [Money; 5] {
    [priced.line, priced.discount, priced.net, priced.tax, priced.total]
}

/// `20%` in ten-thousandths of a percent.
fn percent(text: &str) -> Option<i64> {
    Some(money(text.strip_suffix('%')?).0 / 100)
}

/// `HUF`, or `HUF/0` where the provider rounds coarser.
fn scale(text: &str) -> Scale {
    let (iso, decimals) = text.split_once('/').unzip();
    Scale::of_currency(iso.unwrap_or(text), decimals.map(|text| text.parse().expect(text))).expect(text)
}

fn quote(words: &[&str]) -> Quote {
    let [price, quantity, discount, tax, kind, currency] = words else { panic!("{words:?}") };
    let off = percent(discount).map_or_else(|| Off::Fixed(money(discount)), Off::Percent);
    Quote {
        discount: whole(off),
        tax_e4: percent(tax).expect(tax),
        tax: if *kind == "included" { Tax::Included } else { Tax::Added },
        scale: scale(currency),
        ..one(money(price), quantity.parse().expect(quantity))
    }
}

#[test]
fn the_table_a_book_keeper_can_read() {
    let mut rows = 0;
    let mut sums = [Money::ZERO; 5];
    for line in include_str!("../rows.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((given, expected)) = line.split_once('|') else {
            sums = [Money::ZERO; 5];
            continue;
        };
        let given: Vec<&str> = given.split_whitespace().collect();
        let expected: Vec<Money> = expected.split_whitespace().map(money).collect();
        if given[0] == "sum" {
            assert_eq!(expected, sums, "{line}");
            continue;
        }
        let got = amounts(&quote(&given).priced().unwrap());
        assert_eq!(expected, got, "{line}");
        sums.iter_mut().zip(got).for_each(|(sum, amount)| *sum = sum.plus(amount).unwrap());
        rows += 1;
    }
    assert!(rows >= 32, "{rows} rows");
}

fn order() -> Quote {
    let parts = vec![
        QuotePart::new(What::Tariff, "VPS", money("19.99"), 1),
        QuotePart::new(What::Setup, "Setup", money("5"), 1),
        QuotePart::new(What::Addon(7), "IP", money("1.335"), 3),
        QuotePart::new(What::Addon(8), "Disk", money("0.333"), 5),
    ];
    Quote { parts, tax_e4: 200_000, ..one(Money::ZERO, 0) }
}

#[test]
fn an_order_of_several_parts() {
    // Lines 19.99, 5.00, 4.01 and 1.67: 30.67.
    let (tenth, five) = (Off::Percent(100_000), Off::Fixed(money("5")));
    for (off, on, expected) in [
        (Off::Percent(0), On::Whole, ["30.67", "0", "30.67", "6.13", "36.80"]),
        (tenth, On::Whole, ["30.67", "3.07", "27.60", "5.52", "33.12"]),
        (tenth, On::Tariff, ["30.67", "2.00", "28.67", "5.73", "34.40"]),
        (tenth, On::Addon(7), ["30.67", "0.40", "30.27", "6.05", "36.32"]),
        (tenth, On::Addon(9), ["30.67", "0", "30.67", "6.13", "36.80"]),
        (five, On::Whole, ["30.67", "5.00", "25.67", "5.13", "30.80"]),
        (five, On::Addon(7), ["30.67", "4.01", "26.66", "5.33", "31.99"]),
        (five, On::Addon(8), ["30.67", "1.67", "29.00", "5.80", "34.80"]),
        (Off::Percent(1_000_000), On::Whole, ["30.67", "30.67", "0", "0", "0"]),
    ] {
        let quote = Quote { discount: Some(Discount { off, on }), ..order() };
        assert_eq!(amounts(&quote.priced().unwrap()), expected.map(money), "{off:?} {on:?}");
    }
}

#[test]
fn an_order_of_nothing_costs_nothing() {
    let empty = Quote { parts: Vec::new(), discount: whole(Off::Fixed(money("5"))), ..order() };
    assert_eq!(amounts(&empty.priced().unwrap()), [Money::ZERO; 5]);
}

#[test]
fn what_cannot_be_quoted() {
    for (quote, object) in [
        (one(money("-1"), 1), "amount"),
        (one(money("1"), -1), "quantity"),
        (one(Money(i64::MAX), 2), "amount"),
        (Quote { tax_e4: -1, ..order() }, "tax"),
        (Quote { discount: whole(Off::Percent(1_000_001)), ..order() }, "discount"),
        (Quote { discount: whole(Off::Fixed(Money(-1))), ..order() }, "discount"),
    ] {
        assert_eq!(quote.priced().unwrap_err().object, object);
    }
}

#[test]
fn quotes_add_up_and_never_turn_their_sign() {
    let mut dice = Dice(53);
    for _ in 0..5_000 {
        let scale = ["USD", "JPY", "KWD"].map(Scale::minor)[dice.between(0, 2) as usize];
        let parts: Vec<QuotePart> = (0..dice.between(0, 5))
            .map(|id| {
                QuotePart::new(What::Addon(id), "", Money(dice.between(0, 99_999_999)), dice.between(0, 9))
            })
            .collect();
        let off = match dice.between(0, 1) {
            0 => Off::Percent(dice.between(0, 1_000_000)),
            _ => Off::Fixed(Money(dice.between(0, 300_000_000))),
        };
        let on = [On::Whole, On::Addon(dice.between(0, 5))][dice.between(0, 1) as usize];
        let tax = [Tax::Added, Tax::Included][dice.between(0, 1) as usize];
        let discount = Some(Discount { off, on });
        let lines: i64 = parts.iter().map(|part| part.line(scale).unwrap().0).sum();
        let quote = Quote { parts, discount, tax_e4: dice.between(0, 300_000), tax, scale };
        let priced = quote.priced().unwrap();
        assert_eq!(priced.line.0, lines);
        assert_eq!(priced.net.plus(priced.tax).unwrap(), priced.total);
        let left = priced.line.minus(priced.discount).unwrap();
        assert_eq!(left, if tax == Tax::Added { priced.net } else { priced.total });
        assert!(amounts(&priced).iter().all(|amount| *amount >= Money::ZERO && scale.fits(*amount)));
    }
}
