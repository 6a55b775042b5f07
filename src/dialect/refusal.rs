//! Our errors as another API tells them.

use std::sync::Arc;

use super::answer::{Body, Response};
use super::find::ALLOW;
use super::route::{Dialect, Errors, Route};
use super::{status, text};
use crate::app::App;
use crate::auth::Caller;
use crate::error::Error;
use crate::json::Json;
use crate::params::Params;
use crate::rpc::envelope;

/// The other side is told in words what is wrong; the cause is the log's.
pub fn refused(
    app: &Arc<App>,
    dialect: &'static Dialect,
    caller: &Caller,
    (route, error): (Option<&Route>, &Error),
) -> Response {
    if let Some(cause) = &error.cause {
        tracing::error!("{}({}): {cause}", error.kind, error.object);
    }
    if (error.kind, error.object.as_str()) == ("missed", "endpoint") && !dialect.lost.is_empty() {
        return lost(&dialect.lost);
    }
    let allow = error.param(ALLOW).map(str::to_owned);
    let told = match dialect.errors {
        Errors::Words => worded(app, dialect, caller, (route, error)),
        Errors::Texts => texted(dialect, route, error),
    };
    Response { allow, ..told }
}

fn worded(
    app: &Arc<App>,
    dialect: &Dialect,
    caller: &Caller,
    (route, error): (Option<&Route>, &Error),
) -> Response {
    // Whose words tell what is wrong.
    let func = route.and_then(|route| route.calls.first()).map_or("", |call| &call.func);
    let params = Params::of([("lang", "en"), ("func", func)]);
    let document = envelope::error(app, caller, &params, error).doc;
    let words = document.get("error").and_then(|node| node.get_text("msg").or(node.get_text("detail")));
    let words = Json::text(words.unwrap_or(error.kind).trim());
    enveloped(dialect, status::of(error), vec![("error".to_owned(), words)])
}

/// What the file says of an error: first of this route, then of all.
fn texted(dialect: &Dialect, route: Option<&Route>, error: &Error) -> Response {
    let own = route.into_iter().flat_map(|route| &route.refusals);
    let found = own.chain(&dialect.refusals).find(|refusal| refusal.fits(error));
    let (status, text) = found.map_or((500, ""), |refusal| (refusal.status, refusal.text.as_str()));
    plain(status, &text::filled(text, |name| error.param(name).map(str::to_owned)))
}

/// A reply of the dialect with its member that says whether it was done.
pub fn enveloped(dialect: &Dialect, status: u16, members: Vec<(String, Json)>) -> Response {
    let is_done = (dialect.ok.clone(), Json::Bool(status == 200));
    let mut body = String::new();
    Json::Object([is_done].into_iter().chain(members).collect()).write(&mut body);
    Response { status, ..Response::json(Body::whole(body)) }
}

pub fn plain(status: u16, text: &str) -> Response {
    Response { status, mime: "text/plain", ..Response::json(Body::whole(text)) }
}

/// What is answered where a call came to a bad end.
pub fn broken(dialect: &Dialect) -> Response {
    match dialect.errors {
        Errors::Words => enveloped(dialect, 500, vec![("error".to_owned(), Json::text("Internal error"))]),
        Errors::Texts => texted(dialect, None, &Error::system("a handler panicked")),
    }
}

fn lost(location: &'static str) -> Response {
    let body = format!("<a href=\"{location}\">Found</a>.");
    Response { status: 302, location: Some(location), mime: "text/html", ..Response::json(Body::whole(body)) }
}
