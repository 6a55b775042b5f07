//! A provider over HTTP, in the manner of eSIM Access (docs.esimaccess.com): `RT-AccessCode` in the
//! header, JSON both ways, amounts in ten-thousandths, an order by a `transactionId` of ours.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::gateway::{Ask, EsimGateway, Network, Offer, Told};
use super::profile::{Activation, Profile, Usage};
use crate::config::Secret;
use crate::effect;
use crate::effect::http::{Failure, Method, Request};
use crate::money::Money;
use crate::time::Zone;

/// Less than the time between two questions about one order (`refresh::PAUSE_US`).
const TIMEOUT: Duration = Duration::from_secs(8);
/// A catalogue has some thousand packages with all their networks.
const CATALOGUE_TIMEOUT: Duration = Duration::from_secs(60);
const BODY_MAX_BYTES: usize = 32 << 20;
/// Amounts come in 10⁻⁴ of a unit.
const MICRO: i64 = 100;

/// Refusals after which nothing was ordered: price, amount, balance, stock, unknown package, and what
/// is wrong with the request itself. Any other may mean that it was.
const REFUSED: [&str; 17] = [
    "000101", "000102", "000103", "000104", "000105", "000106", "000107", "101001", "101002", "101003",
    "200005", "200006", "200007", "200011", "310201", "310241", "310243",
];
/// Profiles are still being allocated.
const ALLOCATING: &str = "200010";
/// States of a profile that nobody can install any more, before anybody has.
const GONE: [&str; 2] = ["CANCEL", "REVOKED"];

pub struct Client {
    pub url: String,
    pub access_code: Secret,
}

/// Why there is no object in an answer.
enum Fault {
    NotSent(String),
    Lost(String),
    /// Code and words of the provider.
    Refused(String, String),
}

