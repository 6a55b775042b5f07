//! Orders and their lines. One order a client and provider is open: the cart. The old basket and
//! the new cart are two views of it.

use super::buyer::{Buyer, Sold};
use super::item::Item;
use super::status::Status;
use super::{Till, checkout, term};
use crate::books::Subaccount;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::ledger::rounding::Priced;
use crate::money::Money;
use crate::record;
use crate::rpc::handler::Ctx;

/// States of an order.
pub const FILLING: i64 = 0;
pub const ORDERED: i64 = 1;
pub const PAID: i64 = 2;
pub const CANCELLED: i64 = 3;

/// What a line is for.
pub const OPEN: &str = "open";
pub const PROLONG: &str = "prolong";
pub const CHANGE: &str = "change";

pub struct Order {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub subaccount_id: i64,
    pub status: i64,
    pub promocode: String,
}

pub struct Line {
    pub id: i64,
    pub item_id: i64,
    pub kind: String,
    pub period: i64,
    pub payload: String,
}

impl Order {
    pub fn load(conn: &mut Conn, id: i64) -> Result<Self> {
        let sql = Sql::new("SELECT account_id, subaccount_id, status, reseller_id, promocode FROM billorder");
        let sql = sql.sql(" WHERE NOT deleted AND id = ").bind(id);
        let row = sql.first(conn, &[Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Text])?;
        let row = row.ok_or_else(|| Error::missed("billorder").with("value", id.to_string()))?;
        Ok(Self {
            id,
            account_id: row[0].int(),
            subaccount_id: row[1].int(),
            status: row[2].int(),
            reseller_id: row[3].int(),
            promocode: row[4].str().to_owned(),
        })
    }

    pub fn lines(&self, conn: &mut Conn) -> Result<Vec<Line>> {
        let sql = Sql::new("SELECT id, item_id, period, kind, payload FROM lineitem WHERE NOT deleted");
        let sql = sql.sql(" AND billorder_id = ").bind(self.id).sql(" ORDER BY id");
        let rows = sql.load(conn, &[Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Text])?;
        Ok(rows.iter().map(|row| line(row)).collect())
    }
}

fn line(row: &[Raw]) -> Line {
    Line {
        id: row[0].int(),
        item_id: row[1].int(),
        period: row[2].int(),
        kind: row[3].str().to_owned(),
        payload: row[4].str().to_owned(),
    }
}

/// The order that `billorder` names, else the caller's cart. Error `missed(billorder)`.
pub fn asked(cx: &mut Ctx, param: &str) -> Result<Order> {
    let sql = Sql::new("SELECT id FROM billorder WHERE NOT deleted");
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id"));
    let sent = cx.params.get(param).trim().to_owned();
    let sql = match sent.as_str() {
        "" => {
            sql.sql(" AND status = ").bind(FILLING).sql(" AND account_id = ").bind(cx.caller.user.account_id)
        }
        id => sql.sql(" AND id = ").bind(id.parse::<i64>().map_err(|_| Error::value(param, id))?),
    };
    let row = sql.sql(" ORDER BY id DESC LIMIT 1").first(cx.conn, &[Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("billorder").with("value", sent))?;
    Order::load(cx.conn, row[0].int())
}

/// The client's cart with a provider, made where there is none.
pub fn open(till: &mut Till, of: &Subaccount) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM billorder WHERE NOT deleted AND status = ").bind(FILLING);
    let sql = sql.sql(" AND account_id = ").bind(of.account_id).sql(" AND project_id = ").bind(of.project_id);
    match sql.first(till.conn, &[Kind::Int])? {
        Some(row) => Ok(row[0].int()),
        None => new_order(till, of, FILLING),
    }
}

pub fn new_order(till: &mut Till, of: &Subaccount, status: i64) -> Result<i64> {
    let sql = Sql::new(
        "INSERT INTO billorder (account_id, reseller_id, project_id, subaccount_id, status, createdate) \
         VALUES (",
    );
    let values = [of.account_id, of.reseller_id, of.project_id, of.id, status, till.now_us].map(Raw::from);
    let row = sql.binds(values).sql(") RETURNING id").first(till.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("an order got no id"))
}

