//! SQLite's one writer: a thread that takes what is waiting into one transaction, commits once, and only
//! then answers (decisions.md, Writing). Who comes to a transaction that others have written in gets a
//! savepoint; the first needs none, for nothing is lost with it but its own. Who comes while nobody
//! writes or waits does it himself: two changes of threads take as long as half a commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};

use super::sqlite_hook::Deadline;
use super::{Conn, failure};
use crate::error::{Error, Result};

const BATCH_MAX: usize = 64;
const QUEUE_MAX: usize = 4096;

type Tm = <Conn as Connection>::TransactionManager;

/// A piece of work that may run more than once and is answered exactly once.
trait Job: Send {
    /// Runs in the transaction that stands; false when it failed. What it did is then undone where
    /// others `share` the transaction, and else left for the transaction's end.
    fn run(&mut self, conn: &mut Conn, shared: bool) -> bool;
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
    fn run(&mut self, conn: &mut Conn, shared: bool) -> bool {
        let result = if shared { savepoint(conn, &self.work) } else { guarded(conn, &self.work) };
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
            _ => Err(lost()),
        };
        let _ = self.answer.send(answer); // a caller who hung up needs no answer
    }
}

pub struct Writer {
    turn: Arc<Turn>,
    queue: SyncSender<Box<dyn Job>>,
}

/// Whose turn it is.
struct Turn {
    conn: Mutex<Conn>,
    /// Jobs that the thread has or will have.
    waiting: AtomicUsize,
    /// Did the thread find several at once? Then who comes is better off with the others.
    crowded: AtomicBool,
}

impl Turn {
    fn take(&self) -> MutexGuard<'_, Conn> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner) // a job's panic ends before it gets here
    }

    /// The connection, where nobody wants it.
    fn free(&self) -> Option<MutexGuard<'_, Conn>> {
        if self.waiting.load(Ordering::SeqCst) > 0 || self.crowded.load(Ordering::SeqCst) {
            return None;
        }
        match self.conn.try_lock() {
            Ok(conn) => Some(conn),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Writer {
    pub fn start(conn: Conn) -> Self {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let (waiting, crowded) = (AtomicUsize::new(0), AtomicBool::new(false));
        let turn = Arc::new(Turn { conn: Mutex::new(conn), waiting, crowded });
        let own = turn.clone();
        let thread = std::thread::Builder::new().name("writer".into());
        thread.spawn(move || run(&own, &jobs)).expect("a thread can be started");
        Self { turn, queue }
    }

    /// Blocks until the work is durable or refused.
    pub fn write<T: Send + 'static>(
        &self,
        alone: bool,
        work: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if let Some(mut conn) = self.turn.free() {
            let _none = Deadline::lift(); // a caller's patience with his reads is none of a write's
            return single(&mut conn, work);
        }
        let (answer, answered) = sync_channel(1);
        let job = Box::new(Typed { work, alone, result: None, answer });
        self.turn.waiting.fetch_add(1, Ordering::SeqCst);
        self.queue.try_send(job).map_err(|error| {
            self.turn.waiting.fetch_sub(1, Ordering::SeqCst);
            match error {
                TrySendError::Full(_) => Error::new("busy", "db"),
                TrySendError::Disconnected(_) => Error::new("system", "db").cause("the writer has ended"),
            }
        })?;
        answered.recv().unwrap_or_else(|cause| Err(Error::system(cause)))
    }
}

fn lost() -> Error {
    Error::new("system", "db").cause("the transaction was lost")
}

/// A transaction of one job.
fn single<T>(conn: &mut Conn, work: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    let done = match begin(conn) {
        true => guarded(conn, work),
        false => Err(lost()),
    };
    match done {
        Ok(value) if commit(conn) => Ok(value),
        done => {
            reset(conn);
            Err(done.err().unwrap_or_else(lost))
        }
    }
}

/// Runs a job; its panic becomes an error.
pub fn guarded<T>(conn: &mut Conn, work: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    let panicked = |_| Err(Error::new("system", "panic").cause("a job panicked"));
    failure::whole(|| catch_unwind(AssertUnwindSafe(|| work(conn))).unwrap_or_else(panicked))
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

fn run(turn: &Turn, jobs: &Receiver<Box<dyn Job>>) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
        let (done, waits) = batch(&mut turn.take(), first, jobs);
        next = waits;
        turn.crowded.store(done.len() > 1, Ordering::SeqCst);
        turn.waiting.fetch_sub(done.len(), Ordering::SeqCst);
        done.into_iter().for_each(|(job, committed)| job.answer(committed));
    }
}

/// Jobs that ran, and whether they are durable.
type Done = Vec<(Box<dyn Job>, bool)>;

/// One transaction, and what is to come next.
fn batch(conn: &mut Conn, mut first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) -> (Done, Waits) {
    if !(begin(conn) && first.run(conn, false)) {
        reset(conn);
        return (vec![(first, false)], None);
    }
    let mut batch = vec![first];
    let (whole, waits) = match batch[0].is_alone() {
        true => (true, None),
        false => gather(conn, &mut batch, jobs),
    };
    if whole && commit(conn) {
        return (batch.into_iter().map(|job| (job, true)).collect(), waits);
    }
    reset(conn);
    // The innocent run again, each in a transaction of its own.
    (batch.into_iter().map(|job| alone(conn, job)).collect(), waits)
}

type Waits = Option<Box<dyn Job>>;

/// Runs what is waiting beside the first; false when the transaction is gone. A job that wants to be
/// alone ends the batch and comes next.
fn gather(conn: &mut Conn, batch: &mut Vec<Box<dyn Job>>, jobs: &Receiver<Box<dyn Job>>) -> (bool, Waits) {
    while batch.len() < BATCH_MAX {
        let Ok(mut job) = jobs.try_recv() else { break };
        if job.is_alone() {
            return (true, Some(job));
        }
        let stands = job.run(conn, true) || stands(conn);
        batch.push(job);
        if !stands {
            return (false, None);
        }
    }
    (true, None)
}

fn alone(conn: &mut Conn, mut job: Box<dyn Job>) -> (Box<dyn Job>, bool) {
    let done = begin(conn) && job.run(conn, false) && commit(conn);
    if !done {
        reset(conn);
    }
    (job, done)
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

#[cfg(test)]
mod tests;