impl Fault {
    fn words(self) -> String {
        match self {
            Self::NotSent(reason) | Self::Lost(reason) => reason,
            Self::Refused(code, words) => effect::said(&format!("{code} {words}")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(default)]
    success: Value,
    #[serde(default)]
    error_code: Value,
    #[serde(default)]
    error_msg: Value,
    #[serde(default)]
    obj: Value,
}

/// A provider writes some texts as numbers and the other way round.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

impl Client {
    fn post<T: DeserializeOwned>(&self, path: &str, body: &Value, timeout: Duration) -> Result<T, Fault> {
        let request = Request {
            method: Method::POST,
            url: format!("{}/api/v1/open/{path}", self.url),
            headers: vec![
                ("RT-AccessCode".to_owned(), self.access_code.reveal().to_owned()),
                ("Content-Type".to_owned(), "application/json".to_owned()),
            ],
            body: body.to_string(),
            timeout,
        };
        let answer = request.send_trusting(None, BODY_MAX_BYTES).map_err(|failure| match failure {
            Failure::Lost { .. } => Fault::Lost(failure.to_string()),
            _ => Fault::NotSent(failure.to_string()),
        })?;
        // Whoever stands before the provider may answer in its place; only its own words count.
        let unread = || Fault::Lost(format!("status {} without an answer that can be read", answer.status));
        let envelope: Envelope = serde_json::from_slice(&answer.body).map_err(|_| unread())?;
        match (answer.is_success(), words(&envelope.success).as_str()) {
            (true, "true") => serde_json::from_value(envelope.obj).map_err(|_| unread()),
            (_, "false") => Err(Fault::Refused(words(&envelope.error_code), words(&envelope.error_msg))),
            _ => Err(unread()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    package_list: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    package_code: String,
    name: String,
    price: i64,
    currency_code: String,
    volume: i64,
    duration: i64,
    #[serde(default)]
    duration_unit: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    location_network_list: Vec<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    location_name: String,
    /// Often empty: the picture of the flag is named by it then.
    #[serde(default)]
    location_code: Option<String>,
    #[serde(default)]
    location_logo: Option<String>,
    #[serde(default)]
    operator_list: Vec<Operator>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operator {
    operator_name: String,
    #[serde(default)]
    network_type: Option<String>,
}

impl Package {
    fn offer(self) -> Option<Offer> {
        let days = match self.duration_unit.as_str() {
            "" | "DAY" => self.duration,
            "MONTH" => self.duration.checked_mul(30)?,
            _ => return None,
        };
        Some(Offer {
            code: self.package_code,
            name: self.name,
            region: self.location,
            data_bytes: self.volume,
            duration_days: days,
            cost: Money(self.price.checked_mul(MICRO)?),
            currency: self.currency_code,
            networks: self.location_network_list.into_iter().flat_map(Location::networks).collect(),
        })
    }
}

impl Location {
    fn iso(&self) -> String {
        let of_logo = self.location_logo.as_deref().and_then(|logo| logo.rsplit('/').next());
        let of_logo = of_logo.map(|name| name.split('.').next().unwrap_or_default());
        let iso = self.location_code.as_deref().filter(|code| !code.is_empty()).or(of_logo);
        let is_iso = |iso: &&str| iso.len() == 2 && iso.bytes().all(|byte| byte.is_ascii_alphabetic());
        iso.filter(is_iso).unwrap_or_default().to_ascii_uppercase()
    }

    fn networks(self) -> Vec<Network> {
        let iso = self.iso();
        let network = |operator: Operator| Network {
            iso: iso.clone(),
            country: self.location_name.clone(),
            name: operator.operator_name,
            tech: operator.network_type.unwrap_or_default(),
        };
        self.operator_list.into_iter().map(network).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ordered {
    order_no: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profiles {
    #[serde(default)]
    esim_list: Vec<Esim>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Esim {
    order_no: String,
    #[serde(default)]
    iccid: Option<String>,
    #[serde(default)]
    ac: Option<String>,
    #[serde(default)]
    esim_status: Option<String>,
    #[serde(default)]
    total_volume: Option<i64>,
    #[serde(default)]
    order_usage: Option<i64>,
    #[serde(default)]
    expired_time: Option<String>,
}

impl Esim {
    /// What it says of the order, or what is wrong with it.
    fn told(self, ask: &Ask) -> Told {
        let lost = |what: &str| Told::Lost { reason: format!("the provider tells a wrong {what}") };
        if self.order_no != ask.order_no {
            return lost("order");
        }
        let status = self.esim_status.unwrap_or_default();
        if GONE.contains(&status.as_str()) {
            return Told::Failed { reason: status };
        }
        let (Some(iccid), Some(lpa)) = (self.iccid.filter(|it| !it.is_empty()), self.ac) else {
            return Told::Pending { order_no: self.order_no };
        };
        let Some(activation) = Activation::parse(&lpa) else { return lost("activation code") };
        let usage = Usage { total: self.total_volume, used: self.order_usage };
        let expires_us = self.expired_time.as_deref().and_then(moment).unwrap_or(0);
        Told::Ready { order_no: self.order_no, profile: Profile { iccid, activation, usage, expires_us } }
    }
}

/// `2024-05-29T18:13:18+0000`, also with a `Z`.
fn moment(text: &str) -> Option<i64> {
    let plain = text.strip_suffix("+0000").or(text.strip_suffix("Z")).or(text.strip_suffix("+00:00"))?;
    Zone::utc().parse_time(&plain.replace('T', " "))
}

impl EsimGateway for Client {
    fn packages(&self) -> Result<Vec<Offer>, String> {
        let body = json!({ "type": "BASE" });
        let catalogue: Catalogue =
            self.post("package/list", &body, CATALOGUE_TIMEOUT).map_err(Fault::words)?;
        // One package that cannot be understood does not keep the others away.
        let read = |value| serde_json::from_value::<Package>(value).ok()?.offer();
        Ok(catalogue.package_list.into_iter().filter_map(read).collect())
    }

    fn order(&self, ask: &Ask) -> Told {
        let mut package = json!({ "packageCode": ask.package_code, "count": 1 });
        let mut body = json!({ "transactionId": ask.our_ref });
        if ask.cost > Money::ZERO {
            // It refuses where the price is another one by now, before anything is bought.
            let price = ask.cost.0 / MICRO;
            (package["price"], body["amount"]) = (price.into(), price.into());
        }
        body["packageInfoList"] = json!([package]);
        match self.post::<Ordered>("esim/order", &body, TIMEOUT) {
            Ok(ordered) if is_order_no(&ordered.order_no) => Told::Pending { order_no: ordered.order_no },
            Ok(_) => Told::Lost { reason: "the provider tells no number of the order".into() },
            Err(Fault::Refused(code, words)) if REFUSED.contains(&code.as_str()) => {
                Told::Failed { reason: Fault::Refused(code, words).words() }
            }
            Err(fault) => unanswered(fault),
        }
    }

    fn query(&self, ask: &Ask) -> Told {
        if ask.order_no.is_empty() {
            return Told::Unknown; // it is asked by its own numbers only
        }
        let body = json!({ "orderNo": ask.order_no, "iccid": "", "pager": { "pageNum": 1, "pageSize": 5 } });
        match self.post::<Profiles>("esim/query", &body, TIMEOUT) {
            Ok(profiles) => match profiles.esim_list.into_iter().next() {
                Some(esim) => esim.told(ask),
                None => Told::Pending { order_no: ask.order_no.clone() },
            },
            Err(Fault::Refused(code, _)) if code == ALLOCATING => {
                Told::Pending { order_no: ask.order_no.clone() }
            }
            Err(fault) => unanswered(fault),
        }
    }

    fn balance(&self) -> Result<(Money, String), String> {
        #[derive(Deserialize)]
        struct Balance {
            balance: i64,
        }
        let balance: Balance = self.post("balance/query", &json!({}), TIMEOUT).map_err(Fault::words)?;
        let amount = balance.balance.checked_mul(MICRO).ok_or("the balance is no amount")?;
        Ok((Money(amount), "USD".to_owned()))
    }
}

fn unanswered(fault: Fault) -> Told {
    match fault {
        Fault::NotSent(reason) => Told::NotSent { reason },
        fault => Told::Lost { reason: fault.words() },
    }
}

fn is_order_no(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
