//! Payments: how they are made, and the events that move their money (decisions.md, Money).

use crate::auth::Scope;
use crate::books;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::payment::{Event, Posts, Status, credit_key, next};
use crate::ledger::{Book, BookKind, Converted, RateStamp, Scale, Sum, transfer};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::{history, ledger};

use super::expense;

pub const FUNCS: &[Row] = &[
    ("payment.edit", Handler::Form(EDIT)),
    ("payment.delete", Handler::Each(delete)),
    ("payment.setpaid", Handler::Each(|cx, elid| event(cx, elid, Event::SetPaid))),
    ("payment.setinpay", Handler::Each(|cx, elid| event(cx, elid, Event::SetInPay))),
    ("payment.setnopay", Handler::Each(|cx, elid| event(cx, elid, Event::SetNoPay))),
    ("payment.status_1", Handler::Each(|cx, elid| event(cx, elid, Event::SetNoPay))),
    ("payment.setcanceled", Handler::Each(|cx, elid| event(cx, elid, Event::SetCanceled))),
    ("payment.setfraud", Handler::Each(|cx, elid| event(cx, elid, Event::SetFraud))),
    ("payment.creditexpired", Handler::Each(expire)),
    ("payment.info", Handler::Once(info)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// How often a status that changed under our hands is looked at again.
const TRIES_MAX: usize = 5;

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        begin(cx, record)?;
    } else {
        let changed = ["subaccountamount", "paymethod"].into_iter().find(|name| record.has_changed(name));
        let Some(field) = changed else { return Ok(()) };
        let payment = load(cx, record.id)?;
        if payment.status.is_credited() {
            return Err(Error::value(field, "").with("desc", "desc_payment_credited"));
        }
        record.set("subaccount_id", payment.subaccount_id);
    }
    let amount = Money(record.int("subaccountamount"));
    if amount <= Money::ZERO {
        return Err(Error::value("subaccountamount", amount.plain()));
    }
    let paid = in_method_currency(cx, record, amount)?;
    record.set("paymethodamount", paid.0);
    Ok(())
}

/// What a new payment takes from its client: subaccount, provider, payee, number.
fn begin(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let account_id = cx.plid()?.unwrap_or(cx.caller.user.account_id);
    let (account_id, _) = record::account_owner(cx, account_id)?;
    let subaccount = books::subaccount_of(cx.conn, account_id, None)?;
    record.set("account_id", account_id);
    record.set("subaccount_id", subaccount.id);
    record.set("project_id", subaccount.project_id);
    record.set("status", Status::New.code());
    if record.int("createdate") == 0 {
        record.set("createdate", cx.now_us);
    }
    if record.int("recipient_id") == 0 {
        let company = company_of(cx, subaccount.project_id)?;
        record.set("recipient_id", company);
    }
    if record.str("number").is_empty() {
        let number = next_number(cx, record.int("recipient_id"))?;
        record.set("number", number);
    }
    Ok(())
}

/// The provider's first company, or 0.
fn company_of(cx: &mut Ctx, project_id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT MIN(company_id) FROM project_company WHERE project_id = ").bind(project_id);
    Ok(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// The company's next number in its template; moved on in this transaction, so none repeats.
fn next_number(cx: &mut Ctx, company_id: i64) -> Result<String> {
    let sql = Sql::new("UPDATE company SET payment_next = payment_next + 1 WHERE id = ").bind(company_id);
    let sql = sql.sql(" RETURNING payment_next - 1, payment_numtmpl");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text])?;
    Ok(row.map_or_else(String::new, |row| {
        let number = row[0].int().to_string();
        match row[1].str() {
            "" => number,
            template => template.replace("{number}", &number),
        }
    }))
}

/// The amount in the currency of the payment method, by the provider's newest rate.
fn in_method_currency(cx: &mut Ctx, record: &Record, amount: Money) -> Result<Money> {
    let subaccount = books::subaccount(cx.conn, record.int("subaccount_id"))?;
    if !Scale::minor(&subaccount.iso).fits(amount) {
        return Err(Error::value("subaccountamount", amount.plain()));
    }
    let (currency_id, iso) = method_currency(cx, record.int("paymethod_id"))?;
    if currency_id == subaccount.currency_id {
        return Ok(amount);
    }
    let rates = books::rates(cx.conn, subaccount.project_id)?;
    let rates = books::with_age(&rates, cx.app.config.load().rate_max_age_days);
    let scale = Scale::minor(&iso);
    let paid = rates.convert(amount, subaccount.currency_id, currency_id, cx.now_us, scale)?;
    Ok(paid.to.amount)
}

fn method_currency(cx: &mut Ctx, paymethod_id: i64) -> Result<(i64, String)> {
    let sql = Sql::new(
        "SELECT m.currency_id, c.iso FROM paymethod m JOIN currency c ON c.id = m.currency_id WHERE m.id = ",
    );
    let row = sql.bind(paymethod_id).first(cx.conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("paymethod").with("value", paymethod_id.to_string()))?;
    Ok((row[0].int(), row[1].str().to_owned()))
}

