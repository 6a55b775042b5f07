//! Charging terms exactly once: their expenses, the ends of services, the terms as they are kept.

use super::{Due, FOREVER_US, Paid, insert_paid, months};
use crate::billing::charge::{self, Charge, Charged};
use crate::db::{Conn, Sql};
use crate::error::{Error, Result};
use crate::ledger::rounding::{self, Priced};
use crate::money::Money;
use crate::service::buyer::{Buyer, Fee};
use crate::service::item::Item;
use crate::service::{Till, usage};
use crate::tariff::period::Term;
use crate::tariff::quote::What;
use crate::time::Zone;

/// A service and the term that it is to be charged for.
pub struct Sale<'a> {
    pub item: &'a mut Item,
    pub buyer: &'a Buyer,
    pub due: &'a Due,
}

/// Charges the term and moves the end of the service, both or neither. Answers the id of the term's
/// first expense (0 where it is free). Error `exists(item)` where this term was charged before.
pub fn charge(
    till: &mut Till,
    item: &mut Item,
    buyer: &Buyer,
    due: &Due,
    operation: &'static str,
) -> Result<i64> {
    Ok(charge_all(till, &mut [Sale { item, buyer, due }], operation)?[0])
}

/// The same for several services; who gets an error undoes them all.
pub fn charge_all(till: &mut Till, sales: &mut [Sale], operation: &'static str) -> Result<Vec<i64>> {
    let (mut whats, mut charges) = (Vec::new(), Vec::new());
    for (nth, sale) in sales.iter().enumerate() {
        for fee in &sale.due.sold.fees {
            whats.push((nth, Of::Fee(fee.what)));
            charges.push(of_fee(till, sale.item, sale.buyer, fee, sale.due.term)?);
        }
        for part in parts(till, sale)? {
            whats.push((nth, Of::Term(part.term)));
            charges.push(of_part(till, sale, part, operation)?);
        }
    }
    sales.iter_mut().try_for_each(|sale| move_end(till.conn, sale))?;
    let charged = charge::post_all(till.conn, &charges, till.now_us)?;
    let (mut ids, mut paid) = (vec![0; sales.len()], Vec::new());
    for ((nth, of), charged) in whats.into_iter().zip(charged) {
        let Sale { item, due, .. } = &sales[nth];
        match of {
            Of::Fee(what) => paid_fee(till, item, what)?,
            Of::Term(term) => {
                let id = expense_of(item, charged)?;
                ids[nth] = if ids[nth] == 0 { id } else { ids[nth] };
                paid.push((item.id, paid_term(due, term, id)));
            }
        }
    }
    insert_paid(till.conn, &paid)?;
    Ok(ids)
}

/// What a charge is for.
enum Of {
    Fee(What),
    Term(Term),
}

fn paid_term(due: &Due, term: Term, expense_id: i64) -> Paid {
    let (whole_us, whole_end_us) = (due.whole_us, due.term.end_us);
    Paid { id: 0, period: due.period, whole_us, whole_end_us, term, expense_id }
}

/// The expense of a charge, 0 where it is free. Error `exists(item)` where its key was charged before.
pub fn charged(till: &mut Till, item: &Item, charge: &Charge) -> Result<i64> {
    expense_of(item, charge::post(till.conn, charge, till.now_us)?)
}

fn expense_of(item: &Item, charged: Charged) -> Result<i64> {
    match charged {
        Charged::Done(id) => Ok(id),
        Charged::Free => Ok(0),
        Charged::Exists => Err(Error::exists("item", item.id.to_string())),
    }
}

/// An expense of its own, once for the term that begins.
pub fn charge_fee(till: &mut Till, item: &Item, buyer: &Buyer, fee: &Fee, term: Term) -> Result<()> {
    let charge = of_fee(till, item, buyer, fee, term)?;
    charge::post(till.conn, &charge, till.now_us)?;
    paid_fee(till, item, fee.what)
}

fn paid_fee(till: &mut Till, item: &Item, what: What) -> Result<()> {
    match what {
        What::Usage => usage::settled(till, item),
        _ => Ok(()),
    }
}

