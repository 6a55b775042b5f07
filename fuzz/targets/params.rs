//! Bytes as a request: a line of query, a line of content type, and the body. They go through the
//! server's own reader.
#![no_main]

use std::sync::LazyLock;

use billmgr::http::body;
use billmgr::params::Params;
use billmgr_fuzz::target;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

fn read(query: &str, kind: &[u8], body: &[u8]) -> Option<Params> {
    let mut headers = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_bytes(kind) {
        headers.insert(CONTENT_TYPE, kind);
    }
    RUNTIME.block_on(body::params(query, &headers, Bytes::copy_from_slice(body))).ok()
}

fn is_clean(text: &str) -> bool {
    text.chars().all(|c| c >= ' ' || matches!(c, '\t' | '\r' | '\n'))
}

fn run(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (query, kind, body) = (part(), part(), part());
    let Some(params) = read(&String::from_utf8_lossy(query), kind, body) else { return };
    assert!(params.iter().all(|(name, value)| is_clean(name) && is_clean(value)), "{params:?}");
    let journal = params.journal(|_| false);
    let again = read(&journal, b"", b"").expect("the journal can be read");
    let kept = params.iter().filter(|(name, _)| Params::is_echoed(name));
    assert!(again.iter().eq(kept), "{params:?} became {again:?}");
}

target!(run);
