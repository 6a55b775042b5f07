//! What an order of domains comes to, worked out from names and ids: steps, one call and the job
//! that charges all ask here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::name::{self, Choice, Zone};
use crate::db::Conn;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::service::contact::{self, link};
use crate::service::order::{self, Terms};
use crate::service::tariff::Tariff;
use crate::service::{Till, choices, limits};
use crate::tariff::period::Period;

pub const TRANSFER: &str = "transfer";
/// Zones whose rules demand name servers demand so many.
const SERVERS_MIN: usize = 2;
const SERVERS: [&str; 4] = ["ns0", "ns1", "ns2", "ns3"];
const MORE_SERVERS: &str = "ns_additional";

/// A domain of an order.
pub struct Line {
    pub name: String,
    pub zone: Zone,
    pub tariff: Arc<Tariff>,
    pub period: Period,
    pub is_transfer: bool,
}

/// Who is to be a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    Known(i64),
    /// Made of the parameters with this prefix.
    New(String),
}

/// The contacts of an order: role, the parameter that named it, and who.
pub type Picks = Vec<(&'static str, String, Pick)>;

/// The domains that the record asks for; `field` is what errors name.
pub fn lines(cx: &mut Ctx, record: &Record, account_id: i64, field: &str) -> Result<Vec<Line>> {
    let kind_id = super::kind(cx)?.id;
    let is_transfer = record.str("domain_action") == TRANSFER;
    let zones = name::zones(cx.conn)?;
    let mut choice = Choice { kind_id, account_id, project_id: record.int("project") };
    let mut lines: Vec<Line> = Vec::new();
    for name in name::split(record.str(field), field)? {
        let zone = name::zone_of(&zones, &name, field)?.clone();
        if is_transfer && zone.transfer_policy == 2 {
            return Err(Error::value(field, name).with("desc", "desc_transfer_not_sold"));
        }
        name::need_new(cx.conn, kind_id, &name, account_id, field)?;
        let tariff = tariff_of(cx, record, &choice, &zone, (field, &name))?;
        choice.project_id = tariff.project_id; // all of an order are one provider's
        let period = period(cx, record, &tariff, is_transfer)?;
        lines.push(Line { name, zone, tariff, period, is_transfer });
    }
    Ok(lines)
}

fn tariff_of(
    cx: &mut Ctx,
    record: &Record,
    choice: &Choice,
    zone: &Zone,
    (field, name): (&str, &str),
) -> Result<Arc<Tariff>> {
    let id = match record.int("pricelist") {
        0 => choice.tariff(cx.conn, zone)?,
        id => {
            name::need_tariff_of(cx.conn, id, zone)?;
            Some(id)
        }
    };
    let id = id.ok_or_else(|| Error::value(field, name).with("desc", "desc_zone_not_sold"))?;
    let tariff = Till::of(cx).tariff(id)?;
    order::need_on_sale(cx, &tariff, choice.kind_id)?;
    match choice.project_id {
        0 => Ok(tariff),
        project if project == tariff.project_id => Ok(tariff),
        _ => Err(Error::value("pricelist", id.to_string())),
    }
}

/// The asked period, else the shortest that is sold; a transfer is always for the shortest.
fn period(cx: &Ctx, record: &Record, tariff: &Tariff, is_transfer: bool) -> Result<Period> {
    let sold = tariff.periods();
    let shortest = sold.iter().copied().find(|period| matches!(period, Period::Months(_)));
    let asked = match cx.params.has("period") {
        true => Period::from_code(record.int("period")),
        false => shortest,
    };
    let period = asked.filter(|period| match is_transfer {
        true => Some(*period) == shortest,
        false => sold.contains(period),
    });
    let refused = || Error::value("period", cx.params.get("period")).with("desc", "desc_period_not_sold");
    period.ok_or_else(refused)
}

/// Checks the name servers that were told.
pub fn check_servers(record: &Record) -> Result<usize> {
    let mut count = 0;
    for field in SERVERS {
        let server = record.str(field).trim();
        if !server.is_empty() {
            name::check_server(server, field)?;
            count += 1;
        }
    }
    for server in more(record.str(MORE_SERVERS)) {
        name::check_server(&server, MORE_SERVERS)?;
        count += 1;
    }
    Ok(count)
}

pub fn more(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| word.to_lowercase()).collect()
}

