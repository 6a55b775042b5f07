//! Product types: each makes a family of functions out of the templates of `funcs/family.xml`
//! (decisions.md, Registry and product families).
//!
//! The types stand in the database and are held as one immutable set, which is swapped whole when
//! a change commits. A function of a type is made when it is first asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;
use foldhash::HashMap;

use super::meta::Field;
use super::plan::Plans;
use super::registry::Func;
use crate::app::App;
use crate::db::{Conn, Kind, Sql};
use crate::error::Result;

/// Stands for the type's internal name in the names of templates.
pub const TYPE: &str = "{type}";
/// The new cart's functions have it before the type.
pub const NEW_CART: &str = "v2.";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemType {
    pub id: i64,
    pub intname: String,
    name: String,
    name_ru: String,
}

impl ItemType {
    pub fn new(id: i64, intname: &str, name: &str, name_ru: &str) -> Self {
        Self { id, intname: intname.into(), name: name.into(), name_ru: name_ru.into() }
    }

    pub fn title(&self, lang: &str) -> &str {
        if lang == "ru" && !self.name_ru.is_empty() { &self.name_ru } else { &self.name }
    }
}

#[derive(Default)]
pub struct Families {
    templates: BTreeMap<String, Arc<Func>>,
    types: ArcSwap<Types>,
}

/// The product types of a moment and the functions made for them.
#[derive(Default)]
struct Types {
    list: Vec<Arc<ItemType>>,
    made: RwLock<HashMap<String, Arc<Func>>>,
}

impl Families {
    pub fn new(templates: impl IntoIterator<Item = Arc<Func>>) -> Self {
        let templates = templates.into_iter().map(|func| (func.meta.name.clone(), func)).collect();
        Self { templates, types: ArcSwap::default() }
    }

    pub fn is_template(name: &str) -> bool {
        name.contains(TYPE)
    }

    pub fn templates(&self) -> impl Iterator<Item = &Arc<Func>> {
        self.templates.values()
    }

    pub fn template(&self, name: &str) -> Option<&Arc<Func>> {
        self.templates.get(name)
    }

    pub fn set(&self, types: Vec<ItemType>) {
        let list = types.into_iter().map(Arc::new).collect();
        self.types.store(Arc::new(Types { list, made: RwLock::default() }));
    }

    pub fn types(&self) -> Vec<Arc<ItemType>> {
        self.types.load().list.clone()
    }

    pub fn by_id(&self, id: i64) -> Option<Arc<ItemType>> {
        self.types.load().list.iter().find(|kind| kind.id == id).cloned()
    }

    pub fn by_name(&self, intname: &str) -> Option<Arc<ItemType>> {
        self.types.load().list.iter().find(|kind| kind.intname == intname).cloned()
    }

    /// `vds.order.param`: the type is the first part of the name, behind `v2.` the second.
    pub fn get(&self, name: &str) -> Option<Arc<Func>> {
        let types = self.types.load();
        if let Some(func) = types.made.read().expect("no family panics").get(name) {
            return Some(func.clone());
        }
        let (cart, rest) = match name.strip_prefix(NEW_CART) {
            Some(rest) => (NEW_CART, rest),
            None => ("", name),
        };
        let intname = rest.split('.').next()?;
        let kind = types.list.iter().find(|kind| kind.intname == intname)?;
        let template = self.templates.get(&[cart, TYPE, &rest[intname.len()..]].concat())?;
        let func = Arc::new(made(template, kind));
        types.made.write().expect("no family panics").insert(name.to_owned(), func.clone());
        Some(func)
    }

    /// Every function of every type.
    pub fn all(&self) -> Vec<Arc<Func>> {
        let names = |kind: &Arc<ItemType>| -> Vec<String> {
            self.templates.keys().map(|name| name.replace(TYPE, &kind.intname)).collect()
        };
        self.types().iter().flat_map(names).filter_map(|name| self.get(&name)).collect()
    }
}

/// The template's function for a type.
fn made(template: &Func, kind: &Arc<ItemType>) -> Func {
    let named = |text: &str| text.replace(TYPE, &kind.intname);
    let mut meta = template.meta.clone();
    meta.name = named(&meta.name);
    meta.wizard = named(&meta.wizard);
    for group in &mut meta.toolbar.groups {
        group.buttons.retain(|button| button.only.is_empty() || button.only == kind.intname);
    }
    meta.toolbar.groups.retain(|group| !group.buttons.is_empty());
    for button in meta.toolbar.groups.iter_mut().flat_map(|group| &mut group.buttons) {
        button.func = named(&button.func);
    }
    let is_asked = |field: &Field| {
        field.only.is_empty() || field.only.split_whitespace().any(|only| only == kind.intname)
    };
    if meta.fields().any(|field| !is_asked(field)) {
        let pages = Arc::make_mut(&mut meta.form.pages).iter_mut();
        let fields = pages.flat_map(|page| Arc::make_mut(&mut page.fields));
        fields.filter(|field| !is_asked(field)).for_each(|field| field.control = "hidden".to_owned());
    }
    let own = [meta.name.clone(), kind.intname.clone()];
    Func {
        handler: template.handler,
        object: named(&template.object),
        verb: template.verb,
        sets: own.into_iter().chain(template.sets.iter().cloned()).collect(),
        plans: Plans::default(),
        select: Default::default(),
        kind: Some(kind.clone()),
        meta,
    }
}

/// The product types, in the order in which menus show them.
pub fn load(conn: &mut Conn) -> Result<Vec<ItemType>> {
    let sql = Sql::new(
        "SELECT id, intname, name, name_ru FROM itemtype WHERE parent_id = 0 AND NOT deleted \
         ORDER BY orderpriority, id",
    );
    let rows = sql.load(conn, &[Kind::Int, Kind::Text, Kind::Text, Kind::Text])?;
    let kind =
        |row: &Vec<crate::db::Raw>| ItemType::new(row[0].int(), row[1].str(), row[2].str(), row[3].str());
    Ok(rows.iter().map(kind).collect())
}

/// Takes the types from the database anew.
pub fn reload(app: &App) {
    match app.db.read(super::BUDGET_SLOW, load) {
        Ok(types) => app.registry.families.set(types),
        Err(error) => tracing::error!("product types are kept as they were: {error}"),
    }
}

/// Asks whether another server on the same database has changed a type.
pub fn refresh(app: &App) {
    if app.types_seen.is_stale(&app.db) {
        reload(app);
    }
}
