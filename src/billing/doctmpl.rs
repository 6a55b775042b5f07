//! Templates of printed documents that an administrator makes: each is tried out before it is kept.

mod sample;

use crate::error::{Error, Result};
use crate::paper;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

use super::usage::refuse_used;

pub const FUNCS: &[Row] = &[
    ("doctmpl.edit", Handler::Form(EDIT)),
    ("doctmpl.copy", Handler::Form(EDIT.read(record::read_copy).show(|_, _| Ok(())))),
    ("doctmpl.delete", Handler::Each(delete)),
];

const EDIT: Form = record::FORM.check(check).show(show);

/// A new template begins as the delivered one of its type and language.
fn show(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() && record.str("data").is_empty() {
        let delivered = paper::delivered(record.str("type"), record.str("lang"));
        record.set("data", delivered.unwrap_or_default());
    }
    Ok(())
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    show(cx, record)?;
    let made = paper::make(record.str("data"), &sample::of(record.str("type"), record.str("lang")));
    let printed = made.and_then(|paper| paper::pdf(&paper));
    printed.map(drop).map_err(|error| {
        let why = error.cause.as_ref().map_or_else(|| error.to_string(), |cause| cause.to_string());
        Error::value("data", why)
    })
}

const USERS: [(&str, &str, &str); 5] = [
    ("company", "company", "doctmpl_invoice"),
    ("company", "company", "doctmpl_payment"),
    ("company", "company", "doctmpl_reconciliation"),
    ("contract", "company_contract", "doctmpl_id"),
    ("contract", "company_contract_appendix", "doctmpl_id"),
];

/// Who still prints with a template would print differently without it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &USERS)?;
    record::delete(cx, elid)
}
