//! What must hold when many write at once, when the server dies, and when there are two of it.

mod child;
mod commands;
mod crash;
mod crowd;
mod hangups;
mod keys;
mod lost;
mod pair;
mod panics;
mod renewals;
mod stops;

use billmgr::app::App;
use billmgr::books::check;
use billmgr::db::{Db, Kind, Sql};

use crate::direct::tables;

/// Every rule of the ledger holds.
fn assert_sound(db: &Db) {
    let report = tables::read(db, check::run);
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

/// Millionths that a personal account holds.
fn balance(app: &App, subaccount: &str) -> i64 {
    let id: i64 = subaccount.parse().expect("an id");
    let sql = Sql::new("SELECT balance FROM subaccount_list WHERE id = ").bind(id);
    tables::read(&app.db, |conn| sql.first(conn, &[Kind::Int])).expect("a personal account")[0].int()
}
