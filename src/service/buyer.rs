//! Who buys, at which tax, and what something costs him. Cart, order, renewal and change all ask here.

use std::sync::Arc;

use super::Till;
use super::tariff::{Extra, PriceList, Tariff};
use crate::billing::{payer, taxrule};
use crate::books::{self, Subaccount};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::{Priced, Tax};
use crate::money::Money;
use crate::tariff::addon::AddonType;
use crate::tariff::offer;
use crate::tariff::period::{Period, Term};
use crate::tariff::prorate::Measure;
use crate::tariff::quote::{Discount, Quote, QuotePart, What};

#[derive(Debug, Clone)]
pub struct Buyer {
    pub subaccount: Subaccount,
    pub scale: Scale,
    pub tax_e4: i64,
    pub tax: Tax,
}

/// What of an add-on: a count, or the item of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    pub detail_id: i64,
    pub count: i64,
}

/// What is to be priced.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub period: Period,
    /// A first term: with set-up fee, and offers for new orders.
    pub is_new: bool,
    pub chosen: &'a [Chosen],
    pub promocode: &'a str,
    /// Only this part of this term.
    pub part: Option<(Term, Term)>,
    /// A domain moves here: the first term costs what a transfer costs, without a set-up fee.
    pub is_transfer: bool,
    /// The service is suspended, and its tariff charges that.
    pub is_stopped: bool,
}

impl Ask<'_> {
    fn count(&self, extra: &Extra) -> i64 {
        let chosen = self.chosen.iter().find(|chosen| chosen.detail_id == extra.rule.id);
        chosen.map_or(extra.default, |chosen| chosen.count)
    }
}

/// A quote worked out.
#[derive(Debug, Clone)]
pub struct Sold {
    pub parts: Vec<QuotePart>,
    /// The term.
    pub priced: Priced,
    pub fees: Vec<Fee>,
    pub tax_e4: i64,
    /// The offer that won and the row it stands in.
    pub offer: Option<(offer::Kind, i64)>,
}

/// What is paid beside a term, as an expense of its own: no discount takes off it, and what of a term
/// is given back holds nothing of it.
#[derive(Debug, Clone, Copy)]
pub struct Fee {
    pub what: What,
    pub priced: Priced,
}

impl Sold {
    /// Nothing but a term.
    pub fn plain(priced: Priced, tax_e4: i64) -> Self {
        Self { parts: Vec::new(), priced, fees: Vec::new(), tax_e4, offer: None }
    }

    /// Term and fees together, as a line of an order shows them.
    pub fn sum(&self) -> Result<Priced> {
        self.fees.iter().try_fold(self.priced, |sum, fee| {
            Ok(Priced {
                line: sum.line.plus(fee.priced.line)?,
                discount: sum.discount,
                net: sum.net.plus(fee.priced.net)?,
                tax: sum.tax.plus(fee.priced.tax)?,
                total: sum.total.plus(fee.priced.total)?,
            })
        })
    }

    pub fn total(&self) -> Result<Money> {
        self.sum().map(|sum| sum.total)
    }

    /// The word of the discount, as expenses keep it.
    pub fn discount_word(&self) -> &'static str {
        self.offer.map_or("", |(kind, _)| kind.word())
    }
}

impl Buyer {
    pub fn load(till: &mut Till, subaccount_id: i64) -> Result<Self> {
        let subaccount = books::subaccount(till.conn, subaccount_id)?;
        let (tax_e4, tax) = tax_of(till, &subaccount)?;
        Ok(Self { scale: Scale::minor(&subaccount.iso), subaccount, tax_e4, tax })
    }

    /// The client as a buyer from a provider, where he has an account with him.
    pub fn find(till: &mut Till, account_id: i64, project_id: i64) -> Result<Option<Arc<Self>>> {
        match books::subaccount_of(till.conn, account_id, Some(project_id)) {
            Ok(subaccount) => till.buyer(subaccount.id).map(Some),
            Err(error) if error.kind == "missed" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `10.00 EUR`
    pub fn shown(&self, amount: Money) -> String {
        let iso = &self.subaccount.iso;
        format!("{} {iso}", amount.shown(iso))
    }

    pub fn prices<'t>(&self, till: &mut Till, tariff: &'t Tariff) -> Result<PriceList<'t>> {
        let rates = till.rates(tariff.project_id)?;
        let max_age_days = till.app.config.load().rate_max_age_days;
        Ok(tariff.in_currency((self.subaccount.currency_id, self.scale), rates, max_age_days, till.now_us))
    }

    /// What a term of the tariff costs this buyer, with what he chose.
    pub fn quote(&self, till: &mut Till, tariff: &Tariff, ask: &Ask) -> Result<Sold> {
        let prices = self.prices(till, tariff)?;
        let mut parts = self.parts(till, tariff, &prices, ask)?;
        let offers = super::offers::of(till, tariff, self, ask)?;
        let best = offer::best(&parts, self.scale, &offers)?;
        let priced = self.priced(&parts, best.as_ref().map(|offer| offer.discount))?;
        let setup = self.setup(till, tariff, &prices, ask)?;
        let fees = match setup.is_empty() {
            true => Vec::new(),
            false => vec![Fee { what: What::Setup, priced: self.priced(&setup, None)? }],
        };
        parts.extend(setup);
        let offer = best.map(|offer| (offer.kind, offer.id));
        Ok(Sold { parts, priced, fees, tax_e4: self.tax_e4, offer })
    }

