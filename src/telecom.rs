//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod account;
pub mod apikey;
pub mod credit;
pub mod password;
pub mod portal;
pub mod rating;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[apikey::FUNCS, account::FUNCS, credit::FUNCS, password::FUNCS, portal::FUNCS];
