//! A new payment by steps (functions.md, Flow 2): what is paid, how, and by whom. Each step may be
//! called alone with all that the earlier ones were told.
//!
//! Amounts of orders, limits, commissions and who may pay by what are worked out anew from ids in
//! the transaction that makes the payment.

mod ask;
mod payer;
mod show;

use super::amount::{self, Method};
use super::event::load;
use super::stored;
use crate::books;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::gateway;
use crate::history;
use crate::ledger::payment::Status;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::service::{Till, cart};
use ask::Ask;

pub const FUNCS: &[Row] = &[
    ("payment.add", Handler::Form(ADD)),
    ("payment.add.redirect", Handler::Once(redirect)),
    ("payment.add.postpaid", Handler::Once(postpaid)),
];

const ADD: Form = record::FORM.read(ask::read).show(show::show).turn(turn).save(save);

/// What a payment by a method comes to.
pub struct Price {
    /// What is added to the balance.
    pub credited: Money,
    /// What is paid, with the commission, in the currency of the method.
    pub paid: Money,
    pub commission: Money,
}

pub fn price(cx: &mut Ctx, of: &books::Subaccount, credited: Money, method: &Method) -> Result<Price> {
    let net = amount::in_method_currency(cx, of, credited, "amount", method)?;
    if net <= Money::ZERO {
        return Err(Error::value("amount", credited.plain()));
    }
    method.check_limits(net)?;
    let commission = method.commission(net)?;
    Ok(Price { credited, paid: net.plus(commission)?, commission })
}

/// How much is told where it is asked. Who has a payer pays as before, unless he goes back and chooses another.
fn turn(cx: &mut Ctx, record: &Record) -> Result<&'static [&'static str]> {
    if cx.func.meta.form.pages[cx.func.meta.step].name != "method" {
        return Ok(&[]);
    }
    let Some(ask) = ask::asked(cx, record)? else { return Ok(&[]) };
    ask.need_amount(cx)?;
    Ok(if payer::is_known(cx, &ask, record)? { &["country", "profile"] } else { &[] })
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let ask = ask::asked(cx, &record)?;
    let ask = ask.ok_or_else(|| Error::missed("customer_account"))?;
    if let Some(nodes) = sent_before(cx, &ask)? {
        return Ok(nodes);
    }
    let method = match record.int("paymethod") {
        0 => return Err(Error::missed("paymethod")),
        id => Method::load(cx.conn, id)?,
    };
    let payer = payer::chosen(cx, &ask, &record)?;
    let call = cx.call;
    let company = amount::company(&call.app, cx.conn, &method, ask.subaccount.project_id, payer.as_payer())?;
    let company = company.ok_or_else(|| {
        Error::value("paymethod", method.id.to_string()).with("desc", "desc_paymethod_closed")
    })?;
    let credited = ask.need_amount(cx)?;
    let price = price(cx, &ask.subaccount, credited, &method)?;
    if record.get("checkonly").on() {
        return Ok(Vec::new());
    }
    let sender_id = payer::keep(cx, &ask, payer)?;
    if let Some(order) = &ask.order {
        cart::place(&mut Till::of(cx), order)?;
    }
    let id = match ask.payment_id {
        0 => insert(cx, &ask, &record, (&method, company, sender_id), &price)?,
        id => change(cx, id, &record, (&method, company, sender_id), &price)?,
    };
    let url = match record.int("stored_method") {
        0 => gateway::url(&cx.call.app, &method.module, id, price.paid, cx.now_us),
        stored_id => {
            stored::ask(cx, id, stored_id, &method)?;
            format!("/billmgr?func=payment.pending&elid={id}")
        }
    };
    Ok(answer(id, url))
}

/// The address to go to is the text of `ok` (protocol.md §13.15).
fn answer(id: i64, url: String) -> Vec<Node> {
    let ok = Node::leaf("ok", url).attr("type", "url").attr("on_blank_redirect_action", "func=payment");
    vec![ok, Node::leaf("payment_id", id.to_string()), Node::leaf("id", id.to_string())]
}

