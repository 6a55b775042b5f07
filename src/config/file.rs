//! The text of `billmgr.conf` and of `billmgr.conf.d/*.conf` beside it (protocol.md §7).

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::time::SECOND_US;

const FILE_MAX_BYTES: u64 = 1 << 20;

/// One line that says something. It may hold a secret, so it cannot be printed.
pub struct Entry {
    pub line: u32,
    /// `Option Name`
    pub option: bool,
    pub name: String,
    /// Without its quotes; several words have one blank between them.
    pub value: Option<String>,
}

/// The lines of a text; a line that cannot be read is its number and why.
///
/// A comment (`#`, `//`, `/* */`) begins only where a word could, so that `http://` and a `#`
/// within a password need no quotes. Quotes enclose whole words; there are no escapes in them.
pub fn parse(text: &str) -> Vec<Result<Entry, (u32, &'static str)>> {
    let mut found = Vec::new();
    let mut block = None;
    for (line, number) in text.trim_start_matches('\u{FEFF}').lines().zip(1..) {
        match words(line, number, &mut block).and_then(|words| entry(number, words)) {
            Ok(entry) => found.extend(entry.map(Ok)),
            Err(reason) => found.push(Err((number, reason))),
        }
    }
    found.extend(block.map(|number| Err((number, "the comment that begins here has no `*/`"))));
    found
}

fn entry(line: u32, words: Vec<String>) -> Result<Option<Entry>, &'static str> {
    let mut words = words.into_iter();
    let Some(first) = words.next() else { return Ok(None) };
    let option = first == "Option";
    let name = if option { words.next().ok_or("`Option` needs a name")? } else { first };
    let rest: Vec<String> = words.collect();
    let value = (!rest.is_empty()).then(|| rest.join(" "));
    Ok(Some(Entry { line, option, name, value }))
}

/// The words of one line. `block` is the line where a comment that is still open began.
fn words(line: &str, number: u32, block: &mut Option<u32>) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        if block.is_some() {
            let Some((_, after)) = rest.split_once("*/") else { return Ok(found) };
            (rest, *block) = (after, None);
        }
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('#') || rest.starts_with("//") {
            return Ok(found);
        }
        if let Some(after) = rest.strip_prefix("/*") {
            (rest, *block) = (after, Some(number));
            continue;
        }
        let (word, after) = word(rest)?;
        found.push(word.to_owned());
        rest = after;
    }
}

/// The first word and what follows it.
fn word(rest: &str) -> Result<(&str, &str), &'static str> {
    let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())));
    };
    let (word, after) = rest[1..].split_once(quote).ok_or("the quote has no end")?;
    if after.is_empty() || after.starts_with(char::is_whitespace) {
        return Ok((word, after));
    }
    Err("text follows the closing quote; use the other kind of quote around both")
}

