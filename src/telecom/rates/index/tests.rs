use std::collections::BTreeMap;

use super::*;

fn numbers(price: i64) -> Vec<Raw> {
    [price, price / 2, 1, 1, 0].map(Raw::from).to_vec()
}

/// Prices by prefix; none refuses.
type Prices = BTreeMap<String, Option<i64>>;

fn build(prices: &Prices) -> Index {
    let mut builder = Builder::default();
    for (prefix, price) in prices {
        match price {
            Some(price) => builder.add(prefix, &format!("Land {}", price % 3), &numbers(*price)),
            None => builder.refuse(prefix),
        }
    }
    builder.build()
}

/// What the words say: the longest prefix that the number begins with.
fn naive(prices: &Prices, number: &str) -> Option<(usize, i64)> {
    let longest = prices.iter().filter(|(prefix, _)| number.starts_with(prefix.as_str()));
    let (prefix, price) = longest.max_by_key(|(prefix, _)| prefix.len())?;
    Some((prefix.len(), (*price)?))
}

fn found(index: &Index, number: &str) -> Option<(usize, i64)> {
    index.find(number).map(|(len, terms)| {
        assert_eq!(index.destination(terms), format!("Land {}", terms.price % 3));
        (len, terms.price)
    })
}

fn prices(of: &[(&str, Option<i64>)]) -> Prices {
    of.iter().map(|(prefix, price)| ((*prefix).to_owned(), *price)).collect()
}

#[test]
fn the_longest_prefix_wins() {
    let prices = prices(&[
        ("1", Some(10)),
        ("1212", Some(20)),
        ("12125", None),
        ("999999999999999", Some(30)),
        ("0", Some(40)),
    ]);
    let index = build(&prices);
    for (number, expected) in [
        ("12129999999", Some((4, 20))),
        ("12125999999", None),
        ("12135999999", Some((1, 10))),
        ("1", Some((1, 10))),
        ("121", Some((1, 10))),
        ("999999999999999", Some((15, 30))),
        ("99999999999999", None),
        ("0", Some((1, 40))),
        ("2", None),
        ("", None),
        ("1234567890123456", None),
        ("12x", None),
    ] {
        assert_eq!(found(&index, number), expected, "{number}");
    }
    assert_eq!(Builder::default().build().find("1234567"), None);
}

/// The same numbers for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    /// Few digits, so that prefixes lie inside of each other.
    fn digits(&mut self, least: u64) -> String {
        let len = least + self.below(DIGITS_MAX as u64 + 1 - least);
        (0..len).map(|_| ['0', '0', '1', '1', '5', '9'][self.below(6) as usize]).collect()
    }
}

#[test]
fn as_the_naive_look_up() {
    let mut dice = Dice(20_261_122);
    for _ in 0..500 {
        let price = |dice: &mut Dice| (dice.below(10) > 0).then(|| dice.below(5) as i64);
        let prices: Prices = (0..dice.below(200)).map(|_| (dice.digits(1), price(&mut dice))).collect();
        let index = build(&prices);
        let asked: Vec<String> = (0..100).map(|_| dice.digits(0)).collect();
        for number in asked.iter().chain(prices.keys()) {
            assert_eq!(found(&index, number), naive(&prices, number), "{number} of {prices:?}");
        }
    }
}

/// Every prefix has its own price and destination: the most that a plan can take.
#[test]
fn a_hundred_thousand_prefixes_take_little() {
    let mut builder = Builder::default();
    for nth in 0..100_000i64 {
        builder.add(&format!("{:08}", nth * 977), &format!("Destination of many words {nth}"), &numbers(nth));
    }
    let index = builder.build();
    assert!(index.bytes() < 20 << 20, "{} bytes", index.bytes());
    assert_eq!(index.find("0000097712345").map(|(len, terms)| (len, terms.price)), Some((8, 1)));
}
