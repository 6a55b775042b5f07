//! The one door: HTTP, the local socket, other APIs, jobs and tests all come through [`call`].

pub mod answers;
pub mod audit;
pub mod card;
pub mod currency;
pub mod describe;
pub mod envelope;
pub mod family;
pub mod filter;
pub mod find;
pub mod handler;
pub mod journal;
pub mod lines;
pub mod list;
pub mod meta;
pub mod nested;
pub mod options;
pub mod page;
pub mod plan;
pub mod plot;
pub mod registry;
pub mod scope;
pub mod shape;
pub mod toolbar;
pub mod types;
pub mod wizard;
pub mod wording;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::auth::{Caller, Via};
use crate::doc::{Answer, Body, Node};
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record;
use crate::time::Zone;
use handler::{Call, Ctx, Handler, Reply, Topic};
use list::RowSink;
use meta::{Shape, ValueKind};
use registry::Func;

/// What an inline read may cost before it is taken to a thread of its own.
pub const BUDGET_FAST: Duration = Duration::from_millis(50);
pub const BUDGET_SLOW: Duration = Duration::from_secs(30);
/// Bytes of a parameter that journal and answer repeat where the deed is one outside of a transaction.
const ECHOED_MAX: usize = 65_536;

/// One call. Rows of a list go to `each` before the answer comes back.
pub fn call(
    app: &Arc<App>,
    caller: &Caller,
    params: &Params,
    budget: Duration,
    each: &mut dyn RowSink,
) -> Result<Answer> {
    let func = find_asked(app, caller, params)?;
    let submits = params.submits() && !params.has("sv_field") && !params.has("sback");
    let writes = func.writes(submits);
    let mut params = params.clone();
    if func.meta.shape() == Shape::Wizard && !func.meta.of_record {
        params.remove("elid"); // it makes records and changes none
    }
    if let Some((name, value)) = func.meta.preset.split_once('=')
        && !params.has(name)
    {
        params.set(name, value);
    }
    if writes {
        prepare(app, &func, caller, &mut params)?;
    }
    let call = Arc::new(complete(Call {
        app: app.clone(),
        lang: envelope::lang(app, caller, &params),
        zone: zone(app, caller, &params),
        now_us: app.clock.now_us(),
        func,
        caller: caller.clone(),
        params,
        added: Vec::new(),
    })?);
    need_params(&call)?;
    match call.func.handler {
        Handler::Outside(reach) => return reach_out(&call, reach),
        Handler::Form(handler::Form { outside: Some(reach), .. }) if writes => {
            return if wizard::is_on_the_way(&call.func.meta) {
                let next = wizard::at_step(&call)?;
                reach_out(&call, reach).and_then(|_| read(&next, budget, each))
            } else {
                reach_out(&call, reach)
            };
        }
        _ => {}
    }
    match (writes, call.func.meta.shape()) {
        (true, _) => write(&call),
        (false, Shape::Wizard) => read(&wizard::at_step(&call)?, budget, each),
        (false, _) => read(&call, budget, each),
    }
}

/// An action's parameters that must be there; a form's fields are judged with its record.
fn need_params(call: &Call) -> Result<()> {
    let is_blank = |field: &&meta::Field| call.params.get(&field.name).trim().is_empty();
    match call.func.meta.params.iter().filter(|field| field.required).find(is_blank) {
        Some(field) => Err(Error::missed(&field.name)),
        None => Ok(()),
    }
}

/// The call with the fields that its form adds.
fn complete(call: Call) -> Result<Call> {
    match call.func.handler {
        Handler::Form(handler::Form { fields: Some(_), .. }) => {
            call.app.clone().db.read(BUDGET_SLOW, |conn| with_fields(call, conn))
        }
        _ => Ok(call),
    }
}

pub fn with_fields(mut call: Call, conn: &mut crate::db::Conn) -> Result<Call> {
    let Handler::Form(handler::Form { fields: Some(fields), .. }) = call.func.handler else {
        return Ok(call);
    };
    call.added = fields(&mut Ctx::new(conn, &call))?;
    call.func = Arc::new(call.func.with_fields(&call.added));
    Ok(call)
}

/// The provider's zone; on a page the user's own, where he has set one (decisions.md, Time).
fn zone(app: &App, caller: &Caller, params: &Params) -> Zone {
    let own = params.manner().page.then(|| Zone::named(&caller.user.timezone)).flatten();
    let provider = || caller.user.provider_zone.clone();
    own.or_else(provider).unwrap_or_else(|| app.config.load().time_zone.clone())
}

