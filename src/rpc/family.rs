//! The naming law: what a list `X` with its verbs makes callable (`X.delete`, `X.history`, …).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::handler::Handler;
use super::meta::{Field, Meta, ScopeKind, Shape, Shared, ValueKind};
use super::types::NEW_CART;
use crate::{history, record};

/// A function before its handler is known.
pub struct Derived {
    pub meta: Meta,
    pub object: String,
    pub verb: &'static str,
}

const VERBS: [&str; 11] =
    ["edit", "delete", "suspend", "resume", "filter", "setfilter", "history", "su", "up", "down", CARD];
/// A list has it that says what its card shows.
const CARD: &str = "card";

/// Gives lists that are `like` another its columns and view.
pub fn inherit(metas: &mut BTreeMap<String, Meta>, faults: &mut Vec<String>) {
    let children: Vec<Meta> = metas.values().filter(|meta| !meta.like.is_empty()).cloned().collect();
    for child in children {
        let Some(model) = metas.get(&child.like).cloned() else {
            faults.push(format!("`{}` is like `{}`, which is not there", child.name, child.like));
            continue;
        };
        let toolbar = child.toolbar.clone();
        let own = Meta {
            name: child.name.clone(),
            level: child.level,
            like: child.like,
            parent: child.parent,
            parent_table: child.parent_table,
            verbs: child.verbs,
            card_of: card_of(&model),
            card: child.card,
            find: child.find,
            toolbar,
            counter: String::new(),
            ..model
        };
        metas.insert(child.name, own);
    }
}

/// The card that the rows of a list open, if they have one.
pub fn card_of(list: &Meta) -> String {
    match list.card {
        Some(_) => format!("{}.{CARD}", list.name),
        None => list.card_of.clone(),
    }
}

/// All functions: those written out, and those that verbs stand for.
pub fn derive(metas: BTreeMap<String, Meta>) -> Vec<Derived> {
    let lists = || metas.values().filter(|meta| meta.shape == Some(Shape::List));
    let names: Vec<String> = lists().map(|list| list.name.clone()).collect();
    let mut all: BTreeMap<String, Derived> = BTreeMap::new();
    for list in lists() {
        for verb in VERBS.into_iter().filter(|verb| has_verb(list, verb)) {
            let name = format!("{}.{verb}", list.name);
            let form = metas.get(&format!("{}.edit", list.name));
            let meta = derived(list, form, &name, verb);
            all.insert(name, Derived { meta, object: list.name.clone(), verb });
        }
    }
    let entries = entries(&metas);
    for (name, meta) in metas.into_iter().filter(|(_, meta)| meta.entry.is_empty()).chain(entries) {
        let object = object_of(&name, &names);
        for step in steps(&meta) {
            all.insert(step.name.clone(), Derived { meta: step, object: object.clone(), verb: "" });
        }
        let meta = as_first_step(meta);
        let verb = all.get(&name).map_or("", |derived| derived.verb);
        let meta = match all.remove(&name) {
            Some(law) => completed(meta, law.meta),
            None => meta,
        };
        all.insert(name, Derived { meta, object, verb });
    }
    all.into_values().collect()
}

fn has_verb(list: &Meta, verb: &str) -> bool {
    if verb == CARD { list.card.is_some() } else { list.verbs().any(|own| own == verb) }
}

/// Wizards under another name: their first steps.
fn entries(metas: &BTreeMap<String, Meta>) -> Vec<(String, Meta)> {
    let named = metas.iter().filter(|(_, meta)| !meta.entry.is_empty());
    let entry = |(name, meta): (&String, &Meta)| {
        let wizard = metas.get(&meta.entry)?.clone();
        let (entry, preset) = (meta.entry.clone(), meta.preset.clone());
        Some((name.clone(), Meta { name: name.clone(), wizard: meta.entry.clone(), entry, preset, ..wizard }))
    };
    named.filter_map(entry).collect()
}

/// Every page of a wizard is a function of its own; those of an entry are the wizard's.
fn steps(meta: &Meta) -> Vec<Meta> {
    if meta.shape != Some(Shape::Wizard) || !meta.entry.is_empty() {
        return Vec::new();
    }
    let step = |(step, page): (usize, &super::meta::Page)| Meta {
        name: format!("{}.{}", meta.name, page.name),
        wizard: meta.name.clone(),
        step,
        ..meta.clone()
    };
    meta.form.pages.iter().enumerate().map(step).collect()
}

/// A wizard called by its own name begins with its first step.
fn as_first_step(meta: Meta) -> Meta {
    match meta.shape {
        Some(Shape::Wizard) if meta.entry.is_empty() => Meta { wizard: meta.name.clone(), ..meta },
        _ => meta,
    }
}

/// What is written out wins; what it leaves open comes from the law.
fn completed(own: Meta, law: Meta) -> Meta {
    Meta {
        table: if own.table.is_empty() { law.table } else { own.table },
        owner: if own.owner.is_empty() { law.owner } else { own.owner },
        scope: if own.scope == ScopeKind::None { law.scope } else { own.scope },
        key: if own.key.is_empty() { law.key } else { own.key },
        toggle: if own.toggle.is_empty() { law.toggle } else { own.toggle },
        group: own.group || law.group,
        reads: own.reads || law.reads,
        view: if own.view.is_empty() { law.view } else { own.view },
        coldata: if own.coldata.cols.is_empty() { law.coldata } else { own.coldata },
        parent: if own.parent.is_empty() { law.parent } else { own.parent },
        parent_table: if own.parent_table.is_empty() { law.parent_table } else { own.parent_table },
        ..own
    }
}

