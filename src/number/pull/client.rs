//! Another server of the API that we offer ourselves (operations.md §1.8), as its client.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::app::App;
use crate::effect::http::{Answer, Failure, Method, Request};
use crate::effect::said;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::number::supplier::Supplier;

const TIMEOUT: Duration = Duration::from_secs(20);
const PRICES_TIMEOUT: Duration = Duration::from_secs(120);
const BODY_MAX_BYTES: usize = 256 * 1024;
/// All prices of a big server.
const PRICES_MAX_BYTES: usize = 64 * 1024 * 1024;
/// What was told there: nothing was sold.
const REFUSED: [u16; 6] = [400, 401, 403, 404, 429, 503];
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
const ID_MAX: usize = 32;

pub struct Client {
    url: String,
    authorization: String,
}

/// What came of a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sold {
    /// `price` is what it costs us.
    Number { upstream_id: String, phone: String, price: Money },
    /// Nothing was sold.
    Nothing(String),
    /// It may have been.
    Lost(String),
}

/// An order there.
#[derive(Debug, Deserialize)]
pub struct Order {
    #[serde(deserialize_with = "digits")]
    pub id: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub product: String,
    #[serde(default)]
    pub operator: String,
    #[serde(default)]
    pub country: String,
    price: Option<Box<RawValue>>,
    #[serde(default)]
    pub sms: Option<Vec<Message>>,
}

#[derive(Debug, Deserialize)]
pub struct Message {
    #[serde(default)]
    pub created_at: String,
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub sender: String,
    #[serde(default)]
    pub text: String,
}

#[derive(Deserialize)]
struct Orders {
    #[serde(rename = "Data")]
    data: Vec<Order>,
}

#[derive(Deserialize)]
struct Quote {
    cost: Box<RawValue>,
    count: i64,
}

/// What is sold there: country, product, operator, with price and stock.
pub type Prices = BTreeMap<String, BTreeMap<String, BTreeMap<String, (Money, i64)>>>;