    /// A fee of this amount without tax, or with it where prices hold it.
    pub fn fee(&self, what: What, amount: Money) -> Result<Fee> {
        Ok(Fee { what, priced: self.priced(&[QuotePart::new(what, "", amount, 1)], None)? })
    }

    /// What setting up costs: the tariff, and every add-on as far as it was chosen.
    fn setup(&self, till: &Till, tariff: &Tariff, prices: &PriceList, ask: &Ask) -> Result<Vec<QuotePart>> {
        if !ask.is_new || ask.is_transfer || ask.period == Period::Trial {
            return Ok(Vec::new());
        }
        let lang = till.app.config.load().default_lang.clone();
        let part = |title: &str, price| QuotePart::new(What::Setup, title, price, 1);
        let mut parts: Vec<QuotePart> = Vec::new();
        parts.extend(prices.setup()?.map(|price| part(tariff.title(&lang), price)));
        for extra in &tariff.addons {
            let rows = prices.setup_of(extra.rule.id)?;
            let price = match rows.is_empty() {
                true => Money::ZERO,
                false => extra.rule.price(ask.count(extra), false, &rows, self.scale)?,
            };
            if price != Money::ZERO {
                parts.push(part(extra.title(&lang), price));
            }
        }
        Ok(parts)
    }

    fn priced(&self, parts: &[QuotePart], discount: Option<Discount>) -> Result<Priced> {
        let (tax_e4, tax, scale) = (self.tax_e4, self.tax, self.scale);
        Quote { parts: parts.to_vec(), discount, tax_e4, tax, scale }.priced()
    }

    /// The tariff and every add-on that costs something.
    fn parts(
        &self,
        till: &mut Till,
        tariff: &Tariff,
        prices: &PriceList,
        ask: &Ask,
    ) -> Result<Vec<QuotePart>> {
        let zone = till.zone(tariff.project_id)?;
        let measure = Measure { by: tariff.unit, zone: &zone, scale: self.scale };
        let share = |price: Money| match ask.part {
            Some((whole, part)) => measure.prorated(price, whole, part),
            None => Ok(price),
        };
        let is_trial = ask.period == Period::Trial;
        let lang = till.app.config.load().default_lang.clone();
        let whole = match ask.is_transfer {
            true => prices.transfer()?,
            false => prices.of_period(ask.period, !ask.is_new)?,
        };
        let price = share(whole)?;
        let mut parts = vec![QuotePart::new(What::Tariff, tariff.title(&lang), price, 1)];
        for extra in &tariff.addons {
            if ask.is_stopped && !extra.charges_stopped {
                continue;
            }
            let count = ask.count(extra);
            let rows = prices.scale_of(extra.rule.id, ask.period)?;
            if is_trial && rows.is_empty() {
                check_trial(extra, count)?;
                continue;
            }
            extra.rule.check(count, is_trial, &rows)?;
            let price = share(extra.rule.price(count, is_trial, &rows, self.scale)?)?;
            if price != Money::ZERO {
                parts.push(QuotePart::new(What::Addon(extra.rule.id), extra.title(&lang), price, 1));
            }
        }
        Ok(parts)
    }
}

/// A trial has what the tariff gives anyhow, or as much as it allows to try, for nothing.
fn check_trial(extra: &Extra, count: i64) -> Result<()> {
    let most = extra.default.max(extra.rule.max_trial.unwrap_or(0));
    match extra.rule.addontype == AddonType::Enumeration || count <= most {
        true => Ok(()),
        false => Err(Error::limit(extra.rule.field(), most.to_string())),
    }
}

/// The tax of the documents that the sale will stand in; without a payer that of the client's own
/// country for an individual. Without a rule there is no tax.
fn tax_of(till: &mut Till, of: &Subaccount) -> Result<(i64, Tax)> {
    let buyer = taxed(till.conn, of)?;
    let rule = till.kept(|shelf| &mut shelf.taxes, buyer, |till| taxrule::find(till.conn, buyer))?;
    Ok(rule.map_or((0, Tax::Added), |rule| (rule.rate_e4, rule.tax)))
}

const INDIVIDUAL: i64 = 1;

fn taxed(conn: &mut Conn, of: &Subaccount) -> Result<taxrule::Buyer> {
    let payer = payer::of_documents(conn, of.account_id, (of.id, of.project_id))?;
    let sql = Sql::new(
        "SELECT a.country_id, COALESCE(f.country_legal, 0), COALESCE(f.country_physical, 0), \
         COALESCE((SELECT MIN(company_id) FROM project_company WHERE project_id = ",
    );
    let sql = sql.bind(of.project_id).sql("), 0) FROM account a LEFT JOIN profile f ON f.id = ");
    let sql = sql.bind(payer.map_or(0, |payer| payer.id)).sql(" WHERE a.id = ").bind(of.account_id);
    let row = sql.first(conn, &[Kind::Int; 4])?;
    let row = row.ok_or_else(|| Error::missed("account").with("value", of.account_id.to_string()))?;
    let country = [row[1].int(), row[2].int(), row[0].int()].into_iter().find(|id| *id != 0);
    Ok(taxrule::Buyer {
        country_id: country.unwrap_or(0),
        profiletype: payer.map_or(INDIVIDUAL, |payer| payer.profiletype),
        company_id: payer.map_or(row[3].int(), |payer| payer.company_id),
    })
}
