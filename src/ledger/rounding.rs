//! Rounding: half away from zero, once per step (decisions.md, Money).
//!
//! Percents are `percent_e4`, ten-thousandths of a percent: 20 % is 200 000, 8.875 % is 88 750.

use crate::error::{Error, Result};
use crate::ledger::book::Scale;
use crate::money::Money;

/// 100 % in ten-thousandths of a percent.
pub const WHOLE_E4: i64 = 1_000_000;

/// `amount` on the scale of a book.
pub fn round(amount: Money, scale: Scale) -> Result<Money> {
    share(amount, 1, 1, scale)
}

/// amount × part / whole, rounded once. `whole` is positive.
pub fn share(amount: Money, part: i64, whole: i64, scale: Scale) -> Result<Money> {
    ratio(amount, i128::from(part), i128::from(whole), scale)
}

/// The same where the ratio itself needs more than 64 bits.
pub(crate) fn ratio(amount: Money, part: i128, whole: i128, scale: Scale) -> Result<Money> {
    let step = i128::from(scale.step_micro());
    let divisor = whole.checked_mul(step).filter(|divisor| *divisor > 0);
    let steps = i128::from(amount.0)
        .checked_mul(part)
        .zip(divisor)
        .and_then(|(product, divisor)| half_away(product, divisor).checked_mul(step));
    steps
        .and_then(|micro| i64::try_from(micro).ok())
        .map(Money)
        .ok_or_else(|| Error::limit("amount", amount.plain()))
}

/// value / divisor to the nearest whole number, halves away from zero. `divisor` is positive.
pub(crate) fn half_away(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value / divisor, value % divisor);
    match rest.unsigned_abs() * 2 >= divisor.unsigned_abs() {
        true => quotient + value.signum(),
        false => quotient,
    }
}

pub fn line(price: Money, quantity: i64, scale: Scale) -> Result<Money> {
    match quantity {
        0.. => share(price, quantity, 1, scale),
        _ => Err(Error::value("quantity", quantity.to_string())),
    }
}

/// What `percent_e4` takes off a line; at most all of it.
pub fn discount(line: Money, percent_e4: i64, scale: Scale) -> Result<Money> {
    match percent_e4 {
        0..=WHOLE_E4 => share(line, percent_e4, WHOLE_E4, scale),
        _ => Err(Error::value("discount", Money(percent_e4).plain())),
    }
}

/// The tax that comes on top of `net`.
pub fn tax_on(net: Money, rate_e4: i64, scale: Scale) -> Result<Money> {
    share(net, tax_rate(rate_e4)?, WHOLE_E4, scale)
}

/// The tax inside `gross`: gross × r/(1+r).
pub fn tax_in(gross: Money, rate_e4: i64, scale: Scale) -> Result<Money> {
    let rate = i128::from(tax_rate(rate_e4)?);
    ratio(gross, rate, i128::from(WHOLE_E4) + rate, scale)
}

fn tax_rate(rate_e4: i64) -> Result<i64> {
    match rate_e4 {
        0.. => Ok(rate_e4),
        _ => Err(Error::value("tax", Money(rate_e4).plain())),
    }
}

/// How tax and price stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tax {
    /// The price is without tax.
    Added,
    /// The price holds the tax.
    Included,
}

/// An expense line as it is posted. `line − discount` is `net` where tax is added, `total` where
/// it is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    pub line: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

/// One expense line, each step of it rounded.
pub fn priced(
    price: Money,
    quantity: i64,
    discount_e4: i64,
    tax_e4: i64,
    kind: Tax,
    scale: Scale,
) -> Result<Priced> {
    let line = line(price, quantity, scale)?;
    taxed(line, discount(line, discount_e4, scale)?, tax_e4, kind, scale)
}

/// The same from a line and a discount that are rounded already.
pub fn taxed(line: Money, discount: Money, tax_e4: i64, kind: Tax, scale: Scale) -> Result<Priced> {
    let left = line.minus(discount)?;
    let (net, tax) = match kind {
        Tax::Added => (left, tax_on(left, tax_e4, scale)?),
        Tax::Included => {
            let tax = tax_in(left, tax_e4, scale)?;
            (left.minus(tax)?, tax)
        }
    };
    Ok(Priced { line, discount, net, tax, total: net.plus(tax)? })
}

