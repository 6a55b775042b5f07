//! Requests of the other APIs: bytes to and from `crate::dialect`.

use std::io::{self, Write};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Either;
use http_body_util::channel::{Channel, Sender};
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::pace::{self, Head};
use super::{Reply, body, compress, whole};
use crate::app::App;
use crate::db::{self, Backend};
use crate::dialect::{self, Body, Dialect, Pieces, Proof, Request, Response};
use crate::error::{Error, Result};

const KEY: &str = "x-api-key";
const BEARER: &str = "Bearer ";
/// The parameter that is a key where the address shows one.
const KEY_PARAM: &str = "api_key";
/// The headers that routes may ask for.
const PASSED_ON: [&str; 1] = ["Idempotency-Key"];

/// A reply of pieces that is shorter goes out as one, with its length.
const WHOLE_BYTES: usize = 256 * 1024;
const PIECES_WAITING: usize = 2;
/// Who takes a piece no sooner is not waited for.
const TAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Long replies on their way at once. They hold no connection to the database.
static LONG: Semaphore = Semaphore::const_new(64);

pub async fn respond(
    app: &Arc<App>,
    dialect: &'static Dialect,
    parts: &Parts,
    body: Incoming,
    (ip, host): (IpAddr, String),
) -> Reply {
    let mut request = head(dialect, parts, ip, host);
    let gzip = compress::wants(&parts.headers, app.config.load().compress);
    let paced = if dialect.is_paced() { pace(app, dialect, &request, ip) } else { Ok(()) };
    let read = match paced {
        Ok(()) => {
            let limit = limit_bytes(app, dialect, &request, ip).await;
            body::collect(body, limit).await
        }
        Err(error) => Err(error),
    };
    let error = match read {
        Ok(bytes) => {
            request.body = bytes.to_vec();
            None
        }
        Err(error) => Some(error),
    };
    if error.is_none() && app.db.backend() == Backend::Sqlite {
        db::keep_connection();
        let at_once = AssertUnwindSafe(|| dialect::respond_at_once(app, dialect, &request));
        match catch_unwind(at_once) {
            Ok(Some(response)) => return written(response, gzip),
            Ok(None) => {}
            Err(_panic) => return written(dialect::broken(dialect), gzip),
        }
    }
    let shared = app.clone();
    let done = tokio::task::spawn_blocking(move || match error {
        Some(error) => (dialect::unread(&shared, dialect, &request, &error), request),
        None => (dialect::respond(&shared, dialect, &request), request),
    });
    let Ok((response, request)) = done.await else { return written(dialect::broken(dialect), gzip) };
    let Response { body, .. } = response;
    let response = Response { body: Body::whole(""), ..response };
    match body {
        Body::Whole(_) => written(Response { body, ..response }, gzip),
        Body::Pieces(pieces) => match LONG.try_acquire() {
            Ok(place) => sent(response, pieces, place, gzip),
            Err(_) => written(dialect::unread(app, dialect, &request, &Error::new("busy", "dialect")), gzip),
        },
    }
}

/// The request without its body.
fn head(dialect: &'static Dialect, parts: &Parts, ip: IpAddr, host: String) -> Request {
    let header = |name: &str| text(&parts.headers, name);
    let key = match dialect.proof {
        Proof::Header => header(KEY),
        Proof::Bearer => {
            header(AUTHORIZATION.as_str()).strip_prefix(BEARER).unwrap_or_default().trim().to_owned()
        }
        Proof::Param => String::new(),
    };
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: header(CONTENT_TYPE.as_str()),
        body: Vec::new(),
        key,
        headers: PASSED_ON.map(|name| (name, header(name))).into(),
        ip: Some(ip),
        host,
        found: None,
    };
    let found = dialect::route(dialect, &request).ok();
    Request { found, ..request }
}

/// Is this request one too many? A key that nobody looks at counts for nothing.
fn pace(app: &App, dialect: &'static Dialect, request: &Request, ip: IpAddr) -> Result<()> {
    let route = request.found.as_ref().map(|found| found.route);
    let param = |name: &str| {
        let mut pairs = form_urlencoded::parse(request.query.as_bytes());
        pairs.find(|(have, _)| have == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let key = match (dialect.proof, route) {
        (_, Some(route)) if route.is_guest() => String::new(),
        (Proof::Param, _) => param(KEY_PARAM),
        _ => request.key.clone(),
    };
    pace::check(app, &Head { ip, key: &key, buys: route.is_some_and(|route| route.buys()) })
}

/// By what the address and the key say: the body has not been read.
async fn limit_bytes(app: &Arc<App>, dialect: &'static Dialect, request: &Request, ip: IpAddr) -> usize {
    let usual = app.config.load().body_limit_bytes;
    let upload_bytes = dialect::upload_bytes(app, dialect, request);
    if upload_bytes <= usual {
        return usual;
    }
    let (app, key) = (app.clone(), request.key.clone());
    let is_opened = tokio::task::spawn_blocking(move || dialect::is_opened(&app, dialect, &key, ip));
    if is_opened.await.unwrap_or(false) { upload_bytes } else { usual }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn written(response: Response, gzip: bool) -> Reply {
    let Body::Whole(bytes) = &response.body else { return whole("") };
    let (bytes, gzip) = match gzip {
        true => compress::bytes(bytes.clone()),
        false => (bytes.clone(), false),
    };
    headed(whole(bytes), &response, gzip)
}

fn headed(mut reply: Reply, response: &Response, gzip: bool) -> Reply {
    *reply.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(response.mime));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(allow) = response.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
        headers.insert(ALLOW, allow);
    }
    if let Some(location) = response.location {
        headers.insert(LOCATION, HeaderValue::from_static(location));
    }
    reply
}

/// A reply of pieces: as one where it is short.
fn sent(response: Response, mut pieces: Pieces, place: SemaphorePermit<'static>, gzip: bool) -> Reply {
    let (mut first, mut length) = (Vec::new(), 0);
    while length < WHOLE_BYTES {
        let Some(piece) = pieces.next() else {
            return written(Response { body: Body::whole(first.concat()), ..response }, gzip);
        };
        length += piece.len();
        first.push(piece);
    }
    let (mut sender, channel) = Channel::new(PIECES_WAITING);
    tokio::spawn(async move {
        let _place = place;
        let pieces = first.into_iter().chain(pieces);
        if let Err(cause) = leave(&mut sender, pieces, gzip).await {
            sender.abort(cause); // a reply without its end must not look like a whole one
        }
    });
    headed(Reply::new(Either::Right(channel)), &response, gzip)
}

async fn leave(
    sender: &mut Sender<Bytes, io::Error>,
    pieces: impl Iterator<Item = Bytes>,
    gzip: bool,
) -> io::Result<()> {
    let mut packer = gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
    for piece in pieces {
        let piece = match &mut packer {
            None => piece,
            Some(packer) => {
                packer.write_all(&piece)?;
                std::mem::take(packer.get_mut()).into()
            }
        };
        take(sender, piece).await?;
    }
    match packer {
        Some(packer) => take(sender, packer.finish()?.into()).await,
        None => Ok(()),
    }
}

async fn take(sender: &mut Sender<Bytes, io::Error>, piece: Bytes) -> io::Result<()> {
    if piece.is_empty() {
        return Ok(());
    }
    let sent = tokio::time::timeout(TAKE_TIMEOUT, sender.send_data(piece)).await;
    sent.map_err(io::Error::other)?.map_err(io::Error::other)
}
