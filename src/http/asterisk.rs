//! `/asterisk/<key>/<family>/<verb>`: questions of the cURL realtime backend of Asterisk.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;

use super::{Reply, body, whole};
use crate::app::App;
use crate::error::Error;
use crate::telecom::asterisk::{self, realtime};

pub const PREFIX: &str = "/asterisk/";

/// Asterisk writes a query into a buffer of a few kilobytes.
const BODY_MAX_BYTES: usize = 16 * 1024;
const FIELDS_MAX: usize = 100;

pub async fn respond(app: &Arc<App>, parts: &Parts, body: Incoming, ip: IpAddr) -> Reply {
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let words: Vec<&str> = path.split('/').collect();
    let &[key, family, verb] = &words[..] else { return said(StatusCode::NOT_FOUND, String::new()) };
    let body = body::collect(body, BODY_MAX_BYTES).await;
    let ask = realtime::Ask {
        family: family.to_owned(),
        verb: verb.to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        body: body.as_ref().map(|bytes| pairs(bytes)).unwrap_or_default(),
    };
    let refused = if ask.counts() { realtime::FAILED.to_owned() } else { String::new() };
    if body.is_err() || ask.body.len().max(ask.query.len()) > FIELDS_MAX {
        return said(StatusCode::PAYLOAD_TOO_LARGE, refused);
    }
    let (app, key) = (app.clone(), key.to_owned());
    let done = tokio::task::spawn_blocking(move || match asterisk::peer(&app, &key, ip)? {
        Some(peer) => realtime::answer(&app, &peer, &ask).map(Some),
        None => Ok(None),
    });
    match done.await.unwrap_or_else(|panic| Err(Error::system(panic))) {
        Ok(Some(text)) => said(StatusCode::OK, text),
        Ok(None) => said(StatusCode::FORBIDDEN, refused),
        Err(error) => {
            tracing::error!("a question of a switch was not answered: {error}");
            said(StatusCode::INTERNAL_SERVER_ERROR, refused)
        }
    }
}

fn pairs(bytes: &[u8]) -> realtime::Pairs {
    form_urlencoded::parse(bytes).into_owned().take(FIELDS_MAX + 1).collect()
}

fn said(status: StatusCode, text: String) -> Reply {
    let mut reply = whole(text);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
