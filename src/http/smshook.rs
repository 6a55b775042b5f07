//! `/hook/sms/`: where providers report what became of messages.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use tokio::sync::Semaphore;

use super::{Reply, body, whole};
use crate::app::App;
use crate::telecom::sms::hook::{self, Answer, Call};

pub use hook::PREFIX;

const BODY_MAX_BYTES: usize = 256 * 1024;
/// Calls at once. A further caller is told to come again.
static PLACES: Semaphore = Semaphore::const_new(8);

pub async fn respond(app: &Arc<App>, parts: &Parts, body: Incoming) -> Reply {
    if ![Method::GET, Method::POST].contains(&parts.method) {
        let mut reply = said(StatusCode::METHOD_NOT_ALLOWED);
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
        return reply;
    }
    let Ok(bytes) = body::collect(body, BODY_MAX_BYTES).await else {
        return said(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let Ok(_place) = PLACES.acquire().await else { return said(StatusCode::SERVICE_UNAVAILABLE) };
    let (app, parts) = (app.clone(), parts.clone());
    let done = tokio::task::spawn_blocking(move || {
        let header = |name: &str| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let path = parts.uri.path();
        let call = Call {
            path: path.strip_prefix(PREFIX).unwrap_or(path),
            query: parts.uri.query().unwrap_or_default(),
            is_json: header(CONTENT_TYPE.as_str()).contains("json"),
            body: &bytes,
            header: &header,
        };
        hook::respond(&app, &call)
    });
    match done.await {
        Ok(Ok(Answer::Done)) => said(StatusCode::OK),
        Ok(Ok(Answer::Nobody)) => said(StatusCode::NOT_FOUND),
        Ok(Err(error)) => {
            tracing::error!("receipts were not taken: {error}");
            said(StatusCode::SERVICE_UNAVAILABLE)
        }
        Err(_panic) => said(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn said(status: StatusCode) -> Reply {
    let mut reply = whole(if status == StatusCode::OK { "ok" } else { "" });
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
