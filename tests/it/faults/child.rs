//! The server as a program of its own, over a database that outlives it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::Engine;
use crate::support::database::Database;
use crate::support::dom;

const FORM: &str = "application/x-www-form-urlencoded";
/// No answer within it is a fault of the server.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Child {
    process: std::process::Child,
    pub address: SocketAddr,
}

/// The program on this data, without a word what it shall do.
pub fn program(engine: Engine, data: &Path, database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_billmgr"));
    command.arg("--data").arg(data);
    if engine == Engine::Postgres {
        command.env("BILLMGR_DATABASEURL", &database.url);
    }
    command
}

fn command(engine: Engine, data: &Path, database: &Database) -> Command {
    let mut command = program(engine, data, database);
    command.args(["serve", "--listen", "http://127.0.0.1:0"]);
    command
}

impl Child {
    pub fn start(engine: Engine, data: &Path, database: &Database) -> Self {
        let log = data.join("log");
        let file = std::fs::File::create(&log).expect("a log file");
        let mut command = command(engine, data, database);
        let mut process = command.stdout(Stdio::piped()).stderr(file).spawn().expect("the server starts");
        let lines = BufReader::new(process.stdout.take().expect("its output is read")).lines();
        let url = |line: String| line.strip_prefix("billmgr listens on http://").map(str::to_owned);
        let url = lines.map(|line| line.expect("text")).find_map(url);
        let url =
            url.unwrap_or_else(|| panic!("no server: {}", std::fs::read_to_string(&log).unwrap_or_default()));
        let address = url.split('/').next().and_then(|address| address.parse().ok()).expect("an address");
        Self { process, address }
    }

    /// What a server says that does not start.
    pub fn refused(engine: Engine, data: &Path, database: &Database) -> String {
        let output = command(engine, data, database).output().expect("the program runs");
        assert!(!output.status.success(), "the server started");
        String::from_utf8(output.stderr).expect("text")
    }

    /// As a power cut does: SIGKILL.
    pub fn kill(mut self) {
        self.process.kill().expect("the server can be killed");
        let _ = self.process.wait();
    }

    /// SIGTERM. The server may go on for a while.
    pub fn ask_to_stop(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().expect("a shell");
        assert!(sent.success(), "no signal was sent");
    }

    pub fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(Instant::now() < end, "the server does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn stop(mut self) {
        self.ask_to_stop();
        assert!(self.ended().success(), "the server did not end well");
    }

    /// The document of a call, or nothing where the server went away.
    pub fn ask(address: SocketAddr, query: &str) -> Option<billmgr::doc::Node> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let body = format!("{query}&out=xml");
        let head = format!("Content-Type: {FORM}\r\nContent-Length: {}\r\nConnection: close", body.len());
        stream
            .write_all(format!("POST /billmgr HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}").as_bytes())
            .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        dom::parse(text.split_once("\r\n\r\n")?.1).ok()
    }

    pub fn call(&self, query: &str) -> billmgr::doc::Node {
        Self::ask(self.address, query).unwrap_or_else(|| panic!("{query}: no answer"))
    }

    /// The same where nothing but success is expected.
    pub fn done(&self, query: &str) -> billmgr::doc::Node {
        let doc = self.call(query);
        assert!(doc.get("error").is_none(), "{query}: {:?}", doc.get("error"));
        doc
    }

    pub fn is_refused(&self, query: &str) -> bool {
        self.call(query).get("error").is_some()
    }

    /// A session of a user, as parameter `auth`.
    pub fn sign_in(&self, user: &str, password: &str) -> String {
        let doc = self.done(&format!("func=auth&username={user}&password={password}"));
        format!("auth={}", doc.get_text("auth").expect("a session"))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
