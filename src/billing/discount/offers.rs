//! The discounts whose conditions hold for an order or a renewal. Which of them it gets is decided by
//! `tariff::best`: they are never added up.

use std::sync::Arc;

use super::of_base;
use crate::billing::promotion;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::service::{Rows, Till};
use crate::tariff::Offer;
use crate::tariff::offer::Kind as Whose;
use crate::tariff::quote::{Discount, Off, On};

/// What is ordered or renewed, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    pub account_id: i64,
    pub project_id: i64,
    pub itemtype_id: i64,
    pub pricelist_id: i64,
    /// The code of the period.
    pub period: i64,
    /// The currency in which it is paid.
    pub currency_id: i64,
    /// A new service, no renewal.
    pub is_new: bool,
    /// A promotion whose code was entered and is not redeemed yet; 0 none.
    pub promotion_id: i64,
}

/// The columns that all discounts share: `id` to `period`.
const COLUMNS: &str =
    "d.id, d.actiontype, d.percentvalue, d.fixedvalue, d.itemtype_id, d.pricelist_id, d.period";
const KINDS: [Kind; 7] = [Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text];

pub fn offers(till: &mut Till, occasion: &Occasion) -> Result<Vec<Offer>> {
    let mut offers = personal(till, occasion)?;
    offers.extend(promotional(till, occasion)?);
    offers.extend(global(till, occasion)?);
    Ok(offers)
}

fn personal(till: &mut Till, occasion: &Occasion) -> Result<Vec<Offer>> {
    let any = "SELECT id FROM account_discount WHERE NOT deleted AND project_id = ";
    if !has_any(till, (Whose::Personal, occasion.project_id), any)? {
        return Ok(Vec::new());
    }
    let today_us = till.zone(occasion.project_id)?.day_us(till.now_us);
    let sql = Sql::new("SELECT ").sql(COLUMNS).sql(" FROM account_discount d WHERE NOT d.deleted");
    let sql = sql.sql(" AND d.account_id = ").bind(occasion.account_id);
    let sql = sql.sql(" AND d.project_id = ").bind(occasion.project_id);
    let sql = sql.sql(" AND (d.todate = 0 OR d.todate >= ").bind(today_us).sql(") ORDER BY d.id");
    let key = (Whose::Personal, occasion.account_id, occasion.project_id);
    let rows = rows(till, key, sql)?;
    offered(till, occasion, Whose::Personal, &rows, |_| On::Whole)
}

fn global(till: &mut Till, occasion: &Occasion) -> Result<Vec<Offer>> {
    let sql = Sql::new("SELECT ").sql(COLUMNS).sql(" FROM discount d WHERE NOT d.deleted AND d.active");
    let sql = sql.sql(" AND d.project_id = ").bind(occasion.project_id).sql(" ORDER BY d.id");
    let rows = rows(till, (Whose::Global, 0, occasion.project_id), sql)?;
    offered(till, occasion, Whose::Global, &rows, |_| On::Whole)
}

/// Most providers have none, and a batch asks for many clients.
fn has_any(till: &mut Till, of: (Whose, i64), any: &'static str) -> Result<bool> {
    let sql = Sql::new(any).bind(of.1).sql(" LIMIT 1");
    let fetch = |till: &mut Till| Ok(sql.first(till.conn, &[Kind::Int])?.is_some());
    till.kept(|shelf| &mut shelf.has_discounts, of, fetch)
}

fn rows(till: &mut Till, key: (Whose, i64, i64), sql: Sql) -> Result<Rows> {
    till.kept(|shelf| &mut shelf.discounts, key, |till| sql.load(till.conn, &KINDS).map(Arc::new))
}

/// The rows that fit the occasion, as offers.
fn offered(
    till: &mut Till,
    occasion: &Occasion,
    kind: Whose,
    rows: &[Vec<Raw>],
    on: impl Fn(&[Raw]) -> On,
) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for row in rows.iter().filter(|row| occasion.fits(row)) {
        let off = match row[1].str() {
            "fixed" => {
                let fixed = Money(row[3].int());
                of_base(till, occasion.project_id, occasion.currency_id, fixed)?.map(Off::Fixed)
            }
            _ => Some(Off::Percent(row[2].int())),
        };
        let offer = |off| Offer { kind, id: row[0].int(), discount: Discount { off, on: on(row) } };
        offers.extend(off.map(offer));
    }
    Ok(offers)
}

