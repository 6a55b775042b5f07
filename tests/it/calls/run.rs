//! Plays a transcript against a world.

use std::collections::BTreeMap;

use super::check::{self, Seen};
use super::parse::{Call, Check, Step};
use crate::support::{Reply, Request, World};
use billmgr::jobs;
use billmgr::outbox::worker;

const FORM: &str = "application/x-www-form-urlencoded";

/// Characters of an answer that are told where it was wrong.
const SHOWN: usize = 600;

/// What was wrong, each with its line.
pub fn run(world: &World, script: &[Step], method: &'static str) -> Vec<String> {
    let mut player = Player { world, method, values: world.names.clone(), before: None };
    player.values.insert("url".into(), world.url());
    player.values.insert("password".into(), crate::support::seed::PASSWORD.into());
    let (mut faults, mut heading) = (Vec::new(), "");
    for step in script {
        match step {
            Step::Heading(text) => heading = text,
            Step::Advance(us) => world.clock.advance_us(*us),
            Step::Config(lines) => world.configure(lines),
            Step::Job(name) => {
                let now_us = world.clock.now_us();
                if let Err(error) = jobs::run_named(&world.app, name, now_us) {
                    faults.push(format!("job {name}: {error}"));
                }
            }
            Step::Work => {
                // What an operation waited for is done in the next round.
                while match worker::run_due(&world.app) {
                    Ok(taken) => taken > 0,
                    Err(error) => {
                        faults.push(format!("work: {error}"));
                        false
                    }
                } {}
            }
            Step::Letter(name, before) => {
                let letter = world.letter();
                match letter.split_once(before.as_str()) {
                    Some((_, rest)) => {
                        let value = rest.split(|c: char| c.is_whitespace() || c == '&').next();
                        player.values.insert(name.clone(), value.unwrap_or_default().to_owned());
                    }
                    None => faults.push(format!("no `{before}` in the letter\n{letter}")),
                }
            }
            Step::Sms => {
                if let Err(error) = billmgr::telecom::sms::worker::run_due(&world.app) {
                    faults.push(format!("sms: {error}"));
                }
            }
            Step::Numbers => {
                if let Err(error) = billmgr::number::sandbox::run_due(&world.app) {
                    faults.push(format!("numbers: {error}"));
                }
            }
            Step::Call(call) => {
                let found = player.call(call);
                faults.extend(
                    judged(call, found).into_iter().map(|fault| format!("{fault}\n    under: {heading}")),
                );
            }
        }
    }
    faults
}

/// A call that is known to fail has to go on failing, or its mark is to go.
fn judged(call: &Call, found: Vec<String>) -> Vec<String> {
    match (call.broken, found.is_empty()) {
        (false, _) => found,
        (true, false) => Vec::new(),
        (true, true) => vec![format!("{}: marked as broken, but it works", call.line)],
    }
}

struct Player<'w> {
    world: &'w World,
    method: &'static str,
    values: BTreeMap<String, String>,
    before: Option<Reply>,
}

impl Player<'_> {
    fn call(&mut self, call: &Call) -> Vec<String> {
        let watches = call.checks.iter().any(|(_, check)| matches!(check, Check::Unchanged));
        let digest = watches.then(|| self.world.digest());
        let reply = match self.request(call) {
            Ok(request) => request.send(self.world.address),
            Err(why) => return vec![format!("{}: {why}", call.line)],
        };
        let mut faults = Vec::new();
        if reply.status != 200 && !call.checks.iter().any(|(_, check)| matches!(check, Check::Status(_))) {
            faults.push(format!("{}: status {}", call.line, reply.status));
        }
        let seen = Seen::new(&reply, self.before.as_ref(), self.world, digest);
        for (line, check) in &call.checks {
            if let Err(why) = check::check(&seen, check, &mut self.values) {
                faults.push(format!("{line}: {why}"));
            }
        }
        if let Some(last) = faults.last_mut() {
            let body: String = reply.body.chars().take(SHOWN).collect();
            last.push_str(&format!("\n    answered: {} {} {body}", reply.status, reply.mime()));
        }
        self.before = Some(reply);
        faults
    }

    fn request(&self, call: &Call) -> Result<Request, String> {
        if !call.path.is_empty() {
            return self.of_api(call);
        }
        let query = self.with_identity(&check::expand(&call.query, &self.values)?, &call.who)?;
        let method = if call.method.is_empty() { self.method } else { &call.method };
        let mut request = match method {
            "GET" => Request::get(format!("/billmgr?{query}")),
            "POST" => Request::post("/billmgr", FORM, query),
            "JSON" => Request::post("/billmgr", "application/json", json(&query)),
            _ => multipart(&query),
        };
        if !call.from.is_empty() {
            request = request.header("X-Forwarded-For", &call.from);
        }
        self.with_headers(call, request)
    }

    fn with_headers(&self, call: &Call, request: Request) -> Result<Request, String> {
        let mut request = request;
        for (name, value) in &call.headers {
            request = request.header(name, check::expand(value, &self.values)?);
        }
        Ok(request)
    }

    fn of_api(&self, call: &Call) -> Result<Request, String> {
        let expand = |text: &str| check::expand(text, &self.values);
        let (path, body) = (expand(&call.path)?, expand(&call.body)?);
        let mime = if body.starts_with(['{', '[']) { "application/json" } else { FORM };
        let request = match call.method.as_str() {
            "GET" => Request::get(path),
            "POST" => Request::post(path, mime, body),
            "DELETE" => Request::post(path, mime, body).by("DELETE"),
            other => return Err(format!("no method {other}")),
        };
        let key = expand(&call.who)?;
        let request = match key.strip_prefix("bearer:") {
            _ if key == "none" => request,
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request.header("X-API-Key", key),
        };
        self.with_headers(call, request)
    }

    /// The query with a format and with what proves who calls.
    fn with_identity(&self, query: &str, who: &str) -> Result<String, String> {
        let names_out = query.split('&').any(|pair| pair.starts_with("out="));
        let query = match query.split('&').any(|pair| pair == "out=none") {
            true => query.replace("&out=none", ""),
            false if names_out => query.to_owned(),
            false => format!("{query}&out=xml"),
        };
        Ok(match who.strip_prefix('@') {
            Some(session) => {
                let id = self.values.get(session).ok_or_else(|| format!("no session {session}"))?;
                format!("{query}&auth={id}")
            }
            None if who == "nobody" => query,
            None => format!("{query}&{}", self.world.proof(who)),
        })
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn json(query: &str) -> Vec<u8> {
    let members = pairs(query).into_iter().map(|(name, value)| (name, value.into()));
    serde_json::Value::Object(members.collect()).to_string().into_bytes()
}

fn multipart(query: &str) -> Request {
    let mut body = String::new();
    for (name, value) in pairs(query) {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        body.push_str(&format!("--part\r\n{head}\r\n\r\n{value}\r\n"));
    }
    body.push_str("--part--\r\n");
    Request::post("/billmgr", "multipart/form-data; boundary=part", body)
}
