//! A module is asked what there is at its vendor; it answers with `processing.import.service` and
//! `processing.import.profile`, and what it found waits for a client (billing/processing/import.rs).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::info::Processing;
use super::program::{self, Errand};
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::outbox::worker::Acted;
use crate::outbox::{self, Due, Settled};
use crate::rpc::BUDGET_SLOW;

pub const KIND: &str = "import";

/// What is looked for. The names are those of the program's arguments.
#[derive(Debug, Serialize, Deserialize)]
pub struct Search {
    pub processing: i64,
    /// The internal name of a product type; empty: of all that the module serves.
    pub itemtype: String,
    /// Names with blanks between them; empty: everything.
    pub searchstring: String,
}

impl Search {
    /// One at a time: error `busy(processing)` while the module is asked already.
    pub fn post(&self, conn: &mut Conn, now_us: i64) -> Result<i64> {
        let busy = || Error::new("busy", "processing");
        let last = last(conn, self.processing)?;
        if last.as_ref().is_some_and(|last| matches!(last.state.as_str(), "ready" | "running")) {
            return Err(busy());
        }
        let reference = format!("import:processing:{}:{now_us}", self.processing);
        let payload = serde_json::to_string(self).map_err(Error::system)?;
        let row = outbox::Post {
            kind: KIND,
            reference,
            item_id: 0,
            owner: (0, 0),
            intname: KIND,
            payload,
            address: "",
        };
        let id = outbox::post(conn, row, now_us)?;
        let sql = Sql::new("UPDATE processing SET search_id = ").bind(id);
        let sql = sql.sql(" WHERE id = ").bind(self.processing);
        match sql.sql(" AND search_id = ").bind(last.map_or(0, |last| last.id)).execute(conn)? {
            0 => Err(busy()), // of two at once one is first
            _ => Ok(id),
        }
    }
}

/// How the newest search of a module stands.
pub struct Last {
    id: i64,
    /// Of the outbox: `ready`, `running`, `done`, `failed`.
    pub state: String,
    pub asked_us: i64,
    pub error: String,
}

pub fn last(conn: &mut Conn, processing_id: i64) -> Result<Option<Last>> {
    let sql = Sql::new("SELECT o.id, o.state, o.createdate, o.error FROM processing p ");
    let sql = sql.sql("JOIN outbox o ON o.id = p.search_id WHERE p.id = ").bind(processing_id);
    let row = sql.first(conn, &[Kind::Int, Kind::Text, Kind::Int, Kind::Text])?;
    Ok(row.map(|row| Last {
        id: row[0].int(),
        state: row[1].str().to_owned(),
        asked_us: row[2].int(),
        error: row[3].str().to_owned(),
    }))
}

pub fn act(app: &Arc<App>, due: &Due, token: &str) -> Acted {
    attempt(app, due, token)
        .unwrap_or_else(|error| Acted::new(Settled::Refused { error: error.to_string(), log: String::new() }))
}

fn attempt(app: &App, due: &Due, token: &str) -> Result<Acted> {
    let search: Search = serde_json::from_str(&due.payload).map_err(Error::system)?;
    let found = app.db.read(BUDGET_SLOW, |conn| Processing::load(conn, app, search.processing))?;
    let Some(processing) = found else { return Ok(Acted::new(Settled::Done)) };
    let asked = [("--itemtype", search.itemtype.as_str()), ("--searchstring", &search.searchstring)];
    let asked: Vec<(&str, &str)> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    program::search(&Errand { app, due, token, processing: &processing }, &asked)
}
