//! The user interface of a function as data: `metadata` and `messages` (protocol.md §6).

use super::currency;
use super::handler::{Call, Handler};
use super::meta::{Button, Field, Meta, Shape, Shown, ValueKind};
use super::plan::visible;
use super::registry::{Func, MenuNode, Registry};
use super::types::{Families, TYPE};
use super::wizard;
use crate::auth::Caller;
use crate::doc::Node;

pub fn metadata(call: &Call) -> Node {
    let meta = &call.func.meta;
    let node = Node::new("metadata").attr("name", &meta.name).attr("type", meta.shape().name());
    match meta.shape() {
        Shape::List | Shape::Report => {
            let node = node.attr("key", meta.key());
            let node = if meta.keyname.is_empty() { node } else { node.attr("keyname", &meta.keyname) };
            let card = super::family::card_of(meta);
            let opens = call.params.manner().page && may(call, &card);
            let node = if opens { node.attr("card", card) } else { node };
            let node = node.attr("mgr", "billmgr").kid(toolbar(call)).kid(coldata(call));
            node.with(super::plot::nodes(call))
        }
        Shape::Card => {
            let named = meta.card.iter().map(|card| [("keyname", &card.name), ("status", &card.status)]);
            let node = node.attrs(named.flatten().map(|(name, value)| (name, value.as_str())));
            node.attr("mgr", "billmgr").kid(coldata(call))
        }
        Shape::Form | Shape::Wizard => node.attr("mgr", "billmgr").kid(form(call)),
        Shape::Action => node.attr("mgr", "billmgr").with(super::plot::nodes(call)),
    }
}

/// The buttons that this caller may press.
fn toolbar(call: &Call) -> Node {
    let meta = &call.func.meta;
    let groups: Vec<(String, Vec<Button>)> = match meta.toolbar.groups.is_empty() {
        true => vec![("main".into(), verb_buttons(meta))],
        false => {
            meta.toolbar.groups.iter().map(|group| (group.name.clone(), group.buttons.clone())).collect()
        }
    };
    let group = |(name, buttons): (String, Vec<Button>)| {
        let allowed = buttons.into_iter().filter(|button| may(call, &button.func));
        Node::new("toolgrp").attr("name", name).with(allowed.map(|button| toolbtn(&button)))
    };
    let groups = groups.into_iter().map(group).filter(|group| !group.kids.is_empty());
    Node::new("toolbar").attr("view", "buttontext").with(groups)
}

pub fn toolbtn(button: &Button) -> Node {
    Node::new("toolbtn")
        .attr("func", &button.func)
        .attr("name", &button.name)
        .attr("img", format!("t-{}", button.name))
        .attr("type", &button.kind)
}

fn verb_buttons(meta: &Meta) -> Vec<Button> {
    let button = |name: &str, verb: &str, kind: &str| Button {
        name: name.into(),
        func: format!("{}.{verb}", meta.name),
        kind: kind.into(),
        only: String::new(),
    };
    let of_verb = |verb: &str| match verb {
        "edit" => vec![button("new", verb, "new"), button("edit", verb, "edit")],
        "delete" | "suspend" | "resume" | "up" | "down" => vec![button(verb, verb, "group")],
        "history" => vec![button(verb, verb, "list")],
        "su" | "setfilter" => vec![button(verb, verb, "edit")],
        _ => vec![button(verb, verb, "new")],
    };
    meta.verbs().flat_map(of_verb).collect()
}

pub fn may(call: &Call, name: &str) -> bool {
    may_call(&call.app.registry, &call.caller, name)
}

pub fn may_call(registry: &Registry, caller: &Caller, name: &str) -> bool {
    registry.get(name).is_some_and(|func| super::refusal(caller, &func).is_none())
}

fn coldata(call: &Call) -> Node {
    let meta = &call.func.meta;
    let (sorted, sign) = match meta.sort.strip_prefix('-') {
        Some(name) => (name, "-1"),
        None => (meta.sort.trim_start_matches('+'), "+1"),
    };
    let col = |field: &Field| {
        let node = Node::new("col").attr("name", &field.name).attr("type", col_type(field));
        let node = if field.nosort { node } else { node.attr("sort", sort_kind(field)) };
        let node = if field.name == sorted { node.attr("sorted", sign) } else { node };
        let node = if call.params.manner().page { filtered_by(node, field) } else { node };
        if field.hidden { node.attr("hidden", "yes") } else { node }
    };
    Node::new("coldata").with(visible(meta, call.caller.level()).map(col))
}

/// What a page needs to offer a filter by a column: its kind, and its codes with their words.
fn filtered_by(node: Node, field: &Field) -> Node {
    let kind = match field.kind {
        ValueKind::Flag => "flag",
        ValueKind::Date => "date",
        ValueKind::Time => "time",
        ValueKind::Money => "money",
        ValueKind::Int => "int",
        ValueKind::Id => "id",
        _ => "text",
    };
    let val = |val: &super::meta::Val| Node::new("val").attr("key", &val.key).attr("word", &val.word);
    node.attr("kind", kind).with(field.vals.iter().map(val))
}

