//! What `funcs/*.xml` says of one function, as everything else reads it.

mod form;

use std::sync::Arc;

use serde::Deserialize;

pub use self::form::{FormButton, FormData, Page, Shown};
use super::answers::Answers;
use super::card::data::{CardData, FindData};
use super::plot::{Part, Plot};
pub use super::scope::ScopeKind;
pub use super::shape::Shape;
pub use super::toolbar::{Button, ToolGroup, Toolbar};
use crate::db;
use crate::error::{Error, Result};
use crate::level::Level;

/// A list that functions have in common which the naming law makes of one another: it lies in memory once.
pub type Shared<T> = Arc<[T]>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@type")]
    pub shape: Option<Shape>,
    #[serde(default, rename = "@level")]
    pub level: Level,
    #[serde(default, rename = "@scope")]
    pub scope: ScopeKind,
    #[serde(default, rename = "@view")]
    pub view: String,
    #[serde(default, rename = "@table")]
    pub table: String,
    /// The column of `table` that holds the owning account; `id` where the row is the account.
    #[serde(default, rename = "@owner")]
    pub owner: String,
    #[serde(default, rename = "@key")]
    pub key: String,
    #[serde(default, rename = "@keykind")]
    pub key_kind: ValueKind,
    #[serde(default, rename = "@keyname")]
    pub keyname: String,
    /// `+column` or `-column`.
    #[serde(default, rename = "@sort")]
    pub sort: String,
    /// The functions that the naming law derives from a list.
    #[serde(default, rename = "@verbs")]
    pub verbs: String,
    #[serde(default, rename = "@parent")]
    pub parent: String,
    /// The table of the parents, where it is not the part of `parent` before `_id`.
    #[serde(default, rename = "@parenttable")]
    pub parent_table: String,
    #[serde(default, rename = "@like")]
    pub like: String,
    #[serde(default, rename = "@link")]
    pub link: String,
    #[serde(default, rename = "@linkfrom")]
    pub link_from: String,
    #[serde(default, rename = "@linkto")]
    pub link_to: String,
    /// The flag that suspend and resume change.
    #[serde(default, rename = "@toggle")]
    pub toggle: String,
    /// The name under which `counter` keeps exact totals.
    #[serde(default, rename = "@counter")]
    pub counter: String,
    /// An action that takes several `elid`.
    #[serde(default, rename = "@group", deserialize_with = "yes")]
    pub group: bool,
    /// An action or form that changes nothing, so it runs as a read.
    #[serde(default, rename = "@reads", deserialize_with = "yes")]
    pub reads: bool,
    /// Beside staff only those call it who sell numbers (operations.md R224).
    #[serde(default, rename = "@vendors", deserialize_with = "yes")]
    pub vendors: bool,
    /// A wizard about a record that is there: `elid` names it.
    #[serde(default, rename = "@ofrecord", deserialize_with = "yes")]
    pub of_record: bool,
    /// It takes a file: its body may be so long (decisions.md, errors).
    #[serde(default, rename = "@upload")]
    pub upload_bytes: usize,
    #[serde(default, rename = "@answers")]
    pub answers: Answers,
    /// The wizard that this begins under another name, and an answer that the name is: `domain_action=transfer`.
    #[serde(default, rename = "@entry")]
    pub entry: String,
    #[serde(default, rename = "@preset")]
    pub preset: String,
    /// Lists that answer in place of this one where a parameter asks for more than everybody is
    /// shown: `show_secret=sip.secret`, several with blanks between them.
    #[serde(default, rename = "@asked")]
    pub asked: String,
    /// A call that the journal leaves out although it writes (`keepalive`).
    #[serde(default, rename = "@nojournal", deserialize_with = "yes")]
    pub nojournal: bool,
    /// The card that rows open, where it is that of another list.
    #[serde(default, rename = "@card")]
    pub card_of: String,
    /// The wizard that a step belongs to, and the step's place in it.
    #[serde(skip)]
    pub wizard: String,
    #[serde(skip)]
    pub step: usize,
    /// The function whose right this one shares, where it has none of its own.
    #[serde(default, rename = "@right")]
    pub right: String,
    #[serde(default)]
    pub plot: Option<Box<Plot>>,
    #[serde(default, rename = "part")]
    pub parts: Vec<Part>,
    #[serde(default)]
    pub toolbar: Toolbar,
    #[serde(default)]
    pub coldata: ColData,
    #[serde(default)]
    pub filter: Filter,
    #[serde(default)]
    pub form: FormData,
    #[serde(default, rename = "param")]
    pub params: Shared<Field>,
    /// What a record of the list shows on a page of its own.
    #[serde(default)]
    pub card: Option<Arc<CardData>>,
    /// By which columns records are found from everywhere.
    #[serde(default)]
    pub find: Option<Box<FindData>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct ColData {
    #[serde(default, rename = "col")]
    pub cols: Shared<Field>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    #[serde(default, rename = "field")]
    pub fields: Shared<Field>,
}

