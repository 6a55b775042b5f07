//! The end of a call: what it cost is charged, the rest of what was held given back, and its record
//! kept, in one transaction and once.

use std::sync::Arc;

use super::leg::Legs;
use super::line::{Line, Terms};
use super::{Ask, cause, seconds_between};
use crate::app::App;
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::telecom::payers::Payers;
use crate::time::{MINUTE_US, SECOND_US};

/// A call whose switch says nothing more for so long beyond what it was granted, is lost.
pub const LOST_AFTER_US: i64 = 120 * MINUTE_US;
/// A switch counts seconds by its own clock.
const CLOCKS_DIFFER_SEC: i64 = 60;

/// What a switch, or a record from elsewhere, tells of the end of a call.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub cause: &'static str,
    /// Seconds from the answer to the end.
    pub billsec: i64,
    /// Seconds from the beginning to the end; nothing: by the clock.
    pub duration: Option<i64>,
    pub end_us: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub id: i64,
    pub billsec: i64,
    pub billed_sec: i64,
    pub cost: Money,
    pub cause: String,
    /// It was settled before: this is what came of it then.
    pub duplicate: bool,
}

/// A call under way, its row locked.
pub struct Under {
    pub id: i64,
    switch_id: i64,
    uniqueid: String,
    pub account_id: i64,
    reseller_id: i64,
    subaccount_id: i64,
    reseller_subaccount_id: i64,
    sip_name: String,
    pub callerid: String,
    pub dst: String,
    terms: Terms,
    held: (Money, Money),
    pub steps: i64,
    pub granted_sec: i64,
    talked_sec: i64,
    pub started_us: i64,
}

const COLUMNS: [(&str, Kind); 17] = [
    ("id", Kind::Int),
    ("switch_id", Kind::Int),
    ("uniqueid", Kind::Text),
    ("account_id", Kind::Int),
    ("reseller_id", Kind::Int),
    ("subaccount_id", Kind::Int),
    ("reseller_subaccount_id", Kind::Int),
    ("sip_name", Kind::Text),
    ("callerid", Kind::Text),
    ("dst", Kind::Text),
    ("terms", Kind::Text),
    ("held", Kind::Int),
    ("wholesale_held", Kind::Int),
    ("steps", Kind::Int),
    ("granted_sec", Kind::Int),
    ("talked_sec", Kind::Int),
    ("started_at", Kind::Int),
];

fn named((switch_id, uniqueid): (i64, &str)) -> Sql {
    Sql::new(" WHERE switch_id = ").bind(switch_id).sql(" AND uniqueid = ").bind(uniqueid)
}

impl Under {
    /// Whoever takes the row away settles the call: another finds nothing.
    fn take(conn: &mut Conn, condition: &Sql) -> Result<Option<Self>> {
        Self::returned(conn, Sql::new("DELETE FROM call").append(condition))
    }

    /// The call, which has just been heard of.
    pub fn seen(
        conn: &mut Conn,
        name: (i64, &str),
        billsec: Option<i64>,
        now_us: i64,
    ) -> Result<Option<Self>> {
        let sql = Sql::new("UPDATE call SET seen_at = ").bind(now_us).sql(", talked_sec = ");
        let sql = match billsec {
            Some(billsec) => sql.bind(billsec),
            None => sql.sql("(").bind(now_us).sql(" - started_at) / ").bind(SECOND_US),
        };
        Self::returned(conn, sql.append(&named(name)))
    }

    fn returned(conn: &mut Conn, sql: Sql) -> Result<Option<Self>> {
        let sql = sql.sql(" RETURNING ").words(COLUMNS.map(|(name, _)| name));
        sql.first(conn, &COLUMNS.map(|(_, kind)| kind))?.map(|row| Self::of(&row)).transpose()
    }

    fn of(row: &[Raw]) -> Result<Self> {
        Ok(Self {
            id: row[0].int(),
            switch_id: row[1].int(),
            uniqueid: row[2].str().to_owned(),
            account_id: row[3].int(),
            reseller_id: row[4].int(),
            subaccount_id: row[5].int(),
            reseller_subaccount_id: row[6].int(),
            sip_name: row[7].str().to_owned(),
            callerid: row[8].str().to_owned(),
            dst: row[9].str().to_owned(),
            terms: serde_json::from_str(row[10].str()).map_err(Error::system)?,
            held: (Money(row[11].int()), Money(row[12].int())),
            steps: row[13].int(),
            granted_sec: row[14].int(),
            talked_sec: row[15].int(),
            started_us: row[16].int(),
        })
    }

    pub fn legs(&self, conn: &mut Conn) -> Result<Legs> {
        let payers = Payers::stored(conn, self.subaccount_id, self.reseller_subaccount_id)?;
        Ok(Legs::over(payers, &self.terms, self.held))
    }

