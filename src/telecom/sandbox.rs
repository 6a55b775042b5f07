//! The switch that is inside of this program: it makes calls that nobody hears, and asks, extends and
//! reports like any other. Whoever may use it can spend a client's money on calls that never were, so it
//! works only without `Option Production`.

use std::sync::Arc;

use crate::app::App;
use crate::auth::session;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::call::{self, Ask, End, Granted, Named};
use crate::telecom::switch;
use crate::time::SECOND_US;

pub const FUNCS: &[Row] = &[("sandbox.call", Handler::Outside(make))];

/// Each minute of a call is a transaction of its own.
const SECS_MAX: i64 = 7_200;
/// So long before its grant ends the switch asks for more.
const AHEAD_SEC: i64 = 5;

/// A call to be made up.
struct Script<'c> {
    rpc: &'c Call,
    ask: Ask,
    /// Seconds that the two would talk.
    secs: i64,
    cause: &'static str,
    /// Goes on without having been granted it.
    overruns: bool,
    start_us: i64,
}

/// `sandbox.call`: it has just ended when this is answered.
fn make(rpc: &Call) -> Result<Reply> {
    if rpc.app.config.load().production {
        return Err(Error::access("sandbox.call"));
    }
    let secs = rpc.input("secs")?.map_or(0, |raw| raw.int());
    if !(0..=SECS_MAX).contains(&secs) {
        return Err(Error::value("secs", secs.to_string()));
    }
    let disposition = rpc.params.get("disposition");
    let secs = if disposition.is_empty() || disposition == call::cause::ANSWERED { secs } else { 0 };
    let uniqueid = match rpc.params.get("uniqueid") {
        "" => format!("sandbox-{}", session::new_id()),
        name => call::uniqueid(name)?.to_owned(),
    };
    let script = Script {
        rpc,
        ask: Ask {
            switch_id: own_switch(rpc)?,
            uniqueid,
            line: Named::Line(rpc.params.get("from").trim().to_owned()),
            dst: call::number(rpc.params.get("to"))?,
        },
        secs,
        cause: call::end_cause(disposition, secs)?,
        overruns: is_on(rpc, "overrun")?,
        start_us: rpc.now_us - secs * SECOND_US,
    };
    script.play()
}

fn is_on(rpc: &Call, name: &str) -> Result<bool> {
    Ok(rpc.input(name)?.is_some_and(|raw| raw.on()))
}

fn own_switch(rpc: &Call) -> Result<i64> {
    let sql =
        Sql::new("SELECT id FROM switch WHERE NOT deleted AND active AND kind = ").bind(switch::SANDBOX);
    let sql = sql.sql(" ORDER BY id");
    let row = rpc.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::missed("switch").with("value", switch::SANDBOX))
}

impl Script<'_> {
    fn play(&self) -> Result<Reply> {
        let (app, name) = (&self.rpc.app, (self.ask.switch_id, self.ask.uniqueid.as_str()));
        let granted = self.talk(call::authorise(app, &self.ask, self.start_us)?)?;
        let billsec = if self.overruns { self.secs } else { self.secs.min(granted.sec) };
        let mut nodes = vec![
            Node::leaf("uniqueid", self.ask.uniqueid.as_str()),
            Node::leaf("granted_sec", granted.sec.to_string()),
        ];
        if is_on(self.rpc, "lost")? {
            return Ok(Reply::Ok(nodes));
        }
        let end_us = self.start_us + billsec * SECOND_US;
        let end = End { cause: self.cause, billsec, duration: None, end_us };
        let reports = if is_on(self.rpc, "duplicate")? { 2 } else { 1 };
        let mut settled = call::settle(app, name, end, self.rpc.now_us)?;
        for _ in 1..reports {
            settled = call::settle(app, name, end, self.rpc.now_us)?;
        }
        nodes.extend(call::told(&settled));
        Ok(Reply::Ok(nodes))
    }

    /// Asks for more until the talk is covered or nothing more is granted.
    fn talk(&self, mut granted: Granted) -> Result<Granted> {
        let name = (self.ask.switch_id, self.ask.uniqueid.as_str());
        while granted.sec < self.secs {
            let talked = granted.sec.saturating_sub(AHEAD_SEC);
            let now_us = self.start_us + talked * SECOND_US;
            let more = call::extend(&self.rpc.app, name, Some(talked), now_us)?;
            if more.sec <= granted.sec {
                break;
            }
            granted = more;
        }
        Ok(granted)
    }
}

/// Ends a call that was made up and never reported: the two have talked until now.
pub fn hang_up(app: &Arc<App>, (switch_id, uniqueid): (i64, &str)) -> Result<()> {
    let sql = Sql::new("SELECT started_at, granted_sec FROM call WHERE switch_id = ").bind(switch_id);
    let sql = sql.sql(" AND uniqueid = ").bind(uniqueid);
    let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int, Kind::Int]))?;
    let row = row.ok_or_else(|| Error::missed("uniqueid").with("value", uniqueid))?;
    let now_us = app.clock.now_us();
    let billsec = ((now_us - row[0].int()) / SECOND_US).clamp(0, row[1].int());
    let end = End { cause: call::cause::ANSWERED, billsec, duration: None, end_us: now_us };
    call::settle(app, (switch_id, uniqueid), end, now_us).map(drop)
}
