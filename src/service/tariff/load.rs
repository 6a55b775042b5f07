//! Reading a tariff with what its product type says, its add-ons and its prices.

use std::sync::LazyLock;

use super::{Extra, LateFee, OnChange, Price, Stay, Tariff, Trials};
use crate::billing::pricelist::{NO_NOTICE, trial_days};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::tariff::addon::{Addon, AddonType, BillType, Restrict, ScaleType};
use crate::tariff::period::Period;
use crate::tariff::prorate::Unit;

/// Columns of `pricelist p` and its type `t`, in the order in which they are read.
const NUMBERS: [&str; 20] = [
    "p.itemtype_id",
    "p.project_id",
    "p.trial",
    "p.trialtype",
    "p.prorataday",
    "p.returnpolicy",
    "p.itemmax",
    "p.orderpolicy",
    "p.changepolicy",
    "p.suspendperiod",
    "p.pricelistgroup_id",
    "p.minperiodtype",
    "p.minperiodlen",
    "p.suspendpenaltytype",
    "p.suspendpenaltypercent",
    "p.changeprolongpolicy",
    "t.trialtype",
    "t.closetype",
    "t.closesubtype",
    "t.suspendperiod",
];
const TEXTS: [&str; 4] = ["p.name", "p.name_ru", "p.license", "p.opennotify"];
const FLAGS: [&str; 11] = [
    "p.active",
    "p.billprorata",
    "p.chargestoped",
    "p.billdaily",
    "p.billhourly",
    "p.quickorder",
    "p.nostopholidays",
    "t.nostopholidays",
    "t.splitexpense",
    "t.transfer",
    "t.trial",
];

/// The statement up to the tariff's id.
static SELECT: LazyLock<Sql> = LazyLock::new(|| {
    let names = NUMBERS.into_iter().chain(TEXTS).chain(FLAGS);
    let sql = names.fold(Sql::new("SELECT p.id"), |sql, name| sql.sql(", ").sql(name));
    let sql = named_periods().fold(sql, |sql, (word, _)| sql.sql(", t.").word(word));
    let sql = sql.sql(" FROM pricelist p JOIN itemtype t ON t.id = p.itemtype_id WHERE NOT p.deleted");
    sql.sql(" AND p.id = ").joined()
});

/// A tariff that was not removed. Error `missed(pricelist)`.
pub fn load(conn: &mut Conn, id: i64) -> Result<Tariff> {
    let flags = [Kind::Flag].repeat(FLAGS.len() + named_periods().count());
    let kinds = [[Kind::Int].repeat(NUMBERS.len() + 1), [Kind::Text].repeat(TEXTS.len()), flags].concat();
    let row = SELECT.clone().bind(id).first(conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("pricelist").with("value", id.to_string()))?;
    let (addons, prices) = (extras(conn, id)?, prices(conn, id)?);
    Ok(Tariff { addons, prices, ..of(id, &row[1..]) })
}

fn named_periods() -> impl Iterator<Item = (&'static str, Period)> {
    Period::named().filter(|(_, period)| *period != Period::Trial)
}

fn of(id: i64, row: &[Raw]) -> Tariff {
    let int = |at: usize| row[at].int();
    let text = |at: usize| row[NUMBERS.len() + at].str();
    let on = |at: usize| row[NUMBERS.len() + TEXTS.len() + at].on();
    let prorata_day = u8::try_from(int(4)).ok().map(|day| day.max(1));
    let allowed = named_periods().enumerate().filter(|(at, _)| on(FLAGS.len() + at));
    let allowed = allowed.map(|(_, (_, period))| period).chain(on(10).then_some(Period::Trial));
    Tariff {
        id,
        itemtype_id: int(0),
        project_id: int(1),
        trial_days: u32::try_from(trial_days(int(2), int(3))).unwrap_or(0),
        prorata_day: prorata_day.filter(|day| on(1) && (1..=31).contains(day)),
        gives_back: int(5) == 0,
        item_max: int(6),
        order_policy: int(7),
        change_policy: int(8),
        suspend_days: if int(9) == 0 { int(19) } else { int(9) },
        group_id: int(10),
        stay: if int(11) == 0 { Stay::Days(int(12)) } else { Stay::Months(int(12)) },
        late_fee: match int(13) {
            1 => LateFee::Percent(int(14)),
            2 => LateFee::Fixed,
            _ => LateFee::None,
        },
        on_change: match int(15) {
            1 => OnChange::Buy,
            2 => OnChange::Wait,
            _ => OnChange::Keep,
        },
        trials: match int(16) {
            0 => Trials::OfType,
            1 => Trials::OfGroup,
            2 => Trials::OfTariff,
            _ => Trials::Many,
        },
        staff_closes: int(17) == 1,
        closes_at_end: int(18) == 1,
        name: text(0).to_owned(),
        name_ru: text(1).to_owned(),
        needs_agreement: !text(2).is_empty(),
        tells_opening: text(3) != NO_NOTICE,
        active: on(0),
        charges_stopped: on(2),
        by_day: on(3) || on(4),
        unit: if on(4) { Unit::Second } else { Unit::Day },
        quick_order: on(5),
        rests_on_weekends: on(6) || on(7),
        splits: on(8),
        allowed: allowed.collect(),
        addons: Vec::new(),
        prices: Vec::new(),
    }
}

