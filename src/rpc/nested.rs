//! A call inside of a call.

use super::handler::{Call, Ctx, Reply};
use super::{deed, find, with_fields};
use crate::auth::Caller;
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
    let call = Call {
        app: outer.app.clone(),
        func,
        caller,
        params,
        lang: outer.lang.clone(),
        zone: outer.zone.clone(),
        now_us: outer.now_us,
        added: Vec::new(),
    };
    let call = with_fields(call, cx.conn)?;
    let mut inner = Ctx::new(cx.conn, &call);
    let reply = deed(&mut inner)?;
    let touched = inner.touched;
    cx.touched.extend(touched);
    Ok(reply)
}
