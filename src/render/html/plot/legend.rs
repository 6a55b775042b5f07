//! What the series of a plot are called, each beside a piece of what it looks like.

use super::scale::tenths;
use super::{Chart, Kind, class, pattern};
use crate::render::html::sheet::escaped;

/// Nothing where there is one series: the title names it.
pub fn legend(chart: &Chart) -> String {
    let mut out = String::new();
    if chart.series.len() < 2 {
        return out;
    }
    out.push_str("<ul class=\"legend\">");
    for (nth, series) in chart.series.iter().enumerate() {
        out.push_str("<li><svg viewBox=\"0 0 22 12\" width=\"22\" height=\"12\" aria-hidden=\"true\">");
        sample(&mut out, chart, nth);
        out.push_str("</svg> ");
        escaped(&mut out, series.label);
        out.push_str("</li>");
    }
    out.push_str("</ul>");
    out
}

fn sample(out: &mut String, chart: &Chart, nth: usize) {
    let class = class(chart, nth);
    if chart.kind == Kind::Lines {
        out.push_str(&format!("<path class=\"line l-{class}\" d=\"M0 6H22\"/>"));
        mark(out, &class, nth, (110, 60));
        return;
    }
    let place = "x=\"1\" y=\"1\" width=\"20\" height=\"10\"";
    out.push_str(&format!("<rect class=\"{class}\" {place}/>"));
    if nth > 0 && !chart.series[nth].is_before {
        out.push_str(&format!("<rect fill=\"url(#{}-p{})\" {place}/>", chart.id, pattern(nth)));
    }
}

/// A point of a line: circle, square, triangle, diamond.
pub fn mark(out: &mut String, class: &str, nth: usize, (x, y): (i64, i64)) {
    let at = |dx: i64, dy: i64| format!("{} {}", tenths(x + dx), tenths(y + dy));
    let shape = match nth % 4 {
        0 => {
            out.push_str(&format!(
                "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"2.2\"/>",
                tenths(x),
                tenths(y)
            ));
            return;
        }
        1 => [at(-20, -20), at(20, -20), at(20, 20), at(-20, 20)].join("L"),
        2 => [at(0, -26), at(24, 18), at(-24, 18)].join("L"),
        _ => [at(0, -26), at(26, 0), at(0, 26), at(-26, 0)].join("L"),
    };
    out.push_str(&format!("<path class=\"{class}\" d=\"M{shape}Z\"/>"));
}
