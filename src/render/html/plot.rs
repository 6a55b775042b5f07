//! Plots as SVG: pure functions from numbers to text, in whole numbers throughout. What a colour says a
//! pattern, a dash or the shape of a point says, too; colours are classes of the stylesheet.

mod axes;
mod legend;
mod scale;
mod share;
#[cfg(test)]
mod tests;

use super::sheet::escaped;
use axes::{Area, WIDTH};
pub use legend::legend;
use scale::{Scale, tenths};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bars,
    Lines,
    Stack,
    Share,
}

/// What is drawn. All series are as long as there are labels.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    pub kind: Kind,
    /// Makes the names of its elements differ from those of every other plot of the page.
    pub id: String,
    pub title: String,
    pub about: String,
    /// What stands above the axis: a currency, or nothing.
    pub unit: &'a str,
    /// Are the values counts of things, which have no halves?
    pub whole: bool,
    pub labels: Vec<&'a str>,
    pub series: Vec<Series<'a>>,
}

#[derive(Debug, Clone)]
pub struct Series<'a> {
    pub label: &'a str,
    /// Millionths.
    pub values: Vec<i64>,
    /// The values as the table shows them.
    pub texts: Vec<&'a str>,
    /// Another period, to compare with.
    pub is_before: bool,
}

/// More points than this have no mark and no words of their own: they would lie on each other.
const MARKS_MAX: usize = 62;

pub fn svg(chart: &Chart) -> String {
    let mut out = String::new();
    if chart.kind == Kind::Share {
        share::draw(&mut out, chart);
        return out;
    }
    let scale = Scale::new(&extremes(chart), chart.whole);
    let area = Area::new(&scale, chart.labels.len());
    open(&mut out, chart, axes::HEIGHT);
    axes::draw(&mut out, chart, &scale, &area);
    match chart.kind {
        Kind::Lines => lines(&mut out, chart, &scale, &area),
        Kind::Stack => stack(&mut out, chart, &scale, &area),
        Kind::Bars | Kind::Share => bars(&mut out, chart, &scale, &area),
    }
    line(&mut out, "zero", (area.left, scale.y(0)), (area.right(), scale.y(0)));
    out.push_str("</svg>");
    out
}

/// The least and the greatest that has to have place.
fn extremes(chart: &Chart) -> Vec<i64> {
    if chart.kind != Kind::Stack {
        return chart.series.iter().flat_map(|series| series.values.iter().copied()).collect();
    }
    let at = |place: usize| chart.series.iter().map(move |series| series.values[place].max(0));
    (0..chart.labels.len()).map(|place| at(place).fold(0, i64::saturating_add)).collect()
}

pub fn open(out: &mut String, chart: &Chart, height: i64) {
    let id = &chart.id;
    out.push_str(&format!(
        "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">",
        WIDTH / 10,
        height / 10
    ));
    for (name, suffix, text) in [("title", "t", &chart.title), ("desc", "d", &chart.about)] {
        out.push_str(&format!("<{name} id=\"{id}-{suffix}\">"));
        escaped(out, text);
        out.push_str(&format!("</{name}>"));
    }
    patterns(out, id, chart.series.len());
}

/// Every series but the first has a pattern over its colour.
fn patterns(out: &mut String, id: &str, series: usize) {
    const SHAPES: [&str; 4] = ["M0 6 6 0", "M0 3H6", "M3 0V6", "M0 6 6 0M0 0 6 6"];
    out.push_str("<defs>");
    for (nth, shape) in SHAPES.iter().enumerate().take(series.saturating_sub(1)) {
        out.push_str(&format!(
            "<pattern id=\"{id}-p{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <path class=\"hatch\" d=\"{shape}\"/></pattern>",
            nth + 1
        ));
    }
    out.push_str("</defs>");
}

pub fn line(out: &mut String, class: &str, from: (i64, i64), to: (i64, i64)) {
    out.push_str(&format!(
        "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
        tenths(from.0),
        tenths(from.1),
        tenths(to.0),
        tenths(to.1)
    ));
}

