//! What belongs to the exported tariffs, read at once for all of them.

use std::collections::BTreeMap;

use super::leaf;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::money::Money;
use crate::tariff::Period;

type Rows = Vec<Vec<Raw>>;

pub struct Parts {
    /// By tariff, add-on and value of an enumeration: kind, period, from_count, amount, code of the currency.
    prices: BTreeMap<(i64, i64, i64), Rows>,
    /// By tariff.
    addons: BTreeMap<i64, Rows>,
    datacenters: BTreeMap<i64, Rows>,
    /// By enumeration.
    values: BTreeMap<i64, Rows>,
    /// The code of the asked currency.
    iso: Option<String>,
}

impl Parts {
    /// `chosen` is ` IN (…)` with the ids of the tariffs. Without an asked currency each tariff is priced in
    /// its provider's.
    pub fn of(conn: &mut Conn, chosen: &Sql, currency_id: i64) -> Result<Self> {
        let iso = Sql::new("SELECT iso FROM currency WHERE id = ").bind(currency_id);
        let iso = iso.first(conn, &[Kind::Text])?.map(|row| row[0].str().to_owned());
        Ok(Self {
            prices: prices(conn, chosen, currency_id)?,
            addons: by_first(addons(chosen).load(conn, &ADDON_KINDS)?),
            datacenters: by_first(
                datacenters(chosen)
                    .load(conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Text])?,
            ),
            values: by_first(
                values(chosen).load(conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Text])?,
            ),
            iso,
        })
    }

    pub fn datacenters(&self, tariff: i64) -> impl Iterator<Item = Node> {
        let node = |row: &Vec<Raw>| {
            Node::new("datacenter")
                .attr("is_json_array", "yes")
                .kid(leaf("id", &row[1].int().to_string()))
                .kid(leaf("name", row[2].str()))
                .kid(leaf("name_ru", row[3].str()))
                .kid(leaf("country", row[4].str()))
        };
        self.datacenters.get(&tariff).into_iter().flatten().map(node)
    }

    /// Prices of a tariff, of one of its add-ons, or of a value of that.
    pub fn price(&self, tariff: i64, addon: i64, value: i64, own_iso: &str) -> Node {
        let iso = self.iso.as_deref().unwrap_or(own_iso);
        let rows = self.prices.get(&(tariff, addon, value)).map(Vec::as_slice).unwrap_or_default();
        let cost = |row: &Vec<Raw>| Money(row[6].int()).shown(iso).to_string();
        let of_kind = |kind: &'static str| rows.iter().filter(move |row| row[3].str() == kind);
        let renewal = |period: i64| of_kind("prolong").find(|row| row[4].int() == period).map(cost);
        let period = |row: &Vec<Raw>| {
            let node = period_node(row[4].int()).attr("cost", cost(row));
            let node = match row[5].int() {
                0 => node,
                from => node.attr("from", from.to_string()),
            };
            match renewal(row[4].int()) {
                Some(renewal) => node.attr("prolong", renewal),
                None => node,
            }
        };
        let single = ["setup", "transfer", "stat"].into_iter();
        let single =
            single.flat_map(|kind| of_kind(kind).map(move |row| Node::new(kind).attr("cost", cost(row))));
        Node::new("price").attr("currency", iso).with(of_kind("period").map(period)).with(single)
    }

    pub fn addons(&self, tariff: i64, iso: &str) -> impl Iterator<Item = Node> {
        let rows = self.addons.get(&tariff).into_iter().flatten();
        rows.map(move |row| self.addon(tariff, row, iso))
    }

    fn addon(&self, tariff: i64, row: &[Raw], iso: &str) -> Node {
        let id = row[1].int();
        let kind = Node::new("addon_itemtype_info")
            .kid(leaf("id", &row[2].int().to_string()))
            .kid(leaf("intname", row[5].str()));
        let numbers = ADDON_NUMBERS.iter().zip(&row[7..]);
        let numbers = numbers.map(|(name, raw)| leaf(name, &raw.int().to_string()));
        Node::new("addon")
            .attr("is_json_array", "yes")
            .kid(leaf("id", &id.to_string()))
            .kid(leaf("itemtype", &row[2].int().to_string()))
            .kid(leaf("name", row[3].str()))
            .kid(leaf("name_ru", row[4].str()))
            .kid(leaf("intname", row[5].str()))
            .kid(leaf("restrictclientchange", row[6].str()))
            .with(numbers)
            .kid(kind)
            .with(measure(&row[MEASURE..]).into_iter().flatten())
            .with(self.enumeration(tariff, id, row[ENUMERATION].int(), iso).into_iter().flatten())
            .kid(self.price(tariff, id, 0, iso))
    }

    /// Id and contents stand in two elements of one name, as clients of the original read them.
    fn enumeration(&self, tariff: i64, addon: i64, id: i64, iso: &str) -> Option<[Node; 2]> {
        let values = self.values.get(&id)?;
        let value = |row: &Vec<Raw>| {
            Node::new("enumerationitem")
                .attr("is_json_array", "yes")
                .kid(leaf("id", &row[1].int().to_string()))
                .kid(leaf("name", row[2].str()))
                .kid(leaf("name_ru", row[3].str()))
                .kid(leaf("intname", row[4].str()))
                .kid(self.price(tariff, addon, row[1].int(), iso))
        };
        let contents = Node::new("enumeration").kid(leaf("id", &id.to_string()));
        Some([leaf("enumeration", &id.to_string()), contents.with(values.iter().map(value))])
    }
}

