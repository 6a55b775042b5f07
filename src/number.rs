//! Virtual numbers: what is for sale, orders and their messages, vendors (operations.md §2.17-2.22).

pub mod catalogue;
pub mod code;
pub mod flash;
pub mod hook;
pub mod part;
pub mod payment;
pub mod payout;
pub mod smpp;
pub mod supplier;
pub mod vendor;
pub mod wallet;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    catalogue::offer::FUNCS,
    catalogue::phone::FUNCS,
    catalogue::product::FUNCS,
    catalogue::words::FUNCS,
    code::FUNCS,
    flash::FUNCS,
    payment::FUNCS,
    payout::FUNCS,
    supplier::FUNCS,
    vendor::FUNCS,
    wallet::FUNCS,
];
