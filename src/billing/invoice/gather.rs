//! The expenses of a run on their way into its drafts.

use std::collections::{BTreeMap, HashMap};

use super::generate::{Run, drafts};
use super::line::{self, Line, Part};
use super::{document, issue};
use crate::billing::payer::{self, Payer};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::Scale;
use crate::money::Money;
use crate::rpc::handler::Ctx;

struct Expense {
    id: i64,
    account_id: i64,
    subaccount_id: i64,
    project_id: i64,
    currency_id: i64,
    name: String,
    taxrate: i64,
    /// What of it no invoice holds.
    part: Part,
}

/// What invoices hold of an expense already.
pub const HELD: &str = "COALESCE((SELECT CAST(SUM(l.amount) AS BIGINT) FROM invoiceitem_expense l \
     WHERE l.expense_id = e.id), 0)";
const HELD_TAX: &str = "COALESCE((SELECT CAST(SUM(l.taxamount) AS BIGINT) FROM invoiceitem_expense l \
     WHERE l.expense_id = e.id), 0)";

/// The expenses as they are now that the rows of their clients are locked.
fn expenses(conn: &mut Conn, ids: Vec<i64>) -> Result<Vec<Expense>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::new(
        "SELECT e.id, e.account_id, e.subaccount_id, s.project_id, s.currency_id, e.taxrate, e.amount, \
         e.taxamount, e.compensated, e.name, c.iso, ",
    );
    let sql = sql.sql(HELD).sql(", ").sql(HELD_TAX).sql(
        " FROM expense e JOIN subaccount s ON s.id = e.subaccount_id \
         JOIN currency c ON c.id = s.currency_id WHERE NOT e.deleted AND e.id IN (",
    );
    let sql = sql.binds(ids.into_iter().map(Into::into)).sql(") ORDER BY e.realdate, e.id");
    let mut kinds = [Kind::Int; 13];
    (kinds[9], kinds[10]) = (Kind::Text, Kind::Text);
    let rows = sql.load(conn, &kinds)?;
    let mut expenses = rows.iter().map(|row| expense(row)).collect::<Result<Vec<_>>>()?;
    expenses.retain(|expense| expense.part.amount > Money::ZERO);
    Ok(expenses)
}

fn expense(row: &[Raw]) -> Result<Expense> {
    let int = |at: usize| row[at].int();
    let part = |amount: usize, tax: usize| Part { amount: Money(int(amount)), tax: Money(int(tax)) };
    let posted = line::posted(part(6, 7), Money(int(8)), Scale::minor(row[10].str()))?;
    Ok(Expense {
        id: int(0),
        account_id: int(1),
        subaccount_id: int(2),
        project_id: int(3),
        currency_id: int(4),
        taxrate: int(5),
        name: row[9].str().to_owned(),
        part: posted.minus(part(11, 12))?,
    })
}

/// Puts the expenses that the run is about into its drafts. What others have taken of them by the time
/// that the rows of their clients are ours is theirs.
pub fn gather(cx: &mut Ctx, run: &mut Run, ids: Vec<i64>, clients: Vec<i64>) -> Result<()> {
    line::lock(cx.conn, clients)?;
    let (mut payers, mut drafts) = (HashMap::new(), BTreeMap::new());
    for expense in expenses(cx.conn, ids)? {
        let payer = match payers.get(&expense.subaccount_id) {
            Some(payer) => *payer,
            None => *payers.entry(expense.subaccount_id).or_insert(payer_of(cx.conn, &expense)?),
        };
        let Some(payer) = payer else {
            run.payerless += i64::from(serves(cx.conn, run.company_id, expense.project_id)?);
            continue;
        };
        if !run.wants(&payer) {
            continue;
        }
        let (invoice_id, owner) = match drafts.get(&(payer.id, expense.currency_id)) {
            Some(draft) => *draft,
            None => *drafts.entry((payer.id, expense.currency_id)).or_insert(draft(
                cx,
                run,
                payer.id,
                expense.currency_id,
            )?),
        };
        let line = Line {
            invoice_id,
            name: &expense.name,
            taxrate: expense.taxrate,
            expense_id: expense.id,
            part: expense.part,
            merges: run.summarize,
        };
        line::add(cx.conn, owner, &line)?;
        run.taken += 1;
    }
    drafts.into_values().try_for_each(|(invoice_id, _)| line::sum_up(cx.conn, invoice_id))
}

impl Run {
    fn wants(&self, payer: &Payer) -> bool {
        let kind = payer.profiletype.to_string();
        payer.company_id == self.company_id
            && (self.customer_id == 0 || self.customer_id == payer.id)
            && (self.profiletypes.is_empty() || self.profiletypes.split(", ").any(|have| have == kind))
    }
}

fn payer_of(conn: &mut Conn, expense: &Expense) -> Result<Option<Payer>> {
    payer::of_documents(conn, expense.account_id, (expense.subaccount_id, expense.project_id))
}

fn serves(conn: &mut Conn, company_id: i64, project_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT company_id FROM project_company WHERE company_id = ").bind(company_id);
    Ok(sql.sql(" AND project_id = ").bind(project_id).first(conn, &[Kind::Int])?.is_some())
}

pub fn customer_owner(conn: &mut Conn, customer_id: i64) -> Result<(i64, i64)> {
    let sql = Sql::new("SELECT account_id, reseller_id FROM profile WHERE id = ").bind(customer_id);
    let row = sql.first(conn, &[Kind::Int; 2])?.ok_or_else(|| Error::missed("customer"))?;
    Ok((row[0].int(), row[1].int()))
}

/// The run's draft for a payer and a currency, made where there is none, with whose it is.
fn draft(cx: &mut Ctx, run: &Run, customer_id: i64, currency_id: i64) -> Result<(i64, (i64, i64))> {
    let owner = customer_owner(cx.conn, customer_id)?;
    let sql = drafts(Sql::new("SELECT id FROM invoice WHERE"), run);
    let sql = sql.sql(" AND customer_id = ").bind(customer_id).sql(" AND currency_id = ").bind(currency_id);
    if let Some(row) = sql.first(cx.conn, &[Kind::Int])? {
        return Ok((row[0].int(), owner));
    }
    let lang = document::lang(cx.conn, owner.0)?;
    let warning = issue::warning(&document::payer(cx.conn, customer_id, &lang)?);
    let sql = Sql::new(
        "INSERT INTO invoice (account_id, reseller_id, company_id, customer_id, currency_id, run_id, \
         cdate, fromdate, todate, warning) VALUES (",
    );
    let numbers = [
        owner.0,
        owner.1,
        run.company_id,
        customer_id,
        currency_id,
        run.id,
        run.cdate,
        run.fromdate,
        run.todate,
    ];
    let sql = sql.binds(numbers.map(Into::into)).sql(", ").bind(warning).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("an invoice got no id"))?;
    history::write_of(cx, "invoice", row[0].int(), owner, "")?;
    Ok((row[0].int(), owner))
}
