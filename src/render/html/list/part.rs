//! Rows of a list as a part of another page: their document stands within that of the page.

use serde::Serialize;

use super::table::Layout;
use super::{Kind, Rows, Shown, Value, shown};
use crate::doc::Node;
use crate::render::html::sheet::Sheet;
use crate::render::html::toolbar::Toolbar;

#[derive(Serialize)]
pub struct Part<'a> {
    heads: Vec<Head>,
    /// The rows of the table, as HTML.
    rows: String,
    count: usize,
    total: &'a str,
}

#[derive(Serialize)]
struct Head {
    label: String,
    class: &'static str,
}

impl<'a> Part<'a> {
    pub fn new(node: &'a Node) -> Self {
        let sheet = Sheet::new(node);
        let rows = rows(&sheet);
        let columns = shown(&sheet, &rows);
        let open = Toolbar::new(&sheet, &Vec::new()).open;
        let heads = columns.iter().map(|column| head(&sheet, column, &rows)).collect();
        let html = Layout::new(&sheet, &rows, &columns, open, Vec::new()).html(false);
        Self { heads, rows: html, count: rows.rows.len(), total: node.get_attr("total").unwrap_or_default() }
    }
}

fn head(sheet: &Sheet, column: &Shown, rows: &Rows) -> Head {
    let first = column.at.and_then(|at| rows.rows.first()?.get(at));
    Head {
        label: sheet.word(column.name).unwrap_or(column.name).to_owned(),
        class: first.map_or("", Value::class),
    }
}

/// The `elem` of a document, each value as its column says.
fn rows(sheet: &Sheet) -> Rows {
    let coldata = sheet.metadata().and_then(|metadata| metadata.get("coldata"));
    let cols: Vec<(&str, &str)> =
        coldata.iter().flat_map(|coldata| &coldata.kids).filter_map(named).collect();
    let elems = sheet.doc.kids.iter().filter(|kid| kid.name == "elem");
    let row = |elem: &Node| cols.iter().map(|(name, kind)| value(elem.get(name), kind)).collect();
    Rows {
        columns: cols.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows: elems.map(row).collect(),
    }
}

fn named(col: &Node) -> Option<(&str, &str)> {
    Some((col.get_attr("name")?, col.get_attr("kind").unwrap_or_default()))
}

fn value(cell: Option<&Node>, kind: &str) -> Value {
    let text = cell.and_then(|cell| cell.text.as_deref()).unwrap_or_default();
    let attr = |name| cell.and_then(|cell| cell.get_attr(name));
    Value {
        text: text.to_owned(),
        code: attr("orig").map(str::to_owned),
        color: attr("color").unwrap_or_default().to_owned(),
        kind: match kind {
            "money" | "int" | "id" => Kind::Number,
            "date" | "time" => Kind::Day,
            "flag" => Kind::Flag(text == "on"),
            _ => Kind::Words,
        },
    }
}
