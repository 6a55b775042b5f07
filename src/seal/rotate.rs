//! `billmgr key rotate`: a new key, and everything that was sealed with older ones sealed anew.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use super::{Column, Keys, Sealer, check, file, parts};
use crate::db::{Conn, Db, Kind, Raw, Sql};
use crate::error::Result as DbResult;

/// Rows of one job: no job holds the writer longer than 50 ms (decisions.md, Writing).
const CHUNK: i64 = 1000;

/// What a rotation did.
#[derive(Debug)]
pub struct Report {
    pub path: PathBuf,
    /// The key that seals from now on.
    pub number: u32,
    /// Texts that it sealed anew.
    pub count: usize,
    /// Texts that no key opens, left as they are.
    pub unreadable: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, number, count, unreadable } = self;
        writeln!(f, "key {number} seals now and sealed {count} secrets anew")?;
        writeln!(f, "{} keeps the older keys for older backups", path.display())?;
        unreadable.iter().try_for_each(|place| writeln!(f, "{place} cannot be opened and stays as it was"))
    }
}

/// Adds a key to the file and seals these columns with it. Ended before its end it has lost
/// nothing, because the file keeps every key; the next one seals what is left.
pub fn run(db: &Db, sealer: &Sealer, columns: &[Column]) -> Result<Report, String> {
    let shared = &sealer.0;
    let path = shared.path.clone().ok_or("these keys are in no file")?;
    let _alone = shared.rotation.lock().unwrap_or_else(PoisonError::into_inner);
    let old = file::read(&path)?.filter(|keys| keys.holds(&shared.keys.load()));
    let old = old.ok_or_else(|| format!("{} has other keys than the server", path.display()))?;
    let keys = Arc::new(old.with_new());
    file::replace(&path, &keys)?;
    shared.keys.store(keys.clone());
    check::confirm(db, &keys).map_err(|why| format!("{} {why}", path.display()))?;
    let mut report = Report { path, number: keys.first().number, count: 0, unreadable: Vec::new() };
    for column in columns {
        seal_column(db, &keys, *column, &mut report).map_err(|error| error.to_string())?;
    }
    Ok(report)
}

fn seal_column(db: &Db, keys: &Arc<Keys>, column: Column, report: &mut Report) -> DbResult<()> {
    let mut next = Some(0);
    while let Some(after) = next {
        let keys = keys.clone();
        let chunk = db.write(move |conn| seal_chunk(conn, &keys, column, after))?;
        next = chunk.last;
        report.count += chunk.count;
        report.unreadable.extend(chunk.unreadable);
    }
    Ok(())
}

#[derive(Default)]
struct Chunk {
    /// The key of the last row, when there may be rows behind it.
    last: Option<i64>,
    count: usize,
    unreadable: Vec<String>,
}

fn seal_chunk(conn: &mut Conn, keys: &Keys, column: Column, after: i64) -> DbResult<Chunk> {
    let kinds = [vec![Kind::Int], vec![Kind::Text; 1 + column.keys().count()]].concat();
    let rows = rows_after(column, after).load(conn, &kinds)?;
    let is_full = rows.len() as i64 == CHUNK;
    let mut chunk =
        Chunk { last: rows.last().filter(|_| is_full).map(|row| row[0].int()), ..Chunk::default() };
    for row in &rows {
        match sealed_anew(keys, column, row) {
            Anew::Already => {}
            Anew::Text(text) => chunk.count += replace(conn, column, row, text)?,
            Anew::Unreadable => chunk.unreadable.push(place(column, row)),
        }
    }
    Ok(chunk)
}

/// The key, the sealed text and the columns of the context.
fn rows_after(column: Column, after: i64) -> Sql {
    let mut sql = Sql::new("SELECT id, ").word(column.column);
    for key in column.keys() {
        sql = sql.sql(", CAST(").word(key).sql(" AS TEXT)");
    }
    sql = sql.sql(" FROM ").word(column.table).sql(" WHERE id > ").bind(after);
    sql = sql.sql(" AND ").word(column.column).sql(" <> ''");
    if !column.only.is_empty() {
        sql = sql.sql(" AND ").word(column.only);
    }
    // A context with {id} makes a second column of that name.
    sql.sql(" ORDER BY ").word(column.table).sql(".id LIMIT ").bind(CHUNK)
}

enum Anew {
    Already,
    Text(String),
    Unreadable,
}

fn sealed_anew(keys: &Keys, column: Column, row: &[Raw]) -> Anew {
    let Some((number, body)) = parts(row[1].str()) else { return Anew::Unreadable };
    if number == keys.first().number {
        return Anew::Already;
    }
    let context = context(column, row);
    match keys.get(number).and_then(|key| key.open(body, &context)) {
        Some(text) => Anew::Text(keys.first().seal(&text, &context)),
        None => Anew::Unreadable,
    }
}

fn context(column: Column, row: &[Raw]) -> String {
    let values: Vec<&str> = row[2..].iter().map(Raw::str).collect();
    let values: Vec<&dyn fmt::Display> = values.iter().map(|value| value as &dyn fmt::Display).collect();
    column.context(&values)
}

/// Unless somebody has written another text there in the meantime.
fn replace(conn: &mut Conn, column: Column, row: &[Raw], text: String) -> DbResult<usize> {
    let sql = Sql::new("UPDATE ").word(column.table).sql(" SET ").word(column.column).sql(" = ").bind(text);
    let sql = sql.sql(" WHERE id = ").bind(row[0].int());
    sql.sql(" AND ").word(column.column).sql(" = ").bind(row[1].clone()).execute(conn)
}

fn place(column: Column, row: &[Raw]) -> String {
    format!("{}.{} of row {}", column.table, column.column, row[0].int())
}
