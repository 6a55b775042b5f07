//! The most that somebody pays for a product where we choose the operator.

use super::catalogue::word_id;
use super::wish::own_account;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("number.maxprice", Handler::View(None)),
    ("number.maxprice.edit", Handler::Form(EDIT)),
    ("number.maxprice.delete", Handler::Each(delete)),
];

const EDIT: Form = record::FORM.read(read).check(check).save(save);

const PRICE_MAX: Money = Money::units(1_000_000);

/// The rows ` … ` of the list that `elid` means: by number, or by the word of the product, as scripts know it.
fn named(cx: &mut Ctx, elid: &str) -> Result<Option<(i64, String, i64)>> {
    let sql = Sql::new("SELECT id, product, price FROM number_maxprice_list WHERE ");
    let sql = match elid.parse::<i64>() {
        Ok(id) => sql.sql("id = ").bind(id),
        Err(_) => sql.sql("product = ").bind(elid),
    };
    let sql = sql.append(&scope_sql(cx.scope(), "account_id")).sql(" ORDER BY id LIMIT 1");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text, Kind::Int])?;
    Ok(row.map(|row| (row[0].int(), row[1].str().to_owned(), row[2].int())))
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let elid = cx.params.get("elid").trim().to_owned();
    if elid.is_empty() {
        return Ok(Record::new());
    }
    let found = named(cx, &elid)?.ok_or_else(|| Error::missed("elid").with("value", elid))?;
    let mut record = Record::stored(found.0);
    record.set("product", found.1);
    record.set("price", found.2);
    Ok(record)
}

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let price = Money(record.int("price"));
    if price <= Money::ZERO || price > PRICE_MAX {
        return Err(Error::value("price", price.plain()));
    }
    Ok(())
}

/// A product that has one gets another one.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (price, now_us) = (record.int("price"), cx.now_us);
    if !record.is_new() {
        let sql =
            Sql::new("UPDATE num_max_price SET price = ").bind(price).sql(" WHERE id = ").bind(record.id);
        sql.append(&scope_sql(cx.scope(), "account_id")).execute(cx.conn)?;
        return Ok(vec![Node::leaf("id", record.id.to_string())]);
    }
    let account_id = own_account(cx.call)?;
    let product_id = word_id(cx.conn, "product", record.str("product").trim())?;
    let values: [Raw; 5] = [
        account_id.into(),
        cx.caller.user.reseller_id.into(),
        product_id.into(),
        price.into(),
        now_us.into(),
    ];
    let sql = Sql::new(
        "INSERT INTO num_max_price (account_id, reseller_id, product_id, price, created_at) VALUES (",
    );
    let sql = sql.binds(values).sql(
        ") ON CONFLICT (account_id, product_id) DO UPDATE SET price = excluded.price, \
         created_at = excluded.created_at RETURNING id",
    );
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a price got no id"))?;
    Ok(vec![Node::leaf("id", row[0].int().to_string())])
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Some((id, ..)) = named(cx, elid)? else { return Ok(()) }; // as a delete answers (R59)
    Sql::new("DELETE FROM num_max_price WHERE id = ").bind(id).execute(cx.conn).map(drop)
}
