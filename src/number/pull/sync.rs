//! What another server sells becomes what we sell, at its prices and our markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::client::Client;
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::number::catalogue::{self, ACTIVATION, Vocabulary, second};
use crate::number::supplier::{PULL, Supplier};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Reply};
use crate::time::MINUTE_US;

/// Prices and stock are read anew so often.
const EVERY_US: i64 = 10 * MINUTE_US;
/// Pools of one job.
const BATCH: usize = 20;
/// Rows of one statement.
const STATEMENT: usize = 100;
/// A markup is 10⁻⁴ of a percent; prices are cents (operations.md R190).
const WHOLE: i128 = 1_000_000;
const CENT: i128 = 10_000;
const PRICE_MAX: i128 = 100_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Offer {
    product_id: i64,
    price: i64,
    free: i64,
}

/// Offers by country and operator.
type Pools = BTreeMap<(i64, i64), Vec<Offer>>;

/// `number.supplier.sync`
pub fn sync(call: &Call) -> Result<Reply> {
    let id = call.need_elid()?;
    let condition = Sql::new(" AND kind = ").bind(PULL).sql(" AND id = ").bind(id);
    let found = call.app.db.read(BUDGET_SLOW, |conn| Supplier::find(conn, &condition))?.pop();
    let supplier = found.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let _waiting = Waiting::begin("supplier")?;
    let (offers, unknown) = run(&call.app, &supplier, call.now_us)?;
    Ok(Reply::Ok(vec![Node::leaf("offers", offers.to_string()), Node::leaf("unknown", unknown.to_string())]))
}

/// The same where it is time. A server that cannot be reached is asked again at the next time.
pub fn if_due(app: &Arc<App>, supplier: &Supplier, now_us: i64) {
    let (id, before_us) = (supplier.id, now_us - EVERY_US);
    if !supplier.active || supplier.synced_at > before_us {
        return;
    }
    let taken = app.db.write(move |conn| {
        let sql = Sql::new("UPDATE num_supplier SET synced_at = ").bind(now_us).sql(" WHERE id = ").bind(id);
        Ok(sql.sql(" AND active AND synced_at <= ").bind(before_us).execute(conn)? == 1)
    });
    if !matches!(taken, Ok(true)) {
        return;
    }
    if let Err(error) = run(app, supplier, now_us) {
        tracing::warn!(supplier = supplier.code, "prices were not read: {error}");
    }
}

/// How many offers there are, and how many quotes have words that we do not know.
fn run(app: &Arc<App>, supplier: &Supplier, now_us: i64) -> Result<(usize, usize)> {
    let prices = Client::of(app, supplier)?.prices()?;
    let words = app.db.read(BUDGET_SLOW, Vocabulary::load)?;
    let (mut pools, mut count, mut unknown) = (Pools::new(), 0, 0);
    for (country, products) in prices {
        for (product, operators) in products {
            let product = words.products.get(&product).filter(|(_, category)| category == ACTIVATION);
            for (operator, (cost, free)) in operators {
                let place = words.countries.get(&country).zip(words.operators.get(&operator));
                let price = price(cost, supplier.markup);
                let (Some((country, operator)), Some((product_id, _)), Some(price)) = (place, product, price)
                else {
                    unknown += 1;
                    continue;
                };
                let offer =
                    Offer { product_id: *product_id, price, free: free.clamp(0, i64::from(u32::MAX)) };
                pools.entry((country.0, operator.0)).or_default().push(offer);
                count += 1;
            }
        }
    }
    let pools: Vec<_> = pools.into_iter().collect();
    let mut kept = Vec::new();
    for piece in pools.chunks(BATCH) {
        let (piece, id) = (Arc::new(piece.to_vec()), supplier.id);
        kept.extend(app.db.write(move |conn| keep(conn, id, &piece, now_us))?);
    }
    let id = supplier.id;
    app.db.write(move |conn| empty_others(conn, id, &kept, now_us))?;
    Ok((count, unknown))
}

