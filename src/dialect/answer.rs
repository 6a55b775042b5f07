//! One foreign call: who, which route, with what, and the reply.

use std::net::IpAddr;
use std::sync::Arc;

use super::input::{self, Around, Sent};
use super::reply::Rows;
use super::route::{Call, Dialect, Route};
use super::status;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::apikey::{self, Opens};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::params::Params;
use crate::rpc::list::NoRows;
use crate::rpc::{self, BUDGET_SLOW, envelope};

/// The methods that a route takes, in an error about another.
const ALLOW: &str = "allow";

/// A call as it arrived.
pub struct Request {
    pub method: String,
    pub query: String,
    /// The type of the body, or "".
    pub content_type: String,
    pub body: Vec<u8>,
    /// What stands in `X-API-Key`.
    pub key: String,
    /// Headers that a route may ask for, by their names.
    pub headers: Vec<(&'static str, String)>,
    pub ip: IpAddr,
    pub host: String,
}

pub struct Response {
    pub status: u16,
    pub allow: Option<String>,
    pub body: String,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or("", |(_, text)| text)
    }
}

/// How long the body of a call may be: longer where its function takes that much, of who shows a key that
/// opens the dialect. Nothing where that needs no looking up.
pub fn upload_bytes(app: &App, dialect: &Dialect, query: &str) -> usize {
    let Ok(sent) = Sent::read(query, b"") else { return 0 };
    let route = dialect.route(sent.text("endpoint"));
    let calls = route.into_iter().flat_map(|route| &route.calls);
    let funcs = calls.filter_map(|call| app.registry.get(&call.func));
    funcs.map(|func| func.meta.upload_bytes).max().unwrap_or(0)
}

/// Does this key open the dialect from there? Blocks.
pub fn is_opened(app: &App, dialect: &Dialect, key: &str, ip: IpAddr) -> bool {
    apikey::caller(app, key, ip)
        .is_ok_and(|(_, opens)| dialect.keys.split(' ').any(|kind| kind == opens.word()))
}

/// Blocks: it reads and writes the database.
pub fn respond(app: &Arc<App>, dialect: &Dialect, request: &Request) -> Response {
    let (caller, opens) = match apikey::caller(app, &request.key, request.ip) {
        Ok(known) => known,
        Err(error) => return unread(app, dialect, request, &error),
    };
    match done(app, dialect, request, (&caller, opens)) {
        Ok(members) => made(dialect, 200, members, None),
        Err(error) => refused(app, dialect, request, &caller, &error),
    }
}

fn done(
    app: &Arc<App>,
    dialect: &Dialect,
    request: &Request,
    (caller, opens): (&Caller, Opens),
) -> Result<Members> {
    if !dialect.keys.split(' ').any(|kind| kind == opens.word()) {
        return Err(Error::access("apikey"));
    }
    let sent = sent(request)?;
    let endpoint = sent.text("endpoint");
    let route = dialect.route(endpoint);
    let route = route.ok_or_else(|| Error::missed("endpoint").with("value", endpoint))?;
    if !route.takes(&request.method) {
        let allow = route.method.replace(' ', ", ");
        return Err(Error::value("method", &request.method).with(ALLOW, allow));
    }
    let around = Around {
        key: opens.word(),
        account: |login: &str| account_of(app, caller, request, login),
        header: |name: &str| request.header(name),
    };
    let params = input::params(route, &sent, &around)?;
    members(app, dialect, route, &Asked { caller, params, request })
}

/// A request that shows no key, or whose body could not be read.
pub fn unread(app: &App, dialect: &Dialect, request: &Request, error: &Error) -> Response {
    refused(app, dialect, request, &Caller::nobody(request.ip), error)
}

/// What is answered where a call came to a bad end.
pub fn broken(dialect: &Dialect) -> Response {
    made(dialect, 500, vec![("error".to_owned(), Json::text("Internal error"))], None)
}

