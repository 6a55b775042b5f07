//! A button for several rows that is pressed on a page: a call for each row, so that one that is refused keeps no
//! other back, and a page that says what became of which. A program's `elid=1, 2, 3` stays all or nothing
//! (decisions.md, Writing).

use std::sync::Arc;
use std::time::Duration;

use super::beside::Beside;
use super::browser;
use super::first::First;
use crate::app::App;
use crate::auth::Caller;
use crate::doc::{Answer, Body, Node};
use crate::error::{Error, Result};
use crate::params::Params;
use crate::render::html;
use crate::rpc::handler::Handler;
use crate::rpc::list::{NoRows, RowSink};
use crate::rpc::page::CNT_MAX;
use crate::rpc::registry::Func;
use crate::rpc::{self, envelope};

/// One call, or as many as there are rows.
pub fn call(
    app: &Arc<App>,
    caller: &Caller,
    params: &Params,
    budget: Duration,
    each: &mut dyn RowSink,
) -> Result<Answer> {
    match rows(app, params) {
        None => rpc::call(app, caller, params, budget, each),
        Some(func) => call_each(app, caller, params, budget, &func),
    }
}

/// The deed, if it is one on each row and there are several.
fn rows(app: &App, params: &Params) -> Option<Arc<Func>> {
    let is_several = params.manner().page && params.elids().nth(1).is_some();
    let func = is_several.then(|| app.registry.get(params.func())).flatten()?;
    matches!(func.handler, Handler::Each(_)).then_some(func)
}

fn call_each(
    app: &Arc<App>,
    caller: &Caller,
    params: &Params,
    budget: Duration,
    func: &Func,
) -> Result<Answer> {
    rpc::find(app, caller, params)?; // who may not do it at all is told so once
    let (mut done, mut refused) = (None, Vec::new());
    let elids: Vec<&str> = params.elids().collect();
    if elids.len() > CNT_MAX as usize {
        return Err(Error::limit("elid", CNT_MAX.to_string()));
    }
    for elid in &elids {
        match rpc::call(app, caller, &for_one(params, elid), budget, &mut NoRows) {
            Ok(answer) => done = Some(answer),
            Err(error) => {
                let name = name(app, caller, params, func, elid);
                refused.push((name.unwrap_or_else(|| (*elid).to_owned()), error));
            }
        }
    }
    match (done, refused.is_empty()) {
        (Some(answer), true) => Ok(answer),
        _ => Ok(told(app, caller, params, func, elids.len(), &refused)),
    }
}

fn for_one(params: &Params, elid: &str) -> Params {
    let mut one = params.clone();
    one.set("elid", elid);
    one
}

/// What the list calls a row.
fn name(app: &Arc<App>, caller: &Caller, params: &Params, func: &Func, elid: &str) -> Option<String> {
    let list = app.registry.get(&func.object)?;
    let meta = &list.meta;
    let shown = if meta.keyname.is_empty() { meta.key() } else { &meta.keyname };
    let ask = [
        ("func", list.name()),
        ("elid", params.get("plid")),
        ("filter", "on"),
        (meta.key(), elid),
        ("p_cnt", "1"),
    ];
    let mut row = First::of([shown]);
    Beside::patient(app, caller).ask(&Params::of(ask), &mut row).ok()?;
    let [name] = row.cells?;
    Some(name).filter(|name| !name.is_empty())
}

/// The page: how many were done, and why the others were not.
fn told(
    app: &Arc<App>,
    caller: &Caller,
    params: &Params,
    func: &Func,
    count: usize,
    refused: &[(String, Error)],
) -> Answer {
    let lang = envelope::lang(app, caller, params);
    let title = Node::leaf("msg", app.registry.title(func, &lang)).attr("name", "title");
    let row = |(name, error): &(String, Error)| {
        let told = envelope::error(app, caller, params, error).doc;
        let words = told.get("error").and_then(|error| error.get_text("msg")).unwrap_or(error.kind);
        Node::new("elem").kid(Node::leaf("name", name)).kid(Node::leaf("result", words))
    };
    let bulk = Node::new(html::BULK)
        .attr("all", count.to_string())
        .attr("done", (count - refused.len()).to_string())
        .with(refused.iter().map(row));
    let mut answer = browser::bare(app, caller, params, func.name());
    answer.body = Body::Object;
    answer.doc.kids.insert(0, Node::new("messages").kid(title));
    answer.doc.kids.push(bulk);
    answer
}
