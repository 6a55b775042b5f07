//! Packages: what a provider's catalogue says, and what they are sold for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::coverage;
use super::gateway::{self, Offer};
use super::provider::{Provider, unreachable};
use crate::billing::usage::refuse_used;
use crate::books;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::effect::Waiting;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Form, Reply};

pub const EDIT: Form = record::FORM.check(check).save(save);
pub const SYNC: Form = record::FORM.read(read_provider).outside(sync);

/// Nothing of a telephone costs more; a typing error is no fortune.
const PRICE_MAX: Money = Money::units(10_000);
const DAYS_MAX: i64 = 3_650;
const BYTES_MAX: i64 = 1 << 50;
/// Packages that one job writes (decisions.md, Writing), and that a catalogue may have.
const BATCH: usize = 50;
const OFFERS_MAX: usize = 20_000;
/// 10⁻⁴ of a percent in a whole.
const WHOLE: i64 = 1_000_000;

/// Staff see packages with all prices; who buys sees what he can buy, with his own.
pub fn whose(cx: &mut Ctx) -> Result<Sql> {
    let account_id = if cx.caller.level().is_staff() { 0 } else { cx.caller.user.account_id };
    Ok(Sql::new(" AND account_id = ").bind(account_id))
}

/// The package that `elid` names by code or id, if the caller can see it.
pub fn named(cx: &mut Ctx) -> Result<i64> {
    let elid = cx.params.get("elid").trim().to_owned();
    if elid.is_empty() {
        return Err(Error::missed("elid"));
    }
    // A code is never digits alone, so it cannot be taken for an id.
    let sql = Sql::new("SELECT id FROM esim_package_list WHERE 1 = 1").append(&whose(cx)?);
    let sql = match elid.parse::<i64>() {
        Ok(id) => sql.sql(" AND id = ").bind(id),
        Err(_) => sql.sql(" AND code = ").bind(elid.as_str()),
    };
    let row = sql.first(cx.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::missed("elid").with("value", elid))
}

fn is_code(code: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let right = (1..=64).contains(&code.len()) && code.chars().all(is_part);
    right && !code.bytes().all(|byte| byte.is_ascii_digit())
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for field in ["code", "name", "region"] {
        let text = record.str(field).trim().to_owned();
        record.set(field, text);
    }
    if !is_code(record.str("code")) {
        return Err(Error::value("code", record.str("code")).with("desc", "desc_esim_package_code"));
    }
    for (field, most) in [("duration_days", DAYS_MAX), ("data_bytes", BYTES_MAX)] {
        if !(1..=most).contains(&record.int(field)) {
            return Err(Error::value(field, record.int(field).to_string()));
        }
    }
    for field in ["price_client", "price_reseller"] {
        let price = Money(record.int(field));
        if price <= Money::ZERO || price > PRICE_MAX || !Scale::TELECOM.fits(price) {
            return Err(Error::value(field, price.plain()));
        }
    }
    if record.is_new() {
        let provider = Provider::load(cx.conn, record.int("provider_id"))?;
        record.set("currency_id", provider.currency_id);
    }
    Ok(())
}

/// What staff entered no catalogue changes.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    let is_priced = ["price_client", "price_reseller"].iter().any(|field| record.has_changed(field));
    if is_priced && !record.has_changed("manual") {
        record.set("manual", true);
    }
    let words = [record.str("code"), record.str("name"), record.str("region")].join(" ");
    let countries = coverage::words(cx.conn, record.id)?;
    record.set("search", [words, countries].join(" "));
    record::save(cx, record)
}

/// Who waits for one of these gets it first.
pub fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    refuse_used(cx, elid, &[("esim", "esim_pending", "package_id")])?;
    record::delete(cx, elid)
}

/// What has become of packages.
#[derive(Default)]
struct Counts {
    added: usize,
    changed: usize,
    refused: usize,
}

/// The form with the provider that was chosen in the list.
fn read_provider(cx: &mut Ctx) -> Result<Record> {
    let mut record = Record::new();
    record.set("provider", cx.elid()?.unwrap_or(0));
    Ok(record)
}

