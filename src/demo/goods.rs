//! What is sold: data centers, modules, a product type of its own, zones, tariffs and offers.

use super::catalogue::{Deed, play};
use super::dice::amount;
use super::stage::Stage;
use super::tariffs::{ADDONS, Addon, Tariff};
use crate::db::Sql;
use crate::error::Result;

/// The months of a period that add-ons are priced for, and the word of its price parameter.
const ADDON_PERIODS: [(i64, &str); 3] = [(1, "monthly"), (12, "annually"), (-50, "day")];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    stage.learn("itemtype", Sql::new("SELECT intname, id FROM itemtype WHERE parent_id = 0"))?;
    stage.learn("measure", Sql::new("SELECT intname, id FROM measure"))?;
    let addons =
        "SELECT t.intname || '.' || a.intname, a.id FROM itemtype a JOIN itemtype t ON t.id = a.parent_id";
    stage.learn("addontype", Sql::new(addons))?;
    play(stage, PLACES)?;
    play(stage, TYPES)?;
    for tariff in super::tariffs::all() {
        add_tariff(stage, tariff)?;
    }
    for addon in ADDONS {
        add_addon(stage, addon)?;
    }
    play(stage, OFFERS)
}

/// The same amount in both currencies: a dollar is worth a tenth less than a euro here.
fn in_currencies(stage: &Stage, cents: i64) -> Result<[(i64, String); 2]> {
    let dollars = cents * 11 / 10;
    Ok([(stage.id("currency.EUR")?, amount(cents)), (stage.id("currency.USD")?, amount(dollars))])
}

