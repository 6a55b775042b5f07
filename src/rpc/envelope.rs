//! What every document carries around its own nodes (protocol.md §3.1, §3.2), and error documents.

use super::handler::Call;
use super::registry::Func;
use super::wording::Wording;
use super::{describe, words};
use crate::app::App;
use crate::auth::Caller;
use crate::doc::{Answer, Body, Node};
use crate::error::Error;
use crate::params::Params;

/// The name and path that scripts of the original expect of its theme.
pub const THEME_NAME: &str = "dragon";
const THEME: &str = "/manimg/dragon/";

/// The asked language, the user's, the panel's; one that is not there falls through.
pub fn lang(app: &App, caller: &Caller, params: &Params) -> String {
    let config = app.config.load();
    let wishes =
        [params.get("lang"), &params.manner().lang, &caller.user.lang, &config.default_lang, words::FALLBACK];
    let known = wishes.into_iter().find(|lang| app.registry.words.has_lang(lang));
    known.unwrap_or(words::FALLBACK).to_owned()
}

/// Puts a finished answer into its envelope.
pub fn wrap(call: &Call, mut answer: Answer) -> Answer {
    let is_list = answer.body == Body::List;
    let is_behind = |kid: &Node| kid.is_rows() || LISTED.contains(&kid.name.as_ref());
    let kids = &mut answer.doc.kids;
    let first_behind = kids.iter().position(|kid| is_list && is_behind(kid)).unwrap_or(kids.len());
    let behind = kids.split_off(first_behind);
    let mut doc = attributes(call, is_list);
    doc.kids.reserve_exact(kids.len() + behind.len() + 2);
    let manner = call.params.manner();
    if manner.words {
        doc.kids.push(describe::metadata(call));
        match manner.page {
            true => answer.words = Some(Wording::of(call)),
            false => doc.kids.push(describe::messages(call)),
        }
    }
    doc.kids.append(kids);
    doc.kids.push(tparams(&call.params, &call.func));
    doc.kids.push(Node::new("saved_filters"));
    doc.kids.extend(behind);
    Answer { doc, ..answer }
}

/// What stands behind `saved_filters` in a list.
const LISTED: [&str; 3] = ["p_sort", "p_order", "page"];

fn attributes(call: &Call, is_list: bool) -> Node {
    let params = &call.params;
    let of_all = [
        ("lang", call.lang.as_str()),
        ("func", call.func.name()),
        ("binary", &params.manner().binary),
        ("host", &params.manner().host),
        ("themename", THEME_NAME),
        ("features", &call.app.registry.features),
        ("notify", ""),
    ];
    let of_list = [("favorite", "no"), ("pin", "no")].into_iter().filter(|_| is_list);
    Node::new("doc").attrs(of_all.into_iter().chain(of_list).chain([("theme", THEME)]))
}

/// The request's parameters, alphabetical, `func` last, without secrets.
fn tparams(params: &Params, func: &Func) -> Node {
    let is_shown = |name: &str| {
        name != "func"
            && Params::is_echoed(name)
            && func.meta.field(name).is_none_or(|field| !field.is_secret())
    };
    let shown = params.iter().filter(|(name, _)| is_shown(name) && is_element(name));
    let nodes = shown.map(|(name, value)| Node::leaf(name.to_owned(), value));
    Node::new("tparams").with(nodes).kid(Node::leaf("func", func.name()))
}

/// Can the name be an element in every format? Others cannot be echoed.
fn is_element(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The error document, in the caller's language. It names the field and tells what to do.
pub fn error(app: &App, caller: &Caller, params: &Params, error: &Error) -> Answer {
    let lang = lang(app, caller, params);
    let func = app.registry.get(params.func());
    let sets = func.as_ref().map_or_else(|| vec![words::COMMON.to_owned()], |func| func.sets.clone());
    let words = &app.registry.words;
    let by_object = format!("msg_error_{}_{}", error.kind, error.object);
    let by_kind = format!("msg_error_{}", error.kind);
    let template = words.find(&lang, &sets, &by_object).or_else(|| words.find(&lang, &sets, &by_kind));
    let template = template.unwrap_or(error.kind);
    let label = words.get(&lang, &sets, &error.object).to_owned();
    let desc = error.param("desc").map(|name| words.get(&lang, &sets, name).to_owned());
    let value = error.param("value").unwrap_or_default();
    let text = fill(template, &label, value, desc.as_deref().unwrap_or_default());
    let mut node =
        Node::new("error").attr("type", error.kind).attr("object", &error.object).attr("lang", &lang);
    // One that is about nothing has its value alone: clients read it from the only parameter.
    if !error.object.is_empty() {
        let object = Node::leaf("param", &error.object).attr("name", "object").attr("type", "msg");
        node = node.kid(object.attr("msg", label));
    }
    node = node.kid(Node::leaf("param", value).attr("name", "value"));
    if let (Some(name), Some(desc)) = (error.param("desc"), desc) {
        node = node.kid(Node::leaf("param", name).attr("name", "desc").attr("type", "msg").attr("msg", desc));
    }
    node = match error.kind {
        "auth" => node.kid(Node::leaf("detail", &text)),
        _ => node.kid(stack(caller, params)).kid(Node::leaf("group", template)),
    };
    Answer::new(Body::Error, Node::new("doc").kid(node.kid(Node::leaf("msg", text))))
}

fn fill(template: &str, object: &str, value: &str, desc: &str) -> String {
    let text = template.replace("__object__", object).replace("__desc__", desc).replace("__value__", value);
    // Places that nothing fills leave no blanks behind; a template without places is kept as it is.
    if text == template { text } else { text.trim_end().replace("  ", " ") }
}

fn stack(caller: &Caller, params: &Params) -> Node {
    let level = caller.level().number().to_string();
    let action = Node::leaf("action", params.func()).attr("level", level).attr("user", &caller.user.name);
    Node::new("stack").kid(action)
}
