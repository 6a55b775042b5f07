//! A list that is a part of another document: its table, and a choice among few values of a parameter.

use serde::Serialize;

use super::table::Layout;
use super::{Kind, Rows, Value, head, shown};
use crate::doc::Node;
use crate::render::html::list::Links;
use crate::render::html::sheet::{Sheet, href};
use crate::render::html::toolbar::Toolbar;

#[derive(Serialize)]
pub struct Table {
    /// Of what holds it: the titles in front of its values are found by it.
    id: String,
    heads: Vec<(String, &'static str)>,
    rows: String,
}

impl Rows {
    /// The rows that stand in a document as `elem`.
    pub fn of(node: &Node) -> Self {
        let coldata = node.get("metadata").and_then(|metadata| metadata.get("coldata"));
        let cols: Vec<&Node> = coldata.map(|it| it.kids.iter().collect()).unwrap_or_default();
        let columns = cols.iter().filter_map(|col| col.get_attr("name").map(str::to_owned)).collect();
        let elems = node.kids.iter().filter(|kid| kid.name == "elem");
        let row = |elem: &Node| cols.iter().map(|col| value(elem, col)).collect();
        Self { columns, rows: elems.map(row).collect() }
    }

    /// The text of a column of a row, and its code.
    pub fn texts(&self, row: usize, column: &str) -> Option<(&str, &str, &str)> {
        let value = &self.rows[row][self.position(column)?];
        Some((value.text.as_str(), value.key(), value.color.as_str()))
    }

    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

fn value(elem: &Node, col: &Node) -> Value {
    let leaf = col.get_attr("name").and_then(|name| elem.get(name));
    let attr = |name| leaf.and_then(|leaf| leaf.get_attr(name));
    let text = leaf.and_then(|leaf| leaf.text.clone()).unwrap_or_default();
    let kind = match col.get_attr("kind") {
        Some("flag") => Kind::Flag(text == "on"),
        Some("date" | "time") => Kind::Day,
        Some("money" | "int" | "id") => Kind::Number,
        _ => Kind::Words,
    };
    Value {
        code: attr("orig").map(str::to_owned),
        color: attr("color").unwrap_or_default().to_owned(),
        text: text.into_string(),
        kind,
    }
}

impl Table {
    pub fn titles(&self) -> (&str, impl Iterator<Item = &str>) {
        (&self.id, self.heads.iter().map(|(label, _)| label.as_str()))
    }
}

/// The table of a part. The rows lead where the first button for one leads.
pub fn table<'a>(sheet: &Sheet<'a>, rows: &'a Rows) -> Table {
    let columns = shown(sheet, rows);
    let toolbar = Toolbar::new(sheet, &Vec::new());
    let links = Links::new(sheet);
    let heads = columns.iter().map(|column| {
        let head = head(sheet, &links, column, rows);
        (head.label.to_owned(), head.class)
    });
    let heads = heads.collect();
    let id = format!("rows-{}", sheet.func.replace('.', "-"));
    Table { id, heads, rows: Layout::new(sheet, rows, &columns, toolbar.open, Vec::new()).html(false) }
}

/// Values of a parameter as links to the same function.
#[derive(Serialize)]
pub struct Choice {
    label: String,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    label: String,
    href: String,
    current: bool,
}

pub fn choices<'a>(sheet: &Sheet<'a>) -> Vec<Choice> {
    let nodes = sheet.metadata().map(|metadata| metadata.kids.as_slice()).unwrap_or_default();
    let choice = |node: &'a Node| {
        let name = node.get_attr("name")?;
        let kept: Vec<(&str, &str)> =
            sheet.params().filter(|(key, _)| !NOT_KEPT.contains(key) && *key != name).collect();
        let link = |val: &'a Node| {
            let key = val.get_attr("key").unwrap_or_default();
            let params: Vec<(&str, &str)> = kept.iter().copied().chain([(name, key)]).collect();
            Link {
                label: sheet.label(val.get_attr("word").unwrap_or(key)).to_owned(),
                href: href(sheet.func, &params),
                current: node.get_attr("value") == Some(key),
            }
        };
        Some(Choice { label: sheet.label(name).to_owned(), links: node.kids.iter().map(link).collect() })
    };
    nodes.iter().filter(|node| node.name == "choice").filter_map(choice).collect()
}

const NOT_KEPT: [&str; 8] = ["func", "out", "lang", "theme", "p_num", "ask", "asked", "sfrom"];
