//! Requests that nobody means to send. A seed makes each of them, so that it can be sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use billmgr::db::{Kind, Sql};
use billmgr::level::Level;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::rpc::meta::{Field, Shape, ValueKind};
use billmgr::rpc::registry::Func;

use serde_json::Value;

use super::value::{self, Bytes};
use crate::support::seed::PASSWORD;
use crate::support::{Connection, Reply, Request, World};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=part";
const KINDS: [&str; 6] =
    [FORM, JSON, MULTIPART, "multipart/form-data", "multipart/form-data; boundary=\"", "x"];

/// Who calls, from the highest level down; the last is nobody.
const USERS: [&str; 7] = ["admin", "admin", "employee", "reseller", "buyer2", "client", ""];
const OUTS: [&str; 20] = [
    "xml", "xml", "xml", "xml", "xml", "xml", "XML", "json", "json", "devel", "sjson", "xjson", "bjson",
    "JSONdata", "text", "csv", "print", "", "", "yaml",
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
/// Keys of lists without ids, and ids of nothing.
const WORDS: [&str; 10] =
    ["client", "admin", "DefaultLang", "TimeZone", "payment", "user.edit", "{type}.edit", "100", "0", "-5"];
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
    how: How,
}

enum How {
    Request(Request),
    /// Bytes as they are; the server need not answer them.
    Raw(Bytes),
}

