//! From the command line to a running server, and back.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::{App, Place};
use crate::config::{Config, Listen};
use crate::db::Db;
use crate::error::Error;
use crate::http::{Control, Server, acceptor, bind_local};
use crate::rpc::audit;
use crate::seal::{self, Sealer};
use crate::settings::{self, Origin};
use crate::time::Clock;
use crate::{books, demo, first_start, functions, mgrctl, upkeep};

/// Left in the data directory by `mgrctl -l`: the server does not start while it is there.
pub const STOPPED: &str = "stopped";
const LOCK: &str = "billmgr.lock";
const SOCKET: &str = "billmgr.sock";
/// Threads that wait for the database or for argon2.
const BLOCKING_THREADS: usize = 128;
const CHECK_BUDGET: Duration = Duration::from_secs(600);

pub struct Options {
    pub config: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub listen: Vec<String>,
    pub demo: bool,
}

/// What can go wrong before the server answers; told to the administrator at the terminal.
pub struct Fault(String);

impl<E: Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Outcome<T> = Result<T, Fault>;

pub fn run(options: Options) -> ExitCode {
    finished(start(&options))
}

fn finished(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault(text)) => {
            eprintln!("billmgr: {text}");
            ExitCode::FAILURE
        }
    }
}

pub fn print_funcs() -> ExitCode {
    use std::io::Write;
    finished(functions().map_err(lines).map(|registry| {
        let mut out = std::io::stdout().lock();
        for func in registry.iter() {
            let (shape, level) = (func.meta.shape().name(), func.meta.level.name());
            // A reader that has seen enough closes the pipe; that is no fault.
            let _ = writeln!(out, "{} {shape} {level}", func.name());
        }
    }))
}

/// `billmgr check`: the ledger, alone or through the running server's database.
pub fn check(options: &Options) -> ExitCode {
    finished(check_ledger(options))
}

fn check_ledger(options: &Options) -> Outcome<()> {
    let origin = Origin { file: options.config.clone() };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    let db = Db::open(&database_url(&config, &data_dir))?;
    let report = db.read(CHECK_BUDGET, books::check::run)?;
    for debt in &report.debts {
        println!("debt: {}: {}", debt.name, debt.detail);
    }
    println!("ledger {}", db.read(CHECK_BUDGET, books::check::digest)?);
    let faults = report.faults.iter().map(|fault| format!("{}: {} {}", fault.rule, fault.name, fault.detail));
    let faults: Vec<String> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(Fault(faults.join("\n"))) }
}

fn lines<E: Display>(faults: Vec<E>) -> Fault {
    Fault(faults.iter().map(E::to_string).collect::<Vec<_>>().join("\n"))
}

/// `--data`, else DataDir, else where a package keeps it, else `var` here (decisions.md).
fn data_dir(options: &Options, config: &Config) -> PathBuf {
    let packaged = Path::new("/var/lib/billmgr");
    match options.data.clone().or_else(|| config.data_dir.clone()) {
        Some(dir) => dir,
        None if packaged.is_dir() => packaged.to_owned(),
        None => PathBuf::from("var"),
    }
}

fn database_url(config: &Config, data_dir: &Path) -> String {
    match &config.database_url {
        Some(url) => url.reveal().to_owned(),
        None => Db::file_url(data_dir),
    }
}

fn key_file(config: &Config, data_dir: &Path) -> PathBuf {
    config.key_file.clone().unwrap_or_else(|| data_dir.join(seal::KEY_FILE))
}

/// `billmgr key rotate`: by the running server, which has the keys in use; else here.
pub fn rotate_key(options: &Options) -> ExitCode {
    finished(rotate(options))
}

fn rotate(options: &Options) -> Outcome<()> {
    let origin = Origin { file: options.config.clone() };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    let Ok(_lock) = lock(&data_dir) else {
        print!("{}", mgrctl::command(socket(&config, &data_dir), "/mgrctl/rotate")?);
        return Ok(());
    };
    let path = key_file(&config, &data_dir);
    if !path.exists() {
        return Err(Fault(format!("{}: there is no key to replace", path.display())));
    }
    let db = Db::open(&database_url(&config, &data_dir)).map_err(opening)?;
    let sealer = Sealer::start(&db, &path)?;
    let report = seal::rotate::run(&db, &sealer, seal::SEALED)?;
    if !report.unreadable.is_empty() {
        return Err(Fault(report.to_string()));
    }
    print!("{report}");
    Ok(())
}

/// Where the server of this configuration takes local calls.
fn socket(config: &Config, data_dir: &Path) -> PathBuf {
    let named = config.listen.iter().find_map(|listen| match listen {
        Listen::Unix(path) => Some(path.clone()),
        Listen::Tcp { .. } => None,
    });
    named.unwrap_or_else(|| data_dir.join(SOCKET))
}

