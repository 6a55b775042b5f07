//! From the command line to a running server, and back.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::config::{Config, Listen};
use crate::http::{Control, Server, acceptor, bind_local};
use crate::start::{Fault, Options, Outcome, SOCKET, finished};
use crate::telecom::asterisk::agi;
use crate::{demo, effect, first_start, settings, start, upkeep};

/// Left in the data directory by `mgrctl -l`: the server does not start while it is there.
pub const STOPPED: &str = "stopped";
/// Threads that wait for the database or for argon2.
const BLOCKING_THREADS: usize = 128;

pub fn run(options: Options) -> ExitCode {
    finished(begin(&options))
}

fn begin(options: &Options) -> Outcome<()> {
    let place = start::place(options)?;
    let data_dir = place.2.clone();
    std::fs::create_dir_all(&data_dir).map_err(|cause| format!("{}: {cause}", data_dir.display()))?;
    if data_dir.join(STOPPED).exists() {
        let word = "the server was stopped by `mgrctl -l`; `mgrctl -u` lets it start again";
        return Err(Fault(word.into()));
    }
    let lock = start::lock(&data_dir)?;
    init_log(&place.1);
    let app = start::open(place)?;
    let config = app.config.load_full();
    if options.demo {
        demo::refuse_where_real(&config)?;
        demo::set_on();
    }
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    first_start::run(&app, options.demo)?;
    let restarts = runtime()?.block_on(serve(app, options.demo))?;
    drop(lock);
    if restarts { Err(again()) } else { Ok(()) }
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
    effect::program::end_all();
    Server::finish(server).await;
    upkeep::blocking(&app, |app| app.sms_transports.end()).await;
    upkeep::blocking(&app, |app| app.number_links.end()).await;
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
    if let Some(address) = &config.agi_listen {
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|cause| format!("AgiListen {address}: {cause}"))?;
        addresses.push(format!("agi://{}", listener.local_addr()?));
        tasks.push(tokio::spawn(agi::serve(server.shared.app.clone(), listener)));
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
