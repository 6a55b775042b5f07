//! A service and its way through its states.

use std::collections::HashMap;

use super::limits::{self, GivenUp};
use super::status::{Operation, Status};
use super::{HISTORY, Till};
use crate::db::pieces::pieces;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::outbox::{self, Post};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("{type}", Handler::View(Some(|cx| Ok(of_type(cx))))),
    ("{type}.history", HISTORY),
    ("{type}.delete", Handler::Each(close)),
    ("{type}.suspend", Handler::Each(suspend)),
    ("{type}.resume", Handler::Each(resume)),
    ("{type}.start", Handler::Each(|cx, elid| control(cx, elid, Operation::Start))),
    ("{type}.stop", Handler::Each(|cx, elid| control(cx, elid, Operation::Stop))),
    ("{type}.reboot", Handler::Each(|cx, elid| control(cx, elid, Operation::Reboot))),
    ("service", Handler::View(None)),
    // The index of services is of these expenses alone.
    ("service.expense", Handler::View(Some(|_| Ok(Sql::new(" AND item_id <> 0"))))),
    ("service.history", HISTORY),
    ("service.delete", Handler::Each(close)),
    ("service.suspend", Handler::Each(suspend)),
    ("service.resume", Handler::Each(resume)),
    ("service.start", Handler::Each(|cx, elid| control(cx, elid, Operation::Start))),
    ("service.stop", Handler::Each(|cx, elid| control(cx, elid, Operation::Stop))),
    ("service.reboot", Handler::Each(|cx, elid| control(cx, elid, Operation::Reboot))),
    ("service.hardreboot", Handler::Each(|cx, elid| control(cx, elid, Operation::HardReboot))),
    ("service.unsubscribe", Handler::Each(unsubscribe)),
    ("service.open", Handler::Each(reopen)),
];

#[derive(Debug, Clone)]
pub struct Item {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub itemtype_id: i64,
    pub project_id: i64,
    pub subaccount_id: i64,
    pub pricelist_id: i64,
    pub processing_id: i64,
    pub name: String,
    pub period: i64,
    pub autoprolong: i64,
    pub status: Status,
    pub substatus: String,
    pub opendate: i64,
    pub expiredate: i64,
    pub anchor_day: i64,
    /// The prices that it keeps; 0: those of its tariff.
    pub price_set_id: i64,
    /// A change that waits for the end of the term, as JSON.
    pub next_change: String,
    /// A domain that is moved here.
    pub is_transfer: bool,
    /// Given up by its client, until the end of its term.
    pub closes_at_end: bool,
}

/// The columns of [`Item`], in its order.
const COLUMNS: [&str; 20] = [
    "id",
    "account_id",
    "reseller_id",
    "itemtype_id",
    "project_id",
    "subaccount_id",
    "pricelist_id",
    "processing_id",
    "period",
    "autoprolong",
    "status",
    "opendate",
    "expiredate",
    "anchor_day",
    "price_set_id",
    "name",
    "substatus",
    "next_change",
    "is_transfer",
    "closes_at_end",
];

