//! Every field that a form takes is kept and shown again.

use billmgr::rpc::meta::{Field, Shape, ValueKind};
use billmgr::rpc::registry::Func;

use super::{LOGINS, Outcome, Walk, any};
use crate::direct::{tables, values};

/// Functions whose fields are put back: what they set is in force for everybody.
const RESTORED: [&str; 2] = ["settings", "paramlist.edit"];

/// Forms that make another record than the one they show, and one that wants the password of every
/// client it is tried with: after so many wrong ones nobody's is taken (tests/calls/telecom_credit.txt).
const LEFT_OUT: [&str; 2] = ["pricelist.copy", "account.passwd.change"];

impl Walk {
    pub fn fields(&self) {
        for func in self.of_shape(Shape::Form).into_iter().filter(|func| !LEFT_OUT.contains(&func.name())) {
            let is_taken =
                |field: &&Field| !field.readonly && !field.fixed && field.kind != ValueKind::Secret;
            for field in func.meta.fields().filter(is_taken).filter(|_| !func.meta.reads) {
                self.note(&format!("{}/{}", func.name(), field.name), self.keeps(&func, field));
            }
        }
    }

    fn keeps(&self, func: &Func, field: &Field) -> Outcome {
        let elids: Vec<String> = match func.verb {
            "filter" => vec![String::new()],
            _ => self
                .elids(func)
                .into_iter()
                .filter(|elid| !elid.is_empty() || func.meta.table.is_empty())
                .collect(),
        };
        let elids = if func.name() == "usrparam" { vec![String::new()] } else { elids };
        let tries = LOGINS.iter().flat_map(|login| elids.iter().map(move |elid| (login, elid)));
        any(tries.map(|(login, elid)| self.changes(login, func, field, elid)))
    }

    fn changes(&self, login: &str, func: &Func, field: &Field, elid: &str) -> Outcome {
        let told = |error: billmgr::error::Error| format!("{login}, elid `{elid}`: {error}");
        let form = self.call(login, func.name(), &[("elid", elid)]).map_err(told)?;
        let Some(value) = values::other(field, &form, self.mark()) else {
            return if field.vals.len() == 1 { Ok(()) } else { Err("there is no other value".to_owned()) };
        };
        let before = self.passwords();
        let old = format!("demo-{login}");
        let mut pairs = vec![("elid", elid), ("sok", "ok"), (field.name.as_str(), value.as_str())];
        pairs.extend((field.kind == ValueKind::Password).then_some(("confirm", value.as_str())));
        pairs.extend(func.name().starts_with("usrparam").then_some(("old_passwd", old.as_str())));
        self.call(login, func.name(), &pairs).map_err(told)?;
        if field.is_secret() {
            let kept = self.passwords() != before;
            return if kept { Ok(()) } else { Err(format!("{login}: no password is another")) };
        }
        let shown =
            self.call(login, func.name(), &[("elid", elid)]).map_err(told)?.text(&field.name).to_owned();
        self.put_back(login, func, field, form.text(&field.name));
        if shown == value { Ok(()) } else { Err(format!("{login}: `{value}` was kept as `{shown}`")) }
    }

    fn passwords(&self) -> Vec<String> {
        let users = tables::rows(&self.app.db, "users").into_iter();
        let mut passwords: Vec<String> = users.filter_map(|mut user| user.remove("password")).collect();
        passwords.sort();
        passwords
    }

    /// Filters and settings must not weigh on what is walked through after them.
    fn put_back(&self, login: &str, func: &Func, field: &Field, value: &str) {
        let name = field.name.as_str();
        if RESTORED.contains(&func.name()) {
            let elid = self.elids(func).remove(0);
            let back =
                self.call(login, func.name(), &[("elid", elid.as_str()), (name, value), ("sok", "ok")]);
            self.note(func.name(), back.map(drop).map_err(|error| error.to_string()));
        }
        if func.verb == "filter" {
            let back = self.call(login, func.name(), &[("sok", "ok")]);
            self.note(func.name(), back.map(drop).map_err(|error| error.to_string()));
        }
    }
}
