//! The parameters of a call: query, body and JSON as one set of names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Names that mean something to the dispatcher: two different values of one are an error.
const SINGLE: [&str; 6] = ["func", "auth", "authinfo", "su", "elid", "sok"];
/// The ticked rows of a page: `elid` itself may not repeat, so several arrive under this name.
const ROWS: &str = "elids";
/// Never echoed, journalled or logged (protocol.md U12).
const UNECHOED: [&str; 9] =
    ["password", "passwd", "confirm", "authinfo", "key", "sok", "auth", "old_passwd", "secret"];

/// A copy is shared until one of the two changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(Arc<BTreeMap<String, String>>);

impl Params {
    /// Merges pairs of the query, then of the body. The body wins over the query; values that
    /// repeat within one of them are joined with `, ` as a multiple select sends them.
    pub fn merge(
        query: impl IntoIterator<Item = (String, String)>,
        body: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let (mut merged, body) = (joined(query)?, joined(body)?);
        for (name, value) in body {
            let before = merged.get(&name);
            if SINGLE.contains(&name.as_str()) && before.is_some_and(|before| *before != value) {
                return Err(Error::value(name, ""));
            }
            merged.insert(name, value);
        }
        if let Some(rows) = merged.remove(ROWS) {
            merged.entry("elid".into()).or_insert(rows);
        }
        Ok(Self(Arc::new(merged)))
    }

    pub fn of<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(Arc::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// A value that was sent, possibly empty.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value, or "" where none was sent.
    pub fn get(&self, name: &str) -> &str {
        self.sent(name).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        Arc::make_mut(&mut self.0).insert(name.to_owned(), value.into());
    }

    pub fn remove(&mut self, name: &str) -> Option<String> {
        Arc::make_mut(&mut self.0).remove(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn func(&self) -> &str {
        self.get("func")
    }

    /// Any non-empty `sok` submits (decisions.md, Access).
    pub fn submits(&self) -> bool {
        self.has("sok")
    }

    /// The words of `elid=1, 2, 3`.
    pub fn elids(&self) -> impl Iterator<Item = &str> {
        self.get("elid").split(',').map(str::trim).filter(|id| !id.is_empty())
    }

    /// May this name be repeated to people and logs?
    pub fn is_echoed(name: &str) -> bool {
        !UNECHOED.contains(&name)
    }

    /// Names and values without secrets, as a query string.
    pub fn journal(&self, is_secret: impl Fn(&str) -> bool) -> String {
        let is_shown = |name: &str| Self::is_echoed(name) && !name.starts_with(':') && !is_secret(name);
        let shown = self.iter().filter(|(name, _)| is_shown(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(shown).finish()
    }
}

fn joined(pairs: impl IntoIterator<Item = (String, String)>) -> Result<BTreeMap<String, String>> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in pairs {
        check_text(&name, &value)?;
        let Some(before) = all.get_mut(&name) else {
            all.insert(name, value);
            continue;
        };
        match SINGLE.contains(&name.as_str()) {
            true if *before == value => {}
            true => return Err(Error::value(name, "")),
            false => *before = format!("{before}, {value}"),
        }
    }
    // Names with a colon before them are the dispatcher's own.
    all.retain(|name, _| !name.is_empty() && !name.starts_with(':'));
    Ok(all)
}

/// C0 characters except tab, CR and LF are refused at the door: PostgreSQL cannot store a NUL and
/// XML cannot carry the rest (decisions.md, Databases and schema).
fn check_text(name: &str, value: &str) -> Result<()> {
    let bad = |text: &str| text.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\r' | '\n'));
    if bad(name) || value.contains('\u{fffd}') {
        return Err(Error::value(if bad(name) { "" } else { name }, ""));
    }
    match bad(value) {
        true => Err(Error::value(name, "")),
        false => Ok(()),
    }
}
