//! What the demo's providers take off: promotions, discounts, bonuses.

use super::stage::{Pairs, Stage};
use crate::error::Result;

/// A call of the administrator, and the name under which its record is remembered.
type Deed<'d> = (&'d str, &'d str, Pairs<'d>);

const DEEDS: [Deed; 16] = [
    (
        "promotion.welcome",
        "promotion.add.products",
        &[
            ("name", "Welcome: the first month for less"),
            ("project", "@project.nordwind"),
            ("promocode", "WELCOME"),
            ("max_use_count", "1000"),
        ],
    ),
    (
        "",
        "promotion.discount.edit",
        &[
            ("plid", "@promotion.welcome"),
            ("name", "20 % off the first order"),
            ("percentvalue", "20"),
            ("period", "1, 3"),
            ("onlyneworder", "on"),
        ],
    ),
    (
        "",
        "promotion.discount.edit",
        &[
            ("plid", "@promotion.welcome"),
            ("name", "10.00 off a year"),
            ("type", "tariff"),
            ("actiontype", "fixed"),
            ("fixedvalue", "10"),
            ("period", "12"),
        ],
    ),
    (
        "",
        "promotion.condition.edit",
        &[("plid", "@promotion.welcome"), ("type", "registered"), ("days", "400")],
    ),
    (
        "",
        "promotion.coupon.edit",
        &[("plid", "@promotion.welcome"), ("code", "NORD-FAIR"), ("maxcount", "50")],
    ),
    ("", "promotion.coupon.edit", &[("plid", "@promotion.welcome"), ("code", "NORD-GIFT")]),
    (
        "promotion.friday",
        "promotion.edit",
        &[
            ("name", "Чёрная пятница"),
            ("project", "@project.cloud"),
            ("fromdate", "2026-11-20"),
            ("todate", "2026-11-30"),
        ],
    ),
    (
        "",
        "promotion.discount.edit",
        &[("plid", "@promotion.friday"), ("name", "Скидка 30 % на всё"), ("percentvalue", "30")],
    ),
    (
        "",
        "promotion.condition.edit",
        &[("plid", "@promotion.friday"), ("type", "country"), ("country", "@country.RU")],
    ),
    (
        "",
        "promotion.coupon.edit",
        &[("plid", "@promotion.friday"), ("code", "ПЯТНИЦА-2026"), ("maxcount", "0")],
    ),
    (
        "promotion.opening",
        "promotion.edit",
        &[
            ("name", "Opening week"),
            ("project", "@project.nordwind"),
            ("fromdate", "2025-11-01"),
            ("todate", "2025-11-07"),
            ("promocode", "OPENING"),
        ],
    ),
    (
        "",
        "promotion.discount.edit",
        &[("plid", "@promotion.opening"), ("name", "Half price"), ("percentvalue", "50")],
    ),
    (
        "discount.year",
        "discount.edit",
        &[
            ("name", "A year paid at once"),
            ("project", "@project.nordwind"),
            ("percentvalue", "10"),
            ("period", "12, 24, 36"),
        ],
    ),
    (
        "discount.summer",
        "discount.edit",
        &[
            ("name", "Летняя скидка"),
            ("project", "@project.cloud"),
            ("actiontype", "fixed"),
            ("fixedvalue", "3"),
        ],
    ),
    (
        "bonus.large",
        "bonus.edit",
        &[
            ("name", "2 % for payments from 500"),
            ("project", "@project.nordwind"),
            ("amount", "500"),
            ("percent", "2"),
        ],
    ),
    (
        "bonus.old",
        "bonus.edit",
        &[("name", "За первый платёж"), ("project", "@project.cloud"), ("amount", "1"), ("percent", "1")],
    ),
];

pub fn set_up(stage: &mut Stage) -> Result<()> {
    for (name, func, pairs) in DEEDS {
        match name {
            "" => stage.call("admin", func, pairs).map(drop)?,
            name => stage.make(name, "admin", func, pairs).map(drop)?,
        }
    }
    stage.call("admin", "discount.suspend", &[("elid", "@discount.summer")])?;
    stage.call("admin", "bonus.suspend", &[("elid", "@bonus.old")]).map(drop)
}

/// What clients made of it.
pub fn end(stage: &mut Stage) -> Result<()> {
    for (login, code) in [("client", "WELCOME"), ("shop1", "nord-gift"), ("berg", "NORD-FAIR")] {
        stage.call(login, "coupon.use", &[("coupon", code)])?;
    }
    stage.call("admin", "promotion.archive", &[("elid", "@promotion.opening")])?;
    for (login, name, percent) in [("reseller", "Reseller terms", "25"), ("client", "Old friend", "5")] {
        let pairs = [
            ("plid", &*format!("@account.{login}")),
            ("name", name),
            ("project", "@project.nordwind"),
            ("percentvalue", percent),
        ];
        stage.call("admin", "account.discount.edit", &pairs)?;
    }
    Ok(())
}
