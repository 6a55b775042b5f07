//! eSIM: packages of data that providers sell, orders of them, and what activates a profile.

pub mod buy;
pub mod coverage;
pub mod gateway;
pub mod hook;
pub mod http;
pub mod order;
pub mod package;
pub mod profile;
pub mod provider;
pub mod qr;
pub mod refresh;
pub mod sandbox;

use crate::db::Sql;
use crate::error::Result;
use crate::history;
use crate::level::Level;
use crate::record;
use crate::rpc::handler::{Call, Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("esim", Handler::View(Some(own_list))),
    ("esim.info", Handler::Form(order::INFO)),
    ("esim.buy", Handler::Form(buy::FORM)),
    ("esim.sync", Handler::Outside(refresh::sync)),
    ("esim.refund", Handler::Once(refresh::refund)),
    ("esim.qr", Handler::Once(qr::answer)),
    ("esim.package", Handler::View(Some(package::whose))),
    ("esim.package.edit", Handler::Form(package::EDIT)),
    ("esim.package.delete", Handler::Each(package::delete)),
    ("esim.package.suspend", Handler::Each(record::suspend)),
    ("esim.package.resume", Handler::Each(record::resume)),
    ("esim.package.history", Handler::View(Some(history::of_record))),
    ("esim.package.sync", Handler::Form(package::SYNC)),
    ("esim.coverage", Handler::Rows(coverage::rows)),
    ("esim.provider.edit", Handler::Form(provider::EDIT)),
    ("esim.provider.delete", Handler::Each(provider::delete)),
    ("esim.provider.balance", Handler::Outside(provider::balance)),
];

/// ` AND …`: an order is seen by who pays it, and by staff. A reseller's clients buy from the provider,
/// and their eSIMs are none of his business (operations.md R132).
fn own_sql(call: &Call) -> Sql {
    match call.caller.level() {
        level if level.is_staff() => Sql::default(),
        Level::User | Level::Reseller => Sql::new(" AND account_id = ").bind(call.caller.user.account_id),
        _ => Sql::new(" AND 1 = 0"),
    }
}

fn own_list(cx: &mut Ctx) -> Result<Sql> {
    Ok(own_sql(cx))
}
