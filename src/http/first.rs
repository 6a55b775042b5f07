//! The first row of a list, as the texts of some of its columns.

use crate::cell::{Cell, Column};
use crate::error::Result;
use crate::rpc::list::RowSink;

pub struct First<'n, const N: usize> {
    names: [&'n str; N],
    /// "" of a column that the caller is not shown.
    pub cells: Option<[String; N]>,
}

impl<'n, const N: usize> First<'n, N> {
    pub fn of(names: [&'n str; N]) -> Self {
        Self { names, cells: None }
    }
}

impl<const N: usize> RowSink for First<'_, N> {
    fn list(&mut self, _columns: &[Column], _key: &str) {}

    fn row(&mut self, columns: &[Column], cells: &[Cell]) -> Result<()> {
        let text = |name: &str| {
            let at = columns.iter().position(|column| column.name == name);
            at.and_then(|at| cells.get(at)).map(Cell::to_string).unwrap_or_default()
        };
        self.cells.get_or_insert_with(|| self.names.map(text));
        Ok(())
    }
}
