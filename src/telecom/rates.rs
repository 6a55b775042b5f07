//! The rate of the longest prefix of a number.

use crate::app::App;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::rpc::BUDGET_SLOW;
use crate::telecom::rating::Price;

#[derive(Debug, Default)]
pub struct Rates {}

impl Rates {
    /// What calls to a number of digits cost by a plan. Asked outside of transactions.
    pub fn find(&self, app: &App, plan_id: i64, number: &str) -> Result<Option<Price>> {
        let digits = number.trim_start_matches('+');
        let prefixes = (1..=digits.len()).filter_map(|end| digits.get(..end)).map(Raw::from);
        let sql = Sql::new(
            "SELECT p.prefix, p.destination, r.price, r.initblock, r.billingblock, r.connectcharge, r.min_time \
             FROM rate r JOIN prefix p ON p.id = r.prefix_id WHERE r.active AND r.plan_id = ",
        );
        let sql = sql.bind(plan_id).sql(" AND p.prefix IN (").binds(prefixes).sql(")");
        let sql = sql.sql(" ORDER BY LENGTH(p.prefix) DESC LIMIT 1");
        let kinds = [Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int];
        let row = app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &kinds))?;
        Ok(row.map(|row| Price {
            prefix: row[0].str().to_owned(),
            destination: row[1].str().to_owned(),
            price: Money(row[2].int()),
            initblock: row[3].int(),
            billingblock: row[4].int(),
            connectcharge: Money(row[5].int()),
            min_time: row[6].int(),
        }))
    }
}
