//! What time does to virtual numbers: orders end, ratings begin anew, delivery rates follow what happened.

use std::sync::Arc;

use super::Report;
use crate::app::App;
use crate::auth::Caller;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::number::order::{self, Event, Order};
use crate::number::{outcome, rating, sandbox};
use crate::rpc::BUDGET_SLOW;

pub const NAME: &str = "numbers";

/// Orders that are looked at together; each is ended by a transaction of its own, for it locks what its
/// buyer, his reseller and the offer have.
const CHUNK: i64 = 200;

pub fn run(app: &Arc<App>, now_us: i64) -> Result<Report> {
    sandbox::deliver_due(app, now_us)?;
    let report = expire(app, now_us)?;
    while app.db.write(move |conn| rating::reset_due(conn, now_us))? > 0 {}
    outcome::refresh(app, now_us)?;
    outcome::prune(app, now_us)?;
    Ok(report)
}

/// Ends the orders whose time is over, along the index of what is due.
fn expire(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let (mut report, mut after) = (Report::default(), (0, 0));
    loop {
        let sql = Sql::new(
            "SELECT expires_at, id FROM num_order WHERE status IN ('PENDING', 'RECEIVED') AND expires_at <= ",
        );
        let sql = sql.bind(now_us).sql(" AND (expires_at, id) > (").bind(after.0).sql(", ").bind(after.1);
        let sql = sql.sql(") ORDER BY expires_at, id LIMIT ").bind(CHUNK);
        let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int; 2]))?;
        let Some(last) = rows.last().map(|row| (row[0].int(), row[1].int())) else { return Ok(report) };
        for row in rows {
            let id = row[1].int();
            match app.db.write(move |conn| expired(conn, id, now_us)) {
                Ok(true) => report.done += 1,
                Ok(false) => report.left += 1,
                Err(error) => {
                    tracing::error!(order = id, "an order of a number was not ended: {error}");
                    report.left += 1;
                }
            }
        }
        after = last;
    }
}

/// False where somebody else has ended it meanwhile.
fn expired(conn: &mut crate::db::Conn, id: i64, now_us: i64) -> Result<bool> {
    let Some(order) = Order::load(conn, id)? else { return Ok(false) };
    if order.is_nameless() {
        // Its supplier never named a number: it was no order.
        return order::give_up(conn, id, now_us);
    }
    match order::end(conn, &order, Event::Expire, now_us)? {
        Some(to) => order::note(conn, (&Caller::own(), now_us), NAME, (id, to.word())).map(|()| true),
        None => Ok(false),
    }
}
