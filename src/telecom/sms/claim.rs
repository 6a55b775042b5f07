//! Takes what is due for one provider: claimed, charged and written down in one transaction, so that two
//! servers never have the same, and a server that ends has at most one batch under way.

use std::collections::BTreeMap;

use super::ask::{self, Text};
use super::message::{Charged, Draft, Origin, Purse, charge_all};
use super::outcome::finish;
use super::price::Prices;
use super::provider::IN_FLIGHT_MAX;
use super::reason;
use crate::db::{self, Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::telecom::party::Party;
use crate::telecom::payers::Payers;
use crate::time::SECOND_US;

/// Campaigns that one claim looks at: in those of the first ones everybody may be waiting for another try.
const LOOKED_AT: i64 = 8;

/// What there is to do for a provider.
pub enum Claim {
    Batch(Vec<Charged>),
    /// His pace says: in so many microseconds.
    Later(i64),
    Nothing,
}

struct Pace {
    at_once: i64,
    per_sec: i64,
    next_at: i64,
}

pub fn claim(conn: &mut Conn, provider_id: i64, now_us: i64) -> Result<Claim> {
    let Some(pace) = pace(conn, provider_id)? else { return Ok(Claim::Nothing) };
    if pace.next_at > now_us {
        return Ok(Claim::Later(pace.next_at - now_us));
    }
    if pace.per_sec > 0 && !reserve(conn, provider_id, &pace, pace.at_once, now_us)? {
        return Ok(Claim::Later(SECOND_US)); // another server's turn
    }
    let mut batch = scheduled(conn, provider_id, pace.at_once, now_us)?;
    let left = pace.at_once - batch.len() as i64;
    batch.append(&mut of_campaigns(conn, provider_id, left, now_us)?);
    if pace.per_sec > 0 {
        let taken = Pace { next_at: i64::MAX, ..pace };
        reserve(conn, provider_id, &taken, batch.len() as i64, now_us)?;
    }
    Ok(if batch.is_empty() { Claim::Nothing } else { Claim::Batch(batch) })
}

fn pace(conn: &mut Conn, provider_id: i64) -> Result<Option<Pace>> {
    let sql =
        Sql::new("SELECT in_flight, pace, next_at FROM sms_provider WHERE NOT deleted AND active AND id = ");
    let row = sql.bind(provider_id).first(conn, &[Kind::Int; 3])?;
    Ok(row.map(|row| {
        let (in_flight, per_sec) = (row[0].int().clamp(1, IN_FLIGHT_MAX), row[1].int());
        // A provider that takes one a second does not take sixteen at once.
        let at_once = if per_sec > 0 { in_flight.min(per_sec) } else { in_flight };
        Pace { at_once, per_sec, next_at: row[2].int() }
    }))
}

/// Puts off the next batch by what so many messages take. False where another server was quicker.
fn reserve(conn: &mut Conn, provider_id: i64, pace: &Pace, count: i64, now_us: i64) -> Result<bool> {
    let until = now_us + count * SECOND_US / pace.per_sec;
    let sql =
        Sql::new("UPDATE sms_provider SET next_at = ").bind(until).sql(" WHERE id = ").bind(provider_id);
    Ok(sql.sql(" AND next_at <= ").bind(pace.next_at).execute(conn)? > 0)
}

/// Messages for a moment that has come.
fn scheduled(conn: &mut Conn, provider_id: i64, limit: i64, now_us: i64) -> Result<Vec<Charged>> {
    let sql = Sql::new(
        "SELECT id, account_id, phone, sender, text FROM sms_scheduled WHERE status = 'SCHEDULED' \
         AND provider_id = ",
    );
    let sql = sql.bind(provider_id).sql(" AND run_at <= ").bind(now_us).sql(" ORDER BY run_at, id LIMIT ");
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Text];
    let mut rows = sql.bind(limit).load(conn, &kinds)?;
    rows.sort_by_key(|row| row[1].int()); // balances are locked by ascending account
    let mut batch = Vec::new();
    for row in rows {
        let id = row[0].int();
        let sql =
            Sql::new("UPDATE sms_scheduled SET status = 'PROCESSING', tries = tries + 1, updated_at = ");
        let sql = sql.bind(now_us).sql(" WHERE status = 'SCHEDULED' AND id = ").bind(id);
        if sql.execute(conn)? == 0 {
            continue; // canceled, or another server has it
        }
        match db::attempt(conn, |conn| scheduled_one(conn, provider_id, &row, now_us)) {
            Ok(Ok(message)) => batch.push(message),
            Ok(Err(reason)) => refuse(conn, id, reason, now_us)?,
            Err(error) if error.kind == "system" => return Err(error),
            Err(_) => refuse(conn, id, reason::UNAVAILABLE, now_us)?,
        }
    }
    Ok(batch)
}