/// The file itself, then those of the directory beside it in the order of their names.
pub fn paths(main: &Path) -> io::Result<Vec<PathBuf>> {
    let mut parts = match fs::read_dir(beside(main)) {
        Ok(dir) => dir.map(|item| item.map(|item| item.path())).collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    parts.retain(|path| path.extension().is_some_and(|ext| ext == "conf") && !is_hidden(path));
    parts.sort();
    parts.insert(0, main.to_owned());
    Ok(parts)
}

/// `billmgr.conf.d`
pub fn beside(main: &Path) -> PathBuf {
    let mut name = main.as_os_str().to_owned();
    name.push(".d");
    name.into()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

pub fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let about = fs::metadata(path).map_err(cannot)?;
    if !about.is_file() {
        return Err("is not a file".into());
    }
    if about.len() > FILE_MAX_BYTES {
        return Err(format!("is larger than {FILE_MAX_BYTES} bytes"));
    }
    String::from_utf8(fs::read(path).map_err(cannot)?).map_err(|_| "is not UTF-8".into())
}

/// What tells one version of a file from the next. The number of the file is part of it: editors
/// put a new file in the place of the old.
type Stamp = (i64, i64, u64, u64);

/// Says whether the files changed, looking at most once a second.
#[derive(Debug)]
pub struct Watch {
    main: PathBuf,
    seen: Vec<(PathBuf, Option<Stamp>)>,
    looked_us: i64,
}

impl Watch {
    /// Made *before* the files are read: a change while they are read is then seen later.
    pub fn new(main: &Path, now_us: i64) -> Self {
        Self { main: main.to_owned(), seen: stamps(main), looked_us: now_us }
    }

    /// True once for every change.
    pub fn changed(&mut self, now_us: i64) -> bool {
        // A clock that was set back must not stop the watch.
        if (self.looked_us..self.looked_us + SECOND_US).contains(&now_us) {
            return false;
        }
        self.looked_us = now_us;
        let now = stamps(&self.main);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

fn stamps(main: &Path) -> Vec<(PathBuf, Option<Stamp>)> {
    let stamp = |path: &Path| {
        let about = fs::metadata(path).ok()?;
        Some((about.mtime(), about.mtime_nsec(), about.size(), about.ino()))
    };
    let paths = paths(main).unwrap_or_else(|_| vec![main.to_owned()]);
    paths.into_iter().map(|path| (stamp(&path), path)).map(|(stamp, path)| (path, stamp)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let line = |found| match found {
            Ok(Entry { line, option, name, value }) => {
                let value = value.map(|value| format!("={value}")).unwrap_or_default();
                format!("{line}{}{name}{value}", if option { '?' } else { ':' })
            }
            Err((line, reason)) => format!("{line}!{reason}"),
        };
        parse(text).into_iter().map(line).collect()
    }

    #[test]
    fn lines() {
        let rows: [(&str, &[&str]); 22] = [
            ("", &[]),
            ("\n  \n\t\n", &[]),
            ("TimeZone UTC", &["1:TimeZone=UTC"]),
            ("\u{FEFF}TimeZone\tUTC\r\n\r\nDataDir /d\r\n", &["1:TimeZone=UTC", "3:DataDir=/d"]),
            ("# a\n// b\n  # c\nA 1", &["4:A=1"]),
            ("A 1 # tail\nB 2 // tail\nC 3 /* tail */", &["1:A=1", "2:B=2", "3:C=3"]),
            ("A http://h:1//x", &["1:A=http://h:1//x"]),
            ("A p#ss/*w*/", &["1:A=p#ss/*w*/"]),
            ("/* A 1 */ B 2", &["1:B=2"]),
            ("/* A 1\nB 2 */ C 3\nD 4", &["2:C=3", "3:D=4"]),
            ("A /* x */ 1 /* y */ 2", &["1:A=1 2"]),
            ("A 1 /* x\n*/ B 2", &["1:A=1", "2:B=2"]),
            ("A 1\n/* x\nB 2\n", &["1:A=1", "2!the comment that begins here has no `*/`"]),
            ("A \"a  # b\" ' c'", &["1:A=a  # b  c"]),
            ("A 'it \"is\"'", &["1:A=it \"is\""]),
            ("A pa\"ss", &["1:A=pa\"ss"]),
            ("A \"\"", &["1:A="]),
            ("A", &["1:A"]),
            ("A \"x\nB 1", &["1!the quote has no end", "2:B=1"]),
            ("A \"x\"y", &["1!text follows the closing quote; use the other kind of quote around both"]),
            ("Option A\nOption B off", &["1?A", "2?B=off"]),
            ("Option # none", &["1!`Option` needs a name"]),
        ];
        for (text, expected) in rows {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_watch_sees_each_change_once_and_looks_once_a_second() {
        let dir = std::env::temp_dir().join(format!("billmgr-watch-{}", std::process::id()));
        let main = dir.join("billmgr.conf");
        fs::create_dir_all(beside(&main)).expect("a directory");
        let write = |path: PathBuf, text: &str| fs::write(path, text).expect("a file");
        let mut watch = Watch::new(&main, 0);
        write(main.clone(), "TimeZone UTC");
        let part = beside(&main).join("10.conf");
        assert!(!watch.changed(SECOND_US - 1), "too early");
        assert!(watch.changed(SECOND_US), "the file is new");
        assert!(!watch.changed(2 * SECOND_US));
        write(part.clone(), "");
        assert!(watch.changed(3 * SECOND_US), "a part is new");
        write(beside(&main).join("10.conf~"), "x");
        assert!(!watch.changed(4 * SECOND_US), "not a part");
        write(part.clone(), "DefaultLang ru");
        assert!(watch.changed(0), "the clock went back");
        fs::remove_file(part).expect("removed");
        assert!(watch.changed(SECOND_US));
        fs::remove_dir_all(dir).expect("removed");
    }
}
