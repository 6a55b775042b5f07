//! Tariffs as orders, renewals and changes read them: conditions, add-ons, prices.

use std::sync::Arc;

use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::money::Money;
use crate::tariff::addon::{Addon, AddonType, BillType, Restrict, Row, ScaleType};
use crate::tariff::period::Period;

#[derive(Debug, Clone)]
pub struct Tariff {
    pub id: i64,
    pub itemtype_id: i64,
    pub project_id: i64,
    name: String,
    name_ru: String,
    pub active: bool,
    pub trial_days: u32,
    /// Billed by the calendar: terms change on this day of the month.
    pub prorata_day: Option<u8>,
    pub gives_back: bool,
    /// Suspended services go on being charged.
    pub charges_stopped: bool,
    pub needs_agreement: bool,
    /// Services of one client at most; 0: no bound.
    pub item_max: i64,
    /// 0 everybody may order it, 1 only staff, 2 it is reached by a change of tariff alone.
    pub order_policy: i64,
    /// 0 to any tariff of the type, 1 within the group, 2 to dearer ones, 3 not by clients.
    pub change_policy: i64,
    /// Days between suspension and closing; 0: as the type says.
    pub suspend_days: i64,
    pub group_id: i64,
    pub addons: Vec<Extra>,
    prices: Vec<Price>,
}

/// An add-on of a tariff.
#[derive(Debug, Clone)]
pub struct Extra {
    pub rule: Addon,
    /// What modules know it by.
    pub intname: String,
    name: String,
    name_ru: String,
    pub restrict: Restrict,
    pub enumeration_id: i64,
    /// What a new service has without a choice.
    pub default: i64,
}

#[derive(Debug, Clone)]
struct Price {
    detail_id: i64,
    kind: String,
    period: i64,
    currency_id: i64,
    /// From which count on, or for which item of an enumeration.
    key: i64,
    amount: Money,
    disabled: bool,
}

fn titled<'n>(lang: &str, name: &'n str, name_ru: &'n str) -> &'n str {
    if lang == "ru" && !name_ru.is_empty() { name_ru } else { name }
}

impl Extra {
    pub fn title(&self, lang: &str) -> &str {
        titled(lang, &self.name, &self.name_ru)
    }
}

/// Amounts of a tariff in a buyer's currency.
pub struct PriceList<'t> {
    tariff: &'t Tariff,
    currency_id: i64,
    scale: Scale,
    rates: Arc<books::OwnRates>,
    max_age_days: u32,
    now_us: i64,
}

impl Tariff {
    pub fn title(&self, lang: &str) -> &str {
        titled(lang, &self.name, &self.name_ru)
    }

    pub fn extra(&self, detail_id: i64) -> Option<&Extra> {
        self.addons.iter().find(|extra| extra.rule.id == detail_id)
    }

    /// The periods that it is sold for in any currency, shortest first.
    pub fn periods(&self) -> Vec<Period> {
        let of_tariff = self.prices.iter().filter(|price| price.detail_id == 0 && price.kind == "period");
        let mut codes: Vec<i64> = of_tariff.filter(|price| !price.disabled).map(|p| p.period).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().filter_map(Period::from_code).collect()
    }

    pub fn is_sold_for(&self, period: Period) -> bool {
        self.periods().contains(&period)
    }

    /// Its prices in a currency: those that are set in it, else the provider's own converted.
    pub fn in_currency(
        &self,
        (currency_id, scale): (i64, Scale),
        rates: Arc<books::OwnRates>,
        max_age_days: u32,
        now_us: i64,
    ) -> PriceList<'_> {
        PriceList { tariff: self, currency_id, scale, rates, max_age_days, now_us }
    }
}

