//! What each function is asked, with the ids of strangers.

use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;

use super::Matrix;
use crate::direct::tables;

/// Parameters of one call.
pub type Attempt = Vec<(&'static str, String)>;

/// What `elid` may be beside a stranger's `plid`, where it is no record.
const FUNCTION: &str = "payment.delete";

impl Matrix<'_> {
    pub fn attempts(&self, func: &Func) -> Vec<Attempt> {
        let filled = self.filled(func, &[]);
        let mut attempts = vec![Attempt::new()];
        for table in self.tables(func) {
            for id in self.side.strangers(&table) {
                let of_id = self.of_id(func, id);
                // To look at, and to keep.
                attempts.extend(of_id.iter().cloned());
                attempts.extend(of_id.into_iter().map(|ids| filled.iter().cloned().chain(ids).collect()));
            }
        }
        attempts.extend(self.by_name(func));
        if func.name() == "groupedit" {
            attempts.extend(self.of_groups());
        }
        if !matches!(func.meta.shape(), Shape::Form | Shape::Wizard) {
            attempts.dedup();
        }
        attempts
    }

    /// The tables whose ids mean something to a function.
    fn tables(&self, func: &Func) -> Vec<String> {
        let meta = &func.meta;
        let of_column = |column: &str| column.strip_suffix("_id").unwrap_or(column).to_owned();
        let mut found = match meta.name.starts_with("rights2.") || meta.name == "su" {
            true => vec!["users".to_owned()],
            false => [meta.table.clone(), of_column(&meta.parent), of_column(&meta.link_from)].into(),
        };
        found.retain(|table| self.side.has(table));
        if found.is_empty() {
            found = ["users", "account", "payment"].map(str::to_owned).into();
        }
        found.dedup();
        found
    }

    fn of_id(&self, func: &Func, id: &str) -> Vec<Attempt> {
        let (id, own) = (id.to_owned(), self.side.own_account.to_string());
        let mut found = vec![
            vec![("elid", id.clone())],
            vec![("plid", id.clone())],
            vec![("elid", id.clone()), ("plid", id.clone())],
            vec![("elid", id.clone()), ("plid", own.clone())],
            vec![("plid", id.clone()), ("elid", FUNCTION.to_owned())],
        ];
        if !func.meta.link.is_empty() {
            let others = tables::ids(&self.world.app.db, func.meta.link_to.trim_end_matches("_id"));
            found.extend(others.into_iter().map(|elid| vec![("plid", id.clone()), ("elid", elid)]));
        }
        let several = format!("{own}, {id}");
        found.push(vec![("elid", several)]);
        found
    }

    /// Users are also named.
    fn by_name(&self, func: &Func) -> Vec<Attempt> {
        let key = ("key", "a-key-of-32-characters-or-so-yes".to_owned());
        let named = |name: &String| match func.name() {
            "su" => Some(vec![("elid", name.clone())]),
            "session.newkey" => Some(vec![("username", name.clone()), key.clone()]),
            _ => None,
        };
        self.side.strangers_names.iter().filter_map(named).collect()
    }

    /// Every other function through `groupedit`.
    fn of_groups(&self) -> Vec<Attempt> {
        let mut found = Vec::new();
        for func in self.world.app.registry.iter().filter(|func| self.side.has(&func.meta.table)) {
            if let Some(id) = self.side.strangers(&func.meta.table).first() {
                let faction = ("faction", func.name().to_owned());
                found.push(vec![faction, ("elid", (*id).to_owned()), ("sok", "ok".to_owned())]);
            }
        }
        found
    }
}
