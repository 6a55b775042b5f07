//! The bill of a payment: what the payer is asked for, to show and to print.

use serde_json::{Value, json};

use crate::billing::document::{self, Manner, Sheet};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::handler::{Ctx, Reply};

pub fn page(cx: &mut Ctx) -> Result<Reply> {
    let sheets = sheets(cx)?;
    document::printed(cx, "payment", sheets)
}

pub fn pdf(cx: &mut Ctx) -> Result<Reply> {
    document::pdf(sheets(cx)?)
}

fn sheets(cx: &mut Ctx) -> Result<Vec<Sheet>> {
    let ids = document::asked(cx)?;
    ids.into_iter().map(|id| sheet(cx, id)).collect()
}

struct Bill {
    id: i64,
    account_id: i64,
    sender_id: i64,
    recipient_id: i64,
    project_id: i64,
    paymethod_id: i64,
    status: i64,
    amount: Money,
    createdate: i64,
    number: String,
    description: String,
    method: String,
    iso: String,
    account: String,
}

fn load(cx: &mut Ctx, id: i64) -> Result<Bill> {
    let sql = Sql::new(
        "SELECT p.account_id, p.sender_id, p.recipient_id, p.project_id, p.paymethod_id, p.status, \
         p.paymethodamount, p.createdate, p.number, p.description, m.name, c.iso, a.name FROM payment p \
         JOIN paymethod m ON m.id = p.paymethod_id JOIN currency c ON c.id = m.currency_id \
         JOIN account a ON a.id = p.account_id WHERE NOT p.deleted AND p.id = ",
    );
    let mut kinds = [Kind::Int; 13];
    kinds[8..].fill(Kind::Text);
    let row = sql.bind(id).first(cx.conn, &kinds)?.ok_or_else(|| Error::missed("elid"))?;
    let (int, text) = (|at: usize| row[at].int(), |at: usize| row[at].str().to_owned());
    Ok(Bill {
        id,
        account_id: int(0),
        sender_id: int(1),
        recipient_id: int(2),
        project_id: int(3),
        paymethod_id: int(4),
        status: int(5),
        amount: Money(int(6)),
        createdate: int(7),
        number: text(8),
        description: text(9),
        method: text(10),
        iso: text(11),
        account: text(12),
    })
}

fn sheet(cx: &mut Ctx, id: i64) -> Result<Sheet> {
    let bill = load(cx, id)?;
    let lang = document::lang(cx.conn, bill.account_id)?;
    let data = data(cx, &bill, &lang)?;
    let template = match document::of_company(cx.conn, bill.recipient_id, "payment")? {
        Some(chosen) => chosen,
        None => document::delivered("payment", &lang)?,
    };
    Ok(Sheet { templates: vec![template], data, name: bill.number })
}

/// The bill asks for the amount in the currency of the payment method.
fn data(cx: &mut Ctx, bill: &Bill, lang: &str) -> Result<Value> {
    let (project, site) = project(cx, bill.project_id)?;
    let company = match bill.recipient_id {
        0 => json!({ "name": project }),
        id => document::company(cx.conn, id, lang)?,
    };
    let customer = match bill.sender_id {
        0 => json!({ "name": bill.account }),
        id => document::payer(cx.conn, id, lang)?,
    };
    let manner = Manner { lang, iso: &bill.iso, zone: &cx.call.zone };
    let amount = manner.money(bill.amount);
    let name = match bill.description.as_str() {
        "" => cx.app.registry.words.get(lang, &cx.func.sets, "bill_line").replace("__name__", &project),
        description => description.to_owned(),
    };
    Ok(json!({
        "id": bill.id.to_string(),
        "lang": lang,
        "number": bill.number,
        "date": manner.date(bill.createdate),
        "status": bill.status.to_string(),
        "currency": bill.iso,
        "company": company,
        "customer": customer,
        "lines": [{ "name": name, "quantity": "1", "price": amount, "amount": amount }],
        "totals": { "total": amount },
        "paymethod": { "id": bill.paymethod_id.to_string(), "name": bill.method },
        "project": { "id": bill.project_id.to_string(), "name": project, "site": site },
    }))
}

fn project(cx: &mut Ctx, id: i64) -> Result<(String, String)> {
    let sql = Sql::new("SELECT name, site FROM project WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text; 2])?;
    Ok(row.map_or_else(Default::default, |row| (row[0].str().to_owned(), row[1].str().to_owned())))
}
