//! `availableprice.periods`: what a tariff costs the caller.

use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::Ctx;

/// A row for each period that can be ordered, the shortest first: id, period, price of an order and of a
/// renewal, price of the set-up, currency.
pub fn periods(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let id = cx.need_elid()?;
    let currency = currency_of(cx, id)?;
    let sql = Sql::new(
        "SELECT p.period, p.amount, COALESCE(r.amount, p.amount), COALESCE(s.amount, 0), k.iso FROM price p \
         JOIN currency k ON k.id = p.currency_id \
         LEFT JOIN price r ON r.pricelist_id = p.pricelist_id AND r.detail_id = 0 AND r.kind = 'prolong' \
         AND r.period = p.period AND r.currency_id = p.currency_id \
         LEFT JOIN price s ON s.pricelist_id = p.pricelist_id AND s.detail_id = 0 AND s.kind = 'setup' \
         AND s.currency_id = p.currency_id \
         WHERE p.detail_id = 0 AND p.kind = 'period' AND NOT p.disabled AND p.pricelist_id = ",
    );
    let sql = sql.bind(id).sql(" AND p.currency_id = ").bind(currency).sql(" ORDER BY p.period");
    let rows = sql.load(cx.conn, &[Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text])?;
    let line = |row: Vec<Raw>| {
        let period = row[0].clone();
        [period].into_iter().chain(row).collect()
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The currency that the caller pays the tariff's provider in. A tariff that he cannot order is not there.
fn currency_of(cx: &mut Ctx, id: i64) -> Result<i64> {
    let account = cx.caller.user.account_id;
    let sql = Sql::new("SELECT COALESCE(s.currency_id, j.currency_id), COALESCE(s.id, 0)");
    let sql = sql.sql(" FROM pricelist t JOIN project j ON j.id = t.project_id");
    let sql =
        sql.sql(" LEFT JOIN subaccount s ON s.project_id = t.project_id AND s.account_id = ").bind(account);
    let sql = sql.sql(" WHERE NOT t.deleted AND t.active AND t.id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int; 2])?;
    let open = row.filter(|row| row[1].int() != 0 || cx.caller.level().is_staff());
    open.map(|row| row[0].int()).ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
}