fn add_tariff(stage: &mut Stage, tariff: &Tariff) -> Result<()> {
    let itemtype = tariff.key.split('.').next().unwrap_or_default();
    let mut params = vec![
        ("itemtype".to_owned(), format!("@itemtype.{itemtype}")),
        ("project".to_owned(), format!("@project.{}", tariff.project)),
        ("processingmodule".to_owned(), "@processing.sandbox".to_owned()),
        ("name".to_owned(), tariff.name.to_owned()),
        ("name_ru".to_owned(), tariff.name_ru.to_owned()),
        ("intname".to_owned(), tariff.key.replace('.', "-")),
    ];
    for (word, cents) in tariff.prices {
        for (currency, price) in in_currencies(stage, *cents)? {
            params.push((format!("{word}{currency}"), price));
        }
    }
    params.extend(tariff.more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    let pairs: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    stage.make(&format!("pricelist.{}", tariff.key), "admin", "pricelist.add.step2", &pairs).map(drop)
}

fn add_addon(stage: &mut Stage, addon: &Addon) -> Result<()> {
    let itemtype = addon.tariff.split('.').next().unwrap_or_default();
    let mut params = vec![
        ("plid".to_owned(), format!("@pricelist.{}", addon.tariff)),
        ("itemtype".to_owned(), format!("@addontype.{itemtype}.{}", addon.kind)),
    ];
    params.extend(addon.more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    let pairs: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let id = stage.make("addon", "admin", "pricelist.detail.edit", &pairs)?;
    for (months, word) in ADDON_PERIODS.iter().filter(|(_, word)| addon.periods.contains(word)) {
        let times = if *months == -50 { (1, 30) } else { (*months, 1) };
        for (from, cents) in addon.scale {
            let cents = (cents * times.0 / times.1).max(1);
            add_price(stage, id, &[("from_count", from.to_string()), ("period", period_code(word))], cents)?;
        }
        for (value, cents) in addon.values {
            let value = stage.id(&format!("value.{value}"))?.to_string();
            let cents = cents * times.0 / times.1;
            add_price(stage, id, &[("enumerationitem", value), ("period", period_code(word))], cents)?;
        }
    }
    for (from, cents) in addon.used {
        add_price(stage, id, &[("from_count", from.to_string()), ("kind", "stat".to_owned())], *cents)?;
    }
    Ok(())
}

fn period_code(word: &str) -> String {
    let code = ADDON_PERIODS.iter().find(|(_, known)| *known == word).map_or(0, |(code, _)| *code);
    code.to_string()
}

fn add_price(stage: &mut Stage, addon: i64, place: &[(&str, String)], cents: i64) -> Result<()> {
    let plid = addon.to_string();
    for (currency, price) in in_currencies(stage, cents)? {
        let currency = currency.to_string();
        let own = [("plid", plid.as_str()), ("currency", &currency), ("amount", &price)];
        let place = place.iter().map(|(name, value)| (*name, value.as_str()));
        let pairs: Vec<_> = own.into_iter().chain(place).collect();
        stage.make("price", "admin", "pricelist.detail.price.edit", &pairs)?;
    }
    Ok(())
}

const PLACES: &[Deed] = &[
    (
        "datacenter.fra",
        "datacenter.edit",
        &[
            ("name", "Frankfurt"),
            ("name_ru", "Франкфурт"),
            ("externalname", "Frankfurt am Main (DE)"),
            ("country", "@country.DE"),
            ("department", "Technicians Frankfurt"),
            ("orderpriority", "1"),
        ],
    ),
    (
        "datacenter.ams",
        "datacenter.edit",
        &[
            ("name", "Amsterdam"),
            ("name_ru", "Амстердам"),
            ("country", "@country.NL"),
            ("project", "@project.nordwind"),
            ("orderpriority", "2"),
        ],
    ),
    (
        "datacenter.msk",
        "datacenter.edit",
        &[
            ("name", "Moscow"),
            ("name_ru", "Москва"),
            ("country", "@country.RU"),
            ("department", "Дежурная смена"),
            ("project", "@project.cloud"),
            ("orderpriority", "3"),
        ],
    ),
    (
        "processing.sandbox",
        "processing.add.settings",
        &[("module", "sandbox"), ("datacenter", "@datacenter.fra"), ("name", "Sandbox")],
    ),
    (
        "processing.vm",
        "processing.edit",
        &[
            ("name", "Virtual servers Amsterdam"),
            ("module", "sandbox"),
            ("datacenter", "@datacenter.ams"),
            ("url", "https://vm.ams.nordwind.example.com"),
            ("username", "billing"),
            ("itemtype", "@itemtype.vds, @itemtype.instances"),
            ("concurrencylimit", "4"),
        ],
    ),
    (
        "processing.msk",
        "processing.edit",
        &[
            ("name", "Виртуальный хостинг, Москва"),
            ("module", "sandbox"),
            ("datacenter", "@datacenter.msk"),
            ("url", "https://web.msk.cloud.example.com"),
            ("itemtype", "@itemtype.vhost, @itemtype.dnshost"),
        ],
    ),
    ("", "processing.suspend", &[("elid", "@processing.msk")]),
    (
        "processing.old",
        "processing.edit",
        &[("name", "Old panel"), ("module", "sandbox"), ("orderpriority", "9")],
    ),
    (
        "",
        "processing.savebalance",
        &[("processingmodule", "@processing.vm"), ("balance", "1250.75"), ("currency", "EUR")],
    ),
    (
        "",
        "processing.customparam.edit",
        &[("plid", "@processing.vm"), ("param", "cluster"), ("value", "ams-1")],
    ),
    (
        "",
        "processing.customparam.edit",
        &[("plid", "@processing.vm"), ("param", "storage"), ("value", "nvme-pool")],
    ),
    (
        "",
        "processing.ipmgr.edit",
        &[
            ("name", "Addresses of Frankfurt"),
            ("url", "https://ip.fra.nordwind.example.com/ipmgr"),
            ("username", "billing"),
        ],
    ),
    (
        "",
        "processing.ipmgr.edit",
        &[("name", "Адреса Москвы"), ("url", "https://ip.msk.cloud.example.com/ipmgr")],
    ),
];

const TYPES: &[Deed] = &[
    (
        "itemtype.consulting",
        "itemtype.edit",
        &[
            ("name", "Consulting"),
            ("name_ru", "Консультации"),
            ("intname", "consulting"),
            ("day", "on"),
            ("monthly", "on"),
            ("lifetime", "on"),
            ("trial", "on"),
            ("trialtype", "3"),
            ("orderpriority", "100"),
        ],
    ),
    (
        "param.language",
        "itemtype.param.edit",
        &[
            ("plid", "@itemtype.consulting"),
            ("name", "Language"),
            ("name_ru", "Язык"),
            ("intname", "language"),
            ("type", "select"),
            ("required", "on"),
        ],
    ),
    (
        "",
        "itemtype.param.value.edit",
        &[("plid", "@param.language"), ("name", "English"), ("name_ru", "Английский"), ("intname", "en")],
    ),
    (
        "",
        "itemtype.param.value.edit",
        &[("plid", "@param.language"), ("name", "Russian"), ("name_ru", "Русский"), ("intname", "ru")],
    ),
    (
        "",
        "itemtype.param.edit",
        &[
            ("plid", "@itemtype.consulting"),
            ("name", "Subject"),
            ("name_ru", "Тема"),
            ("intname", "subject"),
            ("type", "textarea"),
        ],
    ),
    (
        "addontype.consulting.level",
        "itemtype.addon.edit",
        &[
            ("plid", "@itemtype.consulting"),
            ("name", "Support level"),
            ("name_ru", "Уровень поддержки"),
            ("intname", "level"),
            ("addontype", "3"),
            ("enumeration", "@enumeration.support"),
            ("enumerationitem", "@value.basic"),
        ],
    ),
    (
        "addontype.consulting.hours",
        "itemtype.addon.edit",
        &[
            ("plid", "@itemtype.consulting"),
            ("name", "Hours"),
            ("name_ru", "Часы"),
            ("intname", "hours"),
            ("measure", "@measure.hour"),
            ("addonmax", "40"),
        ],
    ),
    (
        "",
        "itemtype.orderreference.resume",
        &[("plid", "@itemtype.consulting"), ("elid", "@itemtype.vds, @itemtype.dedic")],
    ),
    (
        "",
        "itemtype.orderreference.resume",
        &[("plid", "@itemtype.addition"), ("elid", "@itemtype.soft, @itemtype.softexternal")],
    ),
    ("tldgroup.world", "tldgroup.edit", &[("name", "International"), ("name_ru", "Международные")]),
    ("tldgroup.land", "tldgroup.edit", &[("name", "Countries"), ("name_ru", "Национальные")]),
    (
        "tld.com",
        "tld.edit",
        &[("name", "com"), ("tldgroup", "@tldgroup.world"), ("whois_server", "whois.example.com")],
    ),
    ("tld.de", "tld.edit", &[("name", "de"), ("tldgroup", "@tldgroup.land"), ("requirens", "on")]),
    ("tld.rf", "tld.edit", &[("name", "рф"), ("tldgroup", "@tldgroup.land"), ("idn", "on")]),
    ("tld.su", "tld.edit", &[("name", "su"), ("tldgroup", "@tldgroup.land")]),
    ("", "tld.suspend", &[("elid", "@tld.su")]),
    (
        "pricelistgroup.all",
        "pricelistgroup.edit",
        &[("name", "All that is tried"), ("itemmax", "50"), ("trial_itemmax", "2")],
    ),
    (
        "pricelistgroup.vds",
        "pricelistgroup.edit",
        &[
            ("name", "Virtual servers of Nordwind"),
            ("project", "@project.nordwind"),
            ("itemtype", "@itemtype.vds"),
            ("itemmax", "10"),
        ],
    ),
];

const OFFERS: &[Deed] = &[
    ("", "pricelist.suspend", &[("elid", "@pricelist.vds.old")]),
    ("", "pricelist.processing.resume", &[("plid", "@pricelist.vds.start"), ("elid", "@processing.vm")]),
    (
        "",
        "pricelist.orderreference.resume",
        &[("plid", "@pricelist.zabota-o-servere.full"), ("elid", "@pricelist.dedic.xeon")],
    ),
    (
        "buymore.backup",
        "buymore.edit",
        &[
            ("name", "A place for your backups"),
            ("name_ru", "Место для резервных копий"),
            ("itemtype", "@itemtype.vds"),
            ("offer", "@pricelist.storage.small"),
        ],
    ),
    (
        "buymore.certificate",
        "buymore.edit",
        &[
            ("name", "A certificate for your name"),
            ("name_ru", "Сертификат для вашего имени"),
            ("pricelist", "@pricelist.domain.com"),
            ("offer", "@pricelist.certificate.dv"),
        ],
    ),
];
