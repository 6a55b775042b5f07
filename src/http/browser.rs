//! What only a browser asks for: pages around answers, places to go to, files that pages link to.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};

use super::{Reply, request, whole};
use crate::app::App;
use crate::auth::Caller;
use crate::doc::{Answer, Body, Node};
use crate::error::Error;
use crate::params::Params;
use crate::render::html;
use crate::rpc::list::NoRows;
use crate::rpc::{self, describe, envelope};

/// Where somebody who is signed in begins.
const START: &str = "desktop";
const SIGN_IN: &str = "logon";

/// Pages name no format; everything else does (protocol.md §3.8).
pub fn is_page(out: &str) -> bool {
    out.is_empty() || out.eq_ignore_ascii_case("html")
}

/// A path where no calls are answered: a file of the panel, or nothing.
pub fn other_path(path: &str) -> Reply {
    let Some((mime, bytes)) = html::asset(path) else {
        let mut reply = whole("not found\n");
        *reply.status_mut() = StatusCode::NOT_FOUND;
        return reply;
    };
    let mut reply = whole(bytes);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    reply
}

/// A browser need not name a function, and its language stands in a cookie.
pub fn complete(params: &mut Params, headers: &HeaderMap) {
    if !is_page(params.get("out")) {
        return;
    }
    params.manner_mut().page = true;
    if !params.has("func") {
        let knows_us = request::cookie(headers, request::SESSION_COOKIE).is_some();
        params.set("func", if knows_us { START } else { SIGN_IN });
    }
    let cookie = request::cookie(headers, request::LANG_COOKIE).and_then(|value| value.split(':').nth(1));
    if let Some(lang) = cookie {
        params.manner_mut().lang = lang.to_owned();
    }
}

/// Adds the menu and the user that a page shows around its answer.
pub fn add_frame(app: &App, caller: &Caller, params: &Params, answer: &mut Answer) {
    let lang = envelope::lang(app, caller, params);
    if caller.is_known() {
        answer.doc.kids.push(describe::menu(&app.registry, caller, &lang));
        let level = caller.level().number().to_string();
        let user = Node::new("user").attr("name", &caller.user.name).attr("level", level);
        let before = caller.path.iter().rev().nth(1);
        let user = before.into_iter().fold(user, |user, hop| user.attr("from", &hop.name));
        answer.doc.kids.push(user);
    }
}

/// A language chosen on a page stays chosen (protocol.md §1.2).
pub fn lang_cookie(params: &Params) -> Option<HeaderValue> {
    let lang = params.get("lang");
    let is_word = !lang.is_empty() && lang.len() <= 8 && lang.bytes().all(|byte| byte.is_ascii_alphabetic());
    let cookie = format!("{}={}:{lang}; Path=/; SameSite=Lax", request::LANG_COOKIE, envelope::THEME_NAME);
    is_word.then(|| HeaderValue::from_str(&cookie).ok()).flatten()
}

pub fn see_other(location: &str) -> Reply {
    let mut reply = whole("");
    *reply.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(location) {
        reply.headers_mut().insert(LOCATION, location);
    }
    reply
}

/// The page of a refusal: the form it came from with the error beside its field, the sign-in page
/// for who is not signed in, else a page of its own.
pub fn refused(app: &Arc<App>, caller: &Caller, params: &Params, error: &Error, inner: Params) -> Answer {
    let told = envelope::error(app, caller, params, error);
    let form = caller.is_known().then(|| reopened(app, caller, inner)).flatten();
    let mut answer = form.unwrap_or_else(|| {
        let func = if error.kind == "auth" { SIGN_IN } else { params.func() };
        bare(app, caller, params, func)
    });
    answer.doc.kids.extend(told.doc.kids);
    add_frame(app, caller, params, &mut answer);
    answer
}

/// The form once more, as it was filled in.
fn reopened(app: &Arc<App>, caller: &Caller, mut params: Params) -> Option<Answer> {
    params.submits().then_some(())?;
    ["sok", "snext", "clicked_button"].iter().for_each(|name| drop(params.remove(name)));
    let answer = rpc::call(app, caller, &params, rpc::BUDGET_SLOW, &mut NoRows).ok()?;
    (answer.body == Body::Form).then_some(answer)
}

/// A document that holds only the words of a page.
fn bare(app: &App, caller: &Caller, params: &Params, func: &str) -> Answer {
    let lang = envelope::lang(app, caller, params);
    let doc = Node::new("doc").attr("lang", &lang).attr("func", func);
    let username = Node::leaf("username", params.get("username"));
    let doc = doc.kid(describe::common_messages(&app.registry, &lang)).kid(username);
    Answer::new(Body::Error, doc)
}
