//! The server as the program that administrators start.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::database::{Database, Dir, Engine};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// The password of `admin`, said once at the first start.
    pub password: String,
    pub dir: Dir,
    pub config: PathBuf,
    _database: Database,
}

impl Process {
    /// Starts on an empty database with these lines of configuration.
    pub fn start(engine: Engine, lines: &str) -> Self {
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let config = dir.0.join("billmgr.conf");
        std::fs::write(&config, lines).expect("a configuration file");
        let log = std::fs::File::create(dir.0.join("log")).expect("a log file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_billmgr"));
        command.arg("--config").arg(&config).arg("--data").arg(&dir.0);
        command.args(["serve", "--listen", "http://127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        if engine == Engine::Postgres {
            command.env("BILLMGR_DATABASEURL", &database.url);
        }
        let mut child = command.spawn().expect("the server starts");
        let mut words = BufReader::new(child.stdout.take().expect("its output is read")).lines();
        let (mut password, mut address) = (String::new(), None);
        while address.is_none() {
            let line = words.next().unwrap_or_else(|| panic!("no server: {}", said(&dir.0))).expect("text");
            if let Some(rest) = line.split("password `").nth(1) {
                password = rest.split('`').next().unwrap_or_default().to_owned();
            }
            let url = line.strip_prefix("billmgr listens on http://");
            address = url.and_then(|url| url.split('/').next()?.parse().ok());
        }
        let address = address.expect("the loop ends with one");
        Self { child, address, password, dir, config, _database: database }
    }

    /// All that the server wrote into its log.
    pub fn log(&self) -> String {
        said(&self.dir.0)
    }

    /// Waits until something holds, as an administrator would.
    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn said(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap_or_default()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
