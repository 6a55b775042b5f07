//! Odd requests, many of them: whatever is sent, the answer is one of the answers, nothing inside
//! shows, and the money is right afterwards. The normal run is short; `tests/soak` runs it long.

mod odd;
mod value;

use std::time::{Duration, Instant};

use billmgr::auth::Caller;
use billmgr::params::Params;
use billmgr::{books, rpc};
use serde_json::Value;

use self::odd::{Maker, Odd};
use crate::support::seed::NoRows;
use crate::support::{Engine, Reply, World, dom, worlds};

const REQUESTS: usize = 300;
/// Between two of a user.
const SIGN_INS: usize = 50;
const LONG_RUN: Duration = Duration::from_secs(60);
const STATUSES: [u16; 6] = [200, 303, 400, 408, 413, 414];
/// What tells of the inside. No request sends any of it.
const INSIDE: [&str; 8] =
    ["panic", "diesel", "sqlite", "SELECT", "$argon2", ".rs:", "constraint", env!("CARGO_MANIFEST_DIR")];

/// What is wrong with an answer, if anything is.
fn fault(odd: &Odd, reply: &Reply) -> Result<(), String> {
    if !STATUSES.contains(&reply.status) {
        return Err(format!("HTTP status {}", reply.status));
    }
    if let Some(word) = INSIDE.iter().find(|word| reply.body.contains(**word)) {
        return Err(format!("the answer says `{word}`"));
    }
    let mime = reply.mime();
    let wanted = odd.out.filter(|_| reply.status == 200).map(str::to_lowercase);
    let fits = match wanted.as_deref() {
        Some("xml" | "devel") => mime == "text/xml",
        Some("json" | "sjson" | "xjson" | "bjson" | "jsondata") => {
            mime == "application/json" || mime.starts_with("application/javascript")
        }
        _ => true,
    };
    match (fits, reply.status, mime) {
        (false, ..) => Err(format!("the answer is {mime}")),
        (_, 200, "text/xml") => xml(&reply.body),
        (_, 200, "application/json") => json(&reply.body),
        (_, 200, "text/html; charset=UTF-8") => page(&reply.body),
        (_, 200, mime) if mime.starts_with("application/javascript") => jsonp(&reply.body),
        (_, 200, mime) if mime.starts_with("text/plain") => {
            not(reply.body.starts_with("ERROR system("), "text")
        }
        (_, 200, mime) if mime.starts_with("text/csv") => not(reply.body.contains("\nsystem,"), "csv"),
        (_, 200, mime) => Err(format!("the answer is {mime}")),
        _ => Ok(()),
    }
}

fn not(is_system: bool, how: &str) -> Result<(), String> {
    if is_system { Err(format!("a system error in {how}")) } else { Ok(()) }
}

fn xml(body: &str) -> Result<(), String> {
    let doc = dom::parse(body)?;
    let is_system = dom::find(&doc, "/doc/error/@type") == ["system"];
    not(is_system, &dom::find(&doc, "/doc/error/@object").concat())
}

fn json(body: &str) -> Result<(), String> {
    let doc: Value = serde_json::from_str(body).map_err(|why| why.to_string())?;
    let error = doc.pointer("/doc/error").or_else(|| doc.get("error"));
    let kind = error.and_then(|error| error.get("$type").or_else(|| error.get("type")));
    not(kind.is_some_and(|kind| kind == "system"), "JSON")
}

fn jsonp(body: &str) -> Result<(), String> {
    let inner = body.split_once('(').and_then(|(_, rest)| rest.strip_suffix(");"));
    json(inner.ok_or("no call of the callback")?)
}

fn page(body: &str) -> Result<(), String> {
    if !body.starts_with("<!DOCTYPE html>") || !body.trim_end().ends_with("</html>") {
        return Err("half a page".into());
    }
    not(body.contains("class=\"quiet\">system("), "a page")
}

/// Sends requests until there are enough, and answers what is wrong with their answers.
fn odd_requests(world: &World, seed: u64, goes_on: impl Fn(usize) -> bool) -> Vec<String> {
    let mut maker = Maker::new(world, seed);
    let mut faults = Vec::new();
    let mut count = 0;
    while goes_on(count) {
        if count % SIGN_INS == 0 {
            maker.sign_in();
        }
        let odd = maker.make();
        if let Some(Err(why)) = odd.send(world).map(|reply| fault(&odd, &reply)) {
            faults.push(format!("seed {seed} request {count}: {why}: {}", odd.words));
        }
        count += 1;
    }
    faults.extend(broken(world));
    faults
}

/// What the requests broke: the money, the server, the data that it reads.
fn broken(world: &World) -> Vec<String> {
    let report = world.app.db.read(rpc::BUDGET_SLOW, books::check::run);
    let mut faults: Vec<String> = match report {
        Ok(report) => report.faults.iter().map(|fault| format!("{fault:?}")).collect(),
        Err(error) => vec![format!("the check of the ledger: {error}")],
    };
    let reply = world.get("func=whoami&out=xml");
    if dom::parse(&reply.body).is_err() || reply.status != 200 {
        faults.push(format!("the server does not answer any more: {reply:?}"));
    }
    for func in world.app.registry.iter().filter(|func| !func.writes(false)) {
        let params = Params::of([("func", func.name())]);
        match rpc::call(&world.app, &Caller::own(), &params, rpc::BUDGET_SLOW, &mut NoRows) {
            Err(error) if error.kind == "system" => faults.push(format!("{}: {error}", func.name())),
            _ => {}
        }
    }
    faults
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

worlds! {
    /// R23 R45 A few hundred odd requests: every answer is one, and nothing is broken afterwards.
    fn odd_requests_are_answered(world: &World) {
        none(&odd_requests(world, 1, |count| count < REQUESTS));
    }
}

/// The same for a minute on each engine, in one world after the other, each with another seed.
/// What the server logs goes to stderr.
#[test]
#[ignore = "takes minutes; tests/soak runs it"]
fn odd_requests_for_long() {
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(std::io::stderr)
        .try_init();
    for engine in Engine::all() {
        let end = Instant::now() + LONG_RUN;
        let _keeps_the_template = World::new(engine);
        let mut seed = 2;
        while Instant::now() < end {
            let goes_on = |count| count < 4 * REQUESTS && Instant::now() < end;
            none(&odd_requests(&World::new(engine), seed, goes_on));
            seed += 1;
        }
        println!("{engine:?}: {} worlds", seed - 2);
    }
}
