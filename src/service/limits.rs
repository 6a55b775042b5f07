//! How many services of a kind a client may have, what must be there first, and when he may give one up.

use super::Till;
use super::item::Item;
use super::tariff::{Stay, Tariff, Trials};
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::tariff::period::{self, Period};

/// Error `limit(pricelist)`, `limit(period)` or `value(pricelist)` unless the client may order so many
/// services more of the tariff.
pub fn check(
    till: &mut Till,
    tariff: &Tariff,
    account_id: i64,
    (period, count): (Period, i64),
) -> Result<()> {
    let own = Sql::new(" AND i.pricelist_id = ").bind(tariff.id);
    need_room(till, account_id, &own, tariff.item_max, count)?;
    if tariff.group_id != 0 {
        check_group(till, tariff, account_id, (period, count))?;
    }
    if period == Period::Trial {
        check_trials(till, tariff, account_id, count)?;
    }
    check_required(till, tariff, account_id)
}

/// Services of a client, ` AND …` on `item i` with its tariff `p`.
fn count(till: &mut Till, account_id: i64, condition: &Sql) -> Result<i64> {
    let sql = Sql::new("SELECT COUNT(*) FROM item i JOIN pricelist p ON p.id = i.pricelist_id");
    let sql = sql.sql(" WHERE i.account_id = ").bind(account_id).append(condition);
    Ok(sql.first(till.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

/// 0 is no bound.
fn need_room(till: &mut Till, account_id: i64, of: &Sql, most: i64, more: i64) -> Result<()> {
    let running = Sql::new(" AND NOT i.deleted").append(of);
    match most > 0 && count(till, account_id, &running)? + more > most {
        true => Err(Error::limit("pricelist", most.to_string())),
        false => Ok(()),
    }
}

fn check_group(
    till: &mut Till,
    tariff: &Tariff,
    account_id: i64,
    (period, count): (Period, i64),
) -> Result<()> {
    let sql = Sql::new("SELECT itemmax, trial_itemmax FROM pricelistgroup WHERE id = ").bind(tariff.group_id);
    let Some(row) = sql.first(till.conn, &[Kind::Int; 2])? else { return Ok(()) };
    let group = Sql::new(" AND p.pricelistgroup_id = ").bind(tariff.group_id);
    need_room(till, account_id, &group, row[0].int(), count)?;
    match period {
        Period::Trial => {
            let trials = group.sql(" AND i.is_trial AND i.period = ").bind(Period::Trial.code());
            need_room(till, account_id, &trials, row[1].int(), count)
        }
        _ => Ok(()),
    }
}

/// A trial that was had counts for good; one that was only ordered while it is.
pub fn check_trials(till: &mut Till, tariff: &Tariff, account_id: i64, more: i64) -> Result<()> {
    let had = Sql::new(" AND i.is_trial AND (NOT i.deleted OR i.opendate > 0)");
    let had = match tariff.trials {
        Trials::Many => return Ok(()),
        Trials::OfType => had.sql(" AND i.itemtype_id = ").bind(tariff.itemtype_id),
        Trials::OfGroup if tariff.group_id != 0 => {
            had.sql(" AND p.pricelistgroup_id = ").bind(tariff.group_id)
        }
        Trials::OfGroup | Trials::OfTariff => had.sql(" AND i.pricelist_id = ").bind(tariff.id),
    };
    match count(till, account_id, &had)? + more > 1 {
        true => Err(Error::limit("period", "1").with("desc", "desc_trial_had")),
        false => Ok(()),
    }
}

/// The types of which a client must have a service first.
fn check_required(till: &mut Till, tariff: &Tariff, account_id: i64) -> Result<()> {
    let sql =
        Sql::new("SELECT t.name FROM itemtype_orderreference r JOIN itemtype t ON t.id = r.required_id");
    let sql = sql.sql(" WHERE r.itemtype_id = ").bind(tariff.itemtype_id).sql(" ORDER BY t.id");
    let required = sql.load(till.conn, &[Kind::Text])?;
    if required.is_empty() {
        return Ok(());
    }
    let sql = Sql::new(
        "SELECT i.id FROM item i JOIN itemtype_orderreference r ON r.required_id = i.itemtype_id \
         WHERE NOT i.deleted AND i.status IN (2, 3) AND i.account_id = ",
    );
    let sql = sql.bind(account_id).sql(" AND r.itemtype_id = ").bind(tariff.itemtype_id).sql(" LIMIT 1");
    match sql.first(till.conn, &[Kind::Int])? {
        Some(_) => Ok(()),
        None => {
            let names: Vec<&str> = required.iter().map(|row| row[0].str()).collect();
            Err(Error::value("pricelist", names.join(", ")).with("desc", "desc_needs_service"))
        }
    }
}

/// What a client's wish to give a service up comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    Now,
    AtTheEnd,
}

/// Error `access` where only staff closes services of the type, `value(elid)` while the shortest time of
/// the tariff is not over.
pub fn give_up(till: &mut Till, item: &Item) -> Result<GivenUp> {
    let tariff = till.tariff(item.pricelist_id)?;
    if tariff.staff_closes {
        return Err(Error::access(till.action));
    }
    let since_us = if item.opendate == 0 { till.now_us } else { item.opendate };
    let zone = till.zone(item.project_id)?;
    let stay_us = match tariff.stay {
        Stay::Days(0) | Stay::Months(0) => Some(0),
        Stay::Days(days) => {
            period::term_end(&zone, since_us, Period::Trial, u32::try_from(days).unwrap_or(u32::MAX), 0)
        }
        Stay::Months(months) => {
            let months = Period::Months(u16::try_from(months).unwrap_or(u16::MAX));
            period::term_end(&zone, since_us, months, 0, 0)
        }
    };
    if stay_us.is_none_or(|stay_us| stay_us > till.now_us) {
        let until = stay_us.map_or(String::new(), |stay_us| zone.date(stay_us));
        return Err(Error::value("elid", until).with("desc", "desc_too_early"));
    }
    let ends = tariff.closes_at_end && item.expiredate > till.now_us;
    Ok(if ends { GivenUp::AtTheEnd } else { GivenUp::Now })
}
