//! Whose the rows of a function are, as its metadata says.

use serde::Deserialize;

/// Whose rows a function touches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeKind {
    /// Rows that belong to nobody: dictionaries, configuration.
    #[default]
    None,
    /// Rows with `account_id` and `reseller_id`; the dispatcher adds the caller's scope.
    Account,
    /// A list that everybody may see, who signs in and who does not: what is for sale.
    Public,
}

impl ScopeKind {
    /// Do its rows belong to somebody?
    pub fn is_owned(self) -> bool {
        self == Self::Account
    }
}
