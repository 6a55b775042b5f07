//! Expenses: what a client was charged for, and giving it back.

use crate::books::{self, Subaccount};
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::rounding::{Priced, tax_on};
use crate::ledger::{Sale, Scale, sale};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::{history, ledger};

pub const FUNCS: &[Row] = &[
    ("expense.edit", Handler::Form(EDIT)),
    ("expense.delete", Handler::Each(delete)),
    ("expense.compensate", Handler::Form(COMPENSATE)),
];

const EDIT: Form = record::FORM.check(check).save(save);
const COMPENSATE: Form = record::FORM.read(read_compensation).save(compensate);

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !record.is_new() {
        return Ok(());
    }
    let subaccount = books::subaccount(cx.conn, record.int("subaccount_id"))?;
    record::account_owner(cx, subaccount.account_id)?;
    let priced = price(record, Scale::minor(&subaccount.iso))?;
    record.set("account_id", subaccount.account_id);
    record.set("project_id", subaccount.project_id);
    record.set("amount", priced.total.0);
    record.set("taxamount", priced.tax.0);
    record.set("realdate", cx.now_us);
    if record.int("cdate") == 0 {
        record.set("cdate", cx.now_us);
    }
    Ok(())
}

/// The line that the form describes; tax is fixed here and computed nowhere else.
fn price(record: &Record, scale: Scale) -> Result<Priced> {
    let (line, discount) = (Money(record.int("amount")), Money(record.int("discountamount")));
    for (field, amount) in [("amount", line), ("discountamount", discount)] {
        if amount < Money::ZERO || !scale.fits(amount) {
            return Err(Error::value(field, amount.plain()));
        }
    }
    if line == Money::ZERO || discount > line {
        return Err(Error::value("amount", line.plain()));
    }
    let rate_e4 = record.int("taxrate");
    if rate_e4 < 0 {
        return Err(Error::value("taxrate", ""));
    }
    let net = line.minus(discount)?;
    let tax = tax_on(net, rate_e4, scale)?;
    Ok(Priced { line, discount, net, tax, total: net.plus(tax)? })
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let is_new = record.is_new();
    let (amount, tax) = (Money(record.int("amount")), Money(record.int("taxamount")));
    let (subaccount_id, on_credit) = (record.int("subaccount_id"), record.get("postpaid").on());
    let id = record::store(cx, record)?;
    if is_new {
        let subaccount = books::subaccount(cx.conn, subaccount_id)?;
        charge(cx, id, &subaccount, amount, tax, on_credit)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn sale_of(subaccount: &Subaccount, total: Money, tax: Money) -> Result<Sale> {
    let net = total.minus(tax)?;
    Ok(Sale::of(subaccount.book(), &Priced { line: net, discount: Money::ZERO, net, tax, total }))
}

/// Without `postpaid` an expense takes only money that is there, not the credit limit.
fn charge(
    cx: &mut Ctx,
    id: i64,
    subaccount: &Subaccount,
    total: Money,
    tax: Money,
    on_credit: bool,
) -> Result<()> {
    let sale = sale_of(subaccount, total, tax)?;
    if sale.is_free() {
        return Ok(());
    }
    if !on_credit && locked_balance(cx.conn, subaccount.id)? < total {
        return Err(Error::limit("balance", total.plain()));
    }
    let transfer = sale::charge(format!("charge:expense:{id}"), &sale)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    settle(cx.conn, subaccount.id)
}

/// The balance, with its row locked until the end of the transaction.
fn locked_balance(conn: &mut Conn, subaccount_id: i64) -> Result<Money> {
    let sql =
        Sql::new("UPDATE book SET balance = balance WHERE id = (SELECT book_id FROM subaccount WHERE id = ");
    let row = sql.bind(subaccount_id).sql(") RETURNING balance").first(conn, &[Kind::Int])?;
    Ok(row.map_or(Money::ZERO, |row| Money(row[0].int())))
}

/// Says anew which expenses are unpaid: money covers the oldest first, so a debt lies on the
/// newest. To be called after everything that moves a subaccount's balance.
pub fn settle(conn: &mut Conn, subaccount_id: i64) -> Result<()> {
    let mut debt = locked_balance(conn, subaccount_id)?.0.min(0).saturating_neg();
    let sql = Sql::new("UPDATE expense SET notpayd = 0 WHERE notpayd > 0 AND subaccount_id = ");
    sql.bind(subaccount_id).execute(conn)?;
    if debt == 0 {
        return Ok(());
    }
    let sql = Sql::new("SELECT id, amount - compensated FROM expense WHERE NOT deleted AND subaccount_id = ");
    let sql = sql.bind(subaccount_id).sql(" ORDER BY id DESC LIMIT 1000");
    for row in sql.load(conn, &[Kind::Int, Kind::Int])? {
        let unpaid = row[1].int().min(debt);
        if unpaid <= 0 {
            continue;
        }
        let sql = Sql::new("UPDATE expense SET notpayd = ").bind(unpaid).sql(" WHERE id = ");
        sql.bind(row[0].int()).execute(conn)?;
        debt -= unpaid;
        if debt == 0 {
            break;
        }
    }
    Ok(())
}

struct Expense {
    subaccount: Subaccount,
    amount: Money,
    tax: Money,
    compensated: Money,
}

fn load(cx: &mut Ctx, id: i64) -> Result<Expense> {
    record::need_own(cx, id)?;
    let sql = Sql::new("SELECT subaccount_id, amount, taxamount, compensated FROM expense WHERE id = ");
    let row = sql.bind(id).first(cx.conn, &[Kind::Int; 4])?.ok_or_else(|| Error::missed("elid"))?;
    Ok(Expense {
        subaccount: books::subaccount(cx.conn, row[0].int())?,
        amount: Money(row[1].int()),
        tax: Money(row[2].int()),
        compensated: Money(row[3].int()),
    })
}

/// Gives back what was not given back yet, and takes the expense off the lists.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    let expense = match load(cx, id) {
        Ok(expense) => expense,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    let left = expense.amount.minus(expense.compensated)?;
    if left > Money::ZERO {
        give_back(cx, id, &expense, left)?;
    }
    record::delete(cx, elid)?;
    settle(cx.conn, expense.subaccount.id)
}

fn read_compensation(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    let expense = load(cx, id)?;
    let mut record = Record::stored(id);
    record.set("amount", expense.amount.minus(expense.compensated)?.0);
    Ok(record)
}

fn compensate(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let expense = load(cx, record.id)?;
    let amount = Money(record.int("amount"));
    let left = expense.amount.minus(expense.compensated)?;
    if amount <= Money::ZERO || amount > left || !Scale::minor(&expense.subaccount.iso).fits(amount) {
        return Err(Error::value("amount", amount.plain()));
    }
    give_back(cx, record.id, &expense, amount)?;
    let owner = (expense.subaccount.account_id, expense.subaccount.reseller_id);
    history::write(cx, record.id, owner, &amount.plain())?;
    settle(cx.conn, expense.subaccount.id)?;
    Ok(vec![Node::leaf("id", record.id.to_string())])
}

/// Revenue and tax → client, the tax in the share that it had. The conditional update makes two
/// calls at once take turns, so no more is given back than was charged.
fn give_back(cx: &mut Ctx, id: i64, expense: &Expense, amount: Money) -> Result<()> {
    let after = expense.compensated.plus(amount)?;
    let sql = Sql::new("UPDATE expense SET compensated = ").bind(after.0).sql(" WHERE id = ").bind(id);
    if sql.sql(" AND compensated = ").bind(expense.compensated.0).execute(cx.conn)? == 0 {
        return Err(Error::new("busy", "expense"));
    }
    let scale = Scale::minor(&expense.subaccount.iso);
    let tax = |paid: Money| ledger::rounding::share(expense.tax, paid.0, expense.amount.0, scale);
    let tax = tax(after)?.minus(tax(expense.compensated)?)?;
    let sale = sale_of(&expense.subaccount, amount, tax)?;
    let transfer = sale::compensate(format!("compensate:expense:{id}:{}", after.0), &sale)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    Ok(())
}
