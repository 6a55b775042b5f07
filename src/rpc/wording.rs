//! The words of a function as a page looks them up: those of `messages` (`describe`), of which it shows few.

use std::sync::Arc;

use super::describe;
use super::handler::Call;
use super::registry::{Func, Registry};
use super::words::COMMON;
use crate::doc::{Dictionary, Words};

pub struct Wording {
    registry: Arc<Registry>,
    lang: String,
    of: Option<Of>,
    sets: Vec<String>,
}

struct Of {
    func: Arc<Func>,
    title: String,
    /// Names that the caller is not told.
    above: Vec<String>,
}

impl Wording {
    pub fn of(call: &Call) -> Dictionary {
        let (registry, func) = (call.app.registry.clone(), call.func.clone());
        let title = registry.title(&func, &call.lang);
        let sets = func.sets.clone();
        let of = Some(Of { func, title, above: describe::words_above(call) });
        Dictionary(Arc::new(Self { registry, lang: call.lang.clone(), of, sets }))
    }

    /// The words that every page shares.
    pub fn common(registry: &Arc<Registry>, lang: &str) -> Dictionary {
        let (registry, lang, sets) = (registry.clone(), lang.to_owned(), vec![COMMON.to_owned()]);
        Dictionary(Arc::new(Self { registry, lang, of: None, sets }))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.registry.words.find(&self.lang, &self.sets, name)
    }
}

impl Words for Wording {
    fn word(&self, name: &str) -> Option<&str> {
        let Some(of) = &self.of else { return self.find(name) };
        let is_told = !name.starts_with("msg_error") && !of.above.iter().any(|above| above == name);
        match name {
            "title" => Some(&of.title),
            _ if is_told => self.find(name).or_else(|| of.added(self, name)),
            _ => None,
        }
    }
}

impl Of {
    /// What no set holds: labels of fields that were made for this call, and short words of buttons.
    fn added<'w>(&'w self, words: &'w Wording, name: &str) -> Option<&'w str> {
        let label =
            |field: &'w super::meta::Field| Some(field.label.as_str()).filter(|label| !label.is_empty());
        let of_button = || {
            let name = name.strip_prefix("short_")?;
            let button = self.func.meta.buttons().find(|button| button.name == name)?;
            words.find(&button.name)
        };
        self.func.meta.field(name).and_then(label).or_else(of_button)
    }
}
