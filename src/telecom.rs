//! Telephony: keys, call plans and their rates, SIP accounts, retail credit, calls.

pub mod rating;