fn start(options: &Options) -> Outcome<()> {
    let origin = Origin { file: options.config.clone() };
    let config = origin.load(&BTreeMap::new()).map_err(lines)?;
    let data_dir = data_dir(options, &config);
    std::fs::create_dir_all(&data_dir).map_err(|cause| format!("{}: {cause}", data_dir.display()))?;
    if data_dir.join(STOPPED).exists() {
        let word = "the server was stopped by `mgrctl -l`; `mgrctl -u` lets it start again";
        return Err(Fault(word.into()));
    }
    let lock = lock(&data_dir)?;
    init_log(&config);
    let registry = functions().map_err(lines)?;
    let db = Db::open(&database_url(&config, &data_dir)).map_err(opening)?;
    let faults = [audit::schema_faults(&registry, &db), seal::schema_faults(&db)].concat();
    if !faults.is_empty() {
        return Err(lines(faults));
    }
    let mut config = origin.load(&settings::stored(&db)?).map_err(lines)?;
    if !options.listen.is_empty() {
        let parsed = options
            .listen
            .iter()
            .map(|url| Listen::parse(url).map_err(|why| format!("--listen {url}: {why}")));
        config.listen = parsed.collect::<Result<_, _>>()?;
    }
    if options.demo {
        demo::refuse_where_real(&config)?;
    }
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let sealer = Sealer::start(&db, &key_file(&config, &data_dir))?;
    let place = Place { origin, data_dir };
    let app = App::new(Arc::new(db), Arc::new(registry), Clock::system(), config, sealer, place);
    first_start::run(&app, options.demo)?;
    let restarts = runtime()?.block_on(serve(app, options.demo))?;
    drop(lock);
    if restarts { Err(again()) } else { Ok(()) }
}

fn opening(error: Error) -> Fault {
    Fault(format!("the database cannot be opened: {error}"))
}

/// Becomes the same program with the same arguments; comes back only when that fails.
fn again() -> Fault {
    use std::os::unix::process::CommandExt;
    let mut args = std::env::args_os();
    let program = std::env::current_exe().ok().map(PathBuf::into_os_string).or_else(|| args.next());
    let Some(program) = program else { return Fault("the program has no name".into()) };
    let cause = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    Fault(format!("restart: {cause}"))
}

/// One server a data directory.
fn lock(data_dir: &Path) -> Outcome<File> {
    let path = data_dir.join(LOCK);
    let file = File::create(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    file.try_lock().map_err(|_| format!("a server already runs on {}", data_dir.display()))?;
    Ok(file)
}

fn init_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log_level);
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.max_blocking_threads(BLOCKING_THREADS).thread_keep_alive(Duration::from_secs(10));
    Ok(builder.enable_all().build()?)
}

/// Answers until stopped. Should it start again?
async fn serve(app: Arc<App>, demo: bool) -> Outcome<bool> {
    // Before anybody is told that it runs: who stops it at once stops it in order.
    let signals = Signals::new()?;
    let control = Arc::new(Control::default());
    let server = Server::new(app.clone(), control.clone());
    let listeners = listen(&server).await?;
    for address in &listeners.addresses {
        println!("billmgr listens on {address}");
    }
    if demo {
        print!("{}", demo::welcome(listeners.addresses.first().map_or("", String::as_str)));
    }
    let upkeep = tokio::spawn(upkeep::run(app.clone()));
    until_stopped(&app, &control, signals).await;
    listeners.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    for task in listeners.tasks {
        let _ = task.await;
    }
    upkeep.abort();
    let _ = upkeep.await;
    Server::finish(server).await;
    upkeep::blocking(&app, upkeep::flush).await;
    Ok(control.restarts.load(Ordering::SeqCst))
}

struct Listeners {
    addresses: Vec<String>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

async fn listen(server: &Arc<Server>) -> Outcome<Listeners> {
    let config = server.shared.app.config.load_full();
    let (mut addresses, mut tasks) = (Vec::new(), Vec::new());
    let mut sockets = Vec::new();
    for listen in &config.listen {
        match listen {
            Listen::Tcp { address, tls } => {
                let bound = TcpListener::bind(address).await;
                let listener = bound.map_err(|cause| format!("{listen}: {cause}"))?;
                let scheme = if *tls { "https" } else { "http" };
                addresses.push(format!("{scheme}://{}/billmgr", listener.local_addr()?));
                tasks.push(match tls {
                    true => {
                        let acceptor = acceptor(&config, &server.shared.app.data_dir)?;
                        tokio::spawn(server.clone().tls(listener, acceptor))
                    }
                    false => tokio::spawn(server.clone().tcp(listener)),
                });
            }
            Listen::Unix(path) => sockets.push(path.clone()),
        }
    }
    if sockets.is_empty() {
        sockets.push(server.shared.app.data_dir.join(SOCKET));
    }
    for path in sockets {
        let listener = bind_local(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
        tasks.push(tokio::spawn(server.clone().local(listener)));
    }
    Ok(Listeners { addresses, tasks })
}

struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn new() -> Outcome<Self> {
        let [term, int, hup] = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        Ok(Self { term: signal(term)?, int: signal(int)?, hup: signal(hup)? })
    }
}

/// SIGTERM and SIGINT end it, SIGHUP rereads the configuration, the local socket may do either.
async fn until_stopped(app: &Arc<App>, control: &Control, mut signals: Signals) {
    loop {
        tokio::select! {
            _ = signals.term.recv() => return,
            _ = signals.int.recv() => return,
            () = control.stopped() => return,
            _ = signals.hup.recv() => upkeep::blocking(app, |app| settings::reload(app)).await,
        }
    }
}
