//! Replies that are too long to be made for each who asks (`prepared` of a route).

use std::sync::Arc;

use super::answer::Pieces;
use crate::app::App;
use crate::error::Result;
use crate::number::snapshot;
use crate::params::Params;

/// What is prepared for these parameters; nothing where the function behind the route is to say it.
type Prepare = fn(&Arc<App>, &Params) -> Result<Option<Pieces>>;

pub const ALL: &[(&str, Prepare)] = &[("prices", snapshot::pieces)];

pub fn pieces(app: &Arc<App>, name: &str, params: &Params) -> Result<Option<Pieces>> {
    match ALL.iter().find(|(have, _)| *have == name) {
        Some((_, prepare)) => prepare(app, params),
        None => Ok(None),
    }
}
