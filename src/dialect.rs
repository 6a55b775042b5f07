//! Other APIs over the same functions: `funcs/dialect/*.xml` say which route is which function, what its
//! parameters are called there, and what its reply is made of.
//!
//! Invariant: a dialect has neither SQL nor rules. Without it no function is lost (operations.md R233).

mod answer;
mod input;
mod reply;
mod route;
mod status;

pub use answer::{Request, Response, broken, is_opened, respond, unread, upload_bytes};
pub use route::{Dialect, faults};

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/funcs/dialect");

/// What is in the files is part of the program: a fault in them is told by [`faults`], at start.
static ALL: LazyLock<Result<Vec<Dialect>, String>> = LazyLock::new(|| {
    let read = |file: &include_dir::File| {
        let read = quick_xml::de::from_str::<Dialect>(file.contents_utf8().unwrap_or_default());
        read.map_err(|cause| format!("{}: {cause}", file.path().display()))
    };
    FILES.files().map(read).collect()
});

/// The dialect of a path: `/client-api` and `/client-api/index.php` are one.
pub fn of_path(path: &str) -> Option<&'static Dialect> {
    let path = path.strip_suffix("/index.php").unwrap_or(path).trim_end_matches('/');
    ALL.as_ref().ok()?.iter().find(|dialect| dialect.path == path)
}
