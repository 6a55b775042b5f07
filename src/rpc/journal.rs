//! The action journal: every call that changes something, in the transaction that changes it.

use super::handler::Ctx;
use crate::db::Sql;
use crate::error::Result;
use crate::params::Params;

pub fn write(cx: &mut Ctx) -> Result<()> {
    if cx.func.meta.nojournal {
        return Ok(());
    }
    let caller = &cx.call.caller;
    let is_secret = |name: &str| cx.call.func.meta.field(name).is_some_and(|field| field.is_secret());
    let params = Params::journal(&cx.call.params, is_secret);
    let sql = Sql::new(
        "INSERT INTO journal (at, user_id, user_name, real_user, ip, funcname, params, \
         account_id, reseller_id) VALUES (",
    )
    .binds([
        cx.call.now_us.into(),
        caller.user.id.into(),
        caller.user.name.as_str().into(),
        caller.real_name().into(),
        caller.ip_text().into(),
        cx.call.func.name().into(),
        params.into(),
        caller.user.account_id.into(),
        caller.user.reseller_id.into(),
    ]);
    sql.sql(")").execute(cx.conn)?;
    Ok(())
}
