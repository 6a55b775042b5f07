//! An order of a number: its states, and what goes with each change of them.
//!
//! Invariant: an order changes its state by one conditional update, and whoever makes it moves the money, the
//! number, the rating and the outcome in the same transaction.

use super::rating::{self, Why};
use super::shown::{self, Shown};
use super::{outcome, stock};
use crate::auth::Caller;
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::money::Money;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::payers::{Bill, Cut, Payers};

pub const FUNCS: &[Row] = &[
    ("number.order", Handler::View(None)),
    ("number.order.edit", Handler::Form(LOOK)),
    ("number.order.finish", Handler::Once(|cx| act(cx, Event::Finish))),
    ("number.order.cancel", Handler::Once(|cx| act(cx, Event::Cancel))),
    ("number.order.ban", Handler::Once(|cx| act(cx, Event::Ban))),
];

const LOOK: Form = record::FORM.read(look);

/// Words of the keys of the money: of the client, of his reseller.
const ACTIVATION: [&str; 2] = ["number", "number-wholesale"];
pub const HOSTING: [&str; 2] = ["number-hosting", "number-hosting-wholesale"];

const OBJECT: &str = "number.order";

/// How often a state that changed under our hands is looked at again.
const TRIES_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Received,
    Canceled,
    TimedOut,
    Finished,
    Banned,
}

impl Status {
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Received, Self::Canceled, Self::TimedOut, Self::Finished, Self::Banned];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Received => "RECEIVED",
            Self::Canceled => "CANCELED",
            Self::TimedOut => "TIMEOUT",
            Self::Finished => "FINISHED",
            Self::Banned => "BANNED",
        }
    }

    pub fn from_word(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|status| status.word() == word);
        found.ok_or_else(|| Error::system("unknown status of an order"))
    }

    /// What an order with this status is at a moment, whether or not its end has been written down.
    pub fn at(self, is_hosting: bool, expires_at: i64, now_us: i64) -> Self {
        match step(is_hosting, self, Event::Expire) {
            Ok((ended, _)) if expires_at <= now_us => ended,
            _ => self,
        }
    }

    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Received)
    }
}

/// What ends an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Finish,
    /// Its time is over.
    Expire,
    Cancel,
    Ban,
}

/// What becomes of an order, and what that does to its buyer's rating.
type Step = (Status, Option<Why>);

/// The table of operations.md §2.17. `Err` is what who asked for it is told.
fn step(is_hosting: bool, status: Status, event: Event) -> std::result::Result<Step, Refused> {
    match (is_hosting, status, event) {
        (_, Status::Canceled | Status::TimedOut | Status::Finished | Status::Banned, _) => {
            Err(Refused::Ended)
        }
        (true, _, Event::Cancel | Event::Ban) => Err(Refused::Hosting),
        (true, _, Event::Expire) | (true, Status::Received, Event::Finish) => Ok((Status::Finished, None)),
        (_, Status::Pending, Event::Finish) => Err(Refused::NoSms),
        (false, Status::Received, Event::Finish) => Ok((Status::Finished, Some(Why::Finished))),
        (false, Status::Received, Event::Expire) => Ok((Status::Finished, Some(Why::Expired))),
        (false, Status::Pending, Event::Expire) => Ok((Status::TimedOut, Some(Why::TimedOut))),
        (false, Status::Pending, Event::Cancel) => Ok((Status::Canceled, Some(Why::Canceled))),
        (false, Status::Pending, Event::Ban) => Ok((Status::Banned, Some(Why::Banned))),
        (false, Status::Received, Event::Cancel | Event::Ban) => Err(Refused::HasSms),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Ended,
    HasSms,
    NoSms,
    Hosting,
}

impl Refused {
    fn error(self, id: i64) -> Error {
        match self {
            Self::Ended => Error::missed("number_order").with("value", id.to_string()),
            Self::HasSms => Error::new("used", "number_sms").with("value", id.to_string()),
            Self::NoSms => Error::missed("number_sms").with("value", id.to_string()),
            Self::Hosting => Error::new("used", "hosting").with("value", id.to_string()),
        }
    }
}

/// An order as whoever changes it has to know it.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub offer_id: i64,
    pub product_id: i64,
    pub phone_id: i64,
    pub supplier_id: i64,
    pub expires_at: i64,
    pub first_sms_at: i64,
    pub parent_id: i64,
    pub status: Status,
    pub is_hosting: bool,
    pub product: String,
    pub upstream_id: String,
    pub phone: String,
    price: Money,
    subaccount_id: i64,
    reseller_subaccount_id: i64,
    vendor_id: i64,
    vendor_amount: Money,
}