/// `esim.package.sync`: reads the catalogue. What is new is sold at the provider's markups at once; what
/// is not in it any more is not sold; nothing is removed.
fn sync(call: &Call) -> Result<Reply> {
    let id = call.input("provider")?.map_or(0, |provider| provider.int());
    if id == 0 {
        return Err(Error::missed("provider"));
    }
    let (app, now_us) = (&call.app, call.now_us);
    let _waiting = Waiting::begin("provider")?;
    let max_age_days = app.config.load().rate_max_age_days;
    let shop = app.db.read(BUDGET_SLOW, |conn| {
        let provider = Provider::load(conn, id)?;
        Shop::open(conn, provider, max_age_days, now_us).map(Arc::new)
    })?;
    let offers = gateway::open(app, &shop.provider)?.packages().map_err(unreachable)?;
    if offers.is_empty() || offers.len() > OFFERS_MAX {
        return Err(unreachable(format!("a catalogue of {} packages", offers.len())));
    }
    let mut counts = Counts::default();
    for batch in offers.chunks(BATCH) {
        let (batch, shop) = (batch.to_vec(), shop.clone());
        let done = app.db.write(move |conn| {
            let mut counts = Counts::default();
            batch.iter().try_for_each(|offer| shop.keep(conn, offer, &mut counts))?;
            Ok(counts)
        })?;
        counts.added += done.added;
        counts.changed += done.changed;
        counts.refused += done.refused;
    }
    let (caller, action) = (call.caller.clone(), call.func.name().to_owned());
    let gone = app.db.write(move |conn| {
        let sql = Sql::new("UPDATE esim_provider SET synced_at = ").bind(now_us).sql(" WHERE id = ");
        sql.bind(id).execute(conn)?;
        let change = history::Change { object: "esim.provider", action: &action, description: "" };
        history::keep(conn, (&caller, now_us), &change, id, (0, 0))?;
        let sql = Sql::new("UPDATE esim_package SET listed = FALSE WHERE listed AND provider_id = ").bind(id);
        sql.sql(" AND synced_at < ").bind(now_us).execute(conn)
    })?;
    let counts =
        [("added", counts.added), ("changed", counts.changed), ("refused", counts.refused), ("gone", gone)];
    Ok(Reply::Ok(counts.map(|(name, count)| Node::leaf(name, count.to_string())).into()))
}

/// A provider's packages while a part of its catalogue is kept.
struct Shop {
    provider: Provider,
    currencies: BTreeMap<String, i64>,
    rates: books::OwnRates,
    max_age_days: u32,
    now_us: i64,
}

impl Shop {
    fn open(conn: &mut Conn, provider: Provider, max_age_days: u32, now_us: i64) -> Result<Self> {
        let rows = Sql::new("SELECT iso, id FROM currency").load(conn, &[Kind::Text, Kind::Int])?;
        let currencies = rows.iter().map(|row| (row[0].str().to_owned(), row[1].int())).collect();
        let rates = books::rates(conn, provider.project_id)?;
        Ok(Self { provider, currencies, rates, max_age_days, now_us })
    }

    /// What a package costs us, in the currency that it is sold in. Nothing where no rate leads there.
    fn cost(&self, offer: &Offer) -> Option<Money> {
        let from = *self.currencies.get(&offer.currency)?;
        let rates = books::with_age(&self.rates, self.max_age_days);
        let cost = rates.convert(offer.cost, from, self.provider.currency_id, self.now_us, Scale::TELECOM);
        let cost = cost.ok()?.to.amount;
        (cost > Money::ZERO && cost <= PRICE_MAX).then_some(cost)
    }

    fn price(&self, cost: Money, markup: i64) -> Option<Money> {
        share(cost, WHOLE + markup, WHOLE, Scale::TELECOM).ok()
    }

