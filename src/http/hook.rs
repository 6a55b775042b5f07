//! `/hook/<family>/<provider>`: where providers report.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;

use super::{Reply, body, whole};
use crate::app::App;
use crate::error::{Error, Result};
use crate::telecom::hook::{FAMILIES, Family, Report};

pub const PREFIX: &str = "/hook/";
/// No report is longer.
const BODY_MAX_BYTES: usize = 256 * 1024;

pub async fn respond(app: &Arc<App>, parts: &Parts, body: Incoming) -> Reply {
    let path = parts.uri.path().trim_start_matches(PREFIX);
    let named = path.split_once('/').unwrap_or((path, ""));
    let Some(family) = FAMILIES.iter().find(|family| family.name == named.0) else {
        return said(StatusCode::NOT_FOUND);
    };
    if !family.methods.split(", ").any(|method| method == parts.method.as_str()) {
        let mut reply = said(StatusCode::METHOD_NOT_ALLOWED);
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static(family.methods));
        return reply;
    }
    let Ok(bytes) = body::collect(body, BODY_MAX_BYTES).await else {
        return said(StatusCode::PAYLOAD_TOO_LARGE);
    };
    match taken(app, family, parts, bytes).await {
        Ok(()) => said(StatusCode::OK),
        Err(error) => said(refused(family, &error)),
    }
}

async fn taken(app: &Arc<App>, family: &'static Family, parts: &Parts, body: Bytes) -> Result<()> {
    let _place = family.places.acquire().await.map_err(Error::system)?;
    let (app, parts) = (app.clone(), parts.clone());
    let done = tokio::task::spawn_blocking(move || {
        let header = |name: &str| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let path = parts.uri.path().trim_start_matches(PREFIX).trim_start_matches(family.name);
        let report = Report {
            path: path.trim_start_matches('/'),
            query: parts.uri.query().unwrap_or_default(),
            is_json: header(CONTENT_TYPE.as_str()).contains("json"),
            body: &body,
            header: &header,
        };
        (family.take)(&app, &report)
    });
    done.await.map_err(Error::system)?
}

/// The other side learns the status alone; the log the cause.
fn refused(family: &Family, error: &Error) -> StatusCode {
    match error.kind {
        "missed" => StatusCode::NOT_FOUND,
        "access" => StatusCode::FORBIDDEN,
        "value" => StatusCode::BAD_REQUEST,
        _ => {
            tracing::error!(family = family.name, "a report was not taken: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn said(status: StatusCode) -> Reply {
    let mut reply = whole(if status == StatusCode::OK { "ok\n" } else { "" });
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
