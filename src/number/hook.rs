//! Messages that suppliers report to `/hook/number/<code>`, signed with the secret that was agreed with them:
//! JSON with `phone`, `sender`, `text`, `date` (RFC 3339) and `id`, or a list of such.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::inbox::{self, Incoming};
use super::supplier::{Supplier, WEBHOOK};
use crate::app::App;
use crate::auth::session::hex;
use crate::db::Sql;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::telecom::hook::{Report, is_signed};

/// The hexadecimal HMAC-SHA-256 of the body.
const SIGNATURE: &str = "x-signature";
/// Messages of one call.
const MESSAGES_MAX: usize = 100;
const REFERENCE_MAX: usize = 64;

#[derive(Deserialize)]
struct Message {
    phone: String,
    #[serde(default)]
    sender: String,
    text: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    id: Value,
}

/// Error `missed(supplier)` for whoever proves nothing. What is wrong in a call leaves all of it undone.
pub fn take(app: &Arc<App>, call: &Report) -> Result<()> {
    let condition = Sql::new(" AND kind = ").bind(WEBHOOK).sql(" AND code = ").bind(call.path);
    let found = app.db.read(BUDGET_SLOW, |conn| Supplier::find(conn, &condition))?.pop();
    let unknown = || Error::missed("supplier");
    let supplier = found.ok_or_else(unknown)?;
    let secret = supplier.secret(app)?;
    if secret.reveal().is_empty() || !is_signed(secret.reveal(), call.body, &(call.header)(SIGNATURE)) {
        return Err(unknown());
    }
    let now_us = app.clock.now_us();
    let messages = told(call.body)?.into_iter().map(|message| message.incoming(supplier.id, now_us));
    let messages: Vec<Incoming> = messages.collect::<Result<_>>()?;
    app.db.write(move |conn| {
        messages.iter().try_for_each(|incoming| inbox::receive(conn, incoming, now_us).map(drop))
    })
}

fn told(body: &[u8]) -> Result<Vec<Message>> {
    let wrong = || Error::value("body", "");
    let json: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let list = if json.is_array() { json } else { Value::Array(vec![json]) };
    let messages: Vec<Message> = serde_json::from_value(list).map_err(|_| wrong())?;
    if messages.len() > MESSAGES_MAX { Err(wrong()) } else { Ok(messages) }
}

impl Message {
    fn incoming(self, supplier_id: i64, now_us: i64) -> Result<Incoming> {
        let digits = self.phone.trim().trim_start_matches('+');
        if !(4..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::value("phone", self.phone));
        }
        // A clock that is ahead of ours received nothing in the future.
        let received_us = match self.date.trim() {
            "" => now_us,
            date => {
                let at = date.parse::<Timestamp>().map_err(|_| Error::value("date", date))?;
                at.as_microsecond().clamp(0, now_us)
            }
        };
        let provider_ref = self.reference(digits)?;
        Ok(Incoming {
            supplier_id,
            phone: digits.to_owned(),
            sender: self.sender,
            text: self.text,
            received_us,
            provider_ref,
        })
    }

    /// The supplier's name of the message. Where it gives none, the same words at the same time are the same.
    fn reference(&self, digits: &str) -> Result<String> {
        let given = match &self.id {
            Value::String(id) => id.trim().to_owned(),
            Value::Number(id) => id.to_string(),
            Value::Null => String::new(),
            _ => return Err(Error::value("id", "")),
        };
        match given.chars().count() {
            0 => {
                let words = [digits, &self.sender, &self.date, &self.text].join("\n");
                Ok(format!("text-{}", &hex(&Sha256::digest(words))[..32]))
            }
            1..=REFERENCE_MAX if !given.chars().any(char::is_control) => Ok(given),
            _ => Err(Error::value("id", "")),
        }
    }
}
