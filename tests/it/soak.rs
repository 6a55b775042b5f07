//! Odd requests, many of them: whatever is sent, the answer is one of the answers, nothing inside
//! shows, and the money is right afterwards. The normal run is short; `tests/soak` runs it long.

mod odd;
mod value;

use std::io::stderr;
use std::time::{Duration, Instant};

use billmgr::auth::Caller;
use billmgr::params::Params;
use billmgr::{books, rpc};
use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use self::odd::{Maker, Odd};
use crate::support::seed::NoRows;
use crate::support::{Engine, Reply, World, dom, worlds};

const REQUESTS: usize = 300;
/// Of a world in the long run: later on too many of its users have been shut out.
const REQUESTS_LONG: usize = 1200;
const LONG_RUN: Duration = Duration::from_secs(60);
/// Requests between two sign-ins of everybody.
const SIGN_INS: usize = 50;
const STATUSES: [u16; 7] = [200, 303, 400, 408, 413, 414, 431];
/// What tells of the inside. No request sends any of it.
const INSIDE: [&str; 8] =
    ["panic", "diesel", "sqlite", "SELECT", "$argon2", ".rs:", "constraint", env!("CARGO_MANIFEST_DIR")];

/// Did the answer say that something was done or found, and no error? Or what is wrong with it.
type Judged = Result<bool, String>;

fn judged(odd: &Odd, reply: &Reply) -> Judged {
    if !STATUSES.contains(&reply.status) {
        return Err(format!("HTTP status {}", reply.status));
    }
    if let Some(word) = INSIDE.iter().find(|word| reply.body.contains(**word)) {
        return Err(format!("the answer says `{word}`"));
    }
    let (mime, body) = (reply.mime(), reply.body.as_str());
    if reply.status != 200 {
        return Ok(reply.status == 303);
    }
    if mime == "application/pdf" {
        return Ok(body.starts_with("%PDF-"));
    }
    if !odd.out.is_none_or(|out| is_of(out, mime)) {
        return Err(format!("the answer is {mime}"));
    }
    match mime {
        "text/xml" => xml(body),
        "application/json" => json(body),
        "application/javascript; charset=UTF-8" => jsonp(body),
        "text/html; charset=UTF-8" => page(body),
        "text/plain; charset=UTF-8" => told(body.strip_prefix("ERROR ").unwrap_or_default()),
        "text/csv; charset=UTF-8" => told(body.strip_prefix("type,object,msg\r\n").unwrap_or_default()),
        mime => Err(format!("the answer is {mime}")),
    }
}

/// Is it the type of a format? Errors of unknown formats are told in XML.
fn is_of(out: &str, mime: &str) -> bool {
    match out.to_lowercase().as_str() {
        "xml" | "devel" => mime == "text/xml",
        "json" | "sjson" | "xjson" | "bjson" | "jsondata" => mime.starts_with("application/"),
        "text" => mime.starts_with("text/plain"),
        "csv" => mime.starts_with("text/csv"),
        _ => mime == "text/xml" || mime.starts_with("text/html"),
    }
}

/// By the type of the error, "" where there is none.
fn told(error: &str) -> Judged {
    match error.starts_with("system") {
        true => Err(format!("a system error: {error}")),
        false => Ok(error.is_empty()),
    }
}

fn xml(body: &str) -> Judged {
    told(&dom::find(&dom::parse(body)?, "/doc/error/@type").concat())
}

fn json(body: &str) -> Judged {
    let doc: Value = serde_json::from_str(body).map_err(|why| why.to_string())?;
    let error = doc.pointer("/doc/error").or_else(|| doc.get("error"));
    let kind = error.and_then(|error| error.get("$type").or_else(|| error.get("type")));
    told(kind.and_then(Value::as_str).unwrap_or_default())
}

fn jsonp(body: &str) -> Judged {
    let inner = body.split_once('(').and_then(|(_, rest)| rest.strip_suffix(");"));
    json(inner.ok_or("no call of the callback")?)
}

fn page(body: &str) -> Judged {
    if !body.starts_with("<!DOCTYPE html>") || !body.trim_end().ends_with("</html>") {
        return Err("half a page".into());
    }
    told(body.split_once("class=\"quiet\">").map_or("", |(_, rest)| rest))?;
    Ok(!body.contains("role=\"alert\""))
}

/// Sends requests as long as it is told to. Answers how many, after nothing went wrong.
fn send(world: &World, seed: u64, goes_on: impl Fn(usize) -> bool) -> usize {
    let mut maker = Maker::new(world, seed);
    let mut faults = Vec::new();
    let (mut count, mut done) = (0, 0);
    while goes_on(count) {
        if count % SIGN_INS == 0 {
            maker.sign_in();
        }
        let odd = maker.make();
        match odd.send(world).map(|reply| judged(&odd, &reply)) {
            Some(Err(why)) => faults.push(format!("seed {seed}, request {count}: {why}: {}", odd.words)),
            judged => done += usize::from(judged == Some(Ok(true))),
        }
        count += 1;
    }
    if done * 5 < count {
        faults.push(format!("seed {seed}: only {done} of {count} requests did anything"));
    }
    faults.extend(broken(world));
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    count
}

/// What the requests broke: the money, the server, the data that it reads.
fn broken(world: &World) -> Vec<String> {
    let report = world.app.db.read(rpc::BUDGET_SLOW, books::check::run);
    let mut broken: Vec<String> = match report {
        Ok(report) => report.faults.iter().map(|fault| format!("{fault:?}")).collect(),
        Err(error) => vec![format!("the check of the ledger: {error}")],
    };
    let reply = world.get("func=whoami&out=xml");
    if reply.status != 200 || dom::parse(&reply.body).is_err() {
        broken.push(format!("the server does not answer any more: {reply:?}"));
    }
    for func in world.app.registry.iter().filter(|func| !func.writes(false)) {
        let params = Params::of([("func", func.name())]);
        match rpc::call(&world.app, &Caller::own(), &params, rpc::BUDGET_SLOW, &mut NoRows) {
            Err(error) if error.kind == "system" => broken.push(format!("{}: {error}", func.name())),
            _ => {}
        }
    }
    broken
}

worlds! {
    /// R23 R45 A few hundred odd requests: every answer is one, and nothing is broken afterwards.
    fn odd_requests(world: &World) {
        send(world, 1, |count| count < REQUESTS);
    }
}

/// The same for a minute on each engine, in one world after the other, each with another seed.
/// RUST_LOG=error shows what the server logs.
#[test]
#[ignore = "takes minutes; tests/soak runs it"]
fn odd_requests_for_long() {
    let silent = EnvFilter::builder().with_default_directive(LevelFilter::OFF.into()).from_env_lossy();
    let _ = tracing_subscriber::fmt().with_env_filter(silent).with_writer(stderr).try_init();
    for engine in Engine::all() {
        let end = Instant::now() + LONG_RUN;
        let (mut seed, mut requests) = (2, 0);
        while Instant::now() < end {
            let goes_on = |count| count < REQUESTS_LONG && Instant::now() < end;
            requests += send(&World::new(engine), seed, goes_on);
            seed += 1;
        }
        println!("{engine:?}: {requests} requests in {} worlds", seed - 2);
    }
}
