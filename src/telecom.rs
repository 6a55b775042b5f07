//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod account;
pub mod apikey;
pub mod asterisk;
pub mod call;
pub mod callerid;
pub mod cdr;
pub mod client;
pub mod credit;
pub mod esim;
pub mod hook;
pub mod ipauth;
pub mod markup;
pub mod party;
pub mod password;
pub mod payers;
pub mod plan;
pub mod portal;
pub mod prefix;
pub mod rate;
pub mod rates;
pub mod rating;
pub mod refill;
pub mod sandbox;
pub mod signup;
pub mod sip;
pub mod sms;
pub mod softphone;
pub mod switch;
pub mod voucher;

use crate::rpc::registry::Row;

pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    apikey::FUNCS,
    call::FUNCS,
    callerid::FUNCS,
    cdr::FUNCS,
    credit::FUNCS,
    esim::FUNCS,
    ipauth::FUNCS,
    markup::FUNCS,
    password::FUNCS,
    plan::FUNCS,
    portal::FUNCS,
    prefix::FUNCS,
    rate::FUNCS,
    refill::FUNCS,
    sandbox::FUNCS,
    signup::FUNCS,
    sip::FUNCS,
    sms::campaign::FUNCS,
    sms::info::FUNCS,
    sms::provider::FUNCS,
    sms::rate::FUNCS,
    sms::scheduled::FUNCS,
    sms::send::FUNCS,
    softphone::FUNCS,
    switch::FUNCS,
    voucher::FUNCS,
];
