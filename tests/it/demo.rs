//! The demo data: whole, the same in every run, and no different on the other engine.

use std::sync::Arc;
use std::time::Duration;

use billmgr::app::App;
use billmgr::books::check;
use billmgr::db::{Kind, Sql};
use billmgr::first_start;
use billmgr::settings::Origin;

use crate::support::database::{Database, Dir};
use crate::support::{Engine, seed};

const LONG: Duration = Duration::from_secs(60);

fn count(app: &App, sql: &'static str) -> i64 {
    let rows = app.db.read(LONG, |conn| Sql::new(sql).first(conn, &[Kind::Int]));
    rows.expect("a statement").expect("a row")[0].int()
}

/// Fills an empty database and answers the digest of its ledger.
fn filled(engine: Engine) -> String {
    let dir = Dir::new();
    let database = Database::empty(engine, &dir.0);
    let app: Arc<App> = seed::app(&database.url, &dir.0, Origin::default());
    first_start::run(&app, true).expect("the demo is filled");
    let report = app.db.read(LONG, check::run).expect("a check");
    assert!(report.faults.is_empty() && report.debts.is_empty(), "{report:?}");
    let digest = app.db.read(LONG, check::digest).expect("a digest");
    first_start::run(&app, true).expect("a filled database is left alone");
    let again = app.db.read(LONG, check::digest).expect("a digest");
    assert_eq!(digest, again);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM users WHERE password <> ''"), 12);
    let payments = count(&app, "SELECT COUNT(*) FROM payment_list");
    assert!((180..=220).contains(&payments), "{payments} payments");
    // Who was signed up for telephony has credit of his reseller and no payments.
    let poor = "SELECT COUNT(*) FROM account a WHERE NOT EXISTS \
                (SELECT 1 FROM refill r WHERE r.kind = 'initial' AND r.account_id = a.id) AND \
                (SELECT COUNT(DISTINCT p.status) FROM payment_list p WHERE p.account_id = a.id) < 5";
    assert_eq!(count(&app, poor), 0, "every client has payments in five statuses");
    digest
}

#[test]
fn every_run_on_every_engine_makes_the_same_ledger() {
    let first = filled(Engine::Sqlite);
    for engine in Engine::all() {
        assert_eq!(filled(engine), first, "{engine:?}");
    }
}