fn col_type(field: &Field) -> &'static str {
    if field.kind == ValueKind::Msg { "msg" } else { "data" }
}

fn sort_kind(field: &Field) -> &'static str {
    match field.kind {
        ValueKind::Text | ValueKind::Lines | ValueKind::Msg | ValueKind::Ids => "alpha",
        ValueKind::Flag => "prop",
        _ => "digit",
    }
}

fn form(call: &Call) -> Node {
    let level = call.caller.level();
    let has_record = call.params.has("elid");
    let page = |page: &super::meta::Page| {
        let fields = page.fields.iter().filter(|field| field.level <= level);
        let fields = fields.map(|field| match call.params.manner().page {
            true => checked(form_field(field, has_record), field),
            false => form_field(field, has_record),
        });
        let lists =
            page.lists.iter().map(|list| Node::new("field").attr("name", &list.name).kid(shown(list)));
        Node::new("page").attr("name", &page.name).with(fields).with(lists)
    };
    let meta = &call.func.meta;
    if meta.shape() == Shape::Wizard {
        return wizard_step(call, page(&meta.form.pages[meta.step]));
    }
    let button = |kind: &str| Node::new("button").attr("name", kind).attr("type", kind);
    let own = meta.form.buttons.iter();
    let own = own.map(|own| Node::new("button").attr("name", &own.name).attr("type", "ok"));
    let ok = meta.form.buttons.is_empty().then(|| button("ok"));
    let buttons = Node::new("buttons").with(own).with(ok).kid(button("cancel"));
    let node = Node::new("form").with(call.func.meta.form.pages.iter().map(page)).kid(buttons);
    if is_alive(call) { node.attr("alive", "yes") } else { node }
}

/// Does a page make the form anew when something is chosen in it?
fn is_alive(call: &Call) -> bool {
    let adds_fields =
        matches!(call.func.handler, Handler::Form(super::handler::Form { fields: Some(_), .. }));
    call.params.manner().page && adds_fields
}

/// One step: its page, and what other steps were told as hidden fields.
fn wizard_step(call: &Call, page: Node) -> Node {
    let meta = &call.func.meta;
    let earlier = (0..meta.step).flat_map(|step| wizard::fields(meta, step));
    // What a link said of a later step must come there: the order that is to be paid.
    let later = (meta.step + 1..meta.form.pages.len()).flat_map(|step| wizard::fields(meta, step));
    let later = later.filter(|field| call.params.has(&field.name) && !field.is_secret());
    let hidden = earlier.chain(later).map(|field| {
        let input = Node::new("input").attr("type", "hidden").attr("name", &field.name);
        Node::new("field").attr("name", &field.name).kid(input)
    });
    let button = |kind: &str| Node::new("button").attr("name", kind).attr("type", kind);
    let onward = if wizard::is_last(meta) { "ok" } else { "next" };
    let back = (meta.step > 0).then(|| button("back"));
    let buttons = Node::new("buttons").with(back).kid(button(onward)).kid(button("cancel"));
    let node = Node::new("form").attr("wizard", "yes").kid(page.with(hidden)).kid(buttons);
    if is_alive(call) { node.attr("alive", "yes") } else { node }
}

fn form_field(field: &Field, has_record: bool) -> Node {
    let locked = field.readonly || (field.fixed && has_record);
    let control = control(field).attr("name", &field.name);
    let control = match field.required && !locked {
        true => control.attr("required", "yes"),
        false => control,
    };
    let control = if locked { control.attr("readonly", "yes") } else { control };
    let control = match field.max {
        Some(max) => control.attr("maxlength", max.to_string()),
        None => control,
    };
    Node::new("field").attr("name", &field.name).kid(control).with(field.list.as_deref().map(shown))
}

/// A table of the form, whose rows come under the same name.
fn shown(list: &Shown) -> Node {
    let node = Node::new("list").attr("name", &list.name);
    let node = if list.key.is_empty() { node } else { node.attr("key", &list.key) };
    node.with(list.cols.iter().map(|col| {
        let node = Node::new("col").attr("name", &col.name);
        if col.kind == ValueKind::Money { node.attr("kind", "money") } else { node }
    }))
}

/// What a page tells a telephone about its keyboard, and what field says the currency of an amount.
fn checked(mut node: Node, field: &Field) -> Node {
    let check = match field.kind {
        ValueKind::Int | ValueKind::Id => "int",
        ValueKind::Money => "money",
        _ => return node,
    };
    let currency = Some(("currency".into(), field.currency.as_str().into()))
        .filter(|_| currency::is_field(&field.currency));
    for control in node.kids.iter_mut().filter(|kid| kid.name != "list") {
        control.attrs.push(("check".into(), check.into()));
        control.attrs.extend(currency.clone());
    }
    node
}