impl Item {
    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let sql = Sql::new("SELECT ").words(COLUMNS).sql(" FROM item WHERE NOT deleted AND id = ").bind(id);
        let row = sql.first(conn, &kinds())?;
        row.map_or_else(|| Err(Error::missed("elid").with("value", id.to_string())), |row| Self::of(&row))
    }

    /// Services that a condition leaves, ` AND …`, in the order of their ids.
    pub fn load_many(conn: &mut Conn, condition: &Sql, most: i64) -> Result<Vec<Self>> {
        Self::load_ordered(conn, condition, " ORDER BY id LIMIT ", most)
    }

    /// The same in the order in which they end.
    pub fn load_by_end(conn: &mut Conn, condition: &Sql, most: i64) -> Result<Vec<Self>> {
        Self::load_ordered(conn, condition, " ORDER BY expiredate, id LIMIT ", most)
    }

    fn load_ordered(conn: &mut Conn, condition: &Sql, order: &'static str, most: i64) -> Result<Vec<Self>> {
        let sql = Sql::new("SELECT ").words(COLUMNS).sql(" FROM item WHERE NOT deleted").append(condition);
        let rows = sql.sql(order).bind(most).load(conn, &kinds())?;
        rows.iter().map(|row| Self::of(row)).collect()
    }

    fn of(row: &[Raw]) -> Result<Self> {
        let int = |at: usize| row[at].int();
        Ok(Self {
            id: int(0),
            account_id: int(1),
            reseller_id: int(2),
            itemtype_id: int(3),
            project_id: int(4),
            subaccount_id: int(5),
            pricelist_id: int(6),
            processing_id: int(7),
            period: int(8),
            autoprolong: int(9),
            status: Status::from_code(int(10))?,
            opendate: int(11),
            expiredate: int(12),
            anchor_day: int(13),
            price_set_id: int(14),
            name: row[15].str().to_owned(),
            substatus: row[16].str().to_owned(),
            next_change: row[17].str().to_owned(),
            is_transfer: row[18].on(),
            closes_at_end: row[19].on(),
        })
    }

    pub fn is(&self, status: Status, substatus: &str) -> bool {
        self.status == status && self.substatus == substatus
    }

    /// Error `value(status)`: what is asked cannot be done in this state.
    pub fn refused(&self) -> Error {
        let code = self.status.code().to_string();
        let full = if self.substatus.is_empty() { code } else { format!("{code}_{}", self.substatus) };
        Error::value("status", full)
    }

    /// The service under another state, if nobody was faster.
    pub fn step(&mut self, conn: &mut Conn, status: Status, substatus: &str) -> Result<()> {
        let sql = Sql::new("UPDATE item SET status = ").bind(status.code()).sql(", substatus = ");
        let sql = sql.bind(substatus).sql(" WHERE NOT deleted AND id = ").bind(self.id);
        let sql = sql.sql(" AND status = ").bind(self.status.code()).sql(" AND substatus = ");
        if sql.bind(self.substatus.as_str()).execute(conn)? == 0 {
            return Err(Error::new("busy", "item"));
        }
        self.status = status;
        self.substatus = substatus.to_owned();
        Ok(())
    }
}

fn kinds() -> Vec<Kind> {
    [[Kind::Int].repeat(15), [Kind::Text].repeat(3), [Kind::Flag].repeat(2)].concat()
}

/// The rows of the type that the function was made for.
fn of_type(cx: &Ctx) -> Sql {
    cx.func.kind.as_ref().map_or_else(Sql::default, |kind| Sql::new(" AND itemtype_id = ").bind(kind.id))
}

/// Error `missed(elid)` unless the service is the caller's and of the function's type.
pub fn need_own(cx: &mut Ctx, id: i64) -> Result<()> {
    let missed = || Error::missed("elid").with("value", id.to_string());
    let sql = Sql::new("SELECT id FROM item WHERE NOT deleted AND id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id")).append(&of_type(cx));
    sql.first(cx.conn, &[Kind::Int])?.map(drop).ok_or_else(missed)
}

/// The service that an `elid` names, if it is the caller's.
pub fn own(cx: &mut Ctx, elid: &str) -> Result<Item> {
    let id = elid.trim().parse().map_err(|_| Error::value("elid", elid))?;
    need_own(cx, id)?;
    Item::load(cx.conn, id)
}

/// The service that the call's `elid` names, if it is the caller's.
pub fn named(cx: &mut Ctx) -> Result<Item> {
    let elid = cx.params.get("elid").to_owned();
    own(cx, &elid)
}

/// A form about a service, with nothing of it but whose it is.
pub fn record(item: &Item) -> Record {
    let mut record = Record::stored(item.id);
    record.owner = (item.account_id, item.reseller_id);
    record
}

/// Reads a form that shows the service only.
pub fn read(cx: &mut Ctx) -> Result<Record> {
    named(cx).map(|item| record(&item))
}

/// Asks the service's module for an operation, within this transaction. What is under way for the
/// service is done first.
pub fn ask(till: &mut Till, item: &mut Item, operation: Operation, payload: &str) -> Result<i64> {
    match operation.while_running() {
        Some(substatus) => item.step(till.conn, Status::Processing, substatus)?,
        None => {
            let lock = Sql::new("UPDATE item SET status = status WHERE id = ").bind(item.id);
            lock.execute(till.conn)?;
        }
    }
    Ok(ask_after_change(till, &[(item, payload)], operation)?[0])
}

