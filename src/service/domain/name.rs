//! Names of domains: what a zone takes, and which tariff sells it.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::service::choices::{canonical_domain, check_domain};

/// Names that one call may order.
const NAMES_MAX: usize = 100;
/// How labels begin that are letters of another script in ASCII (RFC 5890).
const ENCODED: &str = "xn--";

/// A zone in which domains are sold.
#[derive(Debug, Clone)]
pub struct Zone {
    pub id: i64,
    pub name: String,
    idn: bool,
    min_length: i64,
    max_length: i64,
    /// Name servers have to be there before the registration.
    pub needs_servers: bool,
    /// 0 with a renewal, 1 without one, 2 not possible.
    pub transfer_policy: i64,
}

impl Zone {
    fn of(row: &[Raw]) -> Self {
        Self {
            id: row[0].int(),
            min_length: row[1].int(),
            max_length: row[2].int(),
            transfer_policy: row[3].int(),
            name: canonical_domain(row[4].str()),
            idn: row[5].on(),
            needs_servers: row[6].on(),
        }
    }

    /// The label that stands in front of the zone, where the name lies in it.
    fn label<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_suffix(self.name.as_str())?.strip_suffix('.')
    }

    fn takes(&self, label: &str) -> std::result::Result<(), &'static str> {
        let length = label.chars().count() as i64;
        let is_other_script = !label.is_ascii() || label.starts_with(ENCODED);
        match () {
            () if label.contains('.') => Err("desc_name_deep"),
            () if is_other_script && !self.idn => Err("desc_name_idn"),
            () if !(self.min_length..=self.max_length).contains(&length) => Err("desc_name_length"),
            () => Ok(()),
        }
    }
}

/// The zones that are in use.
pub fn zones(conn: &mut Conn) -> Result<Vec<Zone>> {
    let sql = Sql::new(
        "SELECT id, min_length, max_length, transfer_policy, name, idn, requirens FROM tld \
         WHERE NOT deleted AND active ORDER BY name, id",
    );
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Flag, Kind::Flag];
    Ok(sql.load(conn, &kinds)?.iter().map(|row| Zone::of(row)).collect())
}

/// The names of a field, in small letters, each once.
pub fn split(text: &str, field: &str) -> Result<Vec<String>> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let mut names: Vec<String> = Vec::new();
    for word in words.map(canonical_domain).filter(|word| !word.is_empty()) {
        if !names.contains(&word) {
            names.push(word);
        }
        if names.len() > NAMES_MAX {
            return Err(Error::limit(field, NAMES_MAX.to_string()));
        }
    }
    if names.is_empty() { Err(Error::missed(field)) } else { Ok(names) }
}

/// The zone that a name lies in, the longest of several; it has to take the name.
pub fn zone_of<'z>(zones: &'z [Zone], name: &str, field: &str) -> Result<&'z Zone> {
    let refused = |why| Error::value(field, name).with("desc", why);
    check_domain(name).map_err(|_| refused("desc_name_shape"))?;
    if zones.iter().any(|zone| zone.name == name) {
        return Err(refused("desc_name_zone"));
    }
    let fitting = zones.iter().filter_map(|zone| Some((zone, zone.label(name)?)));
    let (zone, label) =
        fitting.max_by_key(|(zone, _)| zone.name.len()).ok_or_else(|| refused("desc_no_zone"))?;
    zone.takes(label).map_err(refused)?;
    Ok(zone)
}

/// Error `exists(<field>)` for a name that is here already, or is waiting in the client's own orders.
pub fn need_new(conn: &mut Conn, kind_id: i64, name: &str, account_id: i64, field: &str) -> Result<()> {
    let sql = Sql::new("SELECT id FROM item WHERE NOT deleted AND itemtype_id = ").bind(kind_id);
    let sql = sql.sql(" AND name_fold = ").bind(name).sql(" AND (status IN (2, 3, 5) OR account_id = ");
    match sql.bind(account_id).sql(") LIMIT 1").first(conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists(field, name)),
        None => Ok(()),
    }
}

/// Which tariff sells a zone.
pub struct Choice {
    pub kind_id: i64,
    pub account_id: i64,
    /// The provider; 0: the client's own one first.
    pub project_id: i64,
}

