//! Promotions: discounts for a time, for everybody or for those who redeem a code or a coupon.

mod condition;
pub mod coupon;

use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::time::Zone;

use super::discount;

pub use condition::hold;
pub use coupon::redeem;

pub const FUNCS: &[Row] = &[
    ("promotion.edit", Handler::Form(EDIT)),
    ("promotion.add", Handler::Form(EDIT)),
    ("promotion.copy", Handler::Form(EDIT.read(read_copy).save(copy))),
    ("promotion.archive", Handler::Each(archive)),
    ("promotion.discount.edit", Handler::Form(record::FORM.check(check_discount))),
    ("promotion.condition.edit", Handler::Form(record::FORM.check(condition::check))),
    ("promotion.coupon.edit", Handler::Form(coupon::EDIT)),
    ("coupon.use", Handler::Form(coupon::USE)),
];

const EDIT: Form = record::FORM.check(check);

/// Far from the end of what a column holds.
const COUNT_MAX: i64 = 1_000_000_000;

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (from, to) = (record.int("fromdate"), record.int("todate"));
    if from > 0 && to > 0 && to < from {
        return Err(Error::value("todate", cx.zone.date(to)));
    }
    let most = record.int("max_use_count");
    if !(0..=COUNT_MAX).contains(&most) {
        return Err(Error::value("max_use_count", most.to_string()));
    }
    let code = record.str("promocode").trim().to_owned();
    // One word must not redeem two things.
    let sql = Sql::new("SELECT id FROM coupon WHERE NOT deleted AND code_fold = ").bind(code.to_lowercase());
    if !code.is_empty() && sql.first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("promocode", code));
    }
    record.set("promocode", code);
    Ok(())
}

fn check_discount(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    match record.str("type") == "addon" && record.int("addon_id") == 0 {
        true => Err(Error::missed("addon")),
        false => discount::check_off(record),
    }
}

/// The form of a copy: a name and a code of its own.
fn read_copy(cx: &mut Ctx) -> Result<Record> {
    let mut copy = record::read_copy(cx)?;
    copy.set("promocode", "");
    Ok(copy)
}

/// A disabled promotion with the same dates, products, discounts and conditions.
fn copy(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let from = cx.need_elid()?;
    let (name, code) = (record.str("name"), record.str("promocode"));
    let sql = Sql::new(
        "INSERT INTO promotion (project_id, fromdate, todate, max_use_count, note, active, name, name_fold, \
         promocode, promocode_fold) SELECT project_id, fromdate, todate, max_use_count, note, FALSE, ",
    );
    let sql = sql.binds([name.into(), name.to_lowercase().into(), code.into(), code.to_lowercase().into()]);
    let row = sql.sql(" FROM promotion WHERE id = ").bind(from).sql(" RETURNING id");
    let row = row.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::missed("elid"))?;
    let id = row[0].int();
    PARTS.iter().try_for_each(|part| copy_part(cx, part, from, id))?;
    history::write(cx, id, (0, 0), "")?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// What belongs to a promotion and goes with a copy: the table and its columns.
const PARTS: [(&str, &[&str]); 4] = [
    ("promotion_itemtype", &["itemtype_id"]),
    ("promotion_pricelist", &["pricelist_id"]),
    (
        "promotion_discount",
        &[
            "name",
            "name_fold",
            "type",
            "actiontype",
            "percentvalue",
            "fixedvalue",
            "itemtype_id",
            "pricelist_id",
            "addon_id",
            "period",
            "onlyneworder",
        ],
    ),
    ("promotion_condition", &["type", "days", "country_id", "amount", "profiletype"]),
];

fn copy_part(cx: &mut Ctx, (table, columns): &(&str, &[&str]), from: i64, to: i64) -> Result<()> {
    let columns = || columns.iter().copied();
    let sql = Sql::new("INSERT INTO ").word(table).sql(" (promotion_id, ").words(columns());
    let sql = sql.sql(") SELECT CAST(").bind(to).sql(" AS BIGINT), ").words(columns());
    let sql = sql.sql(" FROM ").word(table).sql(" WHERE promotion_id = ").bind(from);
    sql.execute(cx.conn)?;
    Ok(())
}

/// It gives nothing any more, and its code is free for another.
fn archive(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    Sql::new("UPDATE promotion SET archived = TRUE WHERE id = ").bind(id).execute(cx.conn)?;
    history::write(cx, id, (0, 0), "")
}

/// Does a promotion from one day to another, 0 open, run at this moment?
pub fn runs(zone: &Zone, (from, to): (i64, i64), now_us: i64) -> bool {
    from <= now_us && (to == 0 || now_us < zone.next_day_us(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_belongs_to_it() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let at = |text: &str| zone.parse_time(text).unwrap();
        let days = (at("2026-06-01"), at("2026-06-30"));
        for (now, expected) in [
            ("2026-05-31 23:59:59", false),
            ("2026-06-01 00:00:00", true),
            ("2026-06-30 23:59:59", true),
            ("2026-07-01 00:00:00", false),
        ] {
            assert_eq!(runs(&zone, days, at(now)), expected, "{now}");
        }
        assert!(runs(&zone, (0, 0), at("2026-07-01")));
    }
}
