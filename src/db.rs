//! The database behind one door: reads from a pool, every change through [`Db::write`].
//!
//! Only this module names a backend. SQLite is written by one at a time with group commit, PostgreSQL
//! by pooled connections that run a job again when the engine asks for it.

mod conn;
mod failure;
mod migrate;
pub mod pieces;
mod sql;
mod sqlite_hook;
mod writer;

pub use conn::{Backend, Conn};
pub use migrate::postgres_sql;
pub use sql::{Kind, Raw, Row, Sql};

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error as DbError};
use foldhash::{HashMap, HashMapExt, HashSet};

use crate::error::{Error, Result};

/// How often a PostgreSQL job runs again after a serialization failure or a deadlock.
const RETRIES_MAX: usize = 5;
const POOL_WAIT: Duration = Duration::from_secs(5);
/// Each connection holds the whole schema, over 1 MiB on SQLite.
const POOL_IDLE: Duration = Duration::from_secs(60);

type Pooled = r2d2::PooledConnection<conn::Manager>;

thread_local! {
    static KEEPS: Cell<bool> = const { Cell::new(false) };
    /// The connection of this thread, and of which database.
    static KEPT: RefCell<Option<(usize, Pooled)>> = const { RefCell::new(None) };
}

/// From now on this thread keeps the SQLite connection that it reads by. For the threads that
/// answer requests: as many as cores, and the pool has place for each.
pub fn keep_connection() {
    KEEPS.set(true);
}

/// This thread gives its connection back: it answers no requests for a while.
pub fn return_connection() {
    KEEPS.set(false);
    KEPT.take();
}

/// Gives the statement that runs on this thread so much time from now on.
pub fn allow(budget: Duration) {
    sqlite_hook::Deadline::postpone(Instant::now() + budget);
}

pub struct Db {
    /// Which of the process's databases it is.
    id: usize,
    backend: Backend,
    pool: r2d2::Pool<conn::Manager>,
    /// SQLite only: one writes at a time.
    writer: Option<writer::Writer>,
    writes: AtomicU64,
    /// Columns by table and view.
    columns: HashMap<String, HashSet<String>>,
}

