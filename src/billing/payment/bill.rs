//! The bill of a payment: what the payer is asked for, to show and to print.

use serde_json::{Value, json};

use crate::app::App;
use crate::billing::document::{self, Manner, Sheet};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::handler::Ctx;
use crate::service::Till;
use crate::time::Zone;

/// Where the words of a bill stand, which function ever prints it.
const SET: &str = "payment";

/// The bill with the dates of who asks.
pub fn sheet(cx: &mut Ctx, id: i64) -> Result<Sheet> {
    dated(cx.conn, &cx.call.app, &cx.call.zone, id)
}

/// The bill with the dates of its provider, whoever asks.
pub fn of_till(till: &mut Till, id: i64) -> Result<Sheet> {
    let project_id = load(till.conn, id)?.project_id;
    let zone = till.zone(project_id)?;
    dated(till.conn, till.app, &zone, id)
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

fn load(conn: &mut Conn, id: i64) -> Result<Bill> {
    let sql = Sql::new(
        "SELECT p.account_id, p.sender_id, p.recipient_id, p.project_id, p.paymethod_id, p.status, \
         p.paymethodamount, p.createdate, p.number, p.description, m.name, c.iso, a.name FROM payment p \
         JOIN paymethod m ON m.id = p.paymethod_id JOIN currency c ON c.id = m.currency_id \
         JOIN account a ON a.id = p.account_id WHERE NOT p.deleted AND p.id = ",
    );
    let mut kinds = [Kind::Int; 13];
    kinds[8..].fill(Kind::Text);
    let row = sql.bind(id).first(conn, &kinds)?.ok_or_else(|| Error::missed("elid"))?;
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

fn dated(conn: &mut Conn, app: &App, zone: &Zone, id: i64) -> Result<Sheet> {
    let bill = load(conn, id)?;
    let lang = document::lang(conn, bill.account_id)?;
    let line = app.registry.words.get(&lang, &[SET.to_owned()], "bill_line");
    let data = data(conn, &bill, line, &Manner { lang: &lang, iso: &bill.iso, zone })?;
    let template = match document::of_company(conn, bill.recipient_id, "payment")? {
        Some(chosen) => chosen,
        None => document::delivered("payment", &lang)?,
    };
    Ok(Sheet { templates: vec![template], data, name: bill.number })
}

/// The bill asks for the amount in the currency of the payment method.
fn data(conn: &mut Conn, bill: &Bill, line: &str, manner: &Manner) -> Result<Value> {
    let lang = manner.lang;
    let (project, site) = project(conn, bill.project_id)?;
    let company = match bill.recipient_id {
        0 => json!({ "name": project }),
        id => document::company(conn, id, lang)?,
    };
    let customer = match bill.sender_id {
        0 => json!({ "name": bill.account }),
        id => document::payer(conn, id, lang)?,
    };
    let amount = manner.money(bill.amount);
    let name = match bill.description.as_str() {
        "" => line.replace("__name__", &project),
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

fn project(conn: &mut Conn, id: i64) -> Result<(String, String)> {
    let sql = Sql::new("SELECT name, site FROM project WHERE id = ").bind(id);
    let row = sql.first(conn, &[Kind::Text; 2])?;
    Ok(row.map_or_else(Default::default, |row| (row[0].str().to_owned(), row[1].str().to_owned())))
}
