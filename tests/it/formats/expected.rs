//! What the other formats must say when `out=xml` says this, by the rules of protocol.md §3.

use std::collections::BTreeMap;

use billmgr::doc::Node;
use serde_json::{Map, Value};

/// Always arrays in JSON (protocol.md §3.4, rule 6).
const ARRAYS: [&str; 14] = [
    "elem", "list", "slist", "val", "page", "col", "prop", "xprop", "toolgrp", "toolbtn", "show", "hide",
    "filter", "param",
];
/// Around the values; in no flat format.
const AROUND: [&str; 6] = ["metadata", "messages", "tparams", "saved_filters", "slist", "list"];

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    List,
    Values,
    Error,
}

pub fn kind(doc: &Node) -> Kind {
    match (doc.get("error"), doc.get("p_elems")) {
        (Some(_), _) => Kind::Error,
        (None, Some(_)) => Kind::List,
        (None, None) => Kind::Values,
    }
}

fn text_of(node: &Node) -> &str {
    node.text.as_deref().unwrap_or_default()
}

fn attrs(node: &Node) -> impl Iterator<Item = (&str, &str)> {
    node.attrs
        .iter()
        .filter(|(name, _)| name != "is_json_array")
        .map(|(name, value)| (name.as_ref(), value.as_str()))
}

/// The asked format is echoed, and only that differs.
pub fn without_out(mut json: Value) -> Value {
    if let Some(params) = json.pointer_mut("/doc/tparams").and_then(Value::as_object_mut) {
        params.remove("out");
    }
    json
}

/// The document of out=json, or of sjson where the words are in it.
pub fn json(doc: &Node) -> Value {
    let root = Map::from_iter([("doc".to_owned(), object(doc))]);
    without_out(Value::Object(root))
}

fn object(node: &Node) -> Value {
    let mut members: Map<String, Value> =
        attrs(node).map(|(name, value)| (format!("${name}"), Value::from(value))).collect();
    if !text_of(node).is_empty() {
        members.insert("$".into(), text_of(node).into());
    }
    let mut named: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for kid in &node.kids {
        named.entry(&kid.name).or_default().push(kid);
    }
    for (name, kids) in named {
        members.insert(name.to_owned(), member(node, name, &kids));
    }
    Value::Object(members)
}

fn member(parent: &Node, name: &str, kids: &[&Node]) -> Value {
    if parent.name == "messages" && name == "msg" {
        let words =
            kids.iter().map(|kid| (kid.get_attr("name").unwrap_or_default().to_owned(), text_of(kid).into()));
        return Value::Object(words.collect());
    }
    let is_array =
        ARRAYS.contains(&name) || kids.len() > 1 || kids[0].get_attr("is_json_array") == Some("yes");
    match is_array {
        true => kids.iter().map(|kid| object(kid)).collect(),
        false => object(kids[0]),
    }
}

/// A row as flat members: a text, and its attributes beside it.
fn row(elem: &Node) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    for kid in &elem.kids {
        members.insert(kid.name.to_string(), text_of(kid).to_owned());
        members.extend(attrs(kid).map(|(name, value)| (format!("{}_{name}", kid.name), value.to_owned())));
    }
    members
}

fn rows(doc: &Node) -> Vec<BTreeMap<String, String>> {
    doc.kids.iter().filter(|kid| kid.name == "elem").map(row).collect()
}

fn flat_rows(json: &Value) -> Vec<BTreeMap<String, String>> {
    let text = |value: &Value| match value {
        Value::Array(one) => one.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        value => value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned(),
    };
    let flat = |value: &Value| {
        let members = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
        members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    };
    json.as_array().into_iter().flatten().map(flat).collect()
}

/// out=JSONdata: the rows, the values, or the error, and nothing else.
pub fn check_flat(doc: &Node, json: &Value, what: &str) {
    match kind(doc) {
        Kind::List => {
            assert!(json.is_array(), "{what}: {json}");
            assert_eq!(flat_rows(json), rows(doc), "{what}");
        }
        Kind::Values => assert_eq!(leaves(json), texts_and_lists(doc), "{what}"),
        Kind::Error => check_error(doc, json, what),
    }
}

/// out=bjson: the function's name first, the rest under names of its own.
pub fn check_brief(doc: &Node, json: &Value, what: &str) {
    if kind(doc) == Kind::Error {
        return check_error(doc, json, what);
    }
    let members = json.as_object().unwrap_or_else(|| panic!("{what}: {json}"));
    let first =
        members.iter().next().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    assert_eq!(first, Some(("func", doc.get_attr("func").unwrap_or_default())), "{what}");
    if kind(doc) == Kind::List {
        let none = Value::Array(Vec::new());
        assert_eq!(flat_rows(members.get("elem").unwrap_or(&none)), rows(doc), "{what}");
        assert_eq!(members["p_elems"].as_str(), doc.get_text("p_elems"), "{what}");
    }
}

