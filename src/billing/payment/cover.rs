//! Which payments covered which expenses: money covers the oldest expense first, as
//! [`crate::billing::charge::settle`] says which are unpaid. Nothing of it is stored, since a refund
//! or something given back moves all that came after it.

use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("payment.expense", Handler::Rows(of_payment)), ("expense.payment", Handler::Rows(of_expense))];

/// What of a payment went to an expense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Covered {
    payment: usize,
    expense: usize,
    amount: i64,
}

/// Lays the payments along the expenses, both oldest first.
fn cover(payments: &[i64], expenses: &[i64]) -> Vec<Covered> {
    let (mut covered, mut payment, mut left) = (Vec::new(), 0, payments.first().copied().unwrap_or(0));
    for (expense, due) in expenses.iter().copied().enumerate() {
        let mut due = due;
        while due > 0 && payment < payments.len() {
            let amount = due.min(left);
            if amount > 0 {
                covered.push(Covered { payment, expense, amount });
                (due, left) = (due - amount, left - amount);
            }
            if left <= 0 {
                payment += 1;
                left = payments.get(payment).copied().unwrap_or(0);
            }
        }
    }
    covered
}

struct Side {
    ids: Vec<i64>,
    amounts: Vec<i64>,
    rows: Vec<Vec<Raw>>,
}

fn side(cx: &mut Ctx, sql: Sql) -> Result<Side> {
    let rows = sql.load(cx.conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Int])?;
    let ints = |at: usize| rows.iter().map(|row| row[at].int()).collect();
    Ok(Side { ids: ints(0), amounts: ints(1), rows })
}

fn both(cx: &mut Ctx, subaccount_id: i64) -> Result<(Side, Side)> {
    let sql = Sql::new(
        "SELECT id, subaccountamount - refunded, number, paydate FROM payment WHERE NOT deleted \
         AND status IN (3, 4, 5) AND subaccount_id = ",
    );
    let payments = side(cx, sql.bind(subaccount_id).sql(" ORDER BY paydate, id"))?;
    let sql = Sql::new(
        "SELECT id, amount - compensated, name, realdate FROM expense WHERE NOT deleted AND subaccount_id = ",
    );
    let expenses = side(cx, sql.bind(subaccount_id).sql(" ORDER BY id"))?;
    Ok((payments, expenses))
}

/// The subaccount of the record, if it is the caller's.
fn subaccount(cx: &mut Ctx, table: &'static str) -> Result<(i64, i64, String)> {
    let id = cx.need_elid()?;
    let sql = Sql::new("SELECT t.subaccount_id, c.iso FROM ").word(table).sql(" t ");
    let sql = sql.sql("JOIN subaccount s ON s.id = t.subaccount_id JOIN currency c ON c.id = s.currency_id ");
    let sql = sql.sql("WHERE NOT t.deleted AND t.id = ").bind(id);
    let sql = sql.append(&match cx.scope() {
        crate::auth::Scope::Account(own) => Sql::new(" AND t.account_id = ").bind(own),
        crate::auth::Scope::Reseller(own) => Sql::new(" AND t.reseller_id = ").bind(own),
        crate::auth::Scope::All => Sql::default(),
        crate::auth::Scope::Nobody => record::scope_sql(cx.scope(), "account_id"),
    });
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    Ok((id, row[0].int(), row[1].str().to_owned()))
}

fn of_payment(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let (id, subaccount_id, iso) = subaccount(cx, "payment")?;
    let (payments, expenses) = both(cx, subaccount_id)?;
    let covered = cover(&payments.amounts, &expenses.amounts).into_iter();
    let covered = covered.filter(|part| payments.ids[part.payment] == id);
    Ok(covered.map(|part| row(&expenses.rows[part.expense], part.amount, &iso)).collect())
}

fn of_expense(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let (id, subaccount_id, iso) = subaccount(cx, "expense")?;
    let (payments, expenses) = both(cx, subaccount_id)?;
    let covered = cover(&payments.amounts, &expenses.amounts).into_iter();
    let covered = covered.filter(|part| expenses.ids[part.expense] == id);
    Ok(covered.map(|part| row(&payments.rows[part.payment], part.amount, &iso)).collect())
}

/// Id, name or number, date, and the part, with its currency.
fn row(of: &[Raw], amount: i64, iso: &str) -> Vec<Raw> {
    let part = format!("{} {iso}", crate::money::Money(amount).shown(iso));
    vec![of[0].clone(), of[2].clone(), of[3].clone(), part.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_covered_first() {
        let part = |payment, expense, amount| Covered { payment, expense, amount };
        for (payments, expenses, expected) in [
            (&[][..], &[5][..], vec![]),
            (&[5], &[], vec![]),
            (&[5], &[3, 4], vec![part(0, 0, 3), part(0, 1, 2)]),
            (&[5, 10], &[3, 4, 1], vec![part(0, 0, 3), part(0, 1, 2), part(1, 1, 2), part(1, 2, 1)]),
            (&[0, 4, 0, 2], &[0, 5], vec![part(1, 1, 4), part(3, 1, 1)]),
        ] {
            assert_eq!(cover(payments, expenses), expected);
        }
    }
}
