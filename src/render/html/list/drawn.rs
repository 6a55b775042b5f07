//! The rows of a list as plots, where its metadata says how.

use super::{Rows, Value};
use crate::doc::Node;
use crate::money::Money;
use crate::render::html::plot::{self, Chart, Kind, Series};
use crate::render::html::sheet::{Sheet, escaped};

/// Plots beside each other at most: one a currency. What is left stands in the table.
const APART_MAX: usize = 4;
/// Values of the axis at most.
const LABELS_MAX: usize = 400;

/// What is drawn above a table, as HTML; nothing where the list is no plot or has no rows.
pub fn plots(sheet: &Sheet, rows: &Rows) -> String {
    let found = sheet.metadata().and_then(|metadata| metadata.get("plot"));
    let Some((plot, kind)) = found.and_then(|plot| Some((plot, kind(plot)?))) else { return String::new() };
    let drawn = Drawn { sheet, rows, plot, kind };
    let parts = drawn.parts();
    let charts = parts.iter().take(APART_MAX).enumerate().filter_map(|(nth, part)| drawn.chart(nth, part));
    let mut out = String::new();
    for chart in charts {
        out.push_str("<figure class=\"drawn\">");
        out.push_str(&plot::svg(&chart));
        out.push_str(&plot::legend(&chart));
        out.push_str("</figure>");
    }
    if parts.len() > APART_MAX {
        out.push_str("<p class=\"quiet\">");
        escaped(&mut out, sheet.frame_word("plot_apart"));
        out.push_str("</p>");
    }
    out
}

fn kind(plot: &Node) -> Option<Kind> {
    match plot.get_attr("type")? {
        "bars" => Some(Kind::Bars),
        "lines" => Some(Kind::Lines),
        "stack" => Some(Kind::Stack),
        "share" => Some(Kind::Share),
        _ => None,
    }
}

struct Drawn<'a, 's> {
    sheet: &'s Sheet<'a>,
    rows: &'s Rows,
    plot: &'a Node,
    kind: Kind,
}

impl<'s> Drawn<'_, 's> {
    fn place(&self, attr: &str) -> Option<usize> {
        self.plot.get_attr(attr).and_then(|name| self.rows.position(name))
    }

    /// The rows of each plot, with what they have in common.
    fn parts(&self) -> Vec<(&'s str, Vec<&'s Vec<Value>>)> {
        let at = self.place("apart");
        let mut parts: Vec<(&str, Vec<&Vec<Value>>)> = Vec::new();
        for row in &self.rows.rows {
            let key = at.and_then(|at| row.get(at)).map_or("", |value| value.text.as_str());
            match parts.iter_mut().find(|(have, _)| *have == key) {
                Some((_, rows)) => rows.push(row),
                None => parts.push((key, vec![row])),
            }
        }
        parts
    }

    fn chart<'c>(&'c self, nth: usize, (unit, rows): &(&'s str, Vec<&'s Vec<Value>>)) -> Option<Chart<'c>> {
        let x = self.place("x")?;
        let mut labels = distinct(rows, x);
        labels.truncate(LABELS_MAX);
        let columns = || self.plot.get_attr("y").unwrap_or_default().split(' ');
        let series = match self.place("series") {
            Some(at) => self.by_series(rows, (x, at), self.rows.position(columns().next()?)?, &labels),
            None => {
                let against = self.plot.get_attr("against");
                let named = columns().map(|name| (name, false)).chain(against.map(|name| (name, true)));
                named
                    .filter_map(|(name, is_before)| self.column(rows, x, &labels, (name, is_before)))
                    .collect()
            }
        };
        let first = columns().next().unwrap_or_default();
        Some(Chart {
            kind: self.kind,
            id: format!("{}-{nth}", self.sheet.func.replace(['.', ' '], "-")),
            title: self.title(unit),
            about: self.about(&labels, &series, first),
            unit,
            whole: self.is_whole(first),
            labels,
            series,
        })
    }

    fn title(&self, unit: &str) -> String {
        let title = self.sheet.word("title").unwrap_or(self.sheet.func);
        if unit.is_empty() { title.to_owned() } else { format!("{title}, {unit}") }
    }

    /// The plot in words, for who cannot see it.
    fn about(&self, labels: &[&str], series: &[Series], first: &str) -> String {
        let Some(series) = series.first() else { return String::new() };
        let places = || 0..labels.len();
        let text = |at: Option<usize>| at.map_or("", |at| series.texts[at]);
        let least = text(places().min_by_key(|at| series.values[*at]));
        let most = text(places().max_by_key(|at| series.values[*at]));
        let x = self.plot.get_attr("x").unwrap_or_default();
        let labelled = |name: &str| self.sheet.word(name).unwrap_or_default().to_owned();
        let (x, y) = (labelled(x), labelled(first));
        let ends = [labels.first(), labels.last()].map(|label| label.copied().unwrap_or_default());
        let places = [
            ("x", x.as_str()),
            ("y", &y),
            ("first", ends[0]),
            ("last", ends[1]),
            ("least", least),
            ("most", most),
        ];
        self.sheet.fill("plot_about", &places)
    }

    fn is_whole(&self, column: &str) -> bool {
        let coldata = self.sheet.metadata().and_then(|metadata| metadata.get("coldata"));
        let col = coldata.and_then(|it| it.kids.iter().find(|col| col.get_attr("name") == Some(column)));
        col.is_some_and(|col| col.get_attr("kind") == Some("int"))
    }

    fn column<'c>(
        &'c self,
        rows: &[&'c Vec<Value>],
        x: usize,
        labels: &[&str],
        (name, is_before): (&'c str, bool),
    ) -> Option<Series<'c>> {
        let at = self.rows.position(name)?;
        let mut series = empty(self.sheet.word(name).unwrap_or(name), labels.len(), is_before);
        rows.iter().for_each(|row| put(&mut series, labels, &row[x].text, &row[at]));
        Some(series)
    }

    fn by_series<'c>(
        &'c self,
        rows: &[&'c Vec<Value>],
        (x, of): (usize, usize),
        y: usize,
        labels: &[&str],
    ) -> Vec<Series<'c>> {
        let mut all: Vec<Series> =
            distinct(rows, of).into_iter().map(|label| empty(label, labels.len(), false)).collect();
        for row in rows {
            if let Some(series) = all.iter_mut().find(|series| series.label == row[of].text) {
                put(series, labels, &row[x].text, &row[y]);
            }
        }
        all
    }
}

fn distinct<'v>(rows: &[&'v Vec<Value>], at: usize) -> Vec<&'v str> {
    let mut found: Vec<&str> = Vec::new();
    for row in rows {
        let text = row[at].text.as_str();
        // Rows of one label mostly follow each other.
        if found.last() != Some(&text) && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn empty(label: &str, count: usize, is_before: bool) -> Series<'_> {
    Series { label, values: vec![0; count], texts: vec!["0"; count], is_before }
}

fn put<'v>(series: &mut Series<'v>, labels: &[&str], label: &str, value: &'v Value) {
    let Some(at) = labels.iter().position(|have| *have == label) else { return };
    series.values[at] = series.values[at].saturating_add(number(&value.text));
    series.texts[at] = &value.text;
}

/// The number of a cell in millionths: `12.50 EUR`, `7`.
fn number(text: &str) -> i64 {
    Money::parse(text.split(' ').next().unwrap_or_default()).unwrap_or_default().0
}
