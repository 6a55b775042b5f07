//! Every card opens for somebody, and every list on it for a record that has one.

use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;

use super::{LOGINS, Outcome, Walk, any};

/// Records that are tried with one card.
const RECORDS_MAX: usize = 60;

impl Walk {
    pub fn cards(&self) {
        for func in self.of_shape(Shape::Card) {
            self.note(func.name(), self.opens_at(&func, ""));
            for tab in func.meta.card.iter().flat_map(|card| &card.tabs) {
                self.note(&format!("{}/{}", func.name(), tab.name), self.opens_at(&func, &tab.name));
            }
        }
    }

    fn opens_at(&self, func: &Func, tab: &str) -> Outcome {
        let ids: Vec<String> = self.ids(&func.meta.table).into_iter().take(RECORDS_MAX).collect();
        let tries = LOGINS.iter().flat_map(|login| ids.iter().map(move |id| (login, id)));
        any(tries.map(|(login, id)| self.shows(login, func, id, tab)))
    }

    fn shows(&self, login: &str, func: &Func, id: &str, tab: &str) -> Outcome {
        let told = |error: billmgr::error::Error| format!("{login}, elid {id}: {error}");
        let card = self.call(login, func.name(), &[("elid", id), ("tab", tab)]).map_err(told)?;
        match (card.text("name").is_empty(), tab.is_empty() || card.doc.get("rows").is_some()) {
            (true, _) => Err(format!("{login}, elid {id}: it has no name")),
            (_, false) => Err(format!("{login}, elid {id}: no list is open")),
            _ => Ok(()),
        }
    }
}
