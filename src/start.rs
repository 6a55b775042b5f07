//! From the command line to an opened database and the program over it. The server and the other
//! commands begin here.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::{App, Place};
use crate::config::{Config, Listen};
use crate::db::Db;
use crate::error::Error;
use crate::functions;
use crate::rpc::audit;
use crate::rpc::registry::Registry;
use crate::seal::{self, Sealer};
use crate::settings::{self, Origin};
use crate::time::Clock;

/// Where languages stand in the data directory.
const LANGUAGES: &str = "lang";
const LOCK: &str = "billmgr.lock";
pub const SOCKET: &str = "billmgr.sock";

pub struct Options {
    pub config: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub listen: Vec<String>,
    pub demo: bool,
}

/// What can go wrong before the server answers; told to the administrator at the terminal.
pub struct Fault(pub String);

impl<E: Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

pub type Outcome<T> = Result<T, Fault>;

pub fn finished(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault(text)) => {
            eprintln!("billmgr: {text}");
            ExitCode::FAILURE
        }
    }
}

pub fn lines<E: Display>(faults: Vec<E>) -> Fault {
    Fault(faults.iter().map(E::to_string).collect::<Vec<_>>().join("\n"))
}

/// `--data`, else DataDir, else where a package keeps it, else `var` here (decisions.md).
pub fn data_dir(options: &Options, config: &Config) -> PathBuf {
    let packaged = Path::new("/var/lib/billmgr");
    match options.data.clone().or_else(|| config.data_dir.clone()) {
        Some(dir) => dir,
        None if packaged.is_dir() => packaged.to_owned(),
        None => PathBuf::from("var"),
    }
}

pub fn database_url(config: &Config, data_dir: &Path) -> String {
    match &config.database_url {
        Some(url) => url.reveal().to_owned(),
        None => Db::file_url(data_dir),
    }
}

pub fn key_file(config: &Config, data_dir: &Path) -> PathBuf {
    config.key_file.clone().unwrap_or_else(|| data_dir.join(seal::KEY_FILE))
}

/// Where the server of this configuration takes local calls.
pub fn socket(config: &Config, data_dir: &Path) -> PathBuf {
    let named = config.listen.iter().find_map(|listen| match listen {
        Listen::Unix(path) => Some(path.clone()),
        Listen::Tcp { .. } => None,
    });
    named.unwrap_or_else(|| data_dir.join(SOCKET))
}

pub fn opening(error: Error) -> Fault {
    Fault(format!("the database cannot be opened: {error}"))
}

/// One server a data directory.
pub fn lock(data_dir: &Path) -> Outcome<File> {
    let path = data_dir.join(LOCK);
    let file = File::create(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    file.try_lock().map_err(|_| format!("a server already runs on {}", data_dir.display()))?;
    Ok(file)
}

/// The configuration without what the panel says, and the data directory.
pub fn place(options: &Options) -> Outcome<(Origin, Config, PathBuf)> {
    let parse = |url: &String| Listen::parse(url).map_err(|why| format!("--listen {url}: {why}"));
    let listen = options.listen.iter().map(parse).collect::<Result<_, _>>()?;
    let origin = Origin { file: options.config.clone(), listen };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    Ok((origin, config, data_dir))
}

/// The program over its database. The lock of the data directory is the caller's.
pub fn open((origin, config, data_dir): (Origin, Config, PathBuf)) -> Outcome<Arc<App>> {
    let db = Db::open(&database_url(&config, &data_dir)).map_err(opening)?;
    let sealer = Sealer::start(&db, &key_file(&config, &data_dir))?;
    over(db, Clock::system(), sealer, Place { origin, data_dir, simulates: false })
}

/// The languages that stand as files in the data directory. They are formed like the words in `funcs/*.xml`, and
/// what they lack is said in English.
pub fn learn(registry: &mut Registry, data_dir: &Path) -> Outcome<()> {
    let dir = data_dir.join(LANGUAGES);
    if !dir.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ext| ext == "xml"));
    files.sort();
    for file in files {
        let told = |why: String| Fault(format!("{}: {why}", file.display()));
        let text = fs::read_to_string(&file).map_err(|why| told(why.to_string()))?;
        registry.speak(&text).map_err(told)?;
    }
    Ok(())
}

/// The program over a database, unless something of it is wrong.
pub fn over(db: Db, clock: Clock, sealer: Sealer, place: Place) -> Outcome<Arc<App>> {
    let mut registry = functions().map_err(lines)?;
    learn(&mut registry, &place.data_dir)?;
    let faults = [audit::schema_faults(&registry, &db), seal::schema_faults(&db)].concat();
    if !faults.is_empty() {
        return Err(lines(faults));
    }
    let config = place.origin.load(&settings::stored(&db)?).map_err(lines)?;
    Ok(App::new(Arc::new(db), Arc::new(registry), clock, config, sealer, place))
}
