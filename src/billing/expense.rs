//! Expenses: what a client was charged for, and giving it back.

use crate::books::{self, Subaccount};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::rounding::{Priced, tax_on};
use crate::ledger::{Scale, sale};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

use super::charge::{self, Expense};

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
        take(cx, id, &subaccount, amount, tax, on_credit)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// Without `postpaid` an expense takes only money that is there, not the credit limit.
fn take(
    cx: &mut Ctx,
    id: i64,
    subaccount: &Subaccount,
    total: Money,
    tax: Money,
    on_credit: bool,
) -> Result<()> {
    let sale = charge::sale_of(subaccount, total, tax)?;
    if sale.is_free() {
        return Ok(());
    }
    if !on_credit && charge::locked_balance(cx.conn, subaccount.id)? < total {
        return Err(Error::limit("balance", total.plain()));
    }
    let transfer = sale::charge(format!("charge:expense:{id}"), &sale)?;
    books::post(cx.conn, &transfer, cx.call.now_us)?;
    charge::settle(cx.conn, subaccount.id)
}

fn load(cx: &mut Ctx, id: i64) -> Result<Expense> {
    record::need_own(cx, id)?;
    Expense::load(cx.conn, id)
}

/// Gives back what was not given back yet, and takes the expense off the lists.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    let expense = match load(cx, id) {
        Ok(expense) => expense,
        Err(error) if error.kind == "missed" => return Ok(()),
        Err(error) => return Err(error),
    };
    let left = expense.left()?;
    if left > Money::ZERO {
        expense.give_back(cx.conn, left, cx.call.now_us)?;
    }
    record::delete(cx, elid)?;
    charge::settle(cx.conn, expense.subaccount.id)
}

fn read_compensation(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    let expense = load(cx, id)?;
    let mut record = Record::stored(id);
    record.set("amount", expense.left()?.0);
    Ok(record)
}

fn compensate(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let expense = load(cx, record.id)?;
    let amount = Money(record.int("amount"));
    let left = expense.left()?;
    if amount <= Money::ZERO || amount > left || !Scale::minor(&expense.subaccount.iso).fits(amount) {
        return Err(Error::value("amount", amount.plain()));
    }
    expense.give_back(cx.conn, amount, cx.call.now_us)?;
    let owner = (expense.subaccount.account_id, expense.subaccount.reseller_id);
    history::write(cx, record.id, owner, &amount.plain())?;
    Ok(vec![Node::leaf("id", record.id.to_string())])
}
