//! How a message leaves: one trait over every kind of provider.

pub mod http;
pub mod sandbox;
pub mod smpp;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::provider::{self, HTTP, SANDBOX, SMPP, Settings};
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

    /// Ends what it keeps open, when what is under way is done.
    fn end(&self) {}
}

/// A transport, and the version of the settings that it was made from.
type Kept = (i64, Arc<dyn Transport>);

/// Transports as they were made, with the version of the settings that they were made from: one may keep
/// a connection open.
#[derive(Default)]
pub struct Transports {
    kept: Mutex<HashMap<i64, Kept>>,
    /// Held while one is made: nobody connects twice.
    making: Mutex<()>,
}

impl Transports {
    fn find(&self, provider_id: i64, version: i64) -> Option<Arc<dyn Transport>> {
        let kept = self.kept.lock().ok().and_then(|all| all.get(&provider_id).cloned());
        kept.filter(|(kept, _)| *kept == version).map(|(_, transport)| transport)
    }

    /// Forgets those that are not among these; their connections end when nobody uses them any more.
    fn retain(&self, ids: &[i64]) {
        if let Ok(mut all) = self.kept.lock() {
            all.retain(|id, _| ids.contains(id));
        }
    }

    /// Ends them all.
    pub fn end(&self) {
        let all = self.kept.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        all.values().for_each(|(_, transport)| transport.end());
    }
}

/// The transport of a provider. Error `missed(provider)`, or what is wrong with its settings.
pub fn of(app: &Arc<App>, provider_id: i64) -> Result<Arc<dyn Transport>> {
    let version = Settings::version(app, provider_id)?;
    if let Some(transport) = app.sms_transports.find(provider_id, version) {
        return Ok(transport);
    }
    let _making = app.sms_transports.making.lock();
    if let Some(transport) = app.sms_transports.find(provider_id, version) {
        return Ok(transport);
    }
    let settings = Settings::load(app, provider_id)?;
    let version = settings.version;
    let transport = made(app, &settings)?;
    if let Ok(mut all) = app.sms_transports.kept.lock() {
        all.insert(provider_id, (version, transport.clone()));
    }
    Ok(transport)
}

fn made(app: &Arc<App>, settings: &Settings) -> Result<Arc<dyn Transport>> {
    match settings.kind.as_str() {
        SANDBOX if app.config.load().production => Err(Error::access("provider")),
        SANDBOX => Ok(Arc::new(sandbox::Sandbox)),
        HTTP => Ok(Arc::new(http::Gateway::new(&http::Settings::of(settings))?)),
        SMPP => Ok(Arc::new(smpp::keep::start(app, settings)?)),
        kind => Err(Error::value("kind", kind)),
    }
}

/// Has a session with every provider that wants one, because receipts come at any time, and with no other.
pub fn follow(app: &Arc<App>) -> Result<()> {
    let open = provider::open(app)?;
    app.sms_transports.retain(&open.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    for (id, _) in open.iter().filter(|(_, kind)| kind == SMPP) {
        if let Err(error) = of(app, *id) {
            tracing::error!(provider = id, "no session can be kept: {error}");
        }
    }
    Ok(())
}