/// The function, or the list that a parameter asks for in its place, if the caller may call both.
fn find_asked(app: &App, caller: &Caller, params: &Params) -> Result<Arc<Func>> {
    let func = find(app, caller, params)?;
    let is_on = |name: &str| matches!(params.get(name), "on" | "yes" | "1");
    let Some((_, list)) = func.meta.asked().find(|(name, _)| is_on(name)) else { return Ok(func.clone()) };
    find(app, caller, &Params::of([("func", list)]))
}

/// The function, if this caller may call it. Who is nobody is told to sign in.
pub fn find(app: &App, caller: &Caller, params: &Params) -> Result<Arc<Func>> {
    let name = params.func();
    if name.is_empty() {
        return Err(Error::missed("func"));
    }
    let found = app.registry.get(name);
    let func = found.ok_or_else(|| Error::missed("func").with("value", name))?;
    if let Some(grant) = &caller.grant {
        return grant.admit(app, &func, params).map(|()| func);
    }
    if caller.owes_password(name) {
        return Err(Error::auth("passwd_temporary"));
    }
    if caller.may_between(name) {
        return Ok(func);
    }
    match refusal(caller, &func) {
        None => Ok(func),
        Some(Refusal::Level) if caller.via == Via::Step => Err(Error::auth("totp_confirm")),
        Some(Refusal::Level) if !caller.is_known() => Err(Error::auth("session")),
        Some(Refusal::Level | Refusal::Right) => Err(Error::access(name)),
        Some(Refusal::Vendor) => Err(Error::access("vendor")),
    }
}

/// What keeps a caller from a function.
pub enum Refusal {
    Level,
    Right,
    /// It is for those who sell numbers.
    Vendor,
}

/// Decides for calls, and for what menus and buttons offer.
pub fn refusal(caller: &Caller, func: &Func) -> Option<Refusal> {
    let meta = &func.meta;
    if meta.level > caller.level() {
        return Some(Refusal::Level);
    }
    if caller.is_known() && !caller.user.may_as(func.name(), &meta.right) {
        return Some(Refusal::Right);
    }
    (meta.vendors && !caller.user.may_sell()).then_some(Refusal::Vendor)
}

/// Before the transaction: what takes long. A new password becomes its hash here, so that no
/// handler ever holds one (decisions.md, Writing: phases).
pub fn prepare(app: &App, func: &Func, caller: &Caller, params: &mut Params) -> Result<()> {
    if let Handler::Form(form) = func.handler {
        (form.prepare)(app, caller, params)?;
    }
    for field in func.meta.fields().filter(|field| field.kind == ValueKind::Password) {
        let Some(password) = params.sent(&field.name).filter(|sent| !sent.is_empty()) else { continue };
        crate::value::parse(field, password, &Zone::utc())?;
        check_password(app, params, &field.name, password)?;
        let hash = app.hasher.hash(password)?;
        params.set(&field.name, hash);
    }
    Ok(())
}

fn check_password(app: &App, params: &Params, field: &str, password: &str) -> Result<()> {
    let least = app.config.load().password_min_length;
    if password.chars().count() < least {
        return Err(Error::value(field, "").with("desc", "desc_password_short"));
    }
    match params.sent("confirm").is_none_or(|confirm| confirm == password) {
        true => Ok(()),
        false => Err(Error::value("confirm", "").with("desc", "desc_password_differs")),
    }
}

fn read(call: &Arc<Call>, budget: Duration, each: &mut dyn RowSink) -> Result<Answer> {
    call.app.db.read(budget, |conn| {
        let cx = &mut Ctx::new(conn, call);
        let answer = match call.func.handler {
            Handler::View(_) | Handler::Rows(_) => list::answer(cx, each)?,
            Handler::Form(form) if cx.func.meta.shape() == Shape::Wizard => wizard::open(cx, form)?,
            Handler::Form(form) => open(cx, form)?,
            Handler::Once(once) => replied(once(cx)?)?,
            Handler::Each(_) => return Err(Error::system("a deed on records cannot be a read")),
            Handler::Outside(_) => return Err(Error::system("what reaches out holds no connection")),
        };
        Ok(envelope::wrap(call, answer))
    })
}

