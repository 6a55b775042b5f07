//! Switches: where calls are made. One of kind `sandbox` is inside of this program.

use crate::billing::usage::refuse_used;
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::seal::Column;

pub const FUNCS: &[Row] = &[("switch.edit", Handler::Form(EDIT)), ("switch.delete", Handler::Each(delete))];

const EDIT: Form = record::FORM.check(check).save(save);

/// The kind that is inside of this program.
pub const SANDBOX: &str = "sandbox";

pub const SECRET: Column =
    Column { table: "switch", column: "secret", context: "switch.secret:{id}", only: "" };

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for field in ["name", "address", "login"] {
        let text = record.str(field).trim().to_owned();
        record.set(field, text);
    }
    // A switch is named by either in calls.
    if record.str("name").bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::value("name", record.str("name")));
    }
    match record.str("kind") == SANDBOX && cx.app.config.load().production {
        true => Err(Error::value("kind", SANDBOX)),
        false => Ok(()),
    }
}

/// A secret is sealed for its row, so the row comes first. An empty field keeps the one there is.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    let secret = cx.params.get("secret").to_owned();
    if secret.is_empty() {
        record.changed.retain(|name| name != "secret");
    }
    let id = record::store(cx, record)?;
    if !secret.is_empty() {
        let sealed = cx.app.sealer.seal(&secret, &SECRET.context(&[&id]));
        let sql = Sql::new("UPDATE switch SET secret = ").bind(sealed).sql(" WHERE id = ").bind(id);
        sql.execute(cx.conn)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Its records keep its name; calls under way have to end first.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("call", "call", "switch_id")])?;
    record::delete(cx, elid)
}
