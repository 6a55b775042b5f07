//! Long answers, made short for who asks (`Option Compress`).

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderMap};

/// A shorter answer fits a few packets as it is.
const LEAST_BYTES: usize = 4096;

/// The text for the wire, and whether it is gzip.
pub fn body(text: String, headers: &HeaderMap, enabled: bool) -> (Vec<u8>, bool) {
    if text.len() < LEAST_BYTES || !wants(headers, enabled) {
        return (text.into_bytes(), false);
    }
    match packed(text.as_bytes()) {
        Some(packed) => (packed, true),
        None => (text.into_bytes(), false),
    }
}

/// The same of who is known to want it.
pub fn bytes(bytes: Bytes) -> (Bytes, bool) {
    match (bytes.len() >= LEAST_BYTES).then(|| packed(&bytes)).flatten() {
        Some(packed) => (packed.into(), true),
        None => (bytes, false),
    }
}

fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.ok() // a Vec takes everything
}

/// Is a long answer packed for who asks?
pub fn wants(headers: &HeaderMap, enabled: bool) -> bool {
    enabled && accepts_gzip(headers)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && parts.all(|part| part != "q=0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_answers_for_who_asks() {
        let headers = |coding: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, coding.parse().expect("a header value"));
            headers
        };
        let long = "0123456789".repeat(1000);
        for (coding, text, enabled, gzip) in [
            ("gzip", long.as_str(), true, true),
            ("deflate, gzip;q=0.5", &long, true, true),
            ("gzip;q=0", &long, true, false),
            ("br", &long, true, false),
            ("gzip", "short", true, false),
            ("gzip", &long, false, false),
        ] {
            let (bytes, packed) = body(text.to_owned(), &headers(coding), enabled);
            assert_eq!(packed, gzip, "{coding}");
            assert_eq!(bytes.len() < text.len(), gzip);
        }
    }
}
