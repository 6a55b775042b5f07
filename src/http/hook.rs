//! `/hook/<family>/<name>`: where providers report, without a session. Each proves itself by the secret
//! that was agreed with it, in a header or, where it can send none, in the address.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use tokio::sync::Semaphore;

use super::{Reply, body, whole};
use crate::app::App;
use crate::error::{Error, Result};
use crate::telecom::esim;

pub const PREFIX: &str = "/hook/";
const SECRET: &str = "x-webhook-secret";
/// No report is longer.
const BODY_MAX_BYTES: usize = 65_536;

/// Reports that are worked on at once. A further one is told to come again.
static PLACES: Semaphore = Semaphore::const_new(8);

pub async fn respond(app: &Arc<App>, parts: &Parts, body: Incoming) -> Reply {
    let (status, words) = match taken(app, parts, body).await {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(error) => refused(parts.uri.path(), &error),
    };
    let mut reply = whole(words);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

async fn taken(app: &Arc<App>, parts: &Parts, body: Incoming) -> Result<()> {
    let name = parts.uri.path().trim_start_matches(PREFIX).strip_prefix("esim/");
    let name = name.ok_or_else(|| Error::missed("hook"))?.to_owned();
    if parts.method != Method::POST {
        return Err(Error::value("method", parts.method.as_str()));
    }
    let _place = PLACES.try_acquire().map_err(|_| Error::new("busy", "hook"))?;
    let bytes = body::collect(body, BODY_MAX_BYTES).await?;
    let (app, secret) = (app.clone(), secret(parts));
    let done = tokio::task::spawn_blocking(move || esim::hook::take(&app, &name, &secret, &bytes)).await;
    done.map_err(Error::system)?
}

fn secret(parts: &Parts) -> String {
    let header = parts.headers.get(SECRET).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = parts.uri.query().unwrap_or_default();
    let of_query = || form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "secret");
    header.or_else(|| of_query().map(|(_, value)| value.into_owned())).unwrap_or_default()
}

/// The other side learns the status alone; the log the cause.
fn refused(path: &str, error: &Error) -> (StatusCode, String) {
    let status = match (error.kind, error.object.as_str()) {
        ("missed", _) => StatusCode::NOT_FOUND,
        ("access", _) => StatusCode::FORBIDDEN,
        ("value", "method") => StatusCode::METHOD_NOT_ALLOWED,
        ("value", _) => StatusCode::BAD_REQUEST,
        ("limit", _) => StatusCode::PAYLOAD_TOO_LARGE,
        ("busy" | "timeout", _) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(path, "{error}");
    }
    (status, format!("{}\n", error.kind))
}
