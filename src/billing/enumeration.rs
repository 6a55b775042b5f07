//! Enumerations and their values.

use super::intname;
use super::usage::refuse_used;
use crate::error::Result;
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("enumeration.edit", Handler::Form(record::FORM.check(|_, record| intname::check(record)))),
    ("enumeration.delete", Handler::Each(delete)),
    ("enumerationitem.edit", Handler::Form(record::FORM.check(|_, record| intname::check(record)))),
    ("enumerationitem.delete", Handler::Each(delete_value)),
];

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [
        ("itemtype.addon", "itemtype", "enumeration_id"),
        ("pricelist.detail", "pricelist_detail", "enumeration_id"),
    ];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}

/// A value that an add-on begins with would leave it with none.
fn delete_value(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [
        ("itemtype.addon", "itemtype", "enumerationitem_id"),
        ("pricelist.detail", "pricelist_detail", "enumerationitem_id"),
    ];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}
