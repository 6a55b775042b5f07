//! Virtual numbers: what is for sale, orders and their messages, vendors (operations.md §2.17-2.22).

pub mod snapshot;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[];
