//! Virtual numbers: what they are sold for, orders and their messages, vendors and suppliers.

pub mod code;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[code::FUNCS];
