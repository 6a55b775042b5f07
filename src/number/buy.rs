//! Buying a number: for one product (activation), or alone for a time (hosting).
//!
//! One job does it: the cheapest offer with stock is chosen, the order written down, its price set aside, and
//! the number taken last, for its offer's row is what others wait for. Who finds that the last number went
//! meanwhile begins anew. No network is needed for numbers of ours; one that a supplier has to bring first
//! (`num_pool.supplier_id`) is asked for behind this job, and `order::filled` or `order::give_up` end it.

use super::buyer::Buyer;
use super::order::{self, bill};
use super::shown::Shown;
use super::stock::{self, Offer, Place, Taken};
use super::wish::{Extras, Wish};
use super::{pull, sandbox};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::ledger::rounding::share;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Form, Handler, Reply};
use crate::rpc::journal;
use crate::rpc::registry::Row;
use crate::telecom::payers::{Bill, Cut};
use crate::time::{MINUTE_US, SECOND_US};

pub const FUNCS: &[Row] = &[
    ("number.buy", Handler::Form(NEW.outside(|call| buy(call, stock::ACTIVATION)))),
    ("number.hosting.buy", Handler::Form(NEW.outside(|call| buy(call, stock::HOSTING)))),
];

const NEW: Form = record::FORM.read(|_| Ok(Record::new()));

/// So long an activation waits for its message (operations.md §2.17).
pub const LIFE_US: i64 = 15 * MINUTE_US;
const ANY: &str = "any";
/// How often somebody else may have been faster.
const TRIES_MAX: usize = 16;
/// Offers of suppliers that are tried one after the other, while the buyer waits.
const SUPPLIERS_MAX: usize = 3;
/// A share is 10⁻⁴ of a percent.
const WHOLE: i64 = 1_000_000;

/// What an order is for. `parent_id`: the one whose number is bought again.
pub struct Sale<'s> {
    pub offer: &'s Offer,
    pub product: &'s str,
    pub category: &'static str,
    pub life_us: i64,
    pub parent_id: i64,
}

/// An order with what is needed to tell of it.
pub struct Bought {
    pub shown: Shown,
    pub is_sandbox: bool,
    /// The offer and the supplier who has yet to bring the number.
    pub promised: Option<(i64, i64)>,
}

fn buy(call: &Call, category: &'static str) -> Result<Reply> {
    let wish = Wish::of(call, category)?;
    for _ in 0..SUPPLIERS_MAX {
        let wish = wish.clone();
        let work = move |conn: &mut Conn, currency: &str, now_us| begin(conn, &wish, currency, now_us);
        let mut bought = run(call, work)?;
        if let Some(promise) = bought.promised {
            match pull::fetch(&call.app, promised(&bought.shown, promise))? {
                Some(phone) => bought.shown.phone = phone,
                None => continue,
            }
        }
        return Ok(told(&call.app, call, &bought));
    }
    Err(Error::limit("stock", ""))
}

fn promised(shown: &Shown, (offer_id, supplier_id): (i64, i64)) -> pull::Wish {
    pull::Wish {
        order_id: shown.id,
        offer_id,
        supplier_id,
        country: shown.country.clone(),
        operator: shown.operator.clone(),
        product: shown.product.clone(),
        price: shown.price,
    }
}

/// Runs a purchase until nobody else was faster, with its journal.
pub fn in_one_job(
    call: &Call,
    work: impl Fn(&mut Conn, &str, i64) -> Result<Bought> + Clone + Send + 'static,
) -> Result<Reply> {
    Ok(told(&call.app, call, &run(call, work)?))
}

