//! Operations of processing modules on services: what a finished one makes of its service.

use super::mail::Letter;
use super::{Settled, settle};
use crate::billing::pricelist::OPENED;
use crate::db::{Conn, Kind, Sql};
use crate::error::Result;
use crate::service::item::{BY_ADMIN, Item};
use crate::service::status::{Operation, Status};
use crate::service::{Till, change, term, usage};
use crate::tariff::period::Term;

pub const KIND: &str = "operation";

/// Technical states as modules know them (functions.md, Status enumerations).
const WORKING: i64 = 2;
const SUSPENDED: i64 = 3;

/// A module or a person says that an operation is done: the service and the queue follow. Said
/// twice it changes nothing the second time.
pub fn finished(till: &mut Till, item_id: i64, operation: Operation) -> Result<()> {
    let reason = done(till.conn, item_id, operation, till.now_us)?;
    let mut item = match Item::load(till.conn, item_id) {
        Err(error) if error.kind == "missed" => return Ok(()), // closed since
        item => item?,
    };
    match operation {
        Operation::Open if item.is(Status::Processing, Operation::Open.word()) => opened(till, &mut item)?,
        Operation::Close if item.is(Status::Processing, Operation::Close.word()) => closed(till, &mut item)?,
        Operation::Suspend if item.is(Status::Processing, Operation::Suspend.word()) => {
            item.step(till.conn, Status::Suspended, reason.as_deref().unwrap_or(BY_ADMIN))?;
            technical(till.conn, item_id, SUSPENDED)?;
        }
        Operation::Resume if item.is(Status::Processing, Operation::Resume.word()) => {
            item.step(till.conn, Status::Active, "")?;
            technical(till.conn, item_id, WORKING)?;
        }
        Operation::Stop if item.is(Status::Active, "") => item.step(till.conn, Status::Active, "stopped")?,
        Operation::Start if item.is(Status::Active, "stopped") => item.step(till.conn, Status::Active, "")?,
        _ => return Ok(()),
    }
    till.note(&item, &format!("{} done", operation.word()))
}

/// Takes the oldest waiting row of an operation off the queue; answers its payload.
fn done(conn: &mut Conn, item_id: i64, operation: Operation, now_us: i64) -> Result<Option<String>> {
    let sql = Sql::new("SELECT id, payload FROM outbox WHERE state <> 'done' AND kind = ").bind(KIND);
    let sql = sql.sql(" AND item_id = ").bind(item_id).sql(" AND intname = ").bind(operation.word());
    let row = sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int, Kind::Text])?;
    let Some(row) = row else { return Ok(None) };
    // A program that goes on after its report keeps its token until it ends.
    let sql = Sql::new("UPDATE outbox SET state = 'done', error = '', next_at = 0, waits_since = 0, ");
    let sql = sql.sql("lease_until = CASE WHEN waits_since = 0 THEN lease_until ELSE 0 END, donedate = ");
    let sql = sql.bind(now_us).sql(" WHERE id = ").bind(row[0].int()).sql(" AND state <> 'done'");
    sql.execute(conn)?;
    Ok(Some(row[1].str().to_owned()).filter(|payload| !payload.is_empty()))
}

/// The first term begins when the service does: what the opening took is not the client's loss.
fn opened(till: &mut Till, item: &mut Item) -> Result<()> {
    item.step(till.conn, Status::Active, "")?;
    technical(till.conn, item.id, WORKING)?;
    if item.opendate != 0 {
        return Ok(());
    }
    let sql = Sql::new("UPDATE item SET opendate = ").bind(till.now_us).sql(" WHERE id = ").bind(item.id);
    sql.execute(till.conn)?;
    let tariff = till.tariff(item.pricelist_id)?;
    if tariff.tells_opening {
        tell(till, item)?;
    }
    if item.expiredate == 0 || tariff.prorata_day.is_some() {
        return Ok(()); // it never ends, or at a day of the calendar
    }
    let zone = till.zone(item.project_id)?;
    let period = tariff.step(term::period_of(item.period)?);
    let end_us = term::end(&zone, till.now_us, period, &tariff, 0);
    let day = term::day_of_month(&zone, till.now_us);
    let sql = Sql::new("UPDATE item SET expiredate = ").bind(end_us).sql(", anchor_day = ").bind(day);
    sql.sql(" WHERE id = ").bind(item.id).execute(till.conn)?;
    term::shift(till, item, Term::new(till.now_us, end_us), day)
}

/// The client learns that his service is there.
fn tell(till: &mut Till, item: &Item) -> Result<()> {
    let sql = Sql::new("SELECT ip FROM item WHERE id = ").bind(item.id);
    let ip = sql.first(till.conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned());
    let letter = Letter {
        account_id: item.account_id,
        project_id: item.project_id,
        template: OPENED,
        about: format!("item:{}", item.id),
        values: &[("domain", item.name.clone()), ("ip", ip)],
        paper: None,
    };
    letter.post(till).map(drop)
}

/// What of the paid time was not used goes back where the tariff says so; the service is in no list
/// any more.
fn closed(till: &mut Till, item: &mut Item) -> Result<()> {
    if till.tariff(item.pricelist_id)?.gives_back {
        change::give_back(till, item)?;
    }
    match till.attempt(|till| usage::charge(till, item)) {
        Err(error) if matches!(error.kind, "limit" | "missed") => {} // what cannot be had any more
        done => done?,
    }
    item.step(till.conn, Status::Deleted, "")?;
    let sql = Sql::new("UPDATE item SET deleted = TRUE, closedate = ").bind(till.now_us).sql(" WHERE id = ");
    sql.bind(item.id).execute(till.conn)?;
    let sql = Sql::new("UPDATE outbox SET state = 'done', waits_since = 0, donedate = ").bind(till.now_us);
    let sql = sql.sql(" WHERE state IN ('ready', 'failed', 'manual') AND item_id = ");
    sql.bind(item.id).execute(till.conn)?;
    Ok(())
}

fn technical(conn: &mut Conn, item_id: i64, state: i64) -> Result<()> {
    let sql = Sql::new("UPDATE item SET service_status = ").bind(state).sql(" WHERE id = ").bind(item_id);
    sql.execute(conn)?;
    Ok(())
}

/// What waits for the service is due at once.
pub fn try_now(conn: &mut Conn, item_id: i64, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE outbox SET state = 'ready', attempts = 0, next_at = ").bind(now_us);
    let sql = sql.sql(" WHERE state IN ('ready', 'failed', 'manual') AND item_id = ").bind(item_id);
    sql.execute(conn)?;
    Ok(())
}

/// What the worker found out about an attempt at an operation.
pub fn settled(till: &mut Till, due: &super::Due, outcome: &Settled) -> Result<()> {
    let operation = Operation::from_word(&due.intname);
    match (outcome, operation) {
        (Settled::Done, Some(operation)) => finished(till, due.item_id, operation),
        _ => settle(till.conn, due, outcome, till.now_us),
    }
}
