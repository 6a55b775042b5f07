//! What a request says besides its parameters: path, host, cookies, the client's address.

use std::net::IpAddr;

use hyper::header::{COOKIE, HOST, HeaderMap};
use hyper::http::request::Parts;
use subtle::ConstantTimeEq;

use crate::config::Config;

/// The cookie that carries a session, as scripts of the original know it.
pub const SESSION_COOKIE: &str = "billmgrses5";
/// `<theme>:<lang>`
pub const LANG_COOKIE: &str = "billmgrlang5";
/// `light`, `dark` or `system`; ours alone.
pub const THEME_COOKIE: &str = "billmgrtheme";

const PATHS: [&str; 3] = ["/billmgr", "/manager/billmgr", "/manager"];

/// The path as `doc/@binary`, if calls are answered there.
pub fn binary(parts: &Parts, config: &Config) -> Option<String> {
    let path = parts.uri.path().trim_end_matches('/');
    let known =
        path.is_empty() || PATHS.contains(&path) || config.path_alias.iter().any(|alias| alias == path);
    known.then(|| if path.is_empty() { "/".to_owned() } else { path.to_owned() })
}

/// The client's address: the peer's, or what a trusted proxy says it is.
pub fn client_ip(headers: &HeaderMap, peer: IpAddr, config: &Config) -> IpAddr {
    if !is_proxy(headers, peer, config) {
        return peer;
    }
    // The last hop that no trusted proxy added is the client; what stands before it is hearsay.
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> =
        hops.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.into_iter().rev().find(|hop| !config.trusted_proxy.contains(*hop)).unwrap_or(peer)
}

/// Is the peer a proxy that may speak for others: by its address, or by the shared secret?
fn is_proxy(headers: &HeaderMap, peer: IpAddr, config: &Config) -> bool {
    if config.trusted_proxy.contains(peer) {
        return true;
    }
    let Some(secret) = &config.forwarded_secret else { return false };
    let sent = headers.get("x-forwarded-secret");
    sent.is_some_and(|sent| bool::from(secret.reveal().as_bytes().ct_eq(sent.as_bytes())))
}

/// Did the client come by https?
pub fn is_https(headers: &HeaderMap, peer: IpAddr, config: &Config) -> bool {
    is_proxy(headers, peer, config)
        && headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https")
}

/// `scheme://authority` as the client addressed us.
pub fn host(headers: &HeaderMap, https: bool) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    [if https { "https://" } else { "http://" }, host].concat()
}

pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(have, _)| *have == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}
