//! One foreign call: who, which route, with what, and the reply.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;

use super::find::Found;
use super::input::{self, Around, Sent};
use super::kept;
use super::part::Call;
use super::prepared;
use super::refusal::{broken, enveloped, plain, refused};
use super::reply::Rows;
use super::route::{Dialect, Proof, Route};
use super::text;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::apikey::{self, Opens};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::rpc::{self, BUDGET_FAST, BUDGET_SLOW};

/// The parameter that is a key, where the dialect takes it as one.
const KEY: &str = "api_key";
const FORM: &str = "application/x-www-form-urlencoded";

/// A call as it arrived.
#[derive(Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    /// The type of the body, or "".
    pub content_type: String,
    pub body: Vec<u8>,
    /// The key that a header shows, or "".
    pub key: String,
    /// Headers that a route may ask for, by their names.
    pub headers: Vec<(&'static str, String)>,
    pub ip: Option<IpAddr>,
    pub host: String,
    /// Its route as far as its head tells it.
    pub found: Option<Found<'static>>,
}

pub struct Response {
    pub status: u16,
    pub allow: Option<String>,
    pub location: Option<&'static str>,
    pub mime: &'static str,
    pub body: Body,
}

/// Pieces that are made while those before them leave.
pub type Pieces = Box<dyn Iterator<Item = Bytes> + Send>;

pub enum Body {
    Whole(Bytes),
    Pieces(Pieces),
}

impl Body {
    pub fn whole(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Whole(bytes.into().into())
    }
}

impl Response {
    pub fn json(body: Body) -> Self {
        Self { status: 200, allow: None, location: None, mime: "application/json", body }
    }
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or("", |(_, text)| text)
    }

    fn ip(&self) -> IpAddr {
        self.ip.unwrap_or(IpAddr::from([0, 0, 0, 0]))
    }

    fn nobody(&self) -> Caller {
        Caller::nobody(self.ip())
    }
}

