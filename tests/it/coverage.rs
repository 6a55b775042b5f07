//! Every requirement of operations.md has a test that names it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

const REQUIREMENTS: u32 = 237;

/// Headings of transcripts (`# R18 …`) and words above tests (`/// R7, R9-R11 …`).
fn named_in(path: &Path) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| ["# ", "/// ", "//! "].iter().any(|heading| line.starts_with(heading)));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    words.filter_map(numbers).flatten().collect()
}

/// `R7` and `R9-R11`.
fn numbers(word: &str) -> Option<RangeInclusive<u32>> {
    let number = |word: &str| word.strip_prefix('R')?.parse().ok();
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(number(first)?..=number(last)?)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a directory of tests");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_requirement_is_tested() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut paths = files(&tests.join("calls"));
    paths.extend(files(&tests.join("it")).into_iter().filter(|path| !path.ends_with("coverage.rs")));
    let src = files(&tests.with_file_name("src"));
    paths.extend(src.into_iter().filter(|path| path.ends_with("tests.rs")));
    let named: BTreeSet<u32> = paths.iter().flat_map(|path| named_in(path)).collect();
    let missing: Vec<String> = (1..=REQUIREMENTS)
        .filter(|number| !named.contains(number))
        .map(|number| format!("R{number}"))
        .collect();
    assert!(missing.is_empty(), "no test names {}", missing.join(", "));
}

/// What an endpoint calls is a function that is also called by its own name here: it works
/// without the dialect (R232, R233).
#[test]
fn functions_of_dialects_work_without_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let tests = root.join("tests");
    let called: String = ["calls", "it", "php", "shell", "python"]
        .iter()
        .flat_map(|dir| files(&tests.join(dir)))
        .map(|path| text(&path))
        .collect();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "._".contains(c));
    let is_called = |func: &str| {
        [format!("func={func}"), format!("\"{func}")]
            .iter()
            .any(|call| called.match_indices(call.as_str()).any(|(at, _)| ends(&called[at + call.len()..])))
    };
    let dialects: String = files(&root.join("funcs/dialect")).iter().map(text).collect();
    let funcs: BTreeSet<&str> =
        dialects.split("<call func=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(funcs.len() > 80, "only {} functions", funcs.len());
    let missing: Vec<&str> = funcs.into_iter().filter(|func| !is_called(func)).collect();
    assert!(missing.is_empty(), "never called by name: {}", missing.join(", "));
}