impl Choice {
    pub fn tariff(&self, conn: &mut Conn, zone: &Zone) -> Result<Option<i64>> {
        let sql = Sql::new("SELECT p.id FROM pricelist p WHERE NOT p.deleted AND p.active");
        let sql = sql.sql(" AND p.orderpolicy = 0 AND p.itemtype_id = ").bind(self.kind_id);
        let sql = sql.sql(" AND p.intname = ").bind(zone.id.to_string());
        let sql = match self.project_id {
            0 => sql,
            id => sql.sql(" AND p.project_id = ").bind(id),
        };
        let sql = sql.sql(" ORDER BY CASE WHEN EXISTS (SELECT 1 FROM subaccount s WHERE s.account_id = ");
        let sql = sql.bind(self.account_id);
        let sql =
            sql.sql(" AND s.project_id = p.project_id) THEN 0 ELSE 1 END, p.orderpriority, p.id LIMIT 1");
        Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
    }
}

/// Error `value(pricelist)` unless the tariff sells the zone.
pub fn need_tariff_of(conn: &mut Conn, tariff_id: i64, zone: &Zone) -> Result<()> {
    let sql = Sql::new("SELECT id FROM pricelist WHERE NOT deleted AND id = ").bind(tariff_id);
    match sql.sql(" AND intname = ").bind(zone.id.to_string()).first(conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => Err(Error::value("pricelist", tariff_id.to_string()).with("desc", "desc_other_zone")),
    }
}

/// Error `value(<field>)` unless it names a server: a host name, behind a slash its addresses where
/// it lies in the domain itself (`ns1.example.com/192.0.2.1`).
pub fn check_server(text: &str, field: &str) -> Result<()> {
    let (host, addresses) = text.split_once('/').unwrap_or((text, ""));
    let is_address = |text: &str| text.trim().parse::<std::net::IpAddr>().is_ok();
    let has_addresses = !text.contains('/') || addresses.split(',').all(is_address);
    match check_domain(host.trim_end_matches('.')).is_ok() && has_addresses {
        true => Ok(()),
        false => Err(Error::value(field, text).with("desc", "desc_name_server")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: i64, name: &str, idn: bool) -> Zone {
        let (name, needs_servers) = (name.to_owned(), false);
        Zone { id, name, idn, min_length: 2, max_length: 10, needs_servers, transfer_policy: 0 }
    }

    #[test]
    fn the_longest_zone_takes_a_name() {
        let zones = [zone(1, "uk", false), zone(2, "co.uk", false), zone(3, "рф", true)];
        let of = |name: &str| {
            zone_of(&zones, name, "domain")
                .map(|zone| zone.id)
                .map_err(|error| error.param("desc").unwrap_or_default().to_owned())
        };
        assert_eq!(of("example.co.uk"), Ok(2));
        assert_eq!(of("example.uk"), Ok(1));
        assert_eq!(of("пример.рф"), Ok(3));
        for (name, why) in [
            ("example.com", "desc_no_zone"),
            ("co.uk", "desc_name_zone"),
            ("www.example.uk", "desc_name_deep"),
            ("пример.uk", "desc_name_idn"),
            ("xn--e1afmkfd.uk", "desc_name_idn"),
            ("e.uk", "desc_name_length"),
            ("exampleexample.uk", "desc_name_length"),
            ("-example.uk", "desc_name_shape"),
            ("example_a.uk", "desc_name_shape"),
            ("uk", "desc_name_shape"),
        ] {
            assert_eq!(of(name), Err(why.to_owned()), "{name}");
        }
    }

    #[test]
    fn names_are_split_and_counted() {
        let names = split(" Example.com.\nexample.net, example.com;", "domain_name").unwrap();
        assert_eq!(names, ["example.com", "example.net"]);
        assert_eq!(split(" ,; ", "domain_name").unwrap_err().kind, "missed");
        let many: Vec<String> = (0..101).map(|nth| format!("a{nth}.com")).collect();
        assert_eq!(split(&many.join(" "), "domain_name").unwrap_err().kind, "limit");
    }

    #[test]
    fn servers_with_and_without_addresses() {
        for (text, good) in [
            ("ns1.example.com", true),
            ("ns1.example.com.", true),
            ("ns1.example.com/192.0.2.1", true),
            ("ns1.example.com/192.0.2.1,2001:db8::1", true),
            ("ns1.example.com/", false),
            ("ns1.example.com/x", false),
            ("ns1", false),
            ("", false),
        ] {
            assert_eq!(check_server(text, "ns0").is_ok(), good, "{text}");
        }
    }
}
