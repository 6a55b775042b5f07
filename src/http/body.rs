//! The parameters of a request: query and body, urlencoded, multipart or JSON.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};

use crate::error::{Error, Result};
use crate::json::Json;
use crate::params::{Params, any};

/// A body that takes longer to arrive is a slow client's, or an attacker's.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const PARAMS_MAX: usize = 4096;

type Pairs = Vec<(String, String)>;

pub(super) async fn collect(body: Incoming, limit_bytes: usize) -> Result<Bytes> {
    let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit_bytes).collect());
    match read.await {
        Err(_slow) => Err(Error::new("timeout", "body")),
        Ok(Err(cause)) if cause.is::<http_body_util::LengthLimitError>() => {
            Err(Error::limit("body", limit_bytes.to_string()))
        }
        Ok(Err(_broken)) => Err(Error::value("body", "")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// Why parameters could not be read, and the format that they ask for nevertheless.
pub struct Unread {
    pub error: Error,
    pub out: String,
}

impl Unread {
    pub(super) fn new(error: Error, query: &str) -> Self {
        Self { error, out: asked_out(&urlencoded(query.as_bytes()), &[]) }
    }
}

pub async fn params(query: &str, headers: &HeaderMap, body: Bytes) -> std::result::Result<Params, Unread> {
    let sent = sent(headers, body).await.map_err(|error| Unread::new(error, query))?;
    let query = urlencoded(query.as_bytes());
    let out = asked_out(&query, &sent);
    merged(query, sent).map_err(|error| Unread { error, out })
}

/// The parameters of the address alone.
pub fn of_query(query: &str) -> Result<Params> {
    merged(urlencoded(query.as_bytes()), Pairs::new())
}

fn asked_out(query: &[(String, String)], sent: &[(String, String)]) -> String {
    let found = sent.iter().chain(query).find(|(name, _)| name == "out");
    found.map(|(_, out)| out.clone()).unwrap_or_default()
}

fn merged(query: Pairs, sent: Pairs) -> Result<Params> {
    match query.len() + sent.len() > PARAMS_MAX {
        true => Err(Error::limit("params", PARAMS_MAX.to_string())),
        false => Params::merge(query, sent),
    }
}

async fn sent(headers: &HeaderMap, body: Bytes) -> Result<Pairs> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind {
        _ if body.is_empty() => Ok(Pairs::new()),
        kind if kind.starts_with("multipart/form-data") => multipart(kind, body).await,
        _ if body.trim_ascii_start().starts_with(b"{") => json(&body),
        _ => Ok(urlencoded(&body)),
    }
}

/// Odd but real: a leading `&`, empty parts, raw characters.
fn urlencoded(text: &[u8]) -> Pairs {
    let is_odd = |byte: u8| !byte.is_ascii() | (byte == b'%') | (byte == b'+');
    match std::str::from_utf8(text) {
        Ok(text) if !any(text, is_odd) => plain(text),
        _ => form_urlencoded::parse(text).into_owned().collect(),
    }
}

/// Most queries: nothing in them stands for something else.
fn plain(text: &str) -> Pairs {
    let (mut pairs, mut rest) = (Pairs::with_capacity(8), text);
    while !rest.is_empty() {
        let (part, behind) = cut(rest, b'&');
        if !part.is_empty() {
            let (name, value) = cut(part, b'=');
            pairs.push((name.to_owned(), value.to_owned()));
        }
        rest = behind;
    }
    pairs
}

/// What stands before an ASCII sign and behind it. Texts are short, so no search is set up.
fn cut(text: &str, sign: u8) -> (&str, &str) {
    let at = text.bytes().position(|byte| byte == sign).unwrap_or(text.len());
    (&text[..at], text.get(at + 1..).unwrap_or_default())
}

async fn multipart(kind: &str, body: Bytes) -> Result<Pairs> {
    let broken = |_| Error::value("body", "");
    let boundary = multer::parse_boundary(kind).map_err(broken)?;
    let stream = Full::new(body).into_data_stream();
    let mut parts = multer::Multipart::new(stream, boundary);
    let mut pairs = Pairs::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(broken)?;
        let text = match is_file {
            true => {
                file_text(&bytes).ok_or_else(|| Error::value(&name, "").with("desc", "desc_no_upload"))?
            }
            false => String::from_utf8_lossy(&bytes).into_owned(),
        };
        pairs.push((name, text));
        if pairs.len() > PARAMS_MAX {
            return Err(Error::limit("params", PARAMS_MAX.to_string()));
        }
    }
    Ok(pairs)
}

/// Characters of windows-1251 from 0x80 to 0xBF; the letters of the alphabet follow in their order.
const CP1251: &str = "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕї";

/// A file is taken as the text that it holds: UTF-8, or windows-1251 as banks write statements.
fn file_text(bytes: &[u8]) -> Option<String> {
    if bytes.contains(&0) {
        return None; // no text
    }
    let high: Vec<char> = CP1251.chars().collect();
    let letter = |byte: &u8| match *byte {
        byte @ ..0x80 => char::from(byte),
        byte @ 0x80..0xC0 => high[usize::from(byte - 0x80)],
        byte => char::from_u32(0x410 + u32::from(byte - 0xC0)).unwrap_or('\u{fffd}'),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => Some(bytes.iter().map(letter).collect()),
    }
}

/// A flat object; a list is a multiple select.
fn json(body: &[u8]) -> Result<Pairs> {
    let broken = || Error::value("body", "");
    let Some(Json::Object(members)) = Json::parse(body) else { return Err(broken()) };
    let text = |value: Json| match value {
        Json::Text(text) | Json::Number(text) => Ok(text),
        Json::Bool(on) => Ok(if on { "on" } else { "off" }.to_owned()),
        Json::Null => Ok(String::new()),
        _ => Err(broken()),
    };
    let one = |(name, value)| match value {
        Json::List(values) => {
            let words: Result<Vec<String>> = values.into_iter().map(text).collect();
            Ok((name, words?.join(", ")))
        }
        value => Ok((name, text(value)?)),
    };
    members.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_banks() {
        for (bytes, expected) in [
            (&b"date"[..], Some("date")),
            ("Дата".as_bytes(), Some("Дата")),
            (&[0xC4, 0xE0, 0xF2, 0xE0, b' ', 0xB9, b'7', 0xA8, 0xFF][..], Some("Дата №7Ёя")),
            (&[b'P', b'K', 3, 4, 0][..], None),
        ] {
            assert_eq!(file_text(bytes).as_deref(), expected);
        }
        assert_eq!(CP1251.chars().count(), 0x40);
    }
}
