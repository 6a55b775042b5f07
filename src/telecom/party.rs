//! A client with who pays beside him, and whether anything may be done for him at all.

use super::payers::Payers;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};

/// Of account `a` and its reseller `r`: may anything be done for it?
pub const OPEN: &str = "a.active AND NOT a.deleted AND COALESCE(r.active AND NOT r.deleted, TRUE)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    pub account_id: i64,
    /// The owner column of his rows.
    pub reseller_id: i64,
    /// The reseller who pays the wholesale price; 0: nobody, the client is the provider's.
    pub payer_id: i64,
    is_open: bool,
    is_reseller_open: bool,
}

/// Who is switched off. Of the reseller nothing is told to his client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    Client,
    Reseller,
}

impl Party {
    pub fn load(conn: &mut Conn, account_id: i64) -> Result<Self> {
        let sql = Sql::new(
            "SELECT a.reseller_id, COALESCE(r.id, 0), a.active AND NOT a.deleted, \
             COALESCE(r.active AND NOT r.deleted, TRUE) FROM account a \
             LEFT JOIN account r ON r.id = a.reseller_id AND r.id <> a.id WHERE a.id = ",
        );
        let row = sql.bind(account_id).first(conn, &[Kind::Int, Kind::Int, Kind::Flag, Kind::Flag])?;
        let row = row.ok_or_else(|| Error::missed("account").with("value", account_id.to_string()))?;
        Ok(Self {
            account_id,
            reseller_id: row[0].int(),
            payer_id: row[1].int(),
            is_open: row[2].on(),
            is_reseller_open: row[3].on(),
        })
    }

    pub fn closed(&self) -> Option<Closed> {
        match (self.is_open, self.is_reseller_open) {
            (false, _) => Some(Closed::Client),
            (true, false) => Some(Closed::Reseller),
            (true, true) => None,
        }
    }

    pub fn payers(&self, conn: &mut Conn) -> Result<Payers> {
        Payers::of(conn, self.account_id, self.payer_id)
    }
}
