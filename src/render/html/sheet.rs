//! What every page reads from a document: words, parameters, and the way on from here.

use std::collections::HashMap;
use std::sync::Arc;

use form_urlencoded::Serializer;
use minijinja::value::{Object, Value};

use super::FRAME;
use crate::doc::{Answer, Dictionary, Node, Words};

pub type Params<'a> = Vec<(&'a str, &'a str)>;

pub struct Sheet<'a> {
    pub doc: &'a Node,
    pub func: &'a str,
    /// Those that stand in the document.
    words: HashMap<&'a str, &'a str>,
    dictionary: Option<&'a Dictionary>,
    /// Where the words of the frame are.
    frame: Option<&'a Dictionary>,
}

/// The messages `panel_*` for templates, without the prefix; funcs/panel.xml has the words.
#[derive(Debug)]
pub struct FrameWords(Dictionary);

impl Object for FrameWords {
    /// A missing word shows as its key, never as nothing.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let word = self.0.0.word(&format!("panel_{name}")).filter(|word| !word.is_empty());
        Some(word.unwrap_or(name).into())
    }
}

/// The words of a document that carries them.
struct Carried(HashMap<String, String>);

impl Words for Carried {
    fn word(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<'a> Sheet<'a> {
    pub fn new(answer: &'a Answer) -> Self {
        Self::of(&answer.doc, answer.words.as_ref())
    }

    /// A part of a page, which carries words of its own and has the frame of its page.
    pub fn part(node: &'a Node, page: &Self) -> Self {
        let mut part = Self { frame: page.frame, ..Self::of(node, None) };
        let of_frame = page.words.iter().filter(|(name, _)| name.starts_with("panel_"));
        part.words.extend(of_frame.map(|(name, text)| (*name, *text)));
        part
    }

    fn of(doc: &'a Node, dictionary: Option<&'a Dictionary>) -> Self {
        let sets = doc.kids.iter().filter(|kid| kid.name == "messages");
        let messages = sets
            .flat_map(|set| &set.kids)
            .filter_map(|msg| Some((msg.get_attr("name")?, msg.text.as_deref().unwrap_or_default())));
        let mut words = HashMap::new();
        for (name, text) in messages {
            words.entry(name).or_insert(text);
        }
        Self { doc, func: func(doc), words, dictionary, frame: dictionary }
    }

    pub fn lang(&self) -> &'a str {
        let of_error = || self.doc.get("error")?.get_attr("lang");
        self.doc.get_attr("lang").or_else(of_error).unwrap_or("en")
    }

    pub fn is_filter(&self) -> bool {
        self.func.ends_with(".filter")
    }

    pub fn metadata(&self) -> Option<&'a Node> {
        self.doc.get("metadata")
    }

