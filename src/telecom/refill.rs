//! Refills: what raised a client's balance, as he sees it.

use super::client;
use crate::books::Subaccount;
use crate::db::{Conn, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::rpc::handler::Handler;
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("refill", Handler::View(Some(client::listed)))];

/// Where a refill came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Voucher,
    Transfer,
    Payment,
    /// What a plan gives a new client.
    Initial,
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Voucher => "voucher",
            Self::Transfer => "transfer",
            Self::Payment => "payment",
            Self::Initial => "initial",
        }
    }
}

/// A refill, with the row that it came of.
pub struct Refill<'r> {
    pub source: Source,
    pub reference: i64,
    pub amount: Money,
    pub description: &'r str,
}

/// Notes a refill in the transaction that credits it.
pub fn note(conn: &mut Conn, of: &Subaccount, refill: &Refill, now_us: i64) -> Result<()> {
    let values: [Raw; 8] = [
        of.account_id.into(),
        of.reseller_id.into(),
        of.id.into(),
        refill.source.word().into(),
        refill.reference.into(),
        refill.amount.0.into(),
        refill.description.into(),
        now_us.into(),
    ];
    let sql = Sql::new(
        "INSERT INTO refill (account_id, reseller_id, subaccount_id, kind, reference, amount, description, \
         created_at) VALUES (",
    );
    sql.binds(values).sql(")").execute(conn).map(drop)
}
