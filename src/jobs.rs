//! What billing does by itself: renewals, suspension, closing, reminders. Each job looks for what is
//! due at a moment that it is given, in chunks of short transactions, and may run twice, on two
//! servers, or be killed: what it has done is not due any more.

pub mod calls;
pub mod numbers;
pub mod services;
pub mod simulate;

use std::sync::Arc;

use crate::app::App;
use crate::auth::Caller;
use crate::billing::payment::autopay;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::number::{part, pull};
use crate::service::item::Item;
use crate::service::status::Status;
use crate::service::{Shelf, Till};
use crate::telecom::asterisk::contact;
use crate::telecom::esim::refresh as esim;

/// What a run came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub done: u64,
    /// Left as they were: without money, or somebody else was faster.
    pub left: u64,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "done {}, left {}", self.done, self.left)
    }
}

/// A job over services: which are due, and what is done with one.
#[derive(Clone, Copy)]
pub struct Job {
    pub name: &'static str,
    /// ` AND …` on `item`, for those that are due at a moment, of active and suspended services that
    /// end. The walk by their end begins where the last chunk stopped: SQLite takes a lower bound of
    /// `expiredate` for its beginning instead, so a condition must hide one behind a `+`.
    pub due: fn(i64) -> Sql,
    pub work: Work,
}

/// What is done with services.
#[derive(Clone, Copy)]
pub enum Work {
    /// One after the other.
    Each(fn(&mut Till, &mut Item) -> Result<()>),
    /// Several by common statements: all of them, or an error.
    All(fn(&mut Till, &mut [Item]) -> Result<()>),
}

impl Work {
    fn run(self, till: &mut Till, items: &[Item]) -> Result<()> {
        let mut items = items.to_vec();
        match self {
            Self::Each(one) => items.iter_mut().try_for_each(|item| one(till, item)),
            Self::All(all) => all(till, &mut items),
        }
    }
}

/// In the order in which they run: cards are asked first, and who can be renewed is not suspended.
pub const JOBS: [Job; 6] =
    [autopay::JOB, services::PROLONG, services::METER, services::SUSPEND, services::CLOSE, services::REMIND];

/// Services that one transaction takes (decisions.md, Writing: none longer than 50 ms).
const CHUNK: usize = 200;

/// The statuses of services that jobs are about. Each is looked through by itself, along index
/// `item_due`: over both at once every chunk would sort all that is left.
const STATUSES: [Status; 2] = [Status::Active, Status::Suspended];

/// A job of any kind.
enum Named {
    OverServices(Job),
    Own(fn(&Arc<App>, i64) -> Result<Report>),
    /// One that waits for others.
    Reaching(fn(&Arc<App>, i64) -> Result<Report>),
}

/// All jobs by name, in the order in which they run.
fn all() -> impl Iterator<Item = (&'static str, Named)> {
    let over_services = JOBS.into_iter().map(|job| (job.name, Named::OverServices(job)));
    over_services.chain([
        (calls::NAME, Named::Own(calls::run)),
        (contact::JOB, Named::Own(contact::forget)),
        (part::NAME, Named::Own(part::run)),
        (numbers::NAME, Named::Own(numbers::run)),
        (esim::NAME, Named::Reaching(esim::run)),
        (pull::NAME, Named::Reaching(pull::run)),
    ])
}

impl Named {
    fn run(self, app: &Arc<App>, now_us: i64) -> Result<Report> {
        match self {
            Self::OverServices(job) => run(app, job, now_us),
            Self::Own(run) | Self::Reaching(run) => run(app, now_us),
        }
    }
}

/// Runs a job as if it were that moment. Error `missed(job)`.
pub fn run_named(app: &Arc<App>, name: &str, now_us: i64) -> Result<Report> {
    let job = all().find(|job| job.0 == name);
    job.ok_or_else(|| Error::missed("job").with("value", name))?.1.run(app, now_us)
}

/// All jobs that wait for nobody; one that fails does not keep the others from running.
pub fn run_all(app: &Arc<App>, now_us: i64) {
    run_some(app, now_us, |job| !matches!(job, Named::Reaching(_)));
}

