//! The discounts that may apply to a sale; which one wins is decided by `tariff::offer`.

use super::Till;
use super::buyer::{Ask, Buyer};
use super::tariff::Tariff;
use crate::billing::discount::{self, Occasion};
use crate::billing::promotion::coupon;
use crate::error::{Error, Result};
use crate::tariff::offer::Offer;

pub fn of(till: &mut Till, tariff: &Tariff, buyer: &Buyer, ask: &Ask) -> Result<Vec<Offer>> {
    let account_id = buyer.subaccount.account_id;
    let promotion_id = match ask.promocode {
        "" => 0,
        code => coupon::entered(till, account_id, code)?.unwrap_or(0),
    };
    let occasion = Occasion {
        account_id,
        project_id: tariff.project_id,
        itemtype_id: tariff.itemtype_id,
        pricelist_id: tariff.id,
        period: ask.period.code(),
        currency_id: buyer.subaccount.currency_id,
        is_new: ask.is_new,
        promotion_id,
    };
    discount::offers(till, &occasion)
}

/// Error `value(promocode)` for a code that the client cannot use now.
pub fn check_code(till: &mut Till, account_id: i64, code: &str) -> Result<()> {
    match coupon::entered(till, account_id, code)? {
        Some(_) => Ok(()),
        None => Err(Error::value("promocode", code)),
    }
}

/// Counts the use of a code with the order that was paid. One that is redeemed already is kept.
pub fn redeem(till: &mut Till, owner: (i64, i64), code: &str) -> Result<()> {
    match coupon::redeem(till, owner, code) {
        Err(error) if error.kind == "exists" => Ok(()),
        Err(error) if error.kind == "value" => Err(Error::value("promocode", code)),
        done => done.map(drop),
    }
}
