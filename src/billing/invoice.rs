//! Invoices: what payers were charged for, gathered from expenses, issued under a number of the company
//! and from then on never changed.

mod correct;
mod gather;
mod generate;
mod issue;
mod line;
mod print;
mod send;

use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::{history, money::Money};

use super::document;

pub use correct::follow;
pub use print::issued_sheet;

pub const FUNCS: &[Row] = &[
    ("invoice", Handler::View(Some(issued_for_clients))),
    ("account.invoice", Handler::View(Some(issued_for_clients))),
    ("invoice.edit", Handler::Form(EDIT)),
    ("invoice.delete", Handler::Each(delete)),
    ("invoice.generate", Handler::Form(generate::FORM)),
    ("invoice.generate.continue", Handler::Each(generate::go_on)),
    ("invoice.status.1", Handler::Each(|cx, elid| mark(cx, elid, NEW))),
    ("invoice.status.2", Handler::Each(|cx, elid| mark(cx, elid, PRINTED))),
    ("invoice.status.3", Handler::Each(|cx, elid| mark(cx, elid, SENT))),
    ("invoice.status.4", Handler::Each(|cx, elid| mark(cx, elid, SIGNED))),
    ("invoice.status.5", Handler::Each(cancel)),
    ("invoice.creditnote", Handler::Each(credit_note)),
    ("invoice.item", Handler::View(Some(issued_for_clients))),
    ("invoice.item.edit", Handler::Form(record::FORM.check(check_item))),
    ("invoice.item.delete", Handler::Each(delete_item)),
    ("invoice.print", Handler::Once(|cx| document::printed(cx, "invoice", print::sheet))),
    ("invoice.print.pdf", Handler::Once(|cx| document::pdf(cx, print::sheet))),
    ("invoice.download", Handler::Once(|cx| document::pdf(cx, print::sheet))),
    ("invoice.send", Handler::Each(send::send)),
];

const EDIT: Form = record::FORM.check(check);

const NEW: i64 = 1;
const PRINTED: i64 = 2;
const SENT: i64 = 3;
const SIGNED: i64 = 4;
const CANCELLED: i64 = 5;

/// Drafts are the company's own business until they are issued.
fn issued_for_clients(cx: &mut Ctx) -> Result<Sql> {
    Ok(if cx.caller.level().is_staff() { Sql::default() } else { Sql::new(" AND issued") })
}

pub struct Invoice {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub company_id: i64,
    pub customer_id: i64,
    pub currency_id: i64,
    pub corrects_id: i64,
    pub cdate: i64,
    pub fromdate: i64,
    pub todate: i64,
    pub sdate: i64,
    pub amount: Money,
    pub status: i64,
    pub issued: bool,
    pub number: String,
}

const COLUMNS: [&str; 14] = [
    "account_id",
    "reseller_id",
    "company_id",
    "customer_id",
    "currency_id",
    "corrects_id",
    "cdate",
    "fromdate",
    "todate",
    "sdate",
    "amount",
    "status",
    "issued",
    "number",
];

/// The invoice, whoever asks.
fn load(cx: &mut Ctx, id: i64) -> Result<Invoice> {
    let mut kinds = [Kind::Int; COLUMNS.len()];
    kinds[12] = Kind::Flag;
    kinds[13] = Kind::Text;
    let sql = Sql::new("SELECT ").words(COLUMNS).sql(" FROM invoice WHERE NOT deleted AND id = ").bind(id);
    let row =
        sql.first(cx.conn, &kinds)?.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let int = |at: usize| row[at].int();
    Ok(Invoice {
        id,
        account_id: int(0),
        reseller_id: int(1),
        company_id: int(2),
        customer_id: int(3),
        currency_id: int(4),
        corrects_id: int(5),
        cdate: int(6),
        fromdate: int(7),
        todate: int(8),
        sdate: int(9),
        amount: Money(int(10)),
        status: int(11),
        issued: row[12].on(),
        number: row[13].str().to_owned(),
    })
}

/// The invoice that a function names, if it is the caller's.
fn own(cx: &mut Ctx, elid: &str) -> Result<Invoice> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    load(cx, id)
}

/// What is wrong with a change of an invoice that has been issued.
fn fixed(field: &str, number: &str) -> Error {
    Error::value(field, number).with("desc", "desc_invoice_issued")
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        return Err(Error::missed("elid")); // invoices are generated from expenses
    }
    let invoice = load(cx, record.id)?;
    match record.has_changed("cdate") && invoice.issued {
        true => Err(fixed("cdate", &invoice.number)),
        false if record.int("cdate") == 0 => Err(Error::missed("cdate")),
        false => Ok(()),
    }
}

