//! Whose line a call comes from, and what it costs whom.

use serde::{Deserialize, Serialize};

use super::{Verdict, cause};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::telecom::rating::Price;

/// How a line is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Named {
    /// A SIP account, or a peer that a switch knows by its address.
    Line(String),
    /// A client by his login: records from elsewhere may have nothing else.
    Login(String),
}

/// Who calls, and who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub sip_name: String,
    pub account_id: i64,
    /// The owner column of his rows: a reseller's own lines have his own id.
    pub reseller_id: i64,
    /// Who pays the wholesale leg; 0: nobody, the client is the provider's.
    pub payer_id: i64,
    pub callerid: String,
    plan: Plan,
    wholesale: Plan,
    is_open: bool,
    is_reseller_open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    id: i64,
    currency_id: i64,
}

/// Both prices of a call, as they were when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub retail: Price,
    pub wholesale: Option<Price>,
}

const LINE: &str = "SELECT COALESCE(s.name, ''), a.id, a.reseller_id, COALESCE(r.id, 0), COALESCE(c.cid, ''), \
     a.plan_id, COALESCE(p.currency_id, 0), COALESCE(r.plan_id, 0), COALESCE(w.currency_id, 0), \
     COALESCE(s.active, TRUE) AND a.active AND NOT a.deleted, COALESCE(r.active AND NOT r.deleted, TRUE) \
     FROM account a LEFT JOIN sip s ON s.account_id = a.id \
     LEFT JOIN account r ON r.id = a.reseller_id AND r.id <> a.id \
     LEFT JOIN callerid c ON c.account_id = a.id AND c.active \
     LEFT JOIN plan p ON p.id = a.plan_id LEFT JOIN plan w ON w.id = r.plan_id WHERE ";

impl Line {
    pub fn load(conn: &mut Conn, named: &Named) -> Result<Self> {
        let (what, name) = match named {
            Named::Line(name) => ("sip", name),
            Named::Login(name) => ("login", name),
        };
        let found = match named {
            Named::Line(name) => match by(conn, Sql::new("s.name = ").bind(name.as_str()))? {
                None => by_peer(conn, name)?,
                line => line,
            },
            Named::Login(name) => by_login(conn, name)?,
        };
        found.ok_or_else(|| Error::missed(what).with("value", name.as_str()))
    }

    fn of(row: &[Raw]) -> Self {
        Self {
            sip_name: row[0].str().to_owned(),
            account_id: row[1].int(),
            reseller_id: row[2].int(),
            payer_id: row[3].int(),
            callerid: row[4].str().to_owned(),
            plan: Plan { id: row[5].int(), currency_id: row[6].int() },
            wholesale: Plan { id: row[7].int(), currency_id: row[8].int() },
            is_open: row[9].on(),
            is_reseller_open: row[10].on(),
        }
    }

    /// Why nothing may be called from here.
    pub fn refusal(&self) -> Option<&'static str> {
        match (self.is_open, self.is_reseller_open) {
            (false, _) => Some(cause::DISABLED),
            (true, false) => Some(cause::UNAVAILABLE),
            (true, true) => None,
        }
    }

    /// The currencies of the two plans; money of another one pays for nothing.
    pub fn currencies(&self) -> (i64, i64) {
        (self.plan.currency_id, self.wholesale.currency_id)
    }

    /// What a number costs, or the cause why it cannot be called. Asked outside of transactions.
    pub fn terms(&self, app: &App, dst: &str) -> Result<Verdict<Terms>> {
        let Some(retail) = app.rates.find(app, self.plan.id, dst)? else { return Ok(Err(cause::RATE)) };
        if self.payer_id == 0 {
            return Ok(Ok(Terms { retail, wholesale: None }));
        }
        Ok(match app.rates.find(app, self.wholesale.id, dst)? {
            None => Err(cause::UNAVAILABLE),
            wholesale => Ok(Terms { retail, wholesale }),
        })
    }
}

fn by(conn: &mut Conn, condition: Sql) -> Result<Option<Line>> {
    let kinds = [
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Flag,
        Kind::Flag,
    ];
    Ok(Sql::new(LINE).append(&condition).first(conn, &kinds)?.map(|row| Line::of(&row)))
}

/// A peer calls for its SIP account, under its own name.
fn by_peer(conn: &mut Conn, name: &str) -> Result<Option<Line>> {
    let sql = Sql::new("s.id = (SELECT i.sip_id FROM ipauth i WHERE i.status = 1 AND i.peer_name = ");
    let line = by(conn, sql.bind(name).sql(")"))?;
    Ok(line.map(|line| Line { sip_name: name.to_owned(), ..line }))
}

/// The first SIP account of a client; he may have none.
fn by_login(conn: &mut Conn, name: &str) -> Result<Option<Line>> {
    let sql = Sql::new(
        "(s.id IS NULL OR s.id = (SELECT MIN(m.id) FROM sip m WHERE m.account_id = a.id)) AND a.id = \
         (SELECT u.account_id FROM users u WHERE NOT u.deleted AND u.account_id > 0 AND u.name_fold = ",
    );
    by(conn, sql.bind(name.to_lowercase()).sql(")"))
}
