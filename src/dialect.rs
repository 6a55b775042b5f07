//! Other APIs over the same functions: `funcs/dialect/*.xml` say which route is which function, what its
//! parameters are called there, and what its reply is made of.
//!
//! Invariant: a dialect has neither SQL nor rules. Without it no function is lost (operations.md R233).

mod answer;
mod faults;
mod find;
mod input;
mod kept;
mod part;
mod prepared;
mod refusal;
mod reply;
mod route;
mod status;
mod text;
mod value;

pub use answer::{
    Body, Pieces, Request, Response, is_opened, respond, respond_at_once, route, unread, upload_bytes,
};
pub use faults::faults;
pub use kept::Replies;
pub use refusal::{broken, plain};
pub use route::{Dialect, Proof};

use std::sync::LazyLock;

use crate::packed;

/// What is in the files is part of the program: a fault in them is told by [`faults`], at start.
static ALL: LazyLock<Result<Vec<Dialect>, String>> = LazyLock::new(|| {
    let read = |(name, xml): (String, String)| {
        quick_xml::de::from_str::<Dialect>(&xml).map_err(|cause| format!("{name}: {cause}"))
    };
    packed::texts(packed::DIALECTS).map(read).collect()
});

/// The dialect of a path: `/client-api` and `/client-api/index.php` are one, and those whose routes are paths
/// begin with theirs.
pub fn of_path(path: &str) -> Option<&'static Dialect> {
    let whole = path.strip_suffix("/index.php").unwrap_or(path).trim_end_matches('/');
    let is_meant = |dialect: &&Dialect| match dialect.is_of_paths() {
        true => path.strip_prefix(dialect.path.as_str()).is_some_and(|rest| rest.starts_with('/')),
        false => dialect.path.split(' ').any(|one| one == whole),
    };
    ALL.as_ref().ok()?.iter().find(is_meant)
}