const COLUMNS: &str = "SELECT o.id, o.account_id, o.reseller_id, o.offer_id, o.product_id, o.phone_id, o.supplier_id, \
     o.expires_at, o.first_sms_at, o.parent_id, o.price, o.subaccount_id, o.reseller_subaccount_id, o.vendor_id, \
     o.vendor_amount, o.status, o.category, o.product, o.upstream_id, \
     o.phone FROM num_order o";
const KINDS: [Kind; 20] = {
    let mut kinds = [Kind::Int; 20];
    let mut at = 15;
    while at < 20 {
        kinds[at] = Kind::Text;
        at += 1;
    }
    kinds
};

fn row(raw: &[Raw]) -> Result<Order> {
    let int = |at: usize| raw[at].int();
    Ok(Order {
        id: int(0),
        account_id: int(1),
        reseller_id: int(2),
        offer_id: int(3),
        product_id: int(4),
        phone_id: int(5),
        supplier_id: int(6),
        expires_at: int(7),
        first_sms_at: int(8),
        parent_id: int(9),
        price: Money(int(10)),
        subaccount_id: int(11),
        reseller_subaccount_id: int(12),
        vendor_id: int(13),
        vendor_amount: Money(int(14)),
        status: Status::from_word(raw[15].str())?,
        is_hosting: raw[16].str() == stock::HOSTING,
        product: raw[17].str().to_owned(),
        upstream_id: raw[18].str().to_owned(),
        phone: raw[19].str().to_owned(),
    })
}

impl Order {
    /// By a condition ` WHERE …` on `num_order o`.
    pub fn find(conn: &mut Conn, condition: &Sql) -> Result<Vec<Self>> {
        let rows = Sql::new(COLUMNS).append(condition).load(conn, &KINDS)?;
        rows.iter().map(|raw| row(raw)).collect()
    }

    pub fn load(conn: &mut Conn, id: i64) -> Result<Option<Self>> {
        Ok(Self::find(conn, &Sql::new(" WHERE o.id = ").bind(id))?.pop())
    }

    /// Error `missed(number_order)` for one that is not the caller's.
    fn own(cx: &mut Ctx, id: i64) -> Result<Self> {
        let own = Sql::new(" WHERE o.phone <> '' AND o.id = ").bind(id);
        let own = own.append(&scope_sql(cx.scope(), "account_id"));
        Self::find(cx.conn, &own)?.pop().ok_or_else(|| Refused::Ended.error(id))
    }

    /// Its supplier has not said yet which number it is.
    pub fn is_nameless(&self) -> bool {
        self.phone.is_empty()
    }

    fn payers(&self, conn: &mut Conn) -> Result<Payers> {
        Payers::stored(conn, self.subaccount_id, self.reseller_subaccount_id)
    }

    fn cut(&self, conn: &mut Conn) -> Result<Option<Cut>> {
        if self.vendor_amount == Money::ZERO {
            return Ok(None);
        }
        let to = books::subaccount_of(conn, self.vendor_id, None)?;
        Ok(Some(Cut { to, amount: self.vendor_amount }))
    }
}

pub fn bill(id: i64, price: Money) -> Bill<'static> {
    Bill { what: ACTIVATION, id, amounts: [price, price] }
}

/// The one way out of `PENDING` and `RECEIVED`: what the order is then. None where somebody else was faster,
/// or the state of the order does not allow it: then nothing was done.
pub fn end(conn: &mut Conn, order: &Order, event: Event, now_us: i64) -> Result<Option<Status>> {
    let Ok((to, why)) = step(order.is_hosting, order.status, event) else { return Ok(None) };
    if !moved(conn, order, to, now_us)? {
        return Ok(None);
    }
    if order.is_hosting {
        stock::give_back_hosting(conn, order.offer_id, order.phone_id, now_us)?;
    } else {
        settle(conn, order, to, now_us)?;
        if let Some(why) = why {
            rating::change(conn, order.account_id, &format!("order:{}", order.id), why, now_us)?;
        }
        number(conn, order, to, now_us)?;
        outcome::count(conn, order.offer_id, order.status == Status::Received, now_us)?;
    }
    if order.status == Status::Pending {
        Sql::new("DELETE FROM num_sandbox WHERE order_id = ").bind(order.id).execute(conn)?;
    }
    Ok(Some(to))
}

fn moved(conn: &mut Conn, order: &Order, to: Status, now_us: i64) -> Result<bool> {
    let sql = Sql::new("UPDATE num_order SET status = ").bind(to.word()).sql(", closed_at = ").bind(now_us);
    let sql = sql.sql(" WHERE id = ").bind(order.id).sql(" AND status = ").bind(order.status.word());
    Ok(sql.execute(conn)? == 1)
}

