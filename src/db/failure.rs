//! A statement that failed, remembered until its read, its attempt or its transaction ends.
//!
//! Code may take a refusal for "there is none", and so takes a statement that was cut short for one,
//! too: what it answers would be wrong, and on PostgreSQL nothing that follows would count. So the
//! statement has the last word, whatever became of its error.

use std::cell::Cell;

use diesel::result::{Error as DbError, QueryResult};

use crate::error::{Error, Result};

thread_local! {
    /// The kind of the first error since this was last looked at.
    static FAILED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// What a statement came to. SQLite tells an ended deadline as `interrupted`.
pub fn of<T>(done: QueryResult<T>) -> Result<T> {
    done.map_err(|cause| {
        let error = match &cause {
            DbError::DatabaseError(_, info) if info.message().contains("interrupted") => {
                Error::new("timeout", "db")
            }
            _ => cause.into(),
        };
        FAILED.set(FAILED.get().or(Some(error.kind)));
        error
    })
}

/// Runs what stands for itself: it fails with any statement of its own, and with no other.
pub fn whole<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = FAILED.replace(None);
    let done = settled(work());
    FAILED.set(before);
    done
}

/// An error where a statement has failed since the last look, and no memory of it.
pub fn settled<T>(done: Result<T>) -> Result<T> {
    match (FAILED.take(), done) {
        (Some(kind), Ok(_)) => Err(lost(kind)),
        (_, done) => done,
    }
}

/// Refuses to go on after a statement that failed.
pub fn none() -> Result<()> {
    FAILED.get().map_or(Ok(()), |kind| Err(lost(kind)))
}

fn lost(kind: &'static str) -> Error {
    let kind = if kind == "timeout" { kind } else { "system" };
    Error::new(kind, "db").cause("a statement failed, and nobody said so")
}
