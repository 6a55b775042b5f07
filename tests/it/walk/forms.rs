//! Every form opens for somebody; every form that makes a record makes one and shows it as it was
//! filled in; every wizard comes to its end.

use std::collections::BTreeSet;
use std::sync::Arc;

use billmgr::rpc::meta::{Field, Shape};
use billmgr::rpc::registry::Func;

use super::{LOGINS, Outcome, Walk, any};
use crate::direct::{Answered, values};

/// Records that are tried with one form.
const RECORDS_MAX: usize = 40;
/// Forms of the caller himself, whatever record is asked for.
const OWN: [&str; 1] = ["usrparam"];

/// Names and values of a form.
type Filled = Vec<(String, String)>;

impl Walk {
    pub fn forms(&self) {
        for func in self.of_shape(Shape::Form) {
            let elids = self.elids(&func);
            let tries = LOGINS.iter().flat_map(|login| elids.iter().map(move |elid| (login, elid)));
            let opens = |(login, elid): (&&str, &String)| self.opens(login, &func, elid);
            self.note(func.name(), any(tries.map(opens)));
        }
    }

    /// What a form may be opened with: its records, the newest first, and nothing.
    pub fn elids(&self, func: &Func) -> Vec<String> {
        if func.name() == "paramlist.edit" {
            return vec!["SessionMinutes".to_owned()];
        }
        let table = if func.verb == "filter" { "" } else { &func.meta.table };
        let records = if table.is_empty() { Vec::new() } else { self.ids(table) };
        records.into_iter().take(RECORDS_MAX).chain([String::new()]).collect()
    }

    /// It opens, and holds every field of its level.
    fn opens(&self, login: &str, func: &Func, elid: &str) -> Outcome {
        let form =
            self.call(login, func.name(), &[("elid", elid)]).map_err(|error| format!("{login}: {error}"))?;
        let lacks = |field: &&Field| field.level <= self.level(login) && form.doc.get(&field.name).is_none();
        match func.meta.fields().find(lacks) {
            Some(field) => Err(format!("{login} is not shown the field {}", field.name)),
            None => Ok(()),
        }
    }

    pub fn level(&self, login: &str) -> billmgr::level::Level {
        crate::direct::caller(&self.app, login).level()
    }

    /// The forms behind buttons that make something new.
    fn makers(&self) -> BTreeSet<String> {
        let lists = self.of_shape(Shape::List);
        let of_buttons = lists.iter().flat_map(|list| list.meta.buttons());
        let named = of_buttons.filter(|button| button.kind == "new").map(|button| button.func.clone());
        // A list without a toolbar gets its buttons from its verbs.
        let derived = lists.iter().filter(|list| list.meta.toolbar.groups.is_empty());
        let derived = derived.filter(|list| list.meta.verbs().any(|verb| verb == "edit"));
        let derived = derived.map(|list| format!("{}.edit", list.name()));
        named.chain(derived).filter(|name| !name.ends_with(".filter")).collect()
    }

    /// Where a button makes something new, something new is made; elsewhere it is refused.
    pub fn new_records(&self) {
        let makers = self.makers();
        let is_of_records = |func: &&Arc<Func>| {
            !func.meta.table.is_empty()
                && func.verb != "filter"
                && !func.meta.reads
                && !OWN.contains(&func.name())
        };
        for func in self.of_shape(Shape::Form).iter().filter(is_of_records) {
            let outcome = match makers.contains(func.name()) {
                true => self.makes(func),
                false => self.refuses_new(func),
            };
            self.note(func.name(), outcome);
        }
    }

    fn refuses_new(&self, func: &Func) -> Outcome {
        let nothing = Answered::nothing();
        match self.submit(func.name(), "", &self.fill(func.meta.fields(), &nothing)) {
            Ok(id) => Err(format!("made {id}, which no button offers")),
            Err(_) => Ok(()),
        }
    }

    fn makes(&self, func: &Func) -> Outcome {
        let plid = match func.meta.parent_table() {
            "" => String::new(),
            table => self.ids(table).pop().unwrap_or_default(), // the first was made by the demo
        };
        let blank = self.call("admin", func.name(), &[("plid", &plid)]).map_err(|error| error.to_string())?;
        let filled = self.fill(func.meta.fields(), &blank);
        let id = self.submit(func.name(), &plid, &filled)?;
        let kept = self.call("admin", func.name(), &[("elid", &id)]).map_err(|error| error.to_string())?;
        self.compare(func, func, &filled, &kept);
        Ok(())
    }

    /// A value for every field.
    fn fill<'f>(&self, fields: impl Iterator<Item = &'f Field>, form: &Answered) -> Filled {
        let fields = fields.filter(|field| !field.readonly);
        let filled =
            fields.filter_map(|field| Some((field.name.clone(), values::other(field, form, self.mark())?)));
        filled.collect()
    }

    /// Saves as an administrator and answers the new record's id.
    fn submit(&self, func: &str, plid: &str, filled: &Filled) -> Result<String, String> {
        let mut pairs = vec![("plid", plid), ("sok", "ok")];
        pairs.extend(filled.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let done = self.call("admin", func, &pairs).map_err(|error| format!("{filled:?}: {error}"))?;
        done.doc.get_text("id").map(str::to_owned).ok_or_else(|| "no id is answered".to_owned())
    }

    /// Is each field shown as it was filled in, where it is shown at all?
    fn compare(&self, filled_in: &Func, shown_by: &Func, filled: &Filled, kept: &Answered) {
        for (name, value) in filled {
            let Some(field) = shown_by.meta.field(name).filter(|field| !field.is_secret()) else { continue };
            let shown = kept.text(&field.name);
            if shown != value {
                let fault = format!("`{value}` was kept as `{shown}`");
                self.fault(&format!("{}/{name}", filled_in.name()), &fault);
            }
        }
    }

    pub fn wizards(&self) {
        for func in self.of_shape(Shape::Wizard) {
            if func.name() == func.meta.wizard {
                self.note(func.name(), self.goes_through(&func));
            }
        }
    }

    fn goes_through(&self, func: &Func) -> Outcome {
        let mut filled = Filled::new();
        let mut step = func.name().to_owned();
        for page in func.meta.form.pages.iter() {
            step = format!("{}.{}", func.name(), page.name);
            let pairs: Vec<_> = filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let form = self.call("admin", &step, &pairs).map_err(|error| format!("{step}: {error}"))?;
            if let Some(field) = page.fields.iter().find(|field| form.doc.get(&field.name).is_none()) {
                return Err(format!("{step} does not show {}", field.name));
            }
            filled.extend(self.fill(page.fields.iter(), &form));
        }
        let id = self.submit(&step, "", &filled)?;
        let edit = self
            .app
            .registry
            .get(&format!("{}.edit", func.object))
            .expect("what a wizard makes can be edited");
        let kept = self.call("admin", edit.name(), &[("elid", &id)]).map_err(|error| error.to_string())?;
        self.compare(func, &edit, &filled, &kept);
        Ok(())
    }
}
