//! An amount of money: whole millionths of a unit, never a float.

use std::fmt;

use crate::digits;
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

    /// The amount with so many decimals; further ones only where they are not zero.
    pub fn with_decimals(self, least: u8) -> Shown {
        Shown(self, least)
    }

    /// The amount with two decimals or as many as it needs, without a currency.
    pub fn plain(self) -> String {
        self.shown("").to_string()
    }
}

/// Decimals of a currency's minor unit (ISO 4217); two where nothing else is known.
pub fn decimals(iso: &str) -> u8 {
    let Ok(code) = <[u8; 3]>::try_from(iso.as_bytes()) else { return 2 };
    match &code {
        b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" => 0,
        b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
        b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
        b"CLF" | b"UYW" => 4,
        _ => 2,
    }
}

pub struct Shown(Money, u8);

impl Shown {
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let Shown(Money(micro), least) = *self;
        let magnitude = micro.unsigned_abs();
        let (mut part, mut width) = (magnitude % MICRO as u64, 6);
        while width > least && part % 10 == 0 {
            (part, width) = (part / 10, width - 1);
        }
        out.write_str(if micro < 0 { "-" } else { "" })?;
        digits::int((magnitude / MICRO as u64) as i64, out)?;
        if width == 0 {
            return Ok(());
        }
        out.write_char('.')?;
        digits::padded(part, width, out)
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
