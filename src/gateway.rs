//! Gateways: where a payment is paid. The module of a payment method names one; names of the original
//! begin with `pm` (`pmbank`), and so may ours.

pub mod cgi;
pub mod testgate;

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::auth::Caller;
use crate::effect::program::Program;
use crate::error::{Error, Result};
use crate::module::program;
use crate::money::Money;
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::rpc::{self, BUDGET_SLOW};

/// A payment that is to be made by transfer, cash or whatever else needs a printed bill.
pub const BANK: &str = "bank";
/// The built-in gateway for trying things out.
pub const TEST: &str = "testgate";

/// A program that was asked without a client has to end within.
const LIMIT: Duration = Duration::from_secs(60);

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

/// Can it be asked to give money back? Its program is for this server alone, so it is none of those of `cgi`.
pub fn can_refund(app: &App, module: &str) -> bool {
    match name(module) {
        BANK => false,
        TEST => is_usable(app, module),
        name => program::exists(app, &format!("{name}refund")),
    }
}

/// What a gateway has to say of a payment or a card.
pub fn report(app: &Arc<App>, func: &str, pairs: &[(&str, &str)]) -> Result<()> {
    let pairs = [("func", func)].into_iter().chain(pairs.iter().copied());
    rpc::call(app, &Caller::own(), &Params::of(pairs), BUDGET_SLOW, &mut NoRows).map(drop)
}

/// `modules/<name><kind> ARGS…`: it asks with its own rights, and reports by `payment.setpaid` and the like.
pub fn run(app: &App, (name, kind): (&str, &str), args: Vec<String>) -> Result<()> {
    let token = app.gateways.give(name);
    let mut program = Program { limit: LIMIT, args, ..program::program(app, &format!("{name}{kind}"))? };
    program.env.push(token.env());
    let outcome = program.run()?;
    match outcome.is_success() {
        true => Ok(()),
        false => {
            let why = String::from_utf8_lossy(&outcome.stderr).into_owned();
            Err(Error::new("system", "module").cause(format!("{name}: {why}")))
        }
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
