//! `tool.fixedprices`: services that keep the prices they have while those of their tariff change.

use super::Till;
use super::item::Item;
use super::tariff::PRICE;
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("tool.fixedprices", Handler::Form(FORM))];

const FORM: Form = record::FORM.read(read).save(save);

/// Services that one call fixes.
const ITEMS_MAX: i64 = 100_000;

fn read(_cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    record.set("fixed", true);
    Ok(record)
}

/// Fixes the services of the tariffs, or lets them follow their tariffs again.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (fixes, tariffs) = (record.get("fixed").on(), record.str("pricelist").to_owned());
    let tariffs: Vec<i64> = tariffs.split(", ").filter_map(|id| id.parse().ok()).collect();
    if tariffs.is_empty() {
        return Err(Error::missed("pricelist"));
    }
    let mut count = 0;
    for tariff in tariffs {
        let condition = Sql::new(" AND status <> 4 AND pricelist_id = ").bind(tariff);
        let condition = condition.sql(" AND is_fixed = ").bind(!fixes);
        let till = &mut Till::of(cx);
        for item in Item::load_many(till.conn, &condition, ITEMS_MAX)? {
            if fixes {
                fix(till, &item)?
            } else {
                free(till, &item)?
            }
            count += 1;
        }
    }
    Ok(vec![Node::leaf("count", count.to_string())])
}

fn fix(till: &mut Till, item: &Item) -> Result<()> {
    let sql = Sql::new("INSERT INTO item_price (item_id, ").sql(PRICE).sql(") SELECT CAST(").bind(item.id);
    let sql = sql.sql(" AS BIGINT), ").sql(PRICE).sql(" FROM price WHERE pricelist_id = ");
    sql.bind(item.pricelist_id).sql(" ORDER BY id").execute(till.conn)?;
    mark(till, item, true)
}

/// The service follows its tariff again.
pub fn free(till: &mut Till, item: &Item) -> Result<()> {
    Sql::new("DELETE FROM item_price WHERE item_id = ").bind(item.id).execute(till.conn)?;
    mark(till, item, false)
}

fn mark(till: &mut Till, item: &Item, is_fixed: bool) -> Result<()> {
    let sql = Sql::new("UPDATE item SET is_fixed = ").bind(is_fixed).sql(" WHERE id = ").bind(item.id);
    sql.execute(till.conn)?;
    till.note(item, if is_fixed { "fixed prices" } else { "prices of the tariff" })
}
