//! What vendors ask to be paid: frozen at once, then paid or free again, exactly once.

use crate::billing::charge;
use crate::books::{self, Posted, Subaccount};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::hold::Hold;
use crate::ledger::{BookKind, Line};
use crate::money::Money;
use crate::number::vendor;
use crate::number::wallet;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::telecom::client;

pub const FUNCS: &[Row] = &[
    ("vendor.payout", Handler::View(None)),
    ("vendor.payout.edit", Handler::Form(EDIT)),
    ("vendor.payout.setpaid", Handler::Each(set_paid)),
    ("vendor.payout.reject", Handler::Each(reject)),
];

const EDIT: Form = record::FORM.save(save);

pub mod status {
    pub const PENDING: &str = "pending";
    pub const PAID: &str = "paid";
    pub const REJECTED: &str = "rejected";
}

const RECEIVER_MAX: usize = 64;
/// Ten thousandths, as number books post (decisions.md, Money).
const GRAIN: i64 = 100;

struct Asked {
    receiver: String,
    method: String,
    fee: String,
    amount: Money,
    /// The vendor's own name of the request; empty: every call is a request of its own.
    external_id: String,
}

impl Asked {
    fn of(record: &Record) -> Result<Self> {
        let receiver = record.str("receiver").trim();
        let is_plain = !receiver.chars().any(char::is_control) && receiver.chars().count() <= RECEIVER_MAX;
        if receiver.is_empty() || !is_plain {
            return Err(Error::value("receiver", receiver));
        }
        let amount = record.int("amount");
        if amount <= 0 || amount % GRAIN != 0 {
            return Err(Error::value("amount", Money(amount).plain()));
        }
        Ok(Self {
            receiver: receiver.to_owned(),
            method: record.str("method").to_owned(),
            fee: record.str("fee").to_owned(),
            amount: Money(amount),
            external_id: client::reference("external_id", record.str("external_id"))?,
        })
    }
}

/// What was asked for stays as it was: a second request is another one.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    if !record.is_new() {
        return Ok(vec![Node::leaf("id", record.id.to_string())]);
    }
    let vendor = vendor::need(cx)?;
    let asked = Asked::of(&record)?;
    let subaccount = books::subaccount_of(cx.conn, vendor.account_id, None)?;
    // His requests take turns from here on. A credit limit is no money that could be paid out.
    let balance = charge::locked_balance(cx.conn, subaccount.id)?;
    if let Some(done) = before(cx, &asked, &subaccount)? {
        return Ok(done);
    }
    if asked.amount > balance {
        return Err(Error::limit("balance", asked.amount.plain()));
    }
    wallet::take(cx.conn, &asked.fee, asked.amount)?;
    let id = insert(cx, &asked, &subaccount)?;
    let now_us = cx.now_us;
    books::post(cx.conn, &held(id, &subaccount, asked.amount).place()?, now_us)?;
    charge::settle(cx.conn, subaccount.id)?;
    history::write(cx, id, (vendor.account_id, vendor.reseller_id), &asked.amount.plain())?;
    Ok(answer(id, status::PENDING, asked.amount))
}

/// The same request again is answered by what became of the first; another one under its name is refused.
fn before(cx: &mut Ctx, asked: &Asked, of: &Subaccount) -> Result<Option<Vec<Node>>> {
    if asked.external_id.is_empty() {
        return Ok(None);
    }
    let sql =
        Sql::new("SELECT id, status, receiver, method, fee, amount FROM num_payout WHERE account_id = ");
    let sql = sql.bind(of.account_id).sql(" AND external_id = ").bind(asked.external_id.as_str());
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    let Some(row) = sql.first(cx.conn, &kinds)? else { return Ok(None) };
    let stored = (row[2].str(), row[3].str(), row[4].str(), row[5].int());
    match stored == (asked.receiver.as_str(), asked.method.as_str(), asked.fee.as_str(), asked.amount.0) {
        true => Ok(Some(answer(row[0].int(), row[1].str(), asked.amount))),
        false => Err(Error::exists("external_id", &asked.external_id)),
    }
}

