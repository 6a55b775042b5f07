//! The parameters of a foreign call as ours.

use super::part::{In, Kind};
use super::route::Route;
use crate::error::{Error, Result};
use crate::json::Json;
use crate::params::Params;

/// No page is longer.
const LIMIT_MAX: i64 = 1_000;

/// What a call sent: its query, then the members of its body, which win.
#[derive(Default)]
pub struct Sent {
    members: Vec<(String, Json)>,
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (String, Json)> {
    form_urlencoded::parse(text).into_owned().map(|(name, value)| (name, Json::Text(value)))
}

impl Sent {
    /// Errors `value(body)` where the body is no JSON object.
    pub fn read(query: &str, body: &[u8]) -> Result<Self> {
        let mut sent = Self { members: pairs(query.as_bytes()).collect() };
        if !body.trim_ascii().is_empty() {
            let Some(Json::Object(members)) = Json::parse(body) else { return Err(Error::value("body", "")) };
            sent.add(members);
        }
        Ok(sent)
    }

    /// The same with a body that is a form.
    pub fn read_form(query: &str, body: &[u8]) -> Self {
        let mut sent = Self { members: pairs(query.as_bytes()).collect() };
        sent.add(pairs(body).collect());
        sent
    }

    /// Further members, which win over those that are there.
    pub fn add(&mut self, members: Vec<(String, Json)>) {
        self.members.retain(|(name, _)| !members.iter().any(|(other, _)| other == name));
        self.members.extend(members);
    }

    pub fn get(&self, name: &str) -> Option<&Json> {
        let found = self.members.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value).filter(|value| **value != Json::Null)
    }

    /// The text of a parameter that stands in the query.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Json::Text(text)) => text,
            _ => "",
        }
    }
}

/// What a caller has besides parameters.
pub struct Around<'a, Account, Header, Lookup> {
    /// The kind of his key.
    pub key: &'a str,
    /// Finds the account of a login.
    pub account: Account,
    /// The text of a header, or "".
    pub header: Header,
    /// What a number stands for: `number.country:slug`.
    pub lookup: Lookup,
}

/// The parameters that a route takes, by our names.
pub fn params<'h, Account, Header, Lookup>(
    route: &Route,
    sent: &Sent,
    around: &Around<Account, Header, Lookup>,
) -> Result<Params>
where
    Account: Fn(&str) -> Result<String>,
    Header: Fn(&str) -> &'h str,
    Lookup: Fn(&str, String) -> Result<String>,
{
    let mut pairs = Vec::new();
    for input in route.inputs.iter().filter(|input| input.is_taken(around.key)) {
        let of_header = match input.header.as_str() {
            "" => None,
            name => Some((around.header)(name)).filter(|text| !text.is_empty()).map(Json::text),
        };
        let usual = (!input.default.is_empty()).then(|| Json::text(&input.default));
        let Some(value) = sent.get(&input.name).or(of_header.as_ref()).or(usual.as_ref()) else {
            match input.is_required() {
                true => return Err(Error::missed(&input.name)),
                false => continue,
            }
        };
        let text = text(input, value)?;
        if input.is_required() && text.trim().is_empty() {
            return Err(Error::missed(&input.name));
        }
        let text = match input.kind {
            Kind::Login => (around.account)(&text)?,
            _ if !input.takes(&text) => return Err(Error::value(&input.name, text)),
            _ if input.is_looked_up(&text) => (around.lookup)(&input.lookup, text)?,
            _ => text,
        };
        pairs.extend(input.to().map(|name| (name.to_owned(), text.clone())));
    }
    if let Some(usual) = route.pages {
        pairs.extend(page(sent, usual)?);
    }
    if !route.orders.is_empty() {
        pairs.extend(sort(sent, &route.orders)?);
    }
    Params::merge(Vec::new(), pairs)
}