/// What a column, field or parameter holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    #[default]
    Text,
    Id,
    Int,
    Money,
    /// 10⁻⁴ of a percent: 20 % is 200000.
    Percent,
    /// 10⁻⁹.
    Rate,
    Date,
    Time,
    Flag,
    /// A stored code with words.
    Msg,
    /// Several ids of a link table.
    Ids,
    /// A new password: hashed before the write, shown never.
    Password,
    /// Compared or sealed, shown never.
    Secret,
    /// Several lines of text.
    Lines,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    #[default]
    Is,
    Contains,
    Period,
    In,
    From,
    To,
}

/// A column of a list, a field of a form or filter, or a parameter of an action.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(default, rename = "@kind")]
    pub kind: ValueKind,
    #[serde(default, rename = "@column")]
    pub column: String,
    #[serde(default, rename = "@currency")]
    pub currency: String,
    #[serde(default, rename = "@level")]
    pub level: Level,
    #[serde(default, rename = "@hidden", deserialize_with = "yes")]
    pub hidden: bool,
    #[serde(default, rename = "@required", deserialize_with = "yes")]
    pub required: bool,
    #[serde(default, rename = "@readonly", deserialize_with = "yes")]
    pub readonly: bool,
    /// Taken on a new record only.
    #[serde(default, rename = "@fixed", deserialize_with = "yes")]
    pub fixed: bool,
    /// The product types whose family asks for it on a page; calls may send it for all.
    #[serde(default, rename = "@only")]
    pub only: String,
    /// Shown and taken, but no column: the handler knows what to do with it.
    #[serde(default, rename = "@virtual", deserialize_with = "yes")]
    pub virtual_: bool,
    /// May the list be sorted by it?
    #[serde(default, rename = "@nosort", deserialize_with = "yes")]
    pub nosort: bool,
    /// A large list may be sorted by it: each scope has an index.
    #[serde(default, rename = "@indexed", deserialize_with = "yes")]
    pub indexed: bool,
    #[serde(default, rename = "@max")]
    pub max: Option<usize>,
    #[serde(default, rename = "@default")]
    pub default: String,
    #[serde(default, rename = "@demo")]
    pub demo: String,
    #[serde(default, rename = "@control")]
    pub control: String,
    #[serde(default, rename = "@options")]
    pub options: String,
    #[serde(default, rename = "@op")]
    pub op: Op,
    #[serde(default, rename = "@link")]
    pub link: String,
    #[serde(default, rename = "@linkfrom")]
    pub link_from: String,
    #[serde(default, rename = "@linkto")]
    pub link_to: String,
    /// `array`: always an array in JSON.
    #[serde(default, rename = "@is_json_array", deserialize_with = "yes")]
    pub array: bool,
    #[serde(default, rename = "val")]
    pub vals: Vec<Val>,
    #[serde(default, rename = "list")]
    pub list: Option<Box<Shown>>,
    /// What it is called, where it was made for this call and no word tells.
    #[serde(skip)]
    pub label: String,
    /// The page on which a field that was made for this call stands; the last where it names none.
    #[serde(skip)]
    pub page: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Val {
    #[serde(rename = "@key")]
    pub key: String,
    #[serde(default, rename = "@color")]
    pub color: String,
    /// The name of its word: `status_4`.
    #[serde(skip)]
    pub word: String,
    /// What it is called, where it was made for this call.
    #[serde(skip)]
    pub text: String,
}

