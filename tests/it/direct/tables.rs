//! The tables of a database as text.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use billmgr::db::{Backend, Conn, Db, Kind, Raw, Sql};
use billmgr::error::Result;

use super::Row;

const LONG: Duration = Duration::from_secs(60);

/// A digest for each table, of its rows in any order.
pub type Digests = BTreeMap<String, u64>;

/// Tables without views and without the engine's own.
pub fn names(db: &Db) -> Vec<String> {
    let sql = match db.backend() {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
             AND name NOT LIKE '!_!_%' ESCAPE '!'"
        }
        Backend::Postgres => {
            "SELECT table_name::TEXT FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' \
             AND table_name NOT LIKE '!_!_%' ESCAPE '!'"
        }
    };
    let rows = read(db, |conn| Sql::new(sql).load(conn, &[Kind::Text]));
    rows.iter().map(|row| row[0].str().to_owned()).collect()
}

pub fn read<T>(db: &Db, work: impl FnOnce(&mut Conn) -> Result<T>) -> T {
    db.read(LONG, work).expect("a table can be read")
}

fn columns(db: &Db, table: &str) -> Vec<String> {
    let found = db.tables().find(|(name, _)| *name == table);
    let mut columns: Vec<String> = found.into_iter().flat_map(|(_, columns)| columns).cloned().collect();
    columns.sort();
    columns
}

/// All rows of a table or view.
pub fn rows(db: &Db, table: &str) -> Vec<Row> {
    let columns = columns(db, table);
    let lines = lines(db, table, &columns);
    lines.into_iter().map(|line| columns.iter().cloned().zip(line).collect()).collect()
}

fn lines(db: &Db, table: &str, columns: &[String]) -> Vec<Vec<String>> {
    let mut sql = Sql::new("SELECT ");
    for (place, column) in columns.iter().enumerate() {
        sql = sql.sql(if place > 0 { ", CAST(" } else { "CAST(" }).word(column).sql(" AS TEXT)");
    }
    let sql = sql.sql(" FROM ").word(table);
    let rows = read(db, |conn| sql.load(conn, &vec![Kind::Text; columns.len()]));
    let text = |raw: Raw| raw.str().to_owned();
    rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
}

/// The ids of a table, the newest first, without what is marked deleted. Payer kinds are a table
/// that nobody has to keep.
pub fn ids(db: &Db, table: &str) -> Vec<String> {
    if table == "profiletype" {
        return ["3", "2", "1"].map(str::to_owned).to_vec();
    }
    let sql = Sql::new("SELECT id FROM ").word(table);
    let sql = if db.has_column(table, "deleted") { sql.sql(" WHERE NOT deleted") } else { sql };
    let rows = read(db, |conn| sql.sql(" ORDER BY id DESC").load(conn, &[Kind::Int]));
    rows.iter().map(|row| row[0].int().to_string()).collect()
}

/// What stands in every table but the named ones.
pub fn digests(db: &Db, without: &[&str]) -> Digests {
    let names = names(db).into_iter().filter(|name| !without.contains(&name.as_str()));
    let digest = |name: String| {
        let lines = lines(db, &name, &columns(db, &name));
        let sum = lines.iter().fold(0, |sum: u64, line| sum.wrapping_add(hash(line)));
        (name, sum)
    };
    names.map(digest).collect()
}

pub fn hash(row: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

/// The tables in which two states differ.
pub fn changed(before: &Digests, after: &Digests) -> Vec<String> {
    let differs = |(name, digest): &(&String, &u64)| before.get(*name) != Some(*digest);
    after.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}