/// Keeps the payment; a credit date that an administrator sets credits it at once.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let credits = record.has_changed("creditdate") && record.int("creditdate") > 0;
    if credits && cx.scope() != Scope::All {
        return Err(Error::access("creditdate"));
    }
    let unnumbered = record.is_new() && record.str("number").is_empty();
    let id = record::store(cx, record)?;
    if unnumbered {
        let sql = Sql::new("UPDATE payment SET number = ").bind(id.to_string());
        sql.sql(", number_fold = ").bind(id.to_string()).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    if credits {
        apply(cx, id, Event::OnCredit)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn event(cx: &mut Ctx, elid: &str, event: Event) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    apply(cx, id, event)
}

/// A credit ends at its date and not before, whoever calls.
fn expire(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT creditdate FROM payment WHERE id = ").bind(id);
    let date_us = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    match date_us > 0 && cx.zone.next_day_us(date_us) <= cx.now_us {
        true => apply(cx, id, Event::CreditExpired),
        false => Err(Error::value("creditdate", cx.zone.date(date_us))),
    }
}

/// Removing a payment that is not there, or not the caller's, is no error (R58–R60).
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    match record::need_own(cx, id) {
        Ok(()) => apply(cx, id, Event::Delete),
        Err(error) if error.kind == "missed" => Ok(()),
        Err(error) => Err(error),
    }
}

struct Payment {
    id: i64,
    account_id: i64,
    reseller_id: i64,
    subaccount_id: i64,
    paymethod_id: i64,
    status: Status,
    amount: Money,
    paid: Money,
    reversals: i64,
}

