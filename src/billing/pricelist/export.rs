//! `pricelist.export`: what is for sale, for a provider's web site. Anybody may ask.

mod parts;

use std::sync::Arc;

use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Reply};
use parts::Parts;

/// What is asked for; 0 everything.
#[derive(Debug, Default)]
struct Ask {
    project_id: i64,
    itemtype_id: i64,
    pricelist_id: i64,
    currency_id: i64,
    only_available: bool,
    /// Staff sees suspended tariffs too.
    is_staff: bool,
    is_russian: bool,
}

pub fn run(cx: &mut Ctx) -> Result<Reply> {
    let ask = Ask::of(cx)?;
    let key = format!("{ask:?}");
    let app = cx.call.app.clone();
    let writes = app.db.writes();
    if let Some((_, nodes)) = app.exports.get(&key).filter(|kept| Some(kept.0) == writes) {
        return Ok(Reply::Object(nodes.to_vec()));
    }
    let nodes = ask.nodes(cx)?;
    if let Some(writes) = writes {
        app.exports.insert(key, (writes, Arc::new(nodes.clone())));
    }
    Ok(Reply::Object(nodes))
}

impl Ask {
    fn of(cx: &mut Ctx) -> Result<Self> {
        let id = |name: &str| match cx.params.get(name).trim() {
            "" | "null" => Ok(0),
            text => text.parse().map_err(|_| Error::value(name, text)),
        };
        let (project_id, pricelist_id) = (id("elid")?, id("pricelist")?);
        Ok(Self {
            project_id,
            pricelist_id,
            itemtype_id: by_name(cx, "itemtype", "intname")?,
            currency_id: by_name(cx, "currency", "iso")?,
            only_available: matches!(cx.params.get("onlyavailable"), "on" | "yes" | "1"),
            is_staff: cx.caller.level().is_staff(),
            is_russian: cx.lang == "ru",
        })
    }

    /// Which tariffs are meant, of `t` and its type `y`.
    fn condition(&self) -> Sql {
        let mut sql = Sql::new(" WHERE NOT t.deleted AND NOT y.deleted");
        let ids = [
            (" AND t.project_id = ", self.project_id),
            (" AND t.itemtype_id = ", self.itemtype_id),
            (" AND t.id = ", self.pricelist_id),
        ];
        for (column, id) in ids.into_iter().filter(|(_, id)| *id != 0) {
            sql = sql.sql(column).bind(id);
        }
        if !self.is_staff || self.only_available {
            sql = sql.sql(" AND t.active");
        }
        if self.only_available {
            sql = sql.sql(AVAILABLE);
        }
        sql
    }

    fn nodes(&self, cx: &mut Ctx) -> Result<Vec<Node>> {
        let sql = Sql::new("SELECT ").sql(TARIFF_COLUMNS).sql(TARIFFS).append(&self.condition());
        let kinds: Vec<Kind> = TARIFF_KINDS.to_vec();
        let tariffs = sql.sql(" ORDER BY y.orderpriority, t.orderpriority, t.id").load(cx.conn, &kinds)?;
        let chosen = Sql::new(" IN (SELECT t.id").sql(TARIFFS).append(&self.condition()).sql(")");
        let parts = Parts::of(cx.conn, &chosen, self.currency_id)?;
        Ok(tariffs.iter().map(|row| self.tariff(row, &parts)).collect())
    }

    fn tariff(&self, row: &[Raw], parts: &Parts) -> Node {
        let id = row[0].int();
        let (name, name_ru) = (row[1].str(), row[2].str());
        let title = if self.is_russian && !name_ru.is_empty() { name_ru } else { name };
        let words = [
            ("title", title),
            ("name", name),
            ("name_ru", name_ru),
            ("intname", row[3].str()),
            ("description", row[4].str()),
            ("description_ru", row[5].str()),
            ("active", if row[6].on() { "on" } else { "off" }),
        ];
        let kind = Node::new("itemtype_info")
            .kid(leaf("id", &row[9].int().to_string()))
            .kid(leaf("intname", row[10].str()))
            .kid(leaf("name", row[11].str()))
            .kid(leaf("name_ru", row[12].str()));
        Node::new("pricelist")
            .attr("is_json_array", "yes")
            .kid(leaf("id", &id.to_string()))
            .with(words.map(|(name, text)| leaf(name, text)))
            .kid(leaf("orderpriority", &row[7].int().to_string()))
            .kid(leaf("project", &row[8].int().to_string()))
            .kid(leaf("itemtype", &row[9].int().to_string()))
            .kid(kind)
            .kid(leaf("trial", &super::trial_days(row[13].int(), row[14].int()).to_string()))
            .with(parts.datacenters(id))
            .kid(parts.price(id, 0, 0, row[15].str()))
            .with(parts.addons(id, row[15].str()))
    }
}

const TARIFF_COLUMNS: &str = "t.id, t.name, t.name_ru, t.intname, t.description, t.description_ru, t.active, \
     t.orderpriority, t.project_id, y.id, y.intname, y.name, y.name_ru, t.trial, t.trialtype, k.iso";
const TARIFF_KINDS: [Kind; 16] = {
    use Kind::{Flag, Int, Text};
    [Int, Text, Text, Text, Text, Text, Flag, Int, Int, Int, Text, Text, Text, Int, Int, Text]
};
const TARIFFS: &str = " FROM pricelist t JOIN itemtype y ON y.id = t.itemtype_id \
     JOIN project j ON j.id = t.project_id JOIN currency k ON k.id = j.currency_id";
/// It has a price, and a module that works unless staff opens it by hand.
const AVAILABLE: &str = " AND y.active AND EXISTS (SELECT 1 FROM price c WHERE c.pricelist_id = t.id \
     AND c.detail_id = 0 AND c.kind = 'period' AND NOT c.disabled) \
     AND (NOT EXISTS (SELECT 1 FROM pricelist_processing l WHERE l.pricelist_id = t.id) \
     OR EXISTS (SELECT 1 FROM pricelist_processing l JOIN processing m ON m.id = l.processing_id \
     WHERE l.pricelist_id = t.id AND m.active AND NOT m.deleted))";

/// A product type or currency, by its id or its own name; 0 where none is asked for.
fn by_name(cx: &mut Ctx, table: &str, column: &str) -> Result<i64> {
    let asked = cx.params.get(table).trim().to_owned();
    if asked.is_empty() || asked == "null" {
        return Ok(0);
    }
    let name = if column == "iso" { asked.to_uppercase() } else { asked.clone() };
    let mut sql = Sql::new("SELECT id FROM ").word(table).sql(" WHERE (").word(column).sql(" = ").bind(name);
    sql = sql.sql(" OR id = ").bind(asked.parse::<i64>().unwrap_or_default()).sql(")");
    if table == "itemtype" {
        sql = sql.sql(" AND parent_id = 0 AND NOT deleted");
    }
    let row = sql.first(cx.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::value(table, asked))
}

fn leaf(name: &'static str, text: &str) -> Node {
    if text.is_empty() { Node::new(name) } else { Node::leaf(name, text) }
}
