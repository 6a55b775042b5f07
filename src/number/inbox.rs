//! Messages that come in: which order one is for, and what it does to it.

use super::code;
use super::order::{Order, Status};
use super::shown;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("number.sms", Handler::View(Some(of_order))), ("number.sms.edit", Handler::Form(INJECT))];

const INJECT: Form = record::FORM.read(|_| Ok(Record::new())).save(inject);

const SENDER_MAX: usize = 64;
const TEXT_MAX: usize = 4_096;
/// Orders of one number that a message may be for.
const LIVE_MAX: i64 = 100;

/// A message as a supplier tells of it.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub supplier_id: i64,
    pub phone: String,
    pub sender: String,
    pub text: String,
    pub received_us: i64,
    /// The supplier's own name of the message, so that what is told twice counts once; "" where it has none.
    pub provider_ref: String,
}

/// Gives a message to the order that waits for it. Nothing where nobody does. In a job.
pub fn receive(conn: &mut Conn, incoming: &Incoming, now_us: i64) -> Result<Option<i64>> {
    if let Some(known) = known(conn, incoming)? {
        return Ok(Some(known));
    }
    let mut waiting = waiting(conn, incoming, now_us)?;
    // One that ends at the same moment is none any more: then it may be the next one's.
    while let Some(order) = chosen(conn, &mut waiting, incoming)? {
        if kept(conn, &order, incoming, now_us)? {
            return Ok(Some(order.id));
        }
    }
    Ok(None)
}

/// The same where it is known whose it is: a supplier's own order brought it. False where that has ended.
pub fn deliver(conn: &mut Conn, order_id: i64, incoming: &Incoming, now_us: i64) -> Result<bool> {
    if known(conn, incoming)?.is_some() {
        return Ok(true);
    }
    match Order::load(conn, order_id)? {
        Some(order) if order.expires_at > now_us => kept(conn, &order, incoming, now_us),
        _ => Ok(false),
    }
}

