//! From values to heights: ticks at round values, in whole numbers.

use super::axes::{BOTTOM, HEIGHT, TOP};

/// Millionths in one.
const ONE: i128 = 1_000_000;
/// How many steps there are at most between the ticks.
const STEPS: i128 = 4;

pub struct Scale {
    low: i128,
    high: i128,
    step: i128,
}

impl Scale {
    /// A scale that holds zero and all values.
    pub fn new(values: &[i64], whole: bool) -> Self {
        let least = values.iter().copied().min().unwrap_or(0).min(0) as i128;
        let most = values.iter().copied().max().unwrap_or(0).max(0) as i128;
        let span = most - least;
        let step = if span == 0 { ONE } else { nice(span, if whole { ONE } else { 1 }) };
        let low = -((-least + step - 1) / step) * step;
        let high = ((most + step - 1) / step) * step;
        let high = if high == low { low + step } else { high };
        Self { low, high, step }
    }

    /// The round values that have a line, from below.
    pub fn ticks(&self) -> Vec<i128> {
        let count = (self.high - self.low) / self.step;
        (0..=count).map(|nth| self.low + nth * self.step).collect()
    }

    /// The height of a value, in tenths of a unit from above.
    pub fn y(&self, value: i64) -> i64 {
        self.height(value as i128)
    }

    pub fn height(&self, value: i128) -> i64 {
        let room = (HEIGHT - TOP - BOTTOM) as i128;
        let value = value.clamp(self.low, self.high);
        TOP + ((self.high - value) * room / (self.high - self.low)) as i64
    }
}

/// The least of 1, 2 and 5 times a power of ten of which `STEPS` reach over the span.
fn nice(span: i128, least: i128) -> i128 {
    let mut power = least;
    loop {
        for factor in [1, 2, 5] {
            if factor * power * STEPS >= span {
                return factor * power;
            }
        }
        power *= 10;
    }
}

/// A value of an axis, short: `1.5k`.
pub fn short(value: i128) -> String {
    const NAMES: [(i128, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let size = value.abs();
    let (unit, name) = NAMES.into_iter().find(|(unit, _)| size >= unit * ONE).unwrap_or((1, ""));
    let sign = if value < 0 { "−" } else { "" };
    let (whole, rest) = (size / (unit * ONE), size % (unit * ONE));
    let digits = format!("{:06}", rest / unit);
    let digits = digits.trim_end_matches('0');
    match digits {
        "" => format!("{sign}{whole}{name}"),
        digits => format!("{sign}{whole}.{digits}{name}"),
    }
}

/// A length of tenths.
pub fn tenths(tenths: i64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => {
            let sign = if tenths < 0 { "-" } else { "" };
            format!("{sign}{}.{}", tenths.abs() / 10, rest.abs())
        }
    }
}
