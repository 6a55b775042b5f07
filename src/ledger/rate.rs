//! Conversion between currencies: through the provider's base currency, rounded once at the end.

use crate::error::{Error, Result};
use crate::ledger::book::Scale;
use crate::ledger::rounding::{half_away, ratio};
use crate::money::Money;

/// 1 in the unit of rates, 10⁻⁹.
pub const NANO: i64 = 1_000_000_000;

/// `nominal` units of a currency are worth `rate_nano` × 10⁻⁹ units of the base, from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub currency: i64,
    pub rate_nano: i64,
    pub nominal: i64,
    pub since_us: i64,
}

/// The rates of one provider.
#[derive(Debug, Clone, Copy)]
pub struct Rates<'a> {
    pub base: i64,
    /// In any order, of any age.
    pub list: &'a [Rate],
    /// A rate older than this is none.
    pub max_age_us: i64,
}

/// An amount with its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub currency: i64,
    pub amount: Money,
}

/// What a posting stores of a conversion; documents show this and never compute it again.
/// `nominal` units of `from` are `rate_nano` × 10⁻⁹ units of `to`, as near as 64 bits say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateStamp {
    pub from: Sum,
    pub to: Sum,
    pub rate_nano: i64,
    pub nominal: i64,
    /// The older of the dates of the rates that were used.
    pub since_us: i64,
}

/// An amount before and after; without a stamp where the currency is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    pub from: Sum,
    pub to: Sum,
    pub stamp: Option<RateStamp>,
}

impl Converted {
    /// What needs no conversion.
    pub const fn same(currency: i64, amount: Money) -> Self {
        let sum = Sum { currency, amount };
        Self { from: sum, to: sum, stamp: None }
    }
}

impl Rates<'_> {
    /// `amount` of `from` in `to`, on the scale of the book it goes to, by the newest rates at
    /// `at_us`. Without a rate: `missed(currency)`, never 1:1.
    pub fn convert(&self, amount: Money, from: i64, to: i64, at_us: i64, scale: Scale) -> Result<Converted> {
        if from == to {
            return match scale.fits(amount) {
                true => Ok(Converted::same(from, amount)),
                false => Err(Error::value("amount", amount.plain())),
            };
        }
        let (given, taken) = (self.newest(from, at_us)?, self.newest(to, at_us)?);
        let (part, whole) = cross(given, taken);
        let from = Sum { currency: from, amount };
        let to = Sum { currency: to, amount: ratio(amount, part, whole, scale)? };
        let (rate_nano, nominal) = written(part, whole, given.nominal)?;
        let since_us = given.since_us.min(taken.since_us);
        Ok(Converted { from, to, stamp: Some(RateStamp { from, to, rate_nano, nominal, since_us }) })
    }

    /// The rate in force; a rate that is not positive is none.
    fn newest(&self, currency: i64, at_us: i64) -> Result<Rate> {
        if currency == self.base {
            return Ok(Rate { currency, rate_nano: NANO, nominal: 1, since_us: i64::MAX });
        }
        let known = self.list.iter().filter(|rate| rate.currency == currency && rate.since_us <= at_us);
        known
            .max_by_key(|rate| rate.since_us)
            .filter(|rate| at_us.saturating_sub(rate.since_us) <= self.max_age_us)
            .filter(|rate| rate.rate_nano > 0 && rate.nominal > 0)
            .copied()
            .ok_or_else(|| Error::missed("currency").with("desc", "desc_no_rate"))
    }
}

/// One unit of `given` in units of `taken`, as a fraction in lowest terms: that keeps the product
/// with an amount within 128 bits.
fn cross(given: Rate, taken: Rate) -> (i128, i128) {
    let part = i128::from(given.rate_nano) * i128::from(taken.nominal);
    let whole = i128::from(given.nominal) * i128::from(taken.rate_nano);
    let common = common_divisor(part, whole);
    (part / common, whole / common)
}

