//! `account.discountinfo`: the discounts that a client's orders may get.

use crate::billing::promotion;
use crate::db::{Kind, Raw, Sql};
use crate::error::Result;
use crate::money::Money;
use crate::rpc::handler::Ctx;
use crate::service::Till;

/// One query a kind of discount; each gives id, name, actiontype, percent, sum, period, provider,
/// currency, first and last day, and the promotion.
const PERSONAL: &str = "SELECT d.id, d.name, d.actiontype, d.percentvalue, d.fixedvalue, d.period, j.name, c.iso, \
     CAST(0 AS BIGINT), d.todate, CAST(0 AS BIGINT) FROM account_discount d \
     JOIN project j ON j.id = d.project_id \
     JOIN currency c ON c.id = j.currency_id WHERE NOT d.deleted AND d.account_id = ";
const PROMO: &str = "SELECT d.id, d.name, d.actiontype, d.percentvalue, d.fixedvalue, d.period, j.name, c.iso, \
     p.fromdate, p.todate, p.id FROM promotion_discount d JOIN promotion p ON p.id = d.promotion_id \
     JOIN project j ON j.id = p.project_id JOIN currency c ON c.id = j.currency_id \
     JOIN subaccount s ON s.project_id = p.project_id \
     WHERE NOT p.deleted AND NOT p.archived AND p.active AND ((p.promocode_fold = '' AND NOT EXISTS \
     (SELECT 1 FROM coupon k WHERE k.promotion_id = p.id AND NOT k.deleted)) \
     OR EXISTS (SELECT 1 FROM coupon_use u WHERE u.promotion_id = p.id AND u.account_id = s.account_id)) \
     AND s.account_id = ";
const GLOBAL: &str = "SELECT d.id, d.name, d.actiontype, d.percentvalue, d.fixedvalue, d.period, j.name, c.iso, \
     CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT) FROM discount d \
     JOIN project j ON j.id = d.project_id \
     JOIN currency c ON c.id = j.currency_id JOIN subaccount s ON s.project_id = d.project_id \
     WHERE NOT d.deleted AND d.active AND s.account_id = ";

const KINDS: [Kind; 11] = [
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
];

/// The caller's own; staff has none.
pub fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let account_id = cx.caller.user.account_id;
    let mut rows = Vec::new();
    for (word, sql) in [("personal", PERSONAL), ("promo", PROMO), ("globaldiscount", GLOBAL)] {
        for row in Sql::new(sql).bind(account_id).sql(" ORDER BY 1").load(cx.conn, &KINDS)? {
            let runs = promotion::runs(&cx.call.zone, (row[8].int(), row[9].int()), cx.call.now_us);
            let promotion_id = row[10].int();
            if runs && (promotion_id == 0 || promotion::hold(&mut Till::of(cx), promotion_id, account_id)?) {
                rows.push(shown(cx, word, &row));
            }
        }
    }
    Ok(rows)
}

fn shown(cx: &Ctx, word: &str, row: &[Raw]) -> Vec<Raw> {
    let value = match row[2].str() {
        "fixed" => format!("{} {}", Money(row[4].int()).shown(row[7].str()), row[7].str()),
        _ => format!("{} %", crate::value::percent(row[3].int())),
    };
    let periods = match row[5].str() {
        "" => cx.word("period_any").to_owned(),
        codes => {
            let words = codes.split(", ").map(|code| cx.word(&format!("period_{code}")).to_owned());
            words.collect::<Vec<_>>().join(", ")
        }
    };
    vec![
        format!("{word}-{}", row[0].int()).into(),
        row[1].clone(),
        value.into(),
        row[2].clone(),
        word.into(),
        periods.into(),
        row[6].clone(),
    ]
}