fn known(conn: &mut Conn, incoming: &Incoming) -> Result<Option<i64>> {
    if incoming.provider_ref.is_empty() {
        return Ok(None);
    }
    let sql = Sql::new("SELECT order_id FROM num_sms WHERE provider_ref <> '' AND supplier_id = ");
    let sql = sql.bind(incoming.supplier_id).sql(" AND provider_ref = ").bind(incoming.provider_ref.as_str());
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// `+79001234567`, as numbers are kept.
fn international(phone: &str) -> String {
    format!("+{}", phone.trim().trim_start_matches('+'))
}

/// The live orders of a number, the newest first. A supplier tells of his own numbers only.
fn waiting(conn: &mut Conn, incoming: &Incoming, now_us: i64) -> Result<Vec<Order>> {
    let condition = Sql::new(" WHERE o.phone_id = (SELECT p.id FROM num_phone p WHERE p.phone = ");
    let condition = condition.bind(international(&incoming.phone)).sql(" AND p.supplier_id = ");
    let condition = condition.bind(incoming.supplier_id).sql(") AND o.phone_id <> 0 AND o.expires_at > ");
    let condition =
        condition.bind(now_us).sql(" AND o.status IN ('PENDING', 'RECEIVED') ORDER BY o.id DESC LIMIT ");
    Order::find(conn, &condition.bind(LIVE_MAX))
}

/// Takes the order out of those that wait: whose product is named, else whose rules find a code, else the
/// newest that has nothing yet, else the newest.
fn chosen(conn: &mut Conn, waiting: &mut Vec<Order>, incoming: &Incoming) -> Result<Option<Order>> {
    if waiting.len() < 2 {
        return Ok(waiting.pop());
    }
    let words = format!("{} {}", incoming.sender, incoming.text).to_lowercase();
    let mut at = waiting.iter().position(|order| names(&words, &order.product));
    for (nth, order) in waiting.iter().enumerate() {
        if at.is_none() && code::is_of(conn, order.product_id, &incoming.text)? {
            at = Some(nth);
        }
    }
    let at = at.or_else(|| waiting.iter().position(|order| order.status == Status::Pending)).unwrap_or(0);
    Ok(Some(waiting.remove(at)))
}

/// Does the text name a product? As a word of its own: a part of another one is no name ("go" in "google").
fn names(text: &str, product: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let is_word = |at: usize| {
        is_end(text[..at].chars().next_back()) && is_end(text[at + product.len()..].chars().next())
    };
    text.match_indices(product).any(|(at, _)| is_word(at))
}

/// The first message of an order makes it `RECEIVED`. Who wants to end it waits for this row.
fn kept(conn: &mut Conn, order: &Order, incoming: &Incoming, now_us: i64) -> Result<bool> {
    let sql =
        Sql::new("UPDATE num_order SET status = 'RECEIVED', first_sms_at = CASE WHEN first_sms_at = 0 THEN ");
    let sql =
        sql.bind(now_us).sql(" ELSE first_sms_at END WHERE status IN ('PENDING', 'RECEIVED') AND id = ");
    if sql.bind(order.id).execute(conn)? == 0 {
        return Ok(false);
    }
    let cut = |text: &str, most: usize| text.chars().filter(|c| *c != '\0').take(most).collect::<String>();
    let text = cut(&incoming.text, TEXT_MAX);
    // A number that is rented alone gets messages of any kind.
    let code = if order.is_hosting { String::new() } else { code::of(conn, order.product_id, &text)? };
    let values: [Raw; 10] = [
        order.id.into(),
        order.account_id.into(),
        order.reseller_id.into(),
        incoming.supplier_id.into(),
        incoming.provider_ref.as_str().into(),
        now_us.into(),
        incoming.received_us.into(),
        cut(&incoming.sender, SENDER_MAX).into(),
        text.into(),
        code.into(),
    ];
    let sql = Sql::new(
        "INSERT INTO num_sms (order_id, account_id, reseller_id, supplier_id, provider_ref, created_at, received_at, \
         sender, text, code) VALUES (",
    );
    let sql = sql.binds(values);
    let sql = sql.sql(") ON CONFLICT (supplier_id, provider_ref) WHERE provider_ref <> '' DO NOTHING");
    sql.execute(conn)?;
    Ok(true)
}

/// Messages of the order that `elid` names, or all that the caller may see.
fn of_order(cx: &mut Ctx) -> Result<Sql> {
    let text = cx.params.get("elid").trim().to_owned();
    if text.is_empty() {
        return Ok(Sql::default());
    }
    let missed = || Error::missed("number_order").with("value", text.as_str());
    let id = text.parse::<i64>().map_err(|_| missed())?;
    let scope = record::scope_sql(cx.scope(), "account_id");
    shown::Shown::load(cx.conn, id, &scope, cx.now_us)?.ok_or_else(missed)?;
    Ok(Sql::new(" AND order_id = ").bind(id))
}

/// `number.sms.edit`: staff enter a message as if the supplier had told of it.
fn inject(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let field =
        |name: &str| Ok(cx.call.input(name)?.map_or(String::new(), |raw| raw.str().trim().to_owned()));
    let phone: Result<String> = field("phone");
    let phone = phone?;
    let sql = Sql::new("SELECT supplier_id FROM num_phone WHERE phone = ").bind(international(&phone));
    let supplier = sql.first(cx.conn, &[Kind::Int])?;
    let missed = |what: &str| Error::missed(what).with("value", phone.as_str());
    let supplier_id = supplier.ok_or_else(|| missed("phone"))?[0].int();
    let (sender, text): (Result<String>, Result<String>) = (field("sender"), field("text"));
    let incoming = Incoming {
        supplier_id,
        phone: phone.clone(),
        sender: sender?,
        text: text?,
        received_us: cx.now_us,
        provider_ref: String::new(),
    };
    let now_us = cx.now_us;
    let id = receive(cx.conn, &incoming, now_us)?.ok_or_else(|| missed("number_order"))?;
    Ok(vec![Node::leaf("order", id.to_string())])
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn products_are_named_by_whole_words() {
        for (text, product, expected) in [
            ("google g-123456 is your google code", "google", true),
            ("google g-123456 is your google code", "go", false),
            ("[tg] 123", "tg", true),
            ("tgx 123", "tg", false),
            ("mytg: 1", "tg", false),
            ("other_tg 1", "tg", false),
            ("код telegram-1", "telegram", true),
            ("", "tg", false),
        ] {
            assert_eq!(names(text, product), expected, "{product} in {text}");
        }
    }
}
