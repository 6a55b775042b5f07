//! Errors on their way out.

use hyper::StatusCode;

use super::answer::Job;
use super::output::Output;
use super::{Reply, browser};
use crate::auth::Caller;
use crate::doc::Answer;
use crate::error::Error;
use crate::render;
use crate::rpc::envelope;

impl Job {
    /// An error document in the asked format; its cause goes to the log alone.
    pub fn refuse(&self, caller: &Caller, error: Error) -> Reply {
        if let Some(cause) = &error.cause {
            tracing::error!(func = self.params.func(), "{}({}): {cause}", error.kind, error.object);
        }
        let status = match (error.kind, error.object.as_str()) {
            ("limit", "body") => StatusCode::PAYLOAD_TOO_LARGE,
            ("timeout", "body") => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::OK,
        };
        if self.is_page() {
            let answer = browser::refused(&self.app, caller, &self.params, &error, self.with_words());
            return self.plain(
                status,
                render::PAGE.mime,
                Output::built(&render::PAGE).finish(&answer).unwrap_or_default(),
                true,
            );
        }
        let (mime, text) = self.told(&envelope::error(&self.app, caller, &self.params, &error));
        self.plain(status, mime, text, true)
    }

    /// An error in the asked format; where there is none, or it has a fault, in xml (U14).
    fn told(&self, answer: &Answer) -> (&'static str, String) {
        if let Ok(output) = Output::of(&self.app, self.params.get("out")) {
            let mime = output.mime();
            if let Ok(text) = output.finish(answer) {
                return (mime, text);
            }
        }
        let xml = Output::built(render::format("xml").expect("xml is built in"));
        (xml.mime(), xml.finish(answer).unwrap_or_default())
    }
}
