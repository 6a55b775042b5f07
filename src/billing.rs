//! Billing objects: one file each, with its rules and its row of functions.

pub mod account;
pub mod bonus;
pub mod charge;
pub mod company;
pub mod contract;
pub mod currency;
pub mod datacenter;
pub mod discount;
pub mod doctmpl;
pub mod document;
pub mod enumeration;
pub mod expense;
pub mod initialsettings;
pub mod intname;
pub mod invoice;
pub mod itemtype;
pub mod locale;
pub mod measure;
pub mod orderreference;
pub mod payer;
pub mod payment;
pub mod pricelist;
pub mod processing;
pub mod project;
pub mod promotion;
pub mod reconciliation;
pub mod taxrule;
pub mod tld;
pub mod usage;
pub mod user;

use crate::rpc::registry::Row;

/// Every handler of this folder.
pub const FUNCS: &[&[Row]] = &[
    account::FUNCS,
    bonus::FUNCS,
    company::FUNCS,
    contract::FUNCS,
    currency::FUNCS,
    datacenter::FUNCS,
    discount::FUNCS,
    doctmpl::FUNCS,
    enumeration::FUNCS,
    expense::FUNCS,
    initialsettings::FUNCS,
    invoice::FUNCS,
    itemtype::FUNCS,
    locale::FUNCS,
    measure::FUNCS,
    payment::FUNCS,
    payment::add::FUNCS,
    payment::cover::FUNCS,
    payment::landing::FUNCS,
    payment::refund::FUNCS,
    payment::send::FUNCS,
    payment::stored::FUNCS,
    payment::upload::FUNCS,
    pricelist::FUNCS,
    processing::FUNCS,
    processing::import::FUNCS,
    project::FUNCS,
    promotion::FUNCS,
    reconciliation::FUNCS,
    taxrule::FUNCS,
    tld::FUNCS,
    user::FUNCS,
];
