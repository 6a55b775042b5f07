//! Requests that nobody means to send. A seed makes each of them, so that it can be sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use billmgr::rpc::meta::{Field, Shape, ValueKind};
use billmgr::rpc::registry::Func;

use super::value::{self, Bytes};
use crate::support::{Connection, Reply, Request, World};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=part";
const KINDS: [&str; 6] =
    [FORM, JSON, MULTIPART, "multipart/form-data", "multipart/form-data; boundary=\"", "x"];

/// Who calls; the last is nobody.
const USERS: [&str; 7] = ["admin", "admin", "client", "reseller", "buyer2", "employee", ""];
const OUTS: [&str; 17] = [
    "xml", "xml", "xml", "xml", "json", "json", "devel", "sjson", "xjson", "bjson", "JSONdata", "text",
    "csv", "print", "", "XML", "yaml",
];
/// What the dispatcher reads itself.
const COMMON: [&str; 18] = [
    "plid",
    "elids",
    "p_num",
    "p_cnt",
    "p_col",
    "p_sort",
    "p_order",
    "filter",
    "lang",
    "su",
    "callback",
    "snext",
    "sback",
    "sv_field",
    "clicked_button",
    "faction",
    "elname",
    "key",
];
const NO_FUNCTIONS: [&str; 6] = ["", "no.such.function", "payment.", "../payment", "<payment>", "payment\0"];

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `bound` − 1.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Holds in so many cases of a hundred.
    pub fn holds(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn bytes(&mut self, most: usize) -> Bytes {
        (0..self.below(most + 1)).map(|_| self.number() as u8).collect()
    }
}

type Pairs = Vec<(String, Bytes)>;

/// A request, and what may be expected of its answer.
pub struct Odd {
    /// What was asked, for the report.
    pub words: String,
    /// The asked format, where the request is whole enough to be understood.
    pub out: Option<&'static str>,
    send: Send,
}

enum Send {
    Request(Request),
    /// Bytes as they are; the server need not answer them.
    Raw(Bytes),
}

impl Odd {
    pub fn send(&self, world: &World) -> Option<Reply> {
        match &self.send {
            Send::Request(request) => Some(request.send(world.address)),
            Send::Raw(bytes) => {
                let mut connection = Connection::open(world.address);
                connection.write(bytes);
                connection.finish();
                connection.read()
            }
        }
    }
}

pub struct Maker<'w> {
    world: &'w World,
    pub dice: Dice,
    funcs: Vec<Arc<Func>>,
    /// Ids and names that mean something in this world.
    known: Vec<String>,
    sessions: BTreeMap<&'static str, String>,
}

impl<'w> Maker<'w> {
    pub fn new(world: &'w World, seed: u64) -> Self {
        let funcs: Vec<Arc<Func>> = world.app.registry.iter().cloned().collect();
        let ids = (1..20).map(|id| id.to_string());
        let words =
            ["client", "admin", "DefaultLang", "TimeZone", "payment", "user.edit", "EUR", "{type}.edit"];
        let known = world.names.values().cloned().chain(ids).chain(words.map(str::to_owned)).collect();
        let users = USERS.into_iter().filter(|user| !user.is_empty());
        let sessions = users.map(|user| (user, world.sign_in(user))).collect();
        Self { world, dice: Dice::new(seed), funcs, known, sessions }
    }

    pub fn make(&mut self) -> Odd {
        let mut pairs = self.call();
        let out = *self.dice.pick(&OUTS);
        pairs.push(("out".into(), out.into()));
        self.identify(&mut pairs);
        let shown = |(name, value): &(String, Bytes)| format!("{name}={}", value.escape_ascii());
        let words = pairs.iter().map(shown).collect::<Vec<_>>().join(" ");
        let words: String = words.chars().take(1500).collect();
        match self.dice.below(100) {
            0..45 => self.whole("GET", words, out, Request::get(target(&pairs))),
            45..65 => {
                let in_query = self.dice.below(pairs.len());
                let body = pairs.split_off(in_query);
                self.whole("POST", words, out, Request::post(target(&pairs), FORM, encoded(&body)))
            }
            65..78 => self.whole("JSON", words, out, Request::post("/billmgr", JSON, self.json(&pairs))),
            78..88 => {
                self.whole("multipart", words, out, Request::post("/billmgr", MULTIPART, multipart(&pairs)))
            }
            88..96 => self.broken(words, &pairs),
            _ => self.raw(&pairs),
        }
    }

