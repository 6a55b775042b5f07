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
        let mut attempts = vec![Attempt::new()];
        if func.meta.level > self.level() {
            let id = self.side.strangers("users")[0].to_owned();
            attempts.push(vec![("elid", id), ("sok", "ok".to_owned())]);
            return attempts; // what else is sent is not looked at
        }
        let filled = self.filled(func, &[]);
        for (table, most) in self.tables(func) {
            for id in self.side.strangers(&table).into_iter().take(most) {
                let of_id = self.of_id(func, id);
                // To look at, and to keep.
                attempts.extend(of_id.iter().cloned());
                let kept = of_id.into_iter().filter(|_| !filled.is_empty());
                attempts.extend(kept.map(|ids| filled.iter().cloned().chain(ids).collect()));
            }
        }
        attempts.extend(self.by_name(func));
        attempts.extend(self.own_cards(func));
        if func.name() == "groupedit" {
            attempts.extend(self.of_groups());
        }
        attempts
    }

    /// The tables whose ids mean something to a function, and how many of them to ask for.
    fn tables(&self, func: &Func) -> Vec<(String, usize)> {
        let meta = &func.meta;
        let of_column = |column: &str| column.strip_suffix("_id").unwrap_or(column).to_owned();
        let mut found = match meta.name.starts_with("rights2.") || meta.name == "su" {
            true => vec!["users".to_owned()],
            false => vec![meta.table.clone(), of_column(&meta.parent), of_column(&meta.link_from)],
        };
        found.retain(|table| self.side.has(table));
        found.dedup();
        let of_all = meta.shape() == Shape::List && meta.parent.is_empty() && func.verb != "history";
        let takes_none = found.is_empty() || of_all && !found.contains(&"users".to_owned());
        match takes_none || func.verb == "filter" {
            true => ["users", "account", "payment"].map(|table| (table.to_owned(), 1)).into(),
            false => found.into_iter().map(|table| (table, usize::MAX)).collect(),
        }
    }

    fn of_id(&self, func: &Func, id: &str) -> Vec<Attempt> {
        let (id, own) = (id.to_owned(), self.side.own_account.to_string());
        if func.meta.shape() == Shape::Wizard {
            return vec![vec![("plid", id)]]; // it takes no record
        }
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
        found.push(vec![("elid", format!("{}, {id}", self.first_of_several(func)))]);
        found
    }

    /// What stands before a stranger's record: one's own, so that nothing is refused for it. What is not
    /// there is as good to delete, and leaves later functions their records.
    fn first_of_several(&self, func: &Func) -> String {
        let newest = self.side.own(&func.meta.table).last().map(|id| (*id).to_owned());
        newest.filter(|_| func.verb != "delete").unwrap_or_else(|| self.side.own_account.to_string())
    }

    /// One's own records with every list on their cards: none of it is a stranger's.
    fn own_cards(&self, func: &Func) -> Vec<Attempt> {
        let tabs =
            func.meta.card.iter().filter(|_| func.meta.shape() == Shape::Card).flat_map(|card| &card.tabs);
        let own = self.side.own(&func.meta.table);
        let of_tab = |name: &String| {
            let cards = own.iter().take(3).map(|id| vec![("elid", (*id).to_owned()), ("tab", name.clone())]);
            cards.collect::<Vec<_>>()
        };
        tabs.flat_map(|tab| of_tab(&tab.name)).collect()
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
