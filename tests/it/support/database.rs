//! The databases of the tests: each world gets a copy of one that was filled once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::seed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

const POSTGRES: &str = "BILLMGR_TEST_POSTGRES";
/// Connections to a template end a moment after they are closed.
const TRIES: usize = 200;

impl Engine {
    pub fn is_here(self) -> bool {
        self == Self::Sqlite || std::env::var_os(POSTGRES).is_some()
    }

    /// The engines that can be tested on here.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Sqlite, Self::Postgres].into_iter().filter(|engine| engine.is_here())
    }
}

/// What a world finds its data by.
pub type Names = BTreeMap<String, String>;

/// `bm_<process>_<number>`: of everything that a test makes outside of its own memory.
pub fn unique() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("bm_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Did an earlier run that was ended make it, and leave it behind?
fn is_left(name: &str) -> bool {
    let word = name.strip_prefix("bm_").and_then(|rest| rest.split('_').next());
    let process: Option<u32> = word.and_then(|word| word.parse().ok());
    process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists())
}

/// Removes what runs left behind: their templates, and all of those that were ended before their end.
fn clear_away(engine: Engine) {
    match engine {
        Engine::Sqlite => {
            let entries = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
            let left = entries.filter(|entry| is_left(&entry.file_name().to_string_lossy()));
            left.for_each(|entry| drop(std::fs::remove_dir_all(entry.path())));
        }
        Engine::Postgres => {
            let sql = diesel::sql_query("SELECT datname::TEXT AS name FROM pg_database");
            let mut conn = PgConnection::establish(&server_url()).expect("the server of the tests");
            let names = sql.load::<DatabaseName>(&mut conn).expect("the names of databases");
            let left = names.iter().filter(|row| is_left(&row.name));
            left.for_each(|row| ask_server(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", row.name)));
        }
    }
}

#[derive(QueryableByName)]
struct DatabaseName {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// A directory that is removed with its owner.
pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(unique());
        std::fs::create_dir(&path).expect("a directory for a test");
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A database of one test, dropped with it.
pub struct Database {
    pub url: String,
    /// On PostgreSQL: its name.
    name: Option<String>,
}

impl Database {
    fn file(dir: &Path) -> Self {
        Self { url: billmgr::db::Db::file_url(dir), name: None }
    }

    fn of_server(like: Option<&str>) -> Self {
        let name = unique();
        let template = like.map_or(String::new(), |like| format!(" TEMPLATE {like}"));
        ask_server(&format!("CREATE DATABASE {name}{template}"));
        Self { url: url_of(&name), name: Some(name) }
    }

    /// An empty database.
    pub fn empty(engine: Engine, dir: &Path) -> Self {
        match engine {
            Engine::Sqlite => Self::file(dir),
            Engine::Postgres => Self::of_server(None),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            ask_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn server_url() -> String {
    std::env::var(POSTGRES).expect("asked only where it is set")
}

/// The server's URL with another database in it.
fn url_of(name: &str) -> String {
    let url = server_url();
    let (base, query) = url
        .split_once('?')
        .map_or((url.as_str(), String::new()), |(base, query)| (base, format!("?{query}")));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    format!("{}/{name}{query}", &base[..end])
}

fn ask_server(sql: &str) {
    let mut last = String::new();
    for _ in 0..TRIES {
        let done = PgConnection::establish(&server_url())
            .map_err(|cause| cause.to_string())
            .and_then(|mut conn| conn.batch_execute(sql).map_err(|cause| cause.to_string()));
        match done {
            Ok(()) => return,
            Err(cause) => last = cause,
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{sql}: {last}");
}

/// A filled database, kept until the run ends: the next run removes what of it is on a server.
pub struct Template {
    names: Names,
    source: Source,
}

enum Source {
    Sqlite(Vec<u8>),
    Postgres(Database),
}

impl Template {
    /// The filled database of an engine: the first who asks fills it.
    pub fn of(engine: Engine) -> &'static Self {
        static FILLED: [OnceLock<Template>; 2] = [const { OnceLock::new() }; 2];
        FILLED[engine as usize].get_or_init(|| Self::fill(engine))
    }

    /// The demo data on SQLite, filled once a run.
    pub fn demo() -> &'static Self {
        static DEMO: OnceLock<Template> = OnceLock::new();
        let fill = || {
            let dir = Dir::new();
            seed::fill_demo(&Database::file(&dir.0).url, &dir.0);
            let source = Source::Sqlite(file_bytes(&dir.0.join("billmgr.db")));
            Self { names: Names::new(), source }
        };
        DEMO.get_or_init(fill)
    }

    fn fill(engine: Engine) -> Self {
        clear_away(engine);
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let names = seed::fill(&database.url, &dir.0);
        let source = match engine {
            Engine::Sqlite => Source::Sqlite(file_bytes(&dir.0.join("billmgr.db"))),
            Engine::Postgres => Source::Postgres(database),
        };
        Self { names, source }
    }

    pub fn names(&self) -> Names {
        self.names.clone()
    }

    /// A database like it; on SQLite in `dir`.
    pub fn copy(&self, dir: &Path) -> Database {
        match &self.source {
            Source::Sqlite(bytes) => {
                std::fs::write(dir.join("billmgr.db"), bytes).expect("a database file");
                Database::file(dir)
            }
            Source::Postgres(database) => Database::of_server(database.name.as_deref()),
        }
    }
}

/// The whole database as one file.
fn file_bytes(path: &Path) -> Vec<u8> {
    let mut conn = SqliteConnection::establish(&path.display().to_string()).expect("a database file");
    let copy = path.with_extension("copy");
    // The writer that filled it may still be closing the file.
    conn.batch_execute("PRAGMA busy_timeout = 10000").expect("a database file");
    conn.batch_execute(&format!("VACUUM INTO '{}'", copy.display())).expect("a copy of the database");
    std::fs::read(copy).expect("a copy of the database")
}