    /// Keeps what is held now and what it is good for.
    pub fn keep(conn: &mut Conn, id: i64, legs: &Legs, (steps, sec): (i64, i64)) -> Result<()> {
        let wholesale_held = legs.wholesale().map_or(0, |leg| leg.held.0);
        let sql = Sql::new("UPDATE call SET held = ").bind(legs.retail().held.0);
        let sql = sql.sql(", wholesale_held = ").bind(wholesale_held).sql(", steps = ").bind(steps);
        let sql = sql.sql(", granted_sec = ").bind(sec).sql(" WHERE id = ").bind(id);
        sql.execute(conn)?;
        Ok(())
    }

    fn settle(self, conn: &mut Conn, end: End, now_us: i64) -> Result<Settled> {
        if end.billsec > seconds_between(self.started_us, end.end_us) + CLOCKS_DIFFER_SEC {
            return Err(Error::value("billsec", end.billsec.to_string()));
        }
        let legs = self.legs(conn)?;
        legs.capture(conn, self.id, end.billsec, now_us)?;
        let record = Record {
            name: (self.switch_id, &self.uniqueid),
            owner: (self.account_id, self.reseller_id),
            line: (&self.sip_name, &self.callerid),
            dst: &self.dst,
            start_us: self.started_us,
            late: end.billsec > self.granted_sec,
            end,
        };
        let settled = record.insert(conn, Some(&legs))?;
        settled.ok_or_else(|| Error::exists("uniqueid", self.uniqueid.as_str()))
    }
}

/// Settles a call at its end, once. A report that comes again is answered what came of the first; one
/// that tells of more seconds than were granted is charged all of them.
pub fn settle(app: &Arc<App>, (switch_id, uniqueid): (i64, &str), end: End, now_us: i64) -> Result<Settled> {
    let uniqueid = uniqueid.to_owned();
    app.db.write(move |conn| {
        let name = (switch_id, uniqueid.as_str());
        match Under::take(conn, &named(name))? {
            Some(under) => under.settle(conn, end, now_us),
            None => match recorded(conn, name)? {
                Some(settled) => Ok(settled),
                None => Err(Error::missed("uniqueid").with("value", uniqueid.as_str())),
            },
        }
    })
}

/// What became of a call that is over.
pub fn recorded(conn: &mut Conn, name: (i64, &str)) -> Result<Option<Settled>> {
    let sql = Sql::new("SELECT id, billsec, billed_sec, cost, cause FROM cdr").append(&named(name));
    let row = sql.first(conn, &[Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text])?;
    Ok(row.map(|row| Settled {
        id: row[0].int(),
        billsec: row[1].int(),
        billed_sec: row[2].int(),
        cost: Money(row[3].int()),
        cause: row[4].str().to_owned(),
        duplicate: true,
    }))
}

/// Settles a call whose switch has fallen silent, if it still is: charged is what it had lasted when it
/// was last heard of, and no more than was granted.
pub fn lost(conn: &mut Conn, id: i64, now_us: i64) -> Result<bool> {
    let condition = Sql::new(" WHERE id = ").bind(id).append(&is_silent(now_us));
    settle_lost(conn, &condition, now_us)
}

/// Settles a call that its switch knows nothing of any more, in the same way.
pub fn gone(conn: &mut Conn, name: (i64, &str), now_us: i64) -> Result<bool> {
    settle_lost(conn, &named(name), now_us)
}

fn settle_lost(conn: &mut Conn, condition: &Sql, now_us: i64) -> Result<bool> {
    let Some(under) = Under::take(conn, condition)? else { return Ok(false) };
    let billsec = under.talked_sec.clamp(0, under.granted_sec);
    let end_us = under.started_us + under.talked_sec.max(0) * SECOND_US;
    under.settle(conn, End { cause: cause::LOST, billsec, duration: None, end_us }, now_us)?;
    Ok(true)
}

/// ` AND …` on `call`.
pub fn is_silent(now_us: i64) -> Sql {
    let since = now_us - LOST_AFTER_US;
    let sql = Sql::new(" AND seen_at < ").bind(since).sql(" AND started_at + granted_sec * ");
    sql.bind(SECOND_US).sql(" < ").bind(since)
}

/// A call as a record from elsewhere tells of it.
#[derive(Debug, Clone)]
pub struct Told {
    pub switch_id: i64,
    pub uniqueid: String,
    pub dst: String,
    pub start_us: i64,
    pub end: End,
}

/// Keeps and charges a call that was not let through by us: by the rates of now, and below the limit of
/// a balance, for it has been made. One that we know is settled, or was. Without terms it is free.
pub fn record(
    conn: &mut Conn,
    told: &Told,
    (line, terms): (&Line, Option<&Terms>),
    now_us: i64,
) -> Result<Settled> {
    let name = (told.switch_id, told.uniqueid.as_str());
    if let Some(under) = Under::take(conn, &named(name))? {
        return under.settle(conn, told.end, now_us);
    }
    if let Some(settled) = recorded(conn, name)? {
        return Ok(settled);
    }
    let legs = terms.map(|terms| Legs::of(conn, line, terms)).transpose()?;
    if let Some(cause) = legs.as_ref().and_then(|legs| legs.foreign_to(line)) {
        return Err(super::refused(cause, &told.dst));
    }
    let settled = Record::of(told, line).insert(conn, legs.as_ref())?;
    let settled = settled.ok_or_else(|| Error::exists("uniqueid", name.1))?;
    if let Some(legs) = legs {
        legs.charge(conn, settled.id, told.end.billsec, now_us)?;
    }
    Ok(settled)
}

