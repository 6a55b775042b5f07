//! One request on its way: parameters, identity, call, format, reply. On which thread: place.rs.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Either;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Request, StatusCode};

use super::beside::Beside;
use super::done::Done;
use super::export::{Begun, Exit, Export};
use super::output::Output;
use super::{
    Reply, asterisk, body, browser, bulk, compress, dialect, file, hook, mancgi, once, origin, request,
    stale, upload, whole,
};
use crate::app::App;
use crate::auth::identify::{self, Claim};
use crate::auth::{Caller, Via};
use crate::config::Config;
use crate::doc::{Answer, Body, File};
use crate::error::{Error, Result};
use crate::params::Params;
use crate::render;
use crate::rpc::registry::Func;
use crate::rpc::{BUDGET_FAST, BUDGET_SLOW};

/// A request whose bytes have arrived.
pub struct Job {
    pub app: Arc<App>,
    pub config: Arc<Config>,
    pub params: Params,
    /// What is called, where there is such a function.
    pub func: Option<Arc<Func>>,
    pub headers: HeaderMap,
    pub ip: IpAddr,
    pub host: String,
    /// On the local socket the peer is the identity.
    pub caller: Option<Caller>,
}

pub async fn respond(app: &Arc<App>, request: Request<Incoming>, peer: IpAddr, https: bool) -> Reply {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let config = app.config.load_full();
    let ip = request::client_ip(&parts.headers, peer, &config);
    let host = request::host(&parts.headers, https || request::is_https(&parts.headers, peer, &config));
    if parts.uri.path().starts_with(mancgi::PREFIX) {
        return mancgi::respond(app, &parts, body, ip, host).await;
    }
    if parts.uri.path().starts_with(hook::PREFIX) {
        return hook::respond(app, &parts, body).await;
    }
    if parts.uri.path().starts_with(asterisk::PREFIX) {
        return asterisk::respond(app, &parts, body, ip).await;
    }
    // Most calls come by the panel's own paths: these are looked at first.
    let Some(binary) = request::binary(&parts, &config) else {
        return match crate::dialect::of_path(parts.uri.path()) {
            Some(dialect) => dialect::respond(app, dialect, &parts, body, (ip, host)).await,
            None => browser::other_path(parts.uri.path(), &parts.headers),
        };
    };
    let query = parts.uri.query().unwrap_or_default();
    let read = match body.is_end_stream() {
        true => Ok(Bytes::new()), // a GET without a body needs no reading
        false => {
            let limit_bytes = upload::limit_bytes(app, &config, query, &parts.headers, ip).await;
            body::collect(body, limit_bytes).await
        }
    };
    let params = match read {
        Ok(bytes) => body::params(query, &parts.headers, bytes).await,
        Err(error) => Err(body::Unread::new(error, query)),
    };
    let (mut params, error) = match params {
        Ok(params) => (params, None),
        Err(unread) => (Params::of([("out", unread.out)]), Some(unread.error)),
    };
    if error.is_none() {
        browser::complete(&mut params, &parts.headers);
    }
    address(&mut params, binary, &host);
    let func = app.registry.get(params.func());
    let job = Job { app: app.clone(), config, params, func, ip, host, headers: parts.headers, caller: None };
    match error {
        None if job.is_page() => browser::timed(job.reply().await, started),
        None => job.reply().await,
        Some(error) => job.refuse(&Caller::nobody(ip), error),
    }
}

/// Adds how the server was addressed, which every document tells.
pub fn address(params: &mut Params, binary: impl Into<String>, host: &str) {
    let manner = params.manner_mut();
    manner.binary = binary.into();
    manner.host = host.to_owned();
}

impl Job {
    /// The reply whose rows are on their way.
    pub(super) fn begun(&self, begun: Begun) -> Reply {
        let mut reply = Reply::new(Either::Right(begun.pieces));
        self.add_headers(reply.headers_mut(), begun.mime, true);
        reply
    }

