//! What the program of a gateway may do while it runs: read and report on the payments and remembered
//! cards of its own payment methods (protocol.md §9).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::App;
use crate::auth::session::new_id;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::gateway;
use crate::outbox::worker::hash;
use crate::params::Params;
use crate::rpc::BUDGET_SLOW;

/// Whose a record is: the statement that answers its gateway's module, up to the id.
const OF_PAYMENTS: &str =
    "SELECT m.module FROM payment p JOIN paymethod m ON m.id = p.paymethod_id WHERE p.id = ";
const OF_CARDS: &str =
    "SELECT m.module FROM stored_method s JOIN paymethod m ON m.id = s.paymethod_id WHERE s.id = ";
const OF_METHODS: &str = "SELECT module FROM paymethod WHERE id = ";

/// A function, and whose records its `elid` names.
const ALLOWED: [(&str, &str); 12] = [
    ("payment.info", OF_PAYMENTS),
    ("payment.setinpay", OF_PAYMENTS),
    ("payment.setpaid", OF_PAYMENTS),
    ("payment.setnopay", OF_PAYMENTS),
    ("payment.setcanceled", OF_PAYMENTS),
    ("payment.setfraud", OF_PAYMENTS),
    ("payment.setrefunded", OF_PAYMENTS),
    ("payment.setnorefund", OF_PAYMENTS),
    ("payment.recurring.info", OF_CARDS),
    ("payment.recurring.saveinfo", OF_CARDS),
    ("stored_method.save", OF_CARDS),
    ("paymethod.edit", OF_METHODS),
];

/// Payments that one call names.
const ELIDS_MAX: usize = 100;

/// Is the call about the gateway's own records?
pub fn admits(app: &App, name: &str, func: &str, params: &Params) -> Result<bool> {
    let Some((_, statement)) = ALLOWED.iter().find(|(known, _)| *known == func) else { return Ok(false) };
    if *statement == OF_METHODS && params.submits() {
        return Ok(false);
    }
    let mut count = 0;
    for elid in params.elids() {
        let Ok(id) = elid.trim().parse::<i64>() else { return Ok(false) };
        let sql = Sql::new(statement).bind(id);
        let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Text]))?;
        if count == ELIDS_MAX || row.is_none_or(|row| gateway::name(row[0].str()) != name) {
            return Ok(false);
        }
        count += 1;
    }
    Ok(count > 0)
}

/// The tokens of gateways whose programs run now, by their hashes. They run beside this server and talk
/// to it alone, so no other has to know them.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<String, String>>);

impl Tokens {
    pub fn give(&self, gateway: &str) -> Token<'_> {
        let text = new_id();
        self.open().insert(hash(&text), gateway.to_owned());
        Token { tokens: self, text }
    }

    /// The gateway of a token. What is looked up is a hash, so the time tells nothing of a token.
    pub fn find(&self, token: &str) -> Option<String> {
        self.open().get(&hash(token)).cloned()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token, good until it goes out of scope.
pub struct Token<'t> {
    tokens: &'t Tokens,
    text: String,
}

impl Token<'_> {
    pub fn env(&self) -> (&'static str, String) {
        ("BILLMGR_TOKEN", self.text.clone())
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        self.tokens.open().remove(&hash(&self.text));
    }
}
