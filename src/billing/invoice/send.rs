//! The invoice by mail.

use super::own;
use crate::billing::document;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::outbox::mail::{Letter, Paper};
use crate::rpc::handler::Ctx;
use crate::service::Till;
use crate::time::SECOND_US;

/// A letter each time it is asked for; two clicks within a second are one. A draft is nobody's yet:
/// its client does not know of it, and staff issue it first.
pub fn send(cx: &mut Ctx, elid: &str) -> Result<()> {
    let invoice = own(cx, elid)?;
    if !invoice.issued {
        return Err(match cx.caller.level().is_staff() {
            true => Error::value("status", elid).with("desc", "desc_invoice_draft"),
            false => Error::missed("elid").with("value", elid),
        });
    }
    let (id, company_id) = (invoice.id, invoice.company_id);
    let data = document::company(cx.conn, company_id, "")?;
    let (project_id, zone) = (provider(cx.conn, &invoice)?, &cx.call.zone);
    let iso = document::currency(cx.conn, invoice.currency_id)?;
    let values = [
        ("number", invoice.number),
        ("date", zone.date(invoice.cdate)),
        ("amount", format!("{} {iso}", invoice.amount.shown(&iso))),
        ("company", data["name"].as_str().unwrap_or_default().to_owned()),
    ];
    let letter = Letter {
        account_id: invoice.account_id,
        project_id,
        template: "invoice",
        about: format!("invoice:{id}:{}", cx.now_us / SECOND_US),
        values: &values,
        paper: Some(Paper::Invoice(id)),
    };
    letter.post_asked(&mut Till::of(cx))
}

/// The provider whose client is written to; 0 where the company serves him for several.
fn provider(conn: &mut Conn, invoice: &super::Invoice) -> Result<i64> {
    let sql = Sql::new(
        "SELECT l.project_id FROM project_company l JOIN subaccount s ON s.project_id = l.project_id \
         WHERE l.company_id = ",
    );
    let sql = sql.bind(invoice.company_id).sql(" AND s.account_id = ").bind(invoice.account_id);
    let rows = sql.sql(" ORDER BY l.project_id LIMIT 2").load(conn, &[Kind::Int])?;
    Ok(if let [one] = &rows[..] { one[0].int() } else { 0 })
}
