//! The numbers themselves: lists of suppliers become stock, and numbers go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pool::Pool;
use super::{ACTIVATION, HOSTING, Vocabulary, lock};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Ctx, Handler, Reply};
use crate::rpc::lines::{self, Checked, Refused, report};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("number.phone", Handler::View(None)),
    ("number.phone.edit", Handler::Form(record::FORM.read(existing))),
    ("number.phone.delete", Handler::Each(retire)),
    ("number.phone.import", Handler::Form(record::FORM.read(|_| Ok(Record::new())).outside(import))),
];

/// Numbers of one statement, and lines that one job keeps.
const STATEMENT: usize = 200;
const BATCH: usize = 1_000;
/// Digits with the code of the country (E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
const FLAGS: [&str; 3] = ["voice_ok", "reuse_ok", "forwarding_ok"];

/// Numbers come in lists.
fn existing(cx: &mut Ctx) -> Result<Record> {
    cx.need_elid()?;
    record::read(cx)
}

/// It is sold no more; orders that have it go on. Its row stays, for it must not come in once more.
fn retire(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse::<i64>().map_err(|_| Error::value("elid", elid))?;
    let Ok(owner) = record::owner_of(cx, id) else { return Ok(()) }; // as a delete answers (R59)
    lock(cx.conn)?;
    let sql = Sql::new("SELECT pool_id, phone FROM num_phone WHERE id = ").bind(id);
    let Some(row) = sql.first(cx.conn, &[Kind::Int, Kind::Text])? else { return Ok(()) };
    let pool = Pool::load(cx.conn, row[0].int())?;
    let sql = Sql::new("SELECT state FROM num_phone WHERE id = ").bind(id);
    let state = sql.first(cx.conn, &[Kind::Text])?.map_or(String::new(), |row| row[0].str().to_owned());
    let sql = Sql::new("UPDATE num_phone SET state = 'retired' WHERE id = ").bind(id);
    if sql.sql(" AND state <> 'retired'").execute(cx.conn)? == 0 {
        return Ok(());
    }
    pool.retire(cx.conn, id, state == "active", cx.now_us)?;
    history::write(cx, id, owner, row[1].str())
}

/// What a list says of all of its numbers.
struct Lot {
    category: String,
    supplier_id: i64,
    owner: (i64, i64),
    flags: [bool; 3],
}

/// Numbers by country and operator.
type Pools = BTreeMap<(i64, i64), Vec<String>>;

fn import(call: &Call) -> Result<Reply> {
    let lot = Arc::new(call.app.db.read(BUDGET_SLOW, |conn| lot(conn, call))?);
    let words = call.app.db.read(BUDGET_SLOW, Vocabulary::load)?;
    let (mut phones, mut refused) = (Vec::new(), Vec::<Refused>::new());
    for line in lines::of(call.params.get("data"), "country") {
        match self::line(&words, &line) {
            Ok(phone) => phones.push(phone),
            Err(why) => refused.push((line.number, why)),
        }
    }
    let mut added = 0;
    for piece in phones.chunks(BATCH) {
        let mut pools = Pools::new();
        for (country_id, operator_id, phone) in piece {
            pools.entry((*country_id, *operator_id)).or_default().push(phone.clone());
        }
        added += keep(call, lot.clone(), Arc::new(pools))?;
    }
    let counts = [("added", added), ("same", phones.len() - added), ("refused", refused.len())];
    Ok(Reply::Ok(report(call, &counts, &refused)))
}

fn lot(conn: &mut Conn, call: &Call) -> Result<Lot> {
    let category = call.input("category")?.map_or(String::new(), |raw| raw.str().to_owned());
    let category = if category.is_empty() { ACTIVATION.to_owned() } else { category };
    if ![ACTIVATION, HOSTING].contains(&category.as_str()) {
        return Err(Error::value("category", category));
    }
    let supplier_id = call.input("supplier")?.ok_or_else(|| Error::missed("supplier"))?.int();
    let sql = Sql::new(
        "SELECT s.vendor_id, COALESCE(a.reseller_id, 0) FROM num_supplier s \
         LEFT JOIN account a ON a.id = s.vendor_id WHERE NOT s.deleted AND s.id = ",
    );
    let row = sql.bind(supplier_id).first(conn, &[Kind::Int; 2])?;
    let row = row.ok_or_else(|| Error::value("supplier", supplier_id.to_string()))?;
    let flag = |name: &str| call.input(name).map(|raw| raw.is_some_and(|raw| raw == Raw::Flag(true)));
    let flags = [flag(FLAGS[0])?, flag(FLAGS[1])?, flag(FLAGS[2])?];
    Ok(Lot { category, supplier_id, owner: (row[0].int(), row[1].int()), flags })
}

/// Country, operator and number of `country,operator,phone`.
fn line(words: &Vocabulary, line: &lines::Line) -> Checked<(i64, i64, String)> {
    let (country_id, prefix) = words.countries.get(line.cell(0)).ok_or("country")?;
    let (operator_id, _) = words.operators.get(line.cell(1)).ok_or("operator")?;
    let phone = international(line.cell(2)).filter(|phone| phone.starts_with(prefix.as_str()));
    Ok((*country_id, *operator_id, phone.ok_or("phone")?))
}

/// `+79001234567`, with or without the sign.
fn international(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_right = DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_right.then(|| format!("+{digits}"))
}

/// One job. It may run again. A number that is there already, in whatever pool, stays where it is.
fn keep(call: &Call, lot: Arc<Lot>, pools: Arc<Pools>) -> Result<usize> {
    let now_us = call.now_us;
    call.app.db.write(move |conn| {
        lock(conn)?;
        let mut added = 0;
        for ((country_id, operator_id), phones) in &*pools {
            let pool = Pool::of(conn, *country_id, *operator_id, &lot.category)?;
            let count = insert(conn, pool.id, &lot, phones, now_us)?;
            if count > 0 {
                pool.grow(conn, count as i64, now_us)?;
            }
            added += count;
        }
        Ok(added)
    })
}

fn insert(conn: &mut Conn, pool_id: i64, lot: &Lot, phones: &[String], now_us: i64) -> Result<usize> {
    let mut added = 0;
    for phones in phones.chunks(STATEMENT) {
        let columns = ["pool_id", "supplier_id", "account_id", "reseller_id", "phone", "created_at"];
        let sql = Sql::new("INSERT INTO num_phone (").words(columns.into_iter().chain(FLAGS));
        let mut sql = sql.sql(") VALUES (");
        for (nth, phone) in phones.iter().enumerate() {
            sql = if nth > 0 { sql.sql("), (") } else { sql };
            let ids = [pool_id, lot.supplier_id, lot.owner.0, lot.owner.1].map(Raw::from);
            let values = ids.into_iter().chain([phone.as_str().into(), now_us.into()]);
            sql = sql.binds(values.chain(lot.flags.map(Raw::from)));
        }
        added += sql.sql(") ON CONFLICT (phone) DO NOTHING").execute(conn)?;
    }
    Ok(added)
}
