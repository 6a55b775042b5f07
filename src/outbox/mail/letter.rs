//! A letter as it is sent: its words filled in, its sender, and the paper that goes with it.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use serde_json::Value;

use super::Paper;
use crate::app::App;
use crate::auth::{Caller, proof};
use crate::billing::{document, invoice, payment};
use crate::config::mail::mailbox;
use crate::db::{Kind, Sql};
use crate::doc::File;
use crate::error::{Error, Result};
use crate::outbox::{Due, worker};
use crate::rpc::{BUDGET_SLOW, words};
use crate::service::{Shelf, Till};

/// Where the words of letters stand.
const SET: &str = "mail";
/// The object of the error for an address that is none.
pub const ADDRESS: &str = "email";
/// From whom files are that no server sends.
const NOBODY: &str = "billmgr@localhost";

const REFERENCE: HeaderName = HeaderName::new_from_ascii_str("X-Billmgr-Reference");
/// Absence notes are not answered to what a program has sent (RFC 3834 §5).
const SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

pub fn make(app: &App, due: &Due) -> Result<Message> {
    let mut payload: Value = serde_json::from_str(&due.payload).map_err(Error::system)?;
    let to = payload["to"].as_str().unwrap_or_default();
    let to: Mailbox = mailbox(to).map_err(|_| Error::value(ADDRESS, to))?;
    let project_id = payload["project"].as_i64().unwrap_or(0);
    let (from, answers) = parties(app, project_id)?;
    if let Some(id) = payload["proof"].as_i64().filter(|id| *id != 0) {
        payload["values"]["url"] = proof::link(app, id, project_id)?.into();
    }
    let paper = Paper::of(&payload["paper"]).map(|paper| printed(app, paper)).transpose()?;
    let now = UNIX_EPOCH + Duration::from_micros(app.clock.now_us().max(0).cast_unsigned());
    let (subject, text) = written(app, due, &payload);
    let builder = Message::builder()
        .message_id(Some(message_id(due, &from)))
        .from(from)
        .to(to)
        .subject(subject)
        .date(now)
        .raw_header(HeaderValue::new(REFERENCE, due.reference.clone()))
        .raw_header(HeaderValue::new(SUBMITTED, "auto-generated".into()));
    let builder = answers.into_iter().fold(builder, MessageBuilder::reply_to);
    let text = SinglePart::plain(text);
    let message = match paper {
        None => builder.singlepart(text),
        Some(file) => builder.multipart(MultiPart::mixed().singlepart(text).singlepart(attached(file)?)),
    };
    message.map_err(Error::system)
}

/// The same for every attempt at the letter, so that whoever gets it twice can tell. The payload is
/// part of it: references begin anew with a new database.
fn message_id(due: &Due, from: &Mailbox) -> String {
    let digest = worker::hash(&format!("{}\n{}", due.reference, due.payload));
    format!("<{}@{}>", &digest[..32], from.email.domain())
}

/// From whom a letter is (the provider where it has an address, else who is configured), and who
/// gets its answers where that is another.
fn parties(app: &App, project_id: i64) -> Result<(Mailbox, Option<Mailbox>)> {
    let sql = Sql::new("SELECT notify_email, support_email, name FROM project WHERE id = ").bind(project_id);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text; 3]))?;
    let of_provider = |at: usize| {
        let row = row.as_ref()?;
        let found = mailbox(row[at].str()).ok()?;
        Some(Mailbox { name: found.name.or_else(|| Some(row[2].str().to_owned())), ..found })
    };
    let configured = app.config.load().mail_from.clone();
    let other = if configured.is_empty() { NOBODY } else { &configured };
    let from = of_provider(0).map_or_else(|| mailbox(other).map_err(Error::system), Ok)?;
    Ok((from, of_provider(1)))
}

/// Subject and text in the client's language.
fn written(app: &App, due: &Due, payload: &Value) -> (String, String) {
    let lang = payload["lang"].as_str().unwrap_or_default();
    let lang = if app.registry.words.has_lang(lang) { lang } else { words::FALLBACK };
    let filled = |name: &str| {
        let template = app.registry.words.get(lang, &[SET.to_owned()], name).to_owned();
        let values = payload["values"].as_object().into_iter().flatten();
        values.fold(template, |text, (name, value)| {
            text.replace(&format!("__{name}__"), value.as_str().unwrap_or_default())
        })
    };
    // No value can begin a header of its own.
    let subject = filled(&format!("{}_subject", due.intname)).replace(['\r', '\n'], " ");
    (subject, filled(&format!("{}_text", due.intname)).trim().to_owned() + "\r\n")
}

fn printed(app: &App, paper: Paper) -> Result<File> {
    let (caller, now_us) = (Caller::own(), app.clock.now_us());
    let sheet = app.db.read(BUDGET_SLOW, |conn| {
        let mut shelf = Shelf::default();
        let till = &mut Till::new(conn, app, &caller, (SET, now_us), &mut shelf);
        match paper {
            Paper::Bill(id) => payment::bill::of_till(till, id),
            Paper::Invoice(id) => invoice::issued_sheet(till.conn, id),
        }
    });
    document::file(&[sheet?])
}

fn attached(file: File) -> Result<SinglePart> {
    let kind = ContentType::parse(file.mime).map_err(Error::system)?;
    Ok(Attachment::new(file.name).body(file.bytes, kind))
}
