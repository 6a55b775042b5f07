//! Requests of the other APIs: bytes to and from `crate::dialect`.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::http::request::Parts;

use super::{Reply, body, whole};
use crate::app::App;
use crate::dialect::{self, Dialect, Request, Response};

const KEY: &str = "x-api-key";
/// The headers that routes may ask for.
const PASSED_ON: [&str; 1] = ["Idempotency-Key"];

pub async fn respond(
    app: &Arc<App>,
    dialect: &'static Dialect,
    parts: &Parts,
    body: Incoming,
    (ip, host): (IpAddr, String),
) -> Reply {
    let header = |name: &str| text(&parts.headers, name);
    let query = parts.uri.query().unwrap_or_default();
    let limit = limit_bytes(app, dialect, query, (header(KEY), ip)).await;
    let read = body::collect(body, limit).await;
    let (body, error) = match read {
        Ok(bytes) => (bytes.to_vec(), None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let request = Request {
        method: parts.method.to_string(),
        query: query.to_owned(),
        content_type: header(CONTENT_TYPE.as_str()),
        body,
        key: header(KEY),
        headers: PASSED_ON.map(|name| (name, header(name))).into(),
        ip,
        host,
    };
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || match error {
        Some(error) => dialect::unread(&app, dialect, &request, &error),
        None => dialect::respond(&app, dialect, &request),
    });
    match done.await {
        Ok(response) => written(response),
        Err(_panic) => written(dialect::broken(dialect)),
    }
}

/// By what the address and the key say: the body has not been read.
async fn limit_bytes(
    app: &Arc<App>,
    dialect: &'static Dialect,
    query: &str,
    (key, ip): (String, IpAddr),
) -> usize {
    let usual = app.config.load().body_limit_bytes;
    let upload_bytes = dialect::upload_bytes(app, dialect, query);
    if upload_bytes <= usual {
        return usual;
    }
    let app = app.clone();
    let is_opened = tokio::task::spawn_blocking(move || dialect::is_opened(&app, dialect, &key, ip));
    if is_opened.await.unwrap_or(false) { upload_bytes } else { usual }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn written(response: Response) -> Reply {
    let mut reply = whole(response.body);
    *reply.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(allow) = response.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
        headers.insert(ALLOW, allow);
    }
    reply
}
