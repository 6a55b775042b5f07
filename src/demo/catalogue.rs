//! What there is before the first client comes: regions, companies, providers, payment methods.

use super::stage::{Pairs, Stage};
use crate::error::Result;

/// A call of the administrator; its record is remembered under the first name, unless that is "".
pub type Deed<'d> = (&'d str, &'d str, Pairs<'d>);

pub fn set_up(stage: &mut Stage) -> Result<()> {
    for (country, name) in STATES {
        let plid = format!("@country.{country}");
        let pairs = [("plid", plid.as_str()), ("name", name)];
        stage.make(&format!("state.{name}"), "admin", "country.state.edit", &pairs)?;
    }
    play(stage, DEEDS)
}

pub fn play(stage: &mut Stage, deeds: &[Deed]) -> Result<()> {
    for (name, func, pairs) in deeds {
        match *name {
            "" => stage.call("admin", func, pairs).map(drop)?,
            name => stage.make(name, "admin", func, pairs).map(drop)?,
        }
    }
    Ok(())
}

const STATES: [(&str, &str); 11] = [
    ("DE", "Bayern"),
    ("DE", "Berlin"),
    ("DE", "Hamburg"),
    ("AT", "Wien"),
    ("US", "California"),
    ("US", "New York"),
    ("US", "Texas"),
    ("RU", "Москва"),
    ("RU", "Санкт-Петербург"),
    ("RU", "Новосибирская область"),
    ("JP", "Kyōto"),
];

