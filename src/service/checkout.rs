//! Paying an order from the balance: every line is priced anew, charged once, and done.

use super::Till;
use super::cart::{self, CHANGE, Line, OPEN, ORDERED, Order, PAID, PROLONG};
use super::change::Change;
use super::item::{self, Item};
use super::status::{Operation, Status};
use super::{domain, offers, prolong, term};
use crate::db::Sql;
use crate::error::{Error, Result};

/// Charges an order and does what it asks for, all of it or nothing. A second payment of the same
/// order is error `value(status)`.
pub fn pay(till: &mut Till, order_id: i64) -> Result<()> {
    let order = Order::load(till.conn, order_id)?;
    let sql = Sql::new("UPDATE billorder SET status = ").bind(PAID).sql(", paydate = ").bind(till.now_us);
    let sql = sql.sql(", error = '' WHERE id = ").bind(order_id).sql(" AND status = ").bind(ORDERED);
    if sql.execute(till.conn)? == 0 {
        return Err(Error::value("status", order.status.to_string()));
    }
    let lines = order.lines(till.conn)?;
    if lines.is_empty() {
        return Err(Error::missed("billorder").with("desc", "desc_order_empty"));
    }
    lines.iter().try_for_each(|line| pay_line(till, &order, line))?;
    match order.promocode.as_str() {
        "" => Ok(()),
        code => offers::redeem(till, (order.account_id, order.reseller_id), code),
    }
}

fn pay_line(till: &mut Till, order: &Order, line: &Line) -> Result<()> {
    let mut item = Item::load(till.conn, line.item_id)?;
    let buyer = till.buyer(order.subaccount_id)?;
    let (sold, expense_id) = match line.kind.as_str() {
        OPEN => {
            if item.status != Status::Ordered {
                return Err(item.refused());
            }
            let tariff = till.tariff(item.pricelist_id)?;
            if !tariff.active {
                return Err(Error::value("pricelist", tariff.id.to_string()));
            }
            domain::need_free(till, &item)?;
            let due = term::first(till, &item, &buyer, &order.promocode)?;
            let expense_id = term::charge(till, &mut item, &buyer, &due, OPEN)?;
            item::ask(till, &mut item, Operation::Open, "")?;
            (due.sold, expense_id)
        }
        PROLONG => prolong::charge(till, &mut item, &buyer, term::period_of(line.period)?)?,
        CHANGE => {
            let change = Change::read(&line.payload)?;
            change.need_possible(till, &item)?;
            change.apply(till, &mut item, &buyer)?
        }
        other => return Err(Error::system(format!("unknown order line {other}"))),
    };
    cart::reprice(till, line.id, &sold, expense_id)
}

/// After money came in for an order: pays it if that is possible. If not, the money stays on the
/// balance, and the order says why it waits.
pub fn pay_if_possible(till: &mut Till, order_id: i64) -> Result<()> {
    let paid = till.attempt(|till| {
        let order = Order::load(till.conn, order_id)?;
        match order.status {
            cart::FILLING | ORDERED => cart::pay(till, &order),
            _ => Ok(()),
        }
    });
    let Err(error) = paid else { return Ok(()) };
    if matches!(error.kind, "busy" | "system") {
        return Err(error);
    }
    let reason = format!("{}({})", error.kind, error.object);
    let sql = Sql::new("UPDATE billorder SET error = ").bind(reason).sql(" WHERE id = ").bind(order_id);
    sql.execute(till.conn)?;
    Ok(())
}
