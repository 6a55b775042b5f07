//! What only a browser asks for: pages around answers, places to go to, files that pages link to.

use std::sync::Arc;
use std::time::Instant;

use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, REFERER, VARY,
    X_CONTENT_TYPE_OPTIONS,
};

use super::beside::Beside;
use super::{Reply, compress, counters, request, stale, whole};
use crate::app::App;
use crate::auth::{Caller, OWN_PASSWD, totp};
use crate::doc::{Answer, Body, Node};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::params::{Panel, Params};
use crate::render::html;
use crate::rpc::list::NoRows;
use crate::rpc::meta::Shape;
use crate::rpc::wording::Wording;
use crate::rpc::{self, describe, envelope};

/// Where somebody who is signed in begins.
const START: &str = "desktop";
const SIGN_IN: &str = "logon";

/// Pages name no format; everything else does (protocol.md §3.8).
pub fn is_page(out: &str) -> bool {
    out.is_empty() || out.eq_ignore_ascii_case("html")
}

/// A path where no calls are answered: a file of the panel, or nothing.
pub fn other_path(path: &str, headers: &HeaderMap) -> Reply {
    let gzip = compress::wants(headers, true);
    if let Some(asset) = html::asset(path) {
        let body = if gzip { asset.gzip.as_slice() } else { asset.bytes };
        return file(whole(body), asset.mime, gzip);
    }
    if let Some(css) = html::titles::css(path) {
        return file(whole(css), html::titles::MIME, false);
    }
    let mut reply = whole("not found\n");
    *reply.status_mut() = StatusCode::NOT_FOUND;
    reply
}

/// A file whose name changes with its content.
fn file(mut reply: Reply, mime: &'static str, gzip: bool) -> Reply {
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
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
    let theme = request::cookie(headers, request::THEME_COOKIE).unwrap_or_default();
    let theme = if is_theme(params.get("theme")) { params.get("theme") } else { theme }.to_owned();
    let sent = |name: &str, params: &mut Params| params.remove(name).unwrap_or_default();
    let panel = Panel {
        back: Some(sent("p_back", params))
            .filter(|back| !back.is_empty())
            .unwrap_or_else(|| came_from(headers)),
        once: sent(html::ONCE, params),
        seen: sent(html::SEEN, params),
        goes_on: sent(html::GOES_ON, params),
        theme,
    };
    params.manner_mut().panel = panel;
    ask_first(params);
}

const THEMES: [&str; 3] = ["light", "dark", "system"];

fn is_theme(text: &str) -> bool {
    THEMES.contains(&text)
}

/// A longer address is not worth to come back to.
const BACK_BYTES_MAX: usize = 2000;

/// The query of the page that sent us here. Its host is of no interest: a query alone leads nowhere else.
fn came_from(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let query = referer.split_once('?').map_or("", |(_, query)| query);
    query.chars().filter(|c| *c != '#').take(BACK_BYTES_MAX).collect()
}

/// A button that is confirmed first comes with the ticked rows, but shows its list once more.
fn ask_first(params: &mut Params) {
    if !params.has("ask") {
        return;
    }
    let rows = params.remove("elid").unwrap_or_default();
    params.set("asked", rows);
    if let Some(parent) = params.remove("plid") {
        params.set("elid", parent);
    }
}

/// Adds the menu and the user that a page shows around its answer.
pub fn add_frame(page: &Beside, params: &Params, answer: &mut Answer) -> Result<()> {
    let Beside { app, caller, .. } = *page;
    let lang = envelope::lang(app, caller, params);
    let frame = frame(page, params, answer)?;
    answer.doc.kids.push(frame);
    if caller.is_known() {
        let mut menu = describe::menu(&app.registry, caller, &lang);
        counters::mark(page, &mut menu)?;
        answer.doc.kids.push(menu);
        let level = caller.level().number().to_string();
        let user = Node::new("user").attr("name", &caller.user.name).attr("level", level);
        let before = caller.path.iter().rev().nth(1);
        let user = before.into_iter().fold(user, |user, hop| user.attr("from", &hop.name));
        answer.doc.kids.push(user);
    }
    Ok(())
}

/// The same where a page is needed: one without a menu is better than none.
pub fn add_frame_patiently(app: &Arc<App>, caller: &Caller, params: &Params, answer: &mut Answer) {
    if let Err(late) = add_frame(&Beside::patient(app, caller), params, answer) {
        tracing::error!(func = params.func(), "a page is shown without a menu: {late}");
    }
}

