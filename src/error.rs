//! The one error type of a call: what the client is told, and what only the log may know.

use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a call was refused. Its words come from the messages (`msg_error_<kind>[_<object>]`) in
/// the caller's language, never from code; `params` fill their `__name__` places.
#[derive(Debug)]
pub struct Error {
    /// The word that clients match on (protocol.md §4): `value`, `missed`, `access`, `auth`…
    pub kind: &'static str,
    /// The field or object at fault.
    pub object: String,
    /// Further places of the message. `value` never carries a secret.
    pub params: Vec<(&'static str, String)>,
    /// What only the log may read.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(kind: &'static str, object: impl Into<String>) -> Self {
        Self { kind, object: object.into(), params: Vec::new(), cause: None }
    }

    /// Adds a place of the message: `value`, `desc` and others.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.push((name, value.into()));
        self
    }

    pub fn cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A field holds what it cannot hold.
    pub fn value(field: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new("value", field).with("value", value)
    }

    /// A field or a record is not there.
    pub fn missed(object: impl Into<String>) -> Self {
        Self::new("missed", object)
    }

    pub fn exists(object: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new("exists", object).with("value", value)
    }

    pub fn access(func: impl Into<String>) -> Self {
        Self::new("access", func)
    }

    pub fn limit(object: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new("limit", object).with("value", value)
    }

    /// Nobody, or nobody any more: clients sign in again on this type.
    pub fn auth(object: &'static str) -> Self {
        Self::new("auth", object)
    }

    /// Our fault: the client learns nothing but that.
    pub fn system(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new("system", "internal").cause(cause)
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error as Db};
        match &error {
            Db::NotFound => Self::missed("elid"),
            Db::DatabaseError(UniqueViolation, info) => {
                let object = unique_object(info.constraint_name(), info.message());
                Self::new("exists", object).with("value", "").cause(error)
            }
            _ => Self::new("system", "db").cause(error),
        }
    }
}

/// The column that may not repeat. PostgreSQL names the constraint `<table>_<column>_key`;
/// SQLite the columns, `UNIQUE constraint failed: user.name`.
fn unique_object(constraint: Option<&str>, message: &str) -> String {
    if let Some((_, columns)) = message.split_once("UNIQUE constraint failed: ") {
        let last = columns.rsplit(',').next().unwrap_or(columns).trim().trim_end_matches("_fold");
        return last.rsplit('.').next().unwrap_or(last).to_owned();
    }
    let name = constraint.unwrap_or_default().trim_end_matches("_key");
    name.rsplit("__").next().unwrap_or(name).to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}({})", self.kind, self.object)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
