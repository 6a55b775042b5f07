//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod markup;
pub mod plan;
pub mod prefix;
pub mod rate;
pub mod rates;
pub mod rating;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[markup::FUNCS, plan::FUNCS, prefix::FUNCS, rate::FUNCS];
