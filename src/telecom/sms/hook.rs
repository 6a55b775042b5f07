//! Receipts that providers send over HTTP, to `/hook/sms/<code>/<secret>`, or signed to
//! `/hook/sms/<code>` (operations.md Part 4). How they name things is said in the provider's row.

mod read;

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::receipt::{self, State, Told};
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::Ctx;
use crate::seal::Column;
use crate::telecom::hook::{Report, is_signed};

pub const SECRET: Column = Column {
    table: "sms_provider",
    column: "hook_secret",
    context: "sms_provider.hook_secret:{id}",
    only: "",
};

/// A secret in a path can be guessed at leisure.
const SECRET_MIN: usize = 16;
/// Receipts of one call.
const RECEIPTS_MAX: usize = 200;
const WORDS_MAX: usize = 50;

/// What every provider means by these words, unless it says otherwise.
const USUAL: [(&str, State); 10] = [
    ("delivrd", State::Delivered),
    ("delivered", State::Delivered),
    ("undeliv", State::Undelivered),
    ("undelivered", State::Undelivered),
    ("undeliverable", State::Undelivered),
    ("not_delivered", State::Undelivered),
    ("failed", State::Undelivered),
    ("expired", State::Expired),
    ("rejectd", State::Rejected),
    ("rejected", State::Rejected),
];

/// What a provider's row says of its calls.
struct Desk {
    provider_id: i64,
    secret: String,
    header: String,
    id: String,
    status: String,
    delivered: Vec<String>,
    undelivered: Vec<String>,
}

fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

impl Desk {
    /// Also of a provider that takes no messages any more: receipts may be late.
    fn find(app: &App, code: &str) -> Result<Option<Self>> {
        let sql = Sql::new(
            "SELECT id, hook_secret, hook_header, hook_id, hook_status, hook_delivered, hook_undelivered \
             FROM sms_provider WHERE NOT deleted AND hook_secret <> '' AND code = ",
        );
        let sql = sql.bind(code);
        let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text];
        let Some(row) = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &kinds))? else { return Ok(None) };
        let text = |at: usize| row[at].str().to_owned();
        Ok(Some(Self {
            provider_id: row[0].int(),
            secret: app.sealer.open(row[1].str(), &SECRET.context(&[&row[0].int()]))?,
            header: text(2),
            id: text(3),
            status: text(4),
            delivered: words(row[5].str()),
            undelivered: words(row[6].str()),
        }))
    }

    /// Does the call come from the provider? A wrong proof takes as long as a right one.
    fn knows(&self, call: &Report, shown: &str) -> bool {
        if self.header.is_empty() {
            return shown.as_bytes().ct_eq(self.secret.as_bytes()).into();
        }
        let signed = if call.body.is_empty() { call.query.as_bytes() } else { call.body };
        shown.is_empty() && is_signed(&self.secret, signed, &(call.header)(&self.header))
    }

    /// None where the word says nothing final.
    fn state(&self, word: &str) -> Option<State> {
        let word = word.trim().to_lowercase();
        match () {
            () if self.delivered.contains(&word) => Some(State::Delivered),
            () if self.undelivered.contains(&word) => Some(State::Undelivered),
            () => USUAL.iter().find(|(usual, _)| *usual == word).map(|(_, state)| *state),
        }
    }
}

/// Error `missed(provider)` for whoever proves nothing.
pub fn take(app: &Arc<App>, call: &Report) -> Result<()> {
    let (code, shown) = call.path.split_once('/').unwrap_or((call.path, ""));
    let Some(desk) = Desk::find(app, code)?.filter(|desk| desk.knows(call, shown)) else {
        return Err(Error::missed("provider"));
    };
    let told = read::told(call, &desk.id, &desk.status);
    if told.len() > RECEIPTS_MAX {
        tracing::warn!(provider = code, "{} receipts in one call, the first are taken", told.len());
    }
    let now_us = app.clock.now_us();
    let final_ones = told
        .into_iter()
        .take(RECEIPTS_MAX)
        .filter_map(|(message_id, word)| Told::of(desk.provider_id, &message_id, desk.state(&word)?, &word));
    receipt::write(app, final_ones.collect(), now_us).map(drop)
}

/// What a form says of receipts.
pub fn check(cx: &Ctx, record: &mut Record) -> Result<()> {
    let secret = cx.params.get("hook_secret");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !secret.is_empty() && (secret.len() < SECRET_MIN || !secret.bytes().all(is_plain)) {
        return Err(Error::value("hook_secret", ""));
    }
    for field in ["hook_header", "hook_id", "hook_status"] {
        let text = record.str(field).trim().to_owned();
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::value(field, text));
        }
        record.set(field, text);
    }
    let [delivered, undelivered] = ["hook_delivered", "hook_undelivered"].map(|name| words(record.str(name)));
    if delivered.len() > WORDS_MAX {
        return Err(Error::value("hook_delivered", delivered.len().to_string()));
    }
    match undelivered.iter().find(|word| undelivered.len() > WORDS_MAX || delivered.contains(word)) {
        Some(word) => Err(Error::value("hook_undelivered", word)),
        None => Ok(()),
    }
}
