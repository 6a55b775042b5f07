//! Reports of providers. There is no session: each provider proves itself by the secret that was agreed
//! with it, and who proves nothing is told nothing.

use std::sync::Arc;

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
    pub name: &'static str,
    /// As `Allow` names them.
    pub methods: &'static str,
    /// Blocks. Errors `missed` (no such provider), `access` (no proof), `value`; any other is ours, and the
    /// provider may come again.
    pub take: fn(&Arc<App>, &Report) -> Result<()>,
}

pub const FAMILIES: [Family; 2] = [
    Family { name: "sms", methods: "GET, POST", take: sms::hook::take },
    Family { name: "esim", methods: "POST", take: esim::hook::take },
];
