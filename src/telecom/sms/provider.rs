//! Providers of short messages: how they are reached, how fast, and what they want to be told.

use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::seal::Column;
use crate::telecom::sms::hook;
use crate::telecom::sms::transport::{http, smpp};

pub const FUNCS: &[Row] = &[
    ("sms.provider", Handler::Rows(rows)),
    ("sms.provider.edit", Handler::Form(EDIT)),
    ("sms.provider.delete", Handler::Each(delete)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// The kind that is inside of this program.
pub const SANDBOX: &str = "sandbox";
pub const HTTP: &str = "http";
pub const SMPP: &str = "smpp";

pub const SECRET: Column =
    Column { table: "sms_provider", column: "secret", context: "sms_provider.secret:{id}", only: "" };

/// Messages that are handed over at once, and a second.
pub const IN_FLIGHT_MAX: i64 = 32;
const PACE_MAX: i64 = 10_000;
const TIMEOUT_MAX_SEC: i64 = 60;
const CODE_MAX: usize = 32;

/// The columns of `sms_provider` that transports read by name.
const TEXTS: [&str; 13] = [
    "sender",
    "login",
    "url",
    "method",
    "headers",
    "body",
    "success",
    "message_id",
    "address",
    "system_type",
    "content",
    "throttled",
    "id_form",
];

/// A provider as its transport is made from it.
#[derive(Debug, Clone)]
pub struct Settings {
    pub id: i64,
    pub code: String,
    pub kind: String,
    pub timeout_sec: i64,
    pub in_flight: i64,
    /// Counts changes.
    pub version: i64,
    /// Opened.
    pub secret: String,
    texts: Vec<String>,
}

impl Settings {
    /// One of [`TEXTS`].
    pub fn text(&self, name: &str) -> &str {
        let at = TEXTS.iter().position(|have| *have == name);
        at.map_or("", |at| &self.texts[at])
    }

    pub fn load(app: &App, id: i64) -> Result<Self> {
        let sql = Sql::new("SELECT code, kind, timeout_sec, version, secret, in_flight, ").words(TEXTS);
        let sql = sql.sql(" FROM sms_provider WHERE NOT deleted AND id = ").bind(id);
        let first = [Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Text, Kind::Int];
        let kinds: Vec<Kind> = first.into_iter().chain(TEXTS.map(|_| Kind::Text)).collect();
        let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &kinds))?;
        let row = row.ok_or_else(|| Error::missed("provider").with("value", id.to_string()))?;
        let sealed = row[4].str();
        let secret = match sealed {
            "" => String::new(),
            sealed => app.sealer.open(sealed, &SECRET.context(&[&id]))?,
        };
        Ok(Self {
            id,
            code: row[0].str().to_owned(),
            kind: row[1].str().to_owned(),
            timeout_sec: row[2].int(),
            in_flight: row[5].int(),
            version: row[3].int(),
            secret,
            texts: row[first.len()..].iter().map(|raw| raw.str().to_owned()).collect(),
        })
    }

    /// As a form says it, with the secret that it brings.
    fn of(cx: &Ctx, record: &Record) -> Self {
        Self {
            id: 0,
            code: record.str("code").to_owned(),
            kind: record.str("kind").to_owned(),
            timeout_sec: record.int("timeout_sec"),
            in_flight: record.int("in_flight"),
            version: 0,
            secret: cx.params.get("secret").to_owned(),
            texts: TEXTS.map(|name| record.str(name).to_owned()).to_vec(),
        }
    }

    /// What a transport that was made before must match.
    pub fn version(app: &App, id: i64) -> Result<i64> {
        let sql = Sql::new("SELECT version FROM sms_provider WHERE NOT deleted AND id = ").bind(id);
        let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
        row.map(|row| row[0].int()).ok_or_else(|| Error::missed("provider").with("value", id.to_string()))
    }
}

/// Ids and kinds of the providers that take messages now.
pub fn open(app: &App) -> Result<Vec<(i64, String)>> {
    let sql = Sql::new("SELECT id, kind FROM sms_provider WHERE NOT deleted AND active ORDER BY id");
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int, Kind::Text]))?;
    Ok(rows.iter().map(|row| (row[0].int(), row[1].str().to_owned())).collect())
}

