//! Zones on sale, contacts, and the first domains of a client.

use super::catalogue::{Deed, play};
use super::stage::Stage;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;

pub fn set_up(stage: &mut Stage) -> Result<()> {
    let sql = Sql::new("SELECT id FROM itemtype WHERE parent_id = 0 AND NOT deleted AND intname = 'domain'");
    let row = stage.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]))?;
    let row = row.ok_or_else(|| Error::system("demo data: no domains are sold"))?;
    stage.remember("itemtype.of-domains", row[0].int());
    play(stage, ZONES)?;
    for zone in SOLD {
        sell(stage, &zone)?;
    }
    for (name, pairs) in CONTACTS {
        stage.make(name, "client", "service_profile.edit", pairs)?;
    }
    let pairs =
        [("plid", "@contact.ada"), ("name", "Passport"), ("url", "https://files.example.com/passport")];
    stage.make("doc.passport", "client", "service_profile.doc.edit", &pairs)?;
    for (name, pairs) in DOMAINS {
        stage.make(name, "client", "domain.order.api", pairs)?;
    }
    play(stage, AFTER)
}

/// A zone on sale: its record, prices of one and two years and of a transfer, the same number of euros and of dollars.
struct Sold {
    zone: &'static str,
    name: &'static str,
    name_ru: &'static str,
    prices: [&'static str; 3],
}

const SOLD: [Sold; 3] = [
    Sold {
        zone: "net", name: "Domain .net", name_ru: "Домен .net", prices: ["14.90", "29.80", "12.90"]
    },
    Sold {
        zone: "org", name: "Domain .org", name_ru: "Домен .org", prices: ["12.90", "25.80", "12.90"]
    },
    Sold { zone: "at", name: "Domain .at", name_ru: "Домен .at", prices: ["19.90", "38.00", "0"] },
];

fn sell(stage: &mut Stage, sold: &Sold) -> Result<()> {
    let zone = stage.id(&format!("zone.{}", sold.zone))?.to_string();
    let in_currency = |stage: &Stage, iso: &str| -> Result<[String; 3]> {
        let id = stage.id(&format!("currency.{iso}"))?;
        Ok(["annually", "biennial", "transfer"].map(|word| format!("{word}{id}")))
    };
    let ([year, two, transfer], dollars) = (in_currency(stage, "EUR")?, in_currency(stage, "USD")?);
    let pairs = [
        ("itemtype", "@itemtype.of-domains"),
        ("project", "@project.nordwind"),
        ("activate", "on"),
        ("name", sold.name),
        ("name_ru", sold.name_ru),
        ("intname", &zone),
        ("processingmodule", "@processing.registrar"),
        (&year, sold.prices[0]),
        (&two, sold.prices[1]),
        (&transfer, sold.prices[2]),
        (&dollars[0], sold.prices[0]),
        (&dollars[1], sold.prices[1]),
        (&dollars[2], sold.prices[2]),
    ];
    stage.make(&format!("pricelist.zone-{}", sold.zone), "admin", "pricelist.add.step2", &pairs).map(drop)
}

const ZONES: &[Deed] = &[
    ("zonegroup.more", "tldgroup.edit", &[("name", "Further zones"), ("name_ru", "Ещё зоны")]),
    ("zone.net", "tld.edit", &[("name", "net"), ("tldgroup", "@zonegroup.more"), ("idn", "on")]),
    ("zone.org", "tld.edit", &[("name", "org"), ("tldgroup", "@zonegroup.more"), ("requirens", "on")]),
    ("zone.at", "tld.edit", &[("name", "at"), ("tldgroup", "@zonegroup.more"), ("transfer_policy", "1")]),
    (
        "processing.registrar",
        "processing.edit",
        &[("name", "Registrar (sandbox)"), ("module", "sandbox"), ("itemtype", "@itemtype.of-domains")],
    ),
];

type Made = (&'static str, &'static [(&'static str, &'static str)]);

const CONTACTS: [Made; 2] = [
    (
        "contact.ada",
        &[
            ("name", "Myself"),
            ("firstname", "Ada"),
            ("lastname", "Lindqvist"),
            ("email", "ada@example.com"),
            ("phone", "+49 30 5550110"),
            ("location_country", "@country.DE"),
            ("location_city", "Berlin"),
            ("location_postcode", "10115"),
            ("location_address", "Beispielweg 4"),
        ],
    ),
    (
        "contact.company",
        &[
            ("profiletype", "2"),
            ("company", "Lindqvist Design GmbH"),
            ("firstname", "Ada"),
            ("lastname", "Lindqvist"),
            ("email", "office@example.com"),
            ("phone", "+49 30 5550111"),
            ("private", "off"),
            ("location_country", "@country.DE"),
            ("location_city", "Berlin"),
            ("location_address", "Beispielweg 5"),
        ],
    ),
];

const DOMAINS: [Made; 2] = [
    (
        "domain.shop",
        &[
            ("domain", "lindqvist-shop.net"),
            ("customer", "@contact.ada"),
            ("owner", "@contact.company"),
            ("ns0", "ns1.example.com"),
            ("ns1", "ns2.example.com"),
            ("skipbasket", "on"),
        ],
    ),
    (
        "domain.moved",
        &[
            ("domain", "lindqvist-design.org"),
            ("action", "transfer"),
            ("auth_code", "demo-code"),
            ("customer", "@contact.company"),
            ("skipbasket", "on"),
        ],
    ),
];

const AFTER: &[Deed] = &[
    ("", "domain.open", &[("elid", "@domain.shop")]),
    (
        "",
        "service_profile2processingmodule.edit",
        &[
            ("processingmodule", "@processing.registrar"),
            ("service_profile", "@contact.company"),
            ("type", "owner"),
            ("externalid", "SANDBOX-1"),
            ("externalpassword", "demo-registrar"),
        ],
    ),
    (
        "",
        "service_profile.error",
        &[
            ("item", "@domain.shop"),
            ("type", "owner"),
            ("param", "location_postcode"),
            ("warning_message", "The post code is missing"),
        ],
    ),
];
