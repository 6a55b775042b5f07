//! Does what is due: leases a row, acts without a transaction, settles it.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{Due, Settled, due, holds, lease, mail, operation, release, settle};
use crate::app::App;
use crate::auth::Caller;
use crate::billing::payment::{autopay, refund};
use crate::db::Conn;
use crate::error::Result;
use crate::module::{self, search};
use crate::rpc::BUDGET_SLOW;
use crate::service::{Shelf, Till};

/// Rows that one round takes.
const ROUND_MAX: i64 = 64;
/// Rows that are worked on at the same time.
const PLACES: usize = 8;
/// How often it is looked without a reason, and how long many reasons are gathered.
const PAUSE: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(20);

/// What acting on a row came to, and what else the settling job writes.
pub struct Acted {
    pub settled: Settled,
    pub effects: module::Effects,
}

impl Acted {
    pub fn new(settled: Settled) -> Self {
        Self { settled, effects: module::Effects::default() }
    }

    pub fn failed(error: impl Into<String>, log: impl Into<String>) -> Self {
        Self::new(Settled::Failed { error: error.into(), log: log.into() })
    }
}

/// Looks for what is due, at once after something was written and else once a second, and does it
/// on threads of the blocking pool: a slow module holds its own place and nobody else up.
pub async fn run_always(app: &Arc<App>) {
    let places = Arc::new(Semaphore::new(PLACES));
    loop {
        let _ = tokio::time::timeout(PAUSE, app.posted.notified()).await;
        let look = app.clone();
        let rows = tokio::task::spawn_blocking(move || rows_due(&look)).await;
        for row in rows.unwrap_or_default() {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let app = app.clone();
            tokio::task::spawn_blocking(move || {
                attempt(&app, row);
                drop(place);
                app.posted.notify_one(); // what waited for it may be due
            });
        }
        // Many writes are one reason to look.
        tokio::time::sleep(BREATH).await;
    }
}

fn rows_due(app: &App) -> Vec<Due> {
    let now_us = app.clock.now_us();
    app.db.read(BUDGET_SLOW, |conn| due(conn, now_us, ROUND_MAX)).unwrap_or_else(|error| {
        tracing::error!("the outbox cannot be read: {error}");
        Vec::new()
    })
}

fn attempt(app: &Arc<App>, row: Due) {
    let reference = row.reference.clone();
    if let Err(error) = run(app, row) {
        tracing::error!(reference, "an attempt could not be written down: {error}");
    }
}

/// Does everything that is due now, one after the other; answers how many rows were taken.
pub fn run_due(app: &Arc<App>) -> Result<usize> {
    let now_us = app.clock.now_us();
    let rows = app.db.read(BUDGET_SLOW, |conn| due(conn, now_us, ROUND_MAX))?;
    let mut taken = 0;
    for row in rows {
        taken += usize::from(run(app, row)?);
    }
    Ok(taken)
}

fn run(app: &Arc<App>, mut row: Due) -> Result<bool> {
    let token = crate::auth::session::new_id();
    let (now_us, hash) = (app.clock.now_us(), hash(&token));
    let (leased, own) = (row.clone(), hash.clone());
    if !app.db.write(move |conn| lease(conn, &leased, &own, now_us))? {
        return Ok(false);
    }
    row.token_hash = hash;
    let acted = act(app, &row, &token);
    match &acted.settled {
        Settled::Failed { error, .. } | Settled::Refused { error, .. } | Settled::Manual { error } => {
            tracing::warn!(reference = row.reference, "{error}");
        }
        Settled::Done | Settled::Waiting { .. } | Settled::Reported => {}
    }
    let job = {
        let (app, now_us) = (app.clone(), app.clock.now_us());
        move |conn: &mut Conn| settle_job(conn, &app, &row, &acted, now_us)
    };
    app.db.write(job)?;
    Ok(true)
}

/// Only the hash of a token is kept.
pub fn hash(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn act(app: &Arc<App>, row: &Due, token: &str) -> Acted {
    match row.kind.as_str() {
        mail::KIND | search::KIND if app.simulates => Acted::new(Settled::Done),
        operation::KIND => module::act(app, row, token),
        search::KIND => search::act(app, row, token),
        mail::KIND => mail::act(app, row),
        autopay::KIND => autopay::act(app, row),
        refund::request::KIND => refund::request::act(app, row),
        kind => Acted::failed(format!("unknown kind {kind}"), ""),
    }
}

fn settle_job(conn: &mut Conn, app: &App, row: &Due, acted: &Acted, now_us: i64) -> Result<()> {
    let caller = Caller::own();
    if !holds(conn, row)? {
        return Ok(()); // the lease was over, and another attempt has it
    }
    let mut shelf = Shelf::default();
    let till = &mut Till::new(conn, app, &caller, ("runningoperation", now_us), &mut shelf);
    if row.kind != operation::KIND {
        return settle(till.conn, row, &acted.settled, now_us);
    }
    acted.effects.keep(till, row.item_id)?;
    operation::settled(till, row, &acted.settled)?;
    release(till.conn, row)
}
