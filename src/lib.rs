//! A billing server that speaks the BILLmanager RPC protocol. ARCHITECTURE.md is the map.

pub mod app;
pub mod auth;
pub mod billing;
pub mod books;
pub mod cell;
pub mod command;
pub mod config;
pub mod csv;
pub mod dashboard;
pub mod db;
pub mod demo;
pub mod desk;
pub mod dialect;
pub mod digits;
pub mod doc;
pub mod effect;
pub mod error;
pub mod first_start;
pub mod gateway;
pub mod hints;
pub mod history;
pub mod http;
pub mod jobs;
pub mod json;
pub mod ledger;
pub mod level;
pub mod mgrctl;
pub mod module;
pub mod money;
pub mod number;
pub mod outbox;
mod packed;
pub mod paper;
pub mod params;
pub mod record;
pub mod render;
pub mod rpc;
pub mod savedfilter;
pub mod seal;
pub mod serve;
pub mod service;
pub mod settings;
pub mod start;
pub mod tariff;
pub mod telecom;
pub mod time;
pub mod upkeep;
pub mod value;

/// Every delivered function, or what is wrong with them.
pub fn functions() -> Result<rpc::registry::Registry, Vec<String>> {
    let own = [
        auth::recovery::FUNCS,
        auth::register::FUNCS,
        auth::signin::FUNCS,
        auth::verify::FUNCS,
        auth::totp::FUNCS,
        auth::phone::FUNCS,
        dashboard::FUNCS,
        desk::FUNCS,
        settings::FUNCS,
        savedfilter::FUNCS,
        books::check::FUNCS,
        outbox::queue::FUNCS,
        module::info::FUNCS,
        module::check::FUNCS,
        rpc::find::FUNCS,
    ];
    let all: Vec<&[rpc::registry::Row]> = own
        .into_iter()
        .chain(
            billing::FUNCS.iter().chain(service::FUNCS).chain(telecom::FUNCS).chain(number::FUNCS).copied(),
        )
        .collect();
    let registry = rpc::registry::Registry::embedded(&all)?;
    let faults = dialect::faults(&registry);
    if faults.is_empty() { Ok(registry) } else { Err(faults) }
}
