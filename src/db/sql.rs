//! A statement put together from words of the metadata and bound values, and its rows by kind.
//!
//! No text from outside ever becomes SQL: [`Part::Word`] is quoted, values are bound. The text of
//! the statement is its cache key, so a list is prepared once a connection (`sql_query` never is).

use diesel::connection::LoadConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Bool, Text, Untyped};
use diesel::{QueryResult, RunQueryDsl};

use super::Conn;
use super::conn::{MultiBackend, MultiRow};
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Sql(&'static str),
    /// An identifier from the metadata.
    Word(String),
    Int(i64),
    Text(String),
    Flag(bool),
}

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Int,
    Text,
    Flag,
}

/// A stored value.
#[derive(Debug, Clone, PartialEq, PartialOrd, Eq, Ord, Hash)]
pub enum Raw {
    Null,
    Int(i64),
    Text(String),
    Flag(bool),
}

impl Raw {
    pub fn int(&self) -> i64 {
        if let Self::Int(value) = self { *value } else { 0 }
    }

    pub fn str(&self) -> &str {
        if let Self::Text(value) = self { value } else { "" }
    }

    pub fn on(&self) -> bool {
        matches!(self, Self::Flag(true))
    }
}

impl From<i64> for Raw {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Raw {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<&str> for Raw {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Raw {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// A statement under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Sql {
    parts: Vec<Part>,
}

impl Sql {
    pub fn new(sql: &'static str) -> Self {
        Self { parts: vec![Part::Sql(sql)] }
    }

    pub fn sql(mut self, sql: &'static str) -> Self {
        self.parts.push(Part::Sql(sql));
        self
    }

    pub fn word(mut self, word: &str) -> Self {
        self.parts.push(Part::Word(word.to_owned()));
        self
    }

    /// Words with commas between them.
    pub fn words<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        for (index, word) in words.into_iter().enumerate() {
            if index > 0 {
                self.parts.push(Part::Sql(", "));
            }
            self.parts.push(Part::Word(word.to_owned()));
        }
        self
    }

    pub fn bind(mut self, value: impl Into<Raw>) -> Self {
        self.parts.push(match value.into() {
            Raw::Int(value) => Part::Int(value),
            Raw::Text(value) => Part::Text(value),
            Raw::Flag(value) => Part::Flag(value),
            Raw::Null => Part::Sql("NULL"),
        });
        self
    }

    /// Bound values with commas between them.
    pub fn binds(mut self, values: impl IntoIterator<Item = Raw>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            self = if index > 0 { self.sql(", ") } else { self };
            self = self.bind(value);
        }
        self
    }

    pub fn append(mut self, other: &Sql) -> Self {
        self.parts.extend_from_slice(&other.parts);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Hands every row to `each` as it is read.
    pub fn rows(self, conn: &mut Conn, mut each: impl FnMut(&MultiRow) -> Result<()>) -> Result<()> {
        for row in conn.load(self)? {
            each(&row?)?;
        }
        Ok(())
    }

    /// All rows, read by the kinds of their columns.
    pub fn load(self, conn: &mut Conn, kinds: &[Kind]) -> Result<Vec<Vec<Raw>>> {
        let mut rows = Vec::new();
        self.rows(conn, |row| {
            rows.push(kinds.iter().enumerate().map(|(at, kind)| raw(row, at, *kind)).collect::<Result<_>>()?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    pub fn first(self, conn: &mut Conn, kinds: &[Kind]) -> Result<Option<Vec<Raw>>> {
        Ok(self.load(conn, kinds)?.into_iter().next())
    }

    /// Runs a change and answers how many rows it touched.
    pub fn execute(self, conn: &mut Conn) -> Result<usize> {
        Ok(RunQueryDsl::execute(self, conn)?)
    }
}

/// One value of a row.
pub fn raw(row: &MultiRow, at: usize, kind: Kind) -> Result<Raw> {
    let field = row.get(at).ok_or_else(|| Error::system("a row has fewer columns than were asked for"))?;
    let Some(value) = field.value() else { return Ok(Raw::Null) };
    Ok(match kind {
        Kind::Int => Raw::Int(value.from_sql::<i64, BigInt>().map_err(Error::system)?),
        Kind::Text => Raw::Text(value.from_sql::<String, Text>().map_err(Error::system)?),
        Kind::Flag => Raw::Flag(value.from_sql::<bool, Bool>().map_err(Error::system)?),
    })
}

impl QueryFragment<MultiBackend> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for part in &self.parts {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Word(word) => out.push_identifier(word)?,
                Part::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Part::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Part::Flag(value) => out.push_bind_param::<Bool, _>(value)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl RunQueryDsl<Conn> for Sql {}
