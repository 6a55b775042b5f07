//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod call;
pub mod cdr;
pub mod rates;
pub mod rating;
pub mod sandbox;
pub mod switch;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[call::FUNCS, cdr::FUNCS, sandbox::FUNCS, switch::FUNCS];
