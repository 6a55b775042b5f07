//! What has to happen now and then, with nobody asking for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::auth::{Caller, session};
use crate::config::Watch;
use crate::db::{Backend, Kind, Sql};
use crate::error::Result;
use crate::jobs;
use crate::ledger::payment::Status;
use crate::number::{pull, sandbox, smpp};
use crate::outbox::worker;
use crate::params::Params;
use crate::rpc::{self, list::NoRows, types};
use crate::settings;
use crate::telecom::{asterisk, rates, sms};

const TICK: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_millis(50);
/// Payments that one job ends the credit of; the rest waits for the next minute.
const EXPIRED_MAX: i64 = 500;
/// Pieces of each generation of invoices that one minute does; the rest waits for the next.
const PIECES_MAX: usize = 1_000;

/// Runs until it is dropped. Each looks every second or so whether there is something to do; they begin
/// one after the other, so that one connection and one thread are enough for all of them at rest.
pub async fn run(app: Arc<App>) {
    tokio::join!(
        worker::run_always(&app),
        after(1, asterisk::run_always(&app)),
        after(2, sms::worker::run_always(&app)),
        after(3, smpp::run_always(&app)),
        after(4, pull::run_always(&app)),
        after(5, sandbox::run_always(&app)),
        ask_others(&app),
        look_after(&app)
    );
}

async fn after(place: u32, work: impl Future<Output = ()>) {
    tokio::time::sleep(place * BETWEEN).await;
    work.await;
}

/// Jobs that wait for other machines hold nothing else up.
async fn ask_others(app: &Arc<App>) {
    loop {
        tokio::time::sleep(MINUTE).await;
        blocking(app, |app| jobs::run_reaching(app, app.clock.now_us())).await;
    }
}

async fn look_after(app: &Arc<App>) {
    let mut watch = app.origin.file.clone().map(|file| Watch::new(&file, app.clock.now_us()));
    let mut tick = tokio::time::interval(TICK);
    let mut minute = Instant::now();
    loop {
        tick.tick().await;
        if watch.as_mut().is_some_and(|watch| watch.changed(app.clock.now_us())) {
            blocking(app, |app| settings::reload(app)).await;
        }
        if app.db.backend() == Backend::Postgres {
            blocking(app, |app| settings::refresh(app)).await;
            blocking(app, |app| types::refresh(app)).await;
            blocking(app, |app| rates::refresh(app)).await;
        }
        if minute.elapsed() >= MINUTE {
            minute = Instant::now();
            blocking(app, each_minute).await;
            blocking(app, |app| jobs::run_all(app, app.clock.now_us())).await;
        }
    }
}

pub async fn blocking(app: &Arc<App>, work: impl FnOnce(&Arc<App>) + Send + 'static) {
    let app = app.clone();
    let _ = tokio::task::spawn_blocking(move || work(&app)).await;
}

fn each_minute(app: &Arc<App>) {
    flush(app);
    if let Err(error) = end_credits(app) {
        tracing::error!("credits were not ended: {error}");
    }
    if let Err(error) = go_on_with_invoices(app) {
        tracing::error!("generations of invoices were not gone on with: {error}");
    }
}

/// Does what is left of generations of invoices, piece by piece: each is a call of its own, so that
/// others write between them, and what was done is kept when the server stops.
pub fn go_on_with_invoices(app: &Arc<App>) -> Result<()> {
    for _ in 0..PIECES_MAX {
        let sql = Sql::new("SELECT id FROM invoice_run WHERE stage < 2 ORDER BY id");
        let rows = app.db.read(rpc::BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut gone_on = false;
        for row in rows {
            let elid = row[0].int().to_string();
            let params = Params::of([("func", "invoice.generate.continue"), ("elid", elid.as_str())]);
            match rpc::call(app, &Caller::own(), &params, rpc::BUDGET_SLOW, &mut NoRows) {
                Ok(_) => gone_on = true,
                Err(error) => tracing::warn!("generation {elid} of invoices was not gone on with: {error}"),
            }
        }
        if !gone_on {
            return Ok(()); // the next minute tries again
        }
    }
    Ok(())
}

/// Writes last uses of sessions down.
pub fn flush(app: &Arc<App>) {
    let idle_us = session::idle_us(&app.config.load());
    if let Err(error) = app.access.flush(&app.db, app.clock.now_us(), idle_us) {
        tracing::error!("sessions were not written down: {error}");
    }
}

/// Takes back credits whose date has passed without the money (decisions.md, Money). Each payment
/// is a call of its own, so one that cannot be taken back holds no other up.
pub fn end_credits(app: &Arc<App>) -> Result<()> {
    let today = app.config.load().time_zone.day_us(app.clock.now_us());
    let sql =
        Sql::new("SELECT id FROM payment WHERE NOT deleted AND status = ").bind(Status::OnCredit.code());
    let sql = sql.sql(" AND creditdate > 0 AND creditdate < ").bind(today);
    let sql = sql.sql(" ORDER BY creditdate LIMIT ").bind(EXPIRED_MAX);
    for row in app.db.read(rpc::BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))? {
        let elid = row[0].int().to_string();
        let params = Params::of([("func", "payment.creditexpired"), ("elid", elid.as_str())]);
        if let Err(error) = rpc::call(app, &Caller::own(), &params, rpc::BUDGET_SLOW, &mut NoRows) {
            tracing::warn!("the credit of payment {elid} was not ended: {error}");
        }
    }
    Ok(())
}
