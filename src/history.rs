//! What changed on a record, by whom and from where (`X.history`).

use std::sync::LazyLock;

use crate::auth::Caller;
use crate::db::pieces::insert_all;
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

/// A record, with the account and the reseller that own it.
pub type Owned = (i64, (i64, i64));

pub fn keep(conn: &mut Conn, maker: Maker, change: &Change, id: i64, owner: (i64, i64)) -> Result<()> {
    keep_each(conn, maker, change, &[(id, owner)])
}

/// Notes the same change of several records.
pub fn keep_each(conn: &mut Conn, maker: Maker, change: &Change, records: &[Owned]) -> Result<()> {
    let row = |(id, (account_id, reseller_id)): &Owned| {
        let [at, user, ip, object, action, description] = values(maker, change);
        let [id, account, reseller] = [*id, *account_id, *reseller_id].map(Raw::from);
        [at, user, ip, object, action, description, id, account, reseller]
    };
    let head = INSERT.clone().sql("VALUES ");
    insert_all(conn, &head, records.iter().map(row).collect())
}

/// The same of all rows of a table: ` FROM …`, rows with an owner.
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
