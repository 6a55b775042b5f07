//! The pages of a form as metadata has them.

use serde::Deserialize;

use super::{Field, Shared, ValueKind, yes};

#[derive(Debug, Clone, Default, Deserialize)]
pub struct FormData {
    #[serde(default, rename = "page")]
    pub pages: Shared<Page>,
    /// Instead of the one that saves: each comes back as `clicked_button`.
    #[serde(default, rename = "button")]
    pub buttons: Vec<FormButton>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct FormButton {
    #[serde(rename = "@name")]
    pub name: String,
}

/// A list of the answer, by its name, as a table of the form.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Shown {
    #[serde(rename = "@name")]
    pub name: String,
    /// What of a row its field takes: then a row is chosen.
    #[serde(default, rename = "@key")]
    pub key: String,
    #[serde(default, rename = "col")]
    pub cols: Vec<ShownCol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct ShownCol {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(default, rename = "@kind")]
    pub kind: ValueKind,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Page {
    #[serde(rename = "@name")]
    pub name: String,
    /// A step of a wizard that does something before the next one is shown.
    #[serde(default, rename = "@acts", deserialize_with = "yes")]
    pub acts: bool,
    #[serde(default, rename = "field")]
    pub fields: Shared<Field>,
    #[serde(default, rename = "list")]
    pub lists: Vec<Shown>,
}