impl Meta {
    /// Names the words of all codes, once the metadata is read.
    pub fn name_words(&mut self) {
        let pages = Arc::make_mut(&mut self.form.pages).iter_mut().map(|page| &mut page.fields);
        let lists = pages.chain([&mut self.params, &mut self.coldata.cols, &mut self.filter.fields]);
        for field in lists.flat_map(Arc::make_mut) {
            let word = |val: &Val| [field.name.as_str(), "_", &val.key].concat();
            field.vals.iter_mut().for_each(|val| val.word = word(val));
        }
    }

    pub fn shape(&self) -> Shape {
        self.shape.expect("the registry takes no function without a type")
    }

    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.form.pages.iter().flat_map(|page| page.fields.iter()).chain(self.params.iter())
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().find(|field| field.name == name)
    }

    pub fn col(&self, name: &str) -> Option<&Field> {
        self.coldata.cols.iter().find(|col| col.name == name)
    }

    /// Parameters and the lists that they stand for.
    pub fn asked(&self) -> impl Iterator<Item = (&str, &str)> {
        self.asked.split_whitespace().filter_map(|pair| pair.split_once('='))
    }

    pub fn verbs(&self) -> impl Iterator<Item = &str> {
        self.verbs.split_whitespace()
    }

    pub fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.toolbar.groups.iter().flat_map(|group| &group.buttons)
    }

    /// The key column of rows, `id` where nothing else is said.
    pub fn key(&self) -> &str {
        if self.key.is_empty() { "id" } else { &self.key }
    }

    /// The table whose rows `parent` refers to.
    pub fn parent_table(&self) -> &str {
        if self.parent_table.is_empty() { self.parent.trim_end_matches("_id") } else { &self.parent_table }
    }

    pub fn owner(&self) -> &str {
        if self.owner.is_empty() { "account_id" } else { &self.owner }
    }
}

impl Field {
    pub fn column(&self) -> &str {
        if self.column.is_empty() { &self.name } else { &self.column }
    }

    /// Codes that are numbers are stored as numbers.
    fn has_number_codes(&self) -> bool {
        !self.vals.is_empty() && self.vals.iter().all(|val| val.key.parse::<i64>().is_ok())
    }

    pub fn stored(&self) -> db::Kind {
        match self.kind {
            ValueKind::Flag => db::Kind::Flag,
            ValueKind::Msg if self.has_number_codes() => db::Kind::Int,
            ValueKind::Text | ValueKind::Lines | ValueKind::Msg | ValueKind::Ids => db::Kind::Text,
            ValueKind::Password | ValueKind::Secret => db::Kind::Text,
            _ => db::Kind::Int,
        }
    }

    pub fn is_secret(&self) -> bool {
        matches!(self.kind, ValueKind::Password | ValueKind::Secret)
    }

    /// Refuses a code that is none of the field's.
    pub fn check_code(&self, text: &str) -> Result<()> {
        match self.vals.is_empty() || self.vals.iter().any(|val| val.key == text) {
            true => Ok(()),
            false => Err(Error::value(&self.name, text)),
        }
    }
}

fn yes<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<bool, D::Error> {
    match String::deserialize(from)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(serde::de::Error::custom(format!("`{other}` is neither yes nor no"))),
    }
}