/// Only a draft can go, and its expenses wait for the next invoice then. One that is not there, or not
/// the caller's, is no error (R58–R60).
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let invoice = match own(cx, elid) {
        Ok(invoice) => invoice,
        Err(error) if error.object == "elid" => return Ok(()),
        Err(error) => return Err(error),
    };
    if invoice.issued {
        return Err(fixed("status", &invoice.number));
    }
    delete_draft(cx, invoice.id)?;
    history::write(cx, invoice.id, (invoice.account_id, invoice.reseller_id), "")
}

fn delete_draft(cx: &mut Ctx, id: i64) -> Result<()> {
    line::clear(cx.conn, id)?;
    Sql::new("UPDATE invoice SET deleted = TRUE WHERE id = ").bind(id).execute(cx.conn)?;
    Ok(())
}

fn mark(cx: &mut Ctx, elid: &str, status: i64) -> Result<()> {
    let invoice = own(cx, elid)?;
    match invoice.status == CANCELLED {
        true => Err(Error::value("status", invoice.number)),
        false => set_status(cx, &invoice, status),
    }
}

/// How far an issued invoice has come on its way to the payer; a draft is issued first.
fn set_status(cx: &mut Ctx, invoice: &Invoice, status: i64) -> Result<()> {
    if !invoice.issued {
        issue::issue(cx, invoice, status)?;
    }
    let mut sql = Sql::new("UPDATE invoice SET status = ").bind(status);
    if status == SENT && invoice.sdate == 0 {
        sql = sql.sql(", sdate = ").bind(cx.now_us);
    }
    // Two calls at once: what was cancelled meanwhile stays cancelled.
    let sql = sql.sql(" WHERE id = ").bind(invoice.id).sql(" AND status <> ").bind(CANCELLED);
    match sql.execute(cx.conn)? {
        0 => Err(Error::value("status", &invoice.number)),
        _ => noted(cx, invoice, status),
    }
}

fn noted(cx: &mut Ctx, invoice: &Invoice, status: i64) -> Result<()> {
    let owner = (invoice.account_id, invoice.reseller_id);
    history::write_of(cx, "invoice", invoice.id, owner, &format!("invoice_status {status}"))
}

/// An issued invoice is taken back whole by a credit note; its expenses wait for the next invoice then.
fn cancel(cx: &mut Ctx, elid: &str) -> Result<()> {
    let invoice = own(cx, elid)?;
    if invoice.status == CANCELLED {
        return Ok(());
    }
    if !invoice.issued || invoice.corrects_id > 0 {
        return Err(Error::value("status", invoice.number));
    }
    correct::take_back(cx, &invoice)?;
    let sql = Sql::new("UPDATE invoice SET status = ").bind(CANCELLED).sql(", warning = '' WHERE id = ");
    sql.bind(invoice.id).execute(cx.conn)?;
    noted(cx, &invoice, CANCELLED)
}

fn credit_note(cx: &mut Ctx, elid: &str) -> Result<()> {
    let invoice = own(cx, elid)?;
    if !invoice.issued || invoice.corrects_id > 0 || invoice.status == CANCELLED {
        return Err(Error::value("status", invoice.number));
    }
    match correct::give_back(cx, &invoice)? {
        Some(_) => Ok(()),
        None => Err(Error::missed("compensation").with("value", invoice.number)),
    }
}

/// The invoice of a line that may still be changed.
fn draft_of(cx: &mut Ctx, item_id: i64) -> Result<Invoice> {
    record::need_own(cx, item_id)?;
    let sql = Sql::new("SELECT invoice_id FROM invoiceitem WHERE id = ").bind(item_id);
    let id = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let invoice = load(cx, id)?;
    if invoice.issued { Err(fixed("status", &invoice.number)) } else { Ok(invoice) }
}

fn check_item(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    match record.is_new() {
        true => Err(Error::missed("elid")), // a line is what was charged, never what was typed
        false => draft_of(cx, record.id).map(drop),
    }
}

/// Takes a line off its draft: its expenses wait for the next invoice.
fn delete_item(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    let invoice = match draft_of(cx, id) {
        Ok(invoice) => invoice,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    line::remove(cx.conn, id)?;
    line::sum_up(cx.conn, invoice.id)?;
    history::write(cx, id, (invoice.account_id, invoice.reseller_id), "")
}