impl PriceList<'_> {
    /// What the tariff costs for a period. Error `value(period)` where it is not sold for it.
    pub fn of_period(&self, period: Period, renews: bool) -> Result<Money> {
        let own = if renews { self.one(0, "prolong", period.code())? } else { None };
        let price = match own {
            Some(price) => Some(price),
            None => self.one(0, "period", period.code())?,
        };
        price.ok_or_else(|| Error::value("period", period.code().to_string()))
    }

    /// Error `value(domain_action)` where no transfer is sold.
    pub fn transfer(&self) -> Result<Money> {
        let refused = || Error::value("domain_action", "transfer").with("desc", "desc_transfer_not_sold");
        self.one(0, "transfer", 0)?.ok_or_else(refused)
    }

    pub fn setup(&self) -> Result<Option<Money>> {
        Ok(self.one(0, "setup", 0)?.filter(|amount| *amount > Money::ZERO))
    }

    /// The scale of an add-on. A period without prices of its own costs so many months.
    pub fn scale_of(&self, detail_id: i64, period: Period) -> Result<Vec<Row>> {
        let own = self.rows(detail_id, "period", period.code())?;
        match period {
            Period::Months(months) if own.is_empty() => {
                let monthly = self.rows(detail_id, "period", 1)?;
                let times = |(key, amount): Row| Ok((key, times(amount, months)?));
                monthly.into_iter().map(times).collect()
            }
            _ => Ok(own),
        }
    }

    fn one(&self, detail_id: i64, kind: &str, period: i64) -> Result<Option<Money>> {
        Ok(self.rows(detail_id, kind, period)?.first().map(|row| row.1))
    }

    fn rows(&self, detail_id: i64, kind: &str, period: i64) -> Result<Vec<Row>> {
        let is_asked = |price: &&Price| {
            price.detail_id == detail_id && price.kind == kind && price.period == period && !price.disabled
        };
        let asked: Vec<&Price> = self.tariff.prices.iter().filter(is_asked).collect();
        let of = |currency_id: i64| asked.iter().filter(move |price| price.currency_id == currency_id);
        if of(self.currency_id).next().is_some() {
            return Ok(of(self.currency_id).map(|price| (price.key, price.amount)).collect());
        }
        of(self.rates.0).map(|price| Ok((price.key, self.converted(price.amount)?))).collect()
    }

    fn converted(&self, amount: Money) -> Result<Money> {
        let rates = books::with_age(&self.rates, self.max_age_days);
        let converted = rates.convert(amount, rates.base, self.currency_id, self.now_us, self.scale)?;
        Ok(converted.to.amount)
    }
}

fn times(amount: Money, months: u16) -> Result<Money> {
    let product = amount.0.checked_mul(i64::from(months));
    product.map(Money).ok_or_else(|| Error::limit("amount", amount.plain()))
}

/// The numbers of a tariff, in the order in which they are read.
const NUMBERS: [&str; 11] = [
    "itemtype_id",
    "project_id",
    "trial",
    "trialtype",
    "prorataday",
    "returnpolicy",
    "itemmax",
    "orderpolicy",
    "changepolicy",
    "suspendperiod",
    "pricelistgroup_id",
];
const TEXTS: [&str; 3] = ["name", "name_ru", "license"];
const FLAGS: [&str; 3] = ["active", "billprorata", "chargestoped"];

/// A trial told in months has months of so many days.
const TRIAL_MONTH_DAYS: i64 = 30;

