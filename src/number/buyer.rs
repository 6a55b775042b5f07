//! Who buys numbers, and whether he may.

use super::account;
use super::rating;
use crate::books::Subaccount;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::telecom::party::{Closed, Party};
use crate::telecom::payers::Payers;

/// Who buys, and may.
pub struct Buyer {
    pub payers: Payers,
    pub own: Subaccount,
    pub default_forwarding: String,
}

impl Buyer {
    /// Errors of somebody for whom nothing may be done, whose rating keeps him from it, or who has no money in
    /// the currency of numbers.
    pub fn load(conn: &mut Conn, account_id: i64, currency: &str, now_us: i64) -> Result<Self> {
        let party = Party::load(conn, account_id)?;
        match party.closed() {
            Some(Closed::Client) => return Err(Error::access("number.buy")),
            // What keeps a reseller from paying for his client is not told (operations.md §2.14).
            Some(Closed::Reseller) => return Err(Error::limit("service", "")),
            None => {}
        }
        let row = account::Row::load(conn, account_id)?;
        match row.standing {
            Some(standing) => rating::need_open(conn, account_id, standing, now_us)?,
            None => account::open(conn, account_id, party.reseller_id)?,
        }
        let payers = party.payers(conn)?;
        let is_right = |side: &Subaccount| match currency {
            "" => side.currency_id == row.base_currency_id,
            iso => side.iso == iso,
        };
        if !is_right(&payers.retail().subaccount) {
            return Err(Error::limit("balance", ""));
        }
        if payers.wholesale().is_some_and(|side| !is_right(&side.subaccount)) {
            return Err(Error::limit("service", ""));
        }
        let own = payers.retail().subaccount.clone();
        Ok(Self { payers, own, default_forwarding: row.default_forwarding })
    }
}
