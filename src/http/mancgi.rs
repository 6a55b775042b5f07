//! `/mancgi/`: where gateways are reached, without a session. The test gateway and the programs of
//! `modules/` prove by themselves who is speaking.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use tokio::sync::Semaphore;

use super::{Reply, body, request, whole};
use crate::app::App;
use crate::error::{Error, Result};
use crate::gateway::{self, cgi, testgate};

pub const PREFIX: &str = "/mancgi/";

/// Programs that run at once. A further caller is told to come again.
static PLACES: Semaphore = Semaphore::const_new(8);

const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub async fn respond(app: &Arc<App>, parts: &Parts, body: Incoming, ip: IpAddr, host: String) -> Reply {
    let name = parts.uri.path().trim_start_matches(PREFIX).to_owned();
    let reply = match name.as_str() {
        gateway::TEST if gateway::is_usable(app, gateway::TEST) => test(app, parts, body).await,
        name if cgi::is_name(name) => program(app, name, parts, body, ip, host).await,
        _ => Err(Error::missed("gateway")),
    };
    reply.unwrap_or_else(|error| refused(&name, &error))
}

async fn test(app: &Arc<App>, parts: &Parts, body: Incoming) -> Result<Reply> {
    let bytes = body::collect(body, app.config.load().body_limit_bytes).await?;
    let query = parts.uri.query().unwrap_or_default();
    let params = body::params(query, &parts.headers, bytes).await.map_err(|unread| unread.error)?;
    let lang = lang(&parts.headers);
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || testgate::respond(&app, &params, &lang)).await;
    Ok(match done.map_err(Error::system)?? {
        testgate::Page::Shown(html) => page(html),
        testgate::Page::Location(location) => super::browser::see_other(&location),
    })
}

fn lang(headers: &HeaderMap) -> String {
    let cookie = request::cookie(headers, request::LANG_COOKIE).unwrap_or_default();
    cookie.split(':').nth(1).unwrap_or_default().to_owned()
}

fn page(html: String) -> Reply {
    let mut reply = whole(html);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

async fn program(
    app: &Arc<App>,
    name: &str,
    parts: &Parts,
    body: Incoming,
    ip: IpAddr,
    host: String,
) -> Result<Reply> {
    if !cgi::exists(app, name) {
        return Err(Error::missed("gateway"));
    }
    let _place = PLACES.try_acquire().map_err(|_| Error::new("busy", "gateway"))?;
    let body = body::collect(body, app.config.load().body_limit_bytes).await?;
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request = cgi::Request {
        name: name.to_owned(),
        method: parts.method.to_string(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: header(CONTENT_TYPE).to_owned(),
        cookie: header(COOKIE).to_owned(),
        body: body.to_vec(),
        host,
        remote_addr: ip.to_string(),
    };
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || cgi::run(&app, request)).await;
    Ok(answered(done.map_err(Error::system)??))
}

fn answered(answer: cgi::Reply) -> Reply {
    let mut reply = whole(answer.body);
    *reply.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = reply.headers_mut();
    for (name, value) in [(CONTENT_TYPE, &answer.content_type), (LOCATION, &answer.location)] {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

/// The other side learns the status alone; the log the cause.
fn refused(name: &str, error: &Error) -> Reply {
    let status = match error.kind {
        "missed" => StatusCode::NOT_FOUND,
        "access" => StatusCode::FORBIDDEN,
        "busy" => StatusCode::SERVICE_UNAVAILABLE,
        "limit" => StatusCode::PAYLOAD_TOO_LARGE,
        "value" | "timeout" => StatusCode::BAD_REQUEST,
        _ => StatusCode::BAD_GATEWAY,
    };
    if status == StatusCode::BAD_GATEWAY {
        tracing::error!(gateway = name, "{error}");
    }
    let mut reply = whole(format!("{} {}\n", error.kind, error.object));
    *reply.status_mut() = status;
    reply
}
