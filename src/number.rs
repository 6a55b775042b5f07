//! Virtual numbers: what they are sold for, orders and their messages, vendors and suppliers.

pub mod account;
pub mod buy;
pub mod code;
pub mod inbox;
pub mod maxprice;
pub mod order;
pub mod outcome;
pub mod rating;
pub mod reuse;
pub mod sandbox;
pub mod shown;
pub mod stock;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    buy::FUNCS,
    code::FUNCS,
    inbox::FUNCS,
    maxprice::FUNCS,
    order::FUNCS,
    rating::FUNCS,
    reuse::FUNCS,
];
