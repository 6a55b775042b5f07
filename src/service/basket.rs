//! The old basket and the new cart: two views of a client's open order, and the list of orders.

use super::buyer::Sold;
use super::cart::{self, CANCELLED, FILLING, Line, ORDERED, Order};
use super::item::Item;
use super::{Till, limits, order, show, term};
use crate::books;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::tariff::period::Period;

pub const FUNCS: &[Row] = &[
    ("basket", Handler::Form(BASKET)),
    ("cart", Handler::Form(BASKET)),
    ("cart.checkout", Handler::Form(CHECKOUT)),
    ("cart.empty", Handler::Once(empty)),
    ("cart.delete", Handler::Each(delete_line)),
    ("lineitem.delete", Handler::Each(delete_line)),
    ("lineitem.edit", Handler::Form(LINE)),
    ("order", Handler::View(Some(|_| Ok(Sql::new(" AND status IN (0, 1, 2)"))))),
    ("order.delete", Handler::Each(delete_order)),
    ("order.edit", Handler::Form(ORDER)),
    ("cartorder.create.confirm", Handler::Once(confirm)),
];

const BASKET: Form = record::FORM.read(|_| Ok(Record::new())).show(show_order).save(press);
const CHECKOUT: Form = record::FORM.read(|_| Ok(Record::new())).show(show_order).save(check_out);
const ORDER: Form = record::FORM.read(read_order).show(show_order).save(press);
const LINE: Form = record::FORM.save(save_line);

fn read_order(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    record::need_own(cx, id)?;
    Ok(Record::stored(id))
}

/// Is the call about the caller's cart, and about no order that it names?
fn is_cart(cx: &Ctx) -> bool {
    !cx.params.has("billorder") && !cx.params.has("elid")
}

/// The order that the call is about: `elid`, `billorder`, else the caller's cart.
fn order_of(cx: &mut Ctx) -> Result<Order> {
    cart::asked(cx, if is_cart(cx) || cx.params.has("billorder") { "billorder" } else { "elid" })
}

fn show_order(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let order = match order_of(cx) {
        Ok(order) => order,
        Err(error) if error.kind == "missed" && is_cart(cx) => {
            record.nodes.push(Node::new("list").attr("name", "itemlist"));
            record.show("total_sum", Money::ZERO.plain());
            return Ok(()); // nothing was put into it
        }
        Err(error) => return Err(error),
    };
    let call = cx.call;
    let till = &mut Till::of(cx);
    let subaccount = books::subaccount(till.conn, order.subaccount_id)?;
    let iso = subaccount.iso.as_str();
    let lines = match order.status {
        FILLING | ORDERED => cart::prices(till, &order)?,
        _ => cart::as_charged(till, &order)?,
    };
    let (mut list, mut discount, mut tax) = (Node::new("list").attr("name", "itemlist"), 0, 0);
    for (line, sold) in &lines {
        discount += sold.priced.discount.0;
        tax += sold.sum()?.tax.0;
        let term = call.word(&format!("period_{}", line.period)).to_owned();
        let node = line_node(till, line, sold, iso, &call.lang)?;
        list = list.kid(node.kid(Node::leaf("term", term)));
    }
    record.nodes.push(list);
    let money = |amount: Money| format!("{} {iso}", amount.shown(iso));
    record.show("billorder", order.id.to_string());
    record.show("status", order.status.to_string());
    record.show("promocode", order.promocode.clone());
    record.show("total_sum", money(cart::total(&lines)?));
    record.show("tax", money(Money(tax)));
    record.show("full_discount", money(Money(discount)));
    record.show("currency", iso);
    Ok(())
}

fn line_node(till: &mut Till, line: &Line, sold: &Sold, iso: &str, lang: &str) -> Result<Node> {
    let item = Item::load(till.conn, line.item_id)?;
    let desc = show::title(till, &item, lang)?;
    let kind = till.app.registry.families.by_id(item.itemtype_id);
    let money = |amount: Money| format!("{} {iso}", amount.shown(iso));
    let priced = sold.sum()?;
    let leaves = [
        ("id", line.id.to_string()),
        ("item", item.id.to_string()),
        ("itemtype", kind.map(|kind| kind.intname.clone()).unwrap_or_default()),
        ("kind", line.kind.clone()),
        ("name", item.name.clone()),
        ("desc", desc),
        ("period", line.period.to_string()),
        ("price", money(priced.line)),
        ("discount", money(priced.discount)),
        ("tax", money(priced.tax)),
        ("cost", money(priced.total)),
    ];
    Ok(Node::new("elem").with(leaves.into_iter().map(|(name, text)| Node::leaf(name, text))))
}

/// The buttons of a basket: a promo code, `delete` of a line, `clearbasket`, `free`, `pay`.
fn press(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let order = order_of(cx)?;
    let promocode = cx.params.get("promocode").trim().to_owned();
    if !promocode.is_empty() && promocode != order.promocode {
        cart::set_promocode(&mut Till::of(cx), order.id, &promocode)?;
    }
    let order = Order::load(cx.conn, order.id)?;
    match cx.params.get("clicked_button") {
        "delete" => {
            let id = cx.params.get("id").trim().to_owned();
            delete_line(cx, &id)?;
        }
        "clearbasket" | "empty" => clear(&mut Till::of(cx), &order)?,
        "free" => confirm_free(cx, &order)?,
        "balance" => return from_balance(cx, &order),
        "order" | "finish" | "quickbasket" | "pay" => return to_payment(cx, &order),
        _ => {}
    }
    let here =
        format!("func={}&{}", cx.func.name(), if cx.params.has("elid") { "elid" } else { "billorder" });
    let onward = cx.onward(&format!("{here}={}", order.id));
    Ok([Node::leaf("billorder", order.id.to_string())].into_iter().chain(onward).collect())
}

