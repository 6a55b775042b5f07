//! What kind of answer a function gives, and so where it is worked out and how long it is kept.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answers {
    #[default]
    Document,
    /// A document that depends on nothing but the parameters while nothing is written, and is the
    /// same for everybody who has not signed in.
    Public,
    /// A document that has a printed form.
    Printed,
    /// A file and no document.
    File,
}

impl Answers {
    /// Files take long to make, so such a call never runs where its request arrived.
    pub fn is_slow(self) -> bool {
        matches!(self, Self::Printed | Self::File)
    }
}