/// With the markup, rounded up to whole cents.
fn price(cost: Money, markup: i64) -> Option<i64> {
    let price = i128::from(cost.0) * (WHOLE + i128::from(markup));
    let cents = (price + WHOLE * CENT - 1) / (WHOLE * CENT);
    let price = cents * CENT;
    (price > 0 && price <= PRICE_MAX).then(|| i64::try_from(price).ok()).flatten()
}

/// The pools that are this supplier's; one that has numbers of its own, or of another supplier, stays as it is.
fn keep(
    conn: &mut Conn,
    supplier_id: i64,
    pools: &[((i64, i64), Vec<Offer>)],
    now_us: i64,
) -> Result<Vec<i64>> {
    catalogue::lock(conn)?;
    let mut kept = Vec::new();
    for ((country_id, operator_id), offers) in pools {
        let sql = Sql::new("INSERT INTO num_pool (country_id, operator_id, category, supplier_id) VALUES (");
        let sql =
            sql.binds([(*country_id).into(), (*operator_id).into(), ACTIVATION.into(), supplier_id.into()]);
        sql.sql(") ON CONFLICT (country_id, operator_id, category) DO NOTHING").execute(conn)?;
        let sql = Sql::new("SELECT id FROM num_pool WHERE country_id = ").bind(*country_id);
        let sql = sql.sql(" AND operator_id = ").bind(*operator_id).sql(" AND category = ").bind(ACTIVATION);
        let sql = sql.sql(" AND supplier_id = ").bind(supplier_id);
        let Some(row) = sql.first(conn, &[Kind::Int])? else { continue };
        let pool_id = row[0].int();
        upsert(conn, pool_id, offers, now_us)?;
        let sql = Sql::new("UPDATE num_offer SET free = 0, changed_at = ").bind(second(now_us));
        let sql = sql.sql(" WHERE free > 0 AND pool_id = ").bind(pool_id).sql(" AND product_id NOT IN (");
        sql.binds(offers.iter().map(|offer| offer.product_id.into())).sql(")").execute(conn)?;
        kept.push(pool_id);
    }
    Ok(kept)
}

fn upsert(conn: &mut Conn, pool_id: i64, offers: &[Offer], now_us: i64) -> Result<()> {
    for offers in offers.chunks(STATEMENT) {
        let mut sql =
            Sql::new("INSERT INTO num_offer (pool_id, product_id, price, free, changed_at) VALUES (");
        for (nth, offer) in offers.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            let values = [pool_id, offer.product_id, offer.price, offer.free, second(now_us)];
            sql = sql.binds(values.map(Into::into));
        }
        let sql = sql.sql(
            ") ON CONFLICT (pool_id, product_id) DO UPDATE SET price = excluded.price, free = excluded.free, \
             changed_at = excluded.changed_at WHERE num_offer.price <> excluded.price \
             OR num_offer.free <> excluded.free",
        );
        sql.execute(conn)?;
    }
    Ok(())
}

/// What it does not sell any more.
fn empty_others(conn: &mut Conn, supplier_id: i64, kept: &[i64], now_us: i64) -> Result<()> {
    let sql = Sql::new("UPDATE num_offer SET free = 0, changed_at = ").bind(second(now_us));
    let sql = sql.sql(" WHERE free > 0 AND pool_id IN (SELECT id FROM num_pool WHERE supplier_id = ");
    let sql = sql.bind(supplier_id);
    let sql = match kept.is_empty() {
        true => sql,
        false => sql.sql(" AND id NOT IN (").binds(kept.iter().map(|id| (*id).into())).sql(")"),
    };
    sql.sql(")").execute(conn).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markups() {
        for (cost, markup, expected) in [
            ("4", 0, Some(4_000_000)),
            ("4", 250_000, Some(5_000_000)),
            ("0.0001", 0, Some(10_000)),
            ("21.6408", 100_000, Some(23_810_000)),
            ("0", 250_000, None),
            ("-1", 0, None),
            ("9000000000000", 10_000_000, None),
        ] {
            assert_eq!(price(Money::parse(cost).expect("an amount"), markup), expected, "{cost} {markup}");
        }
    }
}
