//! For whom a promotion is.

use crate::billing::discount::in_base;
use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::service::Till;
use crate::time::DAY_US;

const DAYS_MAX: i64 = 36_500;

pub fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (days, amount) = (record.int("days"), record.int("amount"));
    match record.str("type") {
        "registered" if !(1..=DAYS_MAX).contains(&days) => Err(Error::value("days", days.to_string())),
        "country" if record.int("country_id") == 0 => Err(Error::missed("country")),
        "paid" if amount <= 0 => Err(Error::value("amount", Money(amount).plain())),
        _ => Ok(()),
    }
}

/// Do all conditions of a promotion hold for the client?
pub fn hold(till: &mut Till, promotion_id: i64, account_id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT type, days, country_id, amount, profiletype FROM promotion_condition");
    let sql = sql.sql(" WHERE promotion_id = ").bind(promotion_id).sql(" ORDER BY id");
    let rows = sql.load(till.conn, &[Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int])?;
    for row in rows {
        if !holds(till, promotion_id, account_id, &row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(till: &mut Till, promotion_id: i64, account_id: i64, row: &[Raw]) -> Result<bool> {
    let account = Sql::new("SELECT id FROM account WHERE id = ").bind(account_id);
    let sql = match row[0].str() {
        "registered" => {
            let since_us = till.now_us - row[1].int() * DAY_US;
            account.sql(" AND registration_at >= ").bind(since_us)
        }
        "country" => account.sql(" AND country_id = ").bind(row[2].int()),
        "profiletype" => {
            let payers =
                Sql::new("SELECT id FROM profile WHERE NOT deleted AND account_id = ").bind(account_id);
            payers.sql(" AND profiletype = ").bind(row[4].int())
        }
        _ => return Ok(paid(till, promotion_id, account_id)? >= Money(row[3].int())),
    };
    Ok(sql.first(till.conn, &[Kind::Int])?.is_some())
}

/// What the client has paid to the promotion's provider, in its currency.
fn paid(till: &mut Till, promotion_id: i64, account_id: i64) -> Result<Money> {
    let sql = Sql::new(
        "SELECT s.project_id, s.currency_id, CAST(COALESCE(SUM(p.subaccountamount), 0) AS BIGINT) \
         FROM payment p JOIN subaccount s ON s.id = p.subaccount_id \
         JOIN promotion r ON r.project_id = s.project_id \
         WHERE NOT p.deleted AND p.status = 4 AND r.id = ",
    );
    let sql = sql.bind(promotion_id).sql(" AND p.account_id = ").bind(account_id);
    let rows = sql.sql(" GROUP BY s.project_id, s.currency_id").load(till.conn, &[Kind::Int; 3])?;
    let mut sum = Money::ZERO;
    for row in rows {
        let amount = Money(row[2].int());
        sum = sum.plus(in_base(till, row[0].int(), row[1].int(), amount)?.unwrap_or(Money::ZERO))?;
    }
    Ok(sum)
}
