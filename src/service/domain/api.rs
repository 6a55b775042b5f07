//! Registering or moving a domain in one call (functions.md, Flow 4).

use super::plan::{self, Pick, Picks};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::service::contact;
use crate::service::order;

pub const FUNCS: &[Row] = &[("domain.order.api", Handler::Once(order_at_once))];

const CUSTOMER: &str = "customer";
const ROLES: [&str; 4] = ["owner", "admin", "tech", "bill"];

fn order_at_once(cx: &mut Ctx) -> Result<Reply> {
    let mut record = told(cx)?;
    let action = record.str("action").to_owned();
    record.set("domain_action", action);
    let picks = picks(cx, &record)?;
    Ok(Reply::Ok(plan::place(cx, &record, "domain", &picks)?))
}

/// The parameters as a form would have read them.
fn told(cx: &Ctx) -> Result<Record> {
    let mut record = Record::new();
    for field in cx.func.meta.fields() {
        let raw = match cx.params.sent(&field.name) {
            Some(text) => crate::value::parse(field, text, &cx.zone)?,
            None if field.required => return Err(Error::missed(&field.name)),
            None => crate::value::default(field, &cx.zone),
        };
        record.set(field.column(), raw);
    }
    Ok(record)
}

/// The customer is a contact that is there, or made of `customer_<param>`, or else the client's
/// only one. Who is not named is the customer too.
fn picks(cx: &mut Ctx, record: &Record) -> Result<Picks> {
    let prefix = format!("{CUSTOMER}_");
    let is_entered = cx.params.iter().any(|(name, value)| name.starts_with(&prefix) && !value.is_empty());
    let customer = match (record.int(CUSTOMER), record.int("owner")) {
        (0, _) if is_entered => Pick::New(prefix),
        (0, 0) => Pick::Known(only_one(cx)?),
        (0, owner) => Pick::Known(owner),
        (customer, _) => Pick::Known(customer),
    };
    let of = |role: &'static str| {
        let pick = match record.int(role) {
            0 => customer.clone(),
            id => Pick::Known(id),
        };
        (role, role.to_owned(), pick)
    };
    let first = (CUSTOMER, CUSTOMER.to_owned(), customer.clone());
    Ok([first].into_iter().chain(ROLES.into_iter().map(of)).collect())
}

fn only_one(cx: &mut Ctx) -> Result<i64> {
    let owner = order::client(cx)?;
    match contact::of_account(cx.conn, owner.0)?.as_slice() {
        [(id, _)] => Ok(*id),
        _ => Err(Error::missed(CUSTOMER)),
    }
}