/// A rectangle of the series, with its pattern over it.
pub fn rect(out: &mut String, chart: &Chart, nth: usize, (x, y): (i64, i64), (width, height): (i64, i64)) {
    let place = format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        tenths(x),
        tenths(y),
        tenths(width),
        tenths(height)
    );
    out.push_str(&format!("<rect class=\"{}\" {place}/>", class(chart, nth)));
    if nth > 0 && !chart.series[nth].is_before {
        out.push_str(&format!("<rect fill=\"url(#{}-p{})\" {place}/>", chart.id, pattern(nth)));
    }
}

/// Colours and patterns begin anew when all have been used; by then the labels must tell.
fn pattern(nth: usize) -> usize {
    (nth - 1) % 4 + 1
}

pub fn class(chart: &Chart, nth: usize) -> String {
    if chart.series[nth].is_before { "before".into() } else { format!("s{}", nth % 5) }
}

/// What a pointer that rests on a mark is told.
pub fn told(out: &mut String, chart: &Chart, nth: usize, at: usize) {
    let series = &chart.series[nth];
    out.push_str("<title>");
    escaped(out, &format!("{}, {}: {}", chart.labels[at], series.label, series.texts[at]));
    out.push_str("</title>");
}

/// The series stand beside each other; that of the period before stands behind all of them.
fn bars(out: &mut String, chart: &Chart, scale: &Scale, area: &Area) {
    let (before, own): (Vec<usize>, Vec<usize>) =
        (0..chart.series.len()).partition(|nth| chart.series[*nth].is_before);
    for at in 0..chart.labels.len() {
        for &nth in &before {
            column(out, chart, scale, (nth, at), (area.x(at) + area.gap(), area.band() - 2 * area.gap()));
        }
        let room = area.band() - 2 * area.gap();
        let inner = if before.is_empty() { room } else { room * 6 / 10 };
        let width = inner / own.len().max(1) as i64;
        for (place, &nth) in own.iter().enumerate() {
            let x = area.x(at) + (area.band() - inner) / 2 + place as i64 * width;
            column(out, chart, scale, (nth, at), (x, width));
        }
    }
}

fn column(out: &mut String, chart: &Chart, scale: &Scale, (nth, at): (usize, usize), (x, width): (i64, i64)) {
    let value = chart.series[nth].values[at];
    if value == 0 {
        return;
    }
    let (top, bottom) = (scale.y(value.max(0)), scale.y(value.min(0)));
    out.push_str("<g>");
    told(out, chart, nth, at);
    // What is there can be seen, however small it is.
    rect(out, chart, nth, (x, top.min(bottom - 5)), (width.max(5), (bottom - top).max(5)));
    out.push_str("</g>");
}

fn stack(out: &mut String, chart: &Chart, scale: &Scale, area: &Area) {
    for at in 0..chart.labels.len() {
        let mut below = 0i64;
        for (nth, series) in chart.series.iter().enumerate() {
            let value = series.values[at].max(0);
            if value == 0 {
                continue;
            }
            let above = below.saturating_add(value);
            let (top, bottom) = (scale.y(above), scale.y(below));
            out.push_str("<g>");
            told(out, chart, nth, at);
            let width = (area.band() - 2 * area.gap()).max(5);
            rect(out, chart, nth, (area.x(at) + area.gap(), top), (width, (bottom - top).max(5)));
            out.push_str("</g>");
            below = above;
        }
    }
}

fn lines(out: &mut String, chart: &Chart, scale: &Scale, area: &Area) {
    let marks = chart.labels.len() <= MARKS_MAX;
    for nth in (0..chart.series.len()).rev() {
        let class = class(chart, nth);
        out.push_str(&format!("<path class=\"line l-{class}\" d=\""));
        for (at, value) in chart.series[nth].values.iter().enumerate() {
            let step = if at == 0 { 'M' } else { 'L' };
            let (x, y) = (area.x(at) + area.band() / 2, scale.y(*value));
            out.push_str(&format!("{step}{} {}", tenths(x), tenths(y)));
        }
        out.push_str("\"/>");
        for at in 0..if marks { chart.labels.len() } else { 0 } {
            let place = (area.x(at) + area.band() / 2, scale.y(chart.series[nth].values[at]));
            out.push_str("<g>");
            told(out, chart, nth, at);
            legend::mark(out, &class, nth, place);
            out.push_str("</g>");
        }
    }
}
