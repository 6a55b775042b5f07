//! An order of an eSIM: what was bought, its money and its state.
//!
//! Invariant: an order leaves `PENDING` by one conditional update, and whoever makes it takes the money
//! or gives it back in the same transaction.

use super::gateway::{Ask, Told};
use super::own_sql;
use super::profile::{Profile, Usage};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::effect;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Ctx, Form};
use crate::telecom::payers::{Bill, Payers};

pub const INFO: Form = record::FORM.read(read).show(show);

pub mod status {
    pub const PENDING: &str = "PENDING";
    pub const READY: &str = "READY";
    /// Refused at once: who bought it was told so.
    pub const FAILED: &str = "FAILED";
    /// Given up after it had been taken.
    pub const REFUNDED: &str = "REFUNDED";
}

/// The words of the keys of the client's money and his reseller's.
const WHAT: [&str; 2] = ["esim", "esim-wholesale"];

/// An order as whoever asks its provider has to know it.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: i64,
    pub provider_id: i64,
    pub status: String,
    pub ask: Ask,
    subaccount_id: i64,
    reseller_subaccount_id: i64,
    price: Money,
    wholesale_price: Money,
    iccid: String,
    usage: Usage,
}

/// The columns of an [`Order`], for SELECT and RETURNING.
const COLUMNS: &str = "id, provider_id, status, our_ref, provider_order_no, package_code, catalogue_cost, data_bytes, \
     duration_days, created_at, subaccount_id, reseller_subaccount_id, price, wholesale_price, iccid, \
     data_total, data_used";
const KINDS: [Kind; 17] = {
    let mut kinds = [Kind::Int; 17];
    let mut at = 2;
    while at <= 5 {
        kinds[at] = Kind::Text;
        at += 1;
    }
    kinds[14] = Kind::Text;
    kinds
};

fn known(bytes: &Raw) -> Option<i64> {
    Some(bytes.int()).filter(|bytes| *bytes >= 0)
}

fn row(raw: &[Raw], now_us: i64) -> Order {
    let text = |at: usize| raw[at].str().to_owned();
    Order {
        id: raw[0].int(),
        provider_id: raw[1].int(),
        status: text(2),
        ask: Ask {
            our_ref: text(3),
            order_no: text(4),
            package_code: text(5),
            cost: Money(raw[6].int()),
            data_bytes: raw[7].int(),
            duration_days: raw[8].int(),
            created_us: raw[9].int(),
            now_us,
        },
        subaccount_id: raw[10].int(),
        reseller_subaccount_id: raw[11].int(),
        price: Money(raw[12].int()),
        wholesale_price: Money(raw[13].int()),
        iccid: text(14),
        usage: Usage { total: known(&raw[15]), used: known(&raw[16]) },
    }
}

impl Order {
    /// Runs a statement ` … FROM/UPDATE esim_order …` that ends before its columns.
    pub fn first(conn: &mut Conn, sql: Sql, now_us: i64) -> Result<Option<Self>> {
        Ok(sql.sql(" RETURNING ").sql(COLUMNS).first(conn, &KINDS)?.map(|raw| row(&raw, now_us)))
    }

    /// The order with its row locked until the end of the transaction.
    fn locked(conn: &mut Conn, id: i64, now_us: i64) -> Result<Self> {
        let sql = Sql::new("UPDATE esim_order SET status = status WHERE id = ").bind(id);
        Self::first(conn, sql, now_us)?.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
    }

    fn is_pending(&self) -> bool {
        self.status == status::PENDING
    }

    fn payers(&self, conn: &mut Conn) -> Result<Payers> {
        Payers::stored(conn, self.subaccount_id, self.reseller_subaccount_id)
    }

    fn bill(&self) -> Bill<'static> {
        bill(self.id, [self.price, self.wholesale_price])
    }
}

pub fn bill(id: i64, amounts: [Money; 2]) -> Bill<'static> {
    Bill { what: WHAT, id, amounts }
}

/// What an answer did to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Ready,
    GivenUp,
    /// Nothing that concerns money.
    Same,
}