fn scheduled_one(
    conn: &mut Conn,
    provider_id: i64,
    row: &[Raw],
    now_us: i64,
) -> Result<std::result::Result<Charged, &'static str>> {
    let party = Party::load(conn, row[1].int())?;
    if let Some(reason) = ask::closed(&party) {
        return Ok(Err(reason));
    }
    let text = Text::stored(row[3].str().to_owned(), row[4].str().to_owned());
    let phone = row[2].str();
    let payers = party.payers(conn)?;
    let prices = Prices::of(conn, (provider_id, party.payer_id), [phone].into_iter())?;
    let cost = match prices.cost(phone, text.parts, &payers)? {
        Ok(cost) => cost,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Err(reason) = Purse::open(conn, &payers, now_us)?.take(cost)? {
        return Ok(Err(reason));
    }
    let origin = Origin { scheduled_id: row[0].int(), ..Origin::default() };
    let draft = draft(&party, &payers, &text, phone, cost, origin);
    let message = charge_all(conn, provider_id, &[draft], now_us)?.remove(0);
    let sql = Sql::new("UPDATE sms_scheduled SET sms_id = ").bind(message.id).sql(" WHERE id = ");
    sql.bind(origin.scheduled_id).execute(conn)?;
    Ok(Ok(message))
}

fn draft<'d>(
    party: &'d Party,
    payers: &'d Payers,
    text: &'d Text,
    phone: &'d str,
    cost: [Money; 2],
    origin: Origin,
) -> Draft<'d> {
    Draft {
        party,
        payers,
        text,
        phone,
        cost,
        origin,
        external_id: "",
        digest: "",
        balance_after: Money::ZERO,
    }
}

fn refuse(conn: &mut Conn, id: i64, reason: &str, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE sms_scheduled SET status = 'FAILED', reason = ").bind(reason);
    let sql = sql.sql(", updated_at = ").bind(now_us).sql(" WHERE id = ").bind(id);
    sql.execute(conn).map(drop)
}

struct Campaign {
    id: i64,
    account_id: i64,
    text: Text,
}

/// ` AND …` on campaign `c`: somebody in it waits, and not for another try.
pub fn has_due(now_us: i64) -> Sql {
    let sql = Sql::new(
        " AND c.queued > 0 AND EXISTS (SELECT 1 FROM sms_campaign_rcpt q WHERE q.status = 'QUEUED' \
         AND q.campaign_id = c.id AND q.next_at <= ",
    );
    sql.bind(now_us).sql(")")
}

/// The campaign that has waited longest for its turn is next.
fn of_campaigns(conn: &mut Conn, provider_id: i64, limit: i64, now_us: i64) -> Result<Vec<Charged>> {
    if limit <= 0 {
        return Ok(Vec::new());
    }
    let sql = Sql::new(
        "SELECT id, account_id, sender, text FROM sms_campaign c WHERE status IN ('QUEUED', 'RUNNING') \
         AND provider_id = ",
    );
    let sql = sql.bind(provider_id).sql(" AND run_at <= ").bind(now_us).append(&has_due(now_us));
    let sql = sql.sql(" ORDER BY served_at, id LIMIT ").bind(LOOKED_AT);
    for row in sql.load(conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Text])? {
        let text = Text::stored(row[2].str().to_owned(), row[3].str().to_owned());
        let campaign = Campaign { id: row[0].int(), account_id: row[1].int(), text };
        let batch = match db::attempt(conn, |conn| of_campaign(conn, provider_id, &campaign, limit, now_us)) {
            Ok(batch) => batch,
            Err(error) if error.kind == "system" => return Err(error),
            Err(_) => {
                fail_rest(conn, campaign.id, reason::UNAVAILABLE, now_us)?;
                Vec::new()
            }
        };
        if !batch.is_empty() {
            return Ok(batch);
        }
    }
    Ok(Vec::new())
}

fn of_campaign(
    conn: &mut Conn,
    provider_id: i64,
    campaign: &Campaign,
    limit: i64,
    now_us: i64,
) -> Result<Vec<Charged>> {
    // Its row is locked: who cancels it waits, or was first.
    let sql = Sql::new("UPDATE sms_campaign SET status = 'RUNNING', served_at = ").bind(now_us);
    let sql = sql.sql(" WHERE status IN ('QUEUED', 'RUNNING') AND id = ").bind(campaign.id);
    if sql.execute(conn)? == 0 {
        return Ok(Vec::new());
    }
    let party = Party::load(conn, campaign.account_id)?;
    if let Some(reason) = ask::closed(&party) {
        fail_rest(conn, campaign.id, reason, now_us)?;
        return Ok(Vec::new());
    }
    let sql = Sql::new("SELECT id, phone FROM sms_campaign_rcpt WHERE status = 'QUEUED' AND campaign_id = ");
    let sql =
        sql.bind(campaign.id).sql(" AND next_at <= ").bind(now_us).sql(" ORDER BY id LIMIT ").bind(limit);
    let rows = sql.load(conn, &[Kind::Int, Kind::Text])?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sorted = sorted(conn, provider_id, campaign, &party, &rows, now_us)?;
    let charged = charge_all(conn, provider_id, &sorted.drafts(&party, campaign), now_us)?;
    taken(conn, campaign.id, &charged, now_us)?;
    for (reason, rcpts) in &sorted.failed {
        fail(conn, campaign.id, reason, rcpts, now_us)?;
    }
    if let Some(reason) = sorted.short {
        fail_rest(conn, campaign.id, reason, now_us)?;
    }
    finish(conn, campaign.id, now_us)?;
    Ok(charged)
}

