//! The jobs on services.

use jiff::civil::Weekday;

use super::{Job, Work};
use crate::billing::charge;
use crate::db::Sql;
use crate::error::{Error, Result};
use crate::outbox::mail::Letter;
use crate::service::item::{self, BY_BILLING, Item};
use crate::service::prolong::{self, Renewal};
use crate::service::status::{Operation, Status};
use crate::service::{Till, term, usage};
use crate::time::DAY_US;

/// Charges the next term of services whose term is over and that renew themselves; also of those
/// that were suspended for want of money, once there is some.
pub const PROLONG: Job = Job { name: "prolong", due: due_prolong, work: Work::All(renew) };
/// Suspends what is over and was not renewed.
pub const SUSPEND: Job = Job { name: "suspend", due: due_suspend, work: Work::Each(suspend) };
/// Closes what has been suspended for want of money as long as the tariff or the type allows.
pub const CLOSE: Job = Job { name: "close", due: due_close, work: Work::Each(close) };
/// Charges use beyond what tariffs include, of terms that are over.
pub const METER: Job = Job { name: "meter", due: due_meter, work: Work::Each(usage_of) };
/// Reminds clients before a term ends that will not be renewed, or for which there is no money.
pub const REMIND: Job = Job { name: "remind", due: due_remind, work: Work::Each(remind) };

/// Days before the end on which a client is reminded, the last first.
const REMIND_DAYS: [i64; 3] = [1, 3, 7];

fn due_prolong(now_us: i64) -> Sql {
    let sql = Sql::new(" AND expiredate <= ").bind(now_us);
    sql.sql(" AND autoprolong <> 0 AND (status = 2 OR (status = 3 AND substatus = 'autosuspend'))")
}

fn renew(till: &mut Till, items: &mut [Item]) -> Result<()> {
    let mut terms = Vec::with_capacity(items.len());
    for item in &*items {
        terms.push((till.buyer(item.subaccount_id)?, term::own_step(till, item)?));
    }
    let mut renewals = Vec::with_capacity(items.len());
    for (item, (buyer, period)) in items.iter_mut().zip(&terms) {
        renewals.push(Renewal { item, buyer, period: *period });
    }
    prolong::charge_all(till, &mut renewals).map(drop)
}

fn due_suspend(now_us: i64) -> Sql {
    Sql::new(" AND expiredate <= ").bind(now_us).sql(" AND status = 2 AND NOT closes_at_end")
}

fn suspend(till: &mut Till, item: &mut Item) -> Result<()> {
    if till.tariff(item.pricelist_id)?.rests_on_weekends {
        let zone = till.zone(item.project_id)?;
        if matches!(zone.day(till.now_us).weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Err(Error::value("expiredate", "")); // not today
        }
    }
    item::ask(till, item, Operation::Suspend, BY_BILLING).map(drop)
}

fn due_close(now_us: i64) -> Sql {
    let sql = Sql::new(" AND expiredate <= ").bind(now_us);
    sql.sql(" AND ((status = 3 AND substatus = 'autosuspend') OR closes_at_end)")
}

/// What its client gave up closes at once. Without days of suspension nothing closes by itself.
fn close(till: &mut Till, item: &mut Item) -> Result<()> {
    if item.closes_at_end {
        return item::ask(till, item, Operation::Close, "").map(drop);
    }
    let tariff = till.tariff(item.pricelist_id)?;
    let days = tariff.suspend_days;
    if days == 0 || item.expiredate + days * DAY_US > till.now_us {
        return Err(Error::value("expiredate", "")); // not yet
    }
    item::ask(till, item, Operation::Close, "").map(drop)
}

fn due_meter(now_us: i64) -> Sql {
    let sql = Sql::new(
        " AND pricelist_id IN (SELECT d.pricelist_id FROM pricelist_detail d WHERE NOT d.deleted \
         AND d.active AND d.billtype = 3) AND EXISTS (SELECT 1 FROM item_term t \
         WHERE NOT t.metered AND t.end_at > 0 AND t.item_id = item.id AND t.end_at <= ",
    );
    sql.bind(now_us).sql(")")
}

fn usage_of(till: &mut Till, item: &mut Item) -> Result<()> {
    usage::charge(till, item)
}

fn due_remind(now_us: i64) -> Sql {
    let farthest = now_us + REMIND_DAYS[REMIND_DAYS.len() - 1] * DAY_US;
    let sql = Sql::new(" AND status = 2 AND +expiredate > ").bind(now_us).sql(" AND expiredate <= ");
    sql.bind(farthest).sql(" AND reminded_at < expiredate - ").bind(DAY_US)
}

/// Once for each of the days that has come: the moment of the newest is kept.
fn remind(till: &mut Till, item: &mut Item) -> Result<()> {
    let is_come = |days: &&i64| item.expiredate - **days * DAY_US <= till.now_us;
    let Some(days) = REMIND_DAYS.iter().find(is_come) else { return Err(Error::value("expiredate", "")) };
    let since_us = item.expiredate - days * DAY_US;
    let sql = Sql::new("UPDATE item SET reminded_at = ").bind(since_us).sql(" WHERE id = ").bind(item.id);
    let moved = sql.sql(" AND reminded_at < ").bind(since_us).execute(till.conn)?;
    if moved == 0 {
        return Err(Error::exists("item", item.id.to_string()));
    }
    let buyer = till.buyer(item.subaccount_id)?;
    if item.status == Status::Active && item.autoprolong != 0 {
        let period = term::own_step(till, item)?;
        let due = term::next(till, item, &buyer, period)?;
        let available = charge::available(till.conn, item.subaccount_id, till.now_us)?;
        if available >= due.sold.total()? {
            return Ok(()); // it will renew itself
        }
    }
    let zone = till.zone(item.project_id)?;
    let values = [("domain", item.name.clone()), ("expiredate", zone.date(item.expiredate))];
    let letter = Letter {
        account_id: item.account_id,
        project_id: item.project_id,
        template: "service_expires",
        about: format!("item:{}:{since_us}", item.id),
        values: &values,
        paper: None,
    };
    letter.post(till).map(drop)
}