/// Numbers are read as they are written.
fn digits<'de, D: serde::Deserializer<'de>>(input: D) -> std::result::Result<String, D::Error> {
    let text = Box::<RawValue>::deserialize(input)?.get().trim_matches('"').to_owned();
    let is_id = (1..=ID_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { Ok(text) } else { Err(serde::de::Error::custom("no id")) }
}

impl Order {
    fn price(&self) -> Option<Money> {
        self.price.as_ref().and_then(|price| Money::parse(price.get()))
    }

    /// The number as we keep it.
    fn number(&self) -> Option<String> {
        let digits = self.phone.trim_start_matches('+');
        let is_right =
            PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_right.then(|| format!("+{digits}"))
    }
}

impl Client {
    pub fn of(app: &App, supplier: &Supplier) -> Result<Self> {
        let token = supplier.secret(app)?;
        let authorization = format!("Bearer {}", token.reveal());
        Ok(Self { url: supplier.url.trim_end_matches('/').to_owned(), authorization })
    }

    fn get(&self, path: &str, timeout: Duration, most: usize) -> std::result::Result<Answer, Failure> {
        let headers = vec![
            ("Authorization".to_owned(), self.authorization.clone()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        let url = format!("{}/v1/{path}", self.url);
        let request = Request { method: Method::GET, url, headers, body: String::new(), timeout };
        request.send_trusting(None, most)
    }

    /// A purchase is a GET that must never be repeated by itself.
    pub fn buy(&self, [country, operator, product]: [&str; 3]) -> Sold {
        let path = format!("user/buy/activation/{country}/{operator}/{product}");
        let answer = match self.get(&path, TIMEOUT, BODY_MAX_BYTES) {
            Ok(answer) => answer,
            Err(failure @ Failure::Lost { .. }) => return Sold::Lost(failure.to_string()),
            Err(failure) => return Sold::Nothing(failure.to_string()),
        };
        let words = said(&String::from_utf8_lossy(&answer.body));
        match serde_json::from_slice::<Order>(&answer.body) {
            Ok(order) if answer.is_success() => match (order.number(), order.price()) {
                (Some(phone), Some(price)) => Sold::Number { upstream_id: order.id, phone, price },
                _ => Sold::Lost(words),
            },
            _ if REFUSED.contains(&answer.status) => Sold::Nothing(words),
            // It tells with 200 that it has nothing.
            _ if answer.status == 200 && words == "no free phones" => Sold::Nothing(words),
            _ => Sold::Lost(format!("{} {words}", answer.status)),
        }
    }

    pub fn check(&self, upstream_id: &str) -> std::result::Result<Order, String> {
        let answer = self.get(&format!("user/check/{upstream_id}"), TIMEOUT, BODY_MAX_BYTES);
        let answer = answer.map_err(|failure| failure.to_string())?;
        let order = serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_success());
        order.ok_or_else(|| format!("{} {}", answer.status, said(&String::from_utf8_lossy(&answer.body))))
    }

    /// `finish`, `cancel` or `ban`. Was it heard, whatever it was answered?
    pub fn end(&self, deed: &str, upstream_id: &str) -> bool {
        let answer = self.get(&format!("user/{deed}/{upstream_id}"), TIMEOUT, BODY_MAX_BYTES);
        answer.is_ok_and(|answer| answer.is_success() || matches!(answer.status, 400 | 404))
    }

    /// The newest orders.
    pub fn orders(&self) -> std::result::Result<Vec<Order>, String> {
        let path = "user/orders?category=activation&limit=100&offset=0&order=id&reverse=true";
        let answer = self.get(path, TIMEOUT, BODY_MAX_BYTES).map_err(|failure| failure.to_string())?;
        let orders = serde_json::from_slice::<Orders>(&answer.body).ok().filter(|_| answer.is_success());
        orders.map(|orders| orders.data).ok_or_else(|| format!("{}", answer.status))
    }

    pub fn prices(&self) -> Result<Prices> {
        let wrong = |why: String| Error::new("busy", "supplier").with("value", said(&why)).cause(why);
        let answer = self.get("guest/prices", PRICES_TIMEOUT, PRICES_MAX_BYTES);
        let answer = answer.map_err(|failure| wrong(failure.to_string()))?;
        type Told = BTreeMap<String, BTreeMap<String, BTreeMap<String, Quote>>>;
        let told =
            serde_json::from_slice::<Option<Told>>(&answer.body).map_err(|cause| wrong(cause.to_string()))?;
        let quote = |(operator, quote): (String, Quote)| {
            Money::parse(quote.cost.get()).map(|cost| (operator, (cost, quote.count)))
        };
        let product = |(product, operators): (String, BTreeMap<String, Quote>)| {
            (product, operators.into_iter().filter_map(quote).collect())
        };
        let country = |(country, products): (String, BTreeMap<_, _>)| {
            (country, products.into_iter().map(product).collect())
        };
        Ok(told.unwrap_or_default().into_iter().map(country).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_as_it_is_told() {
        let told = r#"{"id":11631253,"phone":"+79000381454","operator":"beeline","product":"vkontakte",
            "price":21.6408,"status":"PENDING","expires":"2018-10-13T08:28:38.809469028Z","sms":null,
            "created_at":"2018-10-13T08:13:38.809469028Z","country":"russia"}"#;
        let order: Order = serde_json::from_str(told).expect("an order");
        assert_eq!((order.id.as_str(), order.number().as_deref()), ("11631253", Some("+79000381454")));
        assert_eq!((order.price(), order.sms.is_none()), (Some(Money(21_640_800)), true));
        for wrong in [r#"{"id":"../x"}"#, r#"{"id":-1}"#, r#"{"phone":"+7"}"#, "null", "7"] {
            assert!(serde_json::from_str::<Order>(wrong).is_err(), "{wrong}");
        }
    }
}
