//! Before something is done that is hard to undo: what would be done, to which rows.

use serde::Serialize;

use super::table::Layout;
use super::{Links, Rows, parent, shown};
use crate::render::html::sheet::{PAGE_PARAMS, Params, Sheet};
use crate::render::html::toolbar::Toolbar;

/// The name of the button that was pressed, and the rows that were ticked (`http/browser.rs`).
const BUTTON: &str = "ask";
const ROWS: &str = "asked";

#[derive(Serialize)]
pub struct Ask<'a> {
    question: &'a str,
    label: &'a str,
    func: &'a str,
    is_danger: bool,
    parent: Option<&'a str>,
    place: Params<'a>,
    keys: Vec<&'a str>,
    heads: Vec<&'a str>,
    rows: String,
    /// The list, as it was.
    back: String,
}

impl<'a> Ask<'a> {
    pub fn is_asked(sheet: &Sheet<'a>) -> bool {
        let asked = sheet.param(BUTTON);
        asked.is_some_and(|name| Toolbar::new(sheet, &Vec::new()).asking(name).is_some())
    }

    pub fn new(sheet: &Sheet<'a>, rows: &'a Rows) -> Self {
        let toolbar = Toolbar::new(sheet, &Vec::new());
        let button = sheet.param(BUTTON).and_then(|name| toolbar.asking(name));
        let button = button.expect("is_asked found it");
        let keys: Vec<&str> = sheet.param(ROWS).unwrap_or_default().split(',').map(str::trim).collect();
        let columns: Vec<_> = shown(sheet, rows).into_iter().take(6).collect();
        let (keys, html) = Layout::new(sheet, rows, &columns, None, Vec::new()).chosen(&keys);
        Self {
            question: button.confirm.unwrap_or_default(),
            label: button.label,
            func: button.func,
            is_danger: button.is_danger,
            parent: parent(sheet),
            place: sheet.params().filter(|(name, _)| PAGE_PARAMS.contains(name)).collect(),
            keys,
            heads: columns.iter().map(|column| sheet.label(column.name)).collect(),
            rows: html,
            back: Links::new(sheet).with(&[], &[]),
        }
    }
}
