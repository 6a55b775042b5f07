//! What the steps of an order show: the tariffs on sale, and what the choice costs.

use std::collections::HashMap;
use std::sync::Arc;

use super::buyer::{Buyer, Sold};
use super::tariff::Tariff;
use super::term::{self, Wish};
use super::{Till, choices, order};
use crate::billing::discount;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::money::Money;
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::tariff::period::Period;

/// Tariffs that a step lists.
const TARIFFS_MAX: i64 = 500;

pub fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = order::looked_at(cx)?;
    if cx.func.meta.step == 0 {
        let (list, period) = tariffs(cx, account_id)?;
        record.nodes.push(list);
        if let Some(period) = period.filter(|_| asked(cx).is_none()) {
            record.set("period", period.code());
        }
        return Ok(());
    }
    if cx.params.manner().page && cx.params.submits() {
        need_sold(cx, record)?;
    }
    // What is chosen where nobody chooses.
    for field in cx.call.added.iter().filter(|field| !field.default.is_empty() && !cx.params.has(&field.name))
    {
        record.show(&field.name, field.default.clone());
    }
    if !cx.params.has("autoprolong") {
        // What a browser sends back unchanged must renew as the call without it does.
        let renewal = asked(cx).map_or(0, |period| order::renewal(cx, record, period));
        record.set("autoprolong", renewal);
    }
    let summary = summary(cx, account_id, record)?;
    record.nodes.extend(summary.unwrap_or_default());
    Ok(())
}

/// A person is told at once, where he can choose another one.
fn need_sold(cx: &mut Ctx, record: &Record) -> Result<()> {
    let (Some(period), Ok(tariff)) = (asked(cx), Till::of(cx).tariff(record.int("pricelist_id"))) else {
        return Ok(());
    };
    let name = if cx.func.meta.field("order_period").is_some() { "order_period" } else { "period" };
    match tariff.is_sold_for(period) {
        true => Ok(()),
        false => Err(Error::value(name, period.code().to_string()).with("desc", "desc_period_not_sold")),
    }
}

/// The period that a step looks at; nothing that is wrong is said yet.
fn asked(cx: &Ctx) -> Option<Period> {
    let sent = cx.params.sent("order_period").or_else(|| cx.params.sent("period"));
    sent.and_then(|text| text.trim().parse().ok()).and_then(Period::from_code)
}

fn shortest(tariff: &Tariff) -> Option<Period> {
    tariff.periods().into_iter().find(|period| *period != Period::Trial)
}

/// For how long a tariff is shown: a program asks for a period and is told of the tariffs that are sold
/// for it; a person sees all of them, each for the period that he asked for or most likely wants.
fn shown_for(cx: &Ctx, tariff: &Tariff) -> Option<Period> {
    let asked = asked(cx);
    if !cx.params.manner().page {
        return asked.or_else(|| shortest(tariff)).filter(|period| tariff.is_sold_for(*period));
    }
    let sold = |period: Option<Period>| period.filter(|period| tariff.is_sold_for(*period));
    sold(asked).or_else(|| sold(Some(Period::Months(1)))).or_else(|| shortest(tariff))
}

/// The tariffs of a type that are on sale, and the period that the first is shown for. People see
/// first what costs them what is said.
fn tariffs(cx: &mut Ctx, account_id: i64) -> Result<(Node, Option<Period>)> {
    let (kind_id, call) = (order::kind(cx)?.id, cx.call);
    let sql = Sql::new("SELECT id FROM pricelist WHERE NOT deleted AND active AND itemtype_id = ");
    let sql = sql.bind(kind_id).sql(" ORDER BY orderpriority, id LIMIT ").bind(TARIFFS_MAX);
    let (mut rows, mut buyers) = (Vec::new(), HashMap::new());
    for row in sql.load(cx.conn, &[Kind::Int])? {
        let tariff = Till::of(cx).tariff(row[0].int())?;
        let period = shown_for(cx, &tariff).filter(|_| order::is_on_sale(&tariff, call.caller.level()));
        let Some(period) = period else { continue };
        let own = price(&mut Till::of(cx), &mut buyers, account_id, (&tariff, period))?;
        let price = match &own {
            Some(price) => price.clone(),
            None if call.params.manner().page => listed(&mut Till::of(cx), (&tariff, period))?,
            None => String::new(),
        };
        let term = format!("period_{}", period.code());
        let node = elem(&tariff, (period, call.word(&term)), &price, &call.lang);
        rows.push((own.is_none(), period, node));
    }
    if call.params.manner().page {
        rows.sort_by_key(|(is_others, _, _)| *is_others);
    }
    let first = rows.first().map(|(_, period, _)| *period);
    Ok((Node::new("list").attr("name", "tariflist").with(rows.into_iter().map(|(_, _, node)| node)), first))
}

