//! How the rows of a list are drawn, and which lists make a dashboard, as metadata says it.

use serde::Deserialize;

use super::describe;
use super::handler::Call;
use super::meta::{Field, Meta};
use super::plan::visible;
use super::registry::Func;
use super::wording::Wording;
use crate::cell::Column;
use crate::doc::Node;
use crate::level::Level;

/// The shapes of plots. `figures` and `steps` are drawn without axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    Bars,
    Lines,
    /// Columns on top of each other.
    Stack,
    /// One bar a value of `x`, divided by `series`.
    Share,
    /// Key figures: a name, an amount or a count, and where it comes from.
    Figures,
    /// What is to be done first, and whether it is.
    Steps,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Lines => "lines",
            Self::Stack => "stack",
            Self::Share => "share",
            Self::Figures => "figures",
            Self::Steps => "steps",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plot {
    #[serde(rename = "@type")]
    pub shape: Shape,
    #[serde(default, rename = "@x")]
    pub x: String,
    /// Columns of numbers, with blanks between them: each is a series.
    #[serde(default, rename = "@y")]
    pub y: String,
    /// The column whose values are series, where there is one column of numbers.
    #[serde(default, rename = "@series")]
    pub series: String,
    /// The column whose values are drawn apart: amounts of two currencies have no common axis.
    #[serde(default, rename = "@apart")]
    pub apart: String,
    /// The column of the period before.
    #[serde(default, rename = "@against")]
    pub against: String,
}

impl Plot {
    /// Every column that it draws.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let one = [&self.x, &self.series, &self.apart, &self.against];
        one.into_iter().map(String::as_str).chain(self.y.split_whitespace()).filter(|name| !name.is_empty())
    }
}

/// A list that a dashboard is made of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(rename = "@func")]
    pub func: String,
    /// The lowest and the highest level that it concerns.
    #[serde(default, rename = "@from")]
    pub from: Level,
    #[serde(default = "everybody", rename = "@upto")]
    pub upto: Level,
    /// How many rows stand in it; 0: all there are.
    #[serde(default, rename = "@rows")]
    pub rows: i64,
}

impl Part {
    pub fn concerns(&self, level: Level) -> bool {
        (self.from..=self.upto).contains(&level)
    }
}

fn everybody() -> Level {
    Level::Super
}

/// `plot`, and `choice` for every parameter of a list that has only so many values.
pub fn nodes(call: &Call) -> Vec<Node> {
    let meta = &call.func.meta;
    let is_open = |plot: &&Plot| plot.columns().all(|name| is_visible(meta, name, call.caller.level()));
    let plot = meta.plot.as_deref().filter(is_open).map(plot);
    let choices = meta.params.iter().filter(|field| !field.vals.is_empty() && has_rows(meta));
    plot.into_iter().chain(choices.map(|field| choice(call, field))).collect()
}

fn has_rows(meta: &Meta) -> bool {
    !meta.coldata.cols.is_empty() || !meta.parts.is_empty()
}

fn is_visible(meta: &Meta, name: &str, level: Level) -> bool {
    meta.col(name).is_some_and(|col| col.level <= level)
}

fn plot(plot: &Plot) -> Node {
    let attrs = [
        ("x", plot.x.as_str()),
        ("y", &plot.y),
        ("series", &plot.series),
        ("apart", &plot.apart),
        ("against", &plot.against),
    ];
    let node = Node::new("plot").attr("type", plot.shape.name());
    node.attrs(attrs.into_iter().filter(|(_, value)| !value.is_empty()))
}

fn choice(call: &Call, field: &Field) -> Node {
    let val = |val: &super::meta::Val| Node::new("val").attr("key", &val.key).attr("word", &val.word);
    let asked = call.params.get(&field.name).trim();
    let value = if asked.is_empty() { usual(field) } else { asked };
    Node::new("choice").attr("name", &field.name).attr("value", value).with(field.vals.iter().map(val))
}

/// What a parameter is where it is not sent. Demo data end after their year, so there it may be another.
pub fn usual(field: &Field) -> &str {
    if crate::demo::is_on() && !field.demo.is_empty() { &field.demo } else { &field.default }
}

/// Columns that a plot names and the list lacks, and parts that are no function.
pub fn faults(func: &Func, knows: impl Fn(&str) -> bool) -> Vec<String> {
    let meta = &func.meta;
    let columns =
        meta.plot.as_deref().into_iter().flat_map(Plot::columns).filter(|name| meta.col(name).is_none());
    let columns = columns.map(|name| format!("`{}` draws `{name}`, which is no column", func.name()));
    let rights = [meta.right.as_str()].into_iter().filter(|name| !name.is_empty());
    let named = meta.parts.iter().map(|part| part.func.as_str()).chain(rights);
    let unknown = named.filter(|name| !knows(name));
    columns
        .chain(unknown.map(|name| format!("`{}` names `{name}`, which is not there", func.name())))
        .collect()
}

/// A list as a part of another document: its metadata and the words of its own for who shows it, its rows.
pub fn part(call: &Call, columns: &[Column], rows: Vec<Node>, total: &str) -> Node {
    let shown = call.params.manner().words.then(|| [describe::metadata(call), messages(call, columns)]);
    let node = Node::new("part").attr("func", call.func.name()).attr("total", total);
    node.with(shown.into_iter().flatten()).with(rows)
}

fn messages(call: &Call, columns: &[Column]) -> Node {
    let words = Wording::of(call);
    let msg = |name: String| Some(Node::leaf("msg", words.0.word(&name)?).attr("name", name));
    Node::new("messages").with(own_words(call, columns).into_iter().filter_map(msg))
}

fn own_words(call: &Call, columns: &[Column]) -> Vec<String> {
    let meta = &call.func.meta;
    let fields = visible(meta, call.caller.level()).chain(meta.params.iter());
    let vals = fields.flat_map(|field| &field.vals).map(|val| val.word.clone());
    let columns = columns.iter().map(|column| column.name.clone());
    let fixed = ["title", "help", "nothing", "flag_on", "flag_off"].map(str::to_owned);
    let params = meta.params.iter().map(|field| field.name.clone());
    columns.chain(vals).chain(fixed).chain(params).collect()
}
