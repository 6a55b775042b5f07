//! Every callable function: what `funcs/*.xml` says, joined by name with what the code does.
//! One without the other is a fault that is found at start.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;
use serde::Deserialize;

use super::family;
use super::handler::Handler;
use super::meta::{Field, Meta, Shape};
use super::plan::Plans;
use super::types::{Families, ItemType, TYPE};
use super::words::{COMMON, Lang, Words};
use crate::db::Sql;
use crate::level::Level;
use crate::packed;

/// A row of a handler table: `("payment.setpaid", Handler::…)`.
pub type Row = (&'static str, Handler);

pub struct Func {
    pub meta: Meta,
    pub handler: Handler,
    /// The list that this function belongs to: `payment` for `payment.setpaid`.
    pub object: String,
    /// The part of the name that the naming law gave, or "".
    pub verb: &'static str,
    /// Where its words are looked for, the first set first.
    pub sets: Vec<String>,
    pub plans: Plans,
    /// How a form reads its record, once it has.
    pub select: OnceLock<Sql>,
    /// The product type that it was made for.
    pub kind: Option<Arc<ItemType>>,
}

pub struct Registry {
    /// By name, as lists show them.
    funcs: Vec<Arc<Func>>,
    places: HashMap<String, usize>,
    pub families: Families,
    pub words: Words,
    pub menu: Vec<MenuNode>,
    /// Changes with any metadata or word: clients use it as a cache key (`doc/@features`).
    pub features: String,
}

/// A file of words alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    lang: Vec<Lang>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    metadata: Vec<Meta>,
    #[serde(default)]
    lang: Vec<Lang>,
    #[serde(default)]
    mainmenu: MenuNode,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct MenuNode {
    #[serde(default, rename = "@name")]
    pub name: String,
    /// Which rows of the list want somebody: a filter of it.
    #[serde(default, rename = "@counts")]
    pub counts: String,
    /// Up to which level they are counted; a client's few rows are, where all clients' would take long.
    #[serde(default, rename = "@counts_upto")]
    counts_upto: Option<Level>,
    /// Which are counted above it: those of everybody that an index holds together.
    #[serde(default, rename = "@counts_above")]
    counts_above: String,
    #[serde(default)]
    pub node: Vec<MenuNode>,
}

impl MenuNode {
    /// The filter of the rows that are counted for this level.
    pub fn counted_for(&self, level: Level) -> Option<&str> {
        let is_above = self.counts_upto.is_some_and(|most| level > most);
        let counts = if is_above { &self.counts_above } else { &self.counts };
        Some(counts.as_str()).filter(|counts| !counts.is_empty())
    }
}

impl Func {
    pub fn name(&self) -> &str {
        &self.meta.name
    }

    /// The sets that are of this function alone: its own, that of its wizard, and those of their templates.
    pub fn own_sets(&self) -> Vec<String> {
        let template = |name: &str| self.kind.as_ref().map(|kind| name.replacen(&kind.intname, TYPE, 1));
        let names = [self.name(), &self.meta.wizard].into_iter().filter(|name| !name.is_empty());
        names.flat_map(|name| [name.to_owned()].into_iter().chain(template(name))).collect()
    }

    /// The same function with fields that this call adds to their pages, or to its last one.
    pub fn with_fields(&self, fields: &[Field]) -> Self {
        let mut meta = self.meta.clone();
        let pages = Arc::make_mut(&mut meta.form.pages);
        let last = pages.len().checked_sub(1);
        let place = |field: &Field| pages.iter().position(|page| page.name == field.page).or(last);
        let places: Vec<_> = fields.iter().map(place).collect();
        for (at, page) in pages.iter_mut().enumerate() {
            let new = fields.iter().zip(&places).filter(|(_, place)| **place == Some(at));
            page.fields = page.fields.iter().chain(new.map(|(field, _)| field)).cloned().collect();
        }
        Self {
            meta,
            handler: self.handler,
            object: self.object.clone(),
            verb: self.verb,
            sets: self.sets.clone(),
            plans: Plans::default(),
            select: OnceLock::new(),
            kind: self.kind.clone(),
        }
    }

    /// Does this call change anything? Decides between an inline read and a write job.
    pub fn writes(&self, submits: bool) -> bool {
        match self.meta.shape() {
            Shape::List | Shape::Report | Shape::Card => false,
            Shape::Form => submits && !self.meta.reads,
            Shape::Wizard => submits && super::wizard::acts(&self.meta),
            Shape::Action => !self.meta.reads,
        }
    }
}

impl Registry {
    /// The delivered functions joined with `handlers`, or everything that is wrong with them.
    pub fn embedded(handlers: &[&[Row]]) -> Result<Self, Vec<String>> {
        Self::new(packed::texts(packed::FUNCS), handlers)
    }

    pub fn new<T: AsRef<str>>(
        files: impl IntoIterator<Item = (String, T)>,
        handlers: &[&[Row]],
    ) -> Result<Self, Vec<String>> {
        let (mut metas, mut words, mut menu) = (BTreeMap::new(), Words::default(), Vec::new());
        let (mut faults, mut digest) = (Vec::new(), blake3::Hasher::new());
        for (path, xml) in files {
            let xml = xml.as_ref();
            digest.update(xml.as_bytes());
            match quick_xml::de::from_str::<File>(xml) {
                Ok(file) => {
                    take(file.metadata, &path, &mut metas, &mut faults);
                    file.lang.into_iter().for_each(|lang| words.add(lang));
                    menu.extend(file.mainmenu.node);
                }
                Err(cause) => faults.push(format!("{path}: {cause}")),
            }
        }
        family::inherit(&mut metas, &mut faults);
        let funcs = join(family::derive(metas), handlers, &mut faults);
        let features = digest.finalize().to_hex()[..32].to_owned();
        let (templates, funcs): (Vec<_>, Vec<_>) =
            funcs.into_iter().partition(|func| Families::is_template(func.name()));
        let families = Families::new(templates);
        let places = funcs.iter().enumerate().map(|(at, func)| (func.meta.name.clone(), at)).collect();
        let registry = Self { funcs, places, families, words, menu, features };
        faults.extend(super::audit::faults(&registry));
        if faults.is_empty() { Ok(registry) } else { Err(faults) }
    }

    /// Adds the words of a file of `lang` elements: another language, or other words of one that is there.
    pub fn speak(&mut self, xml: &str) -> Result<(), String> {
        let file: Spoken = quick_xml::de::from_str(xml).map_err(|cause| cause.to_string())?;
        file.lang.into_iter().for_each(|lang| self.words.add(lang));
        let digest = blake3::Hasher::new().update(self.features.as_bytes()).update(xml.as_bytes()).finalize();
        self.features = digest.to_hex()[..32].to_owned();
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<Arc<Func>> {
        let own = self.places.get(name).map(|at| self.funcs[*at].clone());
        own.or_else(|| self.families.get(name))
    }

    /// Is it a function, or the template of a family's?
    pub fn knows(&self, name: &str) -> bool {
        self.places.contains_key(name) || self.families.template(name).is_some()
    }

    /// What `funcs/*.xml` describes, without the families of product types.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Func>> {
        self.funcs.iter()
    }

    /// The same, with the templates of families.
    pub fn described(&self) -> impl Iterator<Item = &Arc<Func>> {
        self.funcs.iter().chain(self.families.templates())
    }

    /// Every function that can be called, sorted by name.
    pub fn all(&self) -> Vec<Arc<Func>> {
        let families = self.families.all();
        let mut all: Vec<_> = self
            .funcs
            .iter()
            .cloned()
            .chain(families.into_iter().filter(|f| !self.places.contains_key(f.name())))
            .collect();
        all.sort_by(|a, b| a.name().cmp(b.name()));
        all
    }

    /// The title of a function: its own, or its object's with the verb behind it.
    pub fn title(&self, func: &Func, lang: &str) -> String {
        if let Some(kind) = &func.kind {
            return self.title_of_type(func, kind, lang);
        }
        if let Some(title) = self.words.find(lang, &func.own_sets(), "title") {
            return title.to_owned();
        }
        self.titled(func, lang, self.words.get(lang, &func.sets, "title"))
    }

    /// The type's name, and what the template or the naming law adds to it.
    fn title_of_type(&self, func: &Func, kind: &ItemType, lang: &str) -> String {
        let object = kind.title(lang);
        let own = self.words.find(lang, &func.own_sets(), "title");
        match own.filter(|_| func.name() != kind.intname) {
            Some(own) => format!("{object}: {own}"),
            None => self.titled(func, lang, object),
        }
    }

    fn titled(&self, func: &Func, lang: &str, object: &str) -> String {
        match self.words.common(lang, &format!("title_{}", func.verb)) {
            Some(verb) if !func.verb.is_empty() => format!("{object}: {verb}"),
            _ => object.to_owned(),
        }
    }

    pub fn label<'w>(&'w self, func: &'w Func, lang: &str, field: &'w Field) -> &'w str {
        if field.label.is_empty() { self.words.get(lang, &func.sets, &field.name) } else { &field.label }
    }
}

