//! How a message leaves: one trait over every kind of provider.

pub mod sandbox;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::provider::{SANDBOX, Settings};
use crate::app::App;
use crate::error::{Error, Result};

/// One message to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Ours, `sms-<id>`: the same for every try of the same message.
    pub reference: String,
    /// `+` and 7–15 digits.
    pub phone: String,
    /// Empty: the provider's own.
    pub sender: String,
    pub text: String,
    pub is_unicode: bool,
    pub parts: u32,
}

/// What came of handing it over. Whatever left us is charged (operations.md §2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With the provider's own name of it, at most 64 printable characters.
    Accepted { message_id: String },
    /// Handed over and refused.
    Rejected { reason: String },
    /// Handed over, and the answer is lost: a receipt may tell.
    Unknown { reason: String },
    /// Nothing left us.
    NotSent { reason: String },
    /// The provider asks to come later and has taken nothing.
    Throttled { reason: String },
}

/// Blocks as long as the provider takes: never inside of a job.
pub trait Transport: Send + Sync {
    fn send(&self, attempt: &Attempt) -> Outcome;
}

/// Transports as they were made, with the version of the settings that they were made from: one may keep
/// a connection open.
#[derive(Default)]
pub struct Transports(Mutex<HashMap<i64, (i64, Arc<dyn Transport>)>>);

/// The transport of a provider. Error `missed(provider)`, or what is wrong with its settings.
pub fn of(app: &Arc<App>, provider_id: i64) -> Result<Arc<dyn Transport>> {
    let version = Settings::version(app, provider_id)?;
    let kept = app.sms_transports.0.lock().ok().and_then(|all| all.get(&provider_id).cloned());
    if let Some((_, transport)) = kept.filter(|(kept, _)| *kept == version) {
        return Ok(transport);
    }
    let settings = Settings::load(app, provider_id)?;
    let version = settings.version;
    let transport = made(app, settings)?;
    if let Ok(mut all) = app.sms_transports.0.lock() {
        all.insert(provider_id, (version, transport.clone()));
    }
    Ok(transport)
}

fn made(app: &Arc<App>, settings: Settings) -> Result<Arc<dyn Transport>> {
    match settings.kind.as_str() {
        SANDBOX if app.config.load().production => Err(Error::access("provider")),
        SANDBOX => Ok(Arc::new(sandbox::Sandbox)),
        kind => Err(Error::value("kind", kind)),
    }
}