/// A printed list says when it was made.
pub fn date_print(app: &App, caller: &Caller, params: &Params, answer: &mut Answer) {
    if params.get("out").eq_ignore_ascii_case("print") && answer.body == Body::List {
        let zone = caller.user.provider_zone.clone().unwrap_or_else(|| app.config.load().time_zone.clone());
        answer.doc.kids.push(Node::new(html::FRAME).attr("at", zone.time(app.clock.now_us())));
    }
}

/// What the page needs to know beside its answer.
fn frame(page: &Beside, params: &Params, answer: &Answer) -> Result<Node> {
    let Beside { app, caller, .. } = *page;
    let panel = &params.manner().panel;
    let named = |(code, name)| Node::leaf(html::LANG, name).attr("code", code);
    let langs: Vec<Node> = app.registry.words.named().into_iter().map(named).collect();
    let frame = Node::new(html::FRAME).attr("theme", &panel.theme).attr("back", &panel.back);
    let mut frame = frame.with(langs);
    let is_test = caller.level().is_staff() && !app.config.load().production;
    match (crate::demo::is_on(), is_test) {
        (true, _) => frame = frame.attr("mark", "demo"),
        (false, true) => frame = frame.attr("mark", "test"),
        (false, false) => {}
    }
    if !caller.is_known() && !app.config.load().disable_registration {
        frame = frame.attr("registers", "yes");
    }
    if caller.user.account_id != 0 {
        frame = frame.attr("balance", balance(page)?.unwrap_or_default());
    }
    let saved = caller.user.saved_filters.iter().filter(|saved| saved.list == params.func());
    let saved = saved.map(|saved| Node::leaf("saved", &saved.name).attr("query", &saved.query));
    frame = frame.with(saved);
    if answer.body == Body::Form && !caller.is_known() {
        frame = frame.attr("cancel", format!("?func={SIGN_IN}")).attr(html::GOES_ON, &panel.goes_on);
    }
    if answer.body == Body::Form && caller.is_known() {
        let error = answer.doc.get("error").and_then(|error| error.get_attr("type"));
        let seen = match error {
            Some(kind) if kind != "stale" => panel.seen.clone(),
            _ => stale::newest(page, params)?.map(|entry| entry.id).unwrap_or_default(),
        };
        frame = frame.attr(html::ONCE, crate::auth::session::new_id()).attr(html::SEEN, seen);
    }
    Ok(frame)
}

/// The client's money as `whoami` tells it.
fn balance(page: &Beside) -> Result<Option<String>> {
    let answer = page.ask(&Params::of([("func", "whoami")]), &mut NoRows)?;
    let told = |user: &Node| Some(format!("{} {}", user.get_attr("balance")?, user.get_attr("currency")?));
    Ok(answer.and_then(|answer| told(answer.doc.get("user")?)))
}

/// Where a browser goes that has signed in on the way to something else.
pub enum Onward {
    To(String),
    /// The form that was filled in when the session ended.
    Form(Answer),
}

/// The call that wanted an identity, now that there is one. Only what reads: nothing is saved unseen.
pub fn goes_on(app: &Arc<App>, caller: &Caller, params: &Params) -> Option<Onward> {
    let query = params.manner().panel.goes_on.as_str();
    let mut call = Params::of(form_urlencoded::parse(query.as_bytes()).into_owned());
    let func = app.registry.get(call.func()).filter(|func| !func.writes(false))?;
    let is_place = |name: &str| matches!(name, "func" | "elid" | "plid") || name.starts_with("p_");
    let is_filled = func.meta.shape() == Shape::Form && !call.iter().all(|(name, _)| is_place(name));
    if !is_filled {
        return (query.len() <= BACK_BYTES_MAX).then(|| Onward::To(format!("?{query}")));
    }
    ["sok", "snext", "clicked_button"].iter().for_each(|name| drop(call.remove(name)));
    *call.manner_mut() = params.manner().clone();
    call.manner_mut().words = true;
    let mut answer = rpc::call(app, caller, &call, rpc::BUDGET_SLOW, &mut NoRows).ok()?;
    add_frame_patiently(app, caller, &call, &mut answer);
    Some(Onward::Form(answer))
}

