//! Calls: what lets one through, what it holds of its payers' money while it lasts, and what is
//! charged at its end.
//!
//! A switch asks before it dials and is granted some seconds, which are held of the client's balance by
//! his rate and of his reseller's by the reseller's. It asks for more while the call goes on and reports
//! its end. Rates are looked up once, at the beginning (`call.terms`).

mod grant;
mod leg;
mod line;
mod settle;

use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call as Rpc, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::rating::CALL_MAX_SEC;
use crate::telecom::{client, switch};
use crate::time::SECOND_US;

pub use grant::{Ask, Granted, authorise, extend};
pub use line::{Line, Named, Terms};
pub use settle::{End, Settled, Told, gone, is_silent, lost, record, settle};

pub const FUNCS: &[Row] = &[
    ("call", Handler::View(Some(client::listed))),
    ("call.authorize", Handler::Outside(authorise_one)),
    ("call.extend", Handler::Outside(extend_one)),
    ("call.end", Handler::Outside(end_one)),
    ("call.hangup", Handler::Outside(hang_up)),
];

const UNIQUEID_MAX: usize = 64;
/// What a switch dials: longer than any number of E.164, and short ones of its own.
const NUMBER_LEN: std::ops::RangeInclusive<usize> = 2..=20;

/// Why a call was not let through, or how it ended. These words reach the client: none of them tells
/// that his reseller lacks money or a rate (operations.md §2.14).
pub mod cause {
    pub const ANSWERED: &str = "answered";
    /// Its switch fell silent.
    pub const LOST: &str = "lost";
    /// The client's own money.
    pub const BALANCE: &str = "balance";
    /// No rate of the client's plan.
    pub const RATE: &str = "rate";
    /// The line or its account is switched off.
    pub const DISABLED: &str = "disabled";
    /// Whatever the client can do nothing about.
    pub const UNAVAILABLE: &str = "unavailable";
    /// What a switch reports.
    pub const DISPOSITIONS: [&str; 6] = [ANSWERED, "busy", "noanswer", "canceled", "congestion", "failed"];
}

/// What a call is let through with, or the cause why it is not.
pub type Verdict<T> = std::result::Result<T, &'static str>;

/// The error of a refusal.
fn refused(cause: &str, dst: &str) -> Error {
    match cause {
        cause::BALANCE => Error::limit("balance", dst),
        cause::RATE => Error::missed("rate").with("value", dst),
        cause::DISABLED => Error::limit("line", ""),
        _ => Error::limit("call", ""),
    }
}

/// A switch by its name or id: one that is switched off still reports, but lets nothing through.
pub fn switch(rpc: &Rpc, must_be_active: bool) -> Result<i64> {
    let name = rpc.params.get("switch").trim().to_owned();
    let sql = Sql::new("SELECT id, active FROM switch WHERE NOT deleted AND (name = ").bind(name.as_str());
    let sql = sql.sql(" OR id = ").bind(name.parse::<i64>().unwrap_or_default()).sql(") ORDER BY id");
    let row = rpc.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int, Kind::Flag]))?;
    match row {
        Some(row) if row[1].on() || !must_be_active => Ok(row[0].int()),
        _ => Err(Error::missed("switch").with("value", name)),
    }
}