/// Keeps copies: what was parsed has room to grow in every list, and is gone before the next file is read.
fn take(new: Vec<Meta>, path: &str, metas: &mut BTreeMap<String, Meta>, faults: &mut Vec<String>) {
    for mut meta in new {
        meta.name_words();
        if meta.shape.is_none() {
            faults.push(format!("{path}: `{}` has no type", meta.name));
        } else if let Some(twice) = metas.insert(meta.name.clone(), meta.clone()) {
            faults.push(format!("{path}: `{}` stands twice", twice.name));
        }
    }
}

fn join(metas: Vec<family::Derived>, handlers: &[&[Row]], faults: &mut Vec<String>) -> Vec<Arc<Func>> {
    let mut named: BTreeMap<&str, Handler> = BTreeMap::new();
    for (name, handler) in handlers.iter().copied().flatten() {
        if named.insert(name, *handler).is_some() {
            faults.push(format!("`{name}` has two handlers"));
        }
    }
    let likes: BTreeMap<String, String> =
        metas.iter().map(|derived| (derived.meta.name.clone(), derived.meta.like.clone())).collect();
    let mut funcs = Vec::new();
    let of_wizard = named.clone();
    for family::Derived { meta, object, verb } in metas {
        let own = named.remove(meta.name.as_str());
        let handler = own.or_else(|| of_wizard.get(meta.wizard.as_str()).copied());
        let Some(handler) = handler.or_else(|| family::handler(&meta, verb)) else {
            faults.push(format!("`{}` has no handler", meta.name));
            continue;
        };
        let like = likes.get(&object).map_or("", String::as_str);
        let sets = sets(&meta, &object, like);
        let (plans, select) = (Plans::default(), OnceLock::new());
        funcs.push(Arc::new(Func { object, verb, sets, handler, plans, select, kind: None, meta }));
    }
    funcs.sort_by(|a, b| a.name().cmp(b.name()));
    faults.extend(named.keys().map(|name| format!("the handler of `{name}` has no metadata")));
    funcs
}

/// A function's own words, those of the list it is like, of its object and what that is like, and
/// the shared ones.
fn sets(meta: &Meta, object: &str, object_like: &str) -> Vec<String> {
    let mut sets = vec![meta.name.clone()];
    for set in [meta.wizard.as_str(), meta.like.as_str(), object, object_like, COMMON] {
        if !set.is_empty() && !sets.iter().any(|have| have == set) {
            sets.push(set.to_owned());
        }
    }
    sets
}
