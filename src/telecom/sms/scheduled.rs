//! Messages for later. They are charged when they are handed over, not before.

use super::ask::{self, Text, Waits, refused};
use super::price::Prices;
use super::provider::{Open, offered};
use super::{reason, status};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::client;
use crate::telecom::party::Party;
use crate::time::{DAY_US, MINUTE_US, Zone};

pub const FUNCS: &[Row] = &[
    ("sms.scheduled", Handler::View(Some(client::listed))),
    ("sms.scheduled.edit", Handler::Form(EDIT)),
    ("sms.scheduled.cancel", Handler::Once(cancel)),
];

const EDIT: Form = record::FORM.read(read).show(offered).save(save);

/// A moment that is just over is meant for now.
const LATE_US: i64 = MINUTE_US;
const AHEAD_US: i64 = 366 * DAY_US;

/// A moment of the server's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub local: String,
    pub at_us: i64,
    pub offset: String,
}

impl Moment {
    /// `2026-05-09 23:00:00` without a zone: of `TimeZone` (decisions.md, Time). Error `value(date)`.
    pub fn parse(text: &str, zone: &Zone, now_us: i64) -> Result<Self> {
        let text = text.trim();
        let wrong = || Error::value("date", text);
        let at_us = Some(text).filter(|text| text.len() == 19).and_then(|text| zone.parse_time(text));
        let at_us = at_us.filter(|at_us| (now_us - LATE_US..=now_us + AHEAD_US).contains(at_us));
        let at_us = at_us.ok_or_else(wrong)?;
        Ok(Self { local: text.to_owned(), at_us, offset: zone.offset(at_us) })
    }
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::read(cx)?;
    if !record.is_new() {
        let sql = Sql::new("SELECT provider, local_time FROM sms_scheduled_list WHERE id = ").bind(record.id);
        if let Some(row) = sql.first(cx.conn, &[Kind::Text, Kind::Text])? {
            record.set("provider", row[0].clone());
            record.set("date", row[1].clone());
        }
    }
    Ok(record)
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let account_id = match record.is_new() {
        true => client::named(cx, record.int("account_id"))?.account_id,
        false => record.owner.0,
    };
    let later = Later::asked(cx, &record, account_id)?;
    match record.is_new() {
        true => insert(cx, &later),
        false => update(cx, record.id, &later),
    }
}

struct Later {
    party: Party,
    provider: Open,
    phone: String,
    text: Text,
    moment: Moment,
    external_id: String,
    digest: String,
}

impl Later {
    fn asked(cx: &mut Ctx, record: &Record, account_id: i64) -> Result<Self> {
        let zone = cx.app.config.load().time_zone.clone();
        let phone = ask::phone(record.str("phone"))?;
        let text = Text::checked(record.str("sender"), record.str("text"))?;
        let moment = Moment::parse(record.str("date"), &zone, cx.now_us)?;
        let provider = Open::find(cx.conn, &record.str("provider").trim().to_lowercase())?;
        let party = Party::load(cx.conn, account_id)?;
        if let Some(reason) = ask::closed(&party) {
            return Err(refused(reason, &phone));
        }
        need_rate(cx, &party, &provider, (&phone, text.parts))?;
        let external_id = client::reference("external_id", record.str("external_id").trim())?;
        let digest = match external_id.as_str() {
            "" => String::new(),
            _ => ask::digest(&[&provider.code, &phone, &text.sender, &text.text, &moment.local]),
        };
        Ok(Self { party, provider, phone, text, moment, external_id, digest })
    }

    fn values(&self) -> [(&'static str, Raw); 7] {
        [
            ("provider_id", self.provider.id.into()),
            ("phone", self.phone.as_str().into()),
            ("sender", self.text.sender.as_str().into()),
            ("text", self.text.text.as_str().into()),
            ("local_time", self.moment.local.as_str().into()),
            ("utc_offset", self.moment.offset.as_str().into()),
            ("run_at", self.moment.at_us.into()),
        ]
    }

    fn nodes(&self, id: i64) -> Vec<Node> {
        vec![
            Node::leaf("id", id.to_string()),
            Node::leaf("provider", &self.provider.code),
            Node::leaf("status", status::SCHEDULED),
            Node::leaf("utc_offset", &self.moment.offset),
        ]
    }
}

/// Where nothing can be sent to, nothing is put off.
fn need_rate(cx: &mut Ctx, party: &Party, provider: &Open, (phone, parts): (&str, i64)) -> Result<()> {
    let payers = party.payers(cx.conn)?;
    let prices = Prices::of(cx.conn, (provider.id, party.payer_id), [phone].into_iter())?;
    match prices.cost(phone, parts, &payers)? {
        Err(reason::NO_RATE) => Err(refused(reason::NO_RATE, phone)),
        _ => Ok(()),
    }
}

fn insert(cx: &mut Ctx, later: &Later) -> Result<Vec<Node>> {
    let party = later.party;
    if !later.external_id.is_empty() {
        client::lock(cx.conn, party.account_id)?;
        if let Some(known) = known(cx, later)? {
            return Ok(known);
        }
    }
    Waits::Scheduled.need_room(cx.conn, party.account_id)?;
    let own = [
        ("account_id", party.account_id.into()),
        ("reseller_id", party.reseller_id.into()),
        ("status", status::SCHEDULED.into()),
        ("external_id", later.external_id.as_str().into()),
        ("digest", later.digest.as_str().into()),
        ("created_at", cx.now_us.into()),
        ("updated_at", cx.now_us.into()),
    ];
    let values: Vec<(&str, Raw)> = own.into_iter().chain(later.values()).collect();
    let sql = Sql::new("INSERT INTO sms_scheduled (").words(values.iter().map(|(name, _)| *name));
    let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, raw)| raw)).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a message got no id"))?;
    history::write(cx, row[0].int(), (party.account_id, party.reseller_id), "")?;
    Ok(later.nodes(row[0].int()))
}

