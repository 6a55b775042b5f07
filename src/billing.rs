//! Billing objects: one file each, with its rules and its row of functions.

pub mod account;
pub mod company;
pub mod currency;
pub mod expense;
pub mod locale;
pub mod payment;
pub mod project;
pub mod user;

use crate::rpc::registry::Row;

/// Every handler of this folder.
pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    company::FUNCS,
    currency::FUNCS,
    expense::FUNCS,
    locale::FUNCS,
    payment::FUNCS,
    project::FUNCS,
    user::FUNCS,
];