/// A code that no promotion knows is refused before it is kept.
pub fn set_promocode(till: &mut Till, order_id: i64, code: &str) -> Result<()> {
    let order = Order::load(till.conn, order_id)?;
    super::offers::check_code(till, order.account_id, code)?;
    let sql = Sql::new("UPDATE billorder SET promocode = ").bind(code).sql(" WHERE id = ").bind(order_id);
    sql.execute(till.conn)?;
    Ok(())
}

pub fn add_line(
    till: &mut Till,
    order_id: i64,
    item: &Item,
    kind: &str,
    period: i64,
    payload: &str,
    sold: &Sold,
) -> Result<i64> {
    let priced = sold.sum()?;
    let sql = Sql::new(
        "INSERT INTO lineitem (billorder_id, account_id, reseller_id, item_id, kind, period, payload, \
         amount, discountamount, discount, taxrate, taxamount, total) VALUES (",
    );
    let values = [
        order_id.into(),
        item.account_id.into(),
        item.reseller_id.into(),
        item.id.into(),
        kind.into(),
        period.into(),
        payload.into(),
        priced.line.0.into(),
        priced.discount.0.into(),
        sold.discount_word().into(),
        sold.tax_e4.into(),
        priced.tax.0.into(),
        priced.total.0.into(),
    ];
    let row = sql.binds(values).sql(") RETURNING id").first(till.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::system("a line got no id"))
}

/// Puts something about a running service into the client's cart: kind, period, payload. Answers the
/// members that scripts read.
pub fn put(
    till: &mut Till,
    buyer: &Buyer,
    item: &Item,
    (kind, period, payload): (&str, i64, &str),
    sold: &Sold,
) -> Result<Vec<Node>> {
    let order = open(till, &buyer.subaccount)?;
    let line = add_line(till, order, item, kind, period, payload, sold)?;
    let members = [("billorder", order), ("billorder.id", order), ("lineitem.id", line)];
    Ok(members.map(|(name, id)| Node::leaf(name, id.to_string())).into())
}

/// Writes down what a line costs now; what is shown is what is charged.
pub fn reprice(till: &mut Till, line_id: i64, sold: &Sold, expense_id: i64) -> Result<()> {
    let priced = sold.sum()?;
    let sql = Sql::new("UPDATE lineitem SET amount = ").bind(priced.line.0);
    let sql = sql.sql(", discountamount = ").bind(priced.discount.0).sql(", discount = ");
    let sql = sql.bind(sold.discount_word()).sql(", taxrate = ").bind(sold.tax_e4).sql(", taxamount = ");
    let sql = sql.bind(priced.tax.0).sql(", total = ").bind(priced.total.0).sql(", expense_id = ");
    sql.bind(expense_id).sql(" WHERE id = ").bind(line_id).execute(till.conn)?;
    Ok(())
}

/// What a line costs at this moment.
pub fn price(till: &mut Till, order: &Order, line: &Line) -> Result<Sold> {
    let item = Item::load(till.conn, line.item_id)?;
    let buyer = till.buyer(order.subaccount_id)?;
    match line.kind.as_str() {
        OPEN => Ok(term::first(till, &item, &buyer, &order.promocode)?.sold),
        PROLONG => {
            let period = term::period_of(line.period)?;
            Ok(term::next(till, &item, &buyer, period)?.sold)
        }
        _ => Ok(super::change::Change::read(&line.payload)?.price(till, &item, &buyer)?.owed),
    }
}

/// The whole order at this moment.
pub fn prices(till: &mut Till, order: &Order) -> Result<Vec<(Line, Sold)>> {
    let lines = order.lines(till.conn)?;
    lines.into_iter().map(|line| price(till, order, &line).map(|sold| (line, sold))).collect()
}

