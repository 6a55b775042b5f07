//! Asking a provider what became of orders: because somebody wants to know, because it is due, or
//! because the provider said that there is news.

use std::collections::HashSet;
use std::sync::Arc;

use super::gateway::{self, Told};
use super::order::{self, Order, status};
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::history;
use crate::jobs::Report;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Reply};
use crate::time::{DAY_US, MINUTE_US, SECOND_US};

/// The job that asks about orders which are still pending, and about the use of others.
pub const NAME: &str = "esim";

/// So often a provider is asked about one order, whoever wants to know (operations.md §2.8).
pub const PAUSE_US: i64 = 10 * SECOND_US;
/// From one question to the next the wait grows with the square of the tries, up to the longest.
const WAIT_US: i64 = 30 * SECOND_US;
const WAIT_MAX_US: i64 = 60 * MINUTE_US;
const TRIES_FAST: i64 = 10;
/// Orders that one run of the job looks at; the rest waits for the next minute.
const ROUND_MAX: i64 = 500;

/// The use of an eSIM is asked about so often while it lasts and a little beyond, where its provider does not
/// say when that is, for as long as it was bought for.
const USAGE_US: i64 = 6 * 60 * MINUTE_US;
const BEYOND_US: i64 = DAY_US;
/// eSIMs of one provider that one run asks about: those first that were left alone for longest.
const USAGE_MAX: i64 = 20;

/// Takes the right to ask about an order for as long as `pause_us` lasts: nobody else asks meanwhile.
pub fn lease(conn: &mut Conn, id: i64, now_us: i64, pause_us: i64) -> Result<Option<Order>> {
    let sql = Sql::new("UPDATE esim_order SET asked_at = ").bind(now_us).sql(", next_at = ").bind(now_us);
    let sql = sql.sql(" + CASE WHEN tries >= ").bind(TRIES_FAST).sql(" THEN ").bind(WAIT_MAX_US);
    let sql = sql.sql(" ELSE (tries + 1) * (tries + 1) * ").bind(WAIT_US).sql(" END, tries = tries + 1");
    let sql = sql.sql(" WHERE id = ").bind(id).sql(" AND status IN ('PENDING', 'READY') AND asked_at <= ");
    Order::first(conn, sql.bind(now_us - pause_us), now_us)
}

/// Asks about an order unless that was done a moment ago, and settles it. Was the provider reached?
pub fn refresh(app: &Arc<App>, id: i64, now_us: i64) -> Result<bool> {
    let leased = app.db.write(move |conn| lease(conn, id, now_us, PAUSE_US))?;
    let Some(order) = leased else { return Ok(true) };
    let is_wanted = order.status == status::PENDING;
    let asked_us = app.clock.now_us();
    let told =
        gateway::reach(app, order.provider_id, |gateway| gateway::asked(gateway, &order.ask, is_wanted));
    let now_us = now_us + (app.clock.now_us() - asked_us);
    let is_reached = !matches!(told, Told::Lost { .. } | Told::NotSent { .. });
    app.db.write(move |conn| order::settle(conn, id, &told, status::REFUNDED, now_us))?;
    Ok(is_reached)
}

/// `esim.sync`: the order as it is after its provider was asked.
pub fn sync(call: &Call) -> Result<Reply> {
    let id = call.app.db.read(BUDGET_SLOW, |conn| order::need_own(conn, call))?;
    let _waiting = Waiting::begin("provider")?;
    refresh(&call.app, id, call.now_us)?;
    call.app.db.read(BUDGET_SLOW, |conn| order::nodes(conn, call, id)).map(Reply::Ok)
}

/// `esim.refund`: staff know from elsewhere that there will be no eSIM.
pub fn refund(cx: &mut Ctx) -> Result<Reply> {
    let id = order::need_own(cx.conn, cx.call)?;
    let told = Told::Failed { reason: "given up by staff".into() };
    match order::settle(cx.conn, id, &told, status::REFUNDED, cx.now_us)? {
        order::Settled::GivenUp => {}
        _ => return Err(Error::value("status", "")),
    }
    let sql = Sql::new("SELECT account_id, reseller_id FROM esim_order WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int; 2])?.ok_or_else(|| Error::missed("elid"))?;
    history::write_of(cx, "esim", id, (row[0].int(), row[1].int()), "")?;
    Reply::ok()
}

/// Asks about every order that is due, then about the use of eSIMs. A provider that cannot be reached is left
/// alone for the rest of the run, so that each costs its deadline once.
pub fn run(app: &Arc<App>, now_us: i64) -> Result<Report> {
    let mut round = Round { report: Report::default(), silent: HashSet::new(), begun_us: app.clock.now_us() };
    if app.simulates {
        return Ok(round.report);
    }
    let sql = Sql::new("SELECT id, provider_id FROM esim_order WHERE status = 'PENDING' AND next_at <= ");
    let sql = sql.bind(now_us).sql(" ORDER BY next_at, id LIMIT ").bind(ROUND_MAX);
    round.ask(app, sql, now_us)?;
    let sql = Sql::new("SELECT id FROM esim_provider WHERE active AND NOT deleted ORDER BY id");
    for row in app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int]))? {
        round.ask(app, used(row[0].int(), now_us), now_us)?;
    }
    Ok(round.report)
}

/// eSIMs of a provider whose use is not known of late.
fn used(provider_id: i64, now_us: i64) -> Sql {
    let sql = Sql::new("SELECT id, provider_id FROM esim_order WHERE status = 'READY' AND provider_id = ");
    let sql = sql.bind(provider_id).sql(" AND asked_at <= ").bind(now_us - USAGE_US);
    let sql = sql.sql(" AND CASE WHEN expires_at > 0 THEN expires_at ELSE created_at + duration_days * ");
    let sql = sql.bind(DAY_US).sql(" END > ").bind(now_us - BEYOND_US);
    sql.sql(" ORDER BY asked_at, id LIMIT ").bind(USAGE_MAX)
}

struct Round {
    report: Report,
    /// Providers that did not answer.
    silent: HashSet<i64>,
    begun_us: i64,
}

impl Round {
    /// About the orders that a statement finds, with their providers.
    fn ask(&mut self, app: &Arc<App>, sql: Sql, now_us: i64) -> Result<()> {
        for row in app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int, Kind::Int]))? {
            let (id, provider_id) = (row[0].int(), row[1].int());
            if self.silent.contains(&provider_id) {
                self.report.left += 1;
                continue;
            }
            // Orders before it may have taken long.
            match refresh(app, id, now_us + (app.clock.now_us() - self.begun_us)) {
                Ok(true) => self.report.done += 1,
                Ok(false) => {
                    self.silent.insert(provider_id);
                    self.report.left += 1;
                }
                Err(error) => {
                    tracing::error!(order = id, "an eSIM was not asked about: {error}");
                    self.report.left += 1;
                }
            }
        }
        Ok(())
    }
}
