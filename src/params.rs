//! The parameters of a call: query, body and JSON as one set of names.

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
pub struct Params(Arc<Sent>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Sent {
    /// By name, each once.
    pairs: Vec<(String, String)>,
    manner: Manner,
}

/// How a call was made. Nothing of it is a parameter, so no caller can send it and none is echoed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manner {
    /// The path and the host that the server was addressed by, which every document tells.
    pub binary: String,
    pub host: String,
    /// The language of a browser, where the call names none.
    pub lang: String,
    /// The answer becomes a page.
    pub page: bool,
    /// The format wants metadata and messages in the document.
    pub words: bool,
    pub panel: Panel,
}

/// What a page of the panel sends along for itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    pub theme: String,
    /// The query of the page that one came from.
    pub back: String,
    /// The name of a form that is sent once.
    pub once: String,
    /// The newest entry of the record's history when the form was opened.
    pub seen: String,
    /// The call that wanted an identity before one signed in.
    pub goes_on: String,
}

/// Up to so many, looking at each name is quicker than halving.
const FEW: usize = 32;

impl Params {
    /// Merges pairs of the query, then of the body. The body wins over the query; values that
    /// repeat within one of them are joined with `, ` as a multiple select sends them.
    pub fn merge(query: Vec<(String, String)>, body: Vec<(String, String)>) -> Result<Self> {
        let (mut pairs, body) = (joined(query)?, joined(body)?);
        if !body.is_empty() {
            let of_body = |name: &str| place(&body, name).ok().map(|at| body[at].1.as_str());
            let differs = |name: &str, value: &str| of_body(name).is_some_and(|other| other != value);
            let twice =
                |(name, value): &&(String, String)| SINGLE.contains(&name.as_str()) && differs(name, value);
            if let Some((name, _)) = pairs.iter().find(twice) {
                return Err(Error::value(name, ""));
            }
            pairs.retain(|(name, _)| of_body(name).is_none());
            pairs.extend(body);
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
        }
        let mut merged = Self(Arc::new(Sent { pairs, manner: Manner::default() }));
        if let Some(rows) = merged.remove(ROWS)
            && merged.sent("elid").is_none()
        {
            merged.set("elid", rows);
        }
        Ok(merged)
    }

    /// The last of several values of a name counts.
    pub fn of<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut params = Self::default();
        for (name, value) in pairs {
            params.set(&name.into(), value);
        }
        params
    }

    /// A value that was sent, possibly empty.
    pub fn sent(&self, name: &str) -> Option<&str> {
        let pairs = &self.0.pairs;
        let found = match pairs.len() <= FEW {
            true => pairs.iter().position(|(have, _)| have == name),
            false => place(pairs, name).ok(),
        };
        found.map(|at| pairs[at].1.as_str())
    }

    /// A value, or "" where none was sent.
    pub fn get(&self, name: &str) -> &str {
        self.sent(name).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let pairs = &mut Arc::make_mut(&mut self.0).pairs;
        match place(pairs, name) {
            Ok(at) => pairs[at].1 = value.into(),
            Err(at) => pairs.insert(at, (name.to_owned(), value.into())),
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = place(&self.0.pairs, name).ok()?;
        Some(Arc::make_mut(&mut self.0).pairs.remove(at).1)
    }

    /// In the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn manner(&self) -> &Manner {
        &self.0.manner
    }

    pub fn manner_mut(&mut self) -> &mut Manner {
        &mut Arc::make_mut(&mut self.0).manner
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
        let is_shown = |name: &str| Self::is_echoed(name) && !is_secret(name);
        let shown = self.iter().filter(|(name, _)| is_shown(name));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(shown).finish()
    }
}

/// Where a name stands, or would stand.
fn place(pairs: &[(String, String)], name: &str) -> std::result::Result<usize, usize> {
    pairs.binary_search_by(|(have, _)| have.as_str().cmp(name))
}

/// Sorted by name, each once; what repeats is joined in the order in which it was sent.
fn joined(mut pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    pairs.retain(|(name, _)| !name.is_empty());
    pairs.iter().try_for_each(|(name, value)| check_text(name, value))?;
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let mut all: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let Some((_, before)) = all.last_mut().filter(|(last, _)| *last == name) else {
            all.push((name, value));
            continue;
        };
        match SINGLE.contains(&name.as_str()) {
            true if *before == value => {}
            true => return Err(Error::value(name, "")),
            false => {
                before.push_str(", ");
                before.push_str(&value);
            }
        }
    }
    Ok(all)
}

/// Is any byte such a one? Looks at all of them, many at a time: hardly a text has one.
pub fn any(text: &str, is_such: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |found, byte| found | is_such(byte))
}

/// C0 characters except tab, CR and LF are refused at the door: PostgreSQL cannot store a NUL and
/// XML cannot carry the rest (decisions.md, Databases and schema).
fn check_text(name: &str, value: &str) -> Result<()> {
    let is_control = |byte: u8| (byte < b' ') & (byte != b'\t') & (byte != b'\r') & (byte != b'\n');
    let bad = |text: &str| any(text, is_control);
    if bad(name) || (!value.is_ascii() && value.contains('\u{fffd}')) {
        return Err(Error::value(if bad(name) { "" } else { name }, ""));
    }
    match bad(value) {
        true => Err(Error::value(name, "")),
        false => Ok(()),
    }
}
