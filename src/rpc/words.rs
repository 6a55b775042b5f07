//! The words of every function in every language: sets of messages by function name.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};

use serde::Deserialize;

/// The language that stands in for a missing word.
pub const FALLBACK: &str = "en";
/// The set that every function shares.
pub const COMMON: &str = "common";

#[derive(Debug, Default)]
pub struct Words {
    /// language → set
    sets: HashMap<String, HashMap<String, Pack>>,
}

/// Texts by name, in one piece of memory: there are many thousands of them, for as long as the program runs.
#[derive(Debug, Default)]
struct Pack {
    /// Each name with its text behind it, sorted by name.
    text: Box<str>,
    /// Where names end, and their texts.
    ends: Box<[[u32; 2]]>,
}

impl Pack {
    fn of(words: BTreeMap<&str, &str>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        let mut push = |word: &str| {
            text.push_str(word);
            u32::try_from(text.len()).expect("the words of a function are few")
        };
        for (name, word) in words {
            ends.push([push(name), push(word)]);
        }
        Self { text: text.into(), ends: ends.into() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let (mut first, mut last) = (0, self.ends.len());
        while first < last {
            let middle = first.midpoint(last);
            let (found, text) = self.at(middle);
            match found.cmp(name) {
                Ordering::Less => first = middle + 1,
                Ordering::Greater => last = middle,
                Ordering::Equal => return Some(text),
            }
        }
        None
    }

    fn at(&self, nth: usize) -> (&str, &str) {
        let [name, text] = self.ends[nth].map(|end| end as usize);
        let begin = nth.checked_sub(1).map_or(0, |before| self.ends[before][1] as usize);
        (&self.text[begin..name], &self.text[name..text])
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.ends.len()).map(|nth| self.at(nth))
    }
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
            let pack = sets.entry(set.name).or_default();
            let more = set.msg.iter().map(|msg| (msg.name.as_str(), msg.text.as_str()));
            *pack = Pack::of(pack.iter().chain(more).collect());
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
        sets.iter().find_map(|set| sets_of_lang.get(set)?.get(name))
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
                all.extend(set.iter());
            }
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(files: &[&str]) -> Words {
        let mut words = Words::default();
        for file in files {
            words.add(quick_xml::de::from_str(file).expect("a language is read"));
        }
        words
    }

    #[test]
    fn words_are_found_in_their_language_and_else_in_english() {
        let words = words(&[
            r#"<lang name="en"><messages name="a"><msg name="z">Z</msg><msg name="b">B</msg><msg name="bb"/></messages></lang>"#,
            r#"<lang name="ru"><messages name="a"><msg name="b">Б</msg></messages></lang>"#,
        ]);
        let sets = ["other", "a"].map(str::to_owned);
        let rows = [
            ("ru", "b", Some("Б")),
            ("ru", "z", Some("Z")),
            ("en", "b", Some("B")),
            ("en", "bb", Some("")),
            ("en", "a", None),
            ("en", "c", None),
            ("en", "zz", None),
        ];
        for (lang, name, text) in rows {
            assert_eq!(words.find(lang, &sets, name), text, "{lang} {name}");
        }
        assert_eq!(words.all("ru", &sets), [("b", "Б"), ("bb", ""), ("z", "Z")]);
    }

    #[test]
    fn what_a_later_file_says_of_a_set_counts() {
        let words = words(&[
            r#"<lang name="en"><messages name="a"><msg name="b">old</msg><msg name="c">C</msg></messages></lang>"#,
            r#"<lang name="en"><messages name="a"><msg name="b">new</msg><msg name="a">A</msg></messages></lang>"#,
        ]);
        let all = words.all("en", &["a".to_owned()]);
        assert_eq!(all, [("a", "A"), ("b", "new"), ("c", "C")]);
    }
}
