//! What changed on a record, by whom and from where (`X.history`).

use crate::db::Sql;
use crate::error::Result;
use crate::record;
use crate::rpc::handler::Ctx;

/// Notes a change of one record of the function's object.
pub fn write(cx: &mut Ctx, id: i64, owner: (i64, i64), description: &str) -> Result<()> {
    let object = cx.func.object.clone();
    write_of(cx, &object, id, owner, description)
}

/// Notes a change of a record of another object.
pub fn write_of(
    cx: &mut Ctx,
    object: &str,
    id: i64,
    (account_id, reseller_id): (i64, i64),
    description: &str,
) -> Result<()> {
    Sql::new(
        "INSERT INTO history (object, object_id, at, user_name, ip, action, description, \
         account_id, reseller_id) VALUES (",
    )
    .binds([
        object.into(),
        id.into(),
        cx.now_us.into(),
        cx.caller.user.name.as_str().into(),
        cx.caller.ip_text().into(),
        cx.func.name().into(),
        description.into(),
        account_id.into(),
        reseller_id.into(),
    ])
    .sql(")")
    .execute(cx.conn)?;
    Ok(())
}

/// The rows of `X.history` for one record that the caller may see.
pub fn of_record(cx: &mut Ctx) -> Result<Sql> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let object = cx.func.object.clone();
    Ok(Sql::new(" AND object = ").bind(object).sql(" AND object_id = ").bind(id))
}
