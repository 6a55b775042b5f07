//! A cookie is sent by the browser unasked, so it changes nothing without proof that the request
//! was made on our own pages (decisions.md, Access: cookie identity).

use hyper::header::{HeaderMap, HeaderValue, ORIGIN, REFERER};

use crate::config::Config;

/// Did one of our own pages, or one of an allowed origin, make this request?
pub fn is_own(headers: &HeaderMap, host: &str, config: &Config) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"same-origin") {
        return true;
    }
    match headers.get(ORIGIN).or_else(|| headers.get(REFERER)).and_then(|value| value.to_str().ok()) {
        Some(url) => {
            let origin = origin_of(url);
            origin == host.to_lowercase() || config.allow_origin.contains(&origin)
        }
        None => false,
    }
}

/// `scheme://authority` of a URL.
fn origin_of(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    let path = url[end..].find('/').map_or(url.len(), |at| end + at);
    url[..path].to_lowercase()
}

/// The header that lets an allowed foreign origin read an answer.
pub fn allowed(headers: &HeaderMap, config: &Config) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let is_allowed = config.allow_origin.contains(&origin.to_str().ok()?.to_lowercase());
    is_allowed.then(|| origin.clone())
}