fn made(dialect: &Dialect, status: u16, members: Members, allow: Option<String>) -> Response {
    let is_done = (dialect.ok.clone(), Json::Bool(status == 200));
    let mut body = String::new();
    Json::Object([is_done].into_iter().chain(members).collect()).write(&mut body);
    Response { status, allow, body }
}

type Members = Vec<(String, Json)>;

/// The other side is told in words what is wrong; the cause is the log's.
fn refused(app: &App, dialect: &Dialect, request: &Request, caller: &Caller, error: &Error) -> Response {
    if let Some(cause) = &error.cause {
        tracing::error!("{}({}): {cause}", error.kind, error.object);
    }
    let params = Params::of([("lang", "en"), ("func", func_of(dialect, request))]);
    let document = envelope::error(app, caller, &params, error).doc;
    let words = document.get("error").and_then(|node| node.get_text("msg").or(node.get_text("detail")));
    let words = Json::text(words.unwrap_or(error.kind).trim());
    let allow = error.param(ALLOW).map(str::to_owned);
    made(dialect, status::of(error), vec![("error".to_owned(), words)], allow)
}

/// Whose words tell what is wrong.
fn func_of<'d>(dialect: &'d Dialect, request: &Request) -> &'d str {
    let endpoint = Sent::read(&request.query, b"").ok();
    let route = endpoint.and_then(|sent| dialect.route(sent.text("endpoint")));
    route.and_then(|route| route.calls.first()).map_or("", |call| &call.func)
}

/// A body is JSON and says so.
fn sent(request: &Request) -> Result<Sent> {
    let kind = request.content_type.split(';').next().unwrap_or_default().trim();
    if !request.body.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Error::value("content_type", kind));
    }
    Sent::read(&request.query, &request.body)
}

/// The account of a client's login, if it is the caller's. Error `missed(login)` for any other.
fn account_of(app: &Arc<App>, caller: &Caller, request: &Request, login: &str) -> Result<String> {
    let params = addressed(Params::of([("func", "account.checklogin"), ("login", login)]), request);
    let answer = rpc::call(app, caller, &params, BUDGET_SLOW, &mut NoRows)?;
    let account = answer.doc.get_text("account").map(str::to_owned);
    account.ok_or_else(|| Error::missed("login").with("value", login))
}

fn addressed(mut params: Params, request: &Request) -> Params {
    params.manner_mut().host = request.host.clone();
    params
}

struct Asked<'a> {
    caller: &'a Caller,
    params: Params,
    request: &'a Request,
}

fn members(app: &Arc<App>, dialect: &Dialect, route: &Route, asked: &Asked) -> Result<Members> {
    let mut members = Members::new();
    if !route.message.is_empty() {
        members.push(("message".to_owned(), Json::text(&route.message)));
    }
    for call in route.calls.iter().filter(|call| is_meant(call, &asked.params)) {
        let mut rows = Rows::new(dialect);
        let params = of_call(call, asked);
        let answer = rpc::call(app, asked.caller, &params, BUDGET_SLOW, &mut rows)?;
        call.replies.iter().for_each(|reply| dialect.lay(reply, &answer, &rows, &mut members));
        if route.pages.is_some() {
            let number = |name: &str| answer.doc.get_text(name).and_then(|text| text.parse().ok());
            members.extend(number("p_elems").map(|total| ("total".to_owned(), Json::int(total))));
        }
    }
    Ok(members)
}

fn is_meant(call: &Call, params: &Params) -> bool {
    call.when.split_once('=').is_none_or(|(name, value)| params.get(name) == value)
}

fn of_call(call: &Call, asked: &Asked) -> Params {
    let mut params = addressed(asked.params.clone(), asked.request);
    params.set("func", &call.func);
    params.set("lang", "en");
    call.sets.iter().for_each(|set| params.set(&set.name, &set.value));
    if asked.request.method == "POST" {
        params.set("sok", "ok");
    }
    params
}
