//! What an invoice shows, and its ways to paper.

use serde_json::{Value, json};

use super::line::Part;
use super::{Invoice, load};
use crate::billing::document::{self, Manner, Sheet};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::handler::Ctx;

pub fn sheet(cx: &mut Ctx, id: i64) -> Result<Sheet> {
    let invoice = load(cx, id)?;
    if !invoice.issued && !cx.caller.level().is_staff() {
        return Err(Error::missed("elid").with("value", id.to_string()));
    }
    if invoice.issued {
        return issued_sheet(cx.conn, id);
    }
    let lang = document::lang(cx.conn, invoice.account_id)?;
    let data = data(cx, &invoice, "", &lang)?;
    dressed(cx.conn, invoice.company_id, data, format!("draft-{id}"))
}

/// What the invoice showed when it was issued, whoever asks. Error `missed(elid)` for a draft.
pub fn issued_sheet(conn: &mut Conn, id: i64) -> Result<Sheet> {
    let sql = Sql::new("SELECT company_id, number, data FROM invoice WHERE issued AND NOT deleted AND id = ");
    let row = sql.bind(id).first(conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let data = serde_json::from_str(row[2].str()).map_err(Error::system)?;
    dressed(conn, row[0].int(), data, row[1].str().to_owned())
}

fn dressed(conn: &mut Conn, company_id: i64, data: Value, name: String) -> Result<Sheet> {
    let lang = data["lang"].as_str().unwrap_or("en");
    let chosen = document::of_company(conn, company_id, "invoice")?;
    let templates = chosen.map_or_else(|| delivered(&data, lang), |chosen| Ok(vec![chosen]))?;
    Ok(Sheet { templates, data, name })
}

/// In Russia services are proved by a certificate, and a tax invoice stands beside it where there is
/// tax; elsewhere an invoice is both.
fn delivered(data: &Value, lang: &str) -> Result<Vec<String>> {
    let is_taxed = data["totals"]["tax"] != "";
    let kinds: &[&str] = match lang {
        "ru" if is_taxed => &["act", "invoice"],
        "ru" => &["act"],
        _ => &["invoice"],
    };
    kinds.iter().map(|kind| document::delivered(kind, lang)).collect()
}

/// All that an invoice shows by its lines of now and the parties' details of now.
pub fn data(cx: &mut Ctx, invoice: &Invoice, number: &str, lang: &str) -> Result<Value> {
    let iso = document::currency(cx.conn, invoice.currency_id)?;
    let manner = Manner { lang, iso: &iso, zone: &cx.call.zone };
    let (lines, total, rates) = lines(cx, invoice.id, &manner)?;
    let mut data = json!({
        "id": invoice.id.to_string(),
        "lang": lang,
        "number": number,
        "date": manner.date(invoice.cdate),
        "fromdate": manner.date(invoice.fromdate),
        "todate": manner.date(invoice.todate),
        "currency": iso,
        "company": document::company(cx.conn, invoice.company_id, lang)?,
        "customer": document::payer(cx.conn, invoice.customer_id, lang)?,
        "lines": lines,
        "totals": totals(total, &rates, &manner)?,
    });
    if invoice.corrects_id > 0 {
        let corrected = load(cx, invoice.corrects_id)?;
        data["corrects"] = json!({ "number": corrected.number, "date": manner.date(corrected.cdate) });
    }
    Ok(data)
}

fn totals(total: Part, rates: &[i64], manner: &Manner) -> Result<Value> {
    let rate = if let [one] = rates { manner.percent(*one) } else { String::new() };
    Ok(json!({
        "net": manner.money(total.amount.minus(total.tax)?),
        "taxrate": rate,
        "tax": manner.some_money(total.tax),
        "total": manner.money(total.amount),
    }))
}

/// The lines, their sum, and the tax rates that stand in them.
fn lines(cx: &mut Ctx, invoice_id: i64, manner: &Manner) -> Result<(Vec<Value>, Part, Vec<i64>)> {
    let sql = Sql::new("SELECT name, amount, taxamount, taxrate FROM invoiceitem WHERE invoice_id = ");
    let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Int];
    let rows = sql.bind(invoice_id).sql(" ORDER BY id").load(cx.conn, &kinds)?;
    let part = |row: &Vec<Raw>| Part { amount: Money(row[1].int()), tax: Money(row[2].int()) };
    let total = rows.iter().try_fold(Part::default(), |sum, row| sum.plus(part(row)))?;
    let mut rates: Vec<i64> = rows.iter().map(|row| row[3].int()).collect();
    rates.sort_unstable();
    rates.dedup();
    let line = |row: &Vec<Raw>| {
        let part = part(row);
        let net = manner.money(part.amount.minus(part.tax)?);
        Ok(json!({
            "name": row[0].str(),
            "quantity": "1",
            "price": net,
            "amount": net,
            "taxrate": manner.percent(row[3].int()),
            "taxamount": manner.some_money(part.tax),
            "total": manner.money(part.amount),
        }))
    };
    Ok((rows.iter().map(line).collect::<Result<_>>()?, total, rates))
}
