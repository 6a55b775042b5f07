//! Products that can be bought, with what each costs where somebody looks.

use super::word_id;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::level::Level;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("number.product", Handler::Rows(rows))];

const ANY: &str = "any";
const KINDS: [Kind; 7] = [Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Flag];

/// What the same purchase would cost now: that of the cheapest operator with stock (operations.md §2.20).
/// Staff see products that nobody sells, too.
fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let pools = pools(cx)?;
    let joined =
        if cx.caller.level() >= Level::Department && pools.is_empty() { " LEFT JOIN " } else { " JOIN " };
    let sql = Sql::new(
        "SELECT p.id, p.slug, p.category, COALESCE(s.price, 0), COALESCE(s.qty, 0), p.hosting_sec, p.active \
         FROM num_product p",
    );
    let sql = sql.sql(joined).sql(
        "(SELECT f.product_id, CAST(COALESCE(MIN(CASE WHEN f.free > 0 THEN f.price END), MIN(f.price)) AS BIGINT) \
         AS price, CAST(SUM(f.free) AS BIGINT) AS qty FROM num_offer f JOIN num_pool l ON l.id = f.pool_id \
         JOIN num_country c ON c.id = l.country_id WHERE f.active AND c.active",
    );
    let sql = sql.append(&pools).sql(" GROUP BY f.product_id) s ON s.product_id = p.id");
    let sql = if cx.caller.level() >= Level::Department { sql } else { sql.sql(" WHERE p.active") };
    sql.sql(" ORDER BY p.slug").load(cx.conn, &KINDS)
}

/// ` AND …` for the country and the operator that were asked for. Error `missed(country)`, `missed(operator)`.
fn pools(cx: &mut Ctx) -> Result<Sql> {
    let mut sql = Sql::default();
    for (what, column) in [("country", " AND l.country_id = "), ("operator", " AND l.operator_id = ")] {
        let word = cx.params.get(what).trim().to_owned();
        if !word.is_empty() && word != ANY {
            sql = sql.sql(column).bind(word_id(cx.conn, what, &word)?);
        }
    }
    Ok(sql)
}
