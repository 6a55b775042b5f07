//! What a list is filtered by: a form over its columns, and a chip for each condition.

use serde::Serialize;

use super::{Links, Shown};
use crate::doc::Node;
use crate::render::html::FRAME;
use crate::render::html::sheet::{Params, Sheet};

#[derive(Serialize)]
pub struct Filter<'a> {
    fields: Vec<Field<'a>>,
    /// What the form keeps of the call.
    keep: Params<'a>,
    chips: Vec<Chip<'a>>,
    clear: String,
    /// `X.filter`, where a stored filter is in force.
    stored: Option<String>,
    /// The filters that the user has named, and this one as a query, for another name.
    saved: Vec<Saved<'a>>,
    here: String,
}

#[derive(Serialize)]
struct Chip<'a> {
    label: &'a str,
    value: &'a str,
    /// The list without this condition.
    without: String,
}

#[derive(Serialize)]
struct Saved<'a> {
    name: &'a str,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    value: &'a str,
    inputmode: Option<&'static str>,
    /// Of a select; an input has none.
    options: Vec<Pick<'a>>,
}

#[derive(Serialize)]
struct Pick<'a> {
    key: &'a str,
    label: &'a str,
    chosen: bool,
}

/// The periods of protocol.md §6.3 that people ask for.
const PERIODS: [&str; 9] = [
    "today",
    "lastday",
    "currentweek",
    "lastweek",
    "currentmonth",
    "lastmonth",
    "currentyear",
    "lastyear",
    "year",
];

impl<'a> Filter<'a> {
    /// A filter of this call lives in the parameters, a stored one (`p_filter`) in the session.
    pub fn new(sheet: &Sheet<'a>, links: &Links<'a>, columns: &[Shown<'a>]) -> Self {
        let stored = sheet.doc.get_text("p_filter").is_some_and(|text| !matches!(text, "" | "off" | "no"));
        let by = links.filters();
        let fields: Vec<Field> =
            columns.iter().filter_map(|column| Some(field(sheet, column.name, column.col?, &by))).collect();
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        Self {
            chips: by.iter().map(|(name, value)| chip(sheet, links, &fields, (name, value))).collect(),
            keep: links.kept(&[&["p_num", "filter"], names.as_slice()].concat()),
            fields,
            clear: links.cleared(),
            saved: saved(sheet, links),
            here: links.with(&[], &["p_num"]),
            stored: stored.then(|| format!("{}.filter", sheet.func)),
        }
    }
}

fn saved<'a>(sheet: &Sheet<'a>, links: &Links<'a>) -> Vec<Saved<'a>> {
    let here = links.with(&[], &["p_num"]);
    let nodes = sheet.doc.get(FRAME).map(|frame| frame.kids.as_slice()).unwrap_or_default();
    let one = |node: &'a Node| {
        let href = format!("?{}", node.get_attr("query").unwrap_or_default());
        Saved { name: node.text.as_deref().unwrap_or_default(), current: href == here, href }
    };
    nodes.iter().filter(|node| node.name == "saved").map(one).collect()
}

fn chip<'a>(
    sheet: &Sheet<'a>,
    links: &Links<'a>,
    fields: &[Field<'a>],
    by: (&&'a str, &&'a str),
) -> Chip<'a> {
    let (&name, &value) = by;
    let options = fields.iter().filter(|field| field.name == name).flat_map(|field| &field.options);
    let word = options.into_iter().find(|option| option.key == value).map(|option| option.label);
    let less: &[&str] = if links.filters().len() == 1 { &["filter", "p_num"] } else { &["p_num"] };
    let without = links.with(&[], &[less, &[name]].concat());
    Chip { label: sheet.label(name), value: word.unwrap_or(value), without }
}

fn field<'a>(sheet: &Sheet<'a>, name: &'a str, col: &'a Node, by: &Params<'a>) -> Field<'a> {
    let value = by.iter().find(|(have, _)| *have == name).map(|(_, value)| *value).unwrap_or_default();
    let kind = col.get_attr("kind").unwrap_or_default();
    let pick = |key: &'a str, label: &'a str| Pick { key, label, chosen: key == value };
    let mut options: Vec<Pick> = match kind {
        "flag" => vec![pick("on", sheet.label("flag_on")), pick("off", sheet.label("flag_off"))],
        "date" | "time" => PERIODS.map(|key| pick(key, period(sheet, key))).into(),
        _ => col.kids.iter().filter_map(|val| Some(pick(val.get_attr("key")?, code(sheet, val)))).collect(),
    };
    if !options.is_empty() {
        options.insert(0, pick("", "—"));
        // A day, or several codes, asked for by hand.
        if !options.iter().any(|option| option.chosen) {
            options.push(pick(value, value));
        }
    }
    let inputmode = match kind {
        "int" | "id" => Some("numeric"),
        "money" => Some("decimal"),
        _ => None,
    };
    Field { name, label: sheet.label(name), value, inputmode, options }
}

fn period<'a>(sheet: &Sheet<'a>, key: &'static str) -> &'a str {
    sheet.word(&format!("period_{key}")).unwrap_or(key)
}

fn code<'a>(sheet: &Sheet<'a>, val: &'a Node) -> &'a str {
    let word = val.get_attr("word").and_then(|word| sheet.word(word));
    word.or(val.get_attr("key")).unwrap_or_default()
}