/// `type` and `length` as clients of the original read them: months, also for what is none.
fn period_node(code: i64) -> Node {
    let word = Period::from_code(code).and_then(Period::word).unwrap_or_default();
    let (kind, length) = if code == Period::Day.code() { ("day", 1) } else { ("month", code) };
    leaf("period", word).attr("is_json_array", "yes").attr("type", kind).attr("length", length.to_string())
}

fn measure(row: &[Raw]) -> Option<[Node; 2]> {
    let id = row[0].int();
    let contents = || {
        Node::new("measure")
            .kid(leaf("id", &id.to_string()))
            .kid(leaf("name", row[1].str()))
            .kid(leaf("name_ru", row[2].str()))
            .kid(leaf("intname", row[3].str()))
    };
    (id != 0).then(|| [leaf("measure", &id.to_string()), contents()])
}

fn by_first(rows: Rows) -> BTreeMap<i64, Rows> {
    let mut found: BTreeMap<i64, Rows> = BTreeMap::new();
    rows.into_iter().for_each(|row| found.entry(row[0].int()).or_default().push(row));
    found
}

fn prices(conn: &mut Conn, chosen: &Sql, currency_id: i64) -> Result<BTreeMap<(i64, i64, i64), Rows>> {
    let sql = Sql::new(
        "SELECT c.pricelist_id, c.detail_id, c.enumerationitem_id, c.kind, c.period, c.from_count, c.amount \
         FROM price c JOIN pricelist l ON l.id = c.pricelist_id JOIN project j ON j.id = l.project_id \
         WHERE NOT c.disabled AND c.currency_id = ",
    );
    let sql = match currency_id {
        0 => sql.sql("j.currency_id"),
        id => sql.bind(id),
    };
    let sql = sql.sql(" AND c.pricelist_id").append(chosen).sql(" ORDER BY c.period, c.from_count, c.id");
    let (int, text) = (Kind::Int, Kind::Text);
    let mut found: BTreeMap<(i64, i64, i64), Rows> = BTreeMap::new();
    for row in sql.load(conn, &[int, int, int, text, int, int, int])? {
        found.entry((row[0].int(), row[1].int(), row[2].int())).or_default().push(row);
    }
    Ok(found)
}

/// Numbers of an add-on, behind its words.
const ADDON_NUMBERS: [&str; 10] = [
    "billtype",
    "addontype",
    "scaletype",
    "addonmin",
    "addonmax",
    "addonlimit",
    "addonlimittrial",
    "addonmaxtrial",
    "addonstep",
    "enumerationitem",
];
const ENUMERATION: usize = 17;
const MEASURE: usize = 18;
const ADDON_KINDS: [Kind; 22] = {
    use Kind::{Int, Text};
    [
        Int, Int, Int, Text, Text, Text, Text, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int,
        Text, Text, Text,
    ]
};

fn addons(chosen: &Sql) -> Sql {
    let sql = Sql::new(
        "SELECT d.pricelist_id, d.id, y.id, CASE WHEN d.name = '' THEN y.name ELSE d.name END, \
         CASE WHEN d.name = '' AND d.name_ru = '' THEN y.name_ru ELSE d.name_ru END, y.intname, \
         d.restrictclientchange, d.billtype, d.addontype, d.scaletype, d.addonmin, d.addonmax, d.addonlimit, \
         d.addonlimittrial, d.addonmaxtrial, d.addonstep, d.enumerationitem_id, d.enumeration_id, \
         COALESCE(m.id, 0), COALESCE(m.name, ''), COALESCE(m.name_ru, ''), COALESCE(m.intname, '') \
         FROM pricelist_detail d JOIN itemtype y ON y.id = d.itemtype_id \
         LEFT JOIN measure m ON m.id = d.measure_id \
         WHERE d.active AND NOT d.deleted AND d.pricelist_id",
    );
    sql.append(chosen).sql(" ORDER BY d.orderpriority, d.id")
}

/// Where the modules of a tariff work, by the name that clients see.
fn datacenters(chosen: &Sql) -> Sql {
    let sql = Sql::new(
        "SELECT DISTINCT l.pricelist_id, d.id, CASE WHEN d.externalname = '' THEN d.name ELSE d.externalname END, \
         d.name_ru, COALESCE(n.iso2, ''), d.orderpriority \
         FROM pricelist_processing l JOIN processing m ON m.id = l.processing_id \
         JOIN pricelist p ON p.id = l.pricelist_id JOIN datacenter d ON d.id = m.datacenter_id \
         LEFT JOIN country n ON n.id = d.country_id \
         WHERE m.active AND NOT m.deleted AND NOT d.deleted \
         AND (NOT EXISTS (SELECT 1 FROM datacenter_project s WHERE s.datacenter_id = d.id) \
         OR EXISTS (SELECT 1 FROM datacenter_project s \
         WHERE s.datacenter_id = d.id AND s.project_id = p.project_id)) AND l.pricelist_id",
    );
    sql.append(chosen).sql(" ORDER BY d.orderpriority, d.id")
}

fn values(chosen: &Sql) -> Sql {
    let sql = Sql::new(
        "SELECT i.enumeration_id, i.id, i.name, i.name_ru, i.intname FROM enumerationitem i \
         WHERE i.active AND NOT i.deleted AND i.enumeration_id IN \
         (SELECT d.enumeration_id FROM pricelist_detail d WHERE d.addontype = 3 AND d.pricelist_id",
    );
    sql.append(chosen).sql(") ORDER BY i.orderpriority, i.id")
}
