//! `service.changepricelist`: what a change comes to, and making it.

use super::{Change, Way};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::service::buyer::Chosen;
use crate::service::item::{self, Item};
use crate::service::status::Operation;
use crate::service::tariff::Tariff;
use crate::service::{Till, change, term};

pub const FUNCS: &[Row] = &[
    ("service.changepricelist", Handler::Form(CHANGE)),
    ("service.changepricelist.rollback", Handler::Once(rollback)),
];

const CHANGE: Form = record::FORM.read(read).save(save).show(show);

fn read(cx: &mut Ctx) -> Result<Record> {
    let item = item::named(cx)?;
    let mut record = item::record(&item);
    record.set("pricelist_id", item.pricelist_id);
    record.set("period", item.period);
    Ok(record)
}

/// The change that a call asks for: a tariff of the same type and provider that is sold for the
/// service's period. Add-ons that the new tariff has too keep their counts, where it allows them.
fn asked(cx: &mut Ctx, item: &Item, pricelist_id: i64) -> Result<Change> {
    let is_client = cx.caller.level() < Level::Department;
    let till = &mut Till::of(cx);
    let (old, new) = (till.tariff(item.pricelist_id)?, till.tariff(pricelist_id)?);
    let refused = || Error::value("pricelist", pricelist_id.to_string());
    if new.id == old.id
        || !new.active
        || (new.itemtype_id, new.project_id) != (old.itemtype_id, old.project_id)
    {
        return Err(refused());
    }
    if is_client && !is_allowed(till, item, &old, &new)? {
        return Err(refused().with("desc", "desc_tariff_fixed"));
    }
    let period = term::period_of(item.period)?;
    if !new.is_sold_for(period) {
        return Err(refused().with("desc", "desc_period_not_sold"));
    }
    let have = term::chosen(till, item)?;
    let count_of = |intname: &str| {
        let same = old.addons.iter().find(|extra| extra.intname == intname)?;
        have.iter().find(|chosen| chosen.detail_id == same.rule.id).map(|chosen| chosen.count)
    };
    let buyer = till.buyer(item.subaccount_id)?;
    let prices = buyer.prices(till, &new)?;
    let mut chosen = Vec::new();
    for extra in &new.addons {
        let rows = prices.scale_of(extra.rule.id, period)?;
        let kept = count_of(&extra.intname).filter(|count| extra.rule.check(*count, false, &rows).is_ok());
        chosen.push(Chosen { detail_id: extra.rule.id, count: kept.unwrap_or(extra.default) });
    }
    Ok(Change::to(new.id, &chosen))
}

/// What a tariff lets its clients change to.
fn is_allowed(till: &mut Till, item: &Item, old: &Tariff, new: &Tariff) -> Result<bool> {
    Ok(match old.change_policy {
        0 => true,
        1 => old.group_id != 0 && old.group_id == new.group_id,
        2 => {
            let buyer = till.buyer(item.subaccount_id)?;
            let period = term::period_of(item.period)?;
            let of = |till: &mut Till, tariff: &Tariff| buyer.prices(till, tariff)?.of_period(period, true);
            of(till, new)? > of(till, old)?
        }
        _ => false,
    })
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let item = Item::load(cx.conn, record.id)?;
    let pricelist_id = record.int("pricelist_id");
    if cx.func.meta.step == 0 {
        return Ok(());
    }
    let (change, zone, lang) = (asked(cx, &item, pricelist_id)?, cx.zone.clone(), cx.lang.clone());
    let till = &mut Till::of(cx);
    let buyer = till.buyer(item.subaccount_id)?;
    let difference = change.price(till, &item, &buyer)?;
    let end_us = difference.end_us;
    let (old, new) = (till.tariff(item.pricelist_id)?, till.tariff(pricelist_id)?);
    let changed = Item { pricelist_id, ..item.clone() };
    let iso = &buyer.subaccount.iso;
    record.show("money_info", format!("{} {iso}", difference.total().shown(iso)));
    record.show("oldprice", term::cost(till, &item, &buyer)?.plain());
    record.show("newprice", term::cost(till, &changed, &buyer)?.plain());
    record.show("oldpricelist", old.title(&lang));
    record.show("newpricelist", new.title(&lang));
    record.show("oldexpiredate", zone.date(item.expiredate));
    record.show("newexpiredate", zone.date(end_us));
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut item = Item::load(cx.conn, record.id)?;
    change::need_changeable(&item)?;
    let way = Way::of(cx)?;
    let change = asked(cx, &item, record.int("pricelist_id"))?;
    let id = Node::leaf("id", item.id.to_string());
    let nodes = change.make(&mut Till::of(cx), &mut item, &way)?;
    Ok([id].into_iter().chain(nodes).collect())
}

/// Takes a change back: one that its module could not make, which is staff's to say, else one that
/// waits for the end of the term.
fn rollback(cx: &mut Ctx) -> Result<Reply> {
    let mut item = item::named(cx)?;
    let is_staff = cx.caller.level().is_staff();
    let is_back = is_staff && undo(cx, &mut item)? || change::forget_waiting(&mut Till::of(cx), &mut item)?;
    match is_back {
        true => Reply::ok(),
        false => Err(Error::missed("pricelist").with("desc", "desc_nothing_waits")),
    }
}

/// Back to what the service was before. False: no change is under way.
fn undo(cx: &mut Ctx, item: &mut Item) -> Result<bool> {
    let word = Operation::ChangeTariff.word();
    let sql = Sql::new("SELECT id, payload FROM outbox WHERE state <> 'done' AND intname = ").bind(word);
    let sql = sql.sql(" AND item_id = ").bind(item.id).sql(" ORDER BY id DESC LIMIT 1");
    let Some(row) = sql.first(cx.conn, &[Kind::Int, Kind::Text])? else { return Ok(false) };
    let before = Change::read(row[1].str())?;
    let till = &mut Till::of(cx);
    Sql::new("UPDATE outbox SET state = 'done', donedate = ")
        .bind(till.now_us)
        .sql(" WHERE id = ")
        .bind(row[0].int())
        .execute(till.conn)?;
    let buyer = till.buyer(item.subaccount_id)?;
    before.restore(till, item, &buyer).map(|()| true)
}
