//! Mail: written into the outbox with what it is about, made and handed over by the worker. Without a
//! mail server letters are kept as files in the data directory's `mail/`.

use std::path::Path;

use serde_json::{Map, Value};

use super::worker::Acted;
use super::{Due, Post, Settled, post};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::words;
use crate::service::Till;

pub const KIND: &str = "mail";

/// Where the words of letters stand.
const SET: &str = "mail";

/// A letter to the first user of a client, in his language. `about` makes it one letter however
/// often it is asked for. A client without an address gets none.
pub fn to_account(
    till: &mut Till,
    account_id: i64,
    template: &'static str,
    about: &str,
    values: &[(&str, String)],
) -> Result<()> {
    let sql = Sql::new(
        "SELECT u.email, u.lang, a.reseller_id FROM users u JOIN account a ON a.id = u.account_id \
         WHERE NOT u.deleted AND u.email <> '' AND u.account_id = ",
    );
    let row = sql.bind(account_id).sql(" ORDER BY u.id LIMIT 1");
    let Some(row) = row.first(till.conn, &[Kind::Text, Kind::Text, Kind::Int])? else { return Ok(()) };
    let mut payload = Map::new();
    payload.insert("to".into(), row[0].str().into());
    payload.insert("lang".into(), row[1].str().into());
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
    payload.insert("values".into(), Value::Object(values.collect()));
    let letter = Post {
        kind: KIND,
        reference: format!("mail:{template}:{about}"),
        item_id: 0,
        owner: (account_id, row[2].int()),
        intname: template,
        payload: Value::Object(payload).to_string(),
    };
    let sql = Sql::new("SELECT id FROM outbox WHERE reference = ").bind(letter.reference.as_str());
    if sql.first(till.conn, &[Kind::Int])?.is_none() {
        post(till.conn, letter, till.now_us)?;
    }
    Ok(())
}

/// Makes a letter and hands it over.
pub fn act(app: &App, due: &Due) -> Acted {
    match letter(app, due).and_then(|letter| keep(&app.data_dir, due, &letter)) {
        Ok(()) => Acted::new(Settled::Done),
        Err(error) => Acted::failed(error.to_string(), ""),
    }
}

/// Headers and text, as RFC 5322 wants them. No value can begin a header of its own.
fn letter(app: &App, due: &Due) -> Result<String> {
    let payload: Value = serde_json::from_str(&due.payload).map_err(Error::system)?;
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    let (to, lang) = (text("to"), text("lang"));
    let lang = if app.registry.words.has_lang(&lang) { lang.as_str() } else { words::FALLBACK };
    let filled = |name: &str| {
        let template = app.registry.words.get(lang, &[SET.to_owned()], name).to_owned();
        let values = payload["values"].as_object().into_iter().flatten();
        values.fold(template, |text, (name, value)| {
            text.replace(&format!("__{name}__"), value.as_str().unwrap_or_default())
        })
    };
    let one_line = |text: String| text.replace(['\r', '\n'], " ");
    let subject = one_line(filled(&format!("{}_subject", due.intname)));
    let body = filled(&format!("{}_text", due.intname));
    let subject = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, subject);
    Ok(format!(
        "To: {}\r\nSubject: =?UTF-8?B?{subject}?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=UTF-8\r\nX-Billmgr-Reference: {}\r\n\r\n{}\r\n",
        one_line(to),
        due.reference,
        body.trim()
    ))
}

fn keep(data_dir: &Path, due: &Due, letter: &str) -> Result<()> {
    let dir = data_dir.join("mail");
    std::fs::create_dir_all(&dir).map_err(Error::system)?;
    std::fs::write(dir.join(format!("{}.eml", due.id)), letter).map_err(Error::system)
}
