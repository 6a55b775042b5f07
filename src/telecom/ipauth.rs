//! Addresses that are let in without a password, each as one SIP account (operations.md §2.10). A
//! switch tells peers apart by their source address, so an address is active once on the server.

use std::net::Ipv4Addr;

use super::sip;
use crate::config::Listen;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("ipauth", Handler::View(Some(listed))),
    ("ipauth.edit", Handler::Form(EDIT)),
    ("ipauth.suspend", Handler::Each(suspend)),
    ("ipauth.resume", Handler::Each(resume)),
];

const EDIT: Form = record::FORM.read(read).check(check).save(save);

/// Addresses of one SIP account.
const LIMIT: i64 = 100;

/// Those of the SIP account that `plid` names.
fn listed(cx: &mut Ctx) -> Result<Sql> {
    let named = cx.params.get("plid").trim().to_owned();
    if named.is_empty() {
        return Ok(Sql::default());
    }
    Ok(Sql::new(" AND sip_id = ").bind(sip::find(cx, &named, "plid")?.id))
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::read(cx)?;
    if !record.is_new() {
        let sql = Sql::new("SELECT name FROM sip WHERE id = ").bind(record.int("sip_id"));
        let row = sql.first(cx.conn, &[Kind::Text])?;
        record.set("sip", row.map_or(String::new(), |row| row[0].str().to_owned()));
    }
    Ok(record)
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !(1..=65_535).contains(&record.int("port")) {
        return Err(Error::value("port", record.int("port").to_string()));
    }
    if record.is_new() {
        let text = record.str("ip").trim().to_owned();
        let ip = public(&text).filter(|ip| !is_own(cx, *ip));
        let ip = ip.ok_or_else(|| Error::value("ip", text).with("desc", "desc_ipauth_ip"))?;
        record.set("ip", ip.to_string());
    }
    record.set("updated_at", cx.now_us);
    Ok(())
}

/// An address that a telephone system on the internet can have. Those of documentation are let
/// pass: the description of the API has one as its example.
fn public(text: &str) -> Option<Ipv4Addr> {
    let ip: Ipv4Addr = text.parse().ok()?;
    let [first, second, ..] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second); // RFC 6598
    let is_inner = ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared;
    (!is_inner && (1..224).contains(&first)).then_some(ip)
}

/// Does this server itself listen there?
fn is_own(cx: &Ctx, ip: Ipv4Addr) -> bool {
    let host = ip.to_string();
    cx.app.config.load().listen.iter().any(|listen| match listen {
        Listen::Tcp { address, .. } => address.rsplit_once(':').is_some_and(|(own, _)| own == host),
        Listen::Unix(_) => false,
    })
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    if !record.is_new() {
        return record::save(cx, record);
    }
    let plid = cx.params.get("plid").to_owned();
    let (field, named) =
        if record.str("sip").is_empty() { ("plid", plid.as_str()) } else { ("sip", record.str("sip")) };
    if named.trim().is_empty() {
        return Err(Error::missed("sip"));
    }
    let sip = sip::find_locked(cx, named, field)?;
    let ip = record.str("ip").to_owned();
    need_free(cx.conn, &ip)?;
    let seq = free_seq(cx.conn, sip.id)?;
    let (port, peer_name) = (record.int("port"), format!("{}_ipa{seq}", sip.name));
    let values: [Raw; 9] = [
        sip.owner.0.into(),
        sip.owner.1.into(),
        sip.id.into(),
        seq.into(),
        peer_name.as_str().into(),
        ip.as_str().into(),
        port.into(),
        cx.now_us.into(),
        cx.now_us.into(),
    ];
    let sql = Sql::new(
        "INSERT INTO ipauth (account_id, reseller_id, sip_id, seq, peer_name, ip, port, created_at, \
         updated_at) VALUES (",
    );
    let row = sql.binds(values).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    let id = row.ok_or_else(|| Error::system("an address got no id"))?[0].int();
    history::write(cx, id, sip.owner, &peer_name)?;
    let leaf = |name: &'static str, text: String| Node::leaf(name, text);
    Ok(vec![
        leaf("id", id.to_string()),
        leaf("sip_login", sip.name),
        leaf("peer_name", peer_name),
        leaf("ip", ip),
        leaf("port", port.to_string()),
        leaf("status", "1".to_owned()),
    ])
}

/// The index decides; this only saves a transaction.
fn need_free(conn: &mut Conn, ip: &str) -> Result<()> {
    let sql = Sql::new("SELECT id FROM ipauth WHERE status = 1 AND ip = ").bind(ip);
    match sql.first(conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("ip", ip)),
        None => Ok(()),
    }
}

/// The smallest number that no address of the SIP account has; its client is locked.
fn free_seq(conn: &mut Conn, sip_id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT seq FROM ipauth WHERE sip_id = ").bind(sip_id).sql(" ORDER BY seq");
    let taken = sql.load(conn, &[Kind::Int])?;
    let free = taken.iter().zip(1..).find(|(row, seq)| row[0].int() != *seq).map(|(_, seq)| seq);
    match free.unwrap_or(taken.len() as i64 + 1) {
        seq if seq > LIMIT => Err(Error::limit("ip", LIMIT.to_string())),
        seq => Ok(seq),
    }
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    turn(cx, elid, 0)
}

/// Refused with `exists(ip)` where the address is active by now for another peer.
fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    turn(cx, elid, 1)
}

fn turn(cx: &mut Ctx, elid: &str, status: i64) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let owner = record::owner_of(cx, id)?;
    let sql = Sql::new("UPDATE ipauth SET status = ").bind(status).sql(", updated_at = ").bind(cx.now_us);
    let sql = sql.sql(" WHERE id = ").bind(id).sql(" AND status <> ").bind(status);
    match sql.execute(cx.conn)? {
        0 => Ok(()),
        _ => history::write(cx, id, owner, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for ip in ["203.0.113.10", "198.51.100.1", "192.0.2.1", "8.8.8.8", "1.0.0.1", "223.255.255.254"] {
            assert!(public(ip).is_some(), "{ip}");
        }
        for ip in ["100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1"] {
            assert!(public(ip).is_some(), "{ip}");
        }
        let inner = "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 127.0.0.1 169.254.1.1 100.64.0.1 \
                     100.127.255.255 0.0.0.0 0.1.2.3 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255";
        let odd = "203.0.113.0/24 203.0.113 203.0.113.10.1 pbx.example.com 203.0.113.010 ::1 ::ffff:8.8.8.8";
        for ip in inner.split_whitespace().chain(odd.split_whitespace()).chain(["", "-1.2.3.4"]) {
            assert!(public(ip).is_none(), "{ip}");
        }
    }
}
