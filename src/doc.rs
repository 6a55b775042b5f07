//! The answer to one call: a small tree that every format renders and no handler formats.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Owned or static text: a tree is built by handlers and also parsed from requests.
pub type Name = Cow<'static, str>;
/// Most texts are short: they stand in the node itself and need no memory of their own.
pub type Text = compact_str::CompactString;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    pub name: Name,
    pub attrs: Vec<(Name, Text)>,
    /// `None` is written `<x/>`, an explicit empty text `<x></x>` (protocol.md §3.2).
    pub text: Option<Text>,
    pub kids: Vec<Node>,
}

/// The name of the node that stands where the rows of a list go. No element can have it.
const ROWS: &str = "";

impl Node {
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element that holds only text.
    pub fn leaf(name: impl Into<Name>, text: impl Into<Text>) -> Self {
        Self::new(name).text(text)
    }

    /// The place in a list's document where its streamed rows belong.
    pub fn rows() -> Self {
        Self::new(ROWS)
    }

    pub fn is_rows(&self) -> bool {
        self.name == ROWS
    }

    pub fn attr(mut self, name: impl Into<Name>, value: impl Into<Text>) -> Self {
        self.attrs.push((name.into(), value.into()));
        self
    }

    /// Several attributes of our own, each name once.
    pub fn attrs<'v>(mut self, attrs: impl IntoIterator<Item = (&'static str, &'v str)>) -> Self {
        self.attrs.extend(attrs.into_iter().map(|(name, value)| (Name::Borrowed(name), value.into())));
        self
    }

    pub fn text(mut self, value: impl Into<Text>) -> Self {
        self.text = Some(value.into());
        self
    }

    pub fn kid(mut self, kid: Node) -> Self {
        self.kids.push(kid);
        self
    }

    pub fn with(mut self, kids: impl IntoIterator<Item = Node>) -> Self {
        self.kids.extend(kids);
        self
    }

    pub fn get(&self, name: &str) -> Option<&Node> {
        self.kids.iter().find(|kid| kid.name == name)
    }

    pub fn get_attr(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of a child, or nothing.
    pub fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|kid| kid.text.as_deref())
    }
}

/// What kind of document an answer is. The flat formats (bjson, JSONdata, text) lay each out
/// differently; xml and json render the tree alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Many `elem`.
    List,
    /// Values to edit, with option lists.
    Form,
    /// A document of its own structure (`whoami`, `auth`, `payment.info`).
    Object,
    /// Done: `ok` and what belongs to it.
    Ok,
    /// A file and no document: every format sends it as it is.
    File,
    /// `error`.
    Error,
}

/// A finished answer. A `List` holds one [`Node::rows`] among the children of `doc`; its rows
/// were handed to the caller's row function before the answer was returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub body: Body,
    pub doc: Node,
    /// The answer itself where the body is a file; else the printed form of the document.
    pub file: Option<File>,
    /// The words of a page, which looks up the few that it shows; other documents carry them as `messages`.
    pub words: Option<Dictionary>,
}

impl Answer {
    pub fn new(body: Body, doc: Node) -> Self {
        Self { body, doc, file: None, words: None }
    }
}

/// Words by their names.
pub trait Words: Send + Sync {
    fn word(&self, name: &str) -> Option<&str>;
}

/// Words that are shared and not copied. Two are equal when they are the same.
#[derive(Clone)]
pub struct Dictionary(pub Arc<dyn Words>);

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Dictionary")
    }
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Finished bytes under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    pub mime: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
}