impl Odd {
    pub fn send(&self, world: &World) -> Option<Reply> {
        match &self.how {
            How::Request(request) => Some(request.send(world.address)),
            How::Raw(bytes) => {
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
    sessions: BTreeMap<&'static str, String>,
}

impl<'w> Maker<'w> {
    pub fn new(world: &'w World, seed: u64) -> Self {
        let funcs: Vec<Arc<Func>> = world.app.registry.iter().cloned().collect();
        Self { world, dice: Dice::new(seed), funcs, sessions: BTreeMap::new() }
    }

    /// Sessions end; who still may sign in does so again.
    pub fn sign_in(&mut self) {
        for user in USERS.into_iter().filter(|user| !user.is_empty()) {
            let reply = self.world.post(&format!("func=auth&username={user}&password={PASSWORD}&out=text"));
            let id = reply.body.lines().find_map(|line| line.strip_prefix("auth="));
            self.sessions.extend(id.map(|id| (user, id.to_owned())));
        }
    }

    pub fn make(&mut self) -> Odd {
        let func = self.func();
        let mut pairs = self.call(&func);
        let out = *self.dice.pick(&OUTS);
        pairs.push(("out".into(), out.into()));
        self.identify(func.meta.level, &mut pairs);
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
            65..78 => {
                let body = self.json(&pairs);
                self.whole("JSON", words, out, Request::post("/billmgr", JSON, body))
            }
            78..88 => {
                self.whole("multipart", words, out, Request::post("/billmgr", MULTIPART, multipart(&pairs)))
            }
            88..96 => self.broken(words, &pairs),
            _ => self.raw(&pairs),
        }
    }

    /// Half of the time one that keeps what it is told.
    fn func(&mut self) -> Arc<Func> {
        let func = self.dice.pick(&self.funcs).clone();
        let keeps = matches!(func.meta.shape(), Shape::Form | Shape::Wizard);
        if keeps || self.dice.holds(50) { func } else { self.func() }
    }

    fn whole(&self, method: &str, words: String, out: &'static str, request: Request) -> Odd {
        Odd { words: format!("{method} {words}"), out: Some(out), how: How::Request(request) }
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
        Odd { words: format!("broken {kind} {words}"), out: None, how: How::Request(request) }
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
        Odd { words: format!("raw {}", bytes.escape_ascii()), out: None, how: How::Raw(bytes) }
    }

    /// A function with parameters that are its own, or not.
    fn call(&mut self, func: &Func) -> Pairs {
        let name = if self.dice.holds(97) { func.name() } else { *self.dice.pick(&NO_FUNCTIONS) };
        let mut pairs: Pairs = vec![("func".into(), name.into())];
        if self.dice.holds(70) {
            pairs.push(("sok".into(), b"ok".to_vec()));
        }
        let is_new = self.dice.holds(if func.meta.shape() == Shape::Form { 60 } else { 10 });
        if !is_new {
            let elid = if self.dice.holds(90) { self.rows_of(func) } else { value::odd(&mut self.dice) };
            pairs.push(("elid".into(), elid));
        }
        if let Some(parent) = self.parent(func, is_new) {
            let plid = if self.dice.holds(95) { self.row(&parent) } else { value::odd(&mut self.dice) };
            pairs.push(("plid".into(), plid));
        }
        self.fields(func, &mut pairs);
        self.page(func, &mut pairs);
        for name in COMMON {
            if self.dice.holds(2) {
                let value = self.common(name);
                pairs.push((name.into(), value));
            }
        }
        pairs
    }

    /// The table whose rows `plid` names.
    fn parent(&mut self, func: &Func, is_new: bool) -> Option<String> {
        let (parent, link) = (func.meta.parent_table(), &func.meta.link_from);
        let (column, often) = match (parent.is_empty(), link.is_empty()) {
            (_, false) => (link.as_str(), 98),
            (false, _) => (parent, if is_new { 90 } else { 20 }),
            _ if func.name().starts_with("rights2") || func.object == "userrights" => ("users_id", 90),
            _ => (*self.dice.pick(&["users_id", "account_id", "company_id"]), 20),
        };
        self.dice.holds(often).then(|| column.trim_end_matches("_id").to_owned())
    }

    /// `elid`: rows of the function's table, of the list that it belongs to, or words.
    fn rows_of(&mut self, func: &Func) -> Bytes {
        let list = self.world.app.registry.get(&func.object);
        let of_list = list.map(|list| list.meta.view.clone()).unwrap_or_default();
        let linked = func.meta.link_to.trim_end_matches("_id").to_owned();
        let parent = func.meta.parent_table().to_owned();
        let is_list = func.meta.shape() == Shape::List;
        let wishes = [linked, if is_list { parent } else { String::new() }, func.meta.table.clone(), of_list];
        let table = wishes.into_iter().find(|table| !table.is_empty()).unwrap_or_default();
        let count = if self.dice.holds(90) { 1 } else { self.dice.below(4) };
        (0..count).map(|_| self.row(&table)).collect::<Vec<_>>().join(&b", "[..])
    }

    /// The id of a row, or of none.
    fn row(&mut self, table: &str) -> Bytes {
        let is_there = self.world.app.db.has_column(table, "id");
        if !is_there || self.dice.holds(2) {
            return self.dice.pick(&WORDS).as_bytes().to_vec();
        }
        let sql = Sql::new("SELECT id FROM ").word(table).sql(" ORDER BY id LIMIT 100");
        let rows = self.world.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int])).expect("a table");
        let ids: Vec<i64> = rows.iter().map(|row| row[0].int()).collect();
        if ids.is_empty() { b"1".to_vec() } else { self.dice.pick(&ids).to_string().into_bytes() }
    }

    /// A part of a list, in some order.
    fn page(&mut self, func: &Func, pairs: &mut Pairs) {
        if func.meta.coldata.cols.is_empty() || self.dice.holds(60) {
            return;
        }
        let sign = *self.dice.pick(&["", "+", "-"]);
        let column = &self.dice.pick(&func.meta.coldata.cols).name;
        pairs.push(("p_col".into(), format!("{sign}{column}").into_bytes()));
        for (name, most) in [("p_cnt", 3), ("p_num", 5)] {
            pairs.push((name.into(), (1 + self.dice.below(most)).to_string().into_bytes()));
        }
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
        let filter = func.meta.filter.fields.iter().chain(func.meta.coldata.cols.iter());
        // One odd value in a form otherwise filled in well gets further than many.
        let odd = *self.dice.pick(&[0, 0, 3, 10, 40]);
        if is_list && self.dice.holds(50) {
            pairs.push(("filter".into(), b"on".to_vec()));
        }
        for field in func.meta.fields().chain(filter.filter(|_| is_list)) {
            // A new password costs as much as a hundred other requests.
            if !self.dice.holds(if field.is_secret() { often / 10 } else { often }) {
                continue;
            }
            let value =
                if self.dice.holds(odd) { value::odd(&mut self.dice) } else { self.fitting(field, is_list) };
            pairs.push((field.name.clone(), value));
        }
    }

    fn fitting(&mut self, field: &Field, is_list: bool) -> Bytes {
        let is_period = is_list && matches!(field.kind, ValueKind::Date | ValueKind::Time);
        match (field.options.as_str(), field.vals.is_empty()) {
            ("", true) if is_period => value::period(&mut self.dice),
            ("", true) => value::fitting(&mut self.dice, field),
            ("", false) => self.dice.pick(&field.vals).key.as_bytes().to_vec(),
            (options, _) => self.row(&format!("{options}_option")),
        }
    }

    /// Mostly somebody who may call the function.
    fn identify(&mut self, level: Level, pairs: &mut Pairs) {
        let user = match self.dice.holds(20) {
            true => *self.dice.pick(&USERS),
            false if level <= Level::User => *self.dice.pick(&USERS[..6]),
            false if level <= Level::Reseller => *self.dice.pick(&USERS[..5]),
            false => *self.dice.pick(&USERS[..3]),
        };
        let proof = match self.sessions.get(user) {
            None => return,
            Some(session) if self.dice.holds(70) => format!("auth={session}"),
            Some(_) => self.world.proof(user),
        };
        let (name, proof) = proof.split_once('=').expect("a proof is a parameter");
        pairs.push((name.into(), proof.into()));
    }

    /// Members are texts, some of them numbers or lists; what the request stands on stays a text.
    fn json(&mut self, pairs: &Pairs) -> Bytes {
        let mut members = serde_json::Map::new();
        for (name, value) in pairs {
            let text = String::from_utf8_lossy(value).into_owned();
            let stays = ["out", "auth", "authinfo", "func"].contains(&name.as_str());
            let value = match self.dice.below(12) {
                _ if stays => text.into(),
                0 => Value::from(self.dice.number() as i64),
                1 => Value::from(vec![text]),
                2 => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
                _ => text.into(),
            };
            members.insert(name.clone(), value);
        }
        Value::Object(members).to_string().into_bytes()
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
