//! Numbers that look thrown and are the same in every run.

use std::fmt::Write;

/// A linear congruential generator with Knuth's constants for 64 bits (MMIX).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `bound` − 1. The low bits of such a generator repeat soon, so the high count.
    pub fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % bound.max(1)
    }
}

/// Cents as an amount: `2900` is `29.00`.
pub fn amount(cents: i64) -> String {
    decimal(cents, 2)
}

/// A whole number of the last of so many decimals, as a decimal.
pub fn decimal(value: i64, places: u32) -> String {
    let unit = 10_i64.pow(places);
    let mut text = (value / unit).to_string();
    let _ = write!(text, ".{:0width$}", value % unit, width = places as usize);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_and_within_bounds() {
        let throw = |seed| {
            let mut dice = Dice::new(seed);
            (0..1000).map(|_| dice.below(6)).collect::<Vec<_>>()
        };
        let thrown = throw(1);
        assert_eq!(thrown, throw(1));
        assert_ne!(thrown, throw(2));
        assert!((0..6).all(|face| thrown.iter().filter(|number| **number == face).count() > 100));
    }

    #[test]
    fn decimals() {
        assert_eq!((amount(2905), amount(7)), ("29.05".to_owned(), "0.07".to_owned()));
        assert_eq!(decimal(921_658, 6), "0.921658");
    }
}
