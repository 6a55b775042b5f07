//! Asterisk 18 and later with PJSIP as a switch, by three conversations: it reads its lines from us
//! (`realtime`, its cURL backend), asks before it dials and reports the end (`agi`, FastAGI), and we follow
//! and cut its calls over its manager interface (`link`, AMI).

pub mod agi;
pub mod ami;
pub mod contact;
pub mod lines;
mod link;
mod live;
pub mod realtime;
mod supervise;

use std::net::IpAddr;

use crate::app::App;
use crate::auth::session;
use crate::config::Networks;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;

pub use link::Links;
pub use supervise::run_always;

/// A switch that has shown its key.
#[derive(Debug, Clone)]
pub struct Peer {
    pub id: i64,
    /// One that is switched off still reports, but is told of no line and let through no call.
    pub active: bool,
    /// Of the lines that it is told.
    pub context: String,
    pub codecs: String,
}

/// Whose key this is, shown from an address where it is taken. It is found by its hash, so the time that
/// it takes tells nothing of a key. Blocks.
pub fn peer(app: &App, key: &str, ip: IpAddr) -> Result<Option<Peer>> {
    if !session::is_id(key) {
        return Ok(None);
    }
    let sql = Sql::new(
        "SELECT id, active, addr, context, codecs FROM switch WHERE NOT deleted AND kind = 'asterisk' \
         AND hash = ",
    );
    let sql = sql.bind(session::hash(key));
    let kinds = [Kind::Int, Kind::Flag, Kind::Text, Kind::Text, Kind::Text];
    let Some(row) = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &kinds))? else { return Ok(None) };
    let addr = Networks::parse(row[2].str()).map_err(Error::system)?;
    let peer = Peer {
        id: row[0].int(),
        active: row[1].on(),
        context: row[3].str().to_owned(),
        codecs: row[4].str().to_owned(),
    };
    Ok((addr.is_empty() || addr.contains(ip)).then_some(peer))
}
