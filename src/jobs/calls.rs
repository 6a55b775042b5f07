//! Calls whose switch has fallen silent: nobody will report their end any more.

use std::sync::Arc;

use super::Report;
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::call;

pub const NAME: &str = "calls";

/// Calls that are looked at together; each is settled by a transaction of its own.
const CHUNK: i64 = 200;

/// Settles what is lost, each call as far as it is known to have lasted.
pub fn run(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let (mut report, mut after) = (Report::default(), 0);
    loop {
        let sql = Sql::new("SELECT id FROM call WHERE id > ").bind(after).append(&call::is_silent(now_us));
        let sql = sql.sql(" ORDER BY id LIMIT ").bind(CHUNK);
        let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))?;
        let Some(last) = rows.last().map(|row| row[0].int()) else { return Ok(report) };
        for row in rows {
            let id = row[0].int();
            match app.db.write(move |conn| call::lost(conn, id, now_us)) {
                Ok(true) => report.done += 1,
                Ok(false) => report.left += 1,
                Err(error) => {
                    tracing::error!(call = id, "a lost call was not settled: {error}");
                    report.left += 1;
                }
            }
        }
        after = last;
    }
}
