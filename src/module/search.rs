//! A module is asked what there is at its vendor; it answers with `processing.import.service` and
//! `processing.import.profile`, and what it found waits for a client (billing/processing/import.rs).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::info::Processing;
use super::program;
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
    pub fn of(payload: &str) -> Result<Self> {
        serde_json::from_str(payload).map_err(Error::system)
    }

    /// One at a time: error `busy(processing)` while the module is asked already.
    pub fn post(&self, conn: &mut Conn, now_us: i64) -> Result<i64> {
        let reference = format!("import:processing:{}:", self.processing);
        if let Some((state, ..)) = last(conn, self.processing)?
            && matches!(state.as_str(), "ready" | "running")
        {
            return Err(Error::new("busy", "processing"));
        }
        let payload = serde_json::to_string(self).map_err(Error::system)?;
        let reference = format!("{reference}{now_us}");
        let row = outbox::Post { kind: KIND, reference, item_id: 0, owner: (0, 0), intname: KIND, payload };
        outbox::post(conn, row, now_us)
    }
}

/// How the newest search of a module stands: its state, when it was asked for, and what went wrong.
pub fn last(conn: &mut Conn, processing_id: i64) -> Result<Option<(String, i64, String)>> {
    let from = format!("import:processing:{processing_id}:");
    let until = format!("import:processing:{processing_id};");
    let sql = Sql::new("SELECT state, createdate, error FROM outbox WHERE reference > ").bind(from);
    let sql = sql.sql(" AND reference < ").bind(until).sql(" ORDER BY id DESC LIMIT 1");
    let row = sql.first(conn, &[Kind::Text, Kind::Int, Kind::Text])?;
    Ok(row.map(|row| (row[0].str().to_owned(), row[1].int(), row[2].str().to_owned())))
}

pub fn act(app: &Arc<App>, due: &Due, token: &str) -> Acted {
    attempt(app, due, token)
        .unwrap_or_else(|error| Acted::new(Settled::Refused { error: error.to_string(), log: String::new() }))
}

fn attempt(app: &App, due: &Due, token: &str) -> Result<Acted> {
    let search = Search::of(&due.payload)?;
    let found = app.db.read(BUDGET_SLOW, |conn| Processing::load(conn, app, search.processing))?;
    let Some(processing) = found else { return Ok(Acted::new(Settled::Done)) };
    let asked = [("--itemtype", search.itemtype.as_str()), ("--searchstring", &search.searchstring)];
    let asked: Vec<(&str, &str)> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    program::search(app, due, token, &processing, &asked)
}