fn run(
    call: &Call,
    work: impl Fn(&mut Conn, &str, i64) -> Result<Bought> + Clone + Send + 'static,
) -> Result<Bought> {
    let (entry, now_us) = (journal::statement(call), call.now_us);
    let currency = call.app.config.load().number_currency.clone();
    let mut tries = 0;
    loop {
        let (entry, currency, work) = (entry.clone(), currency.clone(), work.clone());
        let (caller, action) = (call.caller.clone(), call.func.name().to_owned());
        let done = call.app.db.write(move |conn| {
            // First, for nobody should wait for it behind the offer's row.
            entry.clone().execute(conn)?;
            let bought = work(conn, &currency, now_us)?;
            order::note(conn, (&caller, now_us), &action, (bought.shown.id, &bought.shown.status))?;
            Ok(bought)
        });
        tries += 1;
        match done {
            Ok(bought) => return Ok(bought),
            Err(error) if is_changed(&error) && tries < TRIES_MAX => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_changed(error: &Error) -> bool {
    error.kind == "busy" && error.object == "stock"
}

fn told(app: &App, call: &Call, bought: &Bought) -> Reply {
    if bought.is_sandbox {
        app.numbers_wait.notify_one();
    }
    Reply::Ok(bought.shown.nodes(&call.zone))
}

fn begin(conn: &mut Conn, wish: &Wish, currency: &str, now_us: i64) -> Result<Bought> {
    let buyer = Buyer::load(conn, wish.account_id, currency, now_us)?;
    let goods = Goods::find(conn, wish)?;
    let offer = stock::cheapest(conn, goods.product_id, goods.place, goods.most)?;
    let offer = offer.ok_or_else(|| Error::limit("stock", ""))?;
    let sale = Sale {
        offer: &offer,
        product: &wish.product,
        category: wish.category,
        life_us: goods.life_us,
        parent_id: 0,
    };
    let id = insert(conn, &buyer, &sale, now_us)?;
    match wish.category {
        stock::HOSTING => {
            let taken = stock::take_hosting(conn, &offer, now_us)?.ok_or_else(stock::changed)?;
            let bought = fill(conn, (id, &buyer, &sale), &taken, &wish.extras, now_us)?;
            let bill = Bill { what: order::HOSTING, id, amounts: [offer.price; 2] };
            let cut = cut(conn, &taken, offer.price, &buyer)?;
            buyer.payers.charge_sharing(conn, &bill, cut.as_ref(), now_us)?;
            Ok(bought)
        }
        _ if offer.supplier_id != 0 => {
            buyer.payers.hold(conn, &bill(id, offer.price), now_us)?;
            let taken = stock::take_promised(conn, &offer, now_us)?.ok_or_else(stock::changed)?;
            let bought = fill(conn, (id, &buyer, &sale), &taken, &wish.extras, now_us)?;
            pull::names(conn, id, pull::ASKED)?;
            Ok(Bought { promised: Some((offer.id, offer.supplier_id)), ..bought })
        }
        _ => {
            buyer.payers.hold(conn, &bill(id, offer.price), now_us)?;
            let taken = stock::take_activation(conn, &offer, now_us)?.ok_or_else(stock::changed)?;
            fill(conn, (id, &buyer, &sale), &taken, &wish.extras, now_us)
        }
    }
}

/// What the words of a wish are.
struct Goods {
    product_id: i64,
    place: Place,
    most: Option<Money>,
    life_us: i64,
}

impl Goods {
    fn find(conn: &mut Conn, wish: &Wish) -> Result<Self> {
        let sql = Sql::new("SELECT (SELECT id FROM num_country WHERE active AND slug = ")
            .bind(wish.country.as_str());
        let sql = sql.sql("), (SELECT id FROM num_operator WHERE slug = ").bind(wish.operator.as_str());
        let sql = sql.sql(
            "), p.id, p.hosting_sec, m.price FROM (SELECT 1 AS one) x LEFT JOIN num_product p ON p.active AND p.slug = ",
        );
        let sql = sql.bind(wish.product.as_str()).sql(" AND p.category = ").bind(wish.category);
        let sql = sql.sql(" LEFT JOIN num_max_price m ON m.product_id = p.id AND m.account_id = ");
        let row = sql.bind(wish.account_id).first(conn, &[Kind::Int; 5])?;
        let row = row.ok_or_else(|| Error::system("words were not looked up"))?;
        let known = |what: &str, word: &str, raw: &Raw| match (word, raw) {
            (ANY, _) => Ok(None),
            (_, Raw::Int(id)) => Ok(Some(*id)),
            _ => Err(Error::missed(what).with("value", word)),
        };
        let country_id = known("country", &wish.country, &row[0])?;
        let operator_id = known("operator", &wish.operator, &row[1])?;
        let Raw::Int(product_id) = row[2] else {
            return Err(Error::missed("product").with("value", wish.product.as_str()));
        };
        let saved = if row[4] == Raw::Null { None } else { Some(Money(row[4].int())) };
        // It counts where we are to choose, and what the call says goes before what is kept.
        let most = wish.most.or(saved).filter(|_| operator_id.is_none());
        let life_us = if wish.category == stock::HOSTING { row[3].int() * SECOND_US } else { LIFE_US };
        Ok(Self { product_id, place: Place { country_id, operator_id }, most, life_us })
    }
}

/// The order without its number.
pub fn insert(conn: &mut Conn, buyer: &Buyer, sale: &Sale, now_us: i64) -> Result<i64> {
    let (own, offer) = (&buyer.own, sale.offer);
    let wholesale = buyer.payers.wholesale().map_or(0, |side| side.subaccount.id);
    let values: [(&str, Raw); 16] = [
        ("account_id", own.account_id.into()),
        ("reseller_id", own.reseller_id.into()),
        ("subaccount_id", own.id.into()),
        ("reseller_subaccount_id", wholesale.into()),
        ("offer_id", offer.id.into()),
        ("product_id", offer.product_id.into()),
        ("category", sale.category.into()),
        ("country", offer.country.as_str().into()),
        ("operator", offer.operator.as_str().into()),
        ("product", sale.product.into()),
        ("price", offer.price.0.into()),
        ("currency_id", own.currency_id.into()),
        ("status", order::Status::Pending.word().into()),
        ("created_at", now_us.into()),
        ("expires_at", (now_us + sale.life_us).into()),
        ("parent_id", sale.parent_id.into()),
    ];
    let sql = Sql::new("INSERT INTO num_order (").words(values.iter().map(|(name, _)| *name));
    let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, value)| value)).sql(") RETURNING id");
    let row = sql.first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("an order got no id"))
}