    pub(super) fn claim(&self) -> Claim<'_> {
        let cookie = request::cookie(&self.headers, request::SESSION_COOKIE);
        Claim { params: &self.params, cookie, ip: self.ip }
    }

    /// The whole call, unless something of it may wait.
    pub(super) fn inline(&self) -> Option<Reply> {
        if let Some(reply) = self.kept() {
            return Some(reply);
        }
        let caller = match &self.caller {
            Some(_) => return None,
            None => match identify::quick(&self.app, &self.claim()) {
                Ok(caller) => caller?,
                Err(error) => return Some(self.refuse(&Caller::nobody(self.ip), error)),
            },
        };
        if self.writes() || self.is_slow() {
            return None;
        }
        match self.call(&caller, BUDGET_FAST, Exit::closed()) {
            Err(error) if error.kind == "timeout" => None,
            // A refusal's page has a menu with numbers, and a form once more.
            Err(_refused) if self.is_page() && caller.is_known() => None,
            done => Some(self.finished(&caller, done)),
        }
    }

    pub(super) fn blocking(&self, exit: Exit) -> Reply {
        let caller = match &self.caller {
            Some(caller) => crate::auth::su::per_request(&self.app, caller.clone(), &self.params),
            None => identify::slow(&self.app, &self.claim()),
        };
        match caller {
            Ok(caller) => {
                let done = self.call(&caller, BUDGET_SLOW, exit);
                self.finished(&caller, done)
            }
            Err(error) => self.refuse(&Caller::nobody(self.ip), error),
        }
    }

    pub(super) fn is_slow(&self) -> bool {
        self.func.as_ref().is_some_and(|func| func.meta.answers.is_slow())
    }

    pub(super) fn writes(&self) -> bool {
        self.func.as_ref().is_some_and(|func| func.writes(self.params.submits()))
    }

    /// The finished text with its type, and what else the reply carries.
    fn call(&self, caller: &Caller, budget: Duration, exit: Exit) -> Result<Done> {
        self.check_origin(caller)?;
        let output = Output::of(&self.app, self.params.get("out"))?;
        if self.is_page() && self.writes() {
            let name = &self.params.manner().panel.once;
            return once::run(caller, name, || {
                stale::check(&self.app, caller, &self.params)?;
                self.answered(caller, output, budget, exit)
            });
        }
        self.answered(caller, output, budget, exit)
    }

    fn answered(&self, caller: &Caller, output: Output, budget: Duration, exit: Exit) -> Result<Done> {
        let unshown = || Error::value("out", self.params.get("out"));
        if !output.shows_deeds() && self.writes() {
            return Err(unshown()); // what cannot be shown is not done either
        }
        let params = match output.wants_words(self.config.json_with_metadata) {
            true => self.with_words(),
            false => self.params.clone(),
        };
        let (mut export, writes) = (Export::new(output, exit), self.app.db.writes());
        let mut answer = bulk::call(&self.app, caller, &params, budget, &mut export)?;
        if !export.output.shows(&answer) {
            return Err(unshown());
        }
        if let Some(file) = answer.file.take_if(|_| answer.body == Body::File || export.output.prints()) {
            return Ok(Done::file(file));
        }
        let session = answer.doc.get("auth").and_then(|auth| auth.get_attr("id")).map(str::to_owned);
        let location = match session.as_ref().and_then(|_| self.onward(caller)) {
            Some(browser::Onward::To(location)) => Some(location),
            Some(browser::Onward::Form(form)) => {
                answer = form;
                None
            }
            None if session.is_some() && caller.via == Via::Step && self.is_page() => {
                if let Some(form) = browser::second_step(&self.app, &self.params, None) {
                    answer = form;
                }
                None
            }
            None => self.frame(caller, budget, &mut answer)?,
        };
        let is_form = answer.body == Body::Form;
        let mime = export.output.mime();
        // Where rows have left, nobody waits for a reply any more.
        let text = export.finish(|output| output.finish(&answer))?.unwrap_or_default();
        Ok(Done { text, writes, mime, session, location, is_form, file: None })
    }

    /// Where a browser goes on that had to sign in first.
    fn onward(&self, caller: &Caller) -> Option<browser::Onward> {
        let wants = self.is_page() && !self.params.manner().panel.goes_on.is_empty();
        wants.then(|| browser::goes_on(&self.app, caller, &self.params)).flatten()
    }

    /// What a page shows around an answer, and where a browser goes instead of being shown it.
    fn frame(&self, caller: &Caller, budget: Duration, answer: &mut Answer) -> Result<Option<String>> {
        if !self.is_page() {
            browser::date_print(&self.app, caller, &self.params, answer);
            return Ok(None);
        }
        if budget == BUDGET_FAST {
            browser::add_frame(&Beside::quick(&self.app, caller), &self.params, answer)?;
        } else {
            browser::add_frame_patiently(&self.app, caller, &self.params, answer);
        }
        Ok(render::html::location(answer))
    }

    pub fn is_page(&self) -> bool {
        browser::is_page(self.params.get("out"))
    }

    pub fn with_words(&self) -> Params {
        let mut params = self.params.clone();
        params.manner_mut().words = true;
        params
    }

    /// An identity by cookie alone changes state only from our own pages and gets no JSONP.
    fn check_origin(&self, caller: &Caller) -> Result<()> {
        if caller.via != Via::Cookie {
            return Ok(());
        }
        let own = origin::is_own(&self.headers, &self.host, &self.config);
        match (self.writes() && !own) || self.params.has("callback") {
            true => Err(Error::new("referer_confirm", self.params.func())),
            false => Ok(()),
        }
    }

    fn finished(&self, caller: &Caller, done: Result<Done>) -> Reply {
        match done {
            Ok(done) => self.ok(caller, done),
            Err(error) => self.refuse(caller, error),
        }
    }

    fn ok(&self, caller: &Caller, done: Done) -> Reply {
        let ends = self.params.func() == "logout";
        let mut reply = match (&done.location, done.file) {
            (Some(location), _) => browser::see_other(location),
            (None, Some(file)) => return self.sent(file),
            (None, None) => {
                let wire = self.wire(done.mime, done.text);
                self.keep(done.writes, &wire);
                self.wired(StatusCode::OK, wire, caller.via != Via::Nothing)
            }
        };
        let cookie = match (&done.session, ends) {
            (Some(id), _) => Some(self.cookie(id, "")),
            (None, true) => Some(self.cookie("", "; Max-Age=0")),
            (None, false) => None,
        };
        if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
            reply.headers_mut().append(SET_COOKIE, cookie);
        }
        reply
    }

    fn sent(&self, file: File) -> Reply {
        let named = file::headers(&file);
        let mut reply = whole(file.bytes);
        self.add_headers(reply.headers_mut(), file.mime, true);
        named.for_each(|(name, value)| drop(reply.headers_mut().insert(name, value)));
        reply
    }

    fn cookie(&self, id: &str, more: &str) -> String {
        let secure = self.host.starts_with("https:") && !self.config.disable_cookie_secure;
        let secure = if secure { "; Secure" } else { "" };
        format!("{}={id}; Path=/; HttpOnly; SameSite=Lax{secure}{more}", request::SESSION_COOKIE)
    }

    pub fn plain(&self, status: StatusCode, mime: &'static str, text: String, private: bool) -> Reply {
        self.wired(status, self.wire(mime, text), private)
    }

    fn wire(&self, mime: &'static str, text: String) -> Wire {
        let (mime, text) = self.jsonp(mime, text);
        let (bytes, gzip) = compress::body(text, &self.headers, self.config.compress);
        Wire { mime, bytes: bytes.into(), gzip }
    }

    pub fn wired(&self, status: StatusCode, wire: Wire, private: bool) -> Reply {
        let Wire { mime, bytes, gzip } = wire;
        let mut reply = whole(bytes);
        *reply.status_mut() = status;
        let headers = reply.headers_mut();
        headers.reserve(6);
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        self.add_headers(headers, mime, private);
        reply
    }

    fn add_headers(&self, headers: &mut HeaderMap, mime: &'static str, private: bool) {
        if self.config.compress {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if self.is_page() {
            let cookies = [browser::lang_cookie(&self.params), browser::theme_cookie(&self.params)];
            for cookie in cookies.into_iter().flatten() {
                headers.append(SET_COOKIE, cookie);
            }
            headers.insert(
                CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(render::html::CONTENT_SECURITY_POLICY),
            );
        }
        if private {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(origin) = origin::allowed(&self.headers, &self.config) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

/// A body as it leaves.
pub struct Wire {
    pub mime: &'static str,
    pub bytes: Bytes,
    pub gzip: bool,
}
