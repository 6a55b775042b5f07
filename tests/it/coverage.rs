//! Every requirement of operations.md 5.1 has a test that names it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const REQUIREMENTS: u32 = 65;

/// Headings of transcripts (`# R18 …`) and words above tests (`/// R7 …`).
fn named_in(path: &Path) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("# ") || line.starts_with("/// "));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
    words.filter_map(|word| word.strip_prefix('R')?.parse().ok()).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a directory of tests");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_requirement_is_tested() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut named = BTreeSet::new();
    for path in files(&tests.join("calls")).iter().chain(&files(&tests.join("it"))) {
        if !path.ends_with("coverage.rs") {
            named.extend(named_in(path));
        }
    }
    let missing: Vec<String> = (1..=REQUIREMENTS)
        .filter(|number| !named.contains(number))
        .map(|number| format!("R{number}"))
        .collect();
    assert!(missing.is_empty(), "no test names {}", missing.join(", "));
}
