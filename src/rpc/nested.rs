//! A call inside of a call.

use super::handler::{Call, Ctx, Reply};
use super::list::{self, RowSink};
use super::{deed, find, plot, with_fields};
use crate::auth::Caller;
use crate::cell::{Cell, Column};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;

/// Does what another function does, in this transaction and for the same caller, who is looked up
/// and judged anew. `field` is told to be wrong where the function changes nothing.
pub fn run(cx: &mut Ctx, params: Params, field: &str) -> Result<Reply> {
    let caller = cx.call.caller.clone();
    run_as(cx, caller, params, field)
}

/// The same for another caller: where a function does with what it has looked at what those who call it
/// may not do themselves.
pub fn run_as(cx: &mut Ctx, caller: Caller, params: Params, field: &str) -> Result<Reply> {
    let outer = cx.call;
    let func = find(&outer.app, &caller, &params)?;
    if !func.writes(params.submits()) {
        return Err(Error::value(field, func.name()));
    }
    let call = Call { func, caller, ..outer.with_params(params) };
    let call = with_fields(call, cx.conn)?;
    let mut inner = Ctx::new(cx.conn, &call);
    let reply = deed(&mut inner)?;
    let touched = inner.touched;
    cx.touched.extend(touched);
    Ok(reply)
}

/// The call of a list that is part of another document, if this caller may make it: it is shown in the same
/// manner, and what a session remembers of that list stays as it is.
pub fn part(outer: &Call, mut params: Params) -> Result<Call> {
    *params.manner_mut() = outer.params.manner().clone();
    let func = find(&outer.app, &outer.caller, &params)?;
    let caller = Caller { session: None, ..outer.caller.clone() };
    Ok(Call { func, caller, ..outer.with_params(params) })
}

/// Its rows as a node of the other document.
pub fn rows(cx: &mut Ctx, call: &Call) -> Result<Node> {
    let mut rows = Elems::default();
    let answer = list::answer(&mut Ctx::new(cx.conn, call), &mut rows)?;
    let total = answer.doc.get_text("p_elems").unwrap_or_default();
    Ok(plot::part(call, &rows.columns, rows.elems, total))
}

#[derive(Default)]
struct Elems {
    columns: Vec<Column>,
    elems: Vec<Node>,
}

impl RowSink for Elems {
    fn list(&mut self, columns: &[Column], _key: &str) {
        self.columns = columns.to_vec();
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) -> Result<()> {
        let kids = columns.iter().zip(cells).map(|(column, cell)| leaf(&column.name, cell));
        self.elems.push(Node::new("elem").with(kids));
        Ok(())
    }
}

/// A cell as xml has it.
pub fn leaf(name: &str, cell: &Cell) -> Node {
    match cell {
        Cell::Null => Node::new(name.to_owned()),
        Cell::Msg { code, words, color } => {
            let node = Node::leaf(name.to_owned(), words.as_ref()).attr("orig", code.as_ref());
            if color.is_empty() { node } else { node.attr("color", color.as_ref()) }
        }
        cell => Node::leaf(name.to_owned(), cell.to_string()),
    }
}