/// The balance pays the order as it stands.
fn from_balance(cx: &mut Ctx, order: &Order) -> Result<Vec<Node>> {
    cart::pay(&mut Till::of(cx), order)?;
    let onward = cx.onward("func=service");
    Ok([Node::leaf("billorder", order.id.to_string())].into_iter().chain(onward).collect())
}

fn clear(till: &mut Till, order: &Order) -> Result<()> {
    for line in order.lines(till.conn)? {
        cart::drop_line(till, order, &line)?;
    }
    Ok(())
}

/// An order that costs nothing is confirmed without a payment; one that costs is not.
fn confirm_free(cx: &mut Ctx, order: &Order) -> Result<()> {
    let till = &mut Till::of(cx);
    let total = cart::total(&cart::prices(till, order)?)?;
    if total > Money::ZERO {
        return Err(Error::limit("balance", total.plain()));
    }
    cart::pay(till, order)
}

/// The cart becomes an order, and the client goes on to paying it.
fn to_payment(cx: &mut Ctx, order: &Order) -> Result<Vec<Node>> {
    let till = &mut Till::of(cx);
    if order.lines(till.conn)?.is_empty() {
        return Err(Error::missed("billorder").with("desc", "desc_order_empty"));
    }
    cart::place(till, order)?;
    let id = order.id.to_string();
    let url = format!("/billmgr?func=payment.add&billorder={id}");
    let onward = cx.onward(&url);
    let nodes = [("billorder", id.clone()), ("billorder.id", id), ("url", url)];
    Ok(nodes.map(|(name, text)| Node::leaf(name, text)).into_iter().chain(onward).collect())
}

/// Pays the cart: from the balance where it suffices, else on to a payment.
fn check_out(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let order = order_of(cx)?;
    let expected = order::expected_total(cx)?;
    let till = &mut Till::of(cx);
    let total = cart::total(&cart::prices(till, &order)?)?;
    if expected.is_some_and(|expected| expected != total) {
        return Err(Error::value("expected_total", total.plain()));
    }
    if cx.params.get("paymethod").trim().parse::<i64>().is_ok_and(|id| id > 0) {
        return to_payment(cx, &order);
    }
    from_balance(cx, &order)
}

/// `cartorder.create.confirm elid paymethod_id`: 0 is the balance.
fn confirm(cx: &mut Ctx) -> Result<Reply> {
    let order = order_of(cx)?;
    match cx.params.get("paymethod_id").trim() {
        "" | "0" => {
            cart::pay(&mut Till::of(cx), &order)?;
            Ok(Reply::Ok(vec![Node::leaf("billorder", order.id.to_string())]))
        }
        _ => Ok(Reply::Ok(to_payment(cx, &order)?)),
    }
}

fn empty(cx: &mut Ctx) -> Result<Reply> {
    let order = if cx.params.has("id") { cart::asked(cx, "id")? } else { order_of(cx)? };
    clear(&mut Till::of(cx), &order)?;
    Reply::ok()
}

/// The order and the line that an id names, if they are the caller's.
fn own_line(cx: &mut Ctx, id: &str) -> Result<(Order, Line)> {
    let id: i64 = id.parse().map_err(|_| Error::value("id", id))?;
    let sql = Sql::new("SELECT billorder_id FROM lineitem WHERE NOT deleted AND id = ").bind(id);
    let sql = sql.append(&record::scope_sql(cx.scope(), "account_id"));
    let row = sql.first(cx.conn, &[Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let order = Order::load(cx.conn, row[0].int())?;
    let line = order.lines(cx.conn)?.into_iter().find(|line| line.id == id);
    Ok((order, line.ok_or_else(|| Error::missed("elid"))?))
}

fn delete_line(cx: &mut Ctx, elid: &str) -> Result<()> {
    match own_line(cx, elid) {
        Ok((order, line)) => cart::drop_line(&mut Till::of(cx), &order, &line),
        Err(error) if error.kind == "missed" => Ok(()),
        Err(error) => Err(error),
    }
}

/// Another period for a line that is not paid.
fn save_line(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (order, line) = own_line(cx, &record.id.to_string())?;
    if ![FILLING, ORDERED].contains(&order.status) || line.kind == cart::CHANGE {
        return Err(Error::value("status", order.status.to_string()));
    }
    let (asked, till) = (term::period_of(record.int("period"))?, &mut Till::of(cx));
    let (item, period) = (Item::load(till.conn, line.item_id)?, asked.code());
    if !till.tariff(item.pricelist_id)?.is_sold_for(asked) {
        return Err(Error::value("order_period", period.to_string()).with("desc", "desc_period_not_sold"));
    }
    Sql::new("UPDATE lineitem SET period = ")
        .bind(period)
        .sql(" WHERE id = ")
        .bind(line.id)
        .execute(till.conn)?;
    if line.kind == cart::OPEN {
        if asked == Period::Trial && item.period != period {
            let tariff = till.tariff(item.pricelist_id)?;
            limits::check_trials(till, &tariff, item.account_id, 1)?;
        }
        order::set_period(till, item, asked)?;
    }
    let sold = cart::price(till, &order, &Line { period, ..line })?;
    cart::reprice(till, record.id, &sold, 0)?;
    Ok(vec![Node::leaf("id", record.id.to_string())])
}

/// An order that was not paid goes away with the services that were only ordered.
fn delete_order(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse() else { return Ok(()) };
    if record::need_own(cx, id).is_err() {
        return Ok(());
    }
    let order = Order::load(cx.conn, id)?;
    match order.status {
        FILLING | ORDERED => cart::cancel(&mut Till::of(cx), &order),
        CANCELLED => Ok(()),
        status => Err(Error::value("status", status.to_string())),
    }
}
