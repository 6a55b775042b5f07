//! A provider that takes messages over HTTP: what is sent are templates, and what comes back is told
//! apart by patterns (operations.md Part 4, SMS provider).

pub mod template;
#[cfg(test)]
mod tests;

use std::time::Duration;

use regex::{Regex, RegexBuilder};

use super::{Attempt, Outcome, Transport};
use crate::effect;
use crate::effect::http::{Answer, Failure, Method, Request};
use crate::error::{Error, Result};
use crate::telecom::sms::provider;
use template::{Place, Values, fill, moves_host, names, unknown};

const PATTERN_MAX_CHARS: usize = 500;
/// Of a compiled pattern: what needs more is no pattern for an answer.
const PATTERN_MAX_BYTES: usize = 512 * 1024;
const HEADERS_MAX: usize = 20;
const MESSAGE_ID_MAX_CHARS: usize = 64;
/// Answers that ask to come later, where no pattern says it.
const LATER: [u16; 2] = [429, 503];
/// What stands in between has lost the answer.
const LOST: [u16; 2] = [502, 504];
/// Headers that the request itself decides about.
const OURS: [&str; 7] =
    ["host", "connection", "content-length", "content-type", "transfer-encoding", "user-agent", "upgrade"];

/// What a provider's row says of it.
#[derive(Debug, Clone, Default)]
pub struct Settings<'a> {
    pub url: &'a str,
    /// `GET` or `POST`
    pub method: &'a str,
    /// What the body is: `form` or `json`.
    pub content: &'a str,
    /// A line `Name: value` each.
    pub headers: &'a str,
    pub body: &'a str,
    /// Patterns for `<status> <body>`, "" for what is usual.
    pub success: &'a str,
    pub message_id: &'a str,
    pub throttled: &'a str,
    pub login: &'a str,
    pub secret: &'a str,
    pub sender: &'a str,
    pub timeout: Duration,
}

impl<'a> Settings<'a> {
    pub fn of(row: &'a provider::Settings) -> Self {
        Self {
            url: row.text("url"),
            method: row.text("method"),
            content: row.text("content"),
            headers: row.text("headers"),
            body: row.text("body"),
            success: row.text("success"),
            message_id: row.text("message_id"),
            throttled: row.text("throttled"),
            login: row.text("login"),
            secret: &row.secret,
            sender: row.text("sender"),
            timeout: Duration::from_secs(row.timeout_sec.unsigned_abs()),
        }
    }
}

pub struct Gateway {
    method: Method,
    url: String,
    content: Place,
    headers: Vec<(String, String)>,
    body: String,
    success: Option<Regex>,
    message_id: Option<Regex>,
    throttled: Option<Regex>,
    login: String,
    secret: String,
    sender: String,
    timeout: Duration,
}

fn wrong(field: &'static str, value: &str) -> Error {
    Error::value(field, value)
}

fn pattern(field: &'static str, text: &str) -> Result<Option<Regex>> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > PATTERN_MAX_CHARS {
        return Err(wrong(field, text));
    }
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(PATTERN_MAX_BYTES).dfa_size_limit(PATTERN_MAX_BYTES).dot_matches_new_line(true);
    builder.build().map(Some).map_err(|cause| wrong(field, text).cause(cause.to_string()))
}

fn method_of(name: &str) -> Result<Method> {
    match name {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        _ => Err(wrong("method", name)),
    }
}

fn url_of(url: &str) -> Result<String> {
    let is_web = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    // Every placeholder is filled in with what a path and a query may have anywhere.
    let is_address = |uri: &hyper::Uri| {
        uri.host().is_some_and(|host| !host.is_empty())
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    };
    let is_plain = url.parse().as_ref().is_ok_and(is_address);
    match is_web && is_plain && !moves_host(url) && unknown(url, Place::Url).is_none() {
        true => Ok(url.to_owned()),
        false => Err(wrong("url", url)),
    }
}

fn headers_of(text: &str) -> Result<Vec<(String, String)>> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > HEADERS_MAX {
        return Err(wrong("headers", &lines.len().to_string()));
    }
    // A value may be a secret, so the name alone is told.
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    lines.into_iter().map(|line| header_of(line).ok_or_else(|| wrong("headers", &name(line)))).collect()
}

fn header_of(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_token) && !OURS.contains(&name.as_str());
    let is_value = value.chars().all(|character| character == ' ' || character.is_ascii_graphic());
    (is_name && is_value && unknown(value, Place::Header).is_none()).then(|| (name, value.to_owned()))
}

