//! `number.reuse`: the same number once more, for the product and by the account that had it.

use super::buy::{self, Bought, LIFE_US, Sale};
use super::buyer::Buyer;
use super::order::bill;
use super::stock;
use super::wish::{self, Extras};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Call, Handler, Reply};
use crate::rpc::registry::Row;
use crate::time::DAY_US;

pub const FUNCS: &[Row] = &[("number.reuse", Handler::Form(FORM))];

const FORM: crate::rpc::handler::Form = record::FORM.read(|_| Ok(Record::new())).outside(reuse);

/// So long after its order has ended a number can be bought again.
const WINDOW_US: i64 = DAY_US;
/// Digits of a number (operations.md §1.8 N11).
const DIGITS: std::ops::RangeInclusive<usize> = 4..=15;

/// The order that had the number.
struct Parent {
    id: i64,
    offer_id: i64,
    phone_id: i64,
}

fn impossible(phone: &str) -> Error {
    Error::missed("reuse").with("value", phone)
}

fn reuse(call: &Call) -> Result<Reply> {
    let (account_id, product) = (wish::own_account(call)?, wish::word(call, "product")?);
    let phone = wish::word(call, "phone")?;
    if !DIGITS.contains(&phone.len()) || !phone.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(impossible(&phone));
    }
    buy::in_one_job(call, move |conn, currency, now_us| {
        let buyer = Buyer::load(conn, account_id, currency, now_us)?;
        again(conn, &buyer, (account_id, &product, &phone), now_us)
    })
}

fn again(
    conn: &mut Conn,
    buyer: &Buyer,
    (account_id, product, phone): (i64, &str, &str),
    now_us: i64,
) -> Result<Bought> {
    let parent =
        Parent::find(conn, (account_id, product, phone), now_us)?.ok_or_else(|| impossible(phone))?;
    let offer = stock::offer_of(conn, parent.offer_id)?.ok_or_else(|| impossible(phone))?;
    let taken = stock::taken_again(conn, parent.phone_id)?.ok_or_else(|| impossible(phone))?;
    let sale =
        Sale { offer: &offer, product, category: stock::ACTIVATION, life_us: LIFE_US, parent_id: parent.id };
    let id = buy::insert(conn, buyer, &sale, now_us)?;
    buyer.payers.hold(conn, &bill(id, offer.price), now_us)?;
    // What was bought for being used again can be so once more.
    let extras = Extras { reuse: true, ..Extras::default() };
    // Who asks twice at once is refused by the index over live orders.
    buy::fill(conn, (id, buyer, &sale), &taken, &extras, now_us).map_err(|error| match error.kind {
        "exists" => impossible(phone),
        _ => error,
    })
}

impl Parent {
    /// The last order of the number for the product, if it ended with a message a short while ago and was
    /// bought for this.
    fn find(
        conn: &mut Conn,
        (account_id, product, phone): (i64, &str, &str),
        now_us: i64,
    ) -> Result<Option<Self>> {
        let sql = Sql::new(
            "SELECT o.id, o.offer_id, o.phone_id, o.account_id, o.reuse AND o.status = 'FINISHED' \
             AND o.category = 'activation' AND o.phone_id <> 0, o.closed_at FROM num_order o \
             WHERE o.phone_id = (SELECT n.id FROM num_phone n WHERE n.phone = ",
        );
        let sql = sql.bind(format!("+{phone}")).sql(") AND o.product = ").bind(product);
        let sql = sql.sql(
            " AND o.status IN ('PENDING', 'RECEIVED', 'FINISHED') AND NOT EXISTS (SELECT 1 FROM num_ban b \
             WHERE b.phone_id = o.phone_id AND b.product_id = o.product_id) ORDER BY o.id DESC LIMIT 1",
        );
        let (int, flag) = (Kind::Int, Kind::Flag);
        let row = sql.first(conn, &[int, int, int, int, flag, int])?;
        let own = row.filter(|row| row[3].int() == account_id && row[4].on());
        let recent = own.filter(|row| row[5].int() > now_us - WINDOW_US);
        Ok(recent.map(|row| Self { id: row[0].int(), offer_id: row[1].int(), phone_id: row[2].int() }))
    }
}
