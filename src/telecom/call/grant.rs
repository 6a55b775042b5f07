//! Letting a call through: what it may last is what both payers have money for, held until its end.

use std::sync::Arc;

use super::leg::Legs;
use super::line::{Line, Named, Terms};
use super::settle::{self, Under};
use super::{Verdict, cause, refused, seconds_between};
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::party::Party;
use crate::telecom::rating::CALL_MAX_SEC;

/// What is granted at once, where the first blocks are not longer.
pub const STEP_SEC: i64 = 60;
/// Looks at a line again that was changed in between, or at a call that another has just begun.
const TRIES: usize = 3;

/// A call that a switch would like to make. `uniqueid` is its own name of it.
#[derive(Debug, Clone)]
pub struct Ask {
    pub switch_id: i64,
    pub uniqueid: String,
    pub line: Named,
    pub dst: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub id: i64,
    /// In all, from the moment of the answer.
    pub sec: i64,
    pub callerid: String,
    pub dst: String,
}

enum Decided {
    Granted(Granted),
    Refused(&'static str),
    /// The line is another than a moment ago.
    Changed,
}

/// Grants the first seconds of a call and holds what they cost, once for a name: asked again, it answers
/// the same. What is refused is kept as a failed call.
pub fn authorise(app: &Arc<App>, ask: &Ask, now_us: i64) -> Result<Granted> {
    for _ in 0..TRIES {
        let line = app.db.read(BUDGET_SLOW, |conn| Line::load(conn, &ask.line))?;
        let terms = match line.refusal() {
            Some(cause) => Err(cause),
            None => line.terms(app, &ask.dst)?,
        };
        let own = ask.clone();
        match app.db.write(move |conn| decide(conn, &own, &line, &terms, now_us))? {
            Decided::Granted(granted) => return Ok(granted),
            Decided::Refused(cause) => return Err(refused(cause, &ask.dst)),
            Decided::Changed => {}
        }
    }
    Err(Error::new("busy", "call"))
}

fn decide(conn: &mut Conn, ask: &Ask, line: &Line, terms: &Verdict<Terms>, now_us: i64) -> Result<Decided> {
    if let Some(known) = known(conn, ask)? {
        return Ok(known);
    }
    if Line::load(conn, &ask.line)? != *line {
        return Ok(Decided::Changed);
    }
    let granted = match terms {
        Ok(terms) => begin(conn, ask, line, terms, now_us)?,
        Err(cause) => Err(*cause),
    };
    match granted {
        Ok(granted) => Ok(granted.map_or(Decided::Changed, Decided::Granted)),
        Err(cause) => {
            let is_new = settle::refuse(conn, ask, line, cause, now_us)?;
            Ok(if is_new { Decided::Refused(cause) } else { Decided::Changed })
        }
    }
}

/// What was decided of a call of that name before.
fn known(conn: &mut Conn, ask: &Ask) -> Result<Option<Decided>> {
    let sql = Sql::new("SELECT id, granted_sec, callerid, dst FROM call WHERE switch_id = ");
    let sql = sql.bind(ask.switch_id).sql(" AND uniqueid = ").bind(ask.uniqueid.as_str());
    if let Some(row) = sql.first(conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Text])? {
        return Ok(Some(Decided::Granted(Granted {
            id: row[0].int(),
            sec: row[1].int(),
            callerid: row[2].str().to_owned(),
            dst: row[3].str().to_owned(),
        })));
    }
    match settle::recorded(conn, (ask.switch_id, &ask.uniqueid))? {
        None => Ok(None),
        Some(done) => match REFUSALS.into_iter().find(|cause| *cause == done.cause) {
            Some(cause) => Ok(Some(Decided::Refused(cause))),
            None => Err(Error::exists("uniqueid", ask.uniqueid.as_str())),
        },
    }
}

const REFUSALS: [&str; 4] = [cause::BALANCE, cause::RATE, cause::DISABLED, cause::UNAVAILABLE];