/// The same `randomnumber` is the same payment, however often a page sends it.
fn sent_before(cx: &mut Ctx, ask: &Ask) -> Result<Option<Vec<Node>>> {
    let number = cx.params.get("randomnumber").trim().to_owned();
    if number.is_empty() {
        return Ok(None);
    }
    let sql = Sql::new("SELECT id FROM payment WHERE NOT deleted AND account_id = ");
    let sql = sql.bind(ask.subaccount.account_id).sql(" AND randomnumber = ").bind(number.as_str());
    let Some(row) = sql.first(cx.conn, &[Kind::Int])? else { return Ok(None) };
    let id = row[0].int();
    Ok(Some(answer(id, url_of(cx, id)?)))
}

fn insert(
    cx: &mut Ctx,
    ask: &Ask,
    record: &Record,
    (method, company, sender): (&Method, i64, i64),
    price: &Price,
) -> Result<i64> {
    let of = &ask.subaccount;
    let number = super::next_number(cx.conn, company, cx.call.now_us, &cx.call.zone)?;
    let sql = Sql::new(
        "INSERT INTO payment (account_id, reseller_id, subaccount_id, project_id, sender_id, recipient_id, \
         paymethod_id, status, subaccountamount, paymethodamount, commission, createdate, billorder_id, \
         number, number_fold, description, randomnumber, store_payment) VALUES (",
    );
    let ints = [of.account_id, of.reseller_id, of.id, of.project_id, sender, company, method.id];
    let order_id = ask.order.as_ref().map_or(0, |order| order.id);
    let sums = [Status::New.code(), price.credited.0, price.paid.0, price.commission.0, cx.now_us, order_id];
    let values = ints.into_iter().chain(sums).map(Raw::from).chain([
        number.as_str().into(),
        number.to_lowercase().into(),
        record.str("description").into(),
        cx.params.get("randomnumber").trim().into(),
        record.get("store_payment").on().into(),
    ]);
    let row = sql.binds(values).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    let id = row.ok_or_else(|| Error::system("a payment got no id"))?[0].int();
    if number.is_empty() {
        let sql = Sql::new("UPDATE payment SET number = ").bind(id.to_string()).sql(", number_fold = ");
        sql.bind(id.to_string()).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    history::write_of(cx, "payment", id, (of.account_id, of.reseller_id), "")?;
    Ok(id)
}

/// Another method or payer for a payment that was not paid yet.
fn change(
    cx: &mut Ctx,
    id: i64,
    record: &Record,
    (method, company, sender): (&Method, i64, i64),
    price: &Price,
) -> Result<i64> {
    let payment = load(cx, id)?;
    let sql = Sql::new("UPDATE payment SET paymethod_id = ").bind(method.id).sql(", sender_id = ");
    let sql = sql.bind(sender).sql(", recipient_id = ").bind(company).sql(", subaccountamount = ");
    let sql = sql.bind(price.credited.0).sql(", paymethodamount = ").bind(price.paid.0);
    let sql = sql.sql(", commission = ").bind(price.commission.0).sql(", store_payment = ");
    let sql = sql.bind(record.get("store_payment").on()).sql(" WHERE id = ").bind(id);
    if sql.sql(" AND NOT deleted AND status = ").bind(Status::New.code()).execute(cx.conn)? == 0 {
        return Err(Error::value("payment_id", id.to_string()));
    }
    history::write_of(cx, "payment", id, (payment.account_id, payment.reseller_id), "paymethod")?;
    Ok(id)
}

/// Where a payment that is not paid yet is paid.
fn url_of(cx: &mut Ctx, id: i64) -> Result<String> {
    let payment = load(cx, id)?;
    if !matches!(payment.status, Status::New | Status::InPay) {
        return Ok(format!("/billmgr?func=payment.success&elid={id}"));
    }
    let method = Method::load(cx.conn, payment.paymethod_id)?;
    Ok(gateway::url(&cx.call.app, &method.module, id, payment.paid, cx.now_us))
}

fn redirect(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let status = load(cx, id)?.status;
    match status {
        Status::New | Status::InPay => Ok(Reply::Redirect(url_of(cx, id)?)),
        _ => Err(Error::value("status", status.code().to_string())),
    }
}

/// Pays an order from the balance and the credit limit, without a payment.
fn postpaid(cx: &mut Ctx) -> Result<Reply> {
    if !cx.params.has("billorder") {
        return Err(Error::missed("billorder"));
    }
    let order = cart::asked(cx, "billorder")?;
    cart::pay(&mut Till::of(cx), &order)?;
    Ok(Reply::Ok(vec![Node::leaf("billorder", order.id.to_string())]))
}
