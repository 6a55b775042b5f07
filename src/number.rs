//! Virtual numbers: what is for sale, orders and their messages, vendors (operations.md §2.17-2.22).

pub mod catalogue;
pub mod payment;
pub mod snapshot;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    catalogue::offer::FUNCS,
    catalogue::phone::FUNCS,
    catalogue::product::FUNCS,
    catalogue::words::FUNCS,
    payment::FUNCS,
];
