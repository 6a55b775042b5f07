//! A message that is to be handed over now: charged and written down before anything leaves.

use super::ask::Text;
use super::status;
use super::transport::Attempt;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::telecom::party::Party;
use crate::telecom::payers::{Bill, Payers};
use crate::time::MINUTE_US;

/// By then every transport has answered (`provider::TIMEOUT_MAX_SEC`).
pub const LEASE_US: i64 = 5 * MINUTE_US;

/// The words of the keys of what a client and his reseller pay.
const WHAT: [&str; 2] = ["sms", "sms-wholesale"];

/// What it was made of; all 0: of a call that waits for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    pub scheduled_id: i64,
    pub campaign_id: i64,
    pub rcpt_id: i64,
}

/// One that is to be charged.
pub struct Draft<'d> {
    pub party: &'d Party,
    pub payers: &'d Payers,
    pub text: &'d Text,
    pub phone: &'d str,
    pub cost: [Money; 2],
    pub origin: Origin,
    pub external_id: &'d str,
    pub digest: &'d str,
    /// Of the client, once it is charged.
    pub balance_after: Money,
}

/// One that is charged and not handed over yet.
#[derive(Debug, Clone)]
pub struct Charged {
    pub id: i64,
    pub account_id: i64,
    pub payer_id: i64,
    pub origin: Origin,
    pub attempt: Attempt,
}

/// Writes messages down and charges them. The balances have been seen to suffice, in this transaction.
pub fn charge_all(conn: &mut Conn, provider_id: i64, drafts: &[Draft], now_us: i64) -> Result<Vec<Charged>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let ids = insert(conn, provider_id, drafts, now_us)?;
    let drafted: Vec<(&Draft, i64)> = drafts.iter().zip(ids).collect();
    // Those of a campaign have the same payers.
    for some in drafted.chunk_by(|one, other| std::ptr::eq(one.0.payers, other.0.payers)) {
        let bill = |(draft, id): &(&Draft, i64)| Bill { what: WHAT, id: *id, amounts: draft.cost };
        let bills: Vec<Bill> = some.iter().map(bill).collect();
        some[0].0.payers.charge_all(conn, &bills, now_us)?;
    }
    let mut charged = Vec::with_capacity(drafts.len());
    for (draft, id) in drafted {
        let attempt = Attempt {
            reference: reference(id),
            phone: draft.phone.to_owned(),
            sender: draft.text.sender.clone(),
            text: draft.text.text.clone(),
            is_unicode: draft.text.is_unicode,
            parts: draft.text.parts as u32,
        };
        let (account_id, payer_id) = (draft.party.account_id, draft.party.payer_id);
        charged.push(Charged { id, account_id, payer_id, origin: draft.origin, attempt });
    }
    Ok(charged)
}

pub fn reference(id: i64) -> String {
    format!("sms-{id}")
}

/// The message of a reference of ours.
pub fn of_reference(reference: &str) -> Option<i64> {
    reference.strip_prefix("sms-")?.parse().ok()
}

/// The ids of the drafts, in their order: by what each was made of, since no engine promises the order
/// of what it returns.
fn insert(conn: &mut Conn, provider_id: i64, drafts: &[Draft], now_us: i64) -> Result<Vec<i64>> {
    let mut sql = Sql::new(
        "INSERT INTO sms_message (account_id, reseller_id, payer_id, provider_id, scheduled_id, campaign_id, \
         rcpt_id, phone, sender, text, is_unicode, parts, currency_id, cost, wholesale_currency_id, \
         wholesale_cost, balance_after, status, external_id, digest, lease_until, created_at, updated_at) \
         VALUES (",
    );
    for (nth, draft) in drafts.iter().enumerate() {
        sql = if nth > 0 { sql.sql("), (") } else { sql };
        sql = sql.binds(values(provider_id, draft, now_us));
    }
    let rows = sql.sql(") RETURNING id, scheduled_id, rcpt_id").load(conn, &[Kind::Int; 3])?;
    let id_of = |draft: &Draft| {
        let made_of = (draft.origin.scheduled_id, draft.origin.rcpt_id);
        let row = rows.iter().find(|row| (row[1].int(), row[2].int()) == made_of);
        row.map(|row| row[0].int()).ok_or_else(|| Error::system("a message got no id"))
    };
    drafts.iter().map(id_of).collect()
}

fn values(provider_id: i64, draft: &Draft, now_us: i64) -> [Raw; 23] {
    let currency =
        |side: Option<&crate::telecom::payers::Side>| side.map_or(0, |side| side.subaccount.currency_id);
    let Draft { party, payers, text, origin, .. } = draft;
    [
        party.account_id.into(),
        party.reseller_id.into(),
        party.payer_id.into(),
        provider_id.into(),
        origin.scheduled_id.into(),
        origin.campaign_id.into(),
        origin.rcpt_id.into(),
        draft.phone.into(),
        text.sender.as_str().into(),
        text.text.as_str().into(),
        text.is_unicode.into(),
        text.parts.into(),
        currency(Some(payers.retail())).into(),
        draft.cost[0].0.into(),
        currency(payers.wholesale()).into(),
        draft.cost[1].0.into(),
        draft.balance_after.0.into(),
        status::SENDING.into(),
        draft.external_id.into(),
        draft.digest.into(),
        (now_us + LEASE_US).into(),
        now_us.into(),
        now_us.into(),
    ]
}

/// Gives back what a message cost that never left us, once.
pub fn give_back(conn: &mut Conn, message: &Charged, now_us: i64) -> Result<()> {
    let payers = Payers::of(conn, message.account_id, message.payer_id)?;
    let bill = Bill { what: WHAT, id: message.id, amounts: [Money::ZERO; 2] };
    payers.reverse(conn, &bill, now_us)?;
    let sql = Sql::new("UPDATE sms_message SET cost = 0, wholesale_cost = 0 WHERE id = ").bind(message.id);
    sql.execute(conn).map(drop)
}

/// What each of the payers can still spend while messages of one client are charged.
pub struct Purse {
    left: Vec<Money>,
}

impl Purse {
    /// With the balances locked.
    pub fn open(conn: &mut Conn, payers: &Payers, now_us: i64) -> Result<Self> {
        Ok(Self { left: payers.available(conn, now_us)? })
    }

    /// Takes a price out of it, or says who cannot pay it.
    pub fn take(&mut self, cost: [Money; 2]) -> Result<std::result::Result<(), &'static str>> {
        let reasons = [super::reason::NO_BALANCE, super::reason::UNAVAILABLE];
        let short = self.left.iter().zip(cost).position(|(left, cost)| cost > Money::ZERO && *left < cost);
        if let Some(at) = short {
            return Ok(Err(reasons[at]));
        }
        for (left, cost) in self.left.iter_mut().zip(cost) {
            *left = left.minus(cost)?;
        }
        Ok(Ok(()))
    }
}
