//! An amount of money: whole millionths of a unit, never a float.

use std::fmt;

use crate::error::{Error, Result};

pub const MICRO: i64 = 1_000_000;

/// Millionths of a currency unit. Which currency, its owner knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl Money {
    pub const ZERO: Money = Money(0);

    pub const fn units(units: i64) -> Self {
        Self(units * MICRO)
    }

    /// Adds, or says that the sum does not fit.
    pub fn plus(self, other: Money) -> Result<Money> {
        self.0.checked_add(other.0).map(Money).ok_or_else(|| Error::limit("amount", self.plain()))
    }

    pub fn minus(self, other: Money) -> Result<Money> {
        self.0.checked_sub(other.0).map(Money).ok_or_else(|| Error::limit("amount", self.plain()))
    }

    pub fn negated(self) -> Money {
        Money(-self.0)
    }

    /// Reads `10`, `10.5`, `-0.000001`: at most six decimals, no blanks, no exponent, no float.
    pub fn parse(text: &str) -> Option<Money> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let digits_only = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits_only(whole) || !digits_only(part) || part.len() > 6 {
            return None;
        }
        let micro: i64 = format!("{part:0<6}").parse().ok()?;
        let value = whole.parse::<i64>().ok()?.checked_mul(MICRO)?.checked_add(micro)?;
        Some(Money(if minus { -value } else { value }))
    }

    /// The amount with the decimals of its currency; further ones only where they are not zero.
    pub fn shown(self, iso: &str) -> Shown {
        Shown(self, decimals(iso))
    }

    /// The amount with two decimals or as many as it needs, without a currency.
    pub fn plain(self) -> String {
        self.shown("").to_string()
    }
}

/// Decimals of a currency's minor unit (ISO 4217); two where nothing else is known.
pub fn decimals(iso: &str) -> u8 {
    match iso {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "UGX" | "XAF" | "XOF" | "PYG" | "RWF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

pub struct Shown(Money, u8);

impl Shown {
    /// The text without what `format!` can do besides: lists are full of amounts.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let Shown(Money(micro), least) = *self;
        let (mut rest, mut width) = (micro.unsigned_abs(), 6);
        while width > least && rest % 10 == 0 {
            rest /= 10;
            width -= 1;
        }
        let (mut bytes, mut at, mut place) = ([b'-'; 24], 24, 0);
        while rest > 0 || place <= width {
            if place == width && width > 0 {
                at -= 1;
                bytes[at] = b'.';
            }
            at -= 1;
            bytes[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            place += 1;
        }
        let start = if micro < 0 { at - 1 } else { at };
        out.write_str(std::str::from_utf8(&bytes[start..]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.write(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, micro, shown) in [
            ("10", 10_000_000, "10.00"),
            ("10.5", 10_500_000, "10.50"),
            ("-0.000001", -1, "-0.000001"),
            ("0.0001", 100, "0.0001"),
            ("0", 0, "0.00"),
            ("-0.5", -500_000, "-0.50"),
            ("-9223372036854.775807", -i64::MAX, "-9223372036854.775807"),
            ("9223372036854.775807", i64::MAX, "9223372036854.775807"),
        ] {
            assert_eq!(Money::parse(text), Some(Money(micro)), "{text}");
            assert_eq!(Money(micro).plain(), shown);
        }
        assert_eq!(Money(5_000_000).shown("JPY").to_string(), "5");
        assert_eq!(Money(0).shown("JPY").to_string(), "0");
    }

    #[test]
    fn what_is_no_amount() {
        for text in
            ["", "-", ".", "1.", ".5", "1e3", " 1", "1,5", "1.0000001", "--1", "9223372036855", "+1", "٣"]
        {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }
}
