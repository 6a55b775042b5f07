//! `tool.fixedprices`: services that keep the prices they have while those of their tariff change.

use super::Till;
use super::item::Item;
use super::tariff::PRICE;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("tool.fixedprices", Handler::Form(FORM))];

const OWN_PRICES: &str = "prices of the tariff";

const FORM: Form = record::FORM.read(read).save(save);

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
    let (till, mut count) = (&mut Till::of(cx), 0);
    for tariff in tariffs {
        let services =
            Sql::new(" FROM item WHERE NOT deleted AND status <> 4 AND pricelist_id = ").bind(tariff);
        count += match fixes {
            true => fix(till, tariff, &services.sql(" AND price_set_id = 0"))?,
            false => let_go(till, tariff, &services.sql(" AND price_set_id > 0"))?,
        };
    }
    Ok(vec![Node::leaf("count", count.to_string())])
}

/// One set of prices for all that a call fixes, however many they are.
fn fix(till: &mut Till, tariff: i64, services: &Sql) -> Result<usize> {
    let made = Sql::new("INSERT INTO price_set (pricelist_id) VALUES (").bind(tariff).sql(") RETURNING id");
    let made = made.first(till.conn, &[Kind::Int])?;
    let set = made.ok_or_else(|| Error::system("no id of the prices"))?[0].int();
    let sql = Sql::new("INSERT INTO fixed_price (price_set_id, ").sql(PRICE).sql(") SELECT CAST(").bind(set);
    let sql = sql.sql(" AS BIGINT), ").sql(PRICE).sql(" FROM price WHERE pricelist_id = ");
    sql.bind(tariff).sql(" ORDER BY id").execute(till.conn)?;
    till.note_all("item", services, "fixed prices")?;
    let sql = Sql::new("UPDATE item SET price_set_id = ").bind(set).sql(" WHERE id IN (SELECT id");
    sql.append(services).sql(")").execute(till.conn)
}

/// The services follow their tariff again.
fn let_go(till: &mut Till, tariff: i64, services: &Sql) -> Result<usize> {
    till.note_all("item", services, OWN_PRICES)?;
    let sql = Sql::new("UPDATE item SET price_set_id = 0 WHERE id IN (SELECT id").append(services).sql(")");
    let count = sql.execute(till.conn)?;
    let unused = || {
        let sql = Sql::new(" IN (SELECT s.id FROM price_set s WHERE s.pricelist_id = ").bind(tariff);
        sql.sql(" AND NOT EXISTS (SELECT 1 FROM item i WHERE i.price_set_id = s.id))")
    };
    Sql::new("DELETE FROM fixed_price WHERE price_set_id").append(&unused()).execute(till.conn)?;
    Sql::new("DELETE FROM price_set WHERE id").append(&unused()).execute(till.conn)?;
    Ok(count)
}

/// A service that changes its tariff does not keep the prices of the old one.
pub fn free(till: &mut Till, item: &mut Item) -> Result<()> {
    if item.price_set_id == 0 {
        return Ok(());
    }
    item.price_set_id = 0;
    Sql::new("UPDATE item SET price_set_id = 0 WHERE id = ").bind(item.id).execute(till.conn)?;
    till.note(item, OWN_PRICES)
}
