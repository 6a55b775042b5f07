//! A new installation: an empty database gets its company and provider by one call.

use billmgr::first_start;
use billmgr::settings::Origin;

use crate::direct::{self, Pairs, tables};
use crate::support::database::{Database, Dir};
use crate::support::{Engine, seed};

fn begins(engine: Engine) {
    if !engine.is_here() {
        return;
    }
    let dir = Dir::new();
    let database = Database::empty(engine, &dir.0);
    let app = seed::app(&database.url, &dir.0, Origin::default());
    first_start::run(&app, false).expect("an empty database is filled");
    let (country, currency) = (tables::ids(&app.db, "country"), tables::ids(&app.db, "currency"));
    let filled: &Pairs = &[
        ("name", "First Ltd"),
        ("profiletype", "2"),
        ("country", &country[3]),
        ("country_legal", &country[4]),
        ("country_physical", ""),
        ("currency", &currency[0]),
        ("language", "ru"),
        ("phone", "+371 20000000"),
        ("project_name", "First"),
        ("project_billurl", "https://my.example.com/billmgr"),
        ("project_notifyemail", "billing@example.com"),
        ("project_supportemail", "help@example.com"),
        ("numtmpl_invoice", "INV-{number}"),
        ("nextnum_invoice", "100"),
        ("numtmpl_payment", "P/{number}"),
        ("nextnum_payment", "7"),
    ];
    let blank = direct::call(&app, "admin", "initialsettings.company", &[]).expect("the form opens");
    assert_eq!((blank.text("name"), blank.text("nextnum_invoice")), ("", "1"));
    let sent: Vec<_> = filled.iter().copied().chain([("clicked_button", "finish"), ("sok", "ok")]).collect();
    let done = direct::call(&app, "admin", "initialsettings.company", &sent).expect("it is kept");
    let again = direct::call(&app, "admin", "initialsettings.company", &sent).expect("it is kept again");
    for name in ["company", "project"] {
        let ids = tables::ids(&app.db, name);
        assert_eq!((ids.len(), done.text(name), again.text(name)), (1, ids[0].as_str(), ids[0].as_str()));
    }
    let shown = direct::call(&app, "admin", "initialsettings.company", &[]).expect("the form opens");
    for (name, value) in filled {
        assert_eq!(shown.text(name), *value, "{name}");
    }
    let link =
        direct::call(&app, "admin", "project.company", &[("elid", done.text("project"))]).expect("a list");
    assert_eq!(link.rows[0]["status"], "on", "{:?}", link.rows);
}

#[test]
fn sqlite() {
    begins(Engine::Sqlite);
}

#[test]
fn postgres() {
    begins(Engine::Postgres);
}
