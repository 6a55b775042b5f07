//! Whose turn it is: suppliers are asked side by side, so a slow one holds no other up.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{ask_about_orders, sync};
use crate::app::App;
use crate::db::Sql;
use crate::error::Result;
use crate::jobs::Report;
use crate::number::supplier::{PULL, Supplier};
use crate::rpc::BUDGET_SLOW;

/// Suppliers that are asked at the same time.
const AT_ONCE: usize = 8;
/// Between two rounds while orders live, and else.
const BUSY: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(10);

/// Those that are switched off too: orders there may be left.
fn suppliers(app: &App) -> Result<Vec<Supplier>> {
    let condition = Sql::new(" AND kind = ").bind(PULL);
    app.db.read(BUDGET_SLOW, |conn| Supplier::all(conn, &condition))
}

/// All that is due with one. What fails is due again later.
fn one(app: &Arc<App>, supplier: &Supplier, now_us: i64) -> Report {
    let mut report = Report::default();
    sync::if_due(app, supplier, now_us);
    if let Err(error) = ask_about_orders(app, supplier, now_us, &mut report) {
        tracing::error!(supplier = supplier.code, "orders were not asked about: {error}");
    }
    report
}

/// Asks and tells all that is due now.
pub fn run(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let suppliers = suppliers(app)?;
    let (next, threads) = (Mutex::new(suppliers.iter()), suppliers.len().min(AT_ONCE));
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut report = Report::default();
        while let Some(supplier) = take() {
            let own = one(app, supplier, now_us);
            report = Report { done: report.done + own.done, left: report.left + own.left };
        }
        report
    };
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum();
    Ok(Report { done: sum(|report| report.done), left: sum(|report| report.left) })
}

/// Suppliers that are being asked, and whether anything was due with one since the last look.
#[derive(Default)]
struct Rounds {
    busy: Mutex<HashSet<i64>>,
    worked: AtomicBool,
}

impl Rounds {
    fn busy(&self) -> std::sync::MutexGuard<'_, HashSet<i64>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_begin(&self, id: i64) -> bool {
        let mut busy = self.busy();
        busy.len() < AT_ONCE && busy.insert(id)
    }
}

/// Runs until it is dropped. Each supplier has a thread of its own.
pub async fn run_always(app: &Arc<App>) {
    let rounds = Arc::new(Rounds::default());
    loop {
        let own = app.clone();
        let found = tokio::task::spawn_blocking(move || suppliers(&own)).await;
        for supplier in found.ok().and_then(logged).unwrap_or_default() {
            begin(app, &rounds, supplier);
        }
        let worked = rounds.worked.swap(false, Ordering::SeqCst);
        tokio::time::sleep(if worked { BUSY } else { IDLE }).await;
    }
}

fn logged(found: Result<Vec<Supplier>>) -> Option<Vec<Supplier>> {
    found.inspect_err(|error| tracing::error!("suppliers of numbers were not asked: {error}")).ok()
}

fn begin(app: &Arc<App>, rounds: &Arc<Rounds>, supplier: Supplier) {
    if !rounds.may_begin(supplier.id) {
        return;
    }
    let (app, rounds) = (app.clone(), rounds.clone());
    tokio::task::spawn_blocking(move || {
        let work = std::panic::AssertUnwindSafe(|| one(&app, &supplier, app.clock.now_us()));
        match std::panic::catch_unwind(work) {
            Ok(report) if report == Report::default() => {}
            _ => rounds.worked.store(true, Ordering::SeqCst),
        }
        rounds.busy().remove(&supplier.id);
    });
}
