//! What is sold, beyond what a transcript can see.

use std::time::Duration;

use billmgr::app::App;
use billmgr::billing::{processing, taxrule};
use billmgr::db::{Kind, Sql};
use billmgr::first_start::{self, goods};
use billmgr::ledger::rounding::Tax;
use billmgr::settings::Origin;

use crate::direct;
use crate::support::database::{Database, Dir};
use crate::support::{Engine, seed};

const LONG: Duration = Duration::from_secs(60);

fn number(app: &App, sql: Sql) -> i64 {
    let row = app.db.read(LONG, |conn| sql.first(conn, &[Kind::Int])).expect("a statement");
    row.map_or(0, |row| row[0].int())
}

fn id(app: &App, table: &str, column: &str, name: &str) -> i64 {
    number(app, Sql::new("SELECT id FROM ").word(table).sql(" WHERE ").word(column).sql(" = ").bind(name))
}

/// Runs on the demo of each engine.
fn on_the_demo(test: impl Fn(&std::sync::Arc<App>)) {
    for engine in Engine::all() {
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let app = seed::app(&database.url, &dir.0, Origin::default());
        first_start::run(&app, true).expect("the demo is filled");
        test(&app);
    }
}

fn every_kind_of_tariff(app: &App) {
    for (column, kinds) in [("billtype", 6), ("addontype", 3), ("scaletype", 4), ("restrictclientchange", 4)]
    {
        let sql = Sql::new("SELECT COUNT(DISTINCT ").word(column).sql(") FROM pricelist_detail");
        assert_eq!(number(app, sql), kinds, "{column}");
    }
    for name in goods::type_names() {
        let sql = Sql::new("SELECT COUNT(*) FROM pricelist t JOIN itemtype y ON y.id = t.itemtype_id");
        let count = number(app, sql.sql(" WHERE NOT t.deleted AND y.intname = ").bind(name));
        assert!(count >= 2, "{count} tariffs of {name}");
    }
    let poor = "SELECT COUNT(*) FROM pricelist t WHERE (SELECT COUNT(DISTINCT c.currency_id) FROM price c \
                WHERE c.pricelist_id = t.id AND c.detail_id = 0 AND c.kind = 'period') < 2";
    assert_eq!(number(app, Sql::new(poor)), 0, "every tariff has a price in both currencies");
}

fn the_most_particular_tax_rule(app: &App) {
    let country = |iso| id(app, "country", "iso2", iso);
    let (cloud, other) = (
        id(app, "company", "name", "ООО «Северное облако»"),
        id(app, "company", "name", "Nordwind Labs B.V."),
    );
    let found = |country_id, profiletype, company_id| {
        let buyer = taxrule::Buyer { country_id, profiletype, company_id };
        let rule = app.db.read(LONG, |conn| taxrule::find(conn, buyer)).expect("rules");
        rule.map(|rule| (rule.rate_e4, rule.tax))
    };
    assert_eq!(found(country("DE"), 1, other), Some((190_000, Tax::Included)));
    assert_eq!(found(country("RU"), 2, cloud), Some((200_000, Tax::Added)));
    assert_eq!(found(country("RU"), 1, cloud), Some((200_000, Tax::Included)));
    assert_eq!(found(country("RU"), 1, other), None, "the rule is of another company");
    assert_eq!(found(country("NL"), 2, other), Some((0, Tax::Added)));
    assert_eq!(found(country("NL"), 1, other), None);
    assert_eq!(found(country("JP"), 1, cloud), None);
}

fn passwords_are_sealed(app: &std::sync::Arc<App>) {
    let module = id(app, "processing", "name", "Sandbox");
    let elid = module.to_string();
    for (password, kept) in [("s3cret", "s3cret"), ("", "s3cret"), ("an other", "an other")] {
        let pairs = [("elid", elid.as_str()), ("password", password), ("sok", "ok")];
        direct::call(app, "admin", "processing.edit", &pairs).expect("a module is kept");
        let opened = app.db.read(LONG, |conn| processing::password(conn, &app.sealer, module));
        assert_eq!(opened.expect("a password"), kept);
        let plain = Sql::new("SELECT COUNT(*) FROM processing WHERE password_sealed = ").bind(kept);
        assert_eq!(number(app, plain), 0);
    }
}

#[test]
fn the_demo_sells_everything() {
    on_the_demo(|app| {
        every_kind_of_tariff(app);
        the_most_particular_tax_rule(app);
        passwords_are_sealed(app);
    });
}
