//! What becomes of invoices when money of their expenses is given back: a draft follows at once, an
//! issued invoice is corrected by a credit note with negative lines.

use super::line::{self, Line, Part};
use super::{Invoice, NEW, issue};
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::Scale;
use crate::money::Money;
use crate::rpc::handler::Ctx;

/// An expense that an invoice and its credit notes hold something of.
struct Held {
    expense_id: i64,
    name: String,
    taxrate: i64,
    /// What they hold together.
    part: Part,
    /// What was posted and not given back.
    posted: Part,
}

fn held(conn: &mut Conn, invoice: &Invoice) -> Result<Vec<Held>> {
    let sql = Sql::new(
        "SELECT h.expense_id, h.name, h.taxrate, h.amount, h.taxamount, e.amount, e.taxamount, \
         e.compensated FROM (SELECT l.expense_id, MIN(t.name) AS name, MIN(t.taxrate) AS taxrate, \
         CAST(SUM(l.amount) AS BIGINT) AS amount, CAST(SUM(l.taxamount) AS BIGINT) AS taxamount \
         FROM invoiceitem_expense l JOIN invoiceitem t ON t.id = l.invoiceitem_id \
         JOIN invoice i ON i.id = t.invoice_id WHERE NOT i.deleted AND (i.id = ",
    );
    let sql = sql.bind(invoice.id).sql(" OR i.corrects_id = ").bind(invoice.id);
    let sql =
        sql.sql(") GROUP BY l.expense_id) h JOIN expense e ON e.id = h.expense_id ORDER BY h.expense_id");
    let mut kinds = [Kind::Int; 8];
    kinds[1] = Kind::Text;
    let scale = scale(conn, invoice.currency_id)?;
    let part = |amount: i64, tax: i64| Part { amount: Money(amount), tax: Money(tax) };
    let rows = sql.load(conn, &kinds)?;
    let held = rows.iter().map(|row| {
        let int = |at: usize| row[at].int();
        Ok(Held {
            expense_id: int(0),
            name: row[1].str().to_owned(),
            taxrate: int(2),
            part: part(int(3), int(4)),
            posted: line::posted(part(int(5), int(6)), Money(int(7)), scale)?,
        })
    });
    held.collect()
}

fn scale(conn: &mut Conn, currency_id: i64) -> Result<Scale> {
    let sql = Sql::new("SELECT iso FROM currency WHERE id = ").bind(currency_id);
    let row = sql.first(conn, &[Kind::Text])?.ok_or_else(|| Error::missed("currency"))?;
    Ok(Scale::minor(row[0].str()))
}

/// A credit note over what was given back since the invoice was issued or last corrected.
pub fn give_back(cx: &mut Ctx, invoice: &Invoice) -> Result<Option<i64>> {
    line::lock(cx.conn, [invoice.account_id])?;
    let held = held(cx.conn, invoice)?;
    let parts = held.into_iter().map(|held| {
        let part = held.posted.minus(held.part)?;
        Ok((held, part))
    });
    let note = credit_note(cx, invoice, parts.collect::<Result<_>>()?)?;
    Sql::new("UPDATE invoice SET warning = '' WHERE warning = 'compensated' AND id = ")
        .bind(invoice.id)
        .execute(cx.conn)?;
    Ok(note)
}

/// A credit note over all that the invoice still holds.
pub fn take_back(cx: &mut Ctx, invoice: &Invoice) -> Result<Option<i64>> {
    line::lock(cx.conn, [invoice.account_id])?;
    let held = held(cx.conn, invoice)?;
    let parts = held.into_iter().map(|held| {
        let part = held.part.negated();
        (held, part)
    });
    credit_note(cx, invoice, parts.collect())
}

/// Makes and issues the note; none where there is nothing to correct.
fn credit_note(cx: &mut Ctx, invoice: &Invoice, parts: Vec<(Held, Part)>) -> Result<Option<i64>> {
    let parts: Vec<_> = parts.into_iter().filter(|(_, part)| !part.is_none()).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    let id = insert(cx, invoice)?;
    for (held, part) in &parts {
        let line = Line {
            invoice_id: id,
            name: &held.name,
            taxrate: held.taxrate,
            expense_id: held.expense_id,
            part: *part,
            merges: true,
        };
        line::add(cx.conn, (invoice.account_id, invoice.reseller_id), &line)?;
    }
    line::sum_up(cx.conn, id)?;
    let note = super::load(cx, id)?;
    issue::issue(cx, &note, NEW)?;
    Ok(Some(id))
}