fn common_divisor(mut one: i128, mut other: i128) -> i128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The fraction as a rate. The nominal grows while digits of a small rate would be lost.
fn written(part: i128, whole: i128, mut nominal: i64) -> Result<(i64, i64)> {
    let too_large = || Error::limit("currency", "");
    loop {
        let scaled =
            part.checked_mul(i128::from(nominal)).and_then(|part| part.checked_mul(i128::from(NANO)));
        let scaled = scaled.ok_or_else(too_large)?;
        let rate_nano = i64::try_from(half_away(scaled, whole)).map_err(|_| too_large())?;
        if scaled % whole == 0 || rate_nano >= NANO || nominal >= NANO {
            return Ok((rate_nano, nominal));
        }
        nominal *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{Dice, money};

    const USD: i64 = 1;
    const RUB: i64 = 2;
    const EUR: i64 = 3;
    const VND: i64 = 4;
    const DAY: i64 = 86_400_000_000;

    const LIST: [Rate; 5] = [
        Rate { currency: RUB, rate_nano: 1_250_000_000, nominal: 100, since_us: 10 * DAY },
        Rate { currency: EUR, rate_nano: 1_080_000_000, nominal: 1, since_us: 9 * DAY },
        Rate { currency: EUR, rate_nano: 1_100_000_000, nominal: 1, since_us: 11 * DAY },
        Rate { currency: EUR, rate_nano: 1_200_000_000, nominal: 1, since_us: 20 * DAY },
        Rate { currency: VND, rate_nano: 394_000_000, nominal: 10_000, since_us: 12 * DAY },
    ];

    const RATES: Rates = Rates { base: USD, list: &LIST, max_age_us: 7 * DAY };

    #[test]
    fn conversions() {
        let (usd, vnd) = (Scale::minor("USD"), Scale::minor("VND"));
        for (amount, from, to, day, scale, got, rate_nano, nominal, since) in [
            ("10", EUR, USD, 12, usd, "11", 1_100_000_000, 1, 11),
            ("10", EUR, USD, 10, usd, "10.80", 1_080_000_000, 1, 9),
            ("10", EUR, USD, 20, usd, "12", 1_200_000_000, 1, 20),
            ("1000", RUB, USD, 12, usd, "12.50", 1_250_000_000, 100, 10),
            ("10", USD, EUR, 12, usd, "9.09", 9_090_909_091, 10, 11),
            ("100", RUB, EUR, 12, usd, "1.14", 1_136_363_636, 100, 10),
            ("1", EUR, RUB, 12, usd, "88", 88_000_000_000, 1, 10),
            ("1", EUR, VND, 13, vnd, "27919", 27_918_781_725_888, 1, 11),
            ("1", VND, EUR, 13, Scale::TELECOM, "0", 3_581_818_182, 100_000, 11),
            ("-10", EUR, RUB, 13, usd, "-880", 88_000_000_000, 1, 10),
        ] {
            let what = format!("{amount} {from} -> {to} on {day}");
            let done = RATES.convert(money(amount), from, to, day * DAY, scale).expect(&what);
            let stamp = done.stamp.expect("a rate was used");
            assert_eq!((done.from, done.to), (stamp.from, stamp.to));
            assert_eq!(done.from, Sum { currency: from, amount: money(amount) });
            assert_eq!(done.to, Sum { currency: to, amount: money(got) }, "{what}");
            assert_eq!(
                (stamp.rate_nano, stamp.nominal, stamp.since_us),
                (rate_nano, nominal, since * DAY),
                "{what}"
            );
        }
    }

    #[test]
    fn the_same_currency_needs_no_rate_and_is_not_rounded() {
        let (cents, none) = (Scale::minor("USD"), Rates { base: USD, list: &[], max_age_us: 0 });
        let done = none.convert(money("0.05"), EUR, EUR, 0, cents).unwrap();
        assert_eq!(done, Converted::same(EUR, money("0.05")));
        assert_eq!(none.convert(money("0.001"), EUR, EUR, 0, cents).unwrap_err().object, "amount");
    }

    #[test]
    fn without_a_rate_nothing_is_converted() {
        let broken = [Rate { rate_nano: 0, ..LIST[0] }, Rate { nominal: 0, ..LIST[1] }];
        let broken = Rates { list: &broken, ..RATES };
        for (rates, from, to, day) in [
            (&RATES, 99, USD, 12),
            (&RATES, USD, 99, 12),
            (&RATES, EUR, USD, 8),
            (&RATES, EUR, USD, 28),
            (&RATES, RUB, EUR, 18),
            (&broken, RUB, USD, 12),
            (&broken, EUR, USD, 12),
        ] {
            let error = rates.convert(money("1"), from, to, day * DAY, Scale::TELECOM).unwrap_err();
            assert_eq!((error.kind, error.object.as_str()), ("missed", "currency"), "{from} {to} {day}");
        }
        let last_moment = RATES.convert(money("1"), EUR, USD, 27 * DAY, Scale::TELECOM);
        assert!(last_moment.is_ok());
        let after = RATES.convert(money("1"), EUR, USD, 27 * DAY + 1, Scale::TELECOM);
        assert_eq!(after.unwrap_err().kind, "missed");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (amount, rate_nano, nominal) in
            [(i64::MAX, 2 * NANO, 1), (1, i64::MAX, 1), (i64::MAX, i64::MAX, i64::MAX)]
        {
            let one = Rate { currency: EUR, rate_nano, nominal, since_us: 0 };
            let other = Rate { currency: RUB, rate_nano: 1, nominal: i64::MAX - 1, since_us: 0 };
            let rates = Rates { base: USD, list: &[one, other], max_age_us: 1 };
            assert_eq!(rates.convert(Money(amount), EUR, RUB, 0, Scale::TELECOM).unwrap_err().kind, "limit");
        }
    }

    /// There and back: half a step of the foreign currency at its rate, and half a step of ours.
    #[test]
    fn there_and_back_loses_no_more_than_a_minor_unit_at_its_rate() {
        let mut dice = Dice(5);
        for _ in 0..5_000 {
            let rate = |currency, dice: &mut Dice| Rate {
                currency,
                rate_nano: dice.between(10_000_000, 100 * NANO),
                nominal: [1, 10, 100][dice.between(0, 2) as usize],
                since_us: 0,
            };
            let list = [rate(EUR, &mut dice), rate(RUB, &mut dice)];
            let rates = Rates { base: USD, list: &list, max_age_us: 0 };
            let scale =
                [Scale::minor("USD"), Scale::minor("JPY"), Scale::TELECOM][dice.between(0, 2) as usize];
            let amount = Money(dice.between(1, 900_000) * scale.step_micro());
            let there = rates.convert(amount, EUR, RUB, 0, scale).unwrap();
            let back = rates.convert(there.to.amount, RUB, EUR, 0, scale).unwrap();
            let (part, whole) = cross(list[1], list[0]);
            let lost = i128::from((back.to.amount.0 - amount.0).abs());
            let step = i128::from(scale.step_micro());
            assert!(2 * lost * whole <= step * (part + whole), "{list:?} {amount:?} {lost}");
        }
    }
}
