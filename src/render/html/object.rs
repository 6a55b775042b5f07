//! Documents of their own structure, and what an `ok` brings along: shown as they are.

use serde::Serialize;

use super::sheet::Sheet;
use crate::doc::Node;

#[derive(Serialize)]
pub struct Object<'a> {
    entries: Vec<Entry<'a>>,
    next: String,
    /// Where the answer itself sends its reader when he has read it.
    onward: Option<String>,
}

#[derive(Serialize)]
pub struct Entry<'a> {
    label: &'a str,
    text: &'a str,
    kids: Vec<Entry<'a>>,
    table: Option<Table<'a>>,
}

#[derive(Serialize)]
pub struct Table<'a> {
    pub heads: Vec<&'a str>,
    pub rows: Vec<Vec<&'a str>>,
}

impl<'a> Object<'a> {
    pub fn new(sheet: &Sheet<'a>) -> Self {
        let onward = sheet.doc.get_text("ok").filter(|text| !text.is_empty()).map(|_| sheet.next());
        Self { entries: sheet.content().map(|node| entry(sheet, node)).collect(), next: sheet.next(), onward }
    }
}

fn entry<'a>(sheet: &Sheet<'a>, node: &'a Node) -> Entry<'a> {
    let table = table_of(sheet, node);
    // The code of what is said in words is for programs.
    let attrs =
        node.attrs.iter().filter(|(name, _)| !matches!(name.as_ref(), "orig" | "color")).map(
            |(name, value)| Entry { label: sheet.label(name), text: value, kids: Vec::new(), table: None },
        );
    let kids = node.kids.iter().filter(|kid| kid.name != "elem").map(|kid| entry(sheet, kid));
    Entry {
        label: sheet.label(&node.name),
        text: node.text.as_deref().unwrap_or_default(),
        kids: attrs.chain(kids).collect(),
        table,
    }
}

/// The `elem` of a node as a table with every column that one of them has.
pub fn table_of<'a>(sheet: &Sheet<'a>, node: &'a Node) -> Option<Table<'a>> {
    let elems: Vec<&Node> = node.kids.iter().filter(|kid| kid.name == "elem").collect();
    let mut names: Vec<&'a str> = Vec::new();
    for kid in elems.iter().flat_map(|elem| &elem.kids).filter(|kid| kid.kids.is_empty()) {
        if !names.contains(&kid.name.as_ref()) {
            names.push(&kid.name);
        }
    }
    let row = |elem: &&'a Node| names.iter().map(|name| elem.get_text(name).unwrap_or_default()).collect();
    let rows = elems.iter().map(row).collect();
    (!elems.is_empty()).then(|| Table { heads: names.iter().map(|name| sheet.label(name)).collect(), rows })
}
