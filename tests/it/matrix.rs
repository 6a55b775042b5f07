//! No function shows or changes what belongs to another account: every function, called by each
//! kind of client and by a reseller with the ids of everybody else's records.

mod calls;
mod owners;

use std::cell::RefCell;
use std::collections::BTreeSet;

use billmgr::doc::Node;
use billmgr::rpc::meta::{Field, Shape};
use billmgr::rpc::registry::Func;

use crate::direct::{self, Answered, tables, values};
use crate::support::{Engine, World};
use calls::Attempt;
use owners::Side;

/// Two direct clients, a reseller, and a client of another reseller.
const CALLERS: [&str; 4] = ["client", "client2", "reseller", "buyer2"];
/// Forms of the caller himself, whatever record is asked for.
const OWN_FORMS: [&str; 3] = ["usrparam", "groupedit", "settings"];

struct Matrix<'w> {
    world: &'w World,
    login: &'static str,
    side: Side,
    faults: RefCell<Vec<String>>,
}

impl Matrix<'_> {
    fn fault(&self, func: &Func, attempt: &[(&str, &str)], what: &str) {
        self.faults.borrow_mut().push(format!("{} by {} {attempt:?}: {what}", func.name(), self.login));
    }

    /// Calls and judges the answer. Did it say yes to something that may have changed a table?
    fn attempt(&self, func: &Func, attempt: &Attempt) -> bool {
        let pairs: Vec<_> = attempt.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let Ok(answered) = direct::call(&self.world.app, self.login, func.name(), &pairs) else {
            return false;
        };
        if func.meta.level > self.level() {
            self.fault(func, &pairs, "is above the caller and was answered");
        }
        for text in self.side.strangers_texts(&answered) {
            self.fault(func, &pairs, &format!("shows `{text}`"));
        }
        match func.meta.shape() {
            Shape::List | Shape::Report => self.judge_rows(func, &pairs, &answered),
            Shape::Form | Shape::Wizard => self.judge_form(func, &pairs, &answered),
            Shape::Action => {}
        }
        func.writes(pairs.contains(&("sok", "ok")))
    }

    fn level(&self) -> billmgr::level::Level {
        direct::caller(&self.world.app, self.login).level()
    }

    /// Every row is the caller's, and none belongs to the stranger who was asked for.
    fn judge_rows(&self, func: &Func, pairs: &[(&str, &str)], answered: &Answered) {
        let asks_for_stranger = pairs.iter().any(|(name, value)| *name == "elid" && !value.is_empty());
        let nested = !func.meta.parent.is_empty() || func.verb == "history";
        if asks_for_stranger && nested && !answered.rows.is_empty() {
            self.fault(func, pairs, "has rows of a stranger's record");
        }
        let total = answered.doc.get_text("p_elems").unwrap_or_default();
        if total != answered.rows.len().to_string() {
            self.fault(func, pairs, &format!("{} rows, but p_elems {total}", answered.rows.len()));
        }
        let Some(own) = self.side.own_keys(&self.world.app.db, &func.meta.view) else { return };
        let key = func.meta.key();
        if nested || key != "id" {
            return; // the key is another table's
        }
        for row in answered.rows.iter().filter(|row| !own.contains(&row[key])) {
            self.fault(func, pairs, &format!("shows the row {row:?}"));
        }
    }

    fn judge_form(&self, func: &Func, pairs: &[(&str, &str)], answered: &Answered) {
        let elid = pairs.iter().find(|(name, _)| *name == "elid").map_or("", |(_, value)| *value);
        let of_record =
            !func.meta.table.is_empty() && func.verb != "filter" && func.meta.shape() == Shape::Form;
        if of_record && !elid.is_empty() && !OWN_FORMS.contains(&func.name()) {
            self.fault(func, pairs, "opens or keeps a stranger's record");
        }
        for field in func.meta.fields().filter(|field| !field.options.is_empty()) {
            let Some(own) = self.side.own_keys(&self.world.app.db, &format!("{}_option", field.options))
            else {
                continue;
            };
            for key in answered.offered(&field.name).into_iter().filter(|key| !own.contains(key)) {
                self.fault(func, pairs, &format!("offers {key} as {}", field.name));
            }
        }
    }

    /// Calls with every stranger's ids, and looks afterwards whether strangers' rows are the same.
    fn check(&self, func: &Func, before: &mut tables::Digests) {
        let attempts = self.attempts(func);
        let done = attempts.iter().fold(false, |done, attempt| self.attempt(func, attempt) | done);
        let done = self.references(func) | done;
        if done {
            let after = self.side.strangers_digests(&self.world.app.db);
            let changed = tables::changed(before, &after);
            if !changed.is_empty() {
                self.fault(func, &[], &format!("changes {changed:?}"));
            }
            *before = after;
        }
    }

    /// Chooses strangers' records in forms of one's own.
    fn references(&self, func: &Func) -> bool {
        let refers = |field: &&Field| {
            self.side.own_keys(&self.world.app.db, &format!("{}_option", field.options)).is_some()
        };
        if func.meta.shape() != Shape::Form || func.verb == "filter" || func.meta.level > self.level() {
            return false;
        }
        let mut done = false;
        for field in func.meta.fields().filter(|field| !field.options.is_empty()).filter(refers) {
            let table = if field.options == "users" { "users" } else { &field.options };
            for id in self.side.strangers(table) {
                done |= self.refers(func, field, id);
            }
        }
        done
    }

    fn refers(&self, func: &Func, field: &Field, id: &str) -> bool {
        let own = self.side.own_account.to_string();
        let elids = self.side.own(&func.meta.table).into_iter().take(2).chain([""]);
        let mut done = false;
        for elid in elids {
            let mut attempt = self.filled(func, &[("plid", &own)]);
            attempt.retain(|(name, _)| *name != field.name);
            attempt.extend([("elid", elid.to_owned()), ("plid", own.clone())]);
            attempt.push((field.name.clone().leak(), id.to_owned()));
            let pairs: Vec<_> = attempt.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let Ok(kept) = direct::call(&self.world.app, self.login, func.name(), &pairs) else { continue };
            done = true;
            let record = kept.doc.get_text("id").unwrap_or_default();
            let shown = direct::call(&self.world.app, self.login, func.name(), &[("elid", record)]);
            if shown.is_ok_and(|shown| shown.text(&field.name) == id) {
                self.fault(func, &pairs, "refers to a stranger's record");
            }
        }
        done
    }

    /// Every field of a form with a value that this caller could send.
    fn filled(&self, func: &Func, open: &[(&str, &str)]) -> Attempt {
        if !matches!(func.meta.shape(), Shape::Form | Shape::Wizard) {
            return Attempt::new();
        }
        let form = direct::call(&self.world.app, self.login, func.name(), open);
        let form = form.unwrap_or_else(|_| Answered { doc: Node::new("doc"), rows: Vec::new() });
        let fields = func.meta.fields().filter(|field| !field.readonly);
        let pairs = fields.enumerate().filter_map(|(mark, field)| {
            let name: &'static str = field.name.clone().leak();
            Some((name, values::other(field, &form, mark)?))
        });
        pairs.chain([("sok", "ok".to_owned())]).collect()
    }
}

/// R57 A stranger's record is not there, whatever is asked of it.
#[test]
#[ignore = "takes minutes; tests/soak runs it"]
fn what_is_anothers_is_not_there() {
    for engine in Engine::all() {
        judged(&World::new(engine));
    }
}

fn judged(world: &World) {
    owners::enrich(world);
    let mut faults = BTreeSet::new();
    for login in CALLERS {
        let side = Side::new(world, login);
        let matrix = Matrix { world, login, side, faults: RefCell::default() };
        let mut before = matrix.side.strangers_digests(&world.app.db);
        for func in world.app.registry.iter() {
            matrix.check(func, &mut before);
        }
        let changed = tables::changed(&before, &matrix.side.strangers_digests(&world.app.db));
        faults.extend(matrix.faults.take());
        assert!(changed.is_empty(), "{login} changed {changed:?}");
    }
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