/// A form to look at: the stored record, what was sent laid over it, and its option lists.
fn open(cx: &mut Ctx, form: handler::Form) -> Result<Answer> {
    let mut record = (form.read)(cx)?;
    record::preview(cx, &mut record);
    (form.show)(cx, &mut record)?;
    let mut doc = Node::new("doc").with(options::nodes(cx, &record)?);
    doc.kids.append(&mut record.nodes);
    doc.kids.extend(record::nodes(cx, &record));
    doc.kids.extend(currency::nodes(cx, &record)?);
    Ok(Answer::new(Body::Form, doc))
}

fn replied(reply: Reply) -> Result<Answer> {
    let doc = Node::new("doc");
    Ok(match reply {
        Reply::Ok(nodes) => {
            // One that says where to go on takes the place of the empty one.
            let ok = nodes.iter().all(|node| node.name != "ok").then(|| Node::new("ok"));
            Answer::new(Body::Ok, doc.with(ok).with(nodes))
        }
        Reply::Object(nodes) => Answer::new(Body::Object, doc.with(nodes)),
        Reply::Printed(nodes, file) => {
            Answer { file: Some(file), ..Answer::new(Body::Object, doc.with(nodes)) }
        }
        Reply::Redirect(url) => Answer::new(Body::Ok, doc.kid(Node::leaf("ok", url).attr("type", "url"))),
        Reply::File(file) => Answer { file: Some(file), ..Answer::new(Body::File, doc) },
        Reply::Refused(error) => return Err(error),
    })
}

/// One job: the deed, the journal and what it makes stale, or nothing of it.
fn write(call: &Arc<Call>) -> Result<Answer> {
    let job = {
        let call = call.clone();
        move |conn: &mut crate::db::Conn| {
            let mut cx = Ctx::new(conn, &call);
            let reply = deed(&mut cx)?;
            journal::write(&mut cx)?;
            Ok((reply, cx.touched))
        }
    };
    let (reply, touched) = call.app.db.write(job)?;
    invalidate(&call.app, &touched);
    call.app.posted.notify_one();
    Ok(envelope::wrap(call, replied(reply)?))
}

/// The deed, with nothing held, then the journal.
fn reach_out(call: &Arc<Call>, reach: fn(&Call) -> Result<Reply>) -> Result<Answer> {
    let reply = reach(call)?;
    let is_long = |(_, value): (&str, &str)| value.len() > ECHOED_MAX;
    let call = &if call.params.iter().any(is_long) { Arc::new(abridged(call)) } else { call.clone() };
    if !call.func.meta.nojournal {
        let noted = call.clone();
        call.app.db.write(move |conn| journal::write(&mut Ctx::new(conn, &noted)))?;
    }
    Ok(envelope::wrap(call, replied(reply)?))
}

/// The call without what is too long to be repeated: a file that was sent.
fn abridged(call: &Call) -> Call {
    let mut params = call.params.clone();
    for (name, value) in call.params.iter().filter(|(_, value)| value.len() > ECHOED_MAX) {
        params.set(name, format!("({} bytes)", value.len()));
    }
    call.with_params(params)
}

pub fn deed(cx: &mut Ctx) -> Result<Reply> {
    match cx.call.func.handler {
        Handler::Form(form) if form.outside.is_some() => {
            Err(Error::system("what has jobs of its own is no part of a transaction"))
        }
        Handler::Form(form) => {
            wizard::need_earlier(cx.call, cx.call.func.meta.step)?;
            let mut record = (form.read)(cx)?;
            record::overlay(cx, &mut record)?;
            options::check(cx, &record)?;
            (form.check)(cx, &mut record)?;
            let nodes = (form.save)(cx, record)?;
            Ok(cx.done(nodes))
        }
        Handler::Each(each) => {
            let elids = cx.need_elids()?;
            if elids.len() > 1 && !cx.func.meta.group {
                return Err(Error::value("elid", cx.params.get("elid")));
            }
            elids.iter().try_for_each(|elid| each(cx, elid))?;
            Ok(cx.done(Vec::new()))
        }
        Handler::Once(once) => once(cx),
        Handler::View(_) | Handler::Rows(_) => Err(Error::system("a list is no deed")),
        Handler::Outside(_) => Err(Error::system("what reaches out is no part of a transaction")),
    }
}

fn invalidate(app: &App, touched: &[Topic]) {
    for topic in touched {
        match topic {
            Topic::Access => app.access.clear(),
            Topic::Settings => crate::settings::reload(app),
            Topic::Types => types::reload(app),
            Topic::Rates => app.rates.changed(),
            // `asterisk::supervise` and `number::snapshot` look for themselves.
            Topic::Switches | Topic::Numbers => {}
        }
    }
}
