//! Services: what is sold, ordered, charged, run and closed. One `item` table stands under the
//! functions of every product type.

pub mod address;
pub mod basket;
pub mod buyer;
pub mod callback;
pub mod cart;
pub mod certificate;
pub mod change;
pub mod checkout;
pub mod choices;
pub mod contact;
pub mod domain;
pub mod fixed;
pub mod form;
pub mod item;
pub mod limits;
pub mod modules;
pub mod offers;
pub mod order;
pub mod orderform;
pub mod prolong;
pub mod show;
pub mod status;
pub mod tariff;
pub mod term;
mod till;
pub mod usage;

use crate::db::Sql;
use crate::rpc::handler::Handler;
use crate::rpc::registry::Row;

pub use till::{Rows, Shelf, Till};

pub const FUNCS: &[&[Row]] = &[
    address::FUNCS,
    basket::FUNCS,
    callback::FUNCS,
    certificate::FUNCS,
    change::form::FUNCS,
    contact::FUNCS,
    contact::link::FUNCS,
    contact::registrar::FUNCS,
    domain::api::FUNCS,
    domain::forms::FUNCS,
    domain::order::FUNCS,
    domain::whois::FUNCS,
    fixed::FUNCS,
    form::FUNCS,
    item::FUNCS,
    order::FUNCS,
    prolong::FUNCS,
    show::FUNCS,
];

/// The history of services is kept under one name, whatever their type.
pub const HISTORY: Handler = Handler::View(Some(|cx| {
    let id = cx.need_elid()?;
    item::need_own(cx, id)?;
    Ok(Sql::new(" AND object = 'item' AND object_id = ").bind(id))
}));
