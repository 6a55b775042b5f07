//! A provider of eSIMs, whoever it is: what it sells, and orders that it knows by our reference.

use std::sync::Arc;

use super::profile::Profile;
use super::provider::{self, Provider};
use super::{http, sandbox};
use crate::app::App;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::rpc::BUDGET_SLOW;

/// A package of a provider's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub code: String,
    pub name: String,
    /// Countries or regions, as the provider calls them.
    pub region: String,
    pub data_bytes: i64,
    pub duration_days: i64,
    pub cost: Money,
    /// ISO code of the currency of the cost.
    pub currency: String,
    pub networks: Vec<Network>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Two letters, or empty.
    pub iso: String,
    pub country: String,
    pub name: String,
    pub tech: String,
}

/// An order as a provider is asked about it.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The same for every try of the same order.
    pub our_ref: String,
    /// The provider's own number of it, once it has told one.
    pub order_no: String,
    pub package_code: String,
    /// As its catalogue said; zero where it did not.
    pub cost: Money,
    pub data_bytes: i64,
    pub duration_days: i64,
    pub created_us: i64,
    pub now_us: i64,
}

/// What a provider says of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is being worked on, under this number.
    Pending {
        order_no: String,
    },
    Ready {
        order_no: String,
        profile: Profile,
    },
    /// There is no eSIM and there will be none.
    Failed {
        reason: String,
    },
    /// It knows no such order.
    Unknown,
    /// It was asked, and may have done it.
    Lost {
        reason: String,
    },
    /// Nothing left us.
    NotSent {
        reason: String,
    },
}

/// Blocks as long as the provider takes: never inside of a job.
pub trait EsimGateway: Send + Sync {
    /// Or why it cannot be told.
    fn packages(&self) -> std::result::Result<Vec<Offer>, String>;
    /// Orders, once for a reference.
    fn order(&self, ask: &Ask) -> Told;
    fn query(&self, ask: &Ask) -> Told;
    /// What we have with the provider, and the ISO code of its currency.
    fn balance(&self) -> std::result::Result<(Money, String), String>;
}

/// The provider's own way. Error `access` for the sandbox in production.
pub fn open(app: &Arc<App>, provider: &Provider) -> Result<Box<dyn EsimGateway>> {
    match provider.kind.as_str() {
        provider::SANDBOX if app.config.load().production => Err(Error::access("esim.provider")),
        provider::SANDBOX => Ok(Box::new(sandbox::Sandbox { now_us: app.clock.now_us() })),
        _ => Ok(Box::new(http::Client {
            url: provider.url.trim_end_matches('/').to_owned(),
            access_code: provider.access_code(app)?,
        })),
    }
}

/// What a provider says. Where it cannot even be asked, nothing left us.
pub fn reach(app: &Arc<App>, provider_id: i64, ask: impl FnOnce(&dyn EsimGateway) -> Told) -> Told {
    let provider = app.db.read(BUDGET_SLOW, |conn| Provider::load(conn, provider_id));
    match provider.and_then(|provider| open(app, &provider)) {
        Ok(gateway) => ask(gateway.as_ref()),
        Err(error) => Told::NotSent { reason: error.to_string() },
    }
}

/// Asks of an order; where the provider knows none, and one is still wanted, orders again: a reference
/// is one order, however often it arrives.
pub fn asked(gateway: &dyn EsimGateway, ask: &Ask, is_wanted: bool) -> Told {
    match gateway.query(ask) {
        Told::Unknown if is_wanted && ask.order_no.is_empty() => gateway.order(ask),
        told => told,
    }
}
