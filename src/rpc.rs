//! The one door: HTTP, the local socket, other APIs, jobs and tests all come through [`call`].

pub mod audit;
pub mod describe;
pub mod envelope;
pub mod family;
pub mod filter;
pub mod handler;
pub mod journal;
pub mod list;
pub mod meta;
pub mod options;
pub mod page;
pub mod plan;
pub mod registry;
pub mod wizard;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::auth::Caller;
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

/// One call. Rows of a list go to `each` before the answer comes back.
pub fn call(
    app: &Arc<App>,
    caller: &Caller,
    params: &Params,
    budget: Duration,
    each: &mut dyn RowSink,
) -> Result<Answer> {
    let func = find(app, caller, params)?;
    let submits = params.submits() && !params.has("sv_field") && !params.has("sback");
    let writes = func.writes(submits);
    let mut params = params.clone();
    if func.meta.shape() == Shape::Wizard {
        params.remove("elid"); // a wizard makes records and changes none
    }
    if writes {
        prepare(app, &func, caller, &mut params)?;
    }
    let call = Arc::new(Call {
        app: app.clone(),
        lang: envelope::lang(app, caller, &params),
        zone: zone(app, caller, &params),
        now_us: app.clock.now_us(),
        func,
        caller: caller.clone(),
        params,
    });
    match (writes, call.func.meta.shape()) {
        (true, _) => write(&call),
        (false, Shape::Wizard) => read(&wizard::at_step(&call)?, budget, each),
        (false, _) => read(&call, budget, each),
    }
}

/// The provider's zone; on a page the user's own, where he has set one (decisions.md, Time).
fn zone(app: &App, caller: &Caller, params: &Params) -> Zone {
    let own = params.manner().page.then(|| Zone::named(&caller.user.timezone)).flatten();
    let provider = || caller.user.provider_zone.clone();
    own.or_else(provider).unwrap_or_else(|| app.config.load().time_zone.clone())
}

/// The function, if this caller may call it. Who is nobody is told to sign in.
pub fn find(app: &App, caller: &Caller, params: &Params) -> Result<Arc<Func>> {
    let name = params.func();
    if name.is_empty() {
        return Err(Error::missed("func"));
    }
    let found = app.registry.get(name);
    let func = found.ok_or_else(|| Error::missed("func").with("value", name))?;
    match func.meta.level {
        level if level > caller.level() && !caller.is_known() => Err(Error::auth("session")),
        level if level > caller.level() => Err(Error::access(name)),
        _ if caller.is_known() && !caller.user.may(name) => Err(Error::access(name)),
        _ => Ok(func),
    }
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
    Ok(Answer { body: Body::Form, doc })
}

fn replied(reply: Reply) -> Result<Answer> {
    match reply {
        Reply::Ok(nodes) => {
            Ok(Answer { body: Body::Ok, doc: Node::new("doc").kid(Node::new("ok")).with(nodes) })
        }
        Reply::Object(nodes) => Ok(Answer { body: Body::Object, doc: Node::new("doc").with(nodes) }),
        Reply::Refused(error) => Err(error),
    }
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
    Ok(envelope::wrap(call, replied(reply)?))
}

pub fn deed(cx: &mut Ctx) -> Result<Reply> {
    match cx.call.func.handler {
        Handler::Form(form) => {
            wizard::need_earlier(cx.call, cx.call.func.meta.step)?;
            let mut record = (form.read)(cx)?;
            record::overlay(cx, &mut record)?;
            options::check(cx, &record)?;
            (form.check)(cx, &mut record)?;
            Ok(Reply::Ok((form.save)(cx, record)?))
        }
        Handler::Each(each) => {
            let elids = cx.need_elids()?;
            if elids.len() > 1 && !cx.func.meta.group {
                return Err(Error::value("elid", cx.params.get("elid")));
            }
            elids.iter().try_for_each(|elid| each(cx, elid))?;
            Reply::ok()
        }
        Handler::Once(once) => once(cx),
        Handler::View(_) | Handler::Rows(_) => Err(Error::system("a list is no deed")),
    }
}

fn invalidate(app: &App, touched: &[Topic]) {
    for topic in touched {
        match topic {
            Topic::Access => app.access.clear(),
            Topic::Settings => crate::settings::reload(app),
        }
    }
}