fn answer(id: i64, status: &str, amount: Money) -> Vec<Node> {
    vec![Node::leaf("id", id.to_string()), Node::leaf("status", status), Node::leaf("amount", amount.plain())]
}

fn insert(cx: &mut Ctx, asked: &Asked, of: &Subaccount) -> Result<i64> {
    let sql = Sql::new(
        "INSERT INTO num_payout (account_id, reseller_id, subaccount_id, receiver, method, fee, amount, \
         currency_id, status, external_id, created_at) VALUES (",
    );
    let values = [
        of.account_id.into(),
        of.reseller_id.into(),
        of.id.into(),
        asked.receiver.as_str().into(),
        asked.method.as_str().into(),
        asked.fee.as_str().into(),
        asked.amount.0.into(),
        of.currency_id.into(),
        status::PENDING.into(),
        asked.external_id.as_str().into(),
        cx.now_us.into(),
    ];
    let row = sql.binds(values).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    Ok(row.ok_or_else(|| Error::system("a payout got no id"))?[0].int())
}

fn held(id: i64, of: &Subaccount, amount: Money) -> Hold<'static> {
    Hold { what: "payout", id, client: of.book(), amount }
}

/// A request that this call has ended.
struct Ended {
    id: i64,
    subaccount: Subaccount,
    amount: Money,
    fee: String,
}

/// Ends a request, with a note for the vendor; nothing where it ended so before. Error `value(status)` where
/// it ended otherwise.
fn end(cx: &mut Ctx, elid: &str, status: &str) -> Result<Option<Ended>> {
    let missed = || Error::missed("elid").with("value", elid);
    let id: i64 = elid.parse().map_err(|_| missed())?;
    let note = cx.params.get("note").trim().to_owned();
    let sql = Sql::new("UPDATE num_payout SET status = ").bind(status).sql(", closed_at = ").bind(cx.now_us);
    let sql = sql.sql(", note = ").bind(note).sql(" WHERE status = 'pending' AND id = ").bind(id);
    let sql = sql.sql(" RETURNING subaccount_id, amount, fee, account_id, reseller_id");
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Int, Kind::Int];
    let Some(row) = sql.first(cx.conn, &kinds)? else {
        let sql = Sql::new("SELECT status FROM num_payout WHERE id = ").bind(id);
        let have = sql.first(cx.conn, &[Kind::Text])?.ok_or_else(missed)?;
        return match have[0].str() == status {
            true => Ok(None),
            false => Err(Error::value("status", have[0].str())),
        };
    };
    let subaccount = books::subaccount(cx.conn, row[0].int())?;
    history::write(cx, id, (row[3].int(), row[4].int()), status)?;
    Ok(Some(Ended { id, subaccount, amount: Money(row[1].int()), fee: row[2].str().to_owned() }))
}

fn set_paid(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Some(of) = end(cx, elid, status::PAID)? else { return Ok(()) };
    let paid = Line::new(of.subaccount.book().provider(BookKind::Payout), of.amount);
    let transfer = held(of.id, &of.subaccount, of.amount).capture(&[paid])?;
    post(cx, &of, &transfer)
}

fn reject(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Some(of) = end(cx, elid, status::REJECTED)? else { return Ok(()) };
    let transfer = held(of.id, &of.subaccount, of.amount).release()?;
    post(cx, &of, &transfer)?;
    wallet::give_back(cx.conn, &of.fee, of.amount)
}

fn post(cx: &mut Ctx, of: &Ended, transfer: &crate::ledger::Transfer) -> Result<()> {
    let now_us = cx.now_us;
    match books::post(cx.conn, transfer, now_us)? {
        Posted::Done => charge::settle(cx.conn, of.subaccount.id),
        Posted::Exists => Err(Error::system(format!("payout {} was settled before", of.id))),
    }
}