/// The same request again is answered by what the first has done.
fn known(cx: &mut Ctx, later: &Later) -> Result<Option<Vec<Node>>> {
    let sql = Sql::new("SELECT id, digest FROM sms_scheduled WHERE external_id <> '' AND account_id = ");
    let sql = sql.bind(later.party.account_id).sql(" AND external_id = ").bind(later.external_id.as_str());
    match sql.first(cx.conn, &[Kind::Int, Kind::Text])? {
        None => Ok(None),
        Some(row) if row[1].str() == later.digest => Ok(Some(later.nodes(row[0].int()))),
        Some(_) => Err(Error::exists("external_id", &later.external_id)),
    }
}

/// One that has been taken up cannot be changed any more. Error `used(sms)`.
fn update(cx: &mut Ctx, id: i64, later: &Later) -> Result<Vec<Node>> {
    let mut sql = Sql::new("UPDATE sms_scheduled SET updated_at = ").bind(cx.now_us);
    for (name, raw) in later.values() {
        sql = sql.sql(", ").word(name).sql(" = ").bind(raw);
    }
    let sql = sql.sql(" WHERE status = 'SCHEDULED' AND id = ").bind(id);
    if sql.execute(cx.conn)? == 0 {
        return Err(taken(id));
    }
    history::write(cx, id, (later.party.account_id, later.party.reseller_id), "")?;
    Ok(later.nodes(id))
}

pub fn taken(id: i64) -> Error {
    Error::new("used", "sms").with("value", id.to_string())
}

/// What is canceled is decided by the row itself: the worker takes it by the same condition. Nothing has
/// been charged yet.
fn cancel(cx: &mut Ctx) -> Result<Reply> {
    let mut nodes = Vec::new();
    for elid in cx.need_elids()? {
        let id = elid.parse().map_err(|_| Error::value("elid", elid.as_str()))?;
        let owner = owner(cx, id)?;
        let sql = Sql::new("UPDATE sms_scheduled SET status = 'CANCELED', updated_at = ").bind(cx.now_us);
        let sql = sql.sql(" WHERE status = 'SCHEDULED' AND id = ").bind(id);
        match sql.execute(cx.conn)? {
            0 if !is_canceled(cx, "sms_scheduled", id)? => return Err(taken(id)),
            0 => {}
            _ => history::write(cx, id, owner, "")?,
        }
        nodes = vec![Node::leaf("id", id.to_string()), Node::leaf("status", status::CANCELED)];
    }
    Ok(Reply::Ok(nodes))
}

/// Whose it is, if it is the caller's and of the client that `plid` names. Error `missed(elid)`.
pub fn owner(cx: &mut Ctx, id: i64) -> Result<(i64, i64)> {
    let owner = record::owner_of(cx, id)?;
    match cx.plid()? {
        Some(plid) if plid != owner.0 => Err(Error::missed("elid").with("value", id.to_string())),
        _ => Ok(owner),
    }
}

pub fn is_canceled(cx: &mut Ctx, table: &str, id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT status FROM ").word(table).sql(" WHERE id = ").bind(id);
    Ok(sql.first(cx.conn, &[Kind::Text])?.is_some_and(|row| row[0].str() == status::CANCELED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str, zone: &str, now: &str) -> Option<(String, String)> {
        let zone = Zone::named(zone).unwrap();
        let now_us = Zone::utc().parse_time(now).unwrap();
        let moment = Moment::parse(text, &zone, now_us).ok()?;
        Some((Zone::utc().time(moment.at_us), moment.offset))
    }

    #[test]
    fn moments() {
        let some = |at: &str, offset: &str| Some((at.to_owned(), offset.to_owned()));
        let of = |text: &str| moment(text, "Europe/Moscow", "2026-05-09 12:00:00");
        assert_eq!(of("2026-05-09 23:00:00"), some("2026-05-09 20:00:00", "+03:00"));
        // A minute late is now; later or a year ahead is a mistake.
        assert!(of("2026-05-09 14:59:00").is_some());
        assert!(of("2026-05-09 14:58:59").is_none());
        assert!(of("2027-05-10 15:00:00").is_some());
        assert!(of("2027-05-10 15:00:01").is_none());
        for bad in [
            "",
            "2026-05-10",
            "2026-05-10 25:00:00",
            "2026-05-10T10:00:00",
            "10.05.2026 10:00:00",
            "2026-02-30 10:00:00",
            "2026-05-10 10:00",
            "2026-05-10 10:00:0x",
        ] {
            assert!(of(bad).is_none(), "{bad}");
        }
    }

    /// A local time that does not exist moves forward, one that exists twice is the first.
    #[test]
    fn when_clocks_change() {
        let berlin = |text: &str, now: &str| moment(text, "Europe/Berlin", now).unwrap();
        assert_eq!(berlin("2026-03-29 02:30:00", "2026-03-28 12:00:00").0, "2026-03-29 01:30:00");
        let twice = berlin("2026-10-25 02:30:00", "2026-10-24 12:00:00");
        assert_eq!(twice, ("2026-10-25 00:30:00".to_owned(), "+02:00".to_owned()));
    }
}
