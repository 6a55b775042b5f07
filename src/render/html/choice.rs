//! A table of a form: rows to read, or to choose one of.

use serde::Serialize;

use super::object::{Table, table_of};
use super::sheet::Sheet;
use crate::doc::Node;

/// Rows of which one is chosen, in place of the field's own control.
#[derive(Serialize)]
pub struct Choices<'a> {
    name: &'a str,
    is_required: bool,
    heads: Vec<Head<'a>>,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Head<'a> {
    label: &'a str,
    is_number: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    is_chosen: bool,
    texts: Vec<&'a str>,
}

/// The list of the answer that the metadata names.
pub fn answered<'a>(sheet: &Sheet<'a>, name: &str) -> Option<&'a Node> {
    let is_it = |node: &&Node| node.name == "list" && node.get_attr("name") == Some(name);
    sheet.doc.kids.iter().find(is_it)
}

fn cols(list: &Node) -> impl Iterator<Item = &Node> {
    list.kids.iter().filter(|kid| kid.name == "col")
}

impl<'a> Choices<'a> {
    /// Nothing where no row is chosen from the list, or where there is none.
    pub fn new(sheet: &Sheet<'a>, field: &'a str, list: &'a Node, is_required: bool) -> Option<Self> {
        let key = list.get_attr("key")?;
        let chosen = sheet.value(field).unwrap_or_default();
        let elems = answered(sheet, list.get_attr("name")?)?.kids.iter().filter(|kid| kid.name == "elem");
        let names: Vec<&str> = cols(list).filter_map(|col| col.get_attr("name")).collect();
        let row = |elem: &'a Node| {
            let key = elem.get_text(key).unwrap_or_default();
            let texts = names.iter().map(|name| elem.get_text(name).unwrap_or_default()).collect();
            Row { key, is_chosen: key == chosen, texts }
        };
        let rows: Vec<Row> = elems.map(row).collect();
        (!rows.is_empty()).then(|| Self { name: field, is_required, heads: heads(sheet, list), rows })
    }
}

fn heads<'a>(sheet: &Sheet<'a>, list: &'a Node) -> Vec<Head<'a>> {
    let head = |col: &'a Node| {
        let label = sheet.label(col.get_attr("name").unwrap_or_default());
        Head { label, is_number: col.get_attr("kind") == Some("money") }
    };
    cols(list).map(head).collect()
}

/// The rows to read: the columns that are named, else all there are.
pub fn table<'a>(sheet: &Sheet<'a>, field: &'a str, list: &'a Node) -> Option<Table<'a>> {
    let node = answered(sheet, list.get_attr("name").unwrap_or(field))?;
    let names: Vec<&str> = cols(list).filter_map(|col| col.get_attr("name")).collect();
    if names.is_empty() {
        return table_of(sheet, node);
    }
    let row =
        |elem: &'a Node| names.iter().map(|name| elem.get_text(name).unwrap_or_default()).collect::<Vec<_>>();
    let rows: Vec<_> = node.kids.iter().filter(|kid| kid.name == "elem").map(row).collect();
    let heads = heads(sheet, list).into_iter().map(|head| head.label).collect();
    (!rows.is_empty()).then_some(Table { heads, rows })
}
