//! Coupons: how they are made, and how a client redeems one.

use super::COUNT_MAX;
use crate::auth::session;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::service::Till;

pub const EDIT: Form = record::FORM.check(check).save(save);
pub const USE: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).save(use_one);

/// Coupons that one call makes.
const AT_ONCE_MAX: i64 = 1_000;
/// Characters of a made-up code: nobody guesses one of some thousands among 16^10.
const CODE_LEN: usize = 10;

fn made_up() -> String {
    session::new_id()[..CODE_LEN].to_uppercase()
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (most, count) = (record.int("maxcount"), cx.input("count")?.map_or(1, |raw| raw.int()));
    if !(0..=COUNT_MAX).contains(&most) {
        return Err(Error::value("maxcount", most.to_string()));
    }
    if record.is_new() && !(1..=AT_ONCE_MAX).contains(&count) {
        return Err(Error::value("count", count.to_string()));
    }
    let code = record.str("code").trim().to_owned();
    let code = if code.is_empty() { made_up() } else { code };
    let sql = Sql::new("SELECT id FROM promotion WHERE NOT deleted AND NOT archived AND promocode_fold = ");
    if sql.bind(code.to_lowercase()).first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("code", code));
    }
    record.set("code", code);
    Ok(())
}

/// Keeps the coupon, and as many more as were asked for, each with a code of its own.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let more = if record.is_new() { cx.input("count")?.map_or(1, |raw| raw.int()) - 1 } else { 0 };
    let (promotion_id, most) = (cx.plid()?.unwrap_or_default(), record.int("maxcount"));
    let id = record::store(cx, record)?;
    for _ in 0..more {
        let code = made_up();
        let values: [Raw; 4] =
            [promotion_id.into(), code.as_str().into(), code.to_lowercase().into(), most.into()];
        let sql = Sql::new("INSERT INTO coupon (promotion_id, code, code_fold, maxcount) VALUES (");
        sql.binds(values).sql(")").execute(cx.conn)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// `coupon.use`: a client redeems a code for himself.
fn use_one(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let owner = (cx.caller.user.account_id, cx.caller.user.reseller_id);
    if owner.0 == 0 {
        return Err(Error::access("coupon.use"));
    }
    let promotion_id = redeem(&mut Till::of(cx), owner, record.str("coupon"))?;
    Ok(vec![Node::leaf("promotion", promotion_id.to_string())])
}

/// What a code stands for.
struct Found {
    promotion_id: i64,
    /// 0 where it is the code of the promotion itself.
    coupon_id: i64,
    project_id: i64,
    days: (i64, i64),
    active: bool,
}

/// Lets a client use a promotion. Each use is counted by one conditional update, so that no code is
/// redeemed oftener than it may be, and nobody redeems a promotion twice.
pub fn redeem(till: &mut Till, owner: (i64, i64), code: &str) -> Result<i64> {
    let refused = |desc: &'static str| Error::value("coupon", code).with("desc", desc);
    let found = find(till, &code.trim().to_lowercase())?.ok_or_else(|| refused("desc_coupon_unknown"))?;
    let (promotion_id, coupon_id) = (found.promotion_id, found.coupon_id);
    if !has_subaccount(till, owner.0, found.project_id)? {
        return Err(refused("desc_coupon_unknown"));
    }
    let zone = till.zone(found.project_id)?;
    if !found.active || !super::runs(&zone, found.days, till.now_us) {
        return Err(refused("desc_coupon_over"));
    }
    let sql = Sql::new("INSERT INTO coupon_use (promotion_id, coupon_id, account_id, reseller_id, used_at)");
    let values = [promotion_id, coupon_id, owner.0, owner.1, till.now_us].map(Raw::from);
    let sql = sql.sql(" VALUES (").binds(values).sql(") ON CONFLICT DO NOTHING");
    if sql.execute(till.conn)? == 0 {
        return Err(Error::exists("coupon", code));
    }
    let of_promotion = Sql::new("UPDATE promotion SET use_count = use_count + 1 WHERE id = ");
    let of_promotion = of_promotion.bind(promotion_id);
    let mut counted =
        of_promotion.sql(" AND (max_use_count = 0 OR use_count < max_use_count)").execute(till.conn)?;
    if coupon_id > 0 && counted > 0 {
        let of_coupon = Sql::new("UPDATE coupon SET usecount = usecount + 1 WHERE id = ").bind(coupon_id);
        counted = of_coupon.sql(" AND (maxcount = 0 OR usecount < maxcount)").execute(till.conn)?;
    }
    if counted == 0 {
        return Err(refused("desc_coupon_used_up"));
    }
    till.note_of("promotion", promotion_id, (0, 0), &format!("coupon {code}"))?;
    Ok(promotion_id)
}

/// The promotion of a code that a client could redeem now, or has redeemed; nothing for any other.
pub fn entered(till: &mut Till, account_id: i64, code: &str) -> Result<Option<i64>> {
    let Some(found) = find(till, &code.trim().to_lowercase())? else { return Ok(None) };
    let zone = till.zone(found.project_id)?;
    let is_open = found.active && super::runs(&zone, found.days, till.now_us);
    if !is_open || !has_subaccount(till, account_id, found.project_id)? {
        return Ok(None);
    }
    let used = Sql::new("SELECT id FROM coupon_use WHERE promotion_id = ").bind(found.promotion_id);
    let used = used.sql(" AND account_id = ").bind(account_id).first(till.conn, &[Kind::Int])?;
    let is_left = used.is_some() || is_left(till, &found)?;
    Ok(is_left.then_some(found.promotion_id))
}

fn is_left(till: &mut Till, found: &Found) -> Result<bool> {
    let of_promotion = Sql::new("SELECT id FROM promotion WHERE id = ").bind(found.promotion_id);
    let of_promotion = of_promotion.sql(" AND (max_use_count = 0 OR use_count < max_use_count)");
    let of_coupon = Sql::new("SELECT id FROM coupon WHERE id = ").bind(found.coupon_id);
    let of_coupon = of_coupon.sql(" AND (maxcount = 0 OR usecount < maxcount)");
    let promotion = of_promotion.first(till.conn, &[Kind::Int])?;
    let coupon = of_coupon.first(till.conn, &[Kind::Int])?;
    Ok(promotion.is_some() && (found.coupon_id == 0 || coupon.is_some()))
}

fn find(till: &mut Till, code_fold: &str) -> Result<Option<Found>> {
    let coupon = Sql::new(
        "SELECT p.id, c.id, p.project_id, p.fromdate, p.todate, p.active FROM coupon c \
         JOIN promotion p ON p.id = c.promotion_id \
         WHERE NOT c.deleted AND NOT p.deleted AND NOT p.archived AND c.code_fold = ",
    );
    let promotion = Sql::new(
        "SELECT p.id, CAST(0 AS BIGINT), p.project_id, p.fromdate, p.todate, p.active FROM promotion p \
         WHERE NOT p.deleted AND NOT p.archived AND p.promocode_fold <> '' AND p.promocode_fold = ",
    );
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Flag];
    for sql in [coupon, promotion] {
        if let Some(row) = sql.bind(code_fold).first(till.conn, &kinds)? {
            return Ok(Some(Found {
                promotion_id: row[0].int(),
                coupon_id: row[1].int(),
                project_id: row[2].int(),
                days: (row[3].int(), row[4].int()),
                active: row[5].on(),
            }));
        }
    }
    Ok(None)
}

/// Who buys nothing of a provider is not told of its codes.
fn has_subaccount(till: &mut Till, account_id: i64, project_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM subaccount WHERE account_id = ").bind(account_id);
    Ok(sql.sql(" AND project_id = ").bind(project_id).first(till.conn, &[Kind::Int])?.is_some())
}