/// The longest name of a list that `name` begins with, or the name itself. The new cart's functions
/// belong to the same list as the old ones.
fn object_of(name: &str, lists: &[String]) -> String {
    let name = name.strip_prefix(NEW_CART).unwrap_or(name);
    let is_part = |list: &&String| name.strip_prefix(list.as_str()).is_some_and(|rest| rest.starts_with('.'));
    let longest = lists.iter().filter(is_part).max_by_key(|list| list.len());
    longest.map_or(name, String::as_str).to_owned()
}

fn derived(list: &Meta, form: Option<&Meta>, name: &str, verb: &str) -> Meta {
    let table = form.map_or(&list.table, |form| &form.table);
    let level = match verb {
        "history" | CARD => list.level,
        // It is kept for who signs in; everybody may send conditions along.
        "filter" => list.level.max(crate::level::Level::User),
        "setfilter" | "su" => list.level.max(crate::level::Level::Reseller),
        _ => form.map_or(list.level, |form| form.level),
    };
    let meta = Meta {
        name: name.to_owned(),
        shape: Some(Shape::Action),
        level,
        scope: list.scope,
        table: if table.is_empty() { list.table.clone() } else { table.clone() },
        owner: list.owner.clone(),
        key: list.key.clone(),
        key_kind: list.key_kind,
        keyname: list.keyname.clone(),
        toggle: list.toggle.clone(),
        link: list.link.clone(),
        link_from: list.link_from.clone(),
        link_to: list.link_to.clone(),
        group: true,
        ..Meta::default()
    };
    match verb {
        "filter" => filter_form(list, meta),
        "history" => history_list(meta),
        CARD => super::card::data::function(list, meta),
        "edit" => Meta { shape: Some(Shape::Form), group: false, ..meta },
        "su" | "setfilter" => Meta { group: false, ..meta },
        _ => meta,
    }
}

/// What every history shows.
static HISTORY: LazyLock<Shared<Field>> = LazyLock::new(|| {
    let cols = [
        ("id", "id", ValueKind::Id),
        ("changedate", "at", ValueKind::Time),
        ("desc", "description", ValueKind::Text),
        ("user", "user_name", ValueKind::Text),
        ("ip", "ip", ValueKind::Text),
        ("action", "action", ValueKind::Text),
    ];
    let col = |(name, column, kind): (&str, &str, _)| Field {
        name: name.into(),
        column: column.into(),
        kind,
        ..Field::default()
    };
    cols.map(col).into()
});

fn history_list(meta: Meta) -> Meta {
    Meta {
        shape: Some(Shape::List),
        view: "history_list".into(),
        sort: "-id".into(),
        key: "id".into(),
        key_kind: ValueKind::Id,
        group: false,
        coldata: super::meta::ColData { cols: HISTORY.clone() },
        ..meta
    }
}

/// The fields of the list's `<filter>`, or one a column where it has none.
fn filter_form(list: &Meta, meta: Meta) -> Meta {
    let fields = super::filter::fields(list).map(|field| Field { virtual_: true, ..field }).collect();
    let pages = vec![super::meta::Page { name: "filter".into(), fields, ..Default::default() }];
    Meta {
        shape: Some(Shape::Form),
        group: false,
        form: super::meta::FormData { pages: pages.into(), buttons: Vec::new() },
        ..meta
    }
}

/// What the law itself knows to do.
pub fn handler(meta: &Meta, verb: &str) -> Option<Handler> {
    Some(match (meta.shape(), verb) {
        (Shape::Action, "delete") if !meta.table.is_empty() => Handler::Each(record::delete),
        (Shape::Action, "suspend") if !meta.link.is_empty() => Handler::Each(record::unlink),
        (Shape::Action, "resume") if !meta.link.is_empty() => Handler::Each(record::link),
        (Shape::Action, "suspend") if !meta.table.is_empty() => Handler::Each(record::suspend),
        (Shape::Action, "resume") if !meta.table.is_empty() => Handler::Each(record::resume),
        (Shape::Action, "up") => Handler::Each(record::up),
        (Shape::Action, "down") => Handler::Each(record::down),
        (Shape::Action, "su") => Handler::Once(crate::auth::su::by_row),
        (Shape::Action, "setfilter") => Handler::Once(super::filter::set_by_row),
        (Shape::Form, "filter") => Handler::Form(super::filter::FORM),
        (Shape::Card, _) => Handler::Once(super::card::show),
        (Shape::List, "history") => Handler::View(Some(history::of_record)),
        (Shape::List, _) if !meta.view.is_empty() => Handler::View(None),
        (Shape::Form | Shape::Wizard, _) if !meta.table.is_empty() => Handler::Form(record::FORM),
        _ => return None,
    })
}
