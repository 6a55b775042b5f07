//! Where telephones have registered (`ps_contacts`): kept for their switch as it tells of them, and shown.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Peer;
use super::realtime::{Ask, Fields, Pairs};
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::jobs::Report;
use crate::time::SECOND_US;

pub const FAMILY: &str = "ps_contacts";

/// What Asterisk tells of a registration (`ps_contacts` of its own schema). Nothing else is kept.
const FIELDS: [&str; 15] = [
    "uri",
    "expiration_time",
    "qualify_frequency",
    "qualify_timeout",
    "qualify_2xx_only",
    "outbound_proxy",
    "path",
    "user_agent",
    "reg_server",
    "authenticate_qualify",
    "via_addr",
    "via_port",
    "call_id",
    "endpoint",
    "prune_on_boot",
];
const NAME_MAX: usize = 255;
const VALUE_MAX: usize = 512;
/// Of one line on one switch, which allows five of them at the same time.
const CONTACTS_MAX: i64 = 20;
const ROWS_MAX: i64 = 100_000;
/// An old registration that its switch has forgotten about goes so long after its end.
const KEPT_US: i64 = 3_600 * SECOND_US;

/// Those that a switch keeps here; `narrowed` begins with ` AND`.
pub fn rows(conn: &mut Conn, peer: &Peer, narrowed: &Sql) -> Result<Vec<Fields>> {
    let sql = Sql::new("SELECT name, fields FROM sip_contact WHERE switch_id = ").bind(peer.id);
    let sql = sql.append(narrowed).sql(" ORDER BY name LIMIT ").bind(ROWS_MAX);
    let found = sql.load(conn, &[Kind::Text, Kind::Text])?;
    found.iter().map(|row| Ok(shown(row[0].str(), &parsed(row[1].str())?))).collect()
}

fn parsed(json: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(json).map_err(Error::system)
}

fn shown(name: &str, known: &Map<String, Value>) -> Fields {
    let told = FIELDS.into_iter().filter_map(|field| Some((field, known.get(field)?.as_str()?.to_owned())));
    [("id", name.to_owned())].into_iter().chain(told).collect()
}

/// Keeps, changes or forgets a registration. Answers how many rows that was.
pub fn write(app: &App, peer: &Peer, ask: &Ask) -> Result<usize> {
    let named = if ask.verb == "update" { &ask.query } else { &ask.body };
    let Some(name) = value_of(named, "id").filter(|name| is_plain(name, NAME_MAX)) else { return Ok(0) };
    let Some(told) = told(&ask.body) else { return Ok(0) };
    let (switch_id, name, now_us) = (peer.id, name.to_owned(), app.clock.now_us());
    match ask.verb.as_str() {
        "store" => app.db.write(move |conn| store(conn, (switch_id, &name), &told, now_us)),
        "update" => app.db.write(move |conn| update(conn, (switch_id, &name), &told)),
        _ => app.db.write(move |conn| destroy(conn, (switch_id, &name))),
    }
}

fn value_of<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    pairs.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
}

/// Nothing that ends a line, for it is sent to a switch again.
fn is_plain(text: &str, max: usize) -> bool {
    !text.is_empty() && text.len() <= max && !text.chars().any(char::is_control)
}

/// The fields that we know; nothing where one of them cannot be kept.
fn told(pairs: &Pairs) -> Option<Map<String, Value>> {
    let mut told = Map::new();
    for (name, value) in pairs.iter().filter(|(name, _)| FIELDS.contains(&name.as_str())) {
        if !value.is_empty() && !is_plain(value, VALUE_MAX) {
            return None;
        }
        told.insert(name.clone(), Value::from(value.as_str()));
    }
    let uri = told.get("uri").and_then(Value::as_str);
    uri.is_none_or(|uri| uri.starts_with("sip:") || uri.starts_with("sips:")).then_some(told)
}

/// The line that a registration is of: `<line>;@<hash>`, whose `;` some backends write as `^3B`.
fn line_of(name: &str) -> Option<&str> {
    name.rsplit_once(";@").or_else(|| name.rsplit_once("^3B@")).map(|(line, _)| line)
}

/// A line that may register, as the switch was told of it.
fn store(conn: &mut Conn, named: (i64, &str), told: &Map<String, Value>, now_us: i64) -> Result<usize> {
    let (switch_id, name) = named;
    let Some(line) = line_of(name) else { return Ok(0) };
    let sql = Sql::new("SELECT account_id, reseller_id FROM sip WHERE active AND name = ").bind(line);
    let Some(owner) = sql.first(conn, &[Kind::Int, Kind::Int])? else { return Ok(0) };
    let sql = Sql::new("DELETE FROM sip_contact WHERE sip_name = ").bind(line);
    sql.sql(" AND expires_at < ").bind(now_us - KEPT_US).execute(conn)?;
    let sql = Sql::new("SELECT COUNT(*) FROM sip_contact WHERE switch_id = ").bind(switch_id);
    let count = sql.sql(" AND sip_name = ").bind(line).first(conn, &[Kind::Int])?;
    if count.is_some_and(|row| row[0].int() >= CONTACTS_MAX) {
        return Ok(0);
    }
    let sql = Sql::new(
        "INSERT INTO sip_contact (account_id, reseller_id, switch_id, name, sip_name, fields, created_at) \
         VALUES (",
    );
    let values = [
        owner[0].clone(),
        owner[1].clone(),
        switch_id.into(),
        name.into(),
        line.into(),
        "{}".into(),
        now_us.into(),
    ];
    sql.binds(values).sql(") ON CONFLICT (switch_id, name) DO NOTHING").execute(conn)?;
    update(conn, named, told)
}

fn update(conn: &mut Conn, (switch_id, name): (i64, &str), told: &Map<String, Value>) -> Result<usize> {
    let of_it = Sql::new(" WHERE switch_id = ").bind(switch_id).sql(" AND name = ").bind(name);
    let sql = Sql::new("SELECT fields FROM sip_contact").append(&of_it);
    let Some(row) = sql.first(conn, &[Kind::Text])? else { return Ok(0) };
    let mut known = parsed(row[0].str())?;
    known.extend(told.clone());
    let text = |field: &str| known.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let expires_sec = text("expiration_time").parse::<i64>().unwrap_or_default();
    let sql = Sql::new("UPDATE sip_contact SET uri = ").bind(text("uri")).sql(", user_agent = ");
    let sql = sql.bind(text("user_agent")).sql(", expires_at = ").bind(expires_sec.saturating_mul(SECOND_US));
    let sql = sql.sql(", fields = ").bind(serde_json::to_string(&known).map_err(Error::system)?);
    sql.append(&of_it).execute(conn)
}

fn destroy(conn: &mut Conn, (switch_id, name): (i64, &str)) -> Result<usize> {
    let sql = Sql::new("DELETE FROM sip_contact WHERE switch_id = ").bind(switch_id);
    sql.sql(" AND name = ").bind(name).execute(conn)
}

/// The job that forgets registrations which have ended and which no switch has taken back.
pub const JOB: &str = "registrations";

pub fn forget(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let forgotten = app.db.write(move |conn| {
        Sql::new("DELETE FROM sip_contact WHERE expires_at < ").bind(now_us - KEPT_US).execute(conn)
    })?;
    Ok(Report { done: forgotten as u64, left: 0 })
}
