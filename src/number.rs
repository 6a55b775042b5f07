//! Virtual numbers: what they are sold for, orders and their messages, vendors and suppliers.

pub mod code;
pub mod flash;
pub mod payout;
pub mod vendor;
pub mod wallet;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[code::FUNCS, flash::FUNCS, payout::FUNCS, vendor::FUNCS, wallet::FUNCS];
