//! The output formats (`out=`): each turns an answer into text and knows nothing else.
//!
//! Rows arrive first, one by one, and are written at once from their cells; the document around
//! them arrives last. So no tree of a list's rows is ever built.

mod csv;
mod custom;
pub(crate) mod escape;
mod flat;
pub mod html;
mod json;
pub(crate) mod limited;
mod print;
mod text;
mod xml;

use std::borrow::Cow;

use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body, Node};

pub use custom::{CustomFormat, custom};

/// A document begins with so much besides its rows: the allocator's quick path ends at 1,024 bytes, and
/// most answers end before that.
const DOCUMENT_BYTES: usize = 1000;

pub trait Render {
    /// The list whose rows follow: its columns, and the one whose value names a row. Told before
    /// the rows, also when there are none.
    fn list(&mut self, _columns: &[Column], _key: &str) {}

    /// The whole of a list follows: the document with what stands before its rows, which may leave with them.
    fn begin(&mut self, _head: &dyn Fn() -> Answer) {}

    /// One row. All rows of an answer have the same columns.
    fn row(&mut self, columns: &[Column], cells: &[Cell]);

    /// Rows that may leave before the answer is finished; nothing where the document surrounds them and was
    /// not told before.
    fn ready(&mut self) -> Option<&mut String> {
        None
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String;
}

/// Which words of the interface the document must carry for a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    None,
    /// `metadata` and `messages`, first in the document.
    Metadata,
}

#[derive(Debug)]
pub struct Format {
    pub name: &'static str,
    /// Sent as it is: clients compare the whole header, so XML and JSON name no charset
    /// (protocol.md §13.1).
    pub mime: &'static str,
    pub words: Words,
    /// Anything but a list or an error is answered with error `value(out)` (protocol.md U13).
    pub lists_only: bool,
    /// The printed form of what has one; anything else is answered with the same error.
    pub printed_only: bool,
    pub start: fn() -> Box<dyn Render>,
}

const XML: &str = "text/xml";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=UTF-8";
const CSV: &str = "text/csv; charset=UTF-8";
const HTML: &str = "text/html; charset=UTF-8";

/// An answer without `out=`: a page of the panel.
pub static PAGE: Format = Format::new("html", HTML, Words::Metadata, html::start);

/// json carries what xml carries, sjson and xjson what devel carries (protocol.md U2).
static FORMATS: [Format; 11] = [
    Format::new("xml", XML, Words::None, xml::start),
    Format::new("devel", XML, Words::Metadata, xml::start),
    Format::new("json", JSON, Words::None, json::sorted),
    Format::new("sjson", JSON, Words::Metadata, json::sorted),
    Format::new("xjson", JSON, Words::Metadata, json::in_order),
    Format::new("bjson", JSON, Words::None, flat::brief),
    Format::new("JSONdata", JSON, Words::None, flat::data),
    Format::new("text", TEXT, Words::None, text::start),
    Format::new("csv", CSV, Words::None, csv::start),
    Format { lists_only: true, ..Format::new("print", HTML, Words::Metadata, print::start) },
    Format { printed_only: true, ..Format::new("doc_print", HTML, Words::Metadata, print::start) },
];

impl Format {
    const fn new(
        name: &'static str,
        mime: &'static str,
        words: Words,
        start: fn() -> Box<dyn Render>,
    ) -> Self {
        Self { name, mime, words, lists_only: false, printed_only: false, start }
    }
}

/// The built-in format that `out=` names, compared without case (operations.md R46).
pub fn format(out: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name.eq_ignore_ascii_case(out))
}

/// What stands around the values of every document and is in no flat format (protocol.md §3.6).
const AROUND: [&str; 4] = ["metadata", "messages", "tparams", "saved_filters"];

/// The children of a document that are its values: fields, option lists, nested lists.
fn values(doc: &Node) -> impl Iterator<Item = &Node> {
    doc.kids.iter().filter(|kid| !kid.is_rows() && !AROUND.contains(&kid.name.as_ref()))
}