fn insert(cx: &mut Ctx, invoice: &Invoice) -> Result<i64> {
    let sql = Sql::new(
        "INSERT INTO invoice (account_id, reseller_id, company_id, customer_id, currency_id, corrects_id, \
         cdate, fromdate, todate) VALUES (",
    );
    let values = [
        invoice.account_id,
        invoice.reseller_id,
        invoice.company_id,
        invoice.customer_id,
        invoice.currency_id,
        invoice.id,
        cx.zone.day_us(cx.now_us),
        invoice.fromdate,
        invoice.todate,
    ];
    let row = sql.binds(values.map(Into::into)).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a credit note got no id"))
}

/// To be called after money of an expense was given back: its draft holds so much less, an issued
/// invoice is marked as one that wants a credit note.
pub fn follow(conn: &mut Conn, account_id: i64, expense_id: i64) -> Result<()> {
    line::lock(conn, [account_id])?;
    let sql = Sql::new(
        "SELECT l.invoiceitem_id, i.id, i.issued, l.amount, l.taxamount, i.currency_id \
         FROM invoiceitem_expense l JOIN invoiceitem t ON t.id = l.invoiceitem_id \
         JOIN invoice i ON i.id = t.invoice_id \
         WHERE NOT i.deleted AND i.corrects_id = 0 AND i.status <> 5 AND l.expense_id = ",
    );
    let kinds = [Kind::Int, Kind::Int, Kind::Flag, Kind::Int, Kind::Int, Kind::Int];
    let Some(row) = sql.bind(expense_id).sql(" ORDER BY i.id DESC LIMIT 1").first(conn, &kinds)? else {
        return Ok(());
    };
    let (item_id, invoice_id) = (row[0].int(), row[1].int());
    if row[2].on() {
        Sql::new("UPDATE invoice SET warning = 'compensated' WHERE id = ").bind(invoice_id).execute(conn)?;
        return Ok(());
    }
    let scale = scale(conn, row[5].int())?;
    let had = Part { amount: Money(row[3].int()), tax: Money(row[4].int()) };
    let left = posted_of(conn, expense_id, scale)?;
    shrink(conn, (item_id, expense_id), left.minus(had)?)?;
    line::sum_up(conn, invoice_id)
}

fn posted_of(conn: &mut Conn, expense_id: i64, scale: Scale) -> Result<Part> {
    let sql = Sql::new("SELECT amount, taxamount, compensated FROM expense WHERE id = ").bind(expense_id);
    let row = sql.first(conn, &[Kind::Int; 3])?.ok_or_else(|| Error::missed("expense"))?;
    let whole = Part { amount: Money(row[0].int()), tax: Money(row[1].int()) };
    line::posted(whole, Money(row[2].int()), scale)
}

/// Changes what a line of a draft holds of an expense; a line that holds nothing goes.
fn shrink(conn: &mut Conn, (item_id, expense_id): (i64, i64), by: Part) -> Result<()> {
    for (table, key) in [("invoiceitem_expense", "invoiceitem_id"), ("invoiceitem", "id")] {
        let sql = Sql::new("UPDATE ").word(table).sql(" SET amount = amount + ").bind(by.amount.0);
        let sql = sql.sql(", taxamount = taxamount + ").bind(by.tax.0);
        let sql = sql.sql(" WHERE ").word(key).sql(" = ").bind(item_id);
        let is_link = table == "invoiceitem_expense";
        let sql = if is_link { sql.sql(" AND expense_id = ").bind(expense_id) } else { sql };
        sql.execute(conn)?;
    }
    let gone = Sql::new("DELETE FROM invoiceitem_expense WHERE amount = 0 AND taxamount = 0");
    let gone = gone.sql(" AND invoiceitem_id = ").bind(item_id);
    gone.sql(" AND expense_id = ").bind(expense_id).execute(conn)?;
    let sql = Sql::new("DELETE FROM invoiceitem WHERE id = ").bind(item_id);
    let sql = sql.sql(" AND NOT EXISTS (SELECT 1 FROM invoiceitem_expense WHERE invoiceitem_id = ");
    sql.bind(item_id).sql(")").execute(conn)?;
    Ok(())
}
