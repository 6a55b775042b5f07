//! What is sold out of a pool, for how much. Offers are never removed: they know which numbers their product
//! was sold on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pool::Pool;
use super::{Vocabulary, for_sale, lock, second, word_id};
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Handler, Reply, Topic};
use crate::rpc::lines::{self, Checked, Refused, report};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("number.price", Handler::View(Some(for_sale))),
    ("number.price.edit", Handler::Form(record::FORM.read(read).check(check).save(save))),
    ("number.price.import", Handler::Form(record::FORM.read(|_| Ok(Record::new())).outside(import))),
];

/// A number costs no fortune; a typing error may.
const PRICE_MAX: Money = Money::units(100_000);
/// `cost` has at most two decimals (operations.md R190).
const STEP: i64 = 10_000;
/// Offers of one statement, and lines that one job keeps.
const STATEMENT: usize = 100;
const BATCH: usize = 1_000;
const WORDS: [&str; 3] = ["country", "operator", "product"];

fn is_price(price: Money) -> bool {
    price > Money::ZERO && price <= PRICE_MAX && price.0 % STEP == 0
}

/// The form with the words of what is offered.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::read(cx)?;
    if record.is_new() {
        return Ok(record);
    }
    let sql = Sql::new("SELECT ").words(WORDS).sql(" FROM number_price_list WHERE id = ").bind(record.id);
    if let Some(row) = sql.first(cx.conn, &[Kind::Text; 3])? {
        WORDS.iter().zip(row).for_each(|(name, word)| record.show(name, word.str()));
    }
    Ok(record)
}

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let price = Money(record.int("price"));
    if is_price(price) { Ok(()) } else { Err(Error::value("price", price.plain())) }
}

/// A new offer of what was offered before is that one with another price.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    lock(cx.conn)?;
    cx.touch(Topic::Numbers)?;
    if !record.is_new() {
        record.set("changed_at", second(cx.now_us));
        return record::save(cx, record);
    }
    let [country, operator, product] = WORDS.map(|name| cx.params.get(name).trim().to_owned());
    let country_id = word_id(cx.conn, "country", &country)?;
    let operator_id = word_id(cx.conn, "operator", &operator)?;
    let product = Product::load(cx.conn, &product)?;
    let pool = Pool::of(cx.conn, country_id, operator_id, &product.category)?;
    let line = Offer { product_id: product.id, price: Money(record.int("price")) };
    upsert(cx.conn, &pool, &[line], cx.now_us)?;
    let sql = Sql::new("SELECT id FROM num_offer WHERE pool_id = ").bind(pool.id);
    let row = sql.sql(" AND product_id = ").bind(product.id).first(cx.conn, &[Kind::Int])?;
    let id = row.map(|row| row[0].int()).ok_or_else(|| Error::system("an offer got no id"))?;
    history::write(cx, id, (0, 0), &[country, operator].join(" "))?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

struct Product {
    id: i64,
    category: String,
}

impl Product {
    fn load(conn: &mut Conn, slug: &str) -> Result<Self> {
        let sql = Sql::new("SELECT id, category FROM num_product WHERE slug = ").bind(slug);
        let row = sql.first(conn, &[Kind::Int, Kind::Text])?;
        let row = row.ok_or_else(|| Error::missed("product").with("value", slug))?;
        Ok(Self { id: row[0].int(), category: row[1].str().to_owned() })
    }
}

#[derive(Debug, Clone, Copy)]
struct Offer {
    product_id: i64,
    price: Money,
}

/// How many were added or changed. What is new has the numbers that its pool has.
fn upsert(conn: &mut Conn, pool: &Pool, offers: &[Offer], now_us: i64) -> Result<usize> {
    let mut touched = 0;
    for offers in offers.chunks(STATEMENT) {
        let mut sql =
            Sql::new("INSERT INTO num_offer (pool_id, product_id, price, free, changed_at) VALUES (");
        for (nth, offer) in offers.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            let values = [pool.id, offer.product_id, offer.price.0, pool.stock(), second(now_us)];
            sql = sql.binds(values.map(Into::into));
        }
        let sql = sql.sql(
            ") ON CONFLICT (pool_id, product_id) DO UPDATE SET price = excluded.price, active = TRUE, \
             changed_at = excluded.changed_at WHERE num_offer.price <> excluded.price OR NOT num_offer.active",
        );
        touched += sql.execute(conn)?;
    }
    Ok(touched)
}

/// What a pool is found by: country, operator, category.
type Place = (i64, i64, String);

/// The pool and the offer of `country,operator,product,price`.
fn line(words: &Vocabulary, line: &lines::Line) -> Checked<(Place, Offer)> {
    let (country_id, _) = words.countries.get(line.cell(0)).ok_or("country")?;
    let (operator_id, _) = words.operators.get(line.cell(1)).ok_or("operator")?;
    let (product_id, category) = words.products.get(line.cell(2)).ok_or("product")?;
    let price = line.money(3).filter(|price| is_price(*price)).ok_or("price")?;
    Ok(((*country_id, *operator_id, category.clone()), Offer { product_id: *product_id, price }))
}

/// Offers by the pools that they are sold out of.
type Pools = BTreeMap<Place, Vec<Offer>>;

fn import(call: &Call) -> Result<Reply> {
    let words = call.app.db.read(BUDGET_SLOW, Vocabulary::load)?;
    let (mut lines, mut refused) = (Vec::new(), Vec::<Refused>::new());
    for line in lines::of(call.params.get("data"), WORDS[0]) {
        match self::line(&words, &line) {
            Ok(offer) => lines.push(offer),
            Err(why) => refused.push((line.number, why)),
        }
    }
    let mut touched = 0;
    for piece in lines.chunks(BATCH) {
        let mut pools = Pools::new();
        for (pool, offer) in piece {
            let offers = pools.entry(pool.clone()).or_default();
            offers.retain(|have| have.product_id != offer.product_id); // the last one counts
            offers.push(*offer);
        }
        touched += keep(call, Arc::new(pools))?;
    }
    let counts = [("changed", touched), ("same", lines.len() - touched), ("refused", refused.len())];
    Ok(Reply::Ok(report(call, &counts, &refused)))
}

/// One job. It may run again.
fn keep(call: &Call, pools: Arc<Pools>) -> Result<usize> {
    let now_us = call.now_us;
    call.app.db.write(move |conn| {
        lock(conn)?;
        let mut touched = 0;
        for ((country_id, operator_id, category), offers) in &*pools {
            let pool = Pool::of(conn, *country_id, *operator_id, category)?;
            touched += upsert(conn, &pool, offers, now_us)?;
        }
        Ok(touched)
    })
}