/// A document's values as names and texts, for formats without structure: what is nested is
/// spelled `<element>_<member>`, option lists and nested lists are left out (decisions.md,
/// Reading and lists). The text of a redirecting `ok` is its `location`.
fn pairs(answer: &Answer) -> Vec<(Cow<'_, str>, &str)> {
    let mut found = Vec::new();
    for kid in values(&answer.doc) {
        if answer.body == Body::Ok && kid.name == "ok" {
            found.extend(location(kid).map(|text| (Cow::Borrowed("location"), text)));
        } else {
            pair(Cow::Borrowed(kid.name.as_ref()), kid, &mut found);
        }
    }
    found
}

fn pair<'a>(name: Cow<'a, str>, node: &'a Node, found: &mut Vec<(Cow<'a, str>, &'a str)>) {
    if is_list(node) {
        return;
    }
    if node.text.is_some() || (node.attrs.is_empty() && node.kids.is_empty()) {
        found.push((name, node.text.as_deref().unwrap_or_default()));
        return;
    }
    for (attr, value) in json::attrs(node) {
        found.push((format!("{name}_{attr}").into(), value));
    }
    for kid in &node.kids {
        pair(format!("{name}_{}", kid.name).into(), kid, found);
    }
}

/// Options of a field, or a table inside a form.
fn is_list(node: &Node) -> bool {
    node.name == "slist" || node.name == "list"
}

/// Where a redirecting `ok` sends the browser.
fn location(ok: &Node) -> Option<&str> {
    ok.text.as_deref().filter(|text| !text.is_empty())
}

/// The parts of an error document that the flat formats show (protocol.md §4, U1, U7).
struct Fault<'a> {
    kind: &'a str,
    object: &'a str,
    msg: &'a str,
    value: Option<&'a str>,
    detail: Option<&'a str>,
}

fn fault(doc: &Node) -> Fault<'_> {
    let error = doc.get("error");
    let attr = |name| error.and_then(|error| error.get_attr(name)).unwrap_or_default();
    let text = |name| error.and_then(|error| error.get_text(name));
    let params = error.map_or(&[][..], |error| &error.kids);
    let value = params.iter().find(|kid| kid.name == "param" && kid.get_attr("name") == Some("value"));
    Fault {
        kind: attr("type"),
        object: attr("object"),
        msg: text("msg").or_else(|| text("detail")).unwrap_or_default(),
        value: value.map(|param| param.text.as_deref().unwrap_or_default()),
        detail: text("detail"),
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mime_and_words() {
        let row = |out| format(out).map(|found| (found.name, found.mime, found.words));
        for (out, expected) in [
            ("xml", Some(("xml", "text/xml", Words::None))),
            ("DEVEL", Some(("devel", "text/xml", Words::Metadata))),
            ("json", Some(("json", "application/json", Words::None))),
            ("sJson", Some(("sjson", "application/json", Words::Metadata))),
            ("xjson", Some(("xjson", "application/json", Words::Metadata))),
            ("bjson", Some(("bjson", "application/json", Words::None))),
            ("jsondata", Some(("JSONdata", "application/json", Words::None))),
            ("text", Some(("text", "text/plain; charset=UTF-8", Words::None))),
            ("csv", Some(("csv", "text/csv; charset=UTF-8", Words::None))),
            ("print", Some(("print", "text/html; charset=UTF-8", Words::Metadata))),
            ("doc_print", Some(("doc_print", "text/html; charset=UTF-8", Words::Metadata))),
            ("", None),
            ("yaml", None),
            ("xml ", None),
        ] {
            assert_eq!(row(out), expected, "{out}");
        }
        let only = |is_only: fn(&&Format) -> bool| -> Vec<&str> {
            FORMATS.iter().filter(is_only).map(|format| format.name).collect()
        };
        assert_eq!(only(|format| format.lists_only), ["print"]);
        assert_eq!(only(|format| format.printed_only), ["doc_print"]);
    }
}
