//! What changed on a record, by whom and from where (`X.history`).

use std::sync::LazyLock;

use crate::auth::Caller;
use crate::db::{Conn, Raw, Sql};
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
    let change = Change { object, action: call.func.name(), description };
    keep(cx.conn, (&call.caller, call.now_us), &change, id, owner)
}

/// A change as it is kept.
pub struct Change<'e> {
    pub object: &'e str,
    pub action: &'e str,
    pub description: &'e str,
}

/// Who made it, and when.
type Maker<'m> = (&'m Caller, i64);

/// `owner`: the account and the reseller of the record.
pub fn keep(
    conn: &mut Conn,
    maker: Maker,
    change: &Change,
    id: i64,
    (account_id, reseller_id): (i64, i64),
) -> Result<()> {
    let sql = INSERT.clone().sql("VALUES (").binds(values(maker, change)).sql(", ");
    let sql = sql.binds([id, account_id, reseller_id].map(Raw::from)).sql(")");
    sql.execute(conn).map(drop)
}

/// Notes the same change of many records: ` FROM …`, rows with an owner.
pub fn keep_all(conn: &mut Conn, maker: Maker, change: &Change, rows: &Sql) -> Result<()> {
    let sql = INSERT.clone().sql("SELECT ").binds(values(maker, change));
    sql.sql(", id, account_id, reseller_id").append(rows).execute(conn).map(drop)
}

static INSERT: LazyLock<Sql> = LazyLock::new(|| {
    let columns = "at, user_name, ip, object, action, description, object_id, account_id, reseller_id";
    Sql::new("INSERT INTO history (").sql(columns).sql(") ").joined()
});

fn values((caller, now_us): Maker, change: &Change) -> [Raw; 6] {
    let Change { object, action, description } = *change;
    let texts = [caller.user.name.as_str(), &caller.ip_text(), object, action, description];
    let [user, ip, object, action, description] = texts.map(Raw::from);
    [now_us.into(), user, ip, object, action, description]
}

/// The rows of `X.history` for one record that the caller may see.
pub fn of_record(cx: &mut Ctx) -> Result<Sql> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let object = cx.func.object.clone();
    Ok(Sql::new(" AND object = ").bind(object).sql(" AND object_id = ").bind(id))
}
