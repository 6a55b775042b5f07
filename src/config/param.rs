//! What one parameter of the configuration is.

use super::params::env_name;
use super::value::{Kind, Value};

/// One parameter (`Name value`) or option (`Option Name`).
#[derive(Debug)]
pub struct Param {
    /// The guide's spelling.
    pub name: &'static str,
    pub kind: Kind,
    /// Read like a text from the file; "" where nothing is a value too.
    pub default: &'static str,
    /// Shown as `********` only.
    pub secret: bool,
    /// The panel may set it. What decides whom the server trusts or where its data is may not be
    /// set there: who has taken over the panel has not taken over the machine.
    pub editable: bool,
    /// Takes effect when the server starts, not when the file is read again.
    pub at_start: bool,
    pub(super) help: [&'static str; 2],
}

impl Param {
    pub(super) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        help: [&'static str; 2],
    ) -> Self {
        Self { name, kind, default, secret: false, editable: false, at_start: false, help }
    }

    pub(super) const fn option(name: &'static str, help: [&'static str; 2]) -> Self {
        Self::new(name, Kind::Flag, "off", help)
    }

    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    pub(super) const fn editable(self) -> Self {
        Self { editable: true, ..self }
    }

    pub(super) const fn at_start(self) -> Self {
        Self { at_start: true, ..self }
    }

    pub fn is_option(&self) -> bool {
        self.kind == Kind::Flag
    }

    pub fn help(&self, lang: &str) -> &'static str {
        self.help[usize::from(lang == "ru")]
    }

    /// How a line of the file begins.
    pub fn syntax(&self) -> String {
        if self.is_option() { format!("Option {}", self.name) } else { format!("{} <value>", self.name) }
    }

    /// `BILLMGR_DATADIR`
    pub fn env_name(&self) -> String {
        env_name(self.name)
    }

    pub fn is_empty(&self, text: &str) -> bool {
        self.kind.is_empty(text)
    }

    /// Whether it may hold nothing.
    pub fn optional(&self) -> bool {
        self.default.is_empty()
    }

    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match self.is_empty(text) {
            true if !self.optional() => Err("needs a value".into()),
            true if !self.kind.repeatable() => Ok(Value::Text(String::new())),
            _ => self.kind.parse(text),
        }
    }
}
