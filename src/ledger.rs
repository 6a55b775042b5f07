//! Pure money: values in, transfers out.
//!
//! Invariant: nothing below knows a database, a clock or a setting, and no amount is ever a
//! float. What is posted, is posted elsewhere, in one place.

pub mod book;
pub mod digest;
pub mod hold;
pub mod payment;
pub mod rate;
pub mod rounding;
pub mod sale;
pub mod transfer;

pub use book::{Book, BookKind, Scale};
pub use rate::{Converted, Rate, RateStamp, Rates, Sum};
pub use sale::Sale;
pub use transfer::{Line, Transfer, reverse};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::money::Money;

    /// A generator that gives every run the same numbers (splitmix64).
    pub struct Dice(pub u64);

    impl Dice {
        fn roll(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }

        /// A number of `from..=to`.
        pub fn between(&mut self, from: i64, to: i64) -> i64 {
            from + (self.roll() % (to - from + 1) as u64) as i64
        }
    }

    pub fn money(text: &str) -> Money {
        Money::parse(text).expect(text)
    }

    const USD: i64 = 840;
    const EUR: i64 = 978;

    #[test]
    fn a_payment_in_foreign_money_pays_for_a_service_and_all_books_sum_to_zero() {
        let rate = Rate { currency: EUR, rate_nano: 1_100_000_000, nominal: 1, since_us: 0 };
        let rates = Rates { base: USD, list: &[rate], max_age_us: 10 };
        let cents = Scale::minor("USD");
        let client = Book::client(5, 1, USD);
        let clearing = Book::new(BookKind::Clearing, 3, 1, EUR);
        let paid = rates.convert(money("10.00"), EUR, USD, 5, cents).unwrap();
        let price = rounding::priced(money("0.83"), 3, 330_000, 200_000, rounding::Tax::Added, cents);
        let sale = Sale::of(client, &price.unwrap());
        let transfers = [
            transfer::credit("credit:payment:17", clearing, client, &paid, Money::ZERO).unwrap(),
            sale::charge("charge:item:5:2026-12", &sale).unwrap(),
        ];
        let lines = || transfers.iter().flat_map(Transfer::lines);
        for currency in [USD, EUR] {
            assert_eq!(lines().filter(|l| l.book.currency == currency).map(|l| l.amount.0).sum::<i64>(), 0);
        }
        let balance: i64 = lines().filter(|line| line.book == client).map(|line| line.amount.0).sum();
        assert_eq!(Money(balance), money("9.00"));
    }
}