/// Parts of `amount` by their weights; the last takes what the others leave. A part is never
/// more than what is left, so that no part turns its sign.
pub fn split(amount: Money, weights: &[i64], scale: Scale) -> Result<Vec<Money>> {
    if !scale.fits(amount) {
        return Err(Error::value("amount", amount.plain()));
    }
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if whole <= 0 || weights.iter().any(|weight| *weight < 0) {
        return Err(Error::value("parts", weights.len().to_string()));
    }
    let mut left = amount;
    let mut parts = Vec::with_capacity(weights.len());
    for weight in &weights[..weights.len() - 1] {
        let part = nearer_zero(ratio(amount, i128::from(*weight), whole, scale)?, left);
        left = left.minus(part)?;
        parts.push(part);
    }
    parts.push(left);
    Ok(parts)
}

/// The smaller of two amounts of one sign.
fn nearer_zero(one: Money, other: Money) -> Money {
    if one.0.unsigned_abs() <= other.0.unsigned_abs() { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{Dice, money};

    #[test]
    fn halves_go_away_from_zero() {
        let (usd, jpy) = (Scale::minor("USD"), Scale::minor("JPY"));
        for (amount, scale, rounded) in [
            ("0.005", usd, "0.01"),
            ("0.004999", usd, "0"),
            ("-0.005", usd, "-0.01"),
            ("-0.004999", usd, "0"),
            ("2.675", usd, "2.68"),
            ("0.5", jpy, "1"),
            ("-1.499999", jpy, "-1"),
            ("0.00005", Scale::TELECOM, "0.0001"),
            ("0.000049", Scale::TELECOM, "0"),
        ] {
            assert_eq!(round(money(amount), scale).unwrap(), money(rounded), "{amount}");
        }
    }

    #[test]
    fn expense_lines() {
        let (usd, tel, vnd) = (Scale::minor("USD"), Scale::TELECOM, Scale::minor("VND"));
        let (added, included) = (Tax::Added, Tax::Included);
        // price, quantity, discount, tax, kind, scale -> line, discount, net, tax, total
        for (price, quantity, off, rate, kind, scale, expected) in [
            ("0.83", 3, 330_000, 200_000, added, usd, ["2.49", "0.82", "1.67", "0.33", "2.00"]),
            ("55.55", 1, 0, 230_000, added, usd, ["55.55", "0", "55.55", "12.78", "68.33"]),
            ("11.11", 1, 0, 230_000, added, usd, ["11.11", "0", "11.11", "2.56", "13.67"]),
            ("12.00", 1, 0, 200_000, included, usd, ["12.00", "0", "10.00", "2.00", "12.00"]),
            ("9.99", 1, 0, 210_000, included, usd, ["9.99", "0", "8.26", "1.73", "9.99"]),
            ("9.99", 2, 100_000, 88_750, added, usd, ["19.98", "2.00", "17.98", "1.60", "19.58"]),
            ("0.00125", 3, 0, 0, added, tel, ["0.0038", "0", "0.0038", "0", "0.0038"]),
            ("12345", 7, 125_000, 80_000, added, vnd, ["86415", "10802", "75613", "6049", "81662"]),
            ("5", 1, 1_000_000, 200_000, added, usd, ["5", "5", "0", "0", "0"]),
            ("5", 0, 0, 200_000, added, usd, ["0", "0", "0", "0", "0"]),
        ] {
            let got = priced(money(price), quantity, off, rate, kind, scale).unwrap();
            let got = [got.line, got.discount, got.net, got.tax, got.total];
            assert_eq!(got, expected.map(money), "{price} x {quantity}");
        }
    }

    #[test]
    fn a_document_is_the_sum_of_its_lines() {
        let line = |price| priced(money(price), 1, 0, 230_000, Tax::Added, Scale::minor("EUR")).unwrap();
        let (first, second) = (line("55.55"), line("11.11"));
        assert_eq!(first.tax.plus(second.tax).unwrap(), money("15.34"));
        assert_eq!(first.total.plus(second.total).unwrap(), money("82.00"));
    }

    #[test]
    fn what_cannot_be_priced() {
        let usd = Scale::minor("USD");
        for (price, quantity, off, rate, object) in [
            (1, -1, 0, 0, "quantity"),
            (1, 1, -1, 0, "discount"),
            (1, 1, 1_000_001, 0, "discount"),
            (1, 1, 0, -1, "tax"),
            (i64::MAX, 2, 0, 0, "amount"),
            (i64::MAX - 5_807, 1, 0, 1, "amount"),
        ] {
            let error = priced(Money(price), quantity, off, rate, Tax::Added, usd).unwrap_err();
            assert_eq!(error.object, object, "{price} {quantity} {off} {rate}");
        }
        assert_eq!(share(Money(1), 1, 0, usd).unwrap_err().kind, "limit");
        assert_eq!(share(Money(1), 1, -1, usd).unwrap_err().kind, "limit");
        // Rounded up, the largest amount is one too large.
        assert_eq!(round(Money(i64::MAX), usd).unwrap_err().kind, "limit");
        assert_eq!(round(Money(i64::MIN), usd).unwrap_err().kind, "limit");
        assert_eq!(round(Money(i64::MAX - 5_000), usd).unwrap(), Money(i64::MAX - 5_807));
    }

    #[test]
    fn splits() {
        for (amount, weights, expected) in [
            ("100", &[1, 1, 1][..], &["33.33", "33.33", "33.34"][..]),
            ("200", &[1, 1, 1], &["66.67", "66.67", "66.66"]),
            ("-100", &[1, 1, 1], &["-33.33", "-33.33", "-33.34"]),
            ("10", &[31, 28, 31], &["3.44", "3.11", "3.45"]),
            ("0.02", &[1, 1, 1, 1], &["0.01", "0.01", "0", "0"]),
            ("5", &[0, 1], &["0", "5"]),
            ("5", &[1], &["5"]),
        ] {
            let parts = split(money(amount), weights, Scale::minor("USD")).unwrap();
            assert_eq!(parts, expected.iter().map(|part| money(part)).collect::<Vec<_>>(), "{amount}");
        }
        for weights in [&[][..], &[0, 0], &[2, -1]] {
            assert_eq!(split(money("1"), weights, Scale::TELECOM).unwrap_err().object, "parts");
        }
        assert_eq!(split(money("0.001"), &[1], Scale::minor("USD")).unwrap_err().object, "amount");
    }

    #[test]
    fn parts_sum_to_the_whole_and_keep_its_sign() {
        let mut dice = Dice(7);
        for _ in 0..5_000 {
            let scale =
                [Scale::minor("USD"), Scale::minor("JPY"), Scale::TELECOM][dice.between(0, 2) as usize];
            let amount = Money(dice.between(-9_000, 900_000) * scale.step_micro());
            let weights: Vec<i64> = (0..=dice.between(0, 12)).map(|_| dice.between(1, 400)).collect();
            let parts = split(amount, &weights, scale).unwrap();
            assert_eq!(parts.len(), weights.len());
            assert_eq!(parts.iter().map(|part| part.0).sum::<i64>(), amount.0);
            assert!(parts.iter().all(|part| scale.fits(*part) && part.0 as i128 * amount.0 as i128 >= 0));
        }
    }

    #[test]
    fn rounding_is_off_by_at_most_half_a_step_and_tax_in_matches_tax_on() {
        let (mut dice, usd) = (Dice(11), Scale::minor("USD"));
        for _ in 0..5_000 {
            let amount = Money(dice.between(-5_000_000_000, 5_000_000_000));
            let rounded = round(amount, usd).unwrap();
            assert!(usd.fits(rounded) && (rounded.0 - amount.0).abs() * 2 <= usd.step_micro());
            let (net, rate) = (Money(dice.between(0, 900_000) * 10_000), dice.between(0, 300_000));
            let gross = net.plus(tax_on(net, rate, usd).unwrap()).unwrap();
            assert_eq!(gross.minus(tax_in(gross, rate, usd).unwrap()).unwrap(), net, "{net:?} {rate}");
        }
    }
}
