//! The words of every function in every language: sets of messages by function name.

use foldhash::{HashMap, HashMapExt};

use serde::Deserialize;

/// The language that stands in for a missing word.
pub const FALLBACK: &str = "en";
/// The set that every function shares.
pub const COMMON: &str = "common";

#[derive(Debug, Default)]
pub struct Words {
    /// language → set → name → text
    sets: HashMap<String, HashMap<String, HashMap<String, String>>>,
}

#[derive(Debug, Deserialize)]
pub struct Lang {
    #[serde(rename = "@name")]
    name: String,
    #[serde(default)]
    messages: Vec<Set>,
}

#[derive(Debug, Deserialize)]
struct Set {
    #[serde(rename = "@name")]
    name: String,
    #[serde(default)]
    msg: Vec<Msg>,
}

#[derive(Debug, Deserialize)]
struct Msg {
    #[serde(rename = "@name")]
    name: String,
    #[serde(default, rename = "$text")]
    text: String,
}

impl Words {
    pub fn add(&mut self, lang: Lang) {
        let sets = self.sets.entry(lang.name).or_default();
        for set in lang.messages {
            let words = sets.entry(set.name).or_default();
            words.extend(set.msg.into_iter().map(|msg| (msg.name, msg.text)));
        }
    }

    pub fn has_lang(&self, lang: &str) -> bool {
        !lang.is_empty() && self.sets.contains_key(lang)
    }

    pub fn langs(&self) -> Vec<&str> {
        let mut langs: Vec<&str> = self.sets.keys().map(String::as_str).collect();
        langs.sort_unstable();
        langs
    }

    /// Each language with what it calls itself.
    pub fn named(&self) -> Vec<(&str, &str)> {
        let sets = [COMMON.to_owned()];
        let own = |lang| self.own(lang, &sets, &format!("panel_lang_{lang}"));
        self.langs().into_iter().map(|lang| (lang, own(lang).unwrap_or(lang))).collect()
    }

    /// A word of exactly this language and one of these sets, the first that has it.
    pub fn own(&self, lang: &str, sets: &[String], name: &str) -> Option<&str> {
        let sets_of_lang = self.sets.get(lang)?;
        sets.iter().find_map(|set| sets_of_lang.get(set)?.get(name)).map(String::as_str)
    }

    /// A word: asked language, then English.
    pub fn find(&self, lang: &str, sets: &[String], name: &str) -> Option<&str> {
        self.own(lang, sets, name).or_else(|| self.own(FALLBACK, sets, name))
    }

    /// A word, or its name where there is none.
    pub fn get<'w>(&'w self, lang: &str, sets: &[String], name: &'w str) -> &'w str {
        self.find(lang, sets, name).unwrap_or(name)
    }

    /// A word of the shared set.
    pub fn common(&self, lang: &str, name: &str) -> Option<&str> {
        self.find(lang, &[COMMON.to_owned()], name)
    }

    /// All words of these sets with the asked language first; a name once, sorted by name.
    pub fn all(&self, lang: &str, sets: &[String]) -> Vec<(&str, &str)> {
        let mut all: HashMap<&str, &str> = HashMap::new();
        for lang in [FALLBACK, lang] {
            let Some(of_lang) = self.sets.get(lang) else { continue };
            for set in sets.iter().rev().filter_map(|set| of_lang.get(set)) {
                all.extend(set.iter().map(|(name, text)| (name.as_str(), text.as_str())));
            }
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_unstable();
        all
    }
}
