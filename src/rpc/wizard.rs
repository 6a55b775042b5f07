//! A wizard is a form whose pages are steps. Its state travels in the parameters, never in the
//! server: every answer repeats what earlier steps were told, and any step may be called alone
//! with all of it.

use std::sync::Arc;

use super::handler::{Call, Ctx, Form, Handler};
use super::meta::{Field, Meta, Shape};
use super::options;
use super::registry::Func;
use super::{BUDGET_SLOW, currency};
use crate::doc::{Answer, Body, Node};
use crate::error::{Error, Result};
use crate::record;
use crate::value;

/// The call for the step that is to be shown: the next after a step that was filled in, the one
/// before with `sback`, else the asked one.
pub fn at_step(call: &Arc<Call>) -> Result<Arc<Call>> {
    let meta = &call.func.meta;
    let goes_on = call.params.submits() || call.params.has("snext");
    let step = match meta.step {
        step if call.params.has("sback") => before(call, step),
        step if goes_on && !call.params.has("sv_field") => {
            check(call, step)?;
            asking(call, (step + 1).min(meta.form.pages.len() - 1), turned(call)?)
        }
        step => asking(call, step, &[]),
    };
    need_earlier(call, step)?;
    let func = step_func(call, step)?;
    Ok(Arc::new(Call {
        app: call.app.clone(),
        func,
        caller: call.caller.clone(),
        params: call.params.clone(),
        lang: call.lang.clone(),
        zone: call.zone.clone(),
        now_us: call.now_us,
        added: call.added.clone(),
    }))
}

/// The step, or the next that asks this caller anything: a client is not asked which client he is.
fn asking(call: &Call, step: usize, known: &[&str]) -> usize {
    let pages = &call.func.meta.form.pages;
    let last = pages.len() - 1;
    let is_asked =
        |step: &usize| !known.contains(&pages[*step].name.as_str()) && asked(call, *step).next().is_some();
    (step..last).find(is_asked).unwrap_or(last)
}

/// The steps whose answers are known when a page leaves this one.
fn turned(call: &Call) -> Result<&'static [&'static str]> {
    let Handler::Form(form) = call.func.handler else { return Ok(&[]) };
    match form.turn.filter(|_| call.params.manner().page) {
        None => Ok(&[]),
        Some(turn) => call.app.db.read(BUDGET_SLOW, |conn| {
            let cx = &mut Ctx::new(conn, call);
            let mut record = (form.read)(cx)?;
            record::preview(cx, &mut record);
            turn(cx, &record)
        }),
    }
}

fn before(call: &Call, step: usize) -> usize {
    (0..step).rev().find(|step| asked(call, *step).next().is_some()).unwrap_or(step)
}

fn step_func(call: &Call, step: usize) -> Result<Arc<Func>> {
    let name = step_name(&call.func, step);
    let func = call.app.registry.get(&name).ok_or_else(|| Error::system(format!("no step {name}")))?;
    Ok(if call.added.is_empty() { func } else { Arc::new(func.with_fields(&call.added)) })
}

fn step_name(func: &Func, step: usize) -> String {
    format!("{}.{}", func.meta.wizard, func.meta.form.pages[step].name)
}

/// The fields of a step, in the order of the form.
pub fn fields(meta: &Meta, step: usize) -> impl Iterator<Item = &Field> {
    meta.form.pages.get(step).into_iter().flat_map(|page| page.fields.iter())
}

/// The fields of a step that this caller may fill in.
fn asked(call: &Call, step: usize) -> impl Iterator<Item = &Field> {
    fields(&call.func.meta, step).filter(|field| field.level <= call.caller.level())
}

/// A step is open only when those before it were filled in.
pub fn need_earlier(call: &Call, step: usize) -> Result<()> {
    let earlier = (0..step).flat_map(|step| asked(call, step));
    let blank = |field: &&Field| field.required && field.default.is_empty() && !call.params.has(&field.name);
    match earlier.into_iter().find(blank) {
        Some(field) => Err(Error::new("wizard_unavailable", call.func.name()).with("value", &field.name)),
        None => Ok(()),
    }
}

fn check(call: &Call, step: usize) -> Result<()> {
    for field in asked(call, step) {
        match call.params.sent(&field.name) {
            Some(text) => drop(value::parse(field, text, &call.zone)?),
            None if field.required && field.default.is_empty() => return Err(Error::missed(&field.name)),
            None => {}
        }
    }
    Ok(())
}

/// A step to fill in: its fields, the earlier answers, and where one is.
pub fn open(cx: &mut Ctx, form: Form) -> Result<Answer> {
    let step = cx.func.meta.step;
    let mut record = (form.read)(cx)?;
    record::preview(cx, &mut record);
    (form.show)(cx, &mut record)?;
    let reached =
        |name: &str| (0..=step).any(|s| fields(&cx.call.func.meta, s).any(|field| field.name == name));
    let slists = options::nodes(cx, &record)?;
    let slists = slists.into_iter().filter(|node| node.get_attr("name").is_some_and(reached));
    let is_field = |name: &str| cx.call.func.meta.field(name).is_some();
    let values = record::nodes(cx, &record);
    let values = values.into_iter().filter(|node| !is_field(&node.name) || reached(&node.name));
    let snext = cx.params.has("snext").then(|| Node::leaf("snext", cx.params.get("snext")));
    let units = currency::nodes(cx, &record)?;
    let doc = Node::new("doc").with(slists).with(record.nodes).with(values).with(units);
    let doc = doc.kid(steps(cx)).with(snext);
    Ok(Answer::new(Body::Form, doc))
}

fn steps(cx: &Ctx) -> Node {
    let meta = &cx.func.meta;
    let step = |(at, page): (usize, &super::meta::Page)| {
        let label = cx.word(&page.name).to_owned();
        let node = Node::leaf("step", label).attr("name", step_name(&cx.func, at));
        let node = if at > meta.step { node.attr("unavailable", "yes") } else { node };
        // A page leaves out what its reader is not asked.
        let is_asked = at == meta.step || asked(cx.call, at).next().is_some();
        if cx.params.manner().page && !is_asked { node.attr("hidden", "yes") } else { node }
    };
    Node::new("steps").with(meta.form.pages.iter().enumerate().map(step))
}

/// Is it a step with others behind it?
pub fn is_on_the_way(meta: &Meta) -> bool {
    meta.shape() == Shape::Wizard && !is_last(meta)
}

/// Does the step do something when it is filled in?
pub fn acts(meta: &Meta) -> bool {
    is_last(meta) || meta.form.pages.get(meta.step).is_some_and(|page| page.acts)
}

/// Is it the step whose `sok` keeps what all steps were told?
pub fn is_last(meta: &Meta) -> bool {
    meta.shape() == Shape::Wizard && meta.step + 1 == meta.form.pages.len()
}
