//! How things stand now: services, operations that failed, payments to make, balances that run low.

use super::Rows;
use super::period::{of_clients, text};
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::record::scope_sql;
use crate::rpc::handler::Ctx;

/// Services by product type and state.
pub fn services(cx: &mut Ctx) -> Result<Rows> {
    let counted = Sql::new("SELECT itemtype_id, status, COUNT(*) AS n FROM item WHERE NOT deleted");
    let counted = counted.append(&scope_sql(cx.scope(), "account_id")).sql(" GROUP BY 1, 2");
    let sql = Sql::new("SELECT t.name, t.name_ru, t.intname, x.status, x.n FROM (").append(&counted);
    let sql = sql.sql(") AS x JOIN itemtype t ON t.id = x.itemtype_id ORDER BY t.name, t.id, x.status");
    let rows = sql.load(cx.conn, &[Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int])?;
    let is_russian = cx.lang == "ru";
    let row = |row: Vec<Raw>| {
        let own = is_russian && !row[1].str().is_empty();
        let name = row[usize::from(own)].str();
        vec![text(name), row[3].clone(), row[4].clone(), row[2].clone()]
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Operations that gave up and wait for somebody.
pub fn failed(_cx: &mut Ctx) -> Result<Sql> {
    Ok(Sql::new(" AND state = ").bind("failed"))
}

/// Payments that were begun and have not been paid.
pub fn to_pay(_cx: &mut Ctx) -> Result<Sql> {
    Ok(Sql::new(" AND status IN (1, 2, 3)"))
}

/// What is low, in the currency of each account, where nothing is asked.
const BELOW: Money = Money::units(5);

/// Personal accounts that can spend less than an amount.
pub fn low(cx: &mut Ctx) -> Result<Sql> {
    let below = match cx.input("below")? {
        Some(Raw::Int(amount)) => amount,
        _ => BELOW.0,
    };
    Ok(low_sql(below).append(&of_clients(cx)))
}

/// The same for who counts them.
pub fn low_usual() -> Sql {
    low_sql(BELOW.0)
}

fn low_sql(below: i64) -> Sql {
    Sql::new(" AND balance + creditlimit < ").bind(below)
}