/// Refuses an order without the name servers that one of its zones demands.
pub fn need_servers(record: &Record, lines: &[Line]) -> Result<()> {
    let count = check_servers(record)?;
    let demands = |line: &&Line| line.zone.needs_servers && !line.is_transfer;
    match lines.iter().find(demands) {
        Some(line) if count < SERVERS_MIN => {
            Err(Error::missed("ns0").with("value", &line.name).with("desc", "desc_needs_servers"))
        }
        _ => Ok(()),
    }
}

/// Refuses contacts that are not this client's.
pub fn check_picks(conn: &mut Conn, account_id: i64, picks: &Picks) -> Result<()> {
    picks.iter().try_for_each(|(_, field, pick)| match pick {
        Pick::Known(id) => contact::need_of(conn, account_id, *id, field),
        Pick::New(_) => Ok(()),
    })
}

/// Makes the services of an order, with their contacts, and puts them into the cart or charges them.
pub fn place(cx: &mut Ctx, record: &Record, field: &str, picks: &Picks) -> Result<Vec<Node>> {
    let owner = order::client(cx)?;
    let lines = lines(cx, record, owner.0, field)?;
    need_servers(record, &lines)?;
    check_picks(cx.conn, owner.0, picks)?;
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    lines.iter().for_each(|line| *counts.entry(line.tariff.id).or_default() += 1);
    for line in &lines {
        order::need_agreement(&line.tariff, record)?;
        let asked = (line.period, counts[&line.tariff.id]);
        limits::check(&mut Till::of(cx), &line.tariff, owner.0, asked)?;
    }
    let codes = codes(record, lines.len())?;
    let contacts = contacts(cx, owner, picks)?;
    let records: Vec<Record> = lines.iter().map(|line| one(cx, record, owner, line)).collect();
    let terms = Terms::of(cx, record)?;
    let till = &mut Till::of(cx);
    let placed = order::place(till, &records, &terms)?;
    for ((item, line), code) in placed.items.iter().zip(&lines).zip(codes) {
        let action = if line.is_transfer { TRANSFER } else { "register" };
        choices::set_param(till, item.id, "domain_action", action, false)?;
        if !code.is_empty() {
            choices::set_param(till, item.id, "auth_code", &code, true)?;
        }
        for (role, id) in &contacts {
            link::bind(till.conn, item.id, role, *id)?;
        }
    }
    let elem = |item: &crate::service::item::Item| {
        let (id, name) = (item.id.to_string(), item.name.as_str());
        Node::new("elem").kid(Node::leaf("id", id)).kid(Node::leaf("domain", name))
    };
    let list = Node::new("list").attr("name", "itemlist").with(placed.items.iter().map(elem));
    Ok(placed.answer().into_iter().chain([list]).chain(terms.onward(cx)).collect())
}

/// What the family's own order would have been told of one domain.
fn one(cx: &Ctx, record: &Record, owner: (i64, i64), line: &Line) -> Record {
    let mut one = record.clone();
    let renewal = order::renewal(cx, record, line.period);
    let renewal =
        if renewal == 0 || is_renewable(&line.tariff, renewal) { renewal } else { line.period.code() };
    one.set("pricelist_id", line.tariff.id);
    one.set("name", line.name.as_str());
    one.set("period", line.period.code());
    one.set("autoprolong", renewal);
    one.set("is_transfer", line.is_transfer);
    one.set("account_id", owner.0);
    one.set("reseller_id", owner.1);
    one
}

fn is_renewable(tariff: &Tariff, code: i64) -> bool {
    Period::from_code(code).is_some_and(|period| tariff.is_sold_for(period))
}

/// One transfer code a name, in their order, or none at all.
fn codes(record: &Record, count: usize) -> Result<Vec<String>> {
    let codes: Vec<String> = record.str("auth_code").split_whitespace().map(str::to_owned).collect();
    match codes.len() {
        0 => Ok(vec![String::new(); count]),
        told if told == count => Ok(codes),
        _ => Err(Error::value("auth_code", "")),
    }
}

/// The ids of the contacts; a new one that several roles name is made once.
fn contacts(cx: &mut Ctx, owner: (i64, i64), picks: &Picks) -> Result<Vec<(&'static str, i64)>> {
    let mut made: BTreeMap<&str, i64> = BTreeMap::new();
    let mut contacts = Vec::new();
    for (role, _, pick) in picks {
        let id = match pick {
            Pick::Known(id) => *id,
            Pick::New(prefix) => match made.get(prefix.as_str()) {
                Some(id) => *id,
                None => {
                    let id = contact::create(cx, owner, prefix)?;
                    made.insert(prefix, id);
                    id
                }
            },
        };
        contacts.push((*role, id));
    }
    Ok(contacts)
}
