//! Which columns are shown: all, or those that `p_columns` names.

use serde::Serialize;

use super::{Links, Shown};
use crate::render::html::sheet::{Params, Sheet};

#[derive(Serialize)]
pub struct Choice<'a> {
    columns: Vec<Column<'a>>,
    /// What the form keeps of the call.
    keep: Params<'a>,
    /// The link to all columns, where some are left out.
    all: Option<String>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    label: &'a str,
    shown: bool,
}

impl<'a> Choice<'a> {
    pub fn new(sheet: &Sheet<'a>, links: &Links<'a>, columns: &[Shown<'a>]) -> Self {
        let asked = sheet.param("p_columns").unwrap_or_default();
        let names: Vec<&str> = asked.split(',').map(str::trim).collect();
        // A choice that leaves no column, of another version or by hand, is none.
        let is_one = columns.iter().any(|column| names.contains(&column.name));
        let column = |column: &Shown<'a>| Column {
            name: column.name,
            label: sheet.label(column.name),
            shown: !is_one || names.contains(&column.name),
        };
        Self {
            columns: columns.iter().map(column).collect(),
            keep: links.kept(&["p_columns"]),
            all: is_one.then(|| links.with(&[], &["p_columns"])),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name && column.shown)
    }
}