/// The route of a request as far as its head tells it.
pub fn route(dialect: &'static Dialect, request: &Request) -> Result<Found<'static>> {
    match &request.found {
        Some(found) => Ok(found.clone()),
        None => dialect.find(&request.path, &Sent::read(&request.query, b"")?, &request.method),
    }
}

/// How long the body of a call may be: longer where its function takes that much, of who shows a key that
/// opens the dialect. Nothing where that needs no looking up.
pub fn upload_bytes(app: &App, dialect: &'static Dialect, request: &Request) -> usize {
    let Ok(found) = route(dialect, request) else { return 0 };
    let funcs = found.route.calls.iter().filter_map(|call| app.registry.get(&call.func));
    funcs.map(|func| func.meta.upload_bytes).max().unwrap_or(0)
}

/// Does this key open the dialect from there? Blocks.
pub fn is_opened(app: &App, dialect: &Dialect, key: &str, ip: IpAddr) -> bool {
    apikey::caller(app, key, ip).is_ok_and(|(_, opens)| opens_it(dialect, opens))
}

fn opens_it(dialect: &Dialect, opens: Opens) -> bool {
    dialect.keys.split(' ').any(|kind| kind == opens.word())
}

/// Blocks: it reads and writes the database.
pub fn respond(app: &Arc<App>, dialect: &'static Dialect, request: &Request) -> Response {
    within(app, dialect, request, BUDGET_SLOW).unwrap_or_else(|| broken(dialect))
}

/// The whole reply, unless something of it may wait: what only looks is answered where it was read.
pub fn respond_at_once(app: &Arc<App>, dialect: &'static Dialect, request: &Request) -> Option<Response> {
    let found = route(dialect, request).ok()?;
    let is_short = !found.route.is_kept() && found.route.prepared.is_empty();
    let looks = |call: &Call| {
        let submits = found.route.submits(&request.method) && !call.looks();
        let func = app.registry.get(&call.func);
        func.is_some_and(|func| !func.writes(submits) && !func.meta.answers.is_slow())
    };
    match is_short && found.route.calls.iter().all(looks) {
        true => within(app, dialect, request, BUDGET_FAST),
        false => None,
    }
}

/// Nothing where the time that a call has did not suffice.
fn within(
    app: &Arc<App>,
    dialect: &'static Dialect,
    request: &Request,
    budget: Duration,
) -> Option<Response> {
    let early = route(dialect, request);
    let at = early.as_ref().ok().map(|found| found.route);
    let refuse =
        |route: Option<&Route>, caller: &Caller, error: &Error| refused(app, dialect, caller, (route, error));
    if let (Err(error), true) = (&early, dialect.is_of_paths()) {
        return Some(refuse(None, &request.nobody(), error));
    }
    let sent = sent(dialect, request);
    let who = match at.is_some_and(Route::is_guest) {
        true => Ok((request.nobody(), "")),
        false => identified(app, dialect, request, sent.as_ref().ok()),
    };
    let (caller, key) = match who {
        Ok(known) => known,
        Err(error) => return Some(refuse(at, &request.nobody(), &error)),
    };
    let found = sent.and_then(|sent| match (dialect.is_of_paths(), early) {
        (true, Ok(found)) => Ok((found, sent)),
        _ => Ok((dialect.find(&request.path, &sent, &request.method)?, sent)),
    });
    let (found, mut sent) = match found {
        Ok(found) => found,
        Err(error) => return Some(refuse(at, &caller, &error)),
    };
    let members = found.segments.into_iter().map(|(name, text)| (name, Json::Text(text)));
    sent.add(members.collect());
    let asked = Asked { app, dialect, route: found.route, caller: &caller, request, budget };
    match asked.done(&sent, key) {
        Err(error) if error.kind == "timeout" && budget == BUDGET_FAST => None,
        done => Some(done.unwrap_or_else(|error| refuse(Some(found.route), &caller, &error))),
    }
}

/// Who shows a key that opens the dialect, and its kind.
fn identified(
    app: &App,
    dialect: &Dialect,
    request: &Request,
    sent: Option<&Sent>,
) -> Result<(Caller, &'static str)> {
    let key = match dialect.proof {
        Proof::Param => sent.map_or("", |sent| sent.text(KEY)),
        Proof::Header | Proof::Bearer => &request.key,
    };
    let (caller, opens) = apikey::caller(app, key, request.ip())?;
    match opens_it(dialect, opens) {
        true => Ok((caller, opens.word())),
        false => Err(Error::access("apikey")),
    }
}

/// A request whose body could not be read.
pub fn unread(app: &Arc<App>, dialect: &'static Dialect, request: &Request, error: &Error) -> Response {
    let found = route(dialect, request).ok();
    refused(app, dialect, &request.nobody(), (found.map(|found| found.route), error))
}

/// A body is what the dialect takes, and says so.
fn sent(dialect: &Dialect, request: &Request) -> Result<Sent> {
    let kind = request.content_type.split(';').next().unwrap_or_default().trim();
    if !request.body.is_empty() && !dialect.takes_body(kind) {
        return Err(Error::value("content_type", kind));
    }
    match kind.eq_ignore_ascii_case(FORM) {
        true => Ok(Sent::read_form(&request.query, &request.body)),
        false => Sent::read(&request.query, &request.body),
    }
}

struct Asked<'a> {
    app: &'a Arc<App>,
    dialect: &'static Dialect,
    route: &'static Route,
    caller: &'a Caller,
    request: &'a Request,
    /// Of each call.
    budget: Duration,
}