/// How a switch names a call: once, ever.
pub fn uniqueid(text: &str) -> Result<&str> {
    let text = text.trim();
    let is_name = (1..=UNIQUEID_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if is_name { Ok(text) } else { Err(Error::value("uniqueid", text)) }
}

/// The digits of a number that was dialled.
pub fn number(text: &str) -> Result<String> {
    let digits = text.trim().trim_start_matches('+');
    let is_number = NUMBER_LEN.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { Ok(digits.to_owned()) } else { Err(Error::value("dst", text)) }
}

/// Seconds as somebody reports them.
pub fn seconds(name: &str, secs: i64) -> Result<i64> {
    match (0..=CALL_MAX_SEC).contains(&secs) {
        true => Ok(secs),
        false => Err(Error::value(name, secs.to_string())),
    }
}

fn input_sec(rpc: &Rpc, name: &str) -> Result<Option<i64>> {
    rpc.input(name)?.map(|raw| seconds(name, raw.int())).transpose()
}

fn leaf(name: &'static str, value: impl ToString) -> Node {
    Node::leaf(name, value.to_string())
}

fn shown(granted: &Granted) -> Reply {
    Reply::Ok(vec![
        leaf("id", granted.id),
        leaf("granted_sec", granted.sec),
        leaf("callerid", &granted.callerid),
        leaf("dst", &granted.dst),
    ])
}

/// `call.authorize`: may this line call that number, and for how long?
fn authorise_one(rpc: &Rpc) -> Result<Reply> {
    let ask = Ask {
        switch_id: switch(rpc, true)?,
        uniqueid: uniqueid(rpc.params.get("uniqueid"))?.to_owned(),
        line: Named::Line(rpc.params.get("sip").trim().to_owned()),
        dst: number(rpc.params.get("dst"))?,
    };
    Ok(shown(&authorise(&rpc.app, &ask, rpc.now_us)?))
}

/// `call.extend`: the call goes on. Answers how long it may last in all.
fn extend_one(rpc: &Rpc) -> Result<Reply> {
    let (switch_id, uniqueid) = (switch(rpc, false)?, uniqueid(rpc.params.get("uniqueid"))?);
    Ok(shown(&extend(&rpc.app, (switch_id, uniqueid), input_sec(rpc, "billsec")?, rpc.now_us)?))
}

/// `call.end`: the call is over, or never came about.
fn end_one(rpc: &Rpc) -> Result<Reply> {
    let (switch_id, uniqueid) = (switch(rpc, false)?, uniqueid(rpc.params.get("uniqueid"))?);
    let billsec = input_sec(rpc, "billsec")?.unwrap_or_default();
    let end = End {
        cause: end_cause(rpc.params.get("disposition"), billsec)?,
        billsec,
        duration: input_sec(rpc, "duration")?,
        end_us: rpc.now_us,
    };
    let settled = settle(&rpc.app, (switch_id, uniqueid), end, rpc.now_us)?;
    Ok(Reply::Ok(told(&settled)))
}

/// `call.hangup`: cuts calls under way. One that cannot be cut keeps no other from it; the first of such
/// is told.
fn hang_up(rpc: &Rpc) -> Result<Reply> {
    let mut failed = None;
    for elid in rpc.need_elids()? {
        if let Err(error) = cut(rpc, &elid) {
            failed.get_or_insert(error);
        }
    }
    failed.map_or_else(Reply::ok, Err)
}

fn cut(rpc: &Rpc, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let sql = Sql::new("SELECT w.id, w.kind, c.uniqueid FROM call c JOIN switch w ON w.id = c.switch_id");
    let sql = sql.sql(" WHERE c.id = ").bind(id);
    let row = rpc.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int, Kind::Text, Kind::Text]))?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", elid))?;
    switch::voice(&rpc.app, row[0].int(), row[1].str()).hang_up(row[2].str())
}

/// The word of a disposition; one that says answered, or none where seconds were talked.
pub fn end_cause(disposition: &str, billsec: i64) -> Result<&'static str> {
    let wanted = match disposition.trim() {
        "" if billsec > 0 => cause::ANSWERED,
        "" => "noanswer",
        word => word,
    };
    let known = cause::DISPOSITIONS.into_iter().find(|word| word.eq_ignore_ascii_case(wanted));
    let known = known.ok_or_else(|| Error::value("disposition", disposition))?;
    match known != cause::ANSWERED && billsec > 0 {
        true => Err(Error::value("billsec", billsec.to_string())),
        false => Ok(known),
    }
}

/// What became of a call, as it is answered to a switch.
pub fn told(settled: &Settled) -> Vec<Node> {
    vec![
        leaf("id", settled.id),
        leaf("billsec", settled.billsec),
        leaf("billed_sec", settled.billed_sec),
        leaf("cost", settled.cost.plain()),
        leaf("cause", &settled.cause),
        leaf("duplicate", if settled.duplicate { "on" } else { "off" }),
    ]
}

/// From one moment to another, in whole seconds.
fn seconds_between(from_us: i64, to_us: i64) -> i64 {
    (to_us - from_us).max(0) / SECOND_US
}