/// The others: they may take as long as other machines like.
pub fn run_reaching(app: &Arc<App>, now_us: i64) {
    run_some(app, now_us, |job| matches!(job, Named::Reaching(_)));
}

fn run_some(app: &Arc<App>, now_us: i64, is_meant: fn(&Named) -> bool) {
    for (name, job) in all().filter(|(_, job)| is_meant(job)) {
        match job.run(app, now_us) {
            Ok(report) if report.done > 0 => tracing::info!(job = name, ?report),
            Ok(_) => {}
            Err(error) => tracing::error!(job = name, "{error}"),
        }
    }
}

/// Until nothing is due any more: after a long pause a service may have several terms to renew.
pub fn run(app: &Arc<App>, job: Job, now_us: i64) -> Result<Report> {
    let mut report = Report::default();
    loop {
        let pass = pass(app, job, now_us)?;
        report = Report { done: report.done + pass.done, left: pass.left };
        if pass.done == 0 {
            return Ok(report);
        }
    }
}

/// Every service that is due, once, in the order in which they end.
fn pass(app: &Arc<App>, job: Job, now_us: i64) -> Result<Report> {
    let (mut report, mut at_once) = (Report::default(), CHUNK);
    for status in STATUSES {
        let mut after = ENDLESS;
        while let Some(chunk) = chunk(app, job, (status, after), at_once, now_us)? {
            let Report { done, left } = chunk.report;
            report = Report { done: report.done + done, left: report.left + left };
            // Where some are left, more of them follow.
            at_once = (CHUNK / (left as usize + 1)).max(1);
            after = chunk.last;
        }
    }
    Ok(report)
}

/// The end of a service and its number.
type Place = (i64, i64);

/// Behind the services that never end, which no job is about.
const ENDLESS: Place = (0, i64::MAX);

/// What one transaction came to, and the last service that it looked at.
struct Chunk {
    report: Report,
    last: Place,
}

/// One transaction, behind a place; nothing where no more are due.
fn chunk(
    app: &Arc<App>,
    job: Job,
    (status, after): (Status, Place),
    at_once: usize,
    now_us: i64,
) -> Result<Option<Chunk>> {
    let condition = Sql::new(" AND status = ").bind(status.code()).append(&(job.due)(now_us));
    let condition = condition.sql(" AND (expiredate, id) > (").bind(after.0).sql(", ").bind(after.1).sql(")");
    let look = Sql::new("SELECT id FROM item WHERE NOT deleted").append(&condition).sql(" LIMIT 1");
    if app.db.read(crate::rpc::BUDGET_SLOW, |conn| look.first(conn, &[Kind::Int]))?.is_none() {
        return Ok(None);
    }
    let own = app.clone();
    app.db.write_alone(move |conn: &mut Conn| {
        let items = Item::load_by_end(conn, &condition, CHUNK as i64)?;
        let Some(last) = items.last().map(|item| (item.expiredate, item.id)) else { return Ok(None) };
        let (caller, mut shelf, mut report) = (Caller::own(), Shelf::default(), Report::default());
        let till = &mut Till::new(conn, &own, &caller, (job.name, now_us), &mut shelf);
        for items in items.chunks(at_once) {
            work_off(till, job, items, &mut report)?;
        }
        Ok(Some(Chunk { report, last }))
    })
}

/// Several together; where one of them fails all are undone, and each half is tried by itself.
fn work_off(till: &mut Till, job: Job, items: &[Item], report: &mut Report) -> Result<()> {
    match till.attempt(|till| job.work.run(till, items)) {
        Ok(()) => report.done += items.len() as u64,
        Err(error) if error.kind == "system" => return Err(error),
        Err(_) if items.len() == 1 => report.left += 1,
        Err(_) => {
            let (first, second) = items.split_at(items.len() / 2);
            work_off(till, job, first, report)?;
            work_off(till, job, second, report)?;
        }
    }
    Ok(())
}