impl Occasion {
    /// Is a discount for this product and period?
    fn fits(&self, row: &[Raw]) -> bool {
        let is_of = |id: &Raw, own: i64| id.int() == 0 || id.int() == own;
        let period = self.period.to_string();
        is_of(&row[4], self.itemtype_id)
            && is_of(&row[5], self.pricelist_id)
            && (row[6].str().is_empty() || row[6].str().split(", ").any(|code| code == period))
    }
}

fn promotional(till: &mut Till, occasion: &Occasion) -> Result<Vec<Offer>> {
    let any = "SELECT id FROM promotion WHERE NOT deleted AND NOT archived AND active AND project_id = ";
    if !has_any(till, (Whose::Promo, occasion.project_id), any)? {
        return Ok(Vec::new());
    }
    let mut offers = Vec::new();
    let of = [
        occasion.project_id,
        occasion.itemtype_id,
        occasion.pricelist_id,
        occasion.account_id,
        occasion.promotion_id,
    ];
    let fetch = |till: &mut Till| promotions(till, occasion).map(Arc::new);
    for promotion_id in till.kept(|shelf| &mut shelf.promotions, of, fetch)?.iter().copied() {
        if !promotion::hold(till, promotion_id, occasion.account_id)? {
            continue;
        }
        let sql = Sql::new("SELECT ").sql(COLUMNS).sql(
            ", d.type, d.onlyneworder, (SELECT MIN(x.id) FROM pricelist_detail x WHERE NOT x.deleted \
             AND x.itemtype_id = d.addon_id AND x.pricelist_id = ",
        );
        let sql = sql.bind(occasion.pricelist_id).sql(") FROM promotion_discount d WHERE d.promotion_id = ");
        let kinds = [&KINDS[..], &[Kind::Text, Kind::Flag, Kind::Int]].concat();
        let mut rows = sql.bind(promotion_id).sql(" ORDER BY d.id").load(till.conn, &kinds)?;
        // Of an add-on that the tariff does not have there is nothing to take off.
        rows.retain(|row| occasion.is_new || !row[8].on());
        rows.retain(|row| row[7].str() != "addon" || row[9].int() > 0);
        offers.extend(offered(till, occasion, Whose::Promo, &rows, |row| match row[7].str() {
            "tariff" => On::Tariff,
            "addon" => On::Addon(row[9].int()),
            _ => On::Whole,
        })?);
    }
    Ok(offers)
}

/// The running promotions about this product that the client redeemed, or that are for everybody.
fn promotions(till: &mut Till, occasion: &Occasion) -> Result<Vec<i64>> {
    let sql = Sql::new(
        "SELECT p.id, p.fromdate, p.todate FROM promotion p WHERE NOT p.deleted AND NOT p.archived \
         AND p.active AND p.project_id = ",
    );
    let sql = sql.bind(occasion.project_id).sql(
        " AND ((NOT EXISTS (SELECT 1 FROM promotion_itemtype i WHERE i.promotion_id = p.id) \
         AND NOT EXISTS (SELECT 1 FROM promotion_pricelist l WHERE l.promotion_id = p.id)) \
         OR EXISTS (SELECT 1 FROM promotion_itemtype i WHERE i.promotion_id = p.id AND i.itemtype_id = ",
    );
    let sql = sql.bind(occasion.itemtype_id).sql(
        ") OR EXISTS (SELECT 1 FROM promotion_pricelist l WHERE l.promotion_id = p.id AND l.pricelist_id = ",
    );
    let sql = sql.bind(occasion.pricelist_id).sql(
        ")) AND ((p.promocode_fold = '' AND NOT EXISTS \
         (SELECT 1 FROM coupon c WHERE c.promotion_id = p.id AND NOT c.deleted)) \
         OR EXISTS (SELECT 1 FROM coupon_use u WHERE u.promotion_id = p.id AND u.account_id = ",
    );
    let sql = sql.bind(occasion.account_id).sql(") OR p.id = ").bind(occasion.promotion_id);
    let rows = sql.sql(") ORDER BY p.id").load(till.conn, &[Kind::Int; 3])?;
    let (zone, now_us) = (till.zone(occasion.project_id)?, till.now_us);
    let runs = |row: &&Vec<Raw>| promotion::runs(&zone, (row[1].int(), row[2].int()), now_us);
    Ok(rows.iter().filter(runs).map(|row| row[0].int()).collect())
}