/// Writes down what a provider told, in a job. Of two answers that end an order only the first does.
/// `given_up`: what an order is called that ends without an eSIM.
pub fn settle(conn: &mut Conn, id: i64, told: &Told, given_up: &'static str, now_us: i64) -> Result<Settled> {
    let order = Order::locked(conn, id, now_us)?;
    match told {
        Told::Pending { order_no } => numbered(conn, &order, order_no, now_us),
        Told::Ready { order_no, profile } => delivered(conn, &order, (order_no, profile), now_us),
        Told::Failed { reason } if order.is_pending() => give_up(conn, &order, reason, given_up, now_us),
        // Paid for and delivered: what the provider does with it later is between him and staff.
        Told::Failed { reason } => noted(conn, &order, reason),
        Told::Unknown => noted(conn, &order, "the provider knows no such order"),
        Told::Lost { reason } | Told::NotSent { reason } => noted(conn, &order, reason),
    }
}

/// What staff reads about it.
fn noted(conn: &mut Conn, order: &Order, reason: &str) -> Result<Settled> {
    tracing::warn!(order = order.id, our_ref = order.ask.our_ref, "{reason}");
    let sql = Sql::new("UPDATE esim_order SET note = ").bind(effect::said(reason));
    sql.sql(" WHERE id = ").bind(order.id).execute(conn)?;
    Ok(Settled::Same)
}

/// An order keeps the first number that it is given: another one would be another order.
fn numbered(conn: &mut Conn, order: &Order, order_no: &str, now_us: i64) -> Result<Settled> {
    if is_another(order, order_no) {
        return noted(conn, order, "the provider tells another number of the order");
    }
    let sql = Sql::new("UPDATE esim_order SET note = '', provider_order_no = ").bind(order_no);
    let sql = sql.sql(", synced_at = ").bind(now_us).sql(" WHERE id = ").bind(order.id);
    sql.execute(conn)?;
    Ok(Settled::Same)
}

fn is_another(order: &Order, order_no: &str) -> bool {
    !order.ask.order_no.is_empty() && order.ask.order_no != order_no
}

fn delivered(
    conn: &mut Conn,
    order: &Order,
    (order_no, profile): (&str, &Profile),
    now_us: i64,
) -> Result<Settled> {
    if let Some(fault) = profile.fault() {
        return noted(conn, order, &format!("the provider tells a wrong {fault}"));
    }
    let is_new = order.iccid.is_empty();
    if is_another(order, order_no) {
        return numbered(conn, order, order_no, now_us);
    }
    if (!is_new && order.iccid != profile.iccid) || (is_new && is_taken(conn, order, &profile.iccid)?) {
        return noted(conn, order, "the provider tells the ICCID of another order");
    }
    if !order.is_pending() && order.status != status::READY {
        return noted(conn, order, "the provider delivered what had been given up");
    }
    numbered(conn, order, order_no, now_us)?;
    let usage = profile.usage.after(order.usage);
    let values: [(&str, Raw); 5] = [
        ("iccid", profile.iccid.as_str().into()),
        ("smdp", profile.activation.smdp.as_str().into()),
        ("matching_id", profile.activation.matching_id.as_str().into()),
        ("data_total", usage.total.unwrap_or(-1).into()),
        ("data_used", usage.used.unwrap_or(-1).into()),
    ];
    let mut sql = Sql::new("UPDATE esim_order SET status = 'READY'");
    for (column, value) in values {
        sql = sql.sql(", ").word(column).sql(" = ").bind(value);
    }
    if profile.expires_us > 0 {
        sql = sql.sql(", expires_at = ").bind(profile.expires_us);
    }
    sql.sql(" WHERE id = ").bind(order.id).execute(conn)?;
    if !order.is_pending() {
        return Ok(Settled::Same);
    }
    order.payers(conn)?.capture(conn, &order.bill(), now_us)?;
    Ok(Settled::Ready)
}

