//! Companies: who issues payments and documents.

use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("company.add", Handler::Form(record::FORM.save(save))),
    ("company.edit", Handler::Form(record::FORM.save(save))),
];

/// Payer kinds: individual, legal entity, sole proprietor.
const KINDS: [i64; 3] = [1, 2, 3];

/// Far from the end of what a column holds: SQLite would count on from there in floats.
const NUMBER_MAX: i64 = 1_000_000_000_000_000;

/// A new company serves every kind of payer until somebody says otherwise.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let is_new = record.is_new();
    for (field, column) in [("nextnum_payment", "payment_next"), ("nextnum_invoice", "invoice_next")] {
        let next = record.int(column);
        if cx.func.meta.field(field).is_some() && !(1..=NUMBER_MAX).contains(&next) {
            return Err(Error::value(field, next.to_string()));
        }
    }
    let id = record::store(cx, record)?;
    if is_new {
        KINDS.iter().try_for_each(|kind| add_kind(cx, id, *kind))?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn add_kind(cx: &mut Ctx, company_id: i64, kind: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO company_profiletype (company_id, profiletype) VALUES (");
    sql.binds([company_id.into(), kind.into()]).sql(") ON CONFLICT DO NOTHING").execute(cx.conn)?;
    Ok(())
}
