//! A provider on the loopback address that speaks as eSIM Access does, and fails as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub const ICCID: &str = "8944110068264534723";
const LPA: &str = "LPA:1$rsp.upstream.example$451F9802E6854E3E";

/// How orders are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    Take,
    /// Taken, and the connection is closed without an answer.
    TakeSilently,
    /// The connection is closed before anything was done.
    Drop,
    /// A refusal by this code.
    Refuse(&'static str),
    /// Taken, with an answer that nobody understands.
    Garbage,
    /// Something in front of the provider answers.
    BadGateway,
}

/// How questions are answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Queries {
    Allocating,
    Drop,
    /// These members of a profile in place of the right ones.
    Profile(Value),
    Nothing,
}

pub struct State {
    pub orders: Orders,
    pub queries: Queries,
    /// References and our numbers of them, one a reference.
    pub taken: Vec<(String, String)>,
    /// Path, access code, body.
    pub seen: Vec<(String, String, Value)>,
    pub catalogue: Value,
}

pub struct Upstream {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn package(code: &str, name: &str, price: i64) -> Value {
    json!({
        "packageCode": code, "slug": "EU-1_7", "name": name, "price": price, "currencyCode": "USD",
        "volume": 1_073_741_824, "duration": 7, "durationUnit": "DAY", "location": "DE,FR", "speed": "5G",
        "locationNetworkList": [
            { "locationName": "Germany", "locationLogo": "/img/flags/de.png",
              "operatorList": [{ "operatorName": "Telekom", "networkType": "5G" }] },
            { "locationName": "France", "locationLogo": "/img/flags/fr.png", "operatorList": [] },
        ],
    })
}

impl Upstream {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a port");
        let catalogue = json!([
            package("P2CYMUS93", "Europe 1GB 7Days", 30_000),
            package("FREE1", "For nothing", 0),
            package("12345", "Digits alone", 10_000),
            json!({ "packageCode": "BROKEN" }),
            json!({ "packageCode": "HOURS", "name": "x", "price": 1, "currencyCode": "USD", "volume": 1,
                    "duration": 3, "durationUnit": "HOUR" }),
        ]);
        let state = State {
            orders: Orders::Take,
            queries: Queries::Allocating,
            taken: Vec::new(),
            seen: Vec::new(),
            catalogue,
        };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    pub fn taken(&self) -> usize {
        self.state().taken.len()
    }

    pub fn asked(&self, path: &str) -> usize {
        self.state().seen.iter().filter(|(seen, ..)| seen == path).count()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut code, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.trim_start_matches("/api/v1/open/").to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "rt-accesscode" => code = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let (status, text) = {
        let mut state = state.lock().ok()?;
        state.seen.push((path.clone(), code, body.clone()));
        answer(&mut state, &path, &body)?
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    reader.get_mut().write_all([head.as_bytes(), text.as_bytes()].concat().as_slice()).ok()
}

fn ok(obj: Value) -> Option<(&'static str, String)> {
    Some(("200 OK", json!({ "success": true, "errorCode": "0", "errorMsg": null, "obj": obj }).to_string()))
}

fn refused(code: &str) -> Option<(&'static str, String)> {
    // One of its versions writes the word as text.
    let body = json!({ "success": "false", "errorCode": code, "errorMsg": "no\nsuch thing" });
    Some(("200 OK", body.to_string()))
}

/// Nothing: the connection is closed without an answer.
fn answer(state: &mut State, path: &str, body: &Value) -> Option<(&'static str, String)> {
    match path {
        "package/list" => ok(json!({ "packageList": state.catalogue })),
        "balance/query" => ok(json!({ "balance": 123_456 })),
        "esim/order" => order(state, body),
        "esim/query" => query(state, body),
        _ => Some(("404 Not Found", String::new())),
    }
}

fn order(state: &mut State, body: &Value) -> Option<(&'static str, String)> {
    let reference = body["transactionId"].as_str()?.to_owned();
    match state.orders {
        Orders::Drop => return None,
        Orders::Refuse(code) => return refused(code),
        Orders::BadGateway => return Some(("502 Bad Gateway", "<html>down</html>".into())),
        Orders::Take | Orders::TakeSilently | Orders::Garbage => {}
    }
    let known = state.taken.iter().find(|(have, _)| *have == reference).cloned();
    let (_, number) = known.unwrap_or_else(|| {
        let made = (reference, format!("B{:0>12}", state.taken.len() + 1));
        state.taken.push(made.clone());
        made
    });
    match state.orders {
        Orders::TakeSilently => None,
        Orders::Garbage => Some(("200 OK", "{\"success\":tru".into())),
        _ => ok(json!({ "orderNo": number })),
    }
}

fn query(state: &mut State, body: &Value) -> Option<(&'static str, String)> {
    let mut esim = json!({
        "esimTranNo": "1", "orderNo": body["orderNo"], "iccid": ICCID, "ac": LPA, "esimStatus": "GOT_RESOURCE",
        "smdpStatus": "RELEASED", "totalVolume": 1_073_741_824, "orderUsage": 0,
        "expiredTime": "2026-12-12T18:13:18+0000",
    });
    match &state.queries {
        Queries::Allocating => return refused("200010"),
        Queries::Drop => return None,
        Queries::Nothing => return ok(json!({ "esimList": [] })),
        Queries::Profile(Value::Object(members)) => {
            members.iter().for_each(|(name, value)| esim[name] = value.clone());
        }
        Queries::Profile(_) => {}
    }
    ok(json!({ "esimList": [esim], "pager": { "total": 1 } }))
}