    /// Adds a package or brings it up to date; what makes no sense is left out.
    fn keep(&self, conn: &mut Conn, offer: &Offer, counts: &mut Counts) -> Result<()> {
        let prices = self.cost(offer).and_then(|cost| {
            let client = self.price(cost, self.provider.markup_client)?;
            Some((cost, client, self.price(cost, self.provider.markup_reseller)?))
        });
        let Some(prices) = prices.filter(|_| is_sane(offer)) else {
            counts.refused += 1;
            return Ok(());
        };
        let sql = Sql::new("SELECT id, provider_id, manual FROM esim_package WHERE NOT deleted AND code = ");
        let known = sql.bind(offer.code.as_str()).first(conn, &[Kind::Int, Kind::Int, Kind::Flag])?;
        let id = match known {
            // Another provider sells under that code already.
            Some(row) if row[1].int() != self.provider.id => {
                counts.refused += 1;
                return Ok(());
            }
            Some(row) => {
                counts.changed += 1;
                self.update(conn, row[0].int(), offer, (prices, row[2].on()))?
            }
            None => {
                counts.added += 1;
                self.insert(conn, offer, prices)?
            }
        };
        coverage::replace(conn, id, &offer.networks)
    }

    fn told(&self, offer: &Offer, cost: Money) -> Vec<(&'static str, Raw)> {
        let countries: BTreeSet<&str> =
            offer.networks.iter().flat_map(|network| [network.country.as_str(), &network.iso]).collect();
        let words = [offer.code.as_str(), &offer.name, &offer.region].into_iter().chain(countries);
        let search = words.collect::<Vec<_>>().join(" ");
        vec![
            ("name", offer.name.as_str().into()),
            ("name_fold", offer.name.to_lowercase().into()),
            ("region", offer.region.as_str().into()),
            ("search_fold", search.to_lowercase().into()),
            ("search", search.into()),
            ("data_bytes", offer.data_bytes.into()),
            ("duration_days", offer.duration_days.into()),
            ("buy_cost", cost.0.into()),
            ("catalogue_cost", offer.cost.0.into()),
            ("listed", true.into()),
            ("synced_at", self.now_us.into()),
        ]
    }

    fn update(
        &self,
        conn: &mut Conn,
        id: i64,
        offer: &Offer,
        ((cost, client, reseller), is_manual): ((Money, Money, Money), bool),
    ) -> Result<i64> {
        let mut values = self.told(offer, cost);
        if !is_manual {
            values.extend([("price_client", client.0.into()), ("price_reseller", reseller.0.into())]);
        }
        let mut sql = Sql::new("UPDATE esim_package SET currency_id = ").bind(self.provider.currency_id);
        for (column, value) in values {
            sql = sql.sql(", ").word(column).sql(" = ").bind(value);
        }
        // What was read later stays.
        sql.sql(" WHERE id = ").bind(id).sql(" AND synced_at <= ").bind(self.now_us).execute(conn)?;
        Ok(id)
    }

    fn insert(
        &self,
        conn: &mut Conn,
        offer: &Offer,
        (cost, client, reseller): (Money, Money, Money),
    ) -> Result<i64> {
        let mut values = self.told(offer, cost);
        values.extend([
            ("provider_id", self.provider.id.into()),
            ("code", offer.code.as_str().into()),
            ("price_client", client.0.into()),
            ("price_reseller", reseller.0.into()),
            ("currency_id", self.provider.currency_id.into()),
        ]);
        let sql = Sql::new("INSERT INTO esim_package (").words(values.iter().map(|(name, _)| *name));
        let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, value)| value));
        let row = sql.sql(") RETURNING id").first(conn, &[Kind::Int])?;
        row.map(|row| row[0].int()).ok_or_else(|| Error::system("a package got no id"))
    }
}

fn is_sane(offer: &Offer) -> bool {
    let fits = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
    is_code(&offer.code)
        && fits(&offer.name, 255)
        && !offer.name.trim().is_empty()
        && fits(&offer.region, 4_000)
        && (1..=DAYS_MAX).contains(&offer.duration_days)
        && (1..=BYTES_MAX).contains(&offer.data_bytes)
        && offer.networks.iter().all(|it| fits(&it.country, 100) && fits(&it.name, 100) && fits(&it.tech, 50))
}
