//! Renewing a service: the term behind the one that is paid.

use super::buyer::{Buyer, Sold};
use super::item::{self, BY_BILLING, Item};
use super::status::{Operation, Status};
use super::term::{Due, Sale};
use super::{Till, cart, change, order, term};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::tariff::period::Period;
use crate::time::Zone;

pub const FUNCS: &[Row] = &[("service.prolong", Handler::Form(PROLONG))];

pub const PROLONG: Form = record::FORM.read(read).save(save).show(show);

/// Services that one call renews at most.
const ITEMS_MAX: usize = 100;

pub fn read(cx: &mut Ctx) -> Result<Record> {
    let first = cx.params.elids().next().map(str::to_owned).ok_or_else(|| Error::missed("elid"))?;
    let item = item::own(cx, &first)?;
    let mut record = item::record(&item);
    record.set("name", item.name);
    record.set("expiredate", item.expiredate);
    record.set("period", if item.autoprolong != 0 { item.autoprolong } else { item.period });
    Ok(record)
}

/// What it will cost, and until when it will be paid.
fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let period = record.int("period");
    let item = Item::load(cx.conn, record.id)?;
    let zone = cx.zone.clone();
    let till = &mut Till::of(cx);
    let buyer = till.buyer(item.subaccount_id)?;
    if let Ok(due) = term::period_of(period).and_then(|period| term::next(till, &item, &buyer, period)) {
        record.show("price", due.sold.total()?.plain());
        record.show("newexpiredate", zone.date(due.term.end_us));
    }
    Ok(())
}

/// Renews each service by the asked period, or by its own; into the cart with
/// `clicked_button=basket`.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let elids = cx.need_elids()?;
    if elids.len() > ITEMS_MAX {
        return Err(Error::limit("elid", ITEMS_MAX.to_string()));
    }
    let to_cart = cx.params.get("clicked_button") == "basket" && !record.get("skipbasket").on();
    let (expected, sent) = (order::expected_total(cx)?, cx.params.has("period"));
    let (zone, mut nodes, mut total) = (cx.zone.clone(), Vec::new(), Money::ZERO);
    for elid in &elids {
        let mut item = item::own(cx, elid)?;
        let own = if item.autoprolong != 0 { item.autoprolong } else { item.period };
        let period = term::period_of(if sent { record.int("period") } else { own })?;
        let till = &mut Till::of(cx);
        let buyer = till.buyer(item.subaccount_id)?;
        let sold = match to_cart {
            true => into_cart(till, &item, &buyer, period, &mut nodes)?,
            false => charge(till, &mut item, &buyer, period)?.0,
        };
        let price = sold.total()?;
        total = total.plus(price)?;
        nodes.push(renewed(&item, &zone, price));
    }
    match expected {
        Some(expected) if expected != total => Err(Error::value("expected_total", total.plain())),
        _ if to_cart => Ok(nodes.into_iter().chain(cx.onward("func=basket")).collect()),
        _ => Ok(nodes),
    }
}

/// Scripts read the new end one document deeper (protocol.md §13.6).
fn renewed(item: &Item, zone: &Zone, price: Money) -> Node {
    Node::new("doc")
        .kid(Node::leaf("id", item.id.to_string()))
        .kid(Node::leaf("newexpiredate", zone.date(item.expiredate)))
        .kid(Node::leaf("price", price.plain()))
        .kid(Node::new("ok"))
}

fn into_cart(
    till: &mut Till,
    item: &Item,
    buyer: &Buyer,
    period: Period,
    nodes: &mut Vec<Node>,
) -> Result<Sold> {
    need_running(item)?;
    let sold = term::next(till, item, buyer, period)?.sold;
    let members = cart::put(till, buyer, item, (cart::PROLONG, period.code(), ""), &sold)?;
    if nodes.is_empty() {
        nodes.extend(members);
    }
    Ok(sold)
}

fn need_running(item: &Item) -> Result<()> {
    match item.status {
        Status::Active | Status::Suspended => Ok(()),
        Status::Processing if item.substatus != Operation::Close.word() && item.opendate != 0 => Ok(()),
        _ => Err(item.refused()),
    }
}

/// A service that goes on for a further period.
pub struct Renewal<'a> {
    pub item: &'a mut Item,
    pub buyer: &'a Buyer,
    pub period: Period,
}

/// Charges one further term and tells the module. A service that was suspended because it was not
/// paid is resumed.
pub fn charge(till: &mut Till, item: &mut Item, buyer: &Buyer, period: Period) -> Result<(Sold, i64)> {
    let mut done = charge_all(till, &mut [Renewal { item, buyer, period }])?;
    done.pop().ok_or_else(|| Error::system("a renewal came to nothing"))
}

/// The same for several services, by as few statements; who gets an error undoes them all.
pub fn charge_all(till: &mut Till, renewals: &mut [Renewal]) -> Result<Vec<(Sold, i64)>> {
    renewals.iter_mut().try_for_each(|renewal| begin(till, renewal))?;
    let items: Vec<&Item> = renewals.iter().map(|renewal| &*renewal.item).collect();
    let chosen = term::chosen_all(till, &items)?;
    let next = |(Renewal { item, buyer, period }, chosen): (&Renewal, Vec<_>)| {
        term::next_of(till, item, buyer, *period, &chosen)
    };
    let due: Vec<Due> = renewals.iter().zip(chosen).map(next).collect::<Result<_>>()?;
    let sale = |(renewal, due)| {
        let Renewal { item, buyer, .. }: &mut Renewal = renewal;
        Sale { item, buyer, due }
    };
    let mut sales: Vec<Sale> = renewals.iter_mut().zip(&due).map(sale).collect();
    let ids = term::charge_all(till, &mut sales, cart::PROLONG)?;
    tell(till, renewals)?;
    Ok(due.into_iter().map(|due| due.sold).zip(ids).collect())
}

fn begin(till: &mut Till, Renewal { item, period, .. }: &mut Renewal) -> Result<()> {
    need_running(item)?;
    change::begin_waiting(till, item)?;
    let tariff = till.tariff(item.pricelist_id)?;
    if !tariff.is_sold_for(*period) && tariff.step(term::period_of(item.period)?) != *period {
        return Err(Error::value("period", period.code().to_string()));
    }
    Ok(())
}

fn tell(till: &mut Till, renewals: &mut [Renewal]) -> Result<()> {
    let periods: Vec<String> = renewals.iter().map(|renewal| renewal.period.code().to_string()).collect();
    let asked = renewals.iter().zip(&periods).map(|(renewal, period)| (&*renewal.item, period.as_str()));
    item::ask_after_change(till, &asked.collect::<Vec<_>>(), Operation::Prolong)?;
    for Renewal { item, .. } in renewals {
        if item.is(Status::Suspended, BY_BILLING) && item.expiredate > till.now_us {
            item::ask(till, item, Operation::Resume, "")?;
        }
    }
    Ok(())
}