    fn whole(&self, how: &str, words: String, out: &'static str, request: Request) -> Odd {
        Odd { words: format!("{how} {words}"), out: Some(out), send: Send::Request(request) }
    }

    /// A body that lies about its kind, or that something happened to.
    fn broken(&mut self, words: String, pairs: &Pairs) -> Odd {
        let mut body = match self.dice.below(4) {
            0 => self.json(pairs),
            1 => multipart(pairs),
            2 => encoded(pairs).into_bytes(),
            _ => self.dice.bytes(400),
        };
        for _ in 0..self.dice.below(4) {
            let at = self.dice.below(body.len());
            match self.dice.below(3) {
                0 => body.truncate(at),
                1 => body.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.dice.number() as u8),
                _ => drop(body.splice(at..at, self.dice.bytes(6)).collect::<Bytes>()),
            }
        }
        let kind = *self.dice.pick(&KINDS);
        let request = Request::post("/billmgr?out=xml", kind, body);
        Odd { words: format!("broken {kind} {words}"), out: None, send: Send::Request(request) }
    }

    fn raw(&mut self, pairs: &Pairs) -> Odd {
        let length = self.dice.below(2000);
        let bytes = match self.dice.below(4) {
            0 => self.dice.bytes(300),
            1 => [b"GET /billmgr?", &self.dice.bytes(200)[..], b" HTTP/1.1\r\nHost: x\r\n\r\n"].concat(),
            2 => format!("POST /billmgr HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{}", encoded(pairs))
                .into_bytes(),
            _ => {
                let chunks = self.dice.bytes(60);
                [b"POST /billmgr HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", &chunks[..]].concat()
            }
        };
        Odd { words: format!("raw {}", bytes.escape_ascii()), out: None, send: Send::Raw(bytes) }
    }

    /// A function with parameters that are its own, or not.
    fn call(&mut self) -> Pairs {
        let func = self.dice.pick(&self.funcs).clone();
        let name = if self.dice.holds(97) { func.name() } else { *self.dice.pick(&NO_FUNCTIONS) };
        let mut pairs: Pairs = vec![("func".into(), name.into())];
        if self.dice.holds(60) {
            pairs.push(("sok".into(), b"ok".to_vec()));
        }
        if self.dice.holds(if func.meta.shape() == Shape::Form { 50 } else { 85 }) {
            let elid = if self.dice.holds(85) { self.ids() } else { value::odd(&mut self.dice) };
            pairs.push(("elid".into(), elid));
        }
        if !func.meta.parent.is_empty() || self.dice.holds(20) {
            let plid = self.dice.pick(&self.known).as_bytes().to_vec();
            pairs.push(("plid".into(), plid));
        }
        self.fields(&func, &mut pairs);
        for name in COMMON {
            if self.dice.holds(4) {
                let value = self.common(name);
                pairs.push((name.into(), value));
            }
        }
        pairs
    }

    fn ids(&mut self) -> Bytes {
        let count = if self.dice.holds(85) { 1 } else { self.dice.below(4) };
        let ids: Vec<&str> = (0..count).map(|_| self.dice.pick(&self.known).as_str()).collect();
        ids.join(", ").into_bytes()
    }

    fn common(&mut self, name: &str) -> Bytes {
        let word = match name {
            "p_num" | "p_cnt" => *self.dice.pick(&["1", "2", "7", "10000", "9223372036854775807", "0", "-1"]),
            "p_col" | "p_sort" => *self.dice.pick(&["id", "-id", "+name", "status", "-", "amount", "+"]),
            "lang" => *self.dice.pick(&["ru", "en", "xx"]),
            "su" => *self.dice.pick(&["client", "reseller", "employee", "admin", "buyer"]),
            "callback" => *self.dice.pick(&["found", "a.b", "alert(1)", "1"]),
            "faction" => self.dice.pick(&self.funcs).name(),
            "sback" | "snext" | "filter" => "on",
            _ => return value::odd(&mut self.dice),
        };
        word.as_bytes().to_vec()
    }

    /// Fields of a form, parameters of an action, columns that a list can be filtered by.
    fn fields(&mut self, func: &Func, pairs: &mut Pairs) {
        let is_list = func.meta.shape() == Shape::List;
        let often = if is_list { 15 } else { *self.dice.pick(&[30, 90, 100]) };
        let filter = func.meta.filter.fields.iter().chain(&func.meta.coldata.cols);
        // One odd value in a form otherwise filled in well gets further than many.
        let odd = *self.dice.pick(&[3, 10, 40]);
        if is_list && self.dice.holds(50) {
            pairs.push(("filter".into(), b"on".to_vec()));
        }
        for field in func.meta.fields().chain(filter.filter(|_| is_list)) {
            if !self.dice.holds(often) {
                continue;
            }
            let value =
                if self.dice.holds(odd) { value::odd(&mut self.dice) } else { self.fitting(field, is_list) };
            pairs.push((field.name.clone(), value));
        }
    }

    fn fitting(&mut self, field: &Field, is_list: bool) -> Bytes {
        let is_period = is_list && matches!(field.kind, ValueKind::Date | ValueKind::Time);
        if !field.options.is_empty() || matches!(field.kind, ValueKind::Id | ValueKind::Ids) {
            return match field.kind {
                ValueKind::Ids => self.ids(),
                _ => self.dice.pick(&self.known).as_bytes().to_vec(),
            };
        }
        match field.vals.is_empty() {
            true if is_period => value::period(&mut self.dice),
            true => value::of_kind(&mut self.dice, field.kind),
            false => self.dice.pick(&field.vals).key.as_bytes().to_vec(),
        }
    }

    fn identify(&mut self, pairs: &mut Pairs) {
        let user = *self.dice.pick(&USERS);
        let proof = match self.sessions.get(user) {
            None => return,
            Some(session) if self.dice.holds(40) => format!("auth={session}"),
            Some(_) => self.world.proof(user),
        };
        let (name, proof) = proof.split_once('=').expect("a proof is a parameter");
        pairs.push((name.into(), proof.into()));
    }

    fn json(&mut self, pairs: &Pairs) -> Bytes {
        let mut members = Vec::new();
        for (name, value) in pairs {
            let text = String::from_utf8_lossy(value).into_owned();
            let value = match self.dice.below(12) {
                0 => serde_json::Value::from(self.dice.number() as i64),
                1 => serde_json::Value::from(vec![text]),
                2 => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
                _ => text.into(),
            };
            let value = if matches!(name.as_str(), "out" | "auth" | "authinfo" | "func") {
                String::from_utf8_lossy(&pairs.iter().find(|pair| pair.0 == *name).expect("it is there").1)
                    .into()
            } else {
                value
            };
            members.push((name.clone(), value));
        }
        serde_json::Value::Object(members.into_iter().collect()).to_string().into_bytes()
    }
}

fn encoded(pairs: &Pairs) -> String {
    let text = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
    let pair = |(name, value): &(String, Bytes)| format!("{}={}", text(name.as_bytes()), text(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn target(pairs: &Pairs) -> String {
    format!("/billmgr?{}", encoded(pairs))
}

fn multipart(pairs: &Pairs) -> Bytes {
    let mut body = Bytes::new();
    for (name, value) in pairs {
        let head = format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value, b"\r\n"].concat());
    }
    body.extend(b"--part--\r\n");
    body
}
