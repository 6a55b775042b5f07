//! Where the server's socket is.

use std::path::{Path, PathBuf};

use super::{Env, Failure};

/// Tried in this order when nobody names one (decisions.md, Access: mgrctl).
const DEFAULTS: [&str; 3] =
    ["var/billmgr.sock", "/run/billmgr/billmgr.sock", "/var/lib/billmgr/billmgr.sock"];

/// The sockets that come into question: a named one is the only one.
pub fn places(option: Option<PathBuf>, env: Env) -> Vec<PathBuf> {
    let named = || env("BILLMGR_SOCKET").filter(|path| !path.is_empty()).map(PathBuf::from);
    match option.or_else(named) {
        Some(path) => vec![path],
        None => DEFAULTS.iter().map(PathBuf::from).collect(),
    }
}

/// The first that exists, even if nothing listens there: a call meant for a stopped server must not
/// reach another one further down the list.
pub fn find(places: &[PathBuf]) -> Result<PathBuf, Failure> {
    places.iter().find(|place| place.exists()).cloned().ok_or_else(|| {
        let tried = listed(places.iter().map(PathBuf::as_path));
        Failure::Transport(format!("no server is running here: there is no socket at {tried}"))
    })
}

/// The directory that holds a socket: the data directory of its server.
pub fn directory(place: &Path) -> &Path {
    match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub fn listed<'a>(paths: impl Iterator<Item = &'a Path>) -> String {
    paths.map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
