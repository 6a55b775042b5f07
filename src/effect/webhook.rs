//! A signed POST to an address of the administrator's or a client's.

mod signature;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::http::{Answer, BODY_MAX_BYTES, Failure, Method, Request, Trust};
use crate::config::Secret;
use crate::error::{Error, Result};

pub use signature::{sign, verify_signature};

pub const SIGNATURE: &str = "x-billmgr-signature";
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What is to be sent, and where.
#[derive(Debug, Clone)]
pub struct Hook {
    /// `http://` or `https://`, without a user.
    pub url: String,
    pub secret: Secret,
    /// JSON
    pub body: String,
    /// The same for every try of the same message, so that its receiver can tell.
    pub idempotency_key: String,
    /// For all of it: look-up, connection, sending and answer.
    pub timeout: Duration,
}

impl Hook {
    /// Sends it and blocks until the answer is there. `now_us` is the time in the signature.
    ///
    /// An error `timeout` or `system` does not say that nothing arrived; `value` does.
    pub fn send(&self, now_us: i64) -> Result<Answer> {
        self.send_trusting(None, now_us)
    }

    /// Likewise; without a choice https believes the system's authorities.
    pub fn send_trusting(&self, trust: Option<&Trust>, now_us: i64) -> Result<Answer> {
        self.request(now_us).send_trusting(trust, BODY_MAX_BYTES).map_err(|failure| match failure {
            Failure::Wrong(part) if part == "url" => Error::value(part, &self.url),
            Failure::Wrong(part) => Error::value(part.replace('-', "_"), ""),
            Failure::NotSent { is_late: true, .. } | Failure::Lost { is_late: true, .. } => {
                Error::new("timeout", "webhook")
            }
            failure => Error::new("system", "webhook").cause(failure.to_string()),
        })
    }

    fn request(&self, now_us: i64) -> Request {
        let signature = sign(self.secret.reveal(), &self.body, now_us / crate::time::SECOND_US);
        let headers = [
            ("content-type", "application/json"),
            (IDEMPOTENCY_KEY, &self.idempotency_key),
            (SIGNATURE, &signature),
        ];
        Request {
            method: Method::POST,
            url: self.url.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: self.body.clone(),
            timeout: self.timeout,
        }
    }
}