fn load(cx: &mut Ctx, id: i64) -> Result<Payment> {
    let columns = [
        "account_id",
        "reseller_id",
        "subaccount_id",
        "paymethod_id",
        "status",
        "subaccountamount",
        "paymethodamount",
        "reversals",
    ];
    let sql = Sql::new("SELECT ").words(columns).sql(" FROM payment WHERE NOT deleted AND id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Int; 8])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let int = |at: usize| row[at].int();
    Ok(Payment {
        id,
        account_id: int(0),
        reseller_id: int(1),
        subaccount_id: int(2),
        paymethod_id: int(3),
        status: Status::from_code(int(4)).ok_or_else(|| Error::system("unknown payment status"))?,
        amount: Money(int(5)),
        paid: Money(int(6)),
        reversals: int(7),
    })
}

/// Does what an event asks: the status by a conditional update, then the money, then the rest.
pub fn apply(cx: &mut Ctx, id: i64, event: Event) -> Result<()> {
    for _ in 0..TRIES_MAX {
        let payment = load(cx, id)?;
        let step = next(payment.status, event)?;
        if !step.changed {
            return Ok(());
        }
        let moved = step_row(cx, &payment, &step)?;
        if moved == 0 {
            continue; // another call was first: what it made of the payment decides
        }
        money(cx, &payment, step.posts)?;
        let owner = (payment.account_id, payment.reseller_id);
        return history::write_of(cx, "payment", id, owner, &format!("status {}", step.status.code()));
    }
    Err(Error::new("busy", "payment"))
}

fn step_row(cx: &mut Ctx, payment: &Payment, step: &ledger::payment::Step) -> Result<usize> {
    let mut sql = Sql::new("UPDATE payment SET status = ").bind(step.status.code());
    if step.delete {
        sql = sql.sql(", deleted = TRUE");
    }
    if step.status == Status::Paid {
        sql = sql.sql(", paydate = ").bind(cx.now_us);
    }
    if step.posts == Posts::Reverse {
        sql = sql.sql(", reversals = reversals + 1");
    }
    for name in ["externalid", "info"] {
        if cx.func.meta.field(name).is_none_or(|field| field.readonly) {
            continue;
        }
        if let Some(raw) = cx.input(name)? {
            sql = sql.sql(", ").word(name).sql(" = ").bind(raw);
        }
    }
    let sql = sql.sql(" WHERE id = ").bind(payment.id).sql(" AND NOT deleted AND status = ");
    sql.bind(payment.status.code()).execute(cx.conn)
}

fn money(cx: &mut Ctx, payment: &Payment, posts: Posts) -> Result<()> {
    let key = credit_key(payment.id, payment.reversals as u32);
    match posts {
        Posts::None => return Ok(()),
        Posts::Credit => credit(cx, payment, &key)?,
        // Fraud and an expired credit take the money back even where it is spent.
        Posts::Reverse => {
            books::reverse(cx.conn, &key, true, cx.call.now_us)?;
        }
    }
    expense::settle(cx.conn, payment.subaccount_id)
}

fn credit(cx: &mut Ctx, payment: &Payment, key: &str) -> Result<()> {
    let subaccount = books::subaccount(cx.conn, payment.subaccount_id)?;
    let (method_currency, _) = method_currency(cx, payment.paymethod_id)?;
    let clearing =
        Book::new(BookKind::Clearing, payment.paymethod_id, subaccount.project_id, method_currency);
    let to = Sum { currency: subaccount.currency_id, amount: payment.amount };
    let converted = match method_currency == subaccount.currency_id {
        true => Converted::same(subaccount.currency_id, payment.amount),
        false => {
            let from = Sum { currency: method_currency, amount: payment.paid };
            Converted { from, to, stamp: Some(stamp(cx, &subaccount, from, to)?) }
        }
    };
    let transfer = transfer::credit(key, clearing, subaccount.book(), &converted)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    Ok(())
}

/// The rate of this moment beside both amounts that the client was shown.
fn stamp(cx: &mut Ctx, subaccount: &books::Subaccount, from: Sum, to: Sum) -> Result<RateStamp> {
    let rates = books::rates(cx.conn, subaccount.project_id)?;
    let rates = books::with_age(&rates, cx.app.config.load().rate_max_age_days);
    let scale = Scale::minor(&subaccount.iso);
    let newest = rates.convert(from.amount, from.currency, to.currency, cx.now_us, scale)?;
    let stamp = newest.stamp.ok_or_else(|| Error::missed("currency").with("desc", "desc_no_rate"))?;
    Ok(RateStamp { from, to, ..stamp })
}

/// What a payment module asks for: the payment and all it belongs to (protocol.md §9).
fn info(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let level = cx.caller.level().number().to_string();
    let mut node = Node::new("payment")
        .attr("is_json_array", "yes")
        .attr("level", level)
        .attr("lang", &cx.lang)
        .attr("document_lang", &cx.lang)
        .attr("id", id.to_string());
    node.kids = row_nodes(cx, "payment_list", &PAYMENT_FIELDS, id)?;
    let subaccount = books::subaccount(cx.conn, payment.subaccount_id)?;
    let (currency_id, _) = method_currency(cx, payment.paymethod_id)?;
    let parts: [(&'static str, &str, &[Info], i64); 3] = [
        ("paymethod", "paymethod_list", &PAYMETHOD_FIELDS, payment.paymethod_id),
        ("currency", "currency_list", &CURRENCY_FIELDS, currency_id),
        ("project", "project_list", &PROJECT_FIELDS, subaccount.project_id),
    ];
    for (name, view, fields, id) in parts {
        let kids = row_nodes(cx, view, fields, id)?;
        node.kids.push(Node::new(name).with(kids));
    }
    Ok(Reply::Object(vec![node]))
}

/// A column and how its text is made.
type Info = (&'static str, &'static str, How);

#[derive(Clone, Copy)]
enum How {
    Int,
    Text,
    Money,
}

const PAYMENT_FIELDS: [Info; 11] = [
    ("id", "id", How::Int),
    ("number", "number", How::Text),
    ("status", "status", How::Int),
    ("account", "account_id", How::Int),
    ("subaccount", "subaccount_id", How::Int),
    ("sender", "sender_id", How::Int),
    ("recipient", "recipient_id", How::Int),
    ("paymethodamount", "paymethodamount", How::Money),
    ("subaccountamount", "subaccountamount", How::Money),
    ("description", "description", How::Text),
    ("externalid", "externalid", How::Text),
];
const PAYMETHOD_FIELDS: [Info; 3] =
    [("id", "id", How::Int), ("name", "name", How::Text), ("module", "module", How::Text)];
const CURRENCY_FIELDS: [Info; 3] =
    [("id", "id", How::Int), ("iso", "iso", How::Text), ("name", "name", How::Text)];
const PROJECT_FIELDS: [Info; 4] = [
    ("id", "id", How::Int),
    ("name", "name", How::Text),
    ("site", "site", How::Text),
    ("billurl", "billurl", How::Text),
];

fn row_nodes(cx: &mut Ctx, view: &str, fields: &[Info], id: i64) -> Result<Vec<Node>> {
    let kind = |how: How| if let How::Text = how { Kind::Text } else { Kind::Int };
    let kinds: Vec<Kind> = fields.iter().map(|field| kind(field.2)).collect();
    let sql = Sql::new("SELECT ").words(fields.iter().map(|field| field.1)).sql(" FROM ").word(view);
    let Some(row) = sql.sql(" WHERE id = ").bind(id).first(cx.conn, &kinds)? else { return Ok(Vec::new()) };
    let text = |how: How, raw: &Raw| match how {
        How::Int => raw.int().to_string(),
        How::Text => raw.str().to_owned(),
        How::Money => Money(raw.int()).plain(),
    };
    Ok(fields.iter().zip(&row).map(|(field, raw)| Node::leaf(field.0, text(field.2, raw))).collect())
}
