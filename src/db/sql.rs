//! A statement put together from words of the metadata and bound values, and its rows by kind.
//!
//! No text from outside ever becomes SQL: [`Part::Word`] is quoted, values are bound. The text of
//! the statement is its cache key, so a list is prepared once a connection (`sql_query` never is).

use std::sync::Arc;

use diesel::backend::Backend;
use diesel::connection::{Connection, DefaultLoadingMode, LoadConnection};
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field, Row as _};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text, Untyped};
use diesel::{QueryResult, SqliteConnection};

use super::{Conn, failure};
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Sql(&'static str),
    /// An identifier from the metadata.
    Word(String),
    /// Words and SQL that [`Sql::joined`] put together.
    Joined(Arc<str>),
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

    /// Becomes one value of a row. A text takes the place of an older one in the same memory, so
    /// that a list of many rows asks for it once.
    pub fn read(&mut self, row: &Row, at: usize, kind: Kind) -> Result<()> {
        match row {
            Row::Sqlite(row) => self.read_sqlite(row, at, kind),
            Row::Postgres(row) => self.read_postgres(row, at, kind),
        }
    }

    fn read_sqlite(&mut self, row: &SqliteRow, at: usize, kind: Kind) -> Result<()> {
        let field = row.get(at).ok_or_else(missing_column)?;
        match (field.value(), kind) {
            (None, _) => *self = Self::Null,
            (Some(mut value), Kind::Int) => *self = Self::Int(value.read_long()),
            (Some(mut value), Kind::Flag) => *self = Self::Flag(value.read_integer() != 0),
            (Some(mut value), Kind::Text) => self.set_text(value.read_text()),
        }
        Ok(())
    }

    fn read_postgres(&mut self, row: &PgRow, at: usize, kind: Kind) -> Result<()> {
        let field = row.get(at).ok_or_else(missing_column)?;
        let Some(value) = field.value() else {
            *self = Self::Null;
            return Ok(());
        };
        *self = match kind {
            Kind::Int => <i64 as FromSql<BigInt, Pg>>::from_sql(value).map(Self::Int),
            Kind::Flag => <bool as FromSql<Bool, Pg>>::from_sql(value).map(Self::Flag),
            Kind::Text => <String as FromSql<Text, Pg>>::from_sql(value).map(Self::Text),
        }
        .map_err(Error::system)?;
        Ok(())
    }

    fn set_text(&mut self, text: &str) {
        match self {
            Self::Text(have) => {
                have.clear();
                have.push_str(text);
            }
            _ => *self = Self::Text(text.to_owned()),
        }
    }
}

fn missing_column() -> Error {
    Error::system("a row has fewer columns than were asked for")
}

type SqliteRow<'c, 'q> = <SqliteConnection as LoadConnection<DefaultLoadingMode>>::Row<'c, 'q>;
type PgRow<'c, 'q> = <PgConnection as LoadConnection<DefaultLoadingMode>>::Row<'c, 'q>;

/// A row while it is being read.
pub enum Row<'c, 'q> {
    Sqlite(SqliteRow<'c, 'q>),
    Postgres(PgRow<'c, 'q>),
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

    /// The same statement in one piece between its values: made once where it is used often.
    pub fn joined(self) -> Self {
        let (mut parts, mut text) = (Vec::new(), String::new());
        for part in self.parts {
            match part {
                Part::Sql(sql) => text.push_str(sql),
                Part::Joined(sql) => text.push_str(&sql),
                Part::Word(word) => quoted(&word).iter().for_each(|piece| text.push_str(piece)),
                value => {
                    parts.push(Part::Joined(std::mem::take(&mut text).into()));
                    parts.push(value);
                }
            }
        }
        parts.push(Part::Joined(text.into()));
        Self { parts }
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Hands every row to `each` as it is read.
    pub fn rows(self, conn: &mut Conn, mut each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        match conn {
            Conn::Sqlite(conn) => {
                for row in failure::of(LoadConnection::<DefaultLoadingMode>::load(conn, self))? {
                    each(&Row::Sqlite(failure::of(row)?))?;
                }
            }
            Conn::Postgres(conn) => {
                for row in failure::of(LoadConnection::<DefaultLoadingMode>::load(conn, self))? {
                    each(&Row::Postgres(failure::of(row)?))?;
                }
            }
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
        failure::of(match conn {
            Conn::Sqlite(conn) => conn.execute_returning_count(&self),
            Conn::Postgres(conn) => conn.execute_returning_count(&self),
        })
    }
}

/// One value of a row.
fn raw(row: &Row, at: usize, kind: Kind) -> Result<Raw> {
    let mut raw = Raw::Null;
    raw.read(row, at, kind)?;
    Ok(raw)
}

/// An identifier as both engines read it. No table or column of ours has a `"` in its name.
fn quoted(word: &str) -> [&str; 3] {
    assert!(!word.contains('"'), "{word}");
    ["\"", word, "\""]
}

impl<DB> QueryFragment<DB> for Sql
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Text> + HasSqlType<Bool>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for part in &self.parts {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Joined(sql) => out.push_sql(sql),
                Part::Word(word) => quoted(word).iter().for_each(|piece| out.push_sql(piece)),
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
