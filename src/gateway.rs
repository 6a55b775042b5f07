//! Gateways: where a payment is paid. The module of a payment method names one; names of the original
//! begin with `pm` (`pmbank`), and so may ours.

pub mod cgi;
pub mod testgate;

use crate::app::App;
use crate::money::Money;

/// A payment that is to be made by transfer, cash or whatever else needs a printed bill.
pub const BANK: &str = "bank";
/// The built-in gateway for trying things out.
pub const TEST: &str = "testgate";

/// The name without the original's prefix.
pub fn name(module: &str) -> &str {
    module.strip_prefix("pm").unwrap_or(module)
}

/// The test gateway takes no real money, so where that is earned it is not there.
pub fn is_usable(app: &App, module: &str) -> bool {
    name(module) != TEST || !app.config.load().production
}

/// Can it keep cards, and be asked for money without the client?
pub fn can_store(app: &App, module: &str) -> bool {
    match name(module) {
        BANK => false,
        TEST => is_usable(app, module),
        name => cgi::exists(app, &format!("{name}recurring")),
    }
}

/// Where a client pays: the gateway's page, else the bill.
pub fn url(app: &App, module: &str, payment_id: i64, amount: Money, now_us: i64) -> String {
    match name(module) {
        TEST if is_usable(app, module) => testgate::Link::payment(payment_id, amount, now_us).url(app),
        name if name != BANK && cgi::exists(app, &format!("{name}payment")) => {
            format!("/mancgi/{name}payment?elid={payment_id}")
        }
        _ => format!("/billmgr?func=payment.print&elid={payment_id}"),
    }
}

/// Where a client has a card remembered.
pub fn store_url(app: &App, module: &str, stored_id: i64, now_us: i64) -> String {
    match name(module) {
        TEST => testgate::Link::stored(stored_id, now_us).url(app),
        name => format!("/mancgi/{name}recurring?elid={stored_id}"),
    }
}