impl Asked<'_> {
    fn done(&self, sent: &Sent, key: &str) -> Result<Response> {
        let around = Around {
            key,
            account: |login: &str| self.account_of(login),
            header: |name: &str| self.request.header(name),
            lookup: |of: &str, number: String| self.named(of, number),
        };
        let params = input::params(self.route, sent, &around)?;
        if let Some(pieces) = prepared::pieces(self.app, &self.route.prepared, &params)? {
            return Ok(Response::json(Body::Pieces(pieces)));
        }
        match self.route.is_kept() {
            true => {
                let of = (self.dialect, self.route, &params);
                kept::reply(self.app, of, || self.made(&params)).map(Body::Whole).map(Response::json)
            }
            false => self.made(&params),
        }
    }

    fn made(&self, params: &Params) -> Result<Response> {
        let (mut reply, mut said) = (Json::Object(Vec::new()), None);
        if !self.route.message.is_empty() {
            reply = Json::Object(vec![("message".to_owned(), Json::text(&self.route.message))]);
        }
        for call in self.route.calls.iter().filter(|call| is_meant(call, params)) {
            let mut rows = Rows::new(self.dialect);
            let answer =
                rpc::call(self.app, self.caller, &self.of_call(call, params), self.budget, &mut rows)?;
            self.add_inner(&mut rows, call)?;
            let made = (params, &answer, &rows);
            call.replies.iter().for_each(|reply_of| self.dialect.lay(reply_of, made, &mut reply));
            said = said.or_else(|| text::of(&call.texts, &answer.doc));
            if let (Some(_), Json::Object(members)) = (self.route.pages, &mut reply) {
                let total = answer.doc.get_text("p_elems").and_then(|text| text.parse().ok());
                members.extend(total.map(|total| (self.route.total.clone(), Json::int(total))));
            }
        }
        let is_text = self.route.calls.iter().any(|call| !call.texts.is_empty());
        match (said, reply) {
            (Some(said), _) => Ok(plain(200, &said)),
            (None, _) if is_text => Err(Error::missed("reply")), // nothing that the file foresees
            _ if self.route.is_silent() => Ok(Response::json(Body::whole(""))),
            (None, Json::Object(members)) if !self.dialect.ok.is_empty() => {
                Ok(enveloped(self.dialect, 200, members))
            }
            (None, reply) => {
                let mut body = String::new();
                reply.write(&mut body);
                Ok(Response::json(Body::whole(body)))
            }
        }
    }

    fn of_call(&self, call: &Call, params: &Params) -> Params {
        let mut params = self.addressed(params.clone());
        params.set("func", &call.func);
        if !params.has("lang") {
            params.set("lang", "en");
        }
        call.sets.iter().for_each(|set| params.set(&set.name, &set.value));
        if self.route.submits(&self.request.method) && !call.looks() {
            params.set("sok", "ok");
        }
        params
    }

    fn addressed(&self, mut params: Params) -> Params {
        params.manner_mut().host = self.request.host.clone();
        params
    }

    /// The account of a client's login, if it is the caller's. Error `missed(login)` for any other.
    fn account_of(&self, login: &str) -> Result<String> {
        let params = self.addressed(Params::of([("func", "account.checklogin"), ("login", login)]));
        let answer = rpc::call(self.app, self.caller, &params, self.budget, &mut NoRows)?;
        let account = answer.doc.get_text("account").map(str::to_owned);
        account.ok_or_else(|| Error::missed("login").with("value", login))
    }

    /// The word that a row has for a number or a word (`In::lookup`), or what was sent where there is no row.
    fn named(&self, of: &str, sent: String) -> Result<String> {
        let (func, column) = of.split_once(':').unwrap_or((of, "name"));
        let (func, by) = func.split_once('?').unwrap_or((func, "id"));
        let params = Params::of([("func", func), ("filter", "on"), (by, sent.as_str())]);
        let mut rows = Rows::new(self.dialect);
        rpc::call(self.app, self.caller, &self.addressed(params), self.budget, &mut rows)?;
        match rows.find(by, &sent, column) {
            Some(word) => Ok(word),
            None if by == "id" => Ok(sent),
            None => Err(Error::missed(by).with("value", sent)),
        }
    }

    /// The rows that each row has of its own.
    fn add_inner<'c>(&self, rows: &mut Rows<'c>, call: &'c Call) -> Result<()> {
        let outs = call.replies.iter().flat_map(|reply| &reply.outs).filter(|out| !out.func.is_empty());
        for out in outs {
            for row in 0..rows.len() {
                let Some(elid) = rows.elid(row, out) else { continue };
                let params =
                    Params::of([("func", out.func.as_str()), ("out", "csv"), ("elid", elid.as_str())]);
                let mut inner = Rows::new(self.dialect);
                rpc::call(self.app, self.caller, &self.addressed(params), self.budget, &mut inner)?;
                rows.add_inner(row, out, &inner);
            }
        }
        Ok(())
    }
}

fn is_meant(call: &Call, params: &Params) -> bool {
    call.when.split_once('=').is_none_or(|(name, value)| params.get(name) == value)
}
