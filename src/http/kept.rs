//! Answers that are the same for everybody, as they went over the wire: a provider's web site asks for
//! its price list with every page that it shows.

use std::fmt::Write;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;

use super::answer::{Job, Wire};
use super::{Reply, compress, request};
use crate::config::Config;
use crate::rpc::answers::Answers;

/// Parameters that say who asks.
const IDENTITIES: [&str; 3] = ["auth", "authinfo", "su"];

/// An answer, and what it was true for.
#[derive(Clone)]
pub struct Kept {
    writes: u64,
    config: Arc<Config>,
    mime: &'static str,
    bytes: Bytes,
    gzip: bool,
}

impl Job {
    /// The answer that was given to the same question before, if nothing was changed since.
    pub fn kept(&self) -> Option<Reply> {
        let kept = self.app.answers.get(&self.question()?)?;
        let is_true = Some(kept.writes) == self.app.db.writes() && Arc::ptr_eq(&kept.config, &self.config);
        let wire = Wire { mime: kept.mime, bytes: kept.bytes, gzip: kept.gzip };
        is_true.then(|| self.wired(StatusCode::OK, wire, false))
    }

    /// `writes` is how many there were before the answer was worked out.
    pub fn keep(&self, writes: Option<u64>, wire: &Wire) {
        if let (Some(writes), Some(question)) = (writes, self.question()) {
            let Wire { mime, ref bytes, gzip } = *wire;
            let (config, bytes) = (self.config.clone(), bytes.clone());
            self.app.answers.insert(question, Kept { writes, config, mime, bytes, gzip });
        }
    }

    /// Everything that the answer depends on; nothing where somebody known may ask.
    fn question(&self) -> Option<String> {
        let func = self.func.as_ref()?;
        let is_anybody = func.meta.answers == Answers::Public
            && self.caller.is_none()
            && !IDENTITIES.into_iter().any(|name| self.params.has(name))
            && request::cookie(&self.headers, request::SESSION_COOKIE).is_none();
        if !is_anybody || self.is_page() {
            return None;
        }
        let manner = self.params.manner();
        let gzip = compress::wants(&self.headers, self.config.compress);
        let mut question = format!("{}\n{}\n{gzip}", manner.binary, manner.host);
        for (name, value) in self.params.iter() {
            let _ = write!(question, "\n{name:?}={value:?}"); // quoted, so that no value reads like two
        }
        Some(question)
    }
}