    /// A message with words in it; an empty one is none.
    pub fn word(&self, name: &str) -> Option<&'a str> {
        let carried = self.words.get(name).copied();
        carried.or_else(|| self.dictionary?.0.word(name)).filter(|text| !text.is_empty())
    }

    /// The words for a field, column, page or button; without any its own name.
    pub fn label(&self, name: &'a str) -> &'a str {
        self.word(name).unwrap_or(name)
    }

    /// A word of the frame. A missing one shows as its key.
    pub fn frame_word(&self, name: &'static str) -> &'a str {
        let key = format!("panel_{name}");
        let of_frame = || self.frame?.0.word(&key).filter(|text| !text.is_empty());
        self.word(&key).or_else(of_frame).unwrap_or(name)
    }

    pub fn frame_words(&self) -> FrameWords {
        let carried = || self.words.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let words = self.dictionary.cloned();
        FrameWords(words.unwrap_or_else(|| Dictionary(Arc::new(Carried(carried().collect())))))
    }

    /// A word of the frame with its `__name__` places filled (protocol.md §6.4).
    pub fn fill(&self, name: &'static str, places: &[(&str, &str)]) -> String {
        places.iter().fold(self.frame_word(name).to_owned(), |text, (place, value)| {
            text.replace(&format!("__{place}__"), value)
        })
    }

    pub fn params(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let params = self.doc.get("tparams").map(|params| params.kids.as_slice()).unwrap_or_default();
        params.iter().map(|kid| (kid.name.as_ref(), kid.text.as_deref().unwrap_or_default()))
    }

    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.params().find(|(key, _)| *key == name).map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// What was answered under a name, else what was asked under it.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        let doc = self.doc;
        doc.get_text(name).filter(|text| !text.is_empty()).or_else(|| self.param(name))
    }

    /// The client's message of an error: `msg`, or what little else there is.
    pub fn error_words(&self) -> Option<&'a str> {
        let error = self.doc.get("error")?;
        let shown = ["msg", "detail"].iter().find_map(|name| error.get_text(name));
        shown.map(str::trim).filter(|text| !text.is_empty()).or_else(|| error.get_attr("type"))
    }

    /// Children of `doc` that a person asked for: not the frame, not the echo of the request.
    pub fn content(&self) -> impl Iterator<Item = &'a Node> {
        const APART: [&str; 15] = [
            FRAME,
            "metadata",
            "messages",
            "menu",
            "tparams",
            "saved_filters",
            "ok",
            "error",
            "auth",
            "doc",
            "slist",
            "links",
            "branding",
            "addon",
            "tips",
        ];
        let frame_user = self.frame_user();
        let doc = self.doc;
        doc.kids.iter().filter(move |kid| {
            !kid.is_rows()
                && !APART.contains(&kid.name.as_ref())
                && !frame_user.is_some_and(|user| std::ptr::eq(user, *kid))
        })
    }

    /// Who is signed in. `whoami` answers a `user` of its own, which stands first.
    pub fn frame_user(&self) -> Option<&'a Node> {
        self.doc.kids.iter().rev().find(|kid| kid.name == "user")
    }

    /// An `ok` that brings more than an id (a licence key, a new date) must be read by somebody;
    /// not when it names an address itself.
    pub fn has_news(&self) -> bool {
        let mute = self.doc.get_text("ok").is_none_or(str::is_empty);
        mute && self
            .content()
            .any(|kid| !matches!(kid.name.as_ref(), "id" | "elid" | "plid") && !kid.name.ends_with(".id"))
    }

    /// The query of the page that one came from, with its filter and its place.
    pub fn back(&self) -> Option<&'a str> {
        self.frame("back")
    }

    /// What the server says for the frame alone.
    pub fn frame(&self, name: &str) -> Option<&'a str> {
        self.doc.get(FRAME)?.get_attr(name).filter(|text| !text.is_empty())
    }

    /// Where `ok` leads: the address it names, else the list that the function belongs to; who has
    /// become another user begins anew.
    pub fn next(&self) -> String {
        if self.doc.get("auth").is_some() && self.doc.get_text("ok").is_none_or(str::is_empty) {
            return home();
        }
        let Some(ok) = self.doc.get("ok") else { return self.parent() };
        match ok.text.as_deref().map(str::trim) {
            None | Some("") => self.parent(),
            Some(text) if is_address(text) => text.to_owned(),
            Some(text) => format!("?{}", text.trim_start_matches('?')),
        }
    }

    /// The list that a function belongs to by the naming law, on the page it was left:
    /// `payment.edit` to `payment`, `account.discount.delete` with plid 5 to `account.discount` of 5.
    pub fn parent(&self) -> String {
        let Some((parent, _)) = self.func.rsplit_once('.') else { return home() };
        let is_way_back = |back: &&str| is_call_of(back, parent) || self.is_card(back);
        if let Some(back) = self.back().filter(is_way_back) {
            return format!("?{back}");
        }
        let mut params: Params = self.value("plid").map(|plid| ("elid", plid)).into_iter().collect();
        params.extend(self.params().filter(|(name, _)| PAGE_PARAMS.contains(name)));
        href(parent, &params)
    }

    /// The page of one record that somebody came from; not if it is gone now, or was itself the form.
    fn is_card(&self, query: &str) -> bool {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let is_card = pairs.any(|(name, value)| name == "func" && value.ends_with(".card"));
        is_card && !self.func.ends_with(".card") && !self.func.ends_with(".delete")
    }
}

/// Where in a list somebody was; forms and buttons carry it along to come back there.
pub const PAGE_PARAMS: [&str; 2] = ["p_num", "p_col"];

/// The page of a call without `func`.
pub fn home() -> String {
    "?".to_owned()
}

/// A link to a function. Relative, so that it serves every path alias.
pub fn href(func: &str, params: &[(&str, &str)]) -> String {
    Serializer::for_suffix(String::from("?"), 1).append_pair("func", func).extend_pairs(params).finish()
}

fn is_call_of(query: &str, func: &str) -> bool {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.any(|(name, value)| name == "func" && value == func)
}

/// Text of an element or of an attribute in double quotes.
pub fn escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#x27;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Only a web address or a path of this host; anything else could be a script.
fn is_address(text: &str) -> bool {
    let path = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
    path || text.starts_with("https://") || text.starts_with("http://")
}

/// An error's document may lack `doc@func` (protocol.md §4); its stack still says what was called.
fn func(doc: &Node) -> &str {
    let asked = doc.get("tparams").and_then(|params| params.get_text("func"));
    let stack = || doc.get("error")?.get("stack")?.get_text("action");
    doc.get_attr("func").or(asked).or_else(stack).unwrap_or_default()
}
