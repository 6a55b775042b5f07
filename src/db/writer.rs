//! SQLite's one writer: a thread that takes what is waiting, gives each job a savepoint of one
//! transaction, commits once, and only then answers (decisions.md, Writing).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};

use super::Conn;
use crate::error::{Error, Result};

const BATCH_MAX: usize = 64;
const QUEUE_MAX: usize = 4096;

type Tm = <Conn as Connection>::TransactionManager;

/// A piece of work that may run more than once and is answered exactly once.
trait Job: Send {
    /// Runs inside a savepoint; false when that was undone. One that is alone has none.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// Has it a transaction to itself?
    fn is_alone(&self) -> bool;
    fn answer(self: Box<Self>, committed: bool);
}

struct Typed<W, T> {
    work: W,
    alone: bool,
    result: Option<Result<T>>,
    answer: SyncSender<Result<T>>,
}

impl<T, W> Job for Typed<W, T>
where
    T: Send,
    W: Fn(&mut Conn) -> Result<T> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> bool {
        let result = if self.alone { guarded(conn, &self.work) } else { savepoint(conn, &self.work) };
        let kept = result.is_ok();
        self.result = Some(result);
        kept
    }

    fn is_alone(&self) -> bool {
        self.alone
    }

    fn answer(self: Box<Self>, committed: bool) {
        let answer = match self.result {
            Some(Err(error)) => Err(error),
            Some(Ok(value)) if committed => Ok(value),
            _ => Err(Error::new("system", "db").cause("the transaction was lost")),
        };
        let _ = self.answer.send(answer); // a caller who hung up needs no answer
    }
}

pub struct Writer {
    queue: SyncSender<Box<dyn Job>>,
}

impl Writer {
    pub fn start(conn: Conn) -> Self {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new().name("writer".into());
        thread.spawn(move || run(conn, jobs)).expect("a thread can be started");
        Self { queue }
    }

    /// Blocks until the work is durable or refused.
    pub fn write<T: Send + 'static>(
        &self,
        alone: bool,
        work: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = sync_channel(1);
        let job = Box::new(Typed { work, alone, result: None, answer });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::new("busy", "db"),
            TrySendError::Disconnected(_) => Error::new("system", "db").cause("the writer has ended"),
        })?;
        answered.recv().unwrap_or_else(|cause| Err(Error::system(cause)))
    }
}

/// Runs a job; its panic becomes an error.
pub fn guarded<T>(conn: &mut Conn, work: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(|| work(conn)))
        .unwrap_or_else(|_| Err(Error::new("system", "panic").cause("a job panicked")))
}

fn savepoint<T>(conn: &mut Conn, work: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    Tm::begin_transaction(conn)?;
    match guarded(conn, work) {
        Ok(value) => {
            Tm::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => {
            let _ = Tm::rollback_transaction(conn);
            Err(error)
        }
    }
}

fn run(mut conn: Conn, jobs: Receiver<Box<dyn Job>>) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
        if first.is_alone() {
            alone(&mut conn, first);
            continue;
        }
        let (batch, whole);
        (batch, whole, next) = gather(&mut conn, first, &jobs);
        if whole && commit(&mut conn) {
            batch.into_iter().for_each(|job| job.answer(true));
            continue;
        }
        reset(&mut conn);
        // The innocent run again, each in a transaction of its own.
        batch.into_iter().for_each(|job| alone(&mut conn, job));
    }
}

type Batch = Vec<Box<dyn Job>>;

/// Runs what is waiting inside one transaction; false when that transaction is gone. A job that wants
/// to be alone ends the batch and comes next.
fn gather(
    conn: &mut Conn,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
) -> (Batch, bool, Option<Box<dyn Job>>) {
    let mut batch = vec![first];
    let mut whole = begin(conn) && step(conn, &mut batch[0]);
    while whole && batch.len() < BATCH_MAX {
        let Ok(mut job) = jobs.try_recv() else { break };
        if job.is_alone() {
            return (batch, whole, Some(job));
        }
        whole = step(conn, &mut job);
        batch.push(job);
    }
    (batch, whole, None)
}

fn alone(conn: &mut Conn, mut job: Box<dyn Job>) {
    let ran = begin(conn) && if job.is_alone() { job.run(conn) } else { step(conn, &mut job) };
    let done = ran && commit(conn);
    if !done {
        reset(conn);
    }
    job.answer(done);
}

/// Runs one job; false when it took the whole transaction with it.
fn step(conn: &mut Conn, job: &mut Box<dyn Job>) -> bool {
    job.run(conn) || stands(conn)
}

fn begin(conn: &mut Conn) -> bool {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE").is_ok(),
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn).is_ok(),
    }
}

fn commit(conn: &mut Conn) -> bool {
    Tm::commit_transaction(conn).is_ok()
}

/// After a failed job: does the outer transaction still stand? SQLite may have rolled back all of
/// it (disk full), which Diesel's depth does not show. A second BEGIN fails only inside one.
fn stands(conn: &mut Conn) -> bool {
    let depth = Tm::transaction_manager_status_mut(conn).transaction_depth().ok().flatten();
    if depth.is_none_or(|depth| depth.get() != 1) {
        return false;
    }
    match conn.batch_execute("BEGIN") {
        Err(_) => true,
        Ok(()) => {
            let _ = conn.batch_execute("ROLLBACK");
            false
        }
    }
}

fn reset(conn: &mut Conn) {
    let _ = conn.batch_execute("ROLLBACK");
    *Tm::transaction_manager_status_mut(conn) = Default::default();
}
