//! Sums of many rows take long and change little: the first page shows them as they were a moment ago.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::Rows;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::rpc::handler::Ctx;
use crate::time::SECOND_US;

/// Of fewer rows the sums are made anew each time.
const MANY: i64 = 10_000;
const FRESH_US: i64 = 30 * SECOND_US;
const SUMS_MAX: usize = 256;

/// Rows by their statement, and when they were summed.
pub struct Kept(Cache<Sql, (i64, Arc<Rows>)>);

impl Default for Kept {
    fn default() -> Self {
        Self(Cache::new(SUMS_MAX))
    }
}

/// The rows of a statement whose column `counts` says how many stand behind each.
pub fn load(cx: &mut Ctx, sql: Sql, kinds: &[Kind], counts: usize) -> Result<Arc<Rows>> {
    let (app, now_us) = (cx.call.app.clone(), cx.call.now_us);
    let is_fresh = |kept: &(i64, Arc<Rows>)| (0..FRESH_US).contains(&(now_us - kept.0));
    if let Some((_, rows)) = app.sums.0.get(&sql).filter(is_fresh) {
        return Ok(rows);
    }
    let rows = Arc::new(sql.clone().load(cx.conn, kinds)?);
    if rows.iter().map(|row| row[counts].int()).sum::<i64>() >= MANY {
        app.sums.0.insert(sql, (now_us, rows.clone()));
    }
    Ok(rows)
}
