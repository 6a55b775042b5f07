//! `processing.check`: is the module there, and what can it do?

use super::info::Processing;
use super::{SANDBOX, WEBHOOK, features, webhook};
use crate::db::{Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("processing.check", Handler::Outside(check)),
    ("processing.item", Handler::View(None)),
    ("processing.setconfig", Handler::Once(set_config)),
];

/// A module keeps a document of its own.
fn set_config(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let config = cx.input("config")?.unwrap_or(Raw::from(""));
    let sql = Sql::new("INSERT INTO processing_config (processing_id, config) VALUES (");
    let sql = sql.binds([id.into(), config]).sql(") ON CONFLICT (processing_id) DO UPDATE SET config = ");
    sql.sql("excluded.config").execute(cx.conn)?;
    Reply::ok()
}

fn check(call: &Call) -> Result<Reply> {
    let id = call.need_elid()?;
    let found = call.app.db.read(BUDGET_SLOW, |conn| Processing::load(conn, &call.app, id))?;
    let processing = found.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    match processing.module.as_str() {
        SANDBOX => Reply::ok(),
        WEBHOOK => webhook::check(&call.app, &processing).map(|()| Reply::Ok(Vec::new())),
        module => of_program(call, module),
    }
}

/// What the program says of itself.
fn of_program(call: &Call, module: &str) -> Result<Reply> {
    let features = features::of(&call.app, module)?;
    let failed = |fault: super::program::Fault| Error::new("failed", "module").with("value", fault.error);
    let features = features.map_err(failed)?;
    let list = |words: &mut dyn Iterator<Item = &str>| words.collect::<Vec<_>>().join(", ");
    Ok(Reply::Ok(vec![
        Node::leaf("itemtypes", list(&mut features.itemtypes())),
        Node::leaf("features", list(&mut features.words())),
    ]))
}