/// What a vendor gets of it. Nobody gets money of another currency.
fn cut(conn: &mut Conn, taken: &Taken, price: Money, buyer: &Buyer) -> Result<Option<Cut>> {
    let (vendor_id, amount) = share_of(taken, price, buyer)?;
    if amount == Money::ZERO {
        return Ok(None);
    }
    let to = crate::books::subaccount_of(conn, vendor_id, None)?;
    Ok(Some(Cut { to, amount }))
}

fn share_of(taken: &Taken, price: Money, buyer: &Buyer) -> Result<(i64, Money)> {
    match taken.vendor.filter(|vendor| vendor.currency_id == buyer.own.currency_id) {
        Some(vendor) => Ok((vendor.account_id, share(price, vendor.share, WHOLE, Scale::TELECOM)?)),
        None => Ok((taken.vendor.map_or(0, |vendor| vendor.account_id), Money::ZERO)),
    }
}

/// Gives the order its number, and what of the extras that one can do.
pub fn fill(
    conn: &mut Conn,
    (id, buyer, sale): (i64, &Buyer, &Sale),
    taken: &Taken,
    extras: &Extras,
    now_us: i64,
) -> Result<Bought> {
    let number = match extras.forwarding_number.as_str() {
        "" => buyer.default_forwarding.as_str(),
        number => number,
    };
    let forwarding = extras.forwarding && taken.forwarding_ok && !number.is_empty();
    let (vendor_id, vendor_amount) = share_of(taken, sale.offer.price, buyer)?;
    let shown = Shown {
        id,
        price: sale.offer.price,
        created_at: now_us,
        expires_at: now_us + sale.life_us,
        first_sms_at: 0,
        phone: taken.phone.clone(),
        country: sale.offer.country.clone(),
        operator: sale.offer.operator.clone(),
        product: sale.product.to_owned(),
        category: sale.category.to_owned(),
        currency: buyer.own.iso.clone(),
        status: order::Status::Pending.word().to_owned(),
        forwarding_number: if forwarding { number.to_owned() } else { String::new() },
        reference: extras.reference.clone(),
        forwarding,
        voice: extras.voice && taken.voice_ok,
        reuse: extras.reuse && taken.reuse_ok,
    };
    let values: [(&str, Raw); 10] = [
        ("phone_id", taken.phone_id.into()),
        ("phone", taken.phone.as_str().into()),
        ("supplier_id", taken.supplier_id.into()),
        ("vendor_id", vendor_id.into()),
        ("vendor_amount", vendor_amount.0.into()),
        ("forwarding", shown.forwarding.into()),
        ("forwarding_number", shown.forwarding_number.as_str().into()),
        ("voice", shown.voice.into()),
        ("reuse", shown.reuse.into()),
        ("ref", shown.reference.as_str().into()),
    ];
    let mut sql = Sql::new("UPDATE num_order SET ");
    for (nth, (column, value)) in values.into_iter().enumerate() {
        sql = if nth > 0 { sql.sql(", ") } else { sql };
        sql = sql.word(column).sql(" = ").bind(value);
    }
    sql.sql(" WHERE id = ").bind(id).execute(conn)?;
    if taken.is_sandbox {
        sandbox::expect(conn, id, &taken.phone, now_us)?;
    }
    Ok(Bought { shown, is_sandbox: taken.is_sandbox, promised: None })
}
