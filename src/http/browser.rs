//! What only a browser asks for.

use http_body_util::Full;
use hyper::StatusCode;

use super::Reply;

/// A path where no calls are answered.
pub fn other_path(_path: &str) -> Reply {
    let mut reply = Reply::new(Full::from("not found\n"));
    *reply.status_mut() = StatusCode::NOT_FOUND;
    reply
}
