//! What can be bought: a sandbox module, two tariffs of virtual servers, and one in every cart.

use std::sync::Arc;

use billmgr::app::App;
use billmgr::auth::Caller;
use billmgr::db::{Raw, Sql};
use billmgr::outbox::mail::Letter;
use billmgr::service::{Shelf, Till};
use billmgr::time::DAY_US;

use super::{Names, Seed};

/// So late that no test comes there.
const FAR_US: i64 = 50 * 365 * DAY_US;

pub fn fill(seed: &mut Seed) {
    let [project, euro] = ["project", "euro"].map(|name| seed.names[name].clone());
    let vds = seed.id_of("itemtype", "intname", "vds");
    let module = seed.make(
        "module",
        "",
        "processing.add.settings",
        &[("module", "sandbox"), ("name", "Sandbox"), ("itemtype", &vds)],
    );
    for (name, monthly, yearly) in [("tariff", "10.00", "100.00"), ("tariff_big", "31.00", "310.00")] {
        let (of_month, of_year) = (format!("monthly{euro}"), format!("annually{euro}"));
        let (setup, trial) = (format!("setup{euro}"), format!("trial{euro}"));
        let mut params = vec![
            ("itemtype", vds.as_str()),
            ("project", &project),
            ("processingmodule", &module),
            ("name", name),
            ("activate", "on"),
            ("trial", "7"),
            (&of_month, monthly),
            (&of_year, yearly),
            (&trial, "0"),
        ];
        if name == "tariff" {
            params.push((&setup, "3.00"));
        }
        seed.make(name, "", "pricelist.add.step2", &params);
    }
    let tariff = seed.names["tariff"].clone();
    for name in ["client", "client2", "buyer", "buyer2"] {
        seed.make(
            &format!("{name}_service"),
            name,
            "vds.order.param",
            &[("pricelist", &tariff), ("period", "1"), ("domain", &format!("{name}.example.com"))],
        );
    }
    for (nth, name) in ["client", "client2", "buyer", "buyer2"].into_iter().enumerate() {
        let service = seed.names[&format!("{name}_service")].clone();
        let ip = format!("198.51.100.{}", nth + 1);
        seed.call("", "service.ip.add", &[("elid", &service), ("ip", &ip)]);
        letter(seed, name);
    }
    seed.names.insert("vds".into(), vds);
}

/// Something that waits in the outbox for each of them.
fn letter(seed: &Seed, name: &'static str) {
    let (account, app) = (seed.names[name].parse().expect("an id"), seed.app.clone());
    let done = app.clone().db.write(move |conn| {
        let caller = Caller::own();
        let mut shelf = Shelf::default();
        let now_us = app.clock.now_us() + FAR_US;
        let till = &mut Till::new(conn, &app, &caller, ("seed", now_us), &mut shelf);
        let values = [("domain", format!("{name}.example.com")), ("expiredate", "2026-07-15".to_owned())];
        let (template, about) = ("service_expires", format!("seed:{name}"));
        let letter =
            Letter { account_id: account, project_id: 0, template, about, values: &values, paper: None };
        letter.post(till)
    });
    done.expect("a letter waits");
}

/// What tests of single objects would rather make themselves: contacts and cards of every client.
pub fn complete(app: &Arc<App>, names: &Names) {
    let seed = &mut Seed { app: app.clone(), names: names.clone() };
    for name in ["client", "client2", "buyer", "buyer2"] {
        contact(seed, name);
        card(seed, name);
    }
}

/// A domain contact with a copy of a document.
fn contact(seed: &mut Seed, name: &'static str) {
    let latvia = seed.names["latvia"].clone();
    let fields = [
        ("name", name),
        ("profiletype", "1"),
        ("firstname", "Given"),
        ("lastname", name),
        ("email", &format!("{name}@example.com")),
        ("phone", "+371 20000000"),
        ("location_country", &latvia),
        ("location_city", "Riga"),
        ("location_postcode", "LV-1010"),
        ("location_address", "Brivibas 1"),
    ];
    let contact = seed.make(&format!("{name}_contact"), name, "service_profile.edit", &fields);
    let doc = [("plid", contact.as_str()), ("name", "Passport"), ("url", "https://files.example.com/1")];
    seed.make(&format!("{name}_doc"), name, "service_profile.doc.edit", &doc);
}

/// A remembered card, as a gateway leaves one.
fn card(seed: &Seed, name: &'static str) {
    let id = |name: &str| seed.names[name].parse::<i64>().expect("an id");
    let (account, method) = (id(name), id("paymethod"));
    let done = seed.app.db.write(move |conn| {
        let sql = Sql::new(
            "INSERT INTO stored_method (account_id, reseller_id, paymethod_id, name, status) \
             SELECT id, reseller_id, ",
        );
        let values: [Raw; 3] = [method.into(), format!("Card of {name}").into(), 1.into()];
        sql.binds(values).sql(" FROM account WHERE id = ").bind(account).execute(conn)
    });
    done.expect("a card is kept");
}
