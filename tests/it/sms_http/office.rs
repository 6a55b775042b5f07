//! A provider in a world, a rate for it, and a client who sends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use billmgr::db::{Kind, Sql};
use billmgr::rpc::BUDGET_SLOW;
use form_urlencoded::Serializer;

use crate::support::World;

pub const PHONE: &str = "+447575396991";

pub struct Office<'w> {
    pub world: &'w World,
    pub provider: String,
}

pub fn query(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl<'w> Office<'w> {
    pub fn new(world: &'w World, settings: &[(&str, &str)]) -> Self {
        let usual = [("func", "sms.provider.edit"), ("code", "way"), ("name", "Way"), ("sok", "ok")];
        let provider = world.done("admin", &query(&[&usual[..], settings].concat()));
        let provider = provider.get_text("id").expect("an id").to_owned();
        let rate = [
            ("func", "sms.rate.edit"),
            ("provider", provider.as_str()),
            ("prefix", "44"),
            ("currency", world.id("euro")),
            ("retail", "0.04"),
            ("wholesale", "0.02"),
            ("sok", "ok"),
        ];
        world.done("admin", &query(&rate));
        Self { world, provider }
    }

    pub fn change(&self, settings: &[(&str, &str)]) {
        let usual = [("func", "sms.provider.edit"), ("elid", &self.provider), ("sok", "ok")];
        self.world.done("admin", &query(&[&usual[..], settings].concat()));
    }

    /// Sends one and tells what it came to: its status, its name at the provider and its reason.
    pub fn send(&self, text: &str) -> [String; 3] {
        let usual =
            [("func", "sms.send"), ("phone", PHONE), ("provider", "way"), ("text", text), ("sok", "ok")];
        self.world.call("client", &query(&usual));
        self.last()
    }

    /// The newest message.
    pub fn last(&self) -> [String; 3] {
        let sql = Sql::new("SELECT status, message_id, reason FROM sms_message ORDER BY id DESC LIMIT 1");
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text; 3]));
        let row = row.expect("a statement").expect("a message");
        [0, 1, 2].map(|at: usize| row[at].str().to_owned())
    }

    pub fn status(&self) -> String {
        let [status, ..] = self.last();
        status
    }

    pub fn count(&self, sql: &'static str) -> i64 {
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).first(conn, &[Kind::Int]));
        row.expect("a statement").expect("a row")[0].int()
    }

    /// What the client has.
    pub fn balance(&self) -> i64 {
        let account: i64 = self.world.id("client").parse().expect("a number");
        let sql = Sql::new("SELECT balance FROM subaccount_list WHERE account_id = ").bind(account);
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
        row.expect("a statement").expect("a balance")[0].int()
    }
}

/// What a gateway does with a request.
#[derive(Clone, Copy)]
pub enum Deed {
    Answer(u16, &'static str),
    /// Closes before it has read anything.
    Slam,
    /// Reads, and closes without a word.
    Swallow,
    /// Reads, and says nothing for longer than anybody waits.
    Sleep,
    /// Two answers at once.
    Twice(&'static str, &'static str),
}

/// First line, headers and body.
pub type Seen = Arc<Mutex<Vec<(String, Vec<String>, String)>>>;

/// A gateway that does these one after the other.
pub fn gateway(deeds: Vec<Deed>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (address, seen) = (listener.local_addr().expect("a port"), Seen::default());
    let noted = seen.clone();
    std::thread::spawn(move || {
        for deed in deeds {
            let (stream, _) = listener.accept().expect("a connection");
            let noted = noted.clone();
            std::thread::spawn(move || serve(stream, deed, &noted));
        }
    });
    (address, seen)
}

fn serve(mut stream: TcpStream, deed: Deed, noted: &Seen) {
    if matches!(deed, Deed::Slam) {
        return;
    }
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.map(|line| line.to_ascii_lowercase()).collect();
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|digits| digits.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).expect("a body");
    let body = String::from_utf8(body).expect("UTF-8");
    noted.lock().expect("the list").push((first, headers, body));
    let whole = |status: u16, text: &str| {
        format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{text}", text.len())
    };
    let answer = match deed {
        Deed::Answer(status, text) => whole(status, text),
        Deed::Twice(one, two) => [whole(200, one), whole(200, two)].concat(),
        Deed::Sleep => return std::thread::sleep(std::time::Duration::from_secs(4)),
        Deed::Slam | Deed::Swallow => return,
    };
    let _ = stream.write_all(answer.as_bytes());
}
