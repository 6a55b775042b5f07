//! The shapes of functions.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    List,
    Form,
    Action,
    Wizard,
    Report,
    /// One record of a list with what belongs to it.
    Card,
}

impl Shape {
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Form => "form",
            Self::Action => "action",
            Self::Wizard => "wizard",
            Self::Report => "report",
            Self::Card => "card",
        }
    }
}
