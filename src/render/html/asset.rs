//! Files that pages link to. A name holds a hash of its content, so a browser may keep it for ever.

use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

const PATH: &str = "/billmgr/static/";

pub struct Asset {
    path: String,
    pub mime: &'static str,
    pub bytes: &'static [u8],
    pub gzip: Vec<u8>,
}

impl Asset {
    fn new((name, ending, mime, bytes): (&str, &str, &'static str, &'static [u8])) -> Self {
        let hash = &blake3::hash(bytes).to_hex()[..12];
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes everything");
        Self { path: format!("{PATH}{name}.{hash}.{ending}"), mime, bytes, gzip }
    }
}

const SCRIPT: &str = "text/javascript; charset=UTF-8";

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        ("panel", "css", "text/css; charset=UTF-8", &include_bytes!("../../panel/panel.css")[..]),
        ("panel", "js", SCRIPT, include_bytes!("../../panel/panel.js")),
        ("htmx", "js", SCRIPT, include_bytes!("../../panel/vendor/htmx.min.js")),
        ("icon", "svg", "image/svg+xml", include_bytes!("../../panel/icon.svg")),
        ("signs", "svg", "image/svg+xml", include_bytes!("../../panel/signs.svg")),
    ]
    .map(Asset::new)
});

/// A file by its whole path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The paths of all files, as the frame of a page names them.
#[derive(Serialize)]
pub struct Paths {
    style: &'static str,
    script: &'static str,
    htmx: &'static str,
    icon: &'static str,
}

pub fn paths() -> Paths {
    let [style, script, htmx, icon, _] = ASSETS.each_ref().map(|asset| asset.path.as_str());
    Paths { style, script, htmx, icon }
}

/// The stylesheet, for pages that are no answers.
pub fn style() -> &'static str {
    &ASSETS[0].path
}

/// The signs of the menu's groups, each a symbol with the name of its group.
pub fn signs() -> &'static str {
    &ASSETS[4].path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// decisions.md, Front end: what is vendored is what it says it is, and all of it is small.
    #[test]
    fn files_of_the_page() {
        for asset in ASSETS.iter() {
            assert!(asset.path.starts_with(PATH) && !asset.gzip.is_empty());
            assert!(std::ptr::eq(super::asset(&asset.path).expect("found by its path"), asset));
        }
        assert!(asset("/billmgr/static/panel.css").is_none() && asset("/panel.css").is_none());
        let all: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
        assert!(all <= 60_000, "{all} bytes");
        let readme = include_str!("../../panel/vendor/README.md");
        use sha2::Digest;
        let hash = sha2::Sha256::digest(ASSETS[2].bytes);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(readme.contains(&hex), "htmx is {hex}");
    }
}