fn text(input: &In, value: &Json) -> Result<String> {
    let wrong = || Error::value(&input.name, "");
    let is_int = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match (input.kind, value) {
        (Kind::Switch, value) => Ok(if is_on(value) { "on" } else { "off" }.to_owned()),
        (Kind::Bool, Json::Bool(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
        (Kind::Bool, Json::Text(text) | Json::Number(text)) if text == "1" => Ok("on".to_owned()),
        (Kind::Bool, Json::Text(text) | Json::Number(text)) if text == "0" => Ok("off".to_owned()),
        (Kind::Bool, _) => Err(wrong()),
        (Kind::Int, Json::Text(text) | Json::Number(text)) if is_int(text) => Ok(text.clone()),
        (Kind::Int, _) => Err(wrong()),
        (Kind::List, Json::List(values)) => lines(values).ok_or_else(wrong),
        (Kind::List, _) => Err(wrong()),
        (_, Json::Text(text) | Json::Number(text)) => Ok(text.clone()),
        _ => Err(wrong()),
    }
}

/// `reverse=True` is how Python writes it.
fn is_on(value: &Json) -> bool {
    match value {
        Json::Bool(on) => *on,
        Json::Text(text) | Json::Number(text) => matches!(text.to_lowercase().as_str(), "1" | "true" | "on"),
        _ => false,
    }
}

/// `order` and `reverse` as a sort of ours. Nothing where nothing is said: then the list has its own.
fn sort(sent: &Sent, orders: &str) -> Result<Option<(String, String)>> {
    let (order, reverse) = (sent.text("order"), sent.get("reverse"));
    if order.is_empty() && reverse.is_none() {
        return Ok(None);
    }
    let mut known = orders.split(' ').map(|name| name.split_once('=').unwrap_or((name, name)));
    let found = match order {
        "" => known.next(),
        order => known.find(|(name, _)| *name == order),
    };
    let (_, column) = found.ok_or_else(|| Error::value("order", order))?;
    let sign = if reverse.is_some_and(is_on) { "-" } else { "" };
    Ok(Some(("p_col".to_owned(), format!("{sign}{column}"))))
}

/// Texts and numbers, one a line. Nothing where another value is among them.
fn lines(values: &[Json]) -> Option<String> {
    let text = |value: &Json| match value {
        Json::Text(text) | Json::Number(text) => Some(text.replace(['\n', '\r'], " ")),
        _ => None,
    };
    let lines: Option<Vec<String>> = values.iter().map(text).collect();
    lines.map(|lines| lines.join("\n"))
}

/// `limit` and `offset` as a page of ours; too long a page is made shorter (operations.md R74).
fn page(sent: &Sent, usual: i64) -> Result<[(String, String); 2]> {
    let number = |name: &str, usual: i64, least: i64| match sent.get(name) {
        None => Ok(usual),
        Some(Json::Text(text) | Json::Number(text)) => {
            let number = text.parse().ok().filter(|number| *number >= least);
            number.ok_or_else(|| Error::value(name, text))
        }
        Some(_) => Err(Error::value(name, "")),
    };
    let (limit, offset) = (number("limit", usual, 1)?.min(LIMIT_MAX), number("offset", 0, 0)?);
    Ok([("p_cnt".to_owned(), limit.to_string()), ("p_off".to_owned(), offset.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(xml: &str) -> Route {
        quick_xml::de::from_str(&format!("<route endpoint=\"x\"{xml}<call func=\"x\"/></route>")).unwrap()
    }

    fn read(xml: &str, query: &str, body: &str) -> String {
        let account = |login: &str| match login {
            "own" => Ok("7".to_owned()),
            _ => Err(Error::missed("login").with("value", login)),
        };
        let sent = Sent::read(query, body.as_bytes());
        let header = |name: &str| if name == "Idempotency-Key" { "once" } else { "" };
        let lookup = |_: &str, number: String| Ok(format!("of {number}"));
        let around = Around { key: "client-api", account, header, lookup };
        match sent.and_then(|sent| params(&route(xml), &sent, &around)) {
            Ok(params) => params.iter().map(|(name, value)| format!("{name}={value} ")).collect(),
            Err(error) => format!("{}({})", error.kind, error.object),
        }
    }

    #[test]
    fn parameters() {
        let amount = r#"><in name="amount" kind="amount" required="yes"/>"#;
        let plan = r#"><in name="id_plan" to="plan" kind="int" required="yes"/>"#;
        let active = r#"><in name="active" kind="bool"/>"#;
        let login = r#"><in name="login" to="plid" kind="login"/>"#;
        let foreign = r#"><in name="login" to="plid" kind="login" required="yes" keys="reseller-api"/>"#;
        let once = r#"><in name="external_id" header="Idempotency-Key"/>"#;
        let phones = r#"><in name="phones" kind="list" required="yes"/>"#;
        let page = r#" pages="50">"#;
        let sort = r#" orders="id expires=expires_at">"#;
        let switch = r#"><in name="reuse" kind="switch"/>"#;
        let usual = r#"><in name="operator" default="any" lookup="x:y"/>"#;
        for (xml, query, body, expected) in [
            (amount, "", r#"{"amount":1.10}"#, "amount=1.10 "),
            (amount, "", r#"{"amount":"20.00"}"#, "amount=20.00 "),
            (amount, "amount=3", "", "amount=3 "),
            (amount, "", r#"{"amount":1e2}"#, "amount=1e2 "), // refused as no amount where it is read
            (amount, "", r#"{"amount":{}}"#, "value(amount)"),
            (amount, "", r#"{"amount":null}"#, "missed(amount)"),
            (amount, "", r#"{"amount":" "}"#, "missed(amount)"),
            (amount, "", "{}", "missed(amount)"),
            (amount, "", "[]", "value(body)"),
            (amount, "", "{", "value(body)"),
            (plan, "", r#"{"id_plan":8,"other":[1]}"#, "plan=8 "),
            (plan, "", r#"{"id_plan":8.5}"#, "value(id_plan)"),
            (plan, "", r#"{"id_plan":true}"#, "value(id_plan)"),
            (active, "", r#"{"active":false}"#, "active=off "),
            (active, "", r#"{"active":"yes"}"#, "value(active)"),
            (active, "active=1", "", "active=on "),
            (login, "login=own", "", "plid=7 "),
            (login, "", r#"{"login":"foreign"}"#, "missed(login)"),
            (foreign, "login=foreign", "", ""), // of another kind of key
            (once, "", "", "external_id=once "),
            (once, "", r#"{"external_id":"own"}"#, "external_id=own "),
            (phones, "", r#"{"phones":["+1",2]}"#, "phones=+1\n2 "),
            (phones, "", r#"{"phones":[]}"#, "missed(phones)"),
            (phones, "", r#"{"phones":"+1"}"#, "value(phones)"),
            (phones, "", r#"{"phones":["+1",{}]}"#, "value(phones)"),
            (page, "limit=10&offset=20", "", "p_cnt=10 p_off=20 "),
            (page, "limit=99999", "", "p_cnt=1000 p_off=0 "),
            (page, "limit=-1", "", "value(limit)"),
            (page, "limit=0", "", "value(limit)"),
            (page, "offset=x", "", "value(offset)"),
            (page, "", "", "p_cnt=50 p_off=0 "),
            (sort, "", "", ""),
            (sort, "order=", "", ""),
            (sort, "order=expires", "", "p_col=expires_at "),
            (sort, "order=expires&reverse=True", "", "p_col=-expires_at "),
            (sort, "reverse=1", "", "p_col=-id "),
            (sort, "reverse=false", "", "p_col=id "),
            (sort, "order=id;drop", "", "value(order)"),
            (switch, "reuse=1", "", "reuse=on "),
            (switch, "reuse=true", "", "reuse=on "),
            (switch, "", r#"{"reuse":true}"#, "reuse=on "),
            (switch, "reuse=0", "", "reuse=off "),
            (switch, "reuse=false", "", "reuse=off "),
            (usual, "", "", "operator=any "),
            (usual, "operator=mts", "", "operator=mts "),
            (usual, "operator=7", "", "operator=of 7 "),
        ] {
            assert_eq!(read(xml, query, body), expected, "{xml} {query} {body}");
        }
    }
}
