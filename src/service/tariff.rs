//! Tariffs as orders, renewals and changes read them: conditions, add-ons, prices.

use std::sync::Arc;

use crate::books;
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::tariff::addon::{Addon, Restrict, Row};
use crate::tariff::period::Period;
use crate::tariff::prorate::Unit;

mod load;

pub use load::{PRICE, fixed, load};

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
    /// Days between suspension and closing, its own or its type's; 0: it closes by hand.
    pub suspend_days: i64,
    pub group_id: i64,
    pub stay: Stay,
    pub late_fee: LateFee,
    pub on_change: OnChange,
    pub trials: Trials,
    /// Only staff deletes services of the type.
    pub staff_closes: bool,
    /// A service that its client deletes goes on to the end of its term.
    pub closes_at_end: bool,
    /// Charged day by day, whatever the period.
    pub by_day: bool,
    /// How parts of a term are counted.
    pub unit: Unit,
    /// Clients are told that their service is open.
    pub tells_opening: bool,
    /// What its type asks for may be told later.
    pub quick_order: bool,
    /// Not suspended on Saturdays and Sundays.
    pub rests_on_weekends: bool,
    /// A term of several months is an expense for each.
    pub splits: bool,
    /// The periods that its product type is sold for.
    allowed: Vec<Period>,
    pub addons: Vec<Extra>,
    prices: Vec<Price>,
}

/// For so long a client cannot give a service up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    Days(i64),
    Months(i64),
}

/// What a service that was suspended for want of payment costs more when it is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateFee {
    None,
    /// Of the price, in ten-thousandths of a percent.
    Percent(i64),
    /// A price of the tariff.
    Fixed,
}

/// What becomes of the paid time when the tariff is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// Its end stays, and the difference is charged or given back.
    Keep,
    /// The money left buys time of the new tariff.
    Buy,
    /// The change waits for the end.
    Wait,
}

/// How many trials a client may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trials {
    OfType,
    OfGroup,
    OfTariff,
    Many,
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
    /// It costs money while the service is suspended, where the tariff does.
    pub charges_stopped: bool,
    /// Staff and not the module changes it.
    pub is_manual: bool,
}

#[derive(Debug, Clone)]
pub struct Price {
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
        let sold = |period: &Period| match period {
            Period::Trial if self.trial_days == 0 => false,
            Period::Months(_) if period.word().is_none() => true,
            _ => self.allowed.contains(period),
        };
        codes.into_iter().filter_map(Period::from_code).filter(sold).collect()
    }

    /// The period by which a service is charged that was ordered for one.
    pub fn step(&self, period: Period) -> Period {
        match period {
            Period::Months(_) if self.by_day => Period::Day,
            _ => period,
        }
    }

    /// The same tariff with the prices that fixed services keep.
    pub fn with_prices(&self, prices: Vec<Price>) -> Self {
        Self { prices, ..self.clone() }
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
            None => match self.one(0, "period", period.code())? {
                None if period == Period::Day && self.tariff.by_day => self.day_of_month()?,
                price => price,
            },
        };
        price.ok_or_else(|| Error::value("period", period.code().to_string()))
    }

    /// Error `value(domain_action)` where no transfer is sold.
    pub fn transfer(&self) -> Result<Money> {
        let refused = || Error::value("domain_action", "transfer").with("desc", "desc_transfer_not_sold");
        self.one(0, "transfer", 0)?.ok_or_else(refused)
    }

    fn day_of_month(&self) -> Result<Option<Money>> {
        let monthly = self.one(0, "period", 1)?;
        monthly.map(|price| share(price, 1, MONTH_DAYS, self.scale)).transpose()
    }

    pub fn setup(&self) -> Result<Option<Money>> {
        Ok(self.one(0, "setup", 0)?.filter(|amount| *amount > Money::ZERO))
    }

    /// What setting up an add-on costs, by its counts.
    pub fn setup_of(&self, detail_id: i64) -> Result<Vec<Row>> {
        self.rows(detail_id, "setup", 0)
    }

    /// What use beyond the included amount costs.
    pub fn usage_of(&self, detail_id: i64) -> Result<Vec<Row>> {
        self.rows(detail_id, "stat", 0)
    }

    /// The fixed sum for late payment; where none was entered there is none.
    pub fn late_fee(&self) -> Result<Money> {
        Ok(self.one(0, "suspendpenalty", 0)?.unwrap_or(Money::ZERO))
    }

    /// The scale of an add-on. A period without prices of its own costs so many months, and a day a
    /// part of one.
    pub fn scale_of(&self, detail_id: i64, period: Period) -> Result<Vec<Row>> {
        let own = self.rows(detail_id, "period", period.code())?;
        match period {
            Period::Day if own.is_empty() => {
                let monthly = self.rows(detail_id, "period", 1)?;
                let day = |(key, amount): Row| Ok((key, share(amount, 1, MONTH_DAYS, self.scale)?));
                monthly.into_iter().map(day).collect()
            }
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

/// A day costs so much of a month where it has no price of its own.
const MONTH_DAYS: i64 = 30;

fn times(amount: Money, months: u16) -> Result<Money> {
    let product = amount.0.checked_mul(i64::from(months));
    product.map(Money).ok_or_else(|| Error::limit("amount", amount.plain()))
}
