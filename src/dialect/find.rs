//! Which route a call asks for.

use super::input::Sent;
use super::route::{Dialect, Errors, Route};
use crate::error::{Error, Result};

/// The methods that a route takes, in an error about another.
pub const ALLOW: &str = "allow";
/// What an error about a method is about: where texts are told by objects, it is no parameter of that name.
const METHOD: [&str; 2] = ["method", "http_method"];
/// No segment of a path is longer.
const SEGMENT_MAX: usize = 64;

/// A route, and what the named segments of its path hold.
#[derive(Clone)]
pub struct Found<'d> {
    pub route: &'d Route,
    pub segments: Vec<(String, String)>,
}

impl Dialect {
    /// Errors `missed(endpoint)`, `value(method)` or `value(http_method)`.
    pub fn find(&self, path: &str, sent: &Sent, method: &str) -> Result<Found<'_>> {
        let fits = |route: &'_ Route| -> Option<Vec<(String, String)>> {
            match self.is_of_paths() {
                true => segments(&route.path, path.strip_prefix(self.path.as_str())?),
                false => {
                    let name = sent.text(&self.select);
                    route.endpoint.split(' ').any(|have| have == name).then(Vec::new)
                }
            }
        };
        let mut methods = Vec::new();
        for route in &self.routes {
            let Some(segments) = fits(route) else { continue };
            if route.takes(method) {
                return Ok(Found { route, segments });
            }
            methods.push(route.method.replace(' ', ", "));
        }
        let at = usize::from(self.errors == Errors::Texts);
        match methods.is_empty() {
            true => Err(Error::missed("endpoint").with("value", sent.text(&self.select))),
            false => Err(Error::value(METHOD[at], method).with(ALLOW, methods.join(", "))),
        }
    }
}

/// `user/check/{id}` on `/user/check/7`: what the names stand for. Nothing where a segment is missing, is one
/// too many, or holds other signs than letters, digits and `.+-_`,
/// or begins with the last of them.
fn segments(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut parts, mut found) = (path.strip_prefix('/')?.split('/'), Vec::new());
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if is_word(part) => found.push((name.to_owned(), part.to_owned())),
            None if part == wanted => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(found)
}

fn is_word(part: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'_');
    (1..=SEGMENT_MAX).contains(&part.len()) && !part.starts_with('_') && part.bytes().all(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let long = format!("/user/check/{}", "1".repeat(SEGMENT_MAX + 1));
        for (pattern, path, expected) in [
            ("user/profile", "/user/profile", Some("")),
            ("user/profile", "/user/profile/", None),
            ("user/profile", "user/profile", None),
            ("user/profile", "/user", None),
            ("user/check/{id}", "/user/check/7", Some("id=7 ")),
            ("user/check/{id}", "/user/check/__probe__", None),
            ("user/check/{id}", "/user/check/", None),
            ("user/check/{id}", "/user/check/a%2Fb", None),
            ("user/check/{id}", &long, None),
            ("user/reuse/{product}/{number}", "/user/reuse/1688/+7900", Some("product=1688 number=+7900 ")),
            ("user/reuse/{product}/{number}", "/user/reuse/1688/7900/1", None),
        ] {
            let found = segments(pattern, path);
            let shown = found.map(|found| found.iter().map(|(n, v)| format!("{n}={v} ")).collect::<String>());
            assert_eq!(shown.as_deref(), expected, "{pattern} {path}");
        }
    }
}
