//! What calls cost by the demo's providers, and what a reseller makes of it.

use super::stage::Stage;
use crate::db::Sql;
use crate::error::Result;

/// A price list as a carrier sends it: prefix, destination, a minute, blocks, connection, free seconds.
const WHOLESALE: &str = "prefix,destination,price,initblock,billingblock,connectcharge,min_time\n\
    1,\"USA, Canada\",0.0062,6,6\n1212,\"USA, New York\",0.0058,6,6\n1242,Bahamas,0.187,60,60\n\
    33,France,0.0094,1,1\n336,France mobile,0.0265,1,1\n337,France mobile,0.0265,1,1\n\
    371,Latvia,0.0875,1,1\n3712,Latvia mobile,0.2413,1,1\n\
    44,United Kingdom,0.0071,1,1\n447,United Kingdom mobile,0.0182,1,1\n\
    49,Germany,0.0085,1,1\n4915,Germany mobile,0.0214,1,1\n4917,Germany mobile,0.0214,1,1\n\
    491801,Germany service,0.14,60,60,0.05\n\
    7,Россия,0.0345,60,1\n77,Казахстан,0.118,60,1\n7495,\"Россия, Москва\",0.0125,60,1\n79,Россия моб.,0.0412,60,1\n\
    88216,Satellite,4.95,60,60,1,0\n";
/// Where else it leads; by the second.
const DESTINATIONS: &str = include_str!("plans/destinations.csv");
const RETAIL: &str = "33,France,0.019\n371,Latvia,0.129\n44,United Kingdom,0.015\n49,Germany,0.015\n\
    4915,Germany mobile,0.039\n4917,Germany mobile,0.039\n1,\"USA, Canada\",0.015\n";

pub fn set_up(stage: &mut Stage) -> Result<()> {
    // Nobody has a price for these yet.
    for (prefix, destination) in [("0", "Not in use"), ("888", "Disaster relief")] {
        stage.call("admin", "prefix.edit", &[("prefix", prefix), ("destination", destination)])?;
    }
    let own = [("project", "@project.nordwind"), ("currency", "@currency.EUR")];
    for (name, title, lists) in [
        ("plan.direct", "Direct calls", &[RETAIL][..]),
        ("plan.home", "Direct calls, Europe", &[RETAIL]),
        ("plan.wholesale", "Wholesale A–Z", &[DESTINATIONS, WHOLESALE]),
    ] {
        let plan = [own[0], own[1], ("name", title), ("signup", "on"), ("tariff_limit", "3")];
        stage.make(name, "admin", "plan.edit", &plan)?;
        for list in lists {
            stage.call("admin", "rate.import", &[("plan", &format!("@{name}")), ("data", list)])?;
        }
    }
    stage.call("admin", "plan.edit", &[("elid", "@plan.home"), ("initial_credit", "1")])?;
    let given = [("elid", "@account.reseller"), ("plan", "@plan.wholesale")];
    let answer = stage.call("admin", "account.plan", &given)?;
    let retail = stage.answered(&answer, "retail_plan")?;
    stage.remember("plan.shops", retail);
    stage.call("admin", "account.plan", &[("elid", "@account.client"), ("plan", "@plan.direct")])?;
    for plan in ["@plan.direct", "@plan.home"] {
        stage.call("admin", "plan.grant.resume", &[("plid", plan), ("elid", "@account.client")])?;
    }
    of_reseller(stage)
}

/// He sells to one of his clients, with a price of his own.
fn of_reseller(stage: &mut Stage) -> Result<()> {
    let name = [("elid", "@plan.shops"), ("name", "Shops: calls"), ("initial_credit", "2")];
    stage.call("reseller", "plan.edit", &name)?;
    let given = [("elid", "@account.shop1"), ("plan", "@plan.shops")];
    stage.call("reseller", "account.plan", &given)?;
    stage.call("reseller", "markup.edit", &[("percent", "35")])?;
    let sql =
        Sql::new("SELECT x.prefix, r.id FROM rate r JOIN prefix x ON x.id = r.prefix_id WHERE r.plan_id = ");
    let shops = stage.id("plan.shops")?;
    stage.learn("rate", sql.bind(shops))?;
    stage.call("reseller", "rate.edit", &[("elid", "@rate.49"), ("price", "0.0149")])?;
    stage.call("reseller", "rate.suspend", &[("elid", "@rate.88216")]).map(drop)
}
