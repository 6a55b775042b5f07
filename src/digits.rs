//! Numbers as text, without what `format!` can do besides: a page of a list writes a thousand.

use std::fmt::{self, Write};

/// 00 to 99, one behind the other.
static PAIRS: &str = "\
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051\
    525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

pub fn int(value: i64, out: &mut impl Write) -> fmt::Result {
    out.write_str(itoa::Buffer::new().format(value))
}

/// The last two digits of a number.
pub fn two(value: u64) -> &'static str {
    let at = 2 * (value % 100) as usize;
    &PAIRS[at..at + 2]
}

/// The last `width` digits of a number.
pub fn padded(value: u64, width: u8, out: &mut impl Write) -> fmt::Result {
    if width % 2 == 1 {
        out.write_str(&two(value / 10u64.pow(u32::from(width) - 1))[1..])?;
    }
    (0..width / 2).rev().try_for_each(|pair| out.write_str(two(value / 100u64.pow(pair.into()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_they_are_written() {
        for (value, width, text) in
            [(5, 1, "5"), (5, 2, "05"), (1234, 3, "234"), (7, 6, "000007"), (2026, 4, "2026"), (99, 0, "")]
        {
            let mut out = String::new();
            padded(value, width, &mut out).unwrap();
            assert_eq!(out, text);
        }
        let mut out = String::new();
        int(i64::MIN, &mut out).unwrap();
        assert_eq!(out, "-9223372036854775808");
    }
}
