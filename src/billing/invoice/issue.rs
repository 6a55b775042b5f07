//! Issuing: an invoice gets its number and what it shows, and from then on neither is changed.

use serde_json::Value;

use super::{Invoice, line, print};
use crate::billing::document;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::rpc::handler::Ctx;

/// Numbers that are passed over because an invoice has them already: the counter was set back.
const TAKEN_MAX: usize = 1000;

/// Gives a draft its number. The company's counter moves in this transaction, so that no number is
/// lost and none is given twice.
pub fn issue(cx: &mut Ctx, draft: &Invoice, status: i64) -> Result<()> {
    line::lock(cx.conn, [draft.account_id])?;
    line::sum_up(cx.conn, draft.id)?;
    let number = number(cx, draft)?;
    let lang = document::lang(cx.conn, draft.account_id)?;
    let data = print::data(cx, draft, &number, &lang)?;
    if data["lines"].as_array().is_none_or(Vec::is_empty) {
        return Err(Error::missed("item").with("value", draft.id.to_string()));
    }
    let sql = Sql::new("UPDATE invoice SET issued = TRUE, status = ").bind(status);
    let sql = sql.sql(", number = ").bind(number.as_str());
    let sql = sql.sql(", number_fold = ").bind(number.to_lowercase());
    let sql = sql.sql(", warning = ").bind(warning(&data["customer"]));
    let sql = sql.sql(", data = ").bind(data.to_string()).sql(" WHERE id = ").bind(draft.id);
    if sql.sql(" AND NOT issued AND NOT deleted").execute(cx.conn)? == 0 {
        return Err(Error::new("busy", "invoice"));
    }
    let owner = (draft.account_id, draft.reseller_id);
    history::write_of(cx, "invoice", draft.id, owner, &format!("number {number}"))
}

fn number(cx: &mut Ctx, draft: &Invoice) -> Result<String> {
    let counter = ("invoice_next", "invoice_numtmpl");
    for _ in 0..TAKEN_MAX {
        let number = document::next_number(
            cx.conn,
            "company",
            draft.company_id,
            counter,
            (draft.cdate, &cx.call.zone),
        )?;
        let sql = Sql::new("SELECT id FROM invoice WHERE company_id = ").bind(draft.company_id);
        let sql = sql.sql(" AND number = ").bind(number.as_str());
        if sql.first(cx.conn, &[Kind::Int])?.is_none() {
            return Ok(number);
        }
    }
    Err(Error::exists("number", draft.company_id.to_string()))
}

/// What the payer's details lack for a document that a tax office reads.
pub fn warning(customer: &Value) -> &'static str {
    let is_blank = |name: &str| customer[name].as_str().is_none_or(str::is_empty);
    match customer["profiletype"].as_str() {
        _ if is_blank("address") => "address",
        Some("2" | "3") if is_blank("vatnum") && is_blank("eu_vat") => "vatnum",
        _ => "",
    }
}