/// Recipients who can be paid for, and who cannot.
struct Sorted<'r> {
    payers: Payers,
    paid: Vec<(i64, &'r str, [Money; 2])>,
    failed: BTreeMap<&'static str, Vec<i64>>,
    /// Why nobody behind them can be paid for.
    short: Option<&'static str>,
}

impl Sorted<'_> {
    fn drafts<'d>(&'d self, party: &'d Party, campaign: &'d Campaign) -> Vec<Draft<'d>> {
        let draft = |(rcpt_id, phone, cost): &(i64, &'d str, [Money; 2])| {
            let origin = Origin { campaign_id: campaign.id, rcpt_id: *rcpt_id, ..Origin::default() };
            draft(party, &self.payers, &campaign.text, phone, *cost, origin)
        };
        self.paid.iter().map(draft).collect()
    }
}

fn sorted<'r>(
    conn: &mut Conn,
    provider_id: i64,
    campaign: &Campaign,
    party: &Party,
    rows: &'r [Vec<Raw>],
    now_us: i64,
) -> Result<Sorted<'r>> {
    let payers = party.payers(conn)?;
    let phones = rows.iter().map(|row| row[1].str());
    let prices = Prices::of(conn, (provider_id, party.payer_id), phones)?;
    let mut purse = Purse::open(conn, &payers, now_us)?;
    let (mut paid, mut failed, mut short) = (Vec::new(), BTreeMap::new(), None);
    for row in rows {
        let (id, phone) = (row[0].int(), row[1].str());
        match prices.cost(phone, campaign.text.parts, &payers)? {
            Err(reason) => failed.entry(reason).or_insert_with(Vec::new).push(id),
            Ok(cost) => match purse.take(cost)? {
                Ok(()) => paid.push((id, phone, cost)),
                Err(reason) => {
                    short = Some(reason);
                    break;
                }
            },
        }
    }
    Ok(Sorted { payers, paid, failed, short })
}

fn taken(conn: &mut Conn, campaign_id: i64, charged: &[Charged], now_us: i64) -> Result<()> {
    if charged.is_empty() {
        return Ok(());
    }
    let sql = Sql::new(
        "UPDATE sms_campaign_rcpt SET status = 'SENDING', tries = tries + 1, sms_id = v.column2 FROM (VALUES (",
    );
    let mut sql = sql;
    for (nth, message) in charged.iter().enumerate() {
        sql = if nth > 0 { sql.sql("), (") } else { sql };
        sql = sql.bind(message.origin.rcpt_id).sql(", ").bind(message.id);
    }
    sql.sql(")) AS v WHERE sms_campaign_rcpt.id = v.column1").execute(conn)?;
    let count = charged.len() as i64;
    let sql = Sql::new("UPDATE sms_campaign SET queued = queued - ").bind(count);
    let sql = sql.sql(", sending = sending + ").bind(count).sql(", updated_at = ").bind(now_us);
    sql.sql(" WHERE id = ").bind(campaign_id).execute(conn).map(drop)
}

fn fail(conn: &mut Conn, campaign_id: i64, reason: &str, rcpts: &[i64], now_us: i64) -> Result<()> {
    let sql = Sql::new(" AND id IN (").binds(rcpts.iter().map(|id| Raw::from(*id))).sql(")");
    fail_where(conn, campaign_id, reason, &sql, now_us)
}

/// All that still waits, in one statement.
fn fail_rest(conn: &mut Conn, campaign_id: i64, reason: &str, now_us: i64) -> Result<()> {
    fail_where(conn, campaign_id, reason, &Sql::default(), now_us)?;
    finish(conn, campaign_id, now_us)
}

fn fail_where(conn: &mut Conn, campaign_id: i64, reason: &str, which: &Sql, now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE sms_campaign_rcpt SET status = 'FAILED', reason = ").bind(reason);
    let sql = sql.sql(" WHERE status = 'QUEUED' AND campaign_id = ").bind(campaign_id);
    let failed = sql.append(which).execute(conn)? as i64;
    let sql = Sql::new("UPDATE sms_campaign SET queued = queued - ").bind(failed);
    let sql = sql.sql(", failed = failed + ").bind(failed).sql(", updated_at = ").bind(now_us);
    sql.sql(" WHERE id = ").bind(campaign_id).execute(conn).map(drop)
}
