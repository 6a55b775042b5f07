//! Every list has a row for somebody.

use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;

use super::{LOGINS, Outcome, Walk, any};

/// Parents that are tried for a nested list.
const PARENTS_MAX: usize = 40;

impl Walk {
    pub fn lists(&self) {
        for login in ["admin", "client"] {
            self.call(login, "auth", &[]).expect("a session, for the list of sessions");
        }
        for func in self.funcs(|func| matches!(func.meta.shape(), Shape::List | Shape::Report)) {
            let parents = self.parents(&func);
            let tries = LOGINS.iter().flat_map(|login| parents.iter().map(move |elid| (login, elid)));
            let outcome = any(tries.map(|(login, elid)| self.has_rows(login, func.name(), elid)));
            self.note(func.name(), outcome);
        }
    }

    fn has_rows(&self, login: &str, func: &str, elid: &str) -> Outcome {
        let all = [("elid", elid), ("p_cnt", "10000")];
        let found = self.call(login, func, &all).map_err(|error| format!("{login}: {error}"))?;
        let total = found.doc.get_text("p_elems").unwrap_or_default();
        match found.rows.len() {
            0 => Err(format!("{login} is shown no row, elid `{elid}`")),
            count if total != count.to_string() => Err(format!("{count} rows and p_elems {total}")),
            _ => Ok(()),
        }
    }

    /// Whose rows a list may show: `""` for one that stands alone.
    pub fn parents(&self, func: &Func) -> Vec<String> {
        let table = match (func.verb, func.name(), func.meta.parent.as_str()) {
            ("history", ..) => func.meta.table.as_str(),
            (_, "rights2.user" | "userrights", _) => "users",
            (.., "") => return vec![String::new()],
            _ => func.meta.parent_table(),
        };
        self.ids(table).into_iter().take(PARENTS_MAX).collect()
    }
}
