//! No function shows or changes what belongs to another account: every function, called by each
//! kind of client and by a reseller with the ids of everybody else's records.

mod calls;
mod owners;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use billmgr::rpc::meta::{Field, Shape};
use billmgr::rpc::registry::Func;

use crate::direct::{self, Answered, tables, values};
use crate::support::seed::goods;
use crate::support::{World, worlds};
use calls::Attempt;
use owners::Side;

/// Two direct clients, a reseller, and a client of another reseller.
const CALLERS: [&str; 4] = ["client", "client2", "reseller", "buyer2"];

fn elid<'p>(pairs: &[(&str, &'p str)]) -> &'p str {
    pairs.iter().find(|(name, _)| *name == "elid").map_or("", |(_, value)| *value)
}

struct Matrix<'w> {
    world: &'w World,
    login: &'static str,
    side: Side,
    faults: RefCell<Vec<String>>,
    /// Makes what is sent differ from all that was sent before.
    mark: &'w Cell<usize>,
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
            Shape::Action => self.judge_action(func, &pairs),
            Shape::Card => self.judge_card(func, &pairs),
        }
        func.writes(pairs.contains(&("sok", "ok")))
    }

    fn level(&self) -> billmgr::level::Level {
        direct::caller(&self.world.app, self.login).level()
    }

    /// Every row is the caller's, and none belongs to the stranger who was asked for.
    fn judge_rows(&self, func: &Func, pairs: &[(&str, &str)], answered: &Answered) {
        let parent = match (func.verb, func.meta.parent.strip_suffix("_id")) {
            ("history", _) => func.meta.table.as_str(),
            (_, Some(parent)) => parent,
            (_, None) if func.name().starts_with("rights2.") => "users",
            (_, None) => "",
        };
        let nested = !parent.is_empty();
        if !answered.rows.is_empty() && self.side.is_asked_for(parent, elid(pairs)) {
            self.fault(func, pairs, "has rows of a stranger's record");
        }
        let total = answered.doc.get_text("p_elems").unwrap_or_default();
        if total != answered.rows.len().to_string() {
            self.fault(func, pairs, &format!("{} rows, but p_elems {total}", answered.rows.len()));
        }
        if func.name() == "journal.stat" {
            self.judge_counts(func, pairs, answered);
        }
        if nested || func.meta.key() != "id" {
            return; // the key is another table's
        }
        let is_strangers = |key: &str| self.side.is_strangers(&self.world.app.db, &func.meta.view, key);
        if let Some(row) = answered.rows.iter().find(|row| is_strangers(&row["id"])) {
            self.fault(func, pairs, &format!("shows the row {row:?}"));
        }
    }

    /// Only the caller's own calls are counted.
    fn judge_counts(&self, func: &Func, pairs: &[(&str, &str)], answered: &Answered) {
        let calls: usize = answered.rows.iter().filter_map(|row| row["calls"].parse::<usize>().ok()).sum();
        let own = self.side.own_now(&self.world.app.db, "journal").len();
        if calls != own {
            self.fault(func, pairs, &format!("counts {calls} calls of {own}"));
        }
    }

    fn judge_form(&self, func: &Func, pairs: &[(&str, &str)], answered: &Answered) {
        let of_record =
            func.verb != "filter" && func.meta.shape() == Shape::Form && func.name() != "usrparam";
        if of_record && self.side.is_asked_for(&func.meta.table, elid(pairs)) {
            self.fault(func, pairs, "opens or keeps a stranger's record");
        }
        for field in func.meta.fields().filter(|field| !field.options.is_empty()) {
            let view = format!("{}_option", field.options);
            let is_strangers = |key: &String| self.side.is_strangers(&self.world.app.db, &view, key);
            if let Some(key) = answered.offered(&field.name).into_iter().find(is_strangers) {
                self.fault(func, pairs, &format!("offers {key} as {}", field.name));
            }
        }
    }

    fn judge_card(&self, func: &Func, pairs: &[(&str, &str)]) {
        if self.side.is_asked_for(&func.meta.table, elid(pairs)) {
            self.fault(func, pairs, "shows a stranger's record");
        }
    }

    /// To remove what is not there is no error; anything else is.
    fn judge_action(&self, func: &Func, pairs: &[(&str, &str)]) {
        if !func.name().ends_with(".delete") && self.side.is_asked_for(&func.meta.table, elid(pairs)) {
            self.fault(func, pairs, "takes a stranger's record");
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
        let keeps = matches!(func.meta.shape(), Shape::Form | Shape::Wizard) && func.verb != "filter";
        if !keeps || func.meta.level > self.level() {
            return false;
        }
        let mut done = false;
        for field in func.meta.fields().filter(|field| self.refers_to_owned(field)) {
            for id in self.side.strangers(&field.options) {
                done |= self.refers(func, field, id);
            }
        }
        done
    }

    /// Does the field choose among records that belong to somebody?
    fn refers_to_owned(&self, field: &Field) -> bool {
        !field.options.is_empty() && Side::is_owned(&self.world.app.db, &format!("{}_option", field.options))
    }

    /// Keeps a form, a new one and some of one's own, with a stranger's record in one field.
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
        let form = form.unwrap_or_else(|_| Answered::nothing());
        let fields = func.meta.fields().filter(|field| self.fills(field));
        let pairs = fields.filter_map(|field| {
            let name: &'static str = field.name.clone().leak();
            self.mark.set(self.mark.get() + 1);
            Some((name, values::other(field, &form, self.mark.get())?))
        });
        pairs.chain([("sok", "ok".to_owned())]).collect()
    }

    /// Passwords would only be hashed, and one's own record beside a stranger's is refused for that alone.
    fn fills(&self, field: &Field) -> bool {
        let may_stay_blank = !field.required && self.refers_to_owned(field);
        !field.readonly && !field.is_secret() && !may_stay_blank
    }
}

worlds! {
    /// R57 A stranger's record is not there, whatever is asked of it.
    fn what_is_anothers_is_not_there(world: &World) {
        goods::complete(&world.app, &world.names);
        owners::enrich(world);
        let (mut faults, mark) = (BTreeSet::new(), Cell::new(0));
        for login in CALLERS {
            let side = Side::new(world, login);
            let matrix = Matrix { world, login, side, faults: RefCell::default(), mark: &mark };
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
}
