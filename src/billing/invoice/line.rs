//! Lines of a draft, and what they take of expenses.

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::ledger::{Scale, rounding};
use crate::money::Money;

/// An amount with the tax that it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    pub amount: Money,
    pub tax: Money,
}

impl Part {
    pub fn plus(self, other: Self) -> Result<Self> {
        Ok(Self { amount: self.amount.plus(other.amount)?, tax: self.tax.plus(other.tax)? })
    }

    pub fn minus(self, other: Self) -> Result<Self> {
        Ok(Self { amount: self.amount.minus(other.amount)?, tax: self.tax.minus(other.tax)? })
    }

    pub fn negated(self) -> Self {
        Self { amount: self.amount.negated(), tax: self.tax.negated() }
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// What the ledger says of an expense: what was posted less what was given back, the tax of that in the
/// share in which it was given back.
pub fn posted(whole: Part, compensated: Money, scale: Scale) -> Result<Part> {
    if compensated == Money::ZERO || whole.amount == Money::ZERO {
        return Ok(whole);
    }
    let tax = rounding::share(whole.tax, compensated.0, whole.amount.0, scale)?;
    whole.minus(Part { amount: compensated, tax })
}

/// The rows of clients, locked until the end of the transaction, in the one order in which all do it:
/// what is gathered, issued or given back of a client's expenses takes turns.
pub fn lock(conn: &mut Conn, accounts: impl IntoIterator<Item = i64>) -> Result<()> {
    let mut ids: Vec<i64> = accounts.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        Sql::new("UPDATE account SET active = active WHERE id = ").bind(id).execute(conn)?;
    }
    Ok(())
}

/// A line that is to be added: what it is called, and what it takes of which expense.
pub struct Line<'l> {
    pub invoice_id: i64,
    pub name: &'l str,
    pub taxrate: i64,
    pub expense_id: i64,
    pub part: Part,
    /// Goes to a line of the same name and tax rate, where there is one.
    pub merges: bool,
}

pub fn add(conn: &mut Conn, owner: (i64, i64), line: &Line) -> Result<()> {
    let same = if line.merges { same_line(conn, line)? } else { None };
    let item_id = match same {
        Some(id) => {
            let sql = Sql::new("UPDATE invoiceitem SET amount = amount + ").bind(line.part.amount.0);
            let sql = sql.sql(", taxamount = taxamount + ").bind(line.part.tax.0);
            sql.sql(" WHERE id = ").bind(id).execute(conn)?;
            id
        }
        None => insert(conn, owner, line)?,
    };
    Sql::new("INSERT INTO invoiceitem_expense (invoiceitem_id, expense_id, amount, taxamount) VALUES (")
        .binds([item_id, line.expense_id, line.part.amount.0, line.part.tax.0].map(Into::into))
        .sql(")")
        .execute(conn)?;
    Ok(())
}

fn same_line(conn: &mut Conn, line: &Line) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM invoiceitem WHERE invoice_id = ").bind(line.invoice_id);
    let sql = sql.sql(" AND name = ").bind(line.name).sql(" AND taxrate = ").bind(line.taxrate);
    Ok(sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

fn insert(conn: &mut Conn, (account_id, reseller_id): (i64, i64), line: &Line) -> Result<i64> {
    let sql = Sql::new(
        "INSERT INTO invoiceitem (invoice_id, account_id, reseller_id, name, amount, taxrate, taxamount) \
         VALUES (",
    );
    let sql = sql.binds([
        line.invoice_id.into(),
        account_id.into(),
        reseller_id.into(),
        line.name.into(),
        line.part.amount.0.into(),
        line.taxrate.into(),
        line.part.tax.0.into(),
    ]);
    let row = sql.sql(") RETURNING id").first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a line got no id"))
}

/// An invoice is the sum of its lines and computes nothing (decisions.md, Money).
pub fn sum_up(conn: &mut Conn, invoice_id: i64) -> Result<()> {
    let sum = |sql: Sql, column: &str| {
        let sql = sql.sql("(SELECT CAST(COALESCE(SUM(").word(column).sql("), 0) AS BIGINT)");
        sql.sql(" FROM invoiceitem WHERE invoice_id = ").bind(invoice_id).sql(")")
    };
    let sql = sum(Sql::new("UPDATE invoice SET amount = "), "amount").sql(", taxamount = ");
    sum(sql, "taxamount").sql(" WHERE id = ").bind(invoice_id).execute(conn)?;
    Ok(())
}

/// Takes a line off, and leaves its expenses for others.
pub fn remove(conn: &mut Conn, item_id: i64) -> Result<()> {
    Sql::new("DELETE FROM invoiceitem_expense WHERE invoiceitem_id = ").bind(item_id).execute(conn)?;
    Sql::new("DELETE FROM invoiceitem WHERE id = ").bind(item_id).execute(conn)?;
    Ok(())
}

/// Takes all lines off.
pub fn clear(conn: &mut Conn, invoice_id: i64) -> Result<()> {
    let sql = Sql::new(
        "DELETE FROM invoiceitem_expense WHERE invoiceitem_id IN \
         (SELECT id FROM invoiceitem WHERE invoice_id = ",
    );
    sql.bind(invoice_id).sql(")").execute(conn)?;
    Sql::new("DELETE FROM invoiceitem WHERE invoice_id = ").bind(invoice_id).execute(conn)?;
    sum_up(conn, invoice_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::money;

    #[test]
    fn what_was_given_back_is_not_invoiced() {
        let whole = Part { amount: money("68.33"), tax: money("12.78") };
        for (back, amount, tax) in [
            ("0", "68.33", "12.78"),
            ("68.33", "0", "0"),
            ("10.00", "58.33", "10.91"),
            ("0.01", "68.32", "12.78"),
        ] {
            let left = posted(whole, money(back), Scale::minor("EUR")).unwrap();
            assert_eq!(left, Part { amount: money(amount), tax: money(tax) }, "{back}");
        }
    }
}