/// The same for services that this transaction has changed already, and that go on as they are, each with
/// its payload.
pub fn ask_after_change(till: &mut Till, asked: &[(&Item, &str)], operation: Operation) -> Result<Vec<i64>> {
    let items: Vec<&Item> = asked.iter().map(|(item, _)| *item).collect();
    let before = operations(till.conn, &items)?;
    let post = |(item, payload): &(&Item, &str)| {
        let nth = before.get(&item.id).copied().unwrap_or(0) + 1;
        Post {
            kind: outbox::operation::KIND,
            reference: format!("{}:item:{}:{nth}", operation.word(), item.id),
            item_id: item.id,
            owner: (item.account_id, item.reseller_id),
            intname: operation.word(),
            payload: (*payload).to_owned(),
            address: "",
        }
    };
    let ids = outbox::post_all(till.conn, asked.iter().map(post).collect(), till.now_us)?;
    till.note_each(&items, operation.word())?;
    Ok(ids)
}

/// How many operations were asked for each service.
fn operations(conn: &mut Conn, items: &[&Item]) -> Result<HashMap<i64, i64>> {
    let mut counts = HashMap::new();
    for piece in pieces(items) {
        let sql = Sql::new("SELECT item_id, COUNT(*) FROM outbox WHERE item_id IN (");
        let sql = sql.binds(piece.iter().map(|item| item.id.into())).sql(") GROUP BY item_id");
        counts.extend(sql.load(conn, &[Kind::Int; 2])?.iter().map(|row| (row[0].int(), row[1].int())));
    }
    Ok(counts)
}

/// `X.delete`: an unpaid order goes away, a service is closed by its module. What is not there, or
/// not the caller's, is no error (R58–R60).
fn close(cx: &mut Ctx, elid: &str) -> Result<()> {
    let mut item = match own(cx, elid) {
        Ok(item) => item,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    let (is_client, mut till) = (cx.caller.level() < Level::Department, Till::of(cx));
    match item.status {
        Status::Ordered => super::cart::drop_item(&mut till, &item),
        Status::Deleted => Ok(()),
        Status::Processing if item.substatus == Operation::Close.word() => Ok(()),
        _ if is_client && limits::give_up(&mut till, &item)? == GivenUp::AtTheEnd => {
            end_with_term(&mut till, &item)
        }
        _ => ask(&mut till, &mut item, Operation::Close, "").map(drop),
    }
}

/// The `close` job closes it when its term is over, unless it is renewed before.
fn end_with_term(till: &mut Till, item: &Item) -> Result<()> {
    let sql = Sql::new("UPDATE item SET closes_at_end = TRUE, autoprolong = 0 WHERE id = ").bind(item.id);
    sql.execute(till.conn)?;
    till.note(item, "close at the end")
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    let mut item = own(cx, elid)?;
    let mut till = Till::of(cx);
    match item.status {
        Status::Active => ask(&mut till, &mut item, Operation::Suspend, BY_ADMIN).map(drop),
        // From now on payment alone does not resume it.
        Status::Suspended => item.step(till.conn, Status::Suspended, BY_ADMIN),
        _ => Err(item.refused()),
    }
}

/// Why a service is suspended; resumed by whoever may.
pub const BY_ADMIN: &str = "adminsuspend";
pub const BY_BILLING: &str = "autosuspend";

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    let mut item = own(cx, elid)?;
    let mut till = Till::of(cx);
    match item.status {
        Status::Active => Ok(()),
        Status::Suspended if item.expiredate != 0 && item.expiredate <= till.now_us => {
            Err(Error::value("expiredate", "").with("desc", "desc_service_expired"))
        }
        Status::Suspended => ask(&mut till, &mut item, Operation::Resume, "").map(drop),
        _ => Err(item.refused()),
    }
}

fn control(cx: &mut Ctx, elid: &str, operation: Operation) -> Result<()> {
    let mut item = own(cx, elid)?;
    match item.status {
        Status::Active => ask(&mut Till::of(cx), &mut item, operation, "").map(drop),
        _ => Err(item.refused()),
    }
}

fn unsubscribe(cx: &mut Ctx, elid: &str) -> Result<()> {
    let item = own(cx, elid)?;
    Sql::new("UPDATE item SET autoprolong = 0 WHERE id = ").bind(item.id).execute(cx.conn)?;
    Till::of(cx).note(&item, "autoprolong 0")
}

/// Lets the module of a service that waits for its opening try at once.
fn reopen(cx: &mut Ctx, elid: &str) -> Result<()> {
    let item = own(cx, elid)?;
    match item.is(Status::Processing, Operation::Open.word()) {
        true => outbox::operation::try_now(cx.conn, item.id, cx.call.now_us),
        false => Err(item.refused()),
    }
}