/// A provider that takes messages now.
#[derive(Debug, Clone)]
pub struct Open {
    pub id: i64,
    pub code: String,
    pub name: String,
}

impl Open {
    /// By its code. Error `value(provider)`.
    pub fn find(conn: &mut Conn, code: &str) -> Result<Self> {
        let sql = Sql::new("SELECT id, name FROM sms_provider WHERE NOT deleted AND active AND code = ");
        let row = sql.bind(code).first(conn, &[Kind::Int, Kind::Text])?;
        let row = row.ok_or_else(|| Error::value("provider", code))?;
        Ok(Self { id: row[0].int(), code: code.to_owned(), name: row[1].str().to_owned() })
    }
}

/// What a form offers; programs name the code.
const OFFERED_MAX: i64 = 1_000;

/// The providers that a message may be given to, by their codes, for a form to choose from.
pub fn offered(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT code, name FROM sms_provider WHERE NOT deleted AND active ORDER BY name, id");
    let rows = sql.sql(" LIMIT ").bind(OFFERED_MAX).load(cx.conn, &[Kind::Text; 2])?;
    let val = |row: &Vec<Raw>| Node::leaf("val", row[1].str()).attrs([("key", row[0].str())]);
    record.nodes.push(Node::new("slist").attr("name", "provider").with(rows.iter().map(val)));
    Ok(())
}

/// The columns of the list, in its order.
const SHOWN: [(&str, Kind); 10] = [
    ("id", Kind::Int),
    ("code", Kind::Text),
    ("name", Kind::Text),
    ("active", Kind::Flag),
    ("kind", Kind::Text),
    ("pace", Kind::Int),
    ("in_flight", Kind::Int),
    ("address", Kind::Text),
    ("incoming", Kind::Int),
    ("incoming_at", Kind::Int),
];

/// Providers are nobody's, and everybody sends through them.
fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT ").words(SHOWN.map(|(name, _)| name));
    let sql = sql.sql(" FROM sms_provider WHERE NOT deleted ORDER BY id");
    sql.load(cx.conn, &SHOWN.map(|(_, kind)| kind))
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let code = record.str("code").trim().to_lowercase();
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if code.is_empty() || code.len() > CODE_MAX || !code.bytes().all(is_plain) {
        return Err(Error::value("code", code));
    }
    record.set("code", code);
    for (name, least, most) in
        [("pace", 0, PACE_MAX), ("in_flight", 1, IN_FLIGHT_MAX), ("timeout_sec", 1, TIMEOUT_MAX_SEC)]
    {
        if !(least..=most).contains(&record.int(name)) {
            return Err(Error::value(name, record.int(name).to_string()));
        }
    }
    hook::check(cx, record)?;
    let row = Settings::of(cx, record);
    match row.kind.as_str() {
        SANDBOX if cx.app.config.load().production => Err(Error::value("kind", SANDBOX)),
        HTTP => http::Gateway::new(&http::Settings::of(&row)).map(drop),
        SMPP => smpp::Settings::of(&row).map(drop),
        _ => Ok(()),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let sealed = [SECRET, hook::SECRET].map(|column| (column.column, column));
    let id = record::store_sealed(cx, record, &sealed)?;
    Sql::new("UPDATE sms_provider SET version = version + 1 WHERE id = ").bind(id).execute(cx.conn)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// What waits for it has to leave or be canceled first. Messages keep its name.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    let waiting = [
        Sql::new("SELECT id FROM sms_message WHERE status = 'SENDING' AND provider_id = "),
        Sql::new("SELECT id FROM sms_scheduled WHERE status = 'SCHEDULED' AND provider_id = "),
        Sql::new("SELECT id FROM sms_campaign WHERE status IN ('QUEUED', 'RUNNING') AND provider_id = "),
    ];
    for sql in waiting {
        if sql.bind(id).sql(" LIMIT 1").first(cx.conn, &[Kind::Int])?.is_some() {
            return Err(Error::new("used", "provider").with("value", elid));
        }
    }
    record::delete(cx, elid)
}