/// What was held is paid where a message came, and is the buyer's again where none did.
fn settle(conn: &mut Conn, order: &Order, to: Status, now_us: i64) -> Result<()> {
    let payers = order.payers(conn)?;
    let bill = bill(order.id, order.price);
    match to {
        Status::Finished => {
            let cut = order.cut(conn)?;
            payers.capture_sharing(conn, &bill, cut.as_ref(), now_us)
        }
        _ => payers.release(conn, &bill, now_us),
    }
}

/// A number that was bought again has been used before, so nobody else gets it.
fn number(conn: &mut Conn, order: &Order, to: Status, now_us: i64) -> Result<()> {
    match to {
        _ if order.phone_id == 0 => Ok(()),
        Status::Banned => stock::ban(conn, order.phone_id, order.product_id, order.id, now_us),
        Status::Canceled | Status::TimedOut if order.parent_id == 0 => {
            stock::give_back(conn, order.offer_id, order.phone_id, now_us)
        }
        _ => Ok(()),
    }
}

/// The supplier has named the number of an order that waits for it. False where the order has ended.
pub fn filled(conn: &mut Conn, id: i64, phone: &str, upstream_id: &str) -> Result<bool> {
    let sql = Sql::new("UPDATE num_order SET phone = ").bind(phone).sql(", upstream_id = ").bind(upstream_id);
    let sql = sql.sql(" WHERE phone = '' AND status = 'PENDING' AND id = ").bind(id);
    Ok(sql.execute(conn)? == 1)
}

/// The supplier has no number: it was no order, and its money is the buyer's. False where it had ended.
pub fn give_up(conn: &mut Conn, id: i64, now_us: i64) -> Result<bool> {
    let Some(order) = Order::load(conn, id)? else { return Ok(false) };
    if order.status != Status::Pending || !moved(conn, &order, Status::Canceled, now_us)? {
        return Ok(false);
    }
    settle(conn, &order, Status::Canceled, now_us)?;
    Ok(true)
}

/// A line of the order's history: who did what, and what the order is then.
pub fn note(conn: &mut Conn, maker: (&Caller, i64), action: &str, (id, status): (i64, &str)) -> Result<()> {
    let change = history::Change { object: OBJECT, action, description: status };
    history::keep_all(conn, maker, &change, &Sql::new(" FROM num_order WHERE id = ").bind(id))
}

/// `number.order.finish`, `.cancel`, `.ban`: the order as it is then.
fn act(cx: &mut Ctx, event: Event) -> Result<Reply> {
    let (id, now_us) = (wanted(cx)?, cx.now_us);
    for _ in 0..TRIES_MAX {
        let order = Order::own(cx, id)?;
        step(order.is_hosting, order.status, event).map_err(|refused| refused.error(id))?;
        // What is due is over; the job only writes it down.
        if order.expires_at <= now_us {
            return Err(Refused::Ended.error(id));
        }
        if let Some(to) = end(cx.conn, &order, event, now_us)? {
            let call = cx.call;
            note(cx.conn, (&call.caller, now_us), call.func.name(), (id, to.word()))?;
            return Ok(Reply::Ok(document(cx, id)?));
        }
    }
    Err(Error::new("busy", "number_order"))
}

/// The order that `elid` names. What is no number names none.
fn wanted(cx: &Ctx) -> Result<i64> {
    let text = cx.params.get("elid").trim();
    text.parse().map_err(|_| Error::missed("number_order").with("value", text))
}

/// The order with its messages.
fn document(cx: &mut Ctx, id: i64) -> Result<Vec<Node>> {
    let scope = scope_sql(cx.scope(), "account_id");
    let shown = Shown::load(cx.conn, id, &scope, cx.now_us)?.ok_or_else(|| Refused::Ended.error(id))?;
    let mut nodes = shown.nodes(&cx.zone);
    nodes.extend(shown::messages(cx.conn, &shown, &cx.call.zone)?);
    Ok(nodes)
}

/// `number.order.edit`: a look, which changes nothing and prolongs nothing (operations.md R207).
fn look(cx: &mut Ctx) -> Result<Record> {
    let id = wanted(cx)?;
    let mut record = Record::stored(id);
    for node in document(cx, id)? {
        match node.name == shown::MESSAGE {
            true => record.nodes.push(node),
            false => record.show(&node.name, node.text.unwrap_or_default()),
        }
    }
    Ok(record)
}

#[cfg(test)]
mod tests;