/// Keeps a call that was not let through. False where its name is taken.
pub fn refuse(conn: &mut Conn, ask: &Ask, line: &Line, cause: &'static str, now_us: i64) -> Result<bool> {
    let told = Told {
        switch_id: ask.switch_id,
        uniqueid: ask.uniqueid.clone(),
        dst: ask.dst.clone(),
        start_us: now_us,
        end: End { cause, billsec: 0, duration: None, end_us: now_us },
    };
    Ok(Record::of(&told, line).insert(conn, None)?.is_some())
}

/// A row of `cdr` to be.
struct Record<'r> {
    name: (i64, &'r str),
    owner: (i64, i64),
    /// The name of the line and the number that it showed.
    line: (&'r str, &'r str),
    dst: &'r str,
    start_us: i64,
    end: End,
    late: bool,
}

impl<'r> Record<'r> {
    fn of(told: &'r Told, line: &'r Line) -> Self {
        Self {
            name: (told.switch_id, &told.uniqueid),
            owner: (line.account_id, line.reseller_id),
            line: (&line.sip_name, &line.callerid),
            dst: &told.dst,
            start_us: told.start_us,
            end: told.end,
            late: told.end.billsec > 0,
        }
    }

    fn is_answered(&self) -> bool {
        match self.end.cause {
            cause::ANSWERED => true,
            cause => cause == cause::LOST && self.end.billsec > 0,
        }
    }

    /// Keeps the record; nothing where the name of the call is taken.
    fn insert(&self, conn: &mut Conn, legs: Option<&Legs>) -> Result<Option<Settled>> {
        let billsec = self.end.billsec;
        let retail = legs.map(|legs| &legs.retail().price);
        let (billed_sec, cost) = match retail {
            Some(price) => (price.billed_sec(billsec), price.cost(billsec)?),
            None => (0, Money::ZERO),
        };
        let currency_id = match legs {
            Some(legs) => legs.retail().side.subaccount.currency_id,
            None => books::subaccount_of(conn, self.owner.0, None)?.currency_id,
        };
        let mut values = self.values();
        values.extend([
            ("currency_id", currency_id.into()),
            ("prefix", retail.map_or("", |price| &price.prefix).into()),
            ("destination", retail.map_or("", |price| &price.destination).into()),
            ("price", retail.map_or(0, |price| price.price.0).into()),
            ("billed_sec", billed_sec.into()),
            ("cost", cost.0.into()),
        ]);
        if let Some(leg) = legs.and_then(Legs::wholesale) {
            values.extend([
                ("wholesale_price", leg.price.price.0.into()),
                ("wholesale_cost", leg.price.cost(billsec)?.0.into()),
                ("wholesale_currency_id", leg.side.subaccount.currency_id.into()),
            ]);
        }
        let sql = Sql::new("INSERT INTO cdr (").words(values.iter().map(|(name, _)| *name));
        let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, value)| value));
        let sql = sql.sql(") ON CONFLICT (switch_id, uniqueid) DO NOTHING RETURNING id");
        let cause = self.end.cause.to_owned();
        Ok(sql.first(conn, &[Kind::Int])?.map(|row| Settled {
            id: row[0].int(),
            billsec,
            billed_sec,
            cost,
            cause,
            duplicate: false,
        }))
    }

    /// What is known of a call without what it costs.
    fn values(&self) -> Vec<(&'static str, Raw)> {
        let (sip_name, callerid) = self.line;
        let (billsec, end_us) = (self.end.billsec, self.end.end_us.max(self.start_us));
        let duration = self.end.duration.unwrap_or_else(|| seconds_between(self.start_us, end_us));
        let answer_us = (end_us - billsec * SECOND_US).max(self.start_us);
        vec![
            ("switch_id", self.name.0.into()),
            ("uniqueid", self.name.1.into()),
            ("account_id", self.owner.0.into()),
            ("reseller_id", self.owner.1.into()),
            ("sip_name", sip_name.into()),
            ("src", (if callerid.is_empty() { sip_name } else { callerid }).into()),
            ("dst", self.dst.into()),
            ("start_at", self.start_us.into()),
            ("answer_at", (if self.is_answered() { answer_us } else { 0 }).into()),
            ("end_at", end_us.into()),
            ("duration", duration.max(billsec).into()),
            ("billsec", billsec.into()),
            ("answered", self.is_answered().into()),
            ("cause", self.end.cause.into()),
            ("late", self.late.into()),
        ]
    }
}
