//! The two ends that Asterisk has: what asks by FastAGI, and the manager interface that we sign in to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use billmgr::auth::session::hex;
use billmgr::telecom::asterisk::{agi, run_always};
use md5::{Digest, Md5};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::calls_money::phones::{Phones, text};
use crate::direct::tables;

/// No answer within it is a fault.
const TIMEOUT: Duration = Duration::from_secs(20);
pub const SECRET: &str = "a-secret-of-ami";
pub const DST: &str = "4915112345";

pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// A world with telephones, a switch of kind asterisk, and what it talks to.
pub struct Pbx<'w> {
    pub phones: Phones<'w>,
    pub switch: String,
    pub key: String,
    pub agi: SocketAddr,
    manager: TcpListener,
    tasks: Vec<JoinHandle<()>>,
}

impl<'w> Pbx<'w> {
    pub fn new(phones: Phones<'w>) -> Self {
        let manager = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = manager.local_addr().expect("a bound port");
        let query = format!("func=switch.edit&name=pbx1&kind=asterisk&address={address}&login=billmgr");
        let made = phones.world.done("admin", &format!("{query}&secret={SECRET}&sok=ok"));
        let switch = text(&made, "id");
        let key = text(&phones.world.done("admin", &format!("func=switch.key&elid={switch}")), "key");
        let listener = runtime().block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let agi = listener.local_addr().expect("a bound port");
        let serve = runtime().spawn(agi::serve(phones.world.app.clone(), listener));
        Self { phones, switch, key, agi, manager, tasks: vec![serve] }
    }

    /// From now on we sign in to the manager interface, as the server does.
    pub fn start(&mut self) {
        let app = self.phones.world.app.clone();
        self.tasks.push(runtime().spawn(async move { run_always(&app).await }));
    }

    /// The next connection to the manager interface, signed in.
    pub fn manager(&self) -> Talk {
        let mut talk = self.connection();
        let proof = hex(&Md5::digest(format!("158303146{SECRET}")));
        talk.play(include_str!("ami_sign_in.txt"), &[("proof", &proof)]);
        talk
    }

    pub fn manager_address(&self) -> SocketAddr {
        self.manager.local_addr().expect("a bound port")
    }

    /// Nobody has connected to the manager interface.
    pub fn waits_for_none(&self) -> bool {
        self.manager.set_nonblocking(true).expect("a listener");
        self.manager.accept().is_err()
    }

    pub fn connection(&self) -> Talk {
        self.manager.set_nonblocking(true).expect("a listener");
        let end = Instant::now() + TIMEOUT;
        loop {
            match self.manager.accept() {
                Ok((stream, _)) => return Talk::new(stream, "\r\n"),
                Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
                Err(cause) => panic!("nobody signs in: {cause}"),
            }
        }
    }

    /// One FastAGI conversation.
    pub fn ask(&self, recording: &str, vars: &[(&str, &str)]) {
        let stream = TcpStream::connect(self.agi).expect("FastAGI is there");
        let vars = [&[("key", self.key.as_str())], vars].concat();
        Talk::new(stream, "\n").play(recording, &vars);
    }

    pub fn authorise(&self, vars: &[(&str, &str)]) {
        self.ask(include_str!("agi_authorize.txt"), vars);
    }

    pub fn end(&self, vars: &[(&str, &str)]) {
        self.ask(include_str!("agi_end.txt"), vars);
    }

    pub fn advance(&self, secs: i64) {
        self.phones.world.clock.advance_us(secs * 1_000_000);
    }

    /// Waits until so many calls are under way.
    pub fn until_calls(&self, count: usize) {
        self.until("call", count);
    }

    pub fn until(&self, table: &str, count: usize) {
        let end = Instant::now() + TIMEOUT;
        while tables::rows(&self.phones.world.app.db, table).len() != count {
            assert!(Instant::now() < end, "{table}: {:?}", tables::rows(&self.phones.world.app.db, table));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Pbx<'_> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One connection of a recorded conversation.
pub struct Talk {
    pub stream: BufReader<TcpStream>,
    end_of_line: &'static str,
}

impl Talk {
    pub fn new(stream: TcpStream, end_of_line: &'static str) -> Self {
        stream.set_nonblocking(false).expect("a stream");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a stream");
        stream.set_write_timeout(Some(TIMEOUT)).expect("a stream");
        Self { stream: BufReader::new(stream), end_of_line }
    }

    /// Says the lines that begin with `<` and compares those that begin with `>`; `> .` is the end.
    pub fn play(&mut self, recording: &str, vars: &[(&str, &str)]) {
        for line in recording.lines() {
            let filled = vars
                .iter()
                .fold(line.to_owned(), |line, (name, value)| line.replace(&format!("{{{name}}}"), value));
            match filled.split_at(filled.len().min(1)) {
                ("<", rest) => self.say(rest.strip_prefix(' ').unwrap_or(rest)),
                (">", " .") => assert_eq!(self.hear(), None, "the end was expected"),
                (">", rest) => {
                    let expected = rest.strip_prefix(' ').unwrap_or(rest);
                    assert_eq!(self.hear().as_deref(), Some(expected), "in {recording}");
                }
                _ => {}
            }
        }
    }

    pub fn say(&mut self, line: &str) {
        let text = format!("{line}{}", self.end_of_line);
        self.stream.get_mut().write_all(text.as_bytes()).expect("we are heard");
    }

    /// The next line; nothing at the end.
    pub fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            Err(cause) if cause.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(cause) => panic!("nothing was said: {cause}"),
        }
    }
}
