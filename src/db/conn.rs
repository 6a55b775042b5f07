//! One connection type over both engines.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use crate::error::{Error, Result};

#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub fn of(url: &str) -> Result<Self> {
        match url {
            _ if url.starts_with("sqlite:") => Ok(Self::Sqlite),
            _ if url.starts_with("postgres") => Ok(Self::Postgres),
            _ => Err(Error::value("DatabaseUrl", "")),
        }
    }
}

/// WAL with full sync: an answered write survives a power cut. The map of 1 GiB keeps a page of a
/// million-row table as fast as one of ten thousand (design.md §6). The timeout comes first:
/// a program that is just closing the database holds it for a moment.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA mmap_size = 1073741824; \
    PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;";

/// Ends the map of the file and lets it begin anew.
const SQLITE_REMAP: &str = "PRAGMA mmap_size = 0; PRAGMA mmap_size = 1073741824;";

pub fn connect(url: &str) -> Result<Conn> {
    let conn = match Backend::of(url)? {
        Backend::Postgres => PgConnection::establish(url).map(Conn::Postgres),
        Backend::Sqlite => establish_sqlite(url.trim_start_matches("sqlite:")).map(Conn::Sqlite),
    };
    conn.map_err(|cause| Error::new("system", "db").cause(cause))
}

fn establish_sqlite(path: &str) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(path)?;
    conn.batch_execute(SQLITE_SETUP).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Gives back what the work at start has touched of the file, and nothing later reads: on SQLite such
/// pages count as the program's memory for as long as they are mapped.
pub fn let_go(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(conn) => Ok(conn.batch_execute(SQLITE_REMAP)?),
        Conn::Postgres(_) => Ok(()),
    }
}

/// Makes the pool's connections. On SQLite they can only read.
pub struct Manager {
    url: String,
    read_only: bool,
}

impl Manager {
    pub fn new(url: &str, read_only: bool) -> Self {
        Self { url: url.to_owned(), read_only }
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn> {
        let mut conn = connect(&self.url)?;
        if self.read_only {
            conn.batch_execute("PRAGMA query_only = ON")?;
        }
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<()> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        conn.is_broken()
    }
}