fn is_taken(conn: &mut Conn, order: &Order, iccid: &str) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM esim_order WHERE provider_id = ").bind(order.provider_id);
    Ok(sql.sql(" AND iccid <> '' AND iccid = ").bind(iccid).first(conn, &[Kind::Int])?.is_some())
}

/// All that was held goes back.
fn give_up(
    conn: &mut Conn,
    order: &Order,
    reason: &str,
    given_up: &'static str,
    now_us: i64,
) -> Result<Settled> {
    let sql = Sql::new("UPDATE esim_order SET status = ").bind(given_up).sql(", note = ");
    let sql = sql.bind(effect::said(reason)).sql(", synced_at = ").bind(now_us).sql(" WHERE id = ");
    sql.bind(order.id).execute(conn)?;
    order.payers(conn)?.release(conn, &order.bill(), now_us)?;
    Ok(Settled::GivenUp)
}

/// The id of an order of the caller's. Error `missed(elid)` for any other.
pub fn need_own(conn: &mut Conn, call: &Call) -> Result<i64> {
    let id = call.need_elid()?;
    let sql = Sql::new("SELECT id FROM esim_order WHERE id = ").bind(id).append(&own_sql(call));
    let row = sql.first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
}

/// What a buyer is told of his order, by the names of the list; what is not known is not there.
const TEXTS: [&str; 11] = [
    "package_code",
    "package_name",
    "currency_iso",
    "status",
    "external_id",
    "iccid",
    "smdp",
    "matching_id",
    "lpa",
    "our_ref",
    "note",
];
const NUMBERS: [&str; 7] =
    ["id", "price", "data_total", "data_used", "data_remaining", "expires_at", "created_at"];

fn values(conn: &mut Conn, id: i64) -> Result<Vec<(&'static str, Raw)>> {
    let names: Vec<&str> = NUMBERS.into_iter().chain(TEXTS).collect();
    let kinds: Vec<Kind> = NUMBERS.map(|_| Kind::Int).into_iter().chain(TEXTS.map(|_| Kind::Text)).collect();
    let sql = Sql::new("SELECT ").words(names.iter().copied()).sql(" FROM esim_order_list WHERE id = ");
    let row = sql.bind(id).first(conn, &kinds)?.ok_or_else(|| Error::missed("elid"))?;
    Ok(names.into_iter().zip(row).collect())
}

/// An order as nodes of an answer.
pub fn nodes(conn: &mut Conn, call: &Call, id: i64) -> Result<Vec<Node>> {
    let values = values(conn, id)?;
    let hidden = |name: &str| ["our_ref", "note"].contains(&name) && !call.caller.level().is_staff();
    let node = |(name, raw): (&'static str, Raw)| {
        let name = if name == "currency_iso" { "currency" } else { name };
        let text = text(call, name, &raw)?;
        (!hidden(name)).then(|| Node::leaf(name, text))
    };
    Ok(values.into_iter().filter_map(node).collect())
}

fn text(call: &Call, name: &str, raw: &Raw) -> Option<String> {
    match (name, raw) {
        (_, Raw::Null) | ("expires_at", Raw::Int(0)) => None,
        ("price", raw) => Some(Money(raw.int()).plain()),
        ("expires_at" | "created_at", raw) => Some(call.zone.time(raw.int())),
        (_, Raw::Int(number)) => Some(number.to_string()),
        (_, Raw::Text(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
        (_, Raw::Flag(_)) => None,
    }
}

/// `esim.info`: one order with its code to scan.
fn read(cx: &mut Ctx) -> Result<Record> {
    let id = need_own(cx.conn, cx.call)?;
    let mut record = Record::stored(id);
    for (name, raw) in values(cx.conn, id)? {
        let name = if name == "currency_iso" { "currency" } else { name };
        record.show(name, text(cx.call, name, &raw).unwrap_or_default());
    }
    Ok(record)
}

/// Only what can be installed has a picture.
fn show(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let has_code = record.shown.iter().any(|(name, text)| name == "lpa" && !text.is_empty());
    let picture = format!("?func=esim.qr&format=svg&elid={}", record.id);
    record.show("qr", if has_code { picture } else { String::new() });
    Ok(())
}
