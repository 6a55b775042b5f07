//! Our errors as statuses of HTTP (operations.md §1.0).

use crate::error::Error;

/// A record that is not there, or not the caller's, is named with what was asked for; a parameter
/// that was not sent is not.
pub fn of(error: &Error) -> u16 {
    let names_one = error.param("value").is_some_and(|value| !value.is_empty());
    match (error.kind, error.object.as_str()) {
        ("auth", _) => 401,
        ("limit", "balance") => 402,
        ("access", _) => 403,
        ("missed", "endpoint") => 404,
        ("missed", _) if names_one => 404,
        ("exists", _) | ("used", "sms") => 409,
        ("limit", "body") => 413,
        ("limit", "attempts") => 429,
        ("limit", "service") => 503,
        ("value", "body") => 400,
        ("value", "content_type") => 415,
        ("value", "method") => 405,
        ("missed" | "value" | "limit" | "used", _) => 422,
        ("busy", _) => 503,
        ("timeout", "body") => 408,
        ("timeout", _) => 504,
        _ => 500,
    }
}
