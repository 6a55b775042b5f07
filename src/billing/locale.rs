//! Languages of the panel. Those that the program brings its words in cannot be removed.

use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("locale.delete", Handler::Each(delete))];

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    let sql = Sql::new("SELECT embedded FROM locale WHERE id = ").bind(id);
    if sql.first(cx.conn, &[Kind::Flag])?.is_some_and(|row| row[0].on()) {
        return Err(Error::access(cx.func.name()));
    }
    record::delete(cx, elid)
}
