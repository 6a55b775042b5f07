//! What `funcs/*.xml` says of cards and of finding: `<card>` and `<find>` within a list.

use serde::Deserialize;

use crate::level::Level;
use crate::rpc::meta::{Button, ColData, Field, Meta, Shape, Val, ValueKind};

/// `<card name="number" status="status">`: one record with what belongs to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardData {
    /// The figure that names the record.
    #[serde(rename = "@name")]
    pub name: String,
    /// The figure that says how it is.
    #[serde(default, rename = "@status")]
    pub status: String,
    /// Where figures are read that the list's view lacks.
    #[serde(default, rename = "@view")]
    pub view: String,
    #[serde(default, rename = "figure")]
    pub figures: Vec<Figure>,
    #[serde(default, rename = "tab")]
    pub tabs: Vec<Part>,
    #[serde(default, rename = "action")]
    pub actions: Vec<Deed>,
    #[serde(default, rename = "event")]
    pub events: Vec<Part>,
}

/// A column of the list under its own name, or one of the card's view.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    #[serde(rename = "@name")]
    name: String,
    #[serde(default, rename = "@column")]
    column: String,
    #[serde(default, rename = "@kind")]
    kind: Option<ValueKind>,
    #[serde(default, rename = "@currency")]
    currency: String,
    #[serde(default, rename = "@level")]
    level: Level,
    /// For programs and conditions, not for people.
    #[serde(default, rename = "@hidden")]
    hidden: String,
    /// The card of what it names, and the figure that holds its id.
    #[serde(default, rename = "@card")]
    pub card: String,
    #[serde(default, rename = "@of")]
    pub of: String,
    #[serde(default, rename = "val")]
    vals: Vec<Val>,
}

/// Rows of a list that belong to the record: those of a tab, or events of its time-line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@func")]
    pub func: String,
    /// The parameter that takes the record's id: `elid` of a nested list, `plid`, or a filter.
    #[serde(default = "elid", rename = "@by")]
    pub by: String,
    /// On which records it is there at all.
    #[serde(default, rename = "@when")]
    pub when: String,
    /// The columns of an event: when it was, what it was, and by whom.
    #[serde(default, rename = "@time")]
    pub time: String,
    #[serde(default, rename = "@text")]
    pub text: String,
    #[serde(default, rename = "@user")]
    pub user: String,
}

/// A button, on records that it applies to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "@func")]
    func: String,
    #[serde(rename = "@type")]
    kind: String,
    #[serde(default, rename = "@when")]
    pub when: String,
}

/// `<find by="name id" shows="email"/>`: where the search over everything looks, and what it tells.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindData {
    /// Columns with an index: a text by its beginning, a number as it is.
    #[serde(rename = "@by")]
    pub by: String,
    /// Columns that tell hits apart.
    #[serde(default, rename = "@shows")]
    pub shows: String,
}

fn elid() -> String {
    "elid".to_owned()
}

impl CardData {
    /// Every word that its page needs.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let short = |name: &String| format!("short_{name}");
        let tabs = self.tabs.iter().map(move |tab| short(&tab.name));
        let actions = self.actions.iter().map(move |deed| short(&deed.name));
        tabs.chain(actions).chain(self.events.iter().map(|event| format!("event_{}", event.name)))
    }

    /// Every function that it asks for or leads to.
    pub fn funcs(&self) -> impl Iterator<Item = &str> {
        let parts = self.tabs.iter().chain(&self.events).map(|part| part.func.as_str());
        let cards = self.figures.iter().map(|figure| figure.card.as_str()).filter(|card| !card.is_empty());
        parts.chain(self.actions.iter().map(|deed| deed.func.as_str())).chain(cards)
    }

    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

impl Figure {
    fn field(&self, list: &Meta) -> Field {
        let hidden = self.hidden == "yes";
        if let (None, Some(col)) = (self.kind, list.col(&self.name)) {
            return Field { hidden, ..col.clone() };
        }
        let word = |val: &Val| Val { word: format!("{}_{}", self.name, val.key), ..val.clone() };
        Field {
            name: self.name.clone(),
            column: self.column.clone(),
            kind: self.kind.unwrap_or_default(),
            currency: self.currency.clone(),
            level: self.level,
            hidden,
            vals: self.vals.iter().map(word).collect(),
            ..Field::default()
        }
    }
}

impl Deed {
    /// The button; `{…}` in its function is a figure's value, as that of a product type.
    pub fn button(&self, value: impl Fn(&str) -> String) -> Button {
        let func = match self.func.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
            Some((figure, _)) => self.func.replace(&format!("{{{figure}}}"), &value(figure)),
            None => self.func.clone(),
        };
        Button { name: self.name.clone(), func, kind: self.kind.clone(), only: String::new() }
    }
}

/// The function `X.card` of a list `X`; its figures are columns of its own.
pub fn function(list: &Meta, meta: Meta) -> Meta {
    let card = list.card.clone().unwrap_or_default();
    let cols = card.figures.iter().map(|figure| figure.field(list)).collect();
    let view = if card.view.is_empty() { &list.view } else { &card.view };
    Meta {
        shape: Some(Shape::Card),
        group: false,
        view: view.clone(),
        coldata: ColData { cols },
        card: Some(card),
        ..meta
    }
}
