//! Rates that follow those of another plan, with a markup on top: one statement for all of them, in
//! whole numbers, so that both databases come to the same price.
//!
//! A plan that follows has a rate for every prefix of its base and for no other; a manual one keeps its
//! price and times.

use crate::db::{Conn, Sql};
use crate::error::Result;
use crate::ledger::rounding::WHOLE_E4;

/// No price is higher: with the greatest markup a product stays below 2⁶³.
pub const PRICE_MAX: i64 = 100_000_000_000;
/// 10⁻⁴ of a percent.
pub const MARKUP_MAX: i64 = 10_000_000;
const _: () = assert!(i64::MAX / (WHOLE_E4 + MARKUP_MAX) > PRICE_MAX + WHOLE_E4);

/// The rates that follow.
#[derive(Clone, Copy)]
pub enum Which<'w> {
    /// All of one plan.
    Plan(i64),
    /// Those of some prefixes, in all plans of a base.
    PlansOf(i64, &'w [i64]),
}

/// ` FROM` the rates of a base and the plans that follow it. Each prefix is looked up by the key of its
/// rate: a list of them would make PostgreSQL read all rates as long as it has no statistics. SQLite
/// takes the tables in this order.
fn source(which: Which) -> Sql {
    match which {
        Which::Plan(id) => Sql::new(" FROM plan d CROSS JOIN rate b WHERE d.id = ")
            .bind(id)
            .sql(" AND b.plan_id = d.base_plan_id AND NOT d.deleted"),
        Which::PlansOf(base_id, prefixes) => listed(prefixes)
            .sql(" CROSS JOIN rate b CROSS JOIN plan d WHERE b.prefix_id = v.column1 AND b.plan_id = ")
            .bind(base_id)
            .sql(" AND d.base_plan_id = b.plan_id AND NOT d.deleted"),
    }
}

/// ` FROM` some ids, `v.column1`.
pub fn listed(ids: &[i64]) -> Sql {
    let sql = Sql::new(" FROM (VALUES (");
    let all = ids.iter().enumerate().fold(sql, |sql, (nth, id)| {
        let sql = if nth > 0 { sql.sql("), (") } else { sql };
        sql.bind(*id)
    });
    all.sql(")) AS v")
}

/// Wholesale × (1 + markup), half away from zero: no price is negative.
const PRICE: &str = "(b.price * (1000000 + d.markup) + 500000) / 1000000";
const CONNECTCHARGE: &str = "(b.connectcharge * (1000000 + d.markup) + 500000) / 1000000";

/// Changes what is another price or time by now, and nothing else. Answers how many rates that are.
pub fn update(conn: &mut Conn, which: Which, now_us: i64) -> Result<usize> {
    let sql = Sql::new(
        "UPDATE rate SET price = n.price, connectcharge = n.connectcharge, initblock = n.initblock, \
         billingblock = n.billingblock, min_time = n.min_time, base_price = n.base_price, \
         base_charge = n.base_charge, updated_at = ",
    );
    let sql = sql.bind(now_us).sql(" FROM (SELECT d.id AS plan_id, b.prefix_id, ").sql(PRICE);
    let sql = sql.sql(" AS price, ").sql(CONNECTCHARGE).sql(" AS connectcharge, b.initblock, ");
    let sql = sql.sql("b.billingblock, b.min_time, b.price AS base_price, b.connectcharge AS base_charge").append(&source(which)).sql(
        ") AS n WHERE rate.plan_id = n.plan_id AND rate.prefix_id = n.prefix_id AND NOT rate.manual \
         AND (rate.price <> n.price OR rate.connectcharge <> n.connectcharge OR rate.initblock <> n.initblock \
         OR rate.billingblock <> n.billingblock OR rate.min_time <> n.min_time \
         OR rate.base_price <> n.base_price OR rate.base_charge <> n.base_charge)",
    );
    sql.execute(conn)
}

/// Puts another markup on all rates of a plan, by what each knows of its base. Half the time that the
/// look-up of every base takes, and a row whose price stays is not written.
pub fn mark(conn: &mut Conn, plan_id: i64, percent_e4: i64, now_us: i64) -> Result<usize> {
    let factor = WHOLE_E4 + percent_e4;
    let marked = |sql: Sql, column: &'static str| {
        sql.sql("(").sql(column).sql(" * ").bind(factor).sql(" + 500000) / 1000000")
    };
    let sql = marked(Sql::new("UPDATE rate SET price = "), "base_price").sql(", connectcharge = ");
    let sql = marked(sql, "base_charge").sql(", updated_at = ").bind(now_us).sql(" WHERE plan_id = ");
    let sql = sql.bind(plan_id).sql(" AND NOT manual AND (price <> ");
    let sql = marked(sql, "base_price").sql(" OR connectcharge <> ");
    marked(sql, "base_charge").sql(")").execute(conn)
}

/// Adds the rates that are missing.
pub fn insert(conn: &mut Conn, which: Which, now_us: i64) -> Result<usize> {
    let sql = Sql::new(
        "INSERT INTO rate (plan_id, account_id, reseller_id, prefix_id, price, connectcharge, initblock, \
         billingblock, min_time, base_price, base_charge, updated_at) SELECT d.id, d.account_id, d.reseller_id, b.prefix_id, ",
    );
    let sql = sql.sql(PRICE).sql(", ").sql(CONNECTCHARGE).sql(", b.initblock, b.billingblock, b.min_time, ");
    let sql =
        sql.sql("b.price, b.connectcharge, CAST(").bind(now_us).sql(" AS BIGINT)").append(&source(which));
    let missing =
        " AND NOT EXISTS (SELECT 1 FROM rate r WHERE r.plan_id = d.id AND r.prefix_id = b.prefix_id)";
    sql.sql(missing).execute(conn)
}

/// Removes what a plan's base does not have, manual ones too: no call could be charged to the reseller.
pub fn forget(conn: &mut Conn, plan_id: i64) -> Result<usize> {
    let sql = Sql::new("DELETE FROM rate WHERE plan_id = ").bind(plan_id).sql(
        " AND NOT EXISTS (SELECT 1 FROM plan d JOIN rate b ON b.plan_id = d.base_plan_id \
         WHERE d.id = rate.plan_id AND b.prefix_id = rate.prefix_id)",
    );
    sql.execute(conn)
}

/// Removes a prefix from all plans of a base.
pub fn remove(conn: &mut Conn, base_id: i64, prefix_id: i64) -> Result<usize> {
    let sql = Sql::new("DELETE FROM rate WHERE prefix_id = ").bind(prefix_id);
    let sql = sql.sql(" AND plan_id IN (SELECT id FROM plan WHERE base_plan_id = ").bind(base_id).sql(")");
    sql.execute(conn)
}
