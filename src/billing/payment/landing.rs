//! Where gateways send a client when he is done there. His session may be over, so anybody may come;
//! number and state of a payment are told to those who may see it.

use crate::auth::Scope;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::scope_sql;
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("payment.success", Handler::Once(of_payment)),
    ("payment.fail", Handler::Once(of_payment)),
    ("payment.pending", Handler::Once(of_payment)),
    ("payment.recurring.success", Handler::Once(told)),
    ("payment.recurring.fail", Handler::Once(told)),
    ("payment.stored_methods.success", Handler::Once(told)),
];

/// The state as it is, whatever the gateway called the page by: it decides nothing.
fn of_payment(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    if cx.scope() == Scope::Nobody {
        return Ok(Reply::Object(vec![Node::leaf("id", id.to_string())]));
    }
    let sql = Sql::new("SELECT number, status, deleted, billorder_id FROM payment WHERE id = ").bind(id);
    let sql = sql.append(&scope_sql(cx.scope(), "account_id"));
    let row = sql.first(cx.conn, &[Kind::Text, Kind::Int, Kind::Flag, Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let code = if row[2].on() { "canceled".to_owned() } else { row[1].int().to_string() };
    let status = Node::leaf("status", cx.word(&format!("status_{code}"))).attr("orig", code);
    // What was ordered is to be seen among the services.
    let onward = cx.onward(if row[3].int() == 0 { "func=payment" } else { "func=service" });
    let nodes = [Node::leaf("number", row[0].str()), status];
    Ok(Reply::Object(nodes.into_iter().chain(onward).collect()))
}

fn told(cx: &mut Ctx) -> Result<Reply> {
    Ok(Reply::Object(vec![Node::leaf("message", cx.word("told"))]))
}
