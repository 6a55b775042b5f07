//! Replies that are the same for everybody, made at most once a second however many ask for them.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex};

use hyper::body::Bytes;
use quick_cache::sync::Cache;

use super::answer::{Body, Response};
use super::route::{Dialect, Route};
use crate::app::App;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::time::SECOND_US;

const REPLIES_MAX: usize = 512;
/// Together with the number above it is what all of them may take: 64 MB.
const REPLY_BYTES_MAX: usize = 128 * 1024;
/// Of who asks for the same at once one makes it and the others wait.
const TURNS: usize = 16;

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A reply, when it was made, and how many writes there had been.
#[derive(Clone)]
struct Kept {
    at_us: i64,
    writes: Option<u64>,
    body: Bytes,
}

pub struct Replies {
    kept: Cache<String, Kept>,
    turns: [Mutex<()>; TURNS],
}

impl Default for Replies {
    fn default() -> Self {
        Self { kept: Cache::new(REPLIES_MAX), turns: Default::default() }
    }
}

impl Kept {
    /// Is it still what would be made now, or no older than a second?
    fn is_good(&self, app: &App) -> bool {
        let age_us = app.clock.now_us() - self.at_us;
        (0..SECOND_US).contains(&age_us) || (self.writes.is_some() && self.writes == app.db.writes())
    }
}

pub fn reply(
    app: &Arc<App>,
    (dialect, route, params): (&Dialect, &Route, &Params),
    make: impl FnOnce() -> Result<Response>,
) -> Result<Bytes> {
    let pairs: Vec<(&str, &str)> = params.iter().collect();
    let question = format!("{} {}{} {pairs:?}", dialect.name, route.path, route.endpoint);
    let good = || app.replies.kept.get(&question).filter(|kept| kept.is_good(app));
    if let Some(kept) = good() {
        return Ok(kept.body);
    }
    let turn = HASHER.hash_one(&question) as usize % TURNS;
    let _turn = app.replies.turns[turn].lock().unwrap_or_else(|poison| poison.into_inner());
    if let Some(kept) = good() {
        return Ok(kept.body);
    }
    let (at_us, writes) = (app.clock.now_us(), app.db.writes());
    let Body::Whole(body) = make()?.body else { return Err(Error::system("a kept reply is whole")) };
    if body.len() <= REPLY_BYTES_MAX {
        app.replies.kept.insert(question, Kept { at_us, writes, body: body.clone() });
    }
    Ok(body)
}
