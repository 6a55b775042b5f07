//! Virtual numbers: what is for sale, orders and their messages, vendors and suppliers (operations.md §2.17-2.22).

pub mod account;
pub mod buy;
pub mod buyer;
pub mod catalogue;
pub mod code;
pub mod flash;
pub mod hook;
pub mod inbox;
pub mod maxprice;
pub mod order;
pub mod outcome;
pub mod part;
pub mod payment;
pub mod payout;
pub mod pull;
pub mod rating;
pub mod reuse;
pub mod sandbox;
pub mod shown;
pub mod smpp;
pub mod snapshot;
pub mod stock;
pub mod supplier;
pub mod vendor;
pub mod wallet;
pub mod wish;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    buy::FUNCS,
    catalogue::offer::FUNCS,
    catalogue::phone::FUNCS,
    catalogue::product::FUNCS,
    catalogue::words::FUNCS,
    code::FUNCS,
    flash::FUNCS,
    inbox::FUNCS,
    maxprice::FUNCS,
    order::FUNCS,
    payment::FUNCS,
    payout::FUNCS,
    rating::FUNCS,
    reuse::FUNCS,
    supplier::FUNCS,
    vendor::FUNCS,
    wallet::FUNCS,
];
