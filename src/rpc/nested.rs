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

/// The call of a list whose rows become a part of this document, if this caller may make it. The page
/// that a session remembers of that list stays as it is.
pub fn of_list(outer: &Call, params: Params) -> Result<Call> {
    let func = find(&outer.app, &outer.caller, &params)?;
    let caller = Caller { session: None, ..outer.caller.clone() };
    Ok(Call { func, caller, ..outer.with_params(params) })
}

/// The rows of a list as a part of this document.
pub fn part(cx: &mut Ctx, params: Params) -> Result<Node> {
    let call = of_list(cx.call, params)?;
    let mut rows = Elems::default();
    let answer = list::answer(&mut Ctx::new(cx.conn, &call), &mut rows)?;
    let total = answer.doc.get_text("p_elems").unwrap_or_default();
    Ok(plot::part(&call, &rows.columns, rows.elems, total))
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
        self.elems.push(plot::elem(columns, cells));
        Ok(())
    }
}
