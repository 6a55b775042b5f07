//! What changed on a record, by whom and from where (`X.history`).

use crate::auth::Caller;
use crate::db::{Conn, Sql};
use crate::error::Result;
use crate::record;
use crate::rpc::handler::Ctx;

/// Notes a change of one record of the function's object.
pub fn write(cx: &mut Ctx, id: i64, owner: (i64, i64), description: &str) -> Result<()> {
    let object = cx.func.object.clone();
    write_of(cx, &object, id, owner, description)
}

/// Notes a change of a record of another object.
pub fn write_of(cx: &mut Ctx, object: &str, id: i64, owner: (i64, i64), description: &str) -> Result<()> {
    let call = cx.call;
    let entry = Entry { object, id, owner, action: call.func.name(), description };
    keep(cx.conn, &call.caller, call.now_us, &entry)
}

/// A change as it is kept.
pub struct Entry<'e> {
    pub object: &'e str,
    pub id: i64,
    /// The account and the reseller of the record.
    pub owner: (i64, i64),
    pub action: &'e str,
    pub description: &'e str,
}

pub fn keep(conn: &mut Conn, caller: &Caller, now_us: i64, entry: &Entry) -> Result<()> {
    Sql::new(
        "INSERT INTO history (object, object_id, at, user_name, ip, action, description, \
         account_id, reseller_id) VALUES (",
    )
    .binds([
        entry.object.into(),
        entry.id.into(),
        now_us.into(),
        caller.user.name.as_str().into(),
        caller.ip_text().into(),
        entry.action.into(),
        entry.description.into(),
        entry.owner.0.into(),
        entry.owner.1.into(),
    ])
    .sql(")")
    .execute(conn)?;
    Ok(())
}

/// The rows of `X.history` for one record that the caller may see.
pub fn of_record(cx: &mut Ctx) -> Result<Sql> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let object = cx.func.object.clone();
    Ok(Sql::new(" AND object = ").bind(object).sql(" AND object_id = ").bind(id))
}
