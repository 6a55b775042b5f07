//! A module that is an address: each operation is a signed POST to the processing module's url, and
//! the answer says what came of it (README, Writing a processing module).

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::info::{Info, Pairs, Processing};
use super::{Effects, Job};
use crate::app::App;
use crate::effect::http::Answer;
use crate::effect::webhook::Hook;
use crate::error::{Error, Result};
use crate::outbox::Settled;
use crate::outbox::worker::Acted;
use crate::rpc::BUDGET_SLOW;
use crate::time::{MINUTE_US, SECOND_US};

/// How soon the other side is asked again about what it said is under way.
const POLL_US: i64 = 30 * SECOND_US;
const NAME_MAX: usize = 64;
const VALUE_MAX: usize = 65_536;

/// What the other side may say.
#[derive(Debug, Deserialize)]
struct Said {
    status: String,
    #[serde(default)]
    error: String,
    ip: Option<String>,
    #[serde(default)]
    params: Map<String, Value>,
    /// Names of params that are secrets.
    #[serde(default)]
    secrets: Vec<String>,
}

pub fn act(job: &Job) -> Acted {
    attempt(job).unwrap_or_else(|error| Acted::failed(error.to_string(), ""))
}

fn attempt(job: &Job) -> Result<Acted> {
    let (now_us, waits_since) = (job.app.clock.now_us(), job.due.waits_since);
    let limit_us = job.app.config.load().module_wait_minutes * MINUTE_US;
    let is_poll = waits_since != 0;
    let body = body(job, is_poll)?;
    // A question about the state is a new one each time, the operation always the same.
    let key = match is_poll {
        true => format!("{}:state:{now_us}", job.due.reference),
        false => job.due.reference.clone(),
    };
    let outcome = hook(job.app, &job.processing, body, key)?.send(now_us)?;
    Ok(match said(&outcome) {
        Err(error) => Acted::failed(error, cleaned(&outcome.body)),
        Ok(said) => match (said.status.as_str(), effects(&said)) {
            ("done", Ok(effects)) => Acted { settled: Settled::Done, effects },
            ("done", Err(error)) => Acted::failed(error, cleaned(&outcome.body)),
            ("waiting", _) if is_poll && waits_since + limit_us <= now_us => {
                Acted::failed("the module has not finished in time", "")
            }
            ("waiting", _) => Acted::new(Settled::Waiting { until_us: now_us + POLL_US }),
            ("manual", _) => Acted::new(Settled::Manual { error: short(&said.error) }),
            _ => {
                Acted::failed(format!("the module says {}: {}", short(&said.status), short(&said.error)), "")
            }
        },
    })
}

/// Asks nothing but whether somebody answers: `{"operation":"check"}`, answered with any 2xx.
pub fn check(app: &App, processing: &Processing) -> Result<()> {
    let body = json!({ "operation": "check" }).to_string();
    let now_us = app.clock.now_us();
    let outcome = hook(app, processing, body, format!("check:{}:{now_us}", processing.id))?.send(now_us)?;
    match outcome.is_success() {
        true => Ok(()),
        false => Err(Error::new("failed", "module").with("value", format!("HTTP {}", outcome.status))),
    }
}

fn hook(app: &App, processing: &Processing, body: String, key: String) -> Result<Hook> {
    // Unsigned, anybody could send the same.
    let secret = processing.password.clone().ok_or_else(|| Error::missed("password"))?;
    let timeout = Duration::from_secs(app.config.load().module_timeout_seconds);
    Ok(Hook { url: processing.url.clone(), secret, body, idempotency_key: key, timeout })
}

fn body(job: &Job, is_poll: bool) -> Result<String> {
    let (app, item_id) = (job.app, job.due.item_id);
    let info = app.db.read(BUDGET_SLOW, |conn| Info::load(conn, app, item_id))?;
    let map = |pairs: Pairs| -> Map<String, Value> {
        pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let operation = job.operation.word();
    Ok(json!({
        "operation": if is_poll { "state" } else { operation },
        "of": operation,
        "reference": job.due.reference,
        "item": map(info.item),
        "params": map(info.params),
        "addons": map(info.addons),
    })
    .to_string())
}

fn said(outcome: &Answer) -> std::result::Result<Said, String> {
    if !outcome.is_success() {
        return Err(format!("the module answered HTTP {}", outcome.status));
    }
    serde_json::from_slice(&outcome.body).map_err(|why| format!("the answer cannot be read: {why}"))
}

/// What it learned of the service, if it can be kept.
fn effects(said: &Said) -> std::result::Result<Effects, String> {
    let ip = match said.ip.as_deref().map(str::trim).filter(|ip| !ip.is_empty()) {
        Some(ip) => Some(ip.parse::<std::net::IpAddr>().map_err(|_| "ip is no address")?.to_string()),
        None => None,
    };
    let mut params = Vec::new();
    for (name, value) in &said.params {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => if *flag { "on" } else { "off" }.to_owned(),
            _ => return Err(format!("param {} is no text", short(name))),
        };
        let has_control = value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        if !is_name(name) || value.len() > VALUE_MAX || has_control {
            return Err(format!("param {} cannot be kept", short(name)));
        }
        let is_secret = name == "password" || said.secrets.contains(name);
        params.push((name.clone(), value, is_secret));
    }
    Ok(Effects { ip, params })
}

fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (1..=NAME_MAX).contains(&name.len()) && name.chars().all(is_plain)
}

fn short(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { '.' } else { c }).collect()
}

/// A body as it may be shown. One that is an answer in form may hold a password: it is not.
fn cleaned(body: &[u8]) -> String {
    if serde_json::from_slice::<Value>(body).is_ok_and(|value| !value.is_string()) {
        return String::new();
    }
    let text = String::from_utf8_lossy(body);
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '.' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> std::result::Result<Effects, String> {
        let said = said(&Answer { status, body: body.as_bytes().to_vec() })?;
        effects(&said)
    }

    #[test]
    fn what_can_be_kept() {
        let body = r#"{"status":"done","ip":"2001:DB8::1","params":{"username":"u","n":5,"password":"p"}}"#;
        let kept = answer(200, body).expect("it can be kept");
        assert_eq!(kept.ip.as_deref(), Some("2001:db8::1"));
        let secret: Vec<bool> = kept.params.iter().map(|param| param.2).collect();
        assert_eq!(secret.iter().filter(|is_secret| **is_secret).count(), 1);
        for (status, body) in [
            (500, r#"{"status":"done"}"#),
            (302, r#"{"status":"done"}"#),
            (200, "done"),
            (200, "[]"),
            (200, r#"{"status":"done","ip":"example.com"}"#),
            (200, r#"{"status":"done","params":{"a b":"c"}}"#),
            (200, r#"{"status":"done","params":{"a":["c"]}}"#),
            (200, r#"{"status":"done","params":{"a":"\u0000"}}"#),
        ] {
            assert!(answer(status, body).is_err(), "{status} {body}");
        }
    }
}