fn control(field: &Field) -> Node {
    let input = |kind: &str| Node::new("input").attr("type", kind);
    match (field.control.as_str(), field.kind) {
        ("textarea", _) | ("", ValueKind::Lines) => Node::new("textarea"),
        ("", ValueKind::Ids) => Node::new("select").attr("type", "multiple"),
        ("select", _) => Node::new("select"),
        ("", _) if !field.options.is_empty() || !field.vals.is_empty() => Node::new("select"),
        ("", ValueKind::Flag) => input("checkbox"),
        ("", ValueKind::Password | ValueKind::Secret) => input("password"),
        ("", ValueKind::Date) => input("text").attr("date", "single"),
        ("", _) => input("text"),
        (kind, _) => input(kind),
    }
}

pub fn messages(call: &Call) -> Node {
    let (registry, func) = (&call.app.registry, &call.func);
    let title = registry.title(func, &call.lang);
    let words = registry.words.all(&call.lang, &func.sets);
    let msg = |(name, text): (&str, &str)| Node::leaf("msg", text).attr("name", name.to_owned());
    let above = words_above(call);
    let is_above = |name: &str| above.iter().any(|word| word == name);
    let is_told = |name: &str| name != "title" && !name.starts_with("msg_error") && !is_above(name);
    let words = words.into_iter().filter(|(name, _)| is_told(name));
    let own = func.meta.fields().filter(|field| !field.label.is_empty());
    let labels = own.map(|field| Node::leaf("msg", &field.label).attr("name", field.name.clone()));
    let named = |name: &str| registry.words.find(&call.lang, &func.sets, name);
    let buttons = func.meta.buttons().filter_map(|button| {
        let short = format!("short_{}", button.name);
        let word = named(&button.name).filter(|_| named(&short).is_none())?;
        Some(Node::leaf("msg", word).attr("name", short))
    });
    Node::new("messages")
        .attr("name", func.name())
        .attr("checked", &registry.features)
        .kid(Node::leaf("msg", title).attr("name", "title"))
        .with(words.map(msg))
        .with(labels)
        .with(buttons)
}

/// The words of what the object has above the caller: a label alone would tell him that it is there.
pub fn words_above(call: &Call) -> Vec<String> {
    let object = call.app.registry.get(&call.func.object);
    let metas = || object.iter().map(|func| &func.meta).chain([&call.func.meta]);
    let fields = || metas().flat_map(|meta| meta.coldata.cols.iter().chain(meta.fields()));
    let is_above = |field: &&Field| field.level > call.caller.level();
    // Few columns are above anybody; another of the same name may be open.
    let is_open = |name: &str| fields().any(|field| field.name == name && !is_above(&field));
    let above = fields().filter(is_above).filter(|field| !is_open(&field.name));
    let words = |field: &Field| {
        let of_codes = field.vals.iter().map(|val| val.word.clone());
        [field.name.clone(), format!("hint_{}", field.name)].into_iter().chain(of_codes).collect::<Vec<_>>()
    };
    above.flat_map(words).collect()
}

/// The menu of this caller: groups that hold something he may call.
pub fn menu(registry: &Registry, caller: &Caller, lang: &str) -> Node {
    let nodes = registry.menu.iter().flat_map(|node| menu_nodes(registry, caller, lang, node));
    Node::new("menu").with(nodes)
}

/// A template stands for one entry a product type.
fn menu_nodes(registry: &Registry, caller: &Caller, lang: &str, node: &MenuNode) -> Vec<Node> {
    if !Families::is_template(&node.name) {
        return menu_node(registry, caller, lang, node).into_iter().collect();
    }
    let types = registry.families.types();
    let names = types.iter().map(|kind| node.name.replace(TYPE, &kind.intname));
    names.filter_map(|name| menu_entry(registry, caller, lang, &name)).collect()
}

fn menu_entry(registry: &Registry, caller: &Caller, lang: &str, name: &str) -> Option<Node> {
    let func = registry.get(name).filter(|_| may_call(registry, caller, name))?;
    let label = registry.title(&func, lang);
    Some(Node::leaf("node", label).attr("name", name.to_owned()).attr("func", name.to_owned()))
}

fn menu_node(registry: &Registry, caller: &Caller, lang: &str, node: &MenuNode) -> Option<Node> {
    if node.node.is_empty() {
        return menu_entry(registry, caller, lang, &node.name);
    }
    let kids: Vec<Node> = node.node.iter().flat_map(|kid| menu_nodes(registry, caller, lang, kid)).collect();
    let name = format!("menu_{}", node.name);
    let label = registry.words.common(lang, &name).unwrap_or(&node.name).to_owned();
    (!kids.is_empty()).then(|| Node::new("node").attr("name", &node.name).text(label).with(kids))
}

/// `billmgr funcs` and the hints of `mgrctl -i` describe a function in one line.
pub fn kind_words(func: &Func) -> &'static str {
    match (func.meta.shape(), func.meta.group) {
        (Shape::Action, true) => "group operation",
        (shape, _) => shape.name(),
    }
}