/// A paid order as it was charged.
pub fn as_charged(till: &mut Till, order: &Order) -> Result<Vec<(Line, Sold)>> {
    let sql = Sql::new(
        "SELECT id, item_id, period, kind, payload, amount, discountamount, taxrate, taxamount, total \
         FROM lineitem WHERE NOT deleted AND billorder_id = ",
    );
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Text];
    let kinds: Vec<Kind> = kinds.into_iter().chain([Kind::Int; 5]).collect();
    let rows = sql.bind(order.id).sql(" ORDER BY id").load(till.conn, &kinds)?;
    let sold = |row: &[Raw]| -> Result<Sold> {
        let [gross, discount, tax, total] = [5, 6, 8, 9].map(|at: usize| Money(row[at].int()));
        let priced = Priced { line: gross, discount, net: total.minus(tax)?, tax, total };
        Ok(Sold::plain(priced, row[7].int()))
    };
    rows.iter().map(|row| Ok((line(row), sold(row)?))).collect()
}

pub fn total(lines: &[(Line, Sold)]) -> Result<Money> {
    lines.iter().try_fold(Money::ZERO, |sum, (_, sold)| sum.plus(sold.total()?))
}

/// Takes a line out of an order that is not paid; a service that was only ordered goes with it.
pub fn drop_line(till: &mut Till, order: &Order, line: &Line) -> Result<()> {
    if ![FILLING, ORDERED].contains(&order.status) {
        return Err(Error::value("status", order.status.to_string()));
    }
    Sql::new("UPDATE lineitem SET deleted = TRUE WHERE id = ").bind(line.id).execute(till.conn)?;
    if line.kind == OPEN {
        let sql = Sql::new("UPDATE item SET deleted = TRUE WHERE id = ").bind(line.item_id);
        sql.sql(" AND status = ").bind(Status::Ordered.code()).execute(till.conn)?;
    }
    Ok(())
}

/// Takes everything about a service out of orders that are not paid.
pub fn drop_lines(till: &mut Till, item: &Item) -> Result<()> {
    let sql = Sql::new(
        "SELECT l.billorder_id FROM lineitem l JOIN billorder o ON o.id = l.billorder_id \
         WHERE NOT l.deleted AND NOT o.deleted AND o.status IN (0, 1) AND l.item_id = ",
    );
    for row in sql.bind(item.id).load(till.conn, &[Kind::Int])? {
        let order = Order::load(till.conn, row[0].int())?;
        let lines = order.lines(till.conn)?;
        for line in lines.iter().filter(|line| line.item_id == item.id) {
            drop_line(till, &order, line)?;
        }
    }
    Ok(())
}

/// Removes a service that was ordered and not paid, with its lines.
pub fn drop_item(till: &mut Till, item: &Item) -> Result<()> {
    drop_lines(till, item)?;
    Sql::new("UPDATE item SET deleted = TRUE WHERE id = ").bind(item.id).execute(till.conn)?;
    till.note(item, "delete")
}

/// A cart that is to be paid becomes an order; the next thing chosen begins a new cart.
pub fn place(till: &mut Till, order: &Order) -> Result<()> {
    if order.status == FILLING {
        let sql = Sql::new("UPDATE billorder SET status = ").bind(ORDERED).sql(" WHERE id = ");
        let sql = sql.bind(order.id).sql(" AND status = ").bind(FILLING);
        if sql.execute(till.conn)? == 0 {
            return Err(Error::new("busy", "billorder"));
        }
    }
    Ok(())
}

/// Cancels an order that was not paid.
pub fn cancel(till: &mut Till, order: &Order) -> Result<()> {
    for line in order.lines(till.conn)? {
        drop_line(till, order, &line)?;
    }
    let sql = Sql::new("UPDATE billorder SET status = ").bind(CANCELLED).sql(", deleted = TRUE WHERE id = ");
    sql.bind(order.id).execute(till.conn)?;
    Ok(())
}

/// An order without anything to pay is done at once, another is charged to the balance.
pub fn pay(till: &mut Till, order: &Order) -> Result<()> {
    place(till, order)?;
    checkout::pay(till, order.id)
}
