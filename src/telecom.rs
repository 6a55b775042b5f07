//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod account;
pub mod apikey;
pub mod callerid;
pub mod client;
pub mod credit;
pub mod ipauth;
pub mod password;
pub mod portal;
pub mod rating;
pub mod refill;
pub mod sip;
pub mod softphone;
pub mod voucher;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    apikey::FUNCS,
    callerid::FUNCS,
    credit::FUNCS,
    ipauth::FUNCS,
    password::FUNCS,
    portal::FUNCS,
    refill::FUNCS,
    sip::FUNCS,
    softphone::FUNCS,
    voucher::FUNCS,
];