fn check_error(doc: &Node, json: &Value, what: &str) {
    let error = doc.get("error").expect("an error");
    for (member, wanted) in [
        ("type", error.get_attr("type")),
        ("object", error.get_attr("object")),
        ("msg", error.get_text("msg")),
    ] {
        assert_eq!(json["error"][member].as_str(), wanted, "{what}: {json}");
    }
}

/// Every text of a flat answer, sorted; an empty one says nothing.
fn leaves(json: &Value) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.values().for_each(|value| walk(value, found)),
            Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
            value => found.extend(value.as_str().map(str::to_owned)),
        }
    }
    let mut found = Vec::new();
    walk(json, &mut found);
    sorted(found)
}

/// The same of the document's values.
fn texts(doc: &Node) -> Vec<String> {
    fn walk(node: &Node, found: &mut Vec<String>) {
        found.push(text_of(node).to_owned());
        found.extend(attrs(node).map(|(_, value)| value.to_owned()));
        node.kids.iter().for_each(|kid| walk(kid, found));
    }
    let mut found = Vec::new();
    values(doc).for_each(|node| walk(node, &mut found));
    sorted(found)
}

/// Nested lists too: they stand under their names.
fn texts_and_lists(doc: &Node) -> Vec<String> {
    fn walk(node: &Node, found: &mut Vec<String>) {
        found.push(text_of(node).to_owned());
        node.kids.iter().for_each(|kid| walk(kid, found));
    }
    let mut found = texts(doc);
    doc.kids.iter().filter(|kid| kid.name == "list").for_each(|list| walk(list, &mut found));
    sorted(found)
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.retain(|text| !text.is_empty());
    texts.sort();
    texts.dedup(); // an attribute and a member of one name are one member
    texts
}

fn values(doc: &Node) -> impl Iterator<Item = &Node> {
    doc.kids.iter().filter(|kid| !AROUND.contains(&kid.name.as_ref()))
}

fn on_a_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// out=text (protocol.md §3.6).
pub fn text(doc: &Node, key: &str) -> String {
    match kind(doc) {
        Kind::List => doc.kids.iter().filter(|kid| kid.name == "elem").map(|elem| line(elem, key)).collect(),
        Kind::Values => {
            let mut pairs = Vec::new();
            values(doc).for_each(|node| pair(&node.name, node, &mut pairs));
            pairs.iter().map(|(name, text)| format!("{name}={}\n", on_a_line(text))).collect()
        }
        Kind::Error => {
            let error = doc.get("error").expect("an error");
            let attr = |name| error.get_attr(name).unwrap_or_default();
            let msg = on_a_line(error.get_text("msg").unwrap_or_default());
            format!("ERROR {}({}) {msg}\n", attr("type"), attr("object"))
        }
    }
}

/// A row, its key first.
fn line(elem: &Node, key: &str) -> String {
    let is_key = |kid: &&Node| kid.name == key;
    let kids = elem.kids.iter().filter(is_key).chain(elem.kids.iter().filter(|kid| !is_key(kid)));
    let pairs: Vec<String> = kids.map(|kid| format!("{}={}", kid.name, on_a_line(text_of(kid)))).collect();
    pairs.join(" ") + "\n"
}

/// What is nested is spelled `<element>_<member>`; an attribute is told where there is no text.
fn pair(name: &str, node: &Node, pairs: &mut Vec<(String, String)>) {
    let is_bare = node.kids.is_empty() && node.attrs.is_empty();
    if node.text.is_some() || is_bare {
        return pairs.push((name.to_owned(), text_of(node).to_owned()));
    }
    pairs.extend(attrs(node).map(|(attr, value)| (format!("{name}_{attr}"), value.to_owned())));
    node.kids.iter().for_each(|kid| pair(&format!("{name}_{}", kid.name), kid, pairs));
}

/// out=csv: RFC 4180, a header of the columns' names.
pub fn check_csv(doc: &Node, text: &str, what: &str) {
    if kind(doc) == Kind::Values {
        return;
    }
    let mut records = csv(text).into_iter();
    let header = records.next().unwrap_or_else(|| panic!("{what}: no header"));
    if kind(doc) == Kind::Error {
        return assert_eq!(header, ["type", "object", "msg"], "{what}");
    }
    let text_of_row = |elem: &Node| -> BTreeMap<String, String> {
        elem.kids.iter().map(|kid| (kid.name.to_string(), text_of(kid).to_owned())).collect()
    };
    let wanted: Vec<_> = doc.kids.iter().filter(|kid| kid.name == "elem").map(text_of_row).collect();
    let got: Vec<BTreeMap<String, String>> =
        records.map(|record| header.iter().cloned().zip(record).collect()).collect();
    assert_eq!(got, wanted, "{what}");
}

fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    records
}
