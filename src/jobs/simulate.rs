//! `billmgr simulate`: the jobs of many days over a copy of the books, and what they would do.
//!
//! Nothing outside is called: services are opened, suspended and closed by the sandbox, letters are
//! not written. Clients pay nothing in, so what is told is what the balances of today lead to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::outbox::worker;
use crate::rpc::BUDGET_SLOW;
use crate::time::{DAY_US, Zone};

/// What happens in one month.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Month {
    /// By operation: how many services.
    pub operations: BTreeMap<String, i64>,
    /// What is charged, with tax, by currency.
    pub charged: BTreeMap<String, Money>,
}

/// Lives through the days up to a moment. The program's clock must be one that can be moved.
pub fn run(app: &Arc<App>, until_us: i64) -> Result<BTreeMap<String, Month>> {
    let since_us = app.clock.now_us();
    while app.clock.now_us() < until_us {
        app.clock.advance_us(DAY_US.min(until_us - app.clock.now_us()));
        super::run_all(app, app.clock.now_us());
        while worker::run_due(app)? > 0 {}
    }
    months(app, since_us)
}

fn months(app: &Arc<App>, since_us: i64) -> Result<BTreeMap<String, Month>> {
    let zone = app.config.load().time_zone.clone();
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    let sql = Sql::new("SELECT createdate, intname FROM outbox WHERE kind = 'operation' AND createdate > ");
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.bind(since_us).load(conn, &[Kind::Int, Kind::Text]))?;
    for row in rows {
        let month = months.entry(month(&zone, row[0].int())).or_default();
        *month.operations.entry(row[1].str().to_owned()).or_default() += 1;
    }
    let sql =
        Sql::new("SELECT realdate, amount, currency_iso FROM expense_list WHERE realdate > ").bind(since_us);
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Int, Kind::Int, Kind::Text]))?;
    for row in rows {
        let charged = &mut months.entry(month(&zone, row[0].int())).or_default().charged;
        let sum = charged.entry(row[2].str().to_owned()).or_default();
        *sum = sum.plus(Money(row[1].int()))?;
    }
    Ok(months)
}

/// `2026-12`
fn month(zone: &Zone, at_us: i64) -> String {
    zone.date(at_us)[..7].to_owned()
}

/// A line a month.
pub fn told(months: &BTreeMap<String, Month>) -> String {
    let mut text = String::from("month    operations; charged\n");
    for (name, month) in months {
        let operations: Vec<String> =
            month.operations.iter().map(|(word, n)| format!("{word} {n}")).collect();
        let charged: Vec<String> =
            month.charged.iter().map(|(iso, sum)| format!("{} {iso}", sum.shown(iso))).collect();
        text.push_str(&format!("{name}  {}; {}\n", operations.join(", "), charged.join(", ")));
    }
    text
}
