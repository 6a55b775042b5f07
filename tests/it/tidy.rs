//! What holds for the text of the program itself.

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;
const FUNCTION_MAX: usize = 70;
/// The one place that may be unsafe.
const UNSAFE: &str = "src/db/sqlite_hook.rs";
/// What the program is made of, each as code names it.
const PACKAGES: [&str; 10] =
    ["hyper", "tokio", "quick-xml", "serde", "serde_json", "diesel", "r2d2", "argon2", "ipnet", "tracing"];
/// Where there is money, there is no float.
const MONEY: [&str; 6] = ["src/ledger", "src/tariff", "src/books", "src/money.rs", "src/billing", "src/demo"];

struct File {
    /// From the repository's root.
    name: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &str, ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    collect(&root().join(dir), ending, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!found.is_empty(), "{dir} has no {ending}");
    found
}

fn collect(dir: &Path, ending: &str, found: &mut Vec<File>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|cause| panic!("{}: {cause}", dir.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|have| have == ending) {
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            found.push(File { name, text: std::fs::read_to_string(&path).expect("text") });
        }
    }
}

fn rust() -> Vec<File> {
    ["src", "tests", "benches"].into_iter().flat_map(|dir| files(dir, "rs")).collect()
}

/// The words of a line of code, without its comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// `file:line: what`, for every line that is not as it should be.
fn wrong(files: &[File], what: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().enumerate().filter(|(_, line)| is_wrong(line));
        found.extend(lines.map(|(at, _)| format!("{}:{}: {what}", file.name, at + 1)));
    }
    found
}

fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_are_short() {
    let long = rust().into_iter().map(|file| (file.name, file.text.lines().count()));
    let long = long.filter(|(_, count)| *count > LINES_MAX);
    assert_none(long.map(|(name, count)| format!("{name}: {count} lines")).collect());
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Is it the first line of a function, as rustfmt writes it?
fn begins_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let mods = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""];
    words.find(|word| !mods.contains(word)) == Some("fn")
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for file in rust() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| begins_function(line)) {
            let closes = |other: &&str| other.trim() == "}" && indent(other) == indent(line);
            let body = lines[at..]
                .iter()
                .position(|other| closes(other) || other.ends_with([';', '}']) && *other == *line);
            let count = body.map_or(0, |end| end + 1);
            if count > FUNCTION_MAX {
                long.push(format!("{}:{}: {count} lines", file.name, at + 1));
            }
        }
    }
    assert_none(long);
}

#[test]
fn unsafe_stands_in_one_place() {
    let files: Vec<File> = rust().into_iter().filter(|file| file.name != UNSAFE).collect();
    // In words of a text it is no code.
    assert_none(wrong(&files, "unsafe", |line| {
        !line.contains('"') && words(line).any(|word| word == "unsafe")
    }));
}

#[test]
fn nothing_is_left_undone() {
    let marks = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    assert_none(wrong(&rust(), "undone", |line| marks.iter().any(|mark| line.contains(mark))));
    let words = ["TODO", "FIXME", "XXX"].map(|word| format!("{word}:"));
    assert_none(wrong(&rust(), "undone", |line| words.iter().any(|word| line.contains(word))));
}

#[test]
fn money_is_no_float() {
    let files: Vec<File> = files("src", "rs")
        .into_iter()
        .filter(|file| MONEY.iter().any(|place| file.name.starts_with(place)))
        .collect();
    assert!(files.len() > 10, "the places have other names now");
    assert_none(wrong(&files, "a float", |line| words(line).any(|word| word == "f32" || word == "f64")));
}

/// Integers, texts and booleans are what both databases keep alike.
#[test]
fn tables_have_plain_types() {
    let files = files("schema", "sql");
    let code = |line: &str| line.split("--").next().unwrap_or_default().to_uppercase();
    let types = ["REAL", "FLOAT", "DOUBLE", "NUMERIC", "DECIMAL"];
    let is_inexact = |line: &str| words(&code(line)).any(|word| types.contains(&word));
    assert_none(wrong(&files, "no exact number", is_inexact));
    // A key of SQLite without it is given out again after the newest row is deleted.
    let reuses = |line: &str| {
        let code = code(line);
        code.contains("INTEGER") && code.contains("PRIMARY KEY") && !code.contains("AUTOINCREMENT")
    };
    assert_none(wrong(&files, "a key that is used again", reuses));
    let plain = files.iter().filter(|file| file.name.ends_with("/up.sql")).flat_map(|file| file.text.lines());
    let keyless = plain.filter(|line| code(line).contains(" INTEGER") && !code(line).contains("PRIMARY KEY"));
    assert_eq!(keyless.collect::<Vec<_>>(), Vec::<&str>::new(), "BIGINT is meant");
}

#[test]
fn packages_are_direct_and_used() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let section = manifest.split("[dependencies]\n").nth(1).expect("dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    let sources = files("src", "rs");
    for package in PACKAGES {
        let is_direct = section.lines().any(|line| line.split([' ', '=']).next() == Some(package));
        assert!(is_direct, "{package} is no direct dependency");
        let path = format!("{}::", package.replace('-', "_"));
        assert!(sources.iter().any(|file| file.text.contains(&path)), "{package} is used nowhere");
    }
}
