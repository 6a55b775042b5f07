//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod callerid;
pub mod client;
pub mod ipauth;
pub mod rating;
pub mod refill;
pub mod sip;
pub mod softphone;
pub mod voucher;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] =
    &[callerid::FUNCS, ipauth::FUNCS, refill::FUNCS, sip::FUNCS, softphone::FUNCS, voucher::FUNCS];
