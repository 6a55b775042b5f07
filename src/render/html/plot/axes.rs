//! Where a plot has room, and the lines and words around it. Lengths are tenths of a unit; the whole is as
//! wide as a telephone, so that words are as large there as elsewhere on the page.

use super::scale::{Scale, short, tenths};
use super::{Chart, line};
use crate::render::html::sheet::escaped;

pub const WIDTH: i64 = 3600;
pub const HEIGHT: i64 = 1900;
pub const TOP: i64 = 220;
pub const BOTTOM: i64 = 240;
const RIGHT: i64 = 60;
/// How wide a letter of an axis is, about.
const LETTER: i64 = 66;
/// What stays free between labels.
const BETWEEN: i64 = 50;
/// Letters of a label that are shown.
const LETTERS_MAX: usize = 14;

pub struct Area {
    pub left: i64,
    count: i64,
}

impl Area {
    pub fn new(scale: &Scale, count: usize) -> Self {
        let longest = scale.ticks().into_iter().map(|tick| short(tick).chars().count()).max().unwrap_or(1);
        Self { left: 80 + LETTER * longest as i64, count: count.max(1) as i64 }
    }

    pub fn right(&self) -> i64 {
        WIDTH - RIGHT
    }

    /// Where the band of a label begins.
    pub fn x(&self, at: usize) -> i64 {
        self.left + (self.right() - self.left) * at as i64 / self.count
    }

    pub fn band(&self) -> i64 {
        (self.right() - self.left) / self.count
    }

    /// What stays free at both sides of a column.
    pub fn gap(&self) -> i64 {
        (self.band() * 15 / 100).min(120)
    }
}

pub fn draw(out: &mut String, chart: &Chart, scale: &Scale, area: &Area) {
    for tick in scale.ticks() {
        let y = scale.height(tick);
        line(out, "grid", (area.left, y), (area.right(), y));
        text(out, "axis", "end", (area.left - 50, y + 40), &short(tick));
    }
    if !chart.unit.is_empty() {
        text(out, "axis unit", "start", (0, 110), chart.unit);
    }
    let shown = labels(&chart.labels);
    let every = (1..).find(|every| fits(&shown, area, *every)).unwrap_or(1);
    for (at, label) in shown.iter().enumerate().step_by(every) {
        let (x, _) = span(area, at, label);
        text(out, "axis", "middle", (x, HEIGHT - 80), label);
    }
}

/// The middle of a label, and how far it reaches to both sides: not beyond the plot.
fn span(area: &Area, at: usize, label: &str) -> (i64, i64) {
    let half = label.chars().count() as i64 * LETTER / 2;
    let x = area.x(at) + area.band() / 2;
    (x.min(WIDTH - half).max(half), half)
}

/// Does every so manieth label have room beside the one before?
fn fits(labels: &[String], area: &Area, every: usize) -> bool {
    let spans = labels.iter().enumerate().step_by(every).map(|(at, label)| span(area, at, label));
    let spans: Vec<(i64, i64)> = spans.collect();
    spans.windows(2).all(|pair| pair[0].0 + pair[0].1 + BETWEEN <= pair[1].0 - pair[1].1)
}

/// Days of a year need no year beside each other.
fn labels(labels: &[&str]) -> Vec<String> {
    let is_day = |label: &&str| {
        let bytes = label.as_bytes();
        bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-'
    };
    let all_days = !labels.is_empty() && labels.iter().all(is_day);
    let short = |label: &&str| match all_days {
        true => label.get(5..).unwrap_or(label).to_owned(),
        false if label.chars().count() > LETTERS_MAX => {
            label.chars().take(LETTERS_MAX - 1).chain(['…']).collect()
        }
        false => (*label).to_owned(),
    };
    labels.iter().map(short).collect()
}

pub fn text(out: &mut String, class: &str, anchor: &str, (x, y): (i64, i64), words: &str) {
    out.push_str(&format!(
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">",
        tenths(x),
        tenths(y)
    ));
    escaped(out, words);
    out.push_str("</text>");
}
