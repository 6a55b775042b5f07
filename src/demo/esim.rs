//! eSIMs: the built-in provider with its packages, and what a client and a reseller have bought.

use super::stage::Stage;
use crate::db::Sql;
use crate::error::Result;

/// Works for so long that it still does when somebody looks.
const LONG: &str = "GL20G365D";

pub fn set_up(stage: &mut Stage) -> Result<()> {
    let provider = [
        ("code", "sandbox"),
        ("name", "Sandbox"),
        ("kind", "sandbox"),
        ("webhook_secret", "demo-webhook"),
        ("project", "@project.nordwind"),
        ("currency", "@currency.EUR"),
        ("markup_client", "50"),
        ("markup_reseller", "20"),
    ];
    stage.make("esim.provider", "admin", "esim.provider.edit", &provider)?;
    let other = [
        ("code", "esimaccess"),
        ("name", "eSIM Access"),
        ("kind", "http"),
        ("url", "https://esim.example"),
        ("project", "@project.nordwind"),
        ("currency", "@currency.EUR"),
        ("markup_client", "60"),
        ("markup_reseller", "25"),
    ];
    stage.make("esim.other", "admin", "esim.provider.edit", &other)?;
    stage.call("admin", "esim.provider.suspend", &[("elid", "@esim.other")])?;
    stage.call("admin", "esim.package.sync", &[("provider", "@esim.provider")])?;
    stage.learn("esim.package", Sql::new("SELECT code, id FROM esim_package"))?;
    for (package, price) in [("@esim.package.DE5G30D", "11.9"), ("@esim.package.SBXPRICE", "4.9")] {
        stage.call("admin", "esim.package.edit", &[("elid", package), ("price_client", price)])?;
    }
    for (login, code) in [("client", LONG), ("client", "SBXFAIL"), ("reseller", LONG)] {
        let pairs = [("package", code), ("external_id", if code == LONG { "TRAVEL-1" } else { "" })];
        let answer = stage.call(login, "esim.buy", &pairs)?;
        let order = stage.answered(&answer, "id")?.to_string();
        stage.wait(1);
        stage.call(login, "esim.sync", &[("elid", &order)])?;
    }
    // Still on its way when the demo begins.
    stage.call("client", "esim.buy", &[("package", "P2CYMUS93")]).map(drop)
}