/// JSON outside of whose strings no placeholder can stand: a percent sign is valid only inside.
fn body_of(text: &str, content: Place) -> Result<String> {
    let is_whole =
        content != Place::Json || text.is_empty() || serde_json::from_str::<serde_json::Value>(text).is_ok();
    match is_whole && unknown(text, content).is_none() {
        true => Ok(text.to_owned()),
        false => Err(wrong("body", text)),
    }
}

impl Gateway {
    /// Error `value` names the field that is wrong.
    pub fn new(settings: &Settings) -> Result<Self> {
        let content = match settings.content {
            "json" => Place::Json,
            "form" | "" => Place::Form,
            other => return Err(wrong("content", other)),
        };
        let gateway = Self {
            method: method_of(settings.method)?,
            url: url_of(settings.url)?,
            content,
            headers: headers_of(settings.headers)?,
            body: body_of(settings.body, content)?,
            success: pattern("success", settings.success)?,
            message_id: pattern("message_id", settings.message_id)?,
            throttled: pattern("throttled", settings.throttled)?,
            login: settings.login.to_owned(),
            secret: settings.secret.to_owned(),
            sender: settings.sender.to_owned(),
            timeout: settings.timeout,
        };
        gateway.complete()
    }

    /// A request that says neither to whom nor what is no message.
    fn complete(self) -> Result<Self> {
        let has = |name: &str| names(&self.url, name) || names(&self.body, name);
        if !(has("number") || has("digits")) || !has("text") {
            return Err(wrong(if self.body.is_empty() { "url" } else { "body" }, ""));
        }
        if self.method == Method::GET && !self.body.is_empty() {
            return Err(wrong("body", &self.body));
        }
        let captures = |pattern: &Regex| pattern.captures_len() == 2;
        match self.message_id.as_ref().is_none_or(captures) {
            true => Ok(self),
            false => Err(wrong("message_id", "")), // one group says which part is the id
        }
    }

    pub fn request(&self, attempt: &Attempt) -> Request {
        let mut attempt = attempt.clone();
        if attempt.sender.is_empty() {
            attempt.sender.clone_from(&self.sender);
        }
        let values = Values { attempt: &attempt, login: &self.login, secret: &self.secret };
        let header = |(name, value): &(String, String)| (name.clone(), fill(value, Place::Header, &values));
        let mut headers: Vec<_> = self.headers.iter().map(header).collect();
        if self.method == Method::POST {
            let json = self.content == Place::Json;
            let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
            headers.push(("content-type".into(), kind.into()));
        }
        Request {
            method: self.method.clone(),
            url: fill(&self.url, Place::Url, &values),
            headers,
            body: fill(&self.body, self.content, &values),
            timeout: self.timeout,
        }
    }

    /// What an answer says of a message of ours.
    fn outcome(&self, attempt: &Attempt, answer: &Answer) -> Outcome {
        let text = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let reason = self.shown(&text);
        let later = match &self.throttled {
            Some(pattern) => pattern.is_match(&text),
            None => LATER.contains(&answer.status),
        };
        let is_success = match &self.success {
            Some(pattern) => pattern.is_match(&text),
            None => answer.is_success(),
        };
        match () {
            () if later => Outcome::Throttled { reason },
            () if is_success => Outcome::Accepted { message_id: self.named(attempt, &text) },
            () if LOST.contains(&answer.status) => Outcome::Unknown { reason },
            () => Outcome::Rejected { reason },
        }
    }

    /// The provider's name of the message. Who gives none knows it by ours.
    fn named(&self, attempt: &Attempt, text: &str) -> String {
        let captures = self.message_id.as_ref().and_then(|pattern| pattern.captures(text));
        let found = captures.and_then(|captures| captures.get(1)).map(|id| id.as_str().trim());
        let is_id = |id: &&str| {
            (1..=MESSAGE_ID_MAX_CHARS).contains(&id.chars().count()) && !id.chars().any(char::is_control)
        };
        found.filter(is_id).unwrap_or(&attempt.reference).to_owned()
    }

    /// The beginning of an answer, in which the secret may be repeated.
    fn shown(&self, text: &str) -> String {
        let open = match self.secret.is_empty() {
            true => text.to_owned(),
            false => text.replace(&self.secret, "***"),
        };
        effect::said(&open)
    }
}

impl Transport for Gateway {
    fn send(&self, attempt: &Attempt) -> Outcome {
        match self.request(attempt).send() {
            Ok(answer) => self.outcome(attempt, &answer),
            Err(failure @ Failure::Lost { .. }) => {
                Outcome::Unknown { reason: self.shown(&failure.to_string()) }
            }
            Err(failure) => Outcome::NotSent { reason: self.shown(&failure.to_string()) },
        }
    }
}
