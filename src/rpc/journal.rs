//! The action journal: every call that changes something, in the transaction that changes it.

use super::handler::{Call, Ctx};
use crate::db::Sql;
use crate::error::Result;
use crate::params::Params;

pub fn write(cx: &mut Ctx) -> Result<()> {
    if cx.func.meta.nojournal {
        return Ok(());
    }
    statement(cx.call).execute(cx.conn).map(drop)
}

/// For a function that writes its entry together with what it has done outside.
pub fn statement(call: &Call) -> Sql {
    let caller = &call.caller;
    let is_secret = |name: &str| call.func.meta.field(name).is_some_and(|field| field.is_secret());
    let params = Params::journal(&call.params, is_secret);
    let sql = Sql::new(
        "INSERT INTO journal (at, user_id, user_name, real_user, ip, funcname, params, \
         account_id, reseller_id) VALUES (",
    )
    .binds([
        call.now_us.into(),
        caller.user.id.into(),
        caller.user.name.as_str().into(),
        caller.real_name().into(),
        caller.ip_text().into(),
        call.func.name().into(),
        params.into(),
        caller.user.account_id.into(),
        caller.user.reseller_id.into(),
    ]);
    sql.sql(")")
}
