//! What became of the rows that a button was pressed for, where some were refused (`http/bulk.rs`).

use serde::Serialize;

use super::sheet::Sheet;
use crate::doc::Node;

/// The element that says it: attributes `all` and `done`, an `elem` for each row that was refused.
pub const BULK: &str = "panel_bulk";

#[derive(Serialize)]
pub struct Bulk<'a> {
    told: String,
    refused: Vec<[&'a str; 2]>,
    back: String,
}

impl<'a> Bulk<'a> {
    pub fn new(sheet: &Sheet<'a>) -> Self {
        let node = sheet.doc.get(BULK);
        let count = |name| node.and_then(|node| node.get_attr(name)).unwrap_or_default();
        let row = |elem: &'a Node| ["name", "result"].map(|name| elem.get_text(name).unwrap_or_default());
        Self {
            told: sheet.fill("bulk_done", &[("done", count("done")), ("all", count("all"))]),
            refused: node.map(|node| node.kids.iter().map(row).collect()).unwrap_or_default(),
            back: sheet.parent(),
        }
    }
}
