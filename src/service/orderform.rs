//! What the steps of an order show: the tariffs on sale, and what the choice costs.

use std::collections::HashMap;

use super::buyer::{Buyer, Sold};
use super::tariff::Tariff;
use super::term::{self, Wish};
use super::{Till, choices, order};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::money::Money;
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::tariff::period::Period;

/// Tariffs that a step lists.
const TARIFFS_MAX: i64 = 500;

pub fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = order::looked_at(cx)?;
    if cx.func.meta.step == 0 {
        let list = tariffs(cx, account_id)?;
        record.nodes.push(list);
        return Ok(());
    }
    let summary = summary(cx, account_id, record)?;
    record.nodes.extend(summary.unwrap_or_default());
    Ok(())
}

/// The period that a step looks at; nothing that is wrong is said yet.
fn asked(cx: &Ctx) -> Option<Period> {
    let sent = cx.params.sent("order_period").or_else(|| cx.params.sent("period"));
    sent.and_then(|text| text.trim().parse().ok()).and_then(Period::from_code)
}

fn shortest(tariff: &Tariff) -> Option<Period> {
    tariff.periods().into_iter().find(|period| *period != Period::Trial)
}

/// The tariffs of a type that are on sale.
fn tariffs(cx: &mut Ctx, account_id: i64) -> Result<Node> {
    let (kind_id, lang, level) = (order::kind(cx)?.id, cx.lang.clone(), cx.caller.level());
    let sql = Sql::new("SELECT id FROM pricelist WHERE NOT deleted AND active AND itemtype_id = ");
    let sql = sql.bind(kind_id).sql(" ORDER BY orderpriority, id LIMIT ").bind(TARIFFS_MAX);
    let ids = sql.load(cx.conn, &[Kind::Int])?;
    let asked = asked(cx);
    let till = &mut Till::of(cx);
    let (mut list, mut buyers) = (Node::new("list").attr("name", "tariflist"), HashMap::new());
    for row in ids {
        let tariff = till.tariff(row[0].int())?;
        let period = asked.or_else(|| shortest(&tariff)).filter(|period| tariff.is_sold_for(*period));
        let Some(period) = period.filter(|_| order::is_on_sale(&tariff, level)) else { continue };
        let buyer = match buyers.get(&tariff.project_id) {
            Some(buyer) => buyer,
            None => {
                let buyer = Buyer::find(till, account_id, tariff.project_id)?;
                buyers.entry(tariff.project_id).or_insert(buyer)
            }
        };
        let price = match buyer {
            Some(buyer) => buyer.shown(buyer.prices(till, &tariff)?.of_period(period, false)?),
            None => String::new(),
        };
        list = list.kid(elem(&tariff, period, price, &lang));
    }
    Ok(list)
}

fn elem(tariff: &Tariff, period: Period, price: String, lang: &str) -> Node {
    let (id, title) = (tariff.id.to_string(), tariff.title(lang).to_owned());
    let leaves = [
        ("pricelist", id.clone()),
        ("id", id),
        ("name", title.clone()),
        ("desc", title),
        ("period", period.code().to_string()),
        ("price", price),
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
    Ok(Some(summary.nodes(&buyer)))
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

    pub fn nodes(self, buyer: &Buyer) -> [Node; 3] {
        let row = |(name, amount): (String, Money)| {
            Node::new("elem").kid(Node::leaf("name", name)).kid(Node::leaf("cost", buyer.shown(amount)))
        };
        let totals = [("tax", self.tax), ("total", self.total)];
        let totals = totals.map(|(name, amount)| (name.to_owned(), amount)).to_vec();
        [("pricelist_summary", self.rows), ("discount_summary", self.discounts), ("total_summary", totals)]
            .map(|(name, rows)| Node::new("list").attr("name", name).with(rows.into_iter().map(row)))
    }
}
