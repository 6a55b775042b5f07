//! JSON for a script tag.

use super::answer::Job;
use super::request;

impl Job {
    /// `callback=NAME` wraps JSON for a script tag (protocol.md §13.8).
    pub fn jsonp(&self, mime: &'static str, text: String) -> (&'static str, String) {
        let name = self.params.get("callback");
        if name.is_empty() {
            return (mime, text);
        }
        // A cookie comes with any page's script tag, and an error names its user too.
        let has_cookie = request::cookie(&self.headers, request::SESSION_COOKIE).is_some();
        let by_cookie = has_cookie && !self.params.has("auth") && self.params.sent("authinfo").is_none();
        match mime == "application/json" && is_callback(name) && !by_cookie {
            true => ("application/javascript; charset=UTF-8", format!("/**/{name}({text});")),
            false => (mime, text),
        }
    }
}

fn is_callback(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    first && name.len() <= 64 && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'))
}