/// The form that asks for the code of the second step. What was wanted before goes along.
pub fn second_step(app: &Arc<App>, params: &Params, wanted: Option<String>) -> Option<Answer> {
    let caller = Caller::between(None, std::net::Ipv4Addr::UNSPECIFIED.into());
    led_to(app, &caller, totp::step::CONFIRM, params, wanted)
}

/// A form in place of what was asked for.
fn led_to(
    app: &Arc<App>,
    caller: &Caller,
    func: &str,
    params: &Params,
    wanted: Option<String>,
) -> Option<Answer> {
    let mut call = Params::of([("func", func)]);
    *call.manner_mut() = params.manner().clone();
    let manner = call.manner_mut();
    manner.words = true;
    if let Some(wanted) = wanted {
        manner.panel.goes_on = wanted;
    }
    let mut answer = rpc::call(app, caller, &call, rpc::BUDGET_SLOW, &mut NoRows).ok()?;
    add_frame_patiently(app, caller, &call, &mut answer);
    Some(answer)
}

/// Tells a browser how long the server took.
pub fn timed(mut reply: Reply, started: Instant) -> Reply {
    let took = format!("app;dur={:.1}", started.elapsed().as_secs_f64() * 1000.0);
    if let Ok(took) = HeaderValue::from_str(&took) {
        reply.headers_mut().insert("server-timing", took);
    }
    reply
}

/// A theme chosen on a page stays chosen.
pub fn theme_cookie(params: &Params) -> Option<HeaderValue> {
    let theme = params.get("theme");
    let cookie = format!("{}={theme}; Path=/; SameSite=Lax; Max-Age=31536000", request::THEME_COOKIE);
    is_theme(theme).then(|| HeaderValue::from_str(&cookie).ok()).flatten()
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
    if (error.kind, error.object.as_str()) == ("auth", "totp_confirm")
        && let Some(form) = second_step(app, params, Some(wanted(app, params)))
    {
        return form;
    }
    let told = envelope::error(app, caller, params, error);
    if (error.kind, error.object.as_str()) == ("auth", "passwd_temporary")
        && let Some(mut form) = led_to(app, caller, OWN_PASSWD, params, None)
    {
        form.doc.kids.extend(told.doc.kids);
        return form;
    }
    let may_fill = caller.is_known() || (error.kind != "auth" && is_public(app, params));
    let form = may_fill.then(|| reopened(app, caller, inner)).flatten();
    let mut answer = form.unwrap_or_else(|| {
        let func = if error.kind == "auth" { SIGN_IN } else { params.func() };
        bare(app, caller, params, func)
    });
    answer.doc.kids.extend(told.doc.kids);
    add_frame_patiently(app, caller, params, &mut answer);
    answer
}

/// May who is not signed in call it?
fn is_public(app: &App, params: &Params) -> bool {
    app.registry.get(params.func()).is_some_and(|func| func.meta.level == Level::Nobody)
}

/// The form once more, as it was filled in.
fn reopened(app: &Arc<App>, caller: &Caller, mut params: Params) -> Option<Answer> {
    params.submits().then_some(())?;
    ["sok", "snext", "clicked_button"].iter().for_each(|name| drop(params.remove(name)));
    let answer = rpc::call(app, caller, &params, rpc::BUDGET_SLOW, &mut NoRows).ok()?;
    (answer.body == Body::Form).then_some(answer)
}

/// A document that holds only the words of a page.
pub fn bare(app: &Arc<App>, caller: &Caller, params: &Params, func: &str) -> Answer {
    let lang = envelope::lang(app, caller, params);
    let doc = Node::new("doc").attr("lang", &lang).attr("func", func);
    let username = Node::leaf("username", params.get("username"));
    let goes_on = Node::leaf(html::GOES_ON, wanted(app, params));
    let words = Some(Wording::common(&app.registry, &lang));
    Answer { words, ..Answer::new(Body::Error, doc.kid(username).kid(goes_on)) }
}

/// The call that somebody must sign in for, without its secrets.
fn wanted(app: &App, params: &Params) -> String {
    let before = &params.manner().panel.goes_on;
    let func = app.registry.get(params.func());
    match func.filter(|func| before.is_empty() && !func.writes(false) && !ENTRANCES.contains(&func.name())) {
        Some(func) => params.journal(|name| func.meta.field(name).is_some_and(|field| field.is_secret())),
        None => before.clone(),
    }
}

const ENTRANCES: [&str; 5] = [START, SIGN_IN, "auth", "logout", totp::step::CONFIRM];
