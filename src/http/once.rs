//! A form of a page is sent once: whoever presses its button twice is led where the first press led.
//! Kept in memory alone; forms that programs send have no such name.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use quick_cache::sync::Cache;

use super::done::Done;
use crate::auth::Caller;
use crate::error::Result;

/// Where a form led that was saved; nothing while it is on its way, or was refused.
type Led = Arc<Mutex<Option<String>>>;

const FORMS_MAX: usize = 10_000;
const NAME_MAX: usize = 64;
static SENT: LazyLock<Cache<String, Led>> = LazyLock::new(|| Cache::new(FORMS_MAX));

/// Runs the call of a form, unless that form was saved before.
pub fn run(caller: &Caller, name: &str, call: impl FnOnce() -> Result<Done>) -> Result<Done> {
    if name.is_empty() || name.len() > NAME_MAX {
        return call();
    }
    let name = format!("{}:{name}", caller.user.id);
    let led: Result<Led> = SENT.get_or_insert_with(&name, || Ok(Led::default()));
    let led = led?;
    // The second press waits here for what the first one comes to.
    let mut led = led.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(location) = &*led {
        return Ok(Done::gone(location.clone()));
    }
    let done = call()?;
    if !done.is_form {
        *led = Some(done.location.clone().unwrap_or_else(|| "?".to_owned()));
    }
    Ok(done)
}
