//! A call inside of a call.

use super::handler::{Call, Ctx, Reply};
use super::{deed, find, with_fields};
use crate::error::{Error, Result};
use crate::params::Params;

/// Does what another function does, in this transaction and for the same caller, who is looked up
/// and judged anew. `field` is told to be wrong where the function changes nothing.
pub fn run(cx: &mut Ctx, params: Params, field: &str) -> Result<Reply> {
    let call = inner(cx, params)?;
    if !call.func.writes(call.params.submits()) {
        return Err(Error::value(field, call.func.name()));
    }
    let call = with_fields(call, cx.conn)?;
    let mut inner = Ctx::new(cx.conn, &call);
    let reply = deed(&mut inner)?;
    let touched = inner.touched;
    cx.touched.extend(touched);
    Ok(reply)
}

/// The call of another function, if this caller may make it.
fn inner(outer: &Call, params: Params) -> Result<Call> {
    Ok(Call {
        func: find(&outer.app, &outer.caller, &params)?,
        app: outer.app.clone(),
        caller: outer.caller.clone(),
        params,
        lang: outer.lang.clone(),
        zone: outer.zone.clone(),
        now_us: outer.now_us,
        added: Vec::new(),
    })
}

/// The same for rows that are part of another document: it is shown in the same manner, and the
/// session does not remember how many were asked for.
pub fn part(outer: &Call, mut params: Params) -> Result<Call> {
    *params.manner_mut() = outer.params.manner().clone();
    let mut call = inner(outer, params)?;
    call.caller.session = None;
    Ok(call)
}
