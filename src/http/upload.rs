//! How long a body may be: longer where the function takes a file, of who has shown that he may call it.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::HeaderMap;

use super::{body, request};
use crate::app::App;
use crate::auth::identify::{self, Claim};
use crate::config::Config;
use crate::rpc;

/// By what the address and the cookie say: the body has not been read. A password that would have to be
/// hashed first shows nothing yet.
pub async fn limit_bytes(
    app: &Arc<App>,
    config: &Config,
    query: &str,
    headers: &HeaderMap,
    ip: IpAddr,
) -> usize {
    let usual = config.body_limit_bytes;
    let Ok(params) = body::of_query(query) else { return usual };
    let upload_bytes = app.registry.get(params.func()).map_or(0, |func| func.meta.upload_bytes);
    if upload_bytes <= usual {
        return usual;
    }
    let cookie = request::cookie(headers, request::SESSION_COOKIE).map(str::to_owned);
    let app = app.clone();
    let may = tokio::task::spawn_blocking(move || {
        let claim = Claim { params: &params, cookie: cookie.as_deref(), ip };
        let caller = identify::quick(&app, &claim).ok().flatten();
        caller.is_some_and(|caller| rpc::find(&app, &caller, &params).is_ok())
    });
    if may.await.unwrap_or(false) { upload_bytes } else { usual }
}