/// The first seconds, or the cause why there are none; nothing where another has just begun the call.
fn begin(
    conn: &mut Conn,
    ask: &Ask,
    line: &Line,
    terms: &Terms,
    now_us: i64,
) -> Result<Verdict<Option<Granted>>> {
    let mut legs = Legs::of(conn, line, terms)?;
    if let Some(cause) = legs.foreign_to(line) {
        return Ok(Err(cause));
    }
    let available = legs.available(conn, now_us)?;
    let sec = match affordable(&legs, &available, STEP_SEC)? {
        Ok(sec) => sec,
        Err(cause) => return Ok(Err(cause)),
    };
    let Some(id) = insert(conn, ask, line, terms, (&legs, sec), now_us)? else { return Ok(Ok(None)) };
    legs.hold(conn, (id, 1), sec, now_us)?;
    Under::keep(conn, id, &legs, (1, sec))?;
    Ok(Ok(Some(Granted { id, sec, callerid: line.callerid.clone(), dst: ask.dst.clone() })))
}

/// The seconds of `wanted` in whole blocks that every payer has money for, or who has not even that of
/// the first block. The client is told of his own money first.
fn affordable(legs: &Legs, available: &[Money], wanted: i64) -> Result<Verdict<i64>> {
    let blocks = legs.iter().map(|leg| leg.price.whole_blocks(wanted));
    let mut sec = blocks.max().unwrap_or(wanted).min(CALL_MAX_SEC);
    for (nth, (leg, available)) in legs.iter().zip(available).enumerate() {
        let paid = leg.price.affordable_sec(available.plus(leg.held)?)?;
        if paid < leg.price.first_block_sec() {
            return Ok(Err(if nth == 0 { cause::BALANCE } else { cause::UNAVAILABLE }));
        }
        sec = sec.min(paid);
    }
    Ok(Ok(legs.retail().price.down_to_block(sec)))
}

/// The row of a call; nothing where its name is taken.
fn insert(
    conn: &mut Conn,
    ask: &Ask,
    line: &Line,
    terms: &Terms,
    (legs, sec): (&Legs, i64),
    now_us: i64,
) -> Result<Option<i64>> {
    let sql = Sql::new(
        "INSERT INTO call (switch_id, uniqueid, account_id, reseller_id, subaccount_id, \
         reseller_subaccount_id, sip_name, callerid, dst, terms, granted_sec, started_at, seen_at) VALUES (",
    );
    let values = [
        ask.switch_id.into(),
        ask.uniqueid.as_str().into(),
        line.account_id.into(),
        line.reseller_id.into(),
        legs.retail().side.subaccount.id.into(),
        legs.wholesale().map_or(0, |leg| leg.side.subaccount.id).into(),
        line.sip_name.as_str().into(),
        line.callerid.as_str().into(),
        ask.dst.as_str().into(),
        serde_json::to_string(terms).map_err(Error::system)?.into(),
        sec.into(),
        now_us.into(),
        now_us.into(),
    ];
    let sql = sql.binds(values).sql(") ON CONFLICT (switch_id, uniqueid) DO NOTHING RETURNING id");
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// Grants a call that goes on a further step. Where there is no money for it, or one payer was switched
/// off, it may last as long as before. `billsec`: how long the switch says it has lasted.
pub fn extend(
    app: &Arc<App>,
    (switch_id, uniqueid): (i64, &str),
    billsec: Option<i64>,
    now_us: i64,
) -> Result<Granted> {
    let uniqueid = uniqueid.to_owned();
    app.db.write(move |conn| {
        let under = Under::seen(conn, (switch_id, &uniqueid), billsec, now_us)?;
        let under = under.ok_or_else(|| Error::missed("uniqueid").with("value", uniqueid.as_str()))?;
        let sec = under.granted_sec.max(longer(conn, &under, now_us)?);
        Ok(Granted { id: under.id, sec, callerid: under.callerid, dst: under.dst })
    })
}

/// No more than two steps ahead of the clock, so that a request that is repeated holds nothing more.
fn longer(conn: &mut Conn, under: &Under, now_us: i64) -> Result<i64> {
    let ahead = seconds_between(under.started_us, now_us) + 2 * STEP_SEC;
    let wanted = (under.granted_sec + STEP_SEC).min(ahead);
    if wanted <= under.granted_sec || Party::load(conn, under.account_id)?.closed().is_some() {
        return Ok(under.granted_sec);
    }
    let mut legs = under.legs(conn)?;
    let available = legs.available(conn, now_us)?;
    let sec = affordable(&legs, &available, wanted)?.unwrap_or_default();
    if sec > under.granted_sec {
        legs.hold(conn, (under.id, under.steps + 1), sec, now_us)?;
        Under::keep(conn, under.id, &legs, (under.steps + 1, sec))?;
    }
    Ok(sec)
}
