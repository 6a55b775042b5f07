//! What a purchase asks for, read from its call.

use crate::error::{Error, Result};
use crate::level::Level;
use crate::money::Money;
use crate::rpc::handler::Call;
use crate::telecom::client;

/// What is asked for, read from the call.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    pub account_id: i64,
    pub category: &'static str,
    pub country: String,
    pub operator: String,
    pub product: String,
    pub most: Option<Money>,
    pub extras: Extras,
}

/// What a number is bought with, where it can be.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    pub forwarding: bool,
    pub forwarding_number: String,
    pub voice: bool,
    pub reuse: bool,
    pub reference: String,
}

fn text(call: &Call, name: &str) -> Result<String> {
    match call.func.meta.field(name) {
        Some(_) => Ok(call.input(name)?.map_or(String::new(), |raw| raw.str().trim().to_owned())),
        None => Ok(String::new()),
    }
}

fn flag(call: &Call, name: &str) -> Result<bool> {
    match call.func.meta.field(name) {
        Some(_) => Ok(call.input(name)?.is_some_and(|raw| raw.on())),
        None => Ok(false),
    }
}

/// Error `missed(<name>)` where nothing was sent.
pub fn word(call: &Call, name: &str) -> Result<String> {
    let word = text(call, name)?;
    if word.is_empty() { Err(Error::missed(name)) } else { Ok(word) }
}

/// Whoever calls buys for himself, with his own money.
pub fn own_account(call: &Call) -> Result<i64> {
    match (call.caller.user.account_id, call.caller.level()) {
        (1.., Level::User | Level::Reseller) => Ok(call.caller.user.account_id),
        _ => Err(Error::access(call.func.name())),
    }
}

impl Extras {
    pub fn of(call: &Call) -> Result<Self> {
        let forwarding_number = text(call, "fwd_number")?;
        if !forwarding_number.is_empty() && !is_russian(&forwarding_number) {
            return Err(Error::value("fwd_number", forwarding_number));
        }
        Ok(Self {
            forwarding: flag(call, "forwarding")?,
            forwarding_number,
            voice: flag(call, "voice")?,
            reuse: flag(call, "reuse")?,
            reference: client::reference("ref", &text(call, "ref")?)?,
        })
    }
}

/// 11 digits with the code of the country and without a sign (operations.md §1.8 N09).
pub fn is_russian(number: &str) -> bool {
    number.len() == 11 && number.starts_with('7') && number.bytes().all(|byte| byte.is_ascii_digit())
}

impl Wish {
    pub fn of(call: &Call, category: &'static str) -> Result<Self> {
        let has_most =
            call.func.meta.field("maxprice").is_some() && !call.params.get("maxprice").trim().is_empty();
        let most = if has_most { call.input("maxprice")?.map(|raw| Money(raw.int())) } else { None };
        Ok(Self {
            account_id: own_account(call)?,
            category,
            country: word(call, "country")?,
            operator: word(call, "operator")?,
            product: word(call, "product")?,
            most,
            extras: Extras::of(call)?,
        })
    }
}