/// A tariff that was not removed. Error `missed(pricelist)`.
pub fn load(conn: &mut Conn, id: i64) -> Result<Tariff> {
    let sql = Sql::new("SELECT ").words(NUMBERS.into_iter().chain(TEXTS).chain(FLAGS));
    let sql = sql.sql(" FROM pricelist WHERE NOT deleted AND id = ").bind(id);
    let kinds = [Kind::Int; 11].into_iter().chain([Kind::Text; 3]).chain([Kind::Flag; 3]);
    let row = sql.first(conn, &kinds.collect::<Vec<_>>())?;
    let row = row.ok_or_else(|| Error::missed("pricelist").with("value", id.to_string()))?;
    let int = |at: usize| row[at].int();
    let trial_days = int(2).saturating_mul(if int(3) == 1 { TRIAL_MONTH_DAYS } else { 1 });
    let prorata_day = u8::try_from(int(4)).ok().filter(|day| row[15].on() && (1..=31).contains(day));
    Ok(Tariff {
        id,
        itemtype_id: int(0),
        project_id: int(1),
        trial_days: u32::try_from(trial_days).unwrap_or(0),
        prorata_day,
        gives_back: int(5) == 0,
        item_max: int(6),
        order_policy: int(7),
        change_policy: int(8),
        suspend_days: int(9),
        group_id: int(10),
        name: row[11].str().to_owned(),
        name_ru: row[12].str().to_owned(),
        needs_agreement: !row[13].str().is_empty(),
        active: row[14].on(),
        charges_stopped: row[16].on(),
        addons: extras(conn, id)?,
        prices: prices(conn, id)?,
    })
}

fn extras(conn: &mut Conn, id: i64) -> Result<Vec<Extra>> {
    let sql = Sql::new(
        "SELECT d.id, d.billtype, d.addontype, d.scaletype, d.addonlimit, d.addonlimittrial, d.addonmin, \
         d.addonmax, d.addonmaxtrial, d.addonstep, d.enumeration_id, d.enumerationitem_id, \
         t.intname, CASE WHEN d.name = '' THEN t.name ELSE d.name END, \
         CASE WHEN d.name = '' THEN t.name_ru ELSE d.name_ru END, d.restrictclientchange \
         FROM pricelist_detail d JOIN itemtype t ON t.id = d.itemtype_id \
         WHERE NOT d.deleted AND d.active AND d.pricelist_id = ",
    );
    let kinds: Vec<Kind> = [Kind::Int; 12].into_iter().chain([Kind::Text; 4]).collect();
    let rows = sql.bind(id).sql(" ORDER BY d.orderpriority, d.id").load(conn, &kinds)?;
    rows.iter().map(|row| extra(row)).collect()
}

fn extra(row: &[Raw]) -> Result<Extra> {
    let int = |at: usize| row[at].int();
    let unknown = || Error::system(format!("pricelist_detail {}: unknown code", int(0)));
    let bound = |at: usize| Some(int(at)).filter(|bound| *bound > 0);
    let rule = Addon {
        id: int(0),
        billtype: BillType::from_code(int(1)).ok_or_else(unknown)?,
        addontype: AddonType::from_code(int(2)).ok_or_else(unknown)?,
        scaletype: ScaleType::from_code(int(3)).ok_or_else(unknown)?,
        limit: int(4),
        limit_trial: int(5),
        min: int(6),
        max: bound(7),
        max_trial: bound(8),
        step: int(9),
    };
    let default = match rule.addontype {
        AddonType::Enumeration => int(11),
        _ => rule.min.max(rule.limit),
    };
    Ok(Extra {
        default,
        rule,
        intname: row[12].str().to_owned(),
        name: row[13].str().to_owned(),
        name_ru: row[14].str().to_owned(),
        restrict: Restrict::from_word(row[15].str()).ok_or_else(unknown)?,
        enumeration_id: int(10),
    })
}

fn prices(conn: &mut Conn, id: i64) -> Result<Vec<Price>> {
    let sql = Sql::new(
        "SELECT detail_id, kind, period, currency_id, from_count, enumerationitem_id, amount, disabled \
         FROM price WHERE pricelist_id = ",
    );
    let kinds = [Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Flag];
    let rows = sql.bind(id).sql(" ORDER BY id").load(conn, &kinds)?;
    let price = |row: &Vec<Raw>| Price {
        detail_id: row[0].int(),
        kind: row[1].str().to_owned(),
        period: row[2].int(),
        currency_id: row[3].int(),
        key: row[4].int().max(row[5].int()),
        amount: Money(row[6].int()),
        disabled: row[7].on(),
    };
    Ok(rows.iter().map(price).collect())
}
