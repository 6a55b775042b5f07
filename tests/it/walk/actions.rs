//! Every action does something: a table is another after it, or for one that only reads, no table.

use billmgr::auth::Caller;
use billmgr::auth::identify::{self, Claim};
use billmgr::params::Params;
use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;

use super::{LOGINS, Outcome, Walk, any};
use crate::direct::Row;
use crate::direct::tables::{self, Digests};

/// Left out of what must change: every call that writes is noted there.
const NOT_COUNTED: [&str; 1] = ["journal"];

/// Parameters of one try.
type Try = Vec<(&'static str, String)>;

fn tries(name: &'static str, values: Vec<String>) -> Vec<Try> {
    values.into_iter().map(|value| vec![(name, value)]).collect()
}

/// A boolean as either engine writes it.
fn flag_is(text: &str) -> bool {
    matches!(text, "1" | "true")
}

impl Walk {
    pub fn reads(&self) {
        let before = tables::digests(&self.app.db, &[]);
        for func in self.of_shape(Shape::Action).into_iter().filter(|func| func.meta.reads) {
            let tries = self.tries(&func);
            let calls = LOGINS.iter().flat_map(|login| tries.iter().map(move |pairs| (login, pairs)));
            let outcome = any(calls.map(|(login, pairs)| self.answers(login, &func, pairs)));
            self.note(func.name(), outcome);
        }
        let changed = tables::changed(&before, &tables::digests(&self.app.db, &[]));
        assert!(changed.is_empty(), "what only reads has changed {changed:?}");
    }

    fn answers(&self, login: &str, func: &Func, pairs: &Try) -> Outcome {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answered = self.call(login, func.name(), &pairs).map_err(|error| format!("{login}: {error}"))?;
        if answered.doc.kids.is_empty() { Err("the answer is empty".to_owned()) } else { Ok(()) }
    }

    pub fn actions(&self) {
        let mut state = tables::digests(&self.app.db, &NOT_COUNTED);
        for func in self.of_shape(Shape::Action).into_iter().filter(|func| !func.meta.reads) {
            let tries = self.tries(&func);
            let calls = LOGINS.iter().flat_map(|login| tries.iter().map(move |pairs| (login, pairs)));
            let acts = |(login, pairs): (&&str, &Try)| self.acts(login, &func, pairs, &mut state);
            self.note(func.name(), any(calls.map(acts)));
        }
    }

    /// Leaves in `state` what the tables hold after it.
    fn acts(&self, login: &str, func: &Func, pairs: &Try, state: &mut Digests) -> Outcome {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let caller = match func.name() {
            "logout" => self.signed_in(login, state),
            _ => crate::direct::caller(&self.app, login),
        };
        self.call_by(&caller, func.name(), &pairs).map_err(|error| format!("{login} {pairs:?}: {error}"))?;
        let before = std::mem::replace(state, tables::digests(&self.app.db, &NOT_COUNTED));
        match tables::changed(&before, state).is_empty() {
            true => Err(format!("{login} {pairs:?}: nothing is another")),
            false => Ok(()),
        }
    }

    /// The same user with a session.
    fn signed_in(&self, login: &str, state: &mut Digests) -> Caller {
        let answered = self.call(login, "auth", &[]).expect("a session");
        *state = tables::digests(&self.app.db, &NOT_COUNTED);
        let params = Params::of([("func", "logout"), ("auth", answered.text("auth"))]);
        let caller = crate::direct::caller(&self.app, login);
        identify::slow(&self.app, &Claim { params: &params, cookie: None, ip: caller.ip }).expect("a caller")
    }

    /// What an action is tried with, until something comes of it.
    fn tries(&self, func: &Func) -> Vec<Try> {
        let own = |name, value: &str| vec![vec![(name, value.to_owned())]];
        match func.name() {
            "su" => own("elid", "client"),
            "payment.success" | "payment.fail" | "payment.pending" => tries("elid", self.ids("payment")),
            "check.money" => own("value", "1.5"),
            "user.lookup" => own("text", "client@example.com"),
            "session.newkey" => {
                vec![vec![
                    ("username", "client".to_owned()),
                    ("key", "a-key-of-32-characters-or-so-yes".to_owned()),
                ]]
            }
            "processing.savebalance" => {
                let told = |id| {
                    vec![
                        ("processingmodule", id),
                        ("balance", "12.5".to_owned()),
                        ("currency", "EUR".to_owned()),
                    ]
                };
                self.ids("processing").into_iter().map(told).collect()
            }
            "session.delete" => tries("elid", self.keys("session_list")),
            name if name.starts_with("rights2.user.")
                || name.starts_with("userrights.") && func.meta.table.is_empty() =>
            {
                let users = self.ids("users").into_iter();
                users.map(|id| vec![("plid", id), ("elid", "payment.edit".to_owned())]).collect()
            }
            _ if !func.meta.link.is_empty() => self.links(func),
            _ if !func.meta.table.is_empty() => tries("elid", self.ids(&func.meta.table)),
            _ => vec![Try::new()],
        }
    }

    fn keys(&self, view: &str) -> Vec<String> {
        tables::rows(&self.app.db, view).into_iter().filter_map(|mut row| row.remove("id")).collect()
    }

    /// What the list shows for each parent; first what is not as the action makes it.
    fn links(&self, func: &Func) -> Vec<Try> {
        let list = self.app.registry.get(&func.object).expect("links are shown in a list");
        let mut rows = tables::rows(&self.app.db, &list.meta.view);
        rows.sort_by_key(|row| flag_is(&row["status"]) == (func.verb == "resume"));
        let pair = |row: &Row| {
            vec![("plid", row[&list.meta.parent].clone()), ("elid", row[list.meta.key()].clone())]
        };
        rows.iter().map(pair).collect()
    }
}
