//! What became of messages that calls have handed over, until it is written down. The database may be busy
//! just then; the message has left all the same, and must neither leave again nor be forgotten.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::outcome::{self, Handed};
use crate::app::App;
use crate::db::Sql;
use crate::error::{Error, Result};

/// Between the tries of a call; after the last one it is left to the worker, who tries until it is done.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];
/// No more calls than this wait for others at once (`effect`), so this is far from reached.
const KEPT_MAX: usize = 1_000;

/// The outcome of a call, and its entry in the journal.
#[derive(Clone)]
struct Entry {
    provider_id: i64,
    handed: Handed,
    journal: Sql,
}

#[derive(Default)]
pub struct Unwritten(Mutex<Vec<Entry>>);

/// Writes it down, now or a little later. It may be done twice: what is settled stays. Error where not even
/// later is possible; then the lease of the message ends, and it stays charged.
pub fn record(app: &App, provider_id: i64, handed: Handed, journal: Sql) -> Result<()> {
    let entry = Entry { provider_id, handed, journal };
    let mut pauses = PAUSES.iter();
    loop {
        match (write(app, entry.clone()), pauses.next()) {
            (Ok(()), _) => return Ok(()),
            (Err(error), Some(pause)) => {
                tracing::warn!(message = entry.handed.0.id, "tried again: {error}");
                std::thread::sleep(*pause);
            }
            (Err(error), None) => return keep(app, entry, error),
        }
    }
}

fn keep(app: &App, entry: Entry, error: Error) -> Result<()> {
    tracing::error!(message = entry.handed.0.id, "it is written down later: {error}");
    let mut kept = app.sms_unwritten.0.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.len() < KEPT_MAX {
        true => kept.push(entry),
        false => return Err(error),
    }
    Ok(())
}

fn write(app: &App, entry: Entry) -> Result<()> {
    let now_us = app.clock.now_us();
    app.db.write(move |conn| {
        outcome::record(conn, entry.provider_id, std::slice::from_ref(&entry.handed), now_us)?;
        entry.journal.clone().execute(conn).map(drop)
    })
}

/// Tries all that is left once more.
pub fn write_down(app: &App) {
    let all = std::mem::take(&mut *app.sms_unwritten.0.lock().unwrap_or_else(PoisonError::into_inner));
    for entry in all {
        if let Err(error) = write(app, entry.clone()) {
            let _ = keep(app, entry, error);
        }
    }
}