fn of_fee<'a>(till: &mut Till, item: &Item, buyer: &'a Buyer, fee: &Fee, term: Term) -> Result<Charge<'a>> {
    let zone = till.zone(item.project_id)?;
    let operation = match fee.what {
        What::Late => "penalty",
        What::Usage => "usage",
        _ => "setup",
    };
    let key = match fee.what {
        What::Setup => format!("setup:item:{}", item.id),
        _ => format!("{operation}:item:{}:{}", item.id, zone.date(term.start_us)),
    };
    Ok(Charge {
        subaccount: &buyer.subaccount,
        item_id: item.id,
        operation,
        name: name(till, item, &zone, term)?,
        priced: fee.priced,
        tax_e4: buyer.tax_e4,
        discount: "",
        key,
        begins_us: term.start_us,
    })
}

fn of_part<'a>(till: &mut Till, sale: &Sale<'a>, part: Part, operation: &'static str) -> Result<Charge<'a>> {
    let (item, sold) = (&*sale.item, &sale.due.sold);
    let zone = till.zone(item.project_id)?;
    Ok(Charge {
        subaccount: &sale.buyer.subaccount,
        item_id: item.id,
        operation,
        name: name(till, item, &zone, part.term)?,
        priced: part.priced,
        tax_e4: sold.tax_e4,
        discount: sold.discount_word(),
        key: format!("charge:item:{}:{}", item.id, zone.date(part.term.start_us)),
        begins_us: part.term.start_us,
    })
}

/// A part of a term that is an expense of its own.
struct Part {
    term: Term,
    priced: Priced,
}

/// The term in one, or by months where its type splits expenses; what does not divide is in the last.
fn parts(till: &mut Till, Sale { item, buyer, due }: &Sale) -> Result<Vec<Part>> {
    let terms = match till.tariff(item.pricelist_id)?.splits {
        true => months(&till.zone(item.project_id)?, due.term, due.anchor_day),
        false => vec![due.term],
    };
    let (weights, priced) = (vec![1; terms.len()], due.sold.priced);
    let split = |amount: Money| rounding::split(amount, &weights, buyer.scale);
    let (line, discount) = (split(priced.line)?, split(priced.discount)?);
    let (net, tax) = (split(priced.net)?, split(priced.tax)?);
    let part = |(nth, term): (usize, Term)| {
        let (line, discount, net, tax) = (line[nth], discount[nth], net[nth], tax[nth]);
        Ok(Part { term, priced: Priced { line, discount, net, tax, total: net.plus(tax)? } })
    };
    terms.into_iter().enumerate().map(part).collect()
}

/// `Virtual servers: Start (example.com), 2026-11-22 – 2026-12-22`
fn name(till: &mut Till, item: &Item, zone: &Zone, term: Term) -> Result<String> {
    let lang = till.app.config.load().default_lang.clone();
    let tariff = till.tariff(item.pricelist_id)?;
    let kind = till.app.registry.families.by_id(item.itemtype_id);
    let kind = kind.map(|kind| kind.title(&lang).to_owned()).unwrap_or_default();
    let named = if item.name.is_empty() { String::new() } else { format!(" ({})", item.name) };
    let until =
        if term.end_us == FOREVER_US { String::new() } else { format!(" – {}", zone.date(term.end_us)) };
    Ok(format!("{kind}: {}{named}, {}{until}", tariff.title(&lang), zone.date(term.start_us)))
}

/// Conditional for each service by itself: who comes second is told so, and locks nothing else.
fn move_end(conn: &mut Conn, Sale { item, due, .. }: &mut Sale) -> Result<()> {
    let sql = Sql::new("UPDATE item SET expiredate = ").bind(due.term.end_us).sql(", anchor_day = ");
    let sql = sql.bind(due.anchor_day).sql(", reminded_at = 0, closes_at_end = FALSE WHERE id = ");
    let moved = sql.bind(item.id).sql(" AND expiredate = ").bind(item.expiredate).execute(conn)?;
    if moved == 0 {
        return Err(Error::new("busy", "item")); // another call was first
    }
    item.expiredate = due.term.end_us;
    item.anchor_day = due.anchor_day;
    Ok(())
}
