//! One bar a row, divided by the series: as long as its row is among the longest.

use super::axes::{WIDTH, text};
use super::{Chart, open, rect, told};

/// Height of a row with its words.
const ROW: i64 = 380;
const BAR: i64 = 140;
/// From how wide on a piece has its number in it.
const NUMBER: i64 = 200;

pub fn draw(out: &mut String, chart: &Chart) {
    let totals: Vec<i128> = (0..chart.labels.len()).map(|at| total(chart, at)).collect();
    let most = totals.iter().copied().max().unwrap_or(0).max(1);
    open(out, chart, ROW * chart.labels.len().max(1) as i64 + 20);
    for (at, label) in chart.labels.iter().enumerate() {
        let top = ROW * at as i64;
        text(out, "axis name", "start", (0, top + 120), label);
        let sum = super::scale::short(totals[at]);
        text(out, "axis", "end", (WIDTH, top + 120), &sum);
        row(out, chart, at, (top + 170, most));
    }
    out.push_str("</svg>");
}

fn total(chart: &Chart, at: usize) -> i128 {
    chart.series.iter().map(|series| i128::from(series.values[at].max(0))).sum()
}

fn row(out: &mut String, chart: &Chart, at: usize, (top, most): (i64, i128)) {
    let mut below = 0i128;
    for nth in 0..chart.series.len() {
        let value = i128::from(chart.series[nth].values[at].max(0));
        if value == 0 {
            continue;
        }
        let x = |sum: i128| (sum * WIDTH as i128 / most) as i64;
        let (left, right) = (x(below), x(below + value));
        out.push_str("<g>");
        told(out, chart, nth, at);
        rect(out, chart, nth, (left, top), ((right - left).max(20), BAR));
        if right - left >= NUMBER {
            let middle = ((left + right) / 2, top + 110);
            text(out, "axis inside", "middle", middle, &super::scale::short(value));
        }
        out.push_str("</g>");
        below += value;
    }
}
