//! Companies: who issues payments and documents.

use crate::db::{Kind, Sql};
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
    for counter in [PAYMENTS, INVOICES] {
        check_next(cx, &record, &counter)?;
    }
    let id = record::store(cx, record)?;
    if is_new {
        KINDS.iter().try_for_each(|kind| add_kind(cx, id, *kind))?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// What numbers the documents of a company.
struct Counter {
    field: &'static str,
    column: &'static str,
    /// The documents that were numbered by it, and their company.
    documents: (&'static str, &'static str),
}

const PAYMENTS: Counter =
    Counter { field: "nextnum_payment", column: "payment_next", documents: ("payment", "recipient_id") };
const INVOICES: Counter =
    Counter { field: "nextnum_invoice", column: "invoice_next", documents: ("invoice", "company_id") };

/// A form that was opened before the last document would give its number once more.
fn check_next(cx: &mut Ctx, record: &Record, counter: &Counter) -> Result<()> {
    if cx.func.meta.field(counter.field).is_none() {
        return Ok(());
    }
    let next = record.int(counter.column);
    let refused = || Error::value(counter.field, next.to_string());
    if !(1..=NUMBER_MAX).contains(&next) {
        return Err(refused());
    }
    let (table, company) = counter.documents;
    let sql = Sql::new("SELECT id FROM company WHERE id = ").bind(record.id).sql(" AND ");
    let sql = sql.word(counter.column).sql(" > ").bind(next).sql(" AND EXISTS (SELECT 1 FROM ").word(table);
    let sql = sql.sql(" WHERE number <> '' AND ").word(company).sql(" = company.id)");
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Err(refused().with("desc", "desc_number_given")),
        None => Ok(()),
    }
}

fn add_kind(cx: &mut Ctx, company_id: i64, kind: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO company_profiletype (company_id, profiletype) VALUES (");
    sql.binds([company_id.into(), kind.into()]).sql(") ON CONFLICT DO NOTHING").execute(cx.conn)?;
    Ok(())
}