/// What a term costs the client; nothing where he has no account with the provider.
fn price(
    till: &mut Till,
    buyers: &mut HashMap<i64, Option<Arc<Buyer>>>,
    account_id: i64,
    (tariff, period): (&Tariff, Period),
) -> Result<Option<String>> {
    let buyer = match buyers.get(&tariff.project_id) {
        Some(buyer) => buyer.clone(),
        None => {
            let buyer = Buyer::find(till, account_id, tariff.project_id)?;
            buyers.entry(tariff.project_id).or_insert(buyer).clone()
        }
    };
    match buyer {
        Some(buyer) => Ok(Some(buyer.shown(buyer.prices(till, tariff)?.of_period(period, false)?))),
        None => Ok(None),
    }
}

/// What a term costs in the currency of its provider; nothing where it has no price in it.
fn listed(till: &mut Till, (tariff, period): (&Tariff, Period)) -> Result<String> {
    let (currency_id, iso) = discount::base_of(till, tariff.project_id)?;
    let (rates, days) = (till.rates(tariff.project_id)?, till.app.config.load().rate_max_age_days);
    let prices = tariff.in_currency((currency_id, Scale::minor(&iso)), rates, days, till.now_us);
    Ok(prices
        .of_period(period, false)
        .map_or_else(|_| String::new(), |price| format!("{} {iso}", price.shown(&iso))))
}

fn elem(tariff: &Tariff, (period, term): (Period, &str), price: &str, lang: &str) -> Node {
    let (id, title) = (tariff.id.to_string(), tariff.title(lang).to_owned());
    let leaves = [
        ("pricelist", id.clone()),
        ("id", id),
        ("name", title.clone()),
        ("desc", title),
        ("period", period.code().to_string()),
        ("term", term.to_owned()),
        ("price", price.to_owned()),
    ];
    Node::new("elem").with(leaves.map(|(name, text)| Node::leaf(name, text)))
}

/// The quote that will be charged. While the choice cannot be sold there is none.
fn summary(cx: &mut Ctx, account_id: i64, record: &Record) -> Result<Option<[Node; 3]>> {
    let Ok(tariff) = Till::of(cx).tariff(record.int("pricelist_id")) else { return Ok(None) };
    let asked = asked(cx).or_else(|| shortest(&tariff));
    let Some(period) = asked.filter(|period| tariff.is_sold_for(*period)) else { return Ok(None) };
    let chosen = choices::chosen(&tariff, record, &[]);
    let till = &mut Till::of(cx);
    let Some(buyer) = Buyer::find(till, account_id, tariff.project_id)? else { return Ok(None) };
    let is_transfer = record.get("is_transfer").on();
    let promocode = record.str("promocode").trim();
    let wish = Wish { tariff: &tariff, period, chosen: &chosen, promocode, is_transfer };
    let Ok(due) = term::begin(till, &buyer, &wish) else { return Ok(None) };
    let rows = due.sold.parts.iter().map(|part| (part.name.clone(), part.amount));
    let mut summary = Summary { rows: rows.collect(), ..Summary::default() };
    summary.add(&due.sold)?;
    Ok(Some(summary.nodes(&buyer, |name| cx.word(name).to_owned())))
}

/// `pricelist_summary`, `discount_summary` and `total_summary` of an order.
#[derive(Default)]
pub struct Summary {
    pub rows: Vec<(String, Money)>,
    discounts: Vec<(String, Money)>,
    tax: Money,
    total: Money,
}

impl Summary {
    pub fn add(&mut self, sold: &Sold) -> Result<()> {
        let sum = sold.sum()?;
        if sum.discount != Money::ZERO {
            self.discounts.push((sold.discount_word().to_owned(), sum.discount.negated()));
        }
        self.tax = self.tax.plus(sum.tax)?;
        self.total = self.total.plus(sum.total)?;
        Ok(())
    }

    /// `word` tells what tax, total and the kinds of discount are called.
    pub fn nodes(self, buyer: &Buyer, word: impl Fn(&str) -> String) -> [Node; 3] {
        let row = |name: String, desc: String, amount: Money| {
            let leaves = [("name", name), ("desc", desc), ("cost", buyer.shown(amount))];
            Node::new("elem").with(leaves.map(|(name, text)| Node::leaf(name, text)))
        };
        let named = |(name, amount): (String, Money)| {
            let desc = word(&format!("sum_{name}"));
            row(name, desc, amount)
        };
        let totals =
            [("tax", self.tax), ("total", self.total)].map(|(name, amount)| (name.to_owned(), amount));
        let list = |name: &str| Node::new("list").attr("name", name.to_owned());
        [
            list("pricelist_summary")
                .with(self.rows.into_iter().map(|(name, amount)| row(name.clone(), name, amount))),
            list("discount_summary").with(self.discounts.into_iter().map(named)),
            list("total_summary").with(totals.map(named)),
        ]
    }
}
