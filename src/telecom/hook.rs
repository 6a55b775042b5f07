//! Reports of providers. There is no session: each provider proves itself by the secret that was agreed
//! with it, and who proves nothing is told nothing.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{esim, sms};
use crate::app::App;
use crate::error::Result;

/// A report as it arrived.
pub struct Report<'a> {
    /// Behind the name of the family: whose it is.
    pub path: &'a str,
    pub query: &'a str,
    pub is_json: bool,
    /// Empty of a GET.
    pub body: &'a [u8],
    /// The text of a header, or "".
    pub header: &'a dyn Fn(&str) -> String,
}

/// Those who report of one thing.
pub struct Family {
    /// Reports that are worked on at once: those of one family hold no other up.
    pub places: Semaphore,
    pub name: &'static str,
    /// As `Allow` names them.
    pub methods: &'static str,
    /// Blocks. Errors `missed` (no such provider), `access` (no proof), `value`; any other is ours, and the
    /// provider may come again.
    pub take: Take,
}

type Take = fn(&Arc<App>, &Report) -> Result<()>;

pub static FAMILIES: [Family; 2] =
    [Family::new("sms", "GET, POST", sms::hook::take), Family::new("esim", "POST", esim::hook::take)];

const PLACES: usize = 8;

impl Family {
    const fn new(name: &'static str, methods: &'static str, take: Take) -> Self {
        Self { places: Semaphore::const_new(PLACES), name, methods, take }
    }
}
