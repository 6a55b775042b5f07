//! Works off what waits: claims a batch of a provider, hands it over, and writes down what became of it
//! together with the next claim.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::campaign::drop_unfinished;
use super::claim::{Claim, claim, has_due};
use super::message::Charged;
use super::outcome::{self, Handed};
use super::receipt;
use super::transport::{self, Outcome, Transport, sandbox};
use super::unwritten;
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;

/// How often it is looked without a reason, and how long many reasons are gathered.
const PAUSE: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(50);
/// A pace that is slower than this is for the next look.
const PATIENCE_US: i64 = 1_000_000;
/// So often it is tried to write down what became of a batch: well within its lease.
const TRIES_MAX: u32 = 20;
/// Providers that are worked on at the same time.
const PROVIDERS_MAX: usize = 8;

/// Dropped with the loop that it belongs to: then nothing new is claimed.
struct Round {
    stopped: Arc<AtomicBool>,
    busy: Arc<Mutex<HashSet<i64>>>,
}

impl Drop for Round {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}

/// Runs until it is dropped. Each provider has a thread of its own: a slow one holds no other up.
pub async fn run_always(app: &Arc<App>) {
    let round = Round { stopped: Arc::default(), busy: Arc::default() };
    let behind = Arc::new(AtomicI64::new(0));
    loop {
        let _ = tokio::time::timeout(PAUSE, app.sms_waits.notified()).await;
        let (look, seen) = (app.clone(), behind.clone());
        let due = tokio::task::spawn_blocking(move || {
            tend(&look, &seen);
            providers_due(&look).unwrap_or_default()
        });
        due.await.unwrap_or_default().into_iter().for_each(|id| begin(app, &round, id));
        tokio::time::sleep(BREATH).await;
    }
}

fn begin(app: &Arc<App>, round: &Round, provider_id: i64) {
    let (app, stopped, busy) = (app.clone(), round.stopped.clone(), round.busy.clone());
    let is_new = busy.lock().is_ok_and(|mut busy| busy.len() < PROVIDERS_MAX && busy.insert(provider_id));
    if !is_new {
        return;
    }
    tokio::task::spawn_blocking(move || {
        if let Err(error) = work_off(&app, provider_id, Some(&stopped)) {
            tracing::error!(provider = provider_id, "messages were not worked off: {error}");
        }
        if let Ok(mut busy) = busy.lock() {
            busy.remove(&provider_id);
        }
    });
}

/// What is due beside handing over: receipts, and messages whose server has ended.
fn tend(app: &Arc<App>, behind: &AtomicI64) {
    let now_us = app.clock.now_us();
    unwritten::write_down(app);
    if let Err(error) = transport::follow(app) {
        tracing::error!("sessions with providers of messages were not looked after: {error}");
    }
    let told = outcome::sweep(app, now_us).and_then(|_| receipt::take_up(app, now_us));
    let told = told.and_then(|_| drop_unfinished(app, now_us));
    let told = told.and_then(|_| sandbox::receipts(app, behind.load(Ordering::SeqCst), now_us));
    match told {
        Ok((_, last)) => behind.store(last, Ordering::SeqCst),
        Err(error) => tracing::error!("receipts of messages were not taken up: {error}"),
    }
}

/// Does everything that is due now, one provider after the other; answers how many messages were handed
/// over.
pub fn run_due(app: &Arc<App>) -> Result<usize> {
    let now_us = app.clock.now_us();
    unwritten::write_down(app);
    while outcome::sweep(app, now_us)? > 0 {}
    while receipt::take_up(app, now_us)? > 0 {}
    while drop_unfinished(app, now_us)? > 0 {}
    let mut behind = 0;
    loop {
        let (told, last) = sandbox::receipts(app, behind, now_us)?;
        if told == 0 {
            break;
        }
        behind = last;
    }
    let ids = providers_due(app)?;
    ids.into_iter().map(|id| work_off(app, id, None)).sum()
}

fn providers_due(app: &App) -> Result<Vec<i64>> {
    let now_us = app.clock.now_us();
    let sql = Sql::new("SELECT p.id FROM sms_provider p WHERE NOT p.deleted AND p.active AND p.next_at <= ");
    let sql = sql.bind(now_us).sql(
        " AND (EXISTS (SELECT 1 FROM sms_scheduled s WHERE s.status = 'SCHEDULED' AND s.provider_id = p.id \
         AND s.run_at <= ",
    );
    let sql = sql.bind(now_us).sql(
        ") OR EXISTS (SELECT 1 FROM sms_campaign c WHERE c.status IN ('QUEUED', 'RUNNING') \
         AND c.provider_id = p.id AND c.run_at <= ",
    );
    let sql = sql.bind(now_us).append(&has_due(now_us)).sql(")) ORDER BY p.id");
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))?;
    Ok(rows.iter().map(|row| row[0].int()).collect())
}

/// Until nothing is due for this provider. With `stopped` it waits for a pace, and ends when told so.
fn work_off(app: &Arc<App>, provider_id: i64, stopped: Option<&AtomicBool>) -> Result<usize> {
    let is_stopped = || stopped.is_some_and(|stopped| stopped.load(Ordering::SeqCst));
    let (mut handed, mut total, mut failed) = (Arc::<[Handed]>::default(), 0, 0);
    loop {
        // What cannot be claimed keeps no result from being written down.
        let goes_on = failed == 0 && !is_stopped();
        let (done, now_us) = (handed.clone(), app.clock.now_us());
        let claimed = app.db.write_alone(move |conn| {
            outcome::record(conn, provider_id, &done, now_us)?;
            if goes_on { claim(conn, provider_id, now_us) } else { Ok(Claim::Nothing) }
        });
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) if handed.is_empty() || failed == TRIES_MAX => return Err(error),
            Err(error) => {
                tracing::warn!(provider = provider_id, "tried again: {error}");
                failed += 1;
                std::thread::sleep(PAUSE);
                continue;
            }
        };
        handed = Arc::default();
        match claimed {
            Claim::Batch(batch) => {
                total += batch.len();
                handed = hand_over(app, provider_id, batch).into();
            }
            Claim::Later(us) if stopped.is_some() && us <= PATIENCE_US => {
                std::thread::sleep(Duration::from_micros(us.unsigned_abs()));
            }
            Claim::Later(_) | Claim::Nothing => return Ok(total),
        }
    }
}

/// All at once, each on a thread of its own, with nothing held.
pub fn hand_over(app: &Arc<App>, provider_id: i64, batch: Vec<Charged>) -> Vec<Handed> {
    let transport = match transport::of(app, provider_id) {
        Ok(transport) => transport,
        Err(error) => {
            let outcome = Outcome::NotSent { reason: error.to_string() };
            return batch.into_iter().map(|message| (message, outcome.clone())).collect();
        }
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let send = |message: &'_ Charged| {
            let (transport, attempt) = (transport.clone(), message.attempt.clone());
            scope.spawn(move || transport.send(&attempt))
        };
        let threads: Vec<_> = batch.iter().map(send).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_panic| broken())).collect()
    });
    batch.into_iter().zip(outcomes).collect()
}

/// Nobody knows how far it came.
fn broken() -> Outcome {
    Outcome::Unknown { reason: "the transport failed".to_owned() }
}

/// One of a call that waits for it.
pub fn hand_over_one(transport: &dyn Transport, message: &Charged) -> Outcome {
    let attempt = std::panic::AssertUnwindSafe(|| transport.send(&message.attempt));
    std::panic::catch_unwind(attempt).unwrap_or_else(|_panic| broken())
}