const DEEDS: &[Deed] = &[
    (
        "company.nordwind",
        "company.edit",
        &[
            ("name", "Nordwind Hosting GmbH"),
            ("profiletype", "2"),
            ("country", "@country.DE"),
            ("vatnum", "DE000000001"),
            ("address", "Beispielweg 1, 20095 Hamburg"),
            ("eu_vat", "DE000000001"),
            ("city", "Hamburg"),
            ("phone", "+49 40 5550100"),
            ("email", "billing@nordwind.example.com"),
            ("site", "https://nordwind.example.com"),
            ("jobtitle", "Managing director"),
            ("ddirector", "Ingrid Halvorsen"),
            ("bank_name", "Musterbank Hamburg"),
            ("bank_iban", "DE00000000000000000001"),
            ("bank_swift", "MUSTDEHH"),
            ("invoice_numtmpl", "NW-R-{year}-{number}"),
            ("payment_numtmpl", "NW-{number}"),
        ],
    ),
    (
        "company.labs",
        "company.edit",
        &[
            ("name", "Nordwind Labs B.V."),
            ("profiletype", "2"),
            ("country", "@country.NL"),
            ("vatnum", "NL000000001B01"),
            ("address", "Voorbeeldstraat 2, 1012 AB Amsterdam"),
            ("payment_numtmpl", "LAB-{number}"),
        ],
    ),
    (
        "company.cloud",
        "company.edit",
        &[
            ("name", "ООО «Северное облако»"),
            ("profiletype", "2"),
            ("country", "@country.RU"),
            ("vatnum", "0000000001"),
            ("address", "125000, Москва, ул. Примерная, д. 3"),
            ("kpp", "000000001"),
            ("ogrn", "0000000000001"),
            ("city", "Москва"),
            ("phone", "+7 495 5550100"),
            ("email", "billing@cloud.example.com"),
            ("site", "https://cloud.example.com"),
            ("jobtitle", "Генеральный директор"),
            ("ddirector", "Северов Лев Павлович"),
            ("accountant", "Дёмин Павел Сергеевич"),
            ("bank_name", "АО «Примербанк»"),
            ("bank_account", "40700000000000000001"),
            ("bank_corraccount", "30100000000000000001"),
            ("bank_swift", "040000001"),
            ("invoice_numtmpl", "СО-С-{number}"),
            ("payment_numtmpl", "СО-{number}"),
        ],
    ),
    ("", "company.profiletype.suspend", &[("plid", "@company.labs"), ("elid", "1")]),
    (
        "project.nordwind",
        "project.edit",
        &[
            ("name", "Nordwind Hosting"),
            ("site", "https://nordwind.example.com"),
            ("billurl", "https://my.nordwind.example.com/billmgr"),
            ("currency", "@currency.EUR"),
            ("company", "@company.nordwind, @company.labs"),
            ("notify_email", "billing@nordwind.example.com"),
            ("timezone", "Europe/Berlin"),
        ],
    ),
    (
        "project.cloud",
        "project.edit",
        &[
            ("name", "Северное облако"),
            ("site", "https://cloud.example.com"),
            ("billurl", "https://my.cloud.example.com/billmgr"),
            ("currency", "@currency.USD"),
            ("company", "@company.cloud"),
            ("notify_email", "billing@cloud.example.com"),
            ("timezone", "Europe/Moscow"),
        ],
    ),
    (
        "paymethod.bank",
        "paymethod.edit",
        &[
            ("name", "Bank transfer (SEPA)"),
            ("module", "pmbank"),
            ("currency", "@currency.EUR"),
            ("note", "Arrives within two working days"),
            ("orderpriority", "10"),
            ("project", "@project.nordwind, @project.cloud"),
            ("company", "@company.nordwind, @company.labs, @company.cloud"),
            ("minamount", "5"),
        ],
    ),
    (
        "paymethod.card",
        "paymethod.edit",
        &[
            ("name", "Payment card (USD)"),
            ("module", "pmcard"),
            ("currency", "@currency.USD"),
            ("note", "At once"),
            ("orderpriority", "20"),
            ("project", "@project.nordwind, @project.cloud"),
            ("company", "@company.nordwind, @company.cloud"),
            ("minamount", "1"),
            ("maxamount", "5000"),
            ("commissionpercent", "2.5"),
        ],
    ),
    (
        "paymethod.invoice",
        "paymethod.edit",
        &[
            ("name", "Безналичный расчёт"),
            ("module", "pmbank"),
            ("currency", "@currency.USD"),
            ("note", "Только для организаций и предпринимателей"),
            ("orderpriority", "30"),
            ("project", "@project.cloud"),
            ("company", "@company.cloud"),
            ("profiletype", "2, 3"),
        ],
    ),
    (
        "paymethod.cash",
        "paymethod.edit",
        &[
            ("name", "Cash at the office"),
            ("module", "pmcash"),
            ("currency", "@currency.EUR"),
            ("note", "No longer accepted"),
            ("orderpriority", "40"),
            ("project", "@project.nordwind"),
            ("company", "@company.nordwind"),
        ],
    ),
    ("", "paymethod.suspend", &[("elid", "@paymethod.cash")]),
    (
        "paymethod.test",
        "paymethod.edit",
        &[
            ("name", "Test card"),
            ("module", "testgate"),
            ("currency", "@currency.EUR"),
            ("note", "Built-in gateway that takes no money; not there in production"),
            ("orderpriority", "50"),
            ("project", "@project.nordwind, @project.cloud"),
            ("company", "@company.nordwind, @company.cloud"),
            ("minamount", "1"),
            ("commissionpercent", "1"),
        ],
    ),
    ("paymethodgroup.online", "paymethodgroup.edit", &[("name", "Online")]),
    ("paymethodgroup.bank", "paymethodgroup.edit", &[("name", "Через банк")]),
    ("", "paymethod.group.resume", &[("plid", "@paymethod.card"), ("elid", "@paymethodgroup.online")]),
    ("", "paymethod.group.resume", &[("plid", "@paymethod.bank"), ("elid", "@paymethodgroup.bank")]),
    ("", "paymethod.group.resume", &[("plid", "@paymethod.invoice"), ("elid", "@paymethodgroup.bank")]),
    (
        "",
        "paymethod.country.resume",
        &[
            ("plid", "@paymethod.bank"),
            ("elid", "@country.DE, @country.AT, @country.NL, @country.FR, @country.RU, @country.US"),
        ],
    ),
    ("", "paymethod.country.resume", &[("plid", "@paymethod.invoice"), ("elid", "@country.RU")]),
    ("", "country.suspend", &[("elid", "@country.AQ")]),
    ("switch.built-in", "switch.edit", &[("name", "built-in"), ("kind", "sandbox")]),
    ("switch.riga", "switch.edit", &[("name", "riga"), ("kind", "asterisk"), ("addr", "203.0.113.5")]),
];
