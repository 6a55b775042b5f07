//! A form that was opened before somebody else changed its record. The page carries the newest entry
//! of the record's history; what has no history, or hides it from the caller, is not looked at.
//!
//! It is a courtesy between people and no lock: two who save in the same instant are not told.

use std::sync::Arc;

use super::beside::Beside;
use super::first::First;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::params::Params;

/// Refuses what would silently undo the change of another.
pub fn check(app: &Arc<App>, caller: &Caller, params: &Params) -> Result<()> {
    let seen = &params.manner().panel.seen;
    if seen.is_empty() || params.has("sv_field") {
        return Ok(());
    }
    match newest(&Beside::patient(app, caller), params)? {
        Some(entry) if entry.id != *seen => {
            Err(Error::new("stale", params.func()).with("value", format!("{}, {}", entry.user, entry.at)))
        }
        _ => Ok(()),
    }
}

pub struct Entry {
    pub id: String,
    user: String,
    at: String,
}

/// The newest entry of the history of the record that a form is about.
pub fn newest(page: &Beside, params: &Params) -> Result<Option<Entry>> {
    let Some(history) = history_of(page.app, params) else { return Ok(None) };
    let ask = [("func", history.as_str()), ("elid", params.get("elid")), ("p_cnt", "1")];
    let mut first = First::of(["id", "user", "changedate"]);
    page.ask(&Params::of(ask), &mut first)?;
    Ok(first.cells.map(|[id, user, at]| Entry { id, user, at }))
}

/// The history of what the form is about, where there is one.
fn history_of(app: &App, params: &Params) -> Option<String> {
    let func = app.registry.get(params.func())?;
    let history = format!("{}.history", func.object);
    let is_one = func.name().ends_with(".edit") && !params.get("elid").is_empty();
    (is_one && app.registry.get(&history).is_some()).then_some(history)
}
