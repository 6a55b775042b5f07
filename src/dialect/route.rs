//! What `funcs/dialect/*.xml` says.

use serde::Deserialize;

use super::part::{Call, In};
use crate::error::Error;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    #[serde(rename = "@name")]
    pub name: String,
    /// Several, separated by blanks, only where routes have no paths of their own.
    #[serde(rename = "@path")]
    pub path: String,
    /// The kinds of keys that open it, separated by blanks.
    #[serde(rename = "@keys")]
    pub keys: String,
    /// How a key is shown.
    #[serde(default, rename = "@proof")]
    pub proof: Proof,
    /// The parameter that names the route, where its path does not.
    #[serde(default = "endpoint", rename = "@select")]
    pub select: String,
    /// The member that says whether it was done: `success` or `ok`. None where nothing is said.
    #[serde(default, rename = "@ok")]
    pub ok: String,
    #[serde(rename = "@amounts")]
    pub amounts: Amounts,
    #[serde(rename = "@flags")]
    pub flags: Flags,
    #[serde(default, rename = "@times")]
    pub times: Times,
    #[serde(default, rename = "@errors")]
    pub errors: Errors,
    /// The types of bodies that it takes, separated by blanks.
    #[serde(default = "json", rename = "@bodies")]
    bodies: String,
    /// Where who asks for no route is sent to; "" where he is told instead.
    #[serde(default, rename = "@lost")]
    pub lost: String,
    /// Requests a second are limited.
    #[serde(default, rename = "@paced")]
    paced: String,
    #[serde(default, rename = "error")]
    pub refusals: Vec<Refusal>,
    #[serde(rename = "route")]
    pub routes: Vec<Route>,
}

/// How a key is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// `X-API-Key: …`
    #[default]
    Header,
    /// `Authorization: Bearer …`
    Bearer,
    /// The parameter `api_key`.
    Param,
}

/// How moments are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Times {
    /// `2026-01-31 23:59:59` in the zone of the call.
    #[default]
    Zone,
    /// `2026-01-31T20:59:59.000000Z`
    Utc,
}

/// How errors are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Errors {
    /// A member `error` with our words about it.
    #[default]
    Words,
    /// The text that the file gives it, and nothing else.
    Texts,
}

/// What is answered in place of an error of ours. The first that fits counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Any where nothing is said.
    #[serde(default, rename = "@kind")]
    kind: String,
    /// Objects, separated by blanks; any where nothing is said.
    #[serde(default, rename = "@object")]
    object: String,
    /// `yes`: only where the error names what was asked for; `no`: only where it does not.
    #[serde(default, rename = "@named")]
    named: String,
    #[serde(default = "bad_request", rename = "@status")]
    pub status: u16,
    #[serde(default, rename = "@text")]
    pub text: String,
}

/// How money is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amounts {
    /// `"1.0000"`
    Text,
    /// `1`, `0.5`
    Number,
}

/// How yes and no are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flags {
    /// 1 and 0
    Number,
    /// true and false
    Bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its names, separated by blanks.
    #[serde(default, rename = "@endpoint")]
    pub endpoint: String,
    /// What follows the path of the dialect: `user/check/{id}`, whose named segments are parameters.
    #[serde(default, rename = "@path")]
    pub path: String,
    /// Nobody needs a key, and one that is shown is not looked at.
    #[serde(default, rename = "@guest")]
    guest: String,
    /// Does what it is asked to, although it is a GET.
    #[serde(default, rename = "@submits")]
    submits: String,
    /// Counts as a purchase where requests are limited.
    #[serde(default, rename = "@buys")]
    buys: String,
    /// Is the same for everybody, and may be a second old.
    #[serde(default, rename = "@kept")]
    kept: String,
    /// Where the reply comes from that is prepared beforehand. What it lacks, the call says.
    #[serde(default, rename = "@prepared")]
    pub prepared: String,
    /// Nothing is answered but the status.
    #[serde(default, rename = "@silent")]
    silent: String,
    /// The methods that it takes, separated by blanks; a POST is submitted.
    #[serde(default = "get", rename = "@method")]
    pub method: String,
    /// Takes `limit` and `offset`.
    #[serde(default, rename = "@pages")]
    pub pages: Option<i64>,
    /// The member that counts the rows of all pages.
    #[serde(default = "total", rename = "@total")]
    pub total: String,
    /// What `order` may name, separated by blanks: `expires=expires_at` where we call it otherwise.
    #[serde(default, rename = "@orders")]
    pub orders: String,
    /// What is said where it was done.
    #[serde(default, rename = "@message")]
    pub message: String,
    #[serde(default, rename = "error")]
    pub refusals: Vec<Refusal>,
    #[serde(default, rename = "in")]
    pub inputs: Vec<In>,
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
}

fn get() -> String {
    "GET".to_owned()
}

fn endpoint() -> String {
    "endpoint".to_owned()
}

fn json() -> String {
    "application/json".to_owned()
}

fn total() -> String {
    "total".to_owned()
}

fn bad_request() -> u16 {
    400
}

impl Dialect {
    /// Do the paths of its routes follow its own?
    pub fn is_of_paths(&self) -> bool {
        self.routes.iter().all(|route| !route.path.is_empty())
    }

    pub fn is_paced(&self) -> bool {
        self.paced == "yes"
    }

    pub fn takes_body(&self, kind: &str) -> bool {
        self.bodies.split(' ').any(|one| one.eq_ignore_ascii_case(kind))
    }
}

impl Refusal {
    pub fn fits(&self, error: &Error) -> bool {
        let is_named = error.param("value").is_some_and(|value| !value.is_empty());
        let objects = &self.object;
        (self.kind.is_empty() || self.kind == error.kind)
            && (objects.is_empty() || objects.split(' ').any(|object| object == error.object))
            && (self.named.is_empty() || (self.named == "yes") == is_named)
    }
}

impl Route {
    pub fn is_guest(&self) -> bool {
        self.guest == "yes"
    }

    pub fn submits(&self, method: &str) -> bool {
        method != "GET" || self.submits == "yes"
    }

    pub fn buys(&self) -> bool {
        self.buys == "yes"
    }

    pub fn is_kept(&self) -> bool {
        self.kept == "yes"
    }

    pub fn is_silent(&self) -> bool {
        self.silent == "yes"
    }

    pub fn takes(&self, method: &str) -> bool {
        self.method.split(' ').any(|one| one == method)
    }
}