fn extras(conn: &mut Conn, id: i64) -> Result<Vec<Extra>> {
    let sql = Sql::new(
        "SELECT d.id, d.billtype, d.addontype, d.scaletype, d.addonlimit, d.addonlimittrial, d.addonmin, \
         d.addonmax, d.addonmaxtrial, d.addonstep, d.enumeration_id, d.enumerationitem_id, \
         t.intname, CASE WHEN d.name = '' THEN t.name ELSE d.name END, \
         CASE WHEN d.name = '' THEN t.name_ru ELSE d.name_ru END, d.restrictclientchange, d.chargestoped, \
         d.manualprocessing FROM pricelist_detail d JOIN itemtype t ON t.id = d.itemtype_id \
         WHERE NOT d.deleted AND d.active AND d.pricelist_id = ",
    );
    let kinds = [[Kind::Int].repeat(12), [Kind::Text].repeat(4), [Kind::Flag].repeat(2)].concat();
    let rows = sql.bind(id).sql(" ORDER BY d.orderpriority, d.id").load(conn, &kinds)?;
    rows.iter().map(|row| extra(row)).collect()
}

fn extra(row: &[Raw]) -> Result<Extra> {
    let int = |at: usize| row[at].int();
    let unknown = || Error::system(format!("pricelist_detail {}: unknown code", int(0)));
    let bound = |at: usize| Some(int(at)).filter(|bound| *bound > 0);
    let rule = Addon {
        id: int(0),
        billtype: BillType::from_code(int(1)).ok_or_else(unknown)?,
        addontype: AddonType::from_code(int(2)).ok_or_else(unknown)?,
        scaletype: ScaleType::from_code(int(3)).ok_or_else(unknown)?,
        limit: int(4),
        limit_trial: int(5),
        min: int(6),
        max: bound(7),
        max_trial: bound(8),
        step: int(9),
    };
    let default = match rule.addontype {
        AddonType::Enumeration => int(11),
        _ => rule.min.max(rule.limit),
    };
    Ok(Extra {
        default,
        rule,
        intname: row[12].str().to_owned(),
        name: row[13].str().to_owned(),
        name_ru: row[14].str().to_owned(),
        restrict: Restrict::from_word(row[15].str()).ok_or_else(unknown)?,
        charges_stopped: row[16].on(),
        is_manual: row[17].on(),
        enumeration_id: int(10),
    })
}

/// The columns that `price` and `fixed_price` share.
pub const PRICE: &str =
    "detail_id, kind, period, currency_id, from_count, enumerationitem_id, amount, disabled";

fn prices(conn: &mut Conn, id: i64) -> Result<Vec<Price>> {
    let sql = Sql::new("SELECT ").sql(PRICE).sql(" FROM price WHERE pricelist_id = ").bind(id);
    rows(conn, sql)
}

/// The prices that fixed services keep.
pub fn fixed(conn: &mut Conn, price_set_id: i64) -> Result<Vec<Price>> {
    let sql =
        Sql::new("SELECT ").sql(PRICE).sql(" FROM fixed_price WHERE price_set_id = ").bind(price_set_id);
    rows(conn, sql)
}

fn rows(conn: &mut Conn, sql: Sql) -> Result<Vec<Price>> {
    let kinds = [Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Flag];
    let rows = sql.sql(" ORDER BY id").load(conn, &kinds)?;
    let price = |row: &Vec<Raw>| Price {
        detail_id: row[0].int(),
        kind: row[1].str().to_owned(),
        period: row[2].int(),
        currency_id: row[3].int(),
        key: row[4].int().max(row[5].int()),
        amount: Money(row[6].int()),
        disabled: row[7].on(),
    };
    Ok(rows.iter().map(price).collect())
}