impl Db {
    /// Opens `url` (`sqlite:PATH` or `postgres…`), after its migrations have run.
    pub fn open(url: &str) -> Result<Self> {
        sqlite_hook::install();
        let backend = Backend::of(url)?;
        let mut first = conn::connect(url)?;
        migrate::run(&mut first)?;
        let columns = columns(&mut first, backend)?;
        conn::let_go(&mut first)?;
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get()) as u32;
        let (size, writer) = match backend {
            Backend::Sqlite => (3 * cores, Some(writer::Writer::start(first))),
            Backend::Postgres => (4 * cores, None),
        };
        let manager = conn::Manager::new(url, backend == Backend::Sqlite);
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .idle_timeout(Some(POOL_IDLE))
            .test_on_check_out(backend == Backend::Postgres)
            .connection_timeout(POOL_WAIT)
            .build(manager)
            .map_err(Error::system)?;
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let id = OPENED.fetch_add(1, Ordering::Relaxed);
        Ok(Self { id, backend, pool, writer, writes: AtomicU64::new(0), columns })
    }

    /// The URL of the database file in a data directory.
    pub fn file_url(data: &Path) -> String {
        format!("sqlite:{}", data.join("billmgr.db").display())
    }

    /// Copies the database behind `url` into a new file, while a server uses it. SQLite alone can.
    /// On a connection of its own: those of the pool can only read.
    pub fn copy(url: &str, path: &Path) -> Result<()> {
        match Backend::of(url)? {
            Backend::Sqlite => {
                let sql = Sql::new("VACUUM INTO ").bind(path.display().to_string());
                sql.execute(&mut conn::connect(url)?).map(drop)
            }
            Backend::Postgres => Err(Error::new("not_supported", "PostgreSQL")
                .cause("make a copy with pg_dump and name it in DatabaseUrl")),
        }
    }

    /// Does the table or view have that column?
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        self.columns.get(table).is_some_and(|columns| columns.contains(column))
    }

    pub fn tables(&self) -> impl Iterator<Item = (&str, &HashSet<String>)> {
        self.columns.iter().map(|(table, columns)| (table.as_str(), columns))
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Runs a read. After `budget` SQLite ends the statement with error `timeout`.
    pub fn read<T>(&self, budget: Duration, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let _deadline = sqlite_hook::Deadline::set(Instant::now() + budget);
        failure::whole(|| match self.backend == Backend::Sqlite && KEEPS.get() {
            true => KEPT.with(|kept| match kept.try_borrow_mut() {
                Ok(mut kept) => work(self.kept(&mut kept)?),
                Err(_in_use) => work(&mut *self.pooled()?),
            }),
            false => work(&mut *self.pooled()?),
        })
    }

    fn pooled(&self) -> Result<Pooled> {
        self.pool.get().map_err(|cause| Error::new("busy", "db").cause(cause))
    }

    /// The connection of this thread, taken from the pool at its first read.
    fn kept<'k>(&self, kept: &'k mut Option<(usize, Pooled)>) -> Result<&'k mut Conn> {
        kept.take_if(|(id, _)| *id != self.id);
        match kept {
            Some((_, conn)) => Ok(conn),
            None => Ok(&mut kept.insert((self.id, self.pooled()?)).1),
        }
    }

    /// Runs `job` in a transaction and answers when it is durable. With [`Db::write_alone`] the only
    /// way to change anything.
    ///
    /// The job owns its inputs and may run again. `Err` undoes everything it did.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_as(false, job)
    }

    /// The same for a job of many parts, each of them an [`attempt`]. It shares its transaction with
    /// no other job, so it needs no savepoint around those of its parts: SQLite would keep a copy of
    /// every page for it, and go over all of them at the end of each part.
    pub fn write_alone<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_as(true, job)
    }

    fn write_as<T: Send + 'static>(
        &self,
        alone: bool,
        job: impl Fn(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = match &self.writer {
            Some(writer) => writer.write(alone, job),
            None => self.write_pooled(job),
        };
        self.writes.fetch_add(1, Ordering::SeqCst);
        done
    }

    /// How often something was written: what was read at the same number still holds. Nothing on
    /// PostgreSQL, where others write too.
    pub fn writes(&self) -> Option<u64> {
        (self.backend == Backend::Sqlite).then(|| self.writes.load(Ordering::SeqCst))
    }

    fn write_pooled<T>(&self, job: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn = self.pooled()?;
        let mut tries = 0;
        loop {
            tries += 1;
            match transaction(&mut conn, &job) {
                Err(error) if tries < RETRIES_MAX && wants_retry(&error) => continue,
                done => return done,
            }
        }
    }
}

/// Runs a part of a job that may fail by itself: its changes are undone, those of the job stay.
pub fn attempt<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    begin_attempt(conn)?;
    let done = work(conn);
    end_attempt(conn, done)
}

/// The same in two halves, for work that holds the connection.
pub fn begin_attempt(conn: &mut Conn) -> Result<()> {
    failure::none()?;
    failure::of(<Conn as Connection>::TransactionManager::begin_transaction(conn))
}

pub fn end_attempt<T>(conn: &mut Conn, done: Result<T>) -> Result<T> {
    type Tm = <Conn as Connection>::TransactionManager;
    let done = failure::settled(done);
    failure::of(match done {
        Ok(_) => Tm::commit_transaction(conn),
        Err(_) => Tm::rollback_transaction(conn),
    })?;
    done
}

fn columns(conn: &mut Conn, backend: Backend) -> Result<HashMap<String, HashSet<String>>> {
    let sql = Sql::new(match backend {
        Backend::Sqlite => "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c",
        Backend::Postgres => {
            "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        }
    });
    let mut columns: HashMap<String, HashSet<String>> = HashMap::new();
    for row in sql.load(conn, &[Kind::Text, Kind::Text])? {
        columns.entry(row[0].str().to_owned()).or_default().insert(row[1].str().to_owned());
    }
    Ok(columns)
}

fn transaction<T>(conn: &mut Conn, job: impl Fn(&mut Conn) -> Result<T>) -> Result<T> {
    type Tm = <Conn as Connection>::TransactionManager;
    match conn {
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn)?,
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
    }
    match writer::guarded(conn, &job) {
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

/// Serialization failure (40001) and deadlock (40P01): the same job may succeed at once.
fn wants_retry(error: &Error) -> bool {
    let cause = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<DbError>());
    match cause {
        Some(DbError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
        Some(DbError::DatabaseError(_, info)) => info.message().contains("deadlock detected"),
        _ => false,
    }
}
