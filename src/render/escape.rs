//! How text is written into each format: runs of plain bytes are copied, the few that cannot
//! stand as they are get replaced.

use std::fmt;

use crate::cell::Cell;

/// The bytes at which a replacement is looked for. Continuation bytes never are.
type Marks = [bool; 256];

/// Control characters and these.
const fn marks(others: &[u8]) -> Marks {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = true;
        at += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

/// What to write for the first bytes of the rest, and how many they are; nothing to keep them.
type Instead = Option<(&'static str, usize)>;

/// Most texts have no mark, which one look at all of their bytes tells soonest.
#[inline]
fn copy(out: &mut String, value: &str, marks: &Marks, instead: impl Fn(&[u8]) -> Instead) {
    match value.bytes().fold(false, |found, byte| found | marks[byte as usize]) {
        false => out.push_str(value),
        true => replace(out, value, marks, instead),
    }
}

#[inline(never)]
fn replace(out: &mut String, value: &str, marks: &Marks, instead: impl Fn(&[u8]) -> Instead) {
    let bytes = value.as_bytes();
    let (mut start, mut at) = (0, 0);
    while let Some(step) = bytes[at..].iter().position(|byte| marks[*byte as usize]) {
        at += step;
        let Some((text, length)) = instead(&bytes[at..]) else {
            at += 1;
            continue;
        };
        out.push_str(&value[start..at]);
        out.push_str(text);
        at += length;
        start = at;
    }
    out.push_str(&value[start..]);
}

/// What XML 1.0 cannot carry is shown as lost: dropping it would join what it parted.
const LOST: &str = "\u{FFFD}";

/// Text of an element. A bare CR would be read as a line feed (protocol.md §3.2).
pub fn xml(out: &mut String, value: &str) {
    const MARKS: Marks = marks(b"&<>\xEF");
    copy(out, value, &MARKS, xml_instead);
}

/// Text of an attribute between `"`. Blanks other than ` ` would be read as one.
pub fn xml_attr(out: &mut String, value: &str) {
    const MARKS: Marks = marks(b"&<>\"\xEF");
    copy(out, value, &MARKS, |rest| match rest[0] {
        b'"' => Some(("&quot;", 1)),
        b'\n' => Some(("&#10;", 1)),
        b'\t' => Some(("&#9;", 1)),
        _ => xml_instead(rest),
    });
}

fn xml_instead(rest: &[u8]) -> Instead {
    match rest {
        [b'&', ..] => Some(("&amp;", 1)),
        [b'<', ..] => Some(("&lt;", 1)),
        [b'>', ..] => Some(("&gt;", 1)),
        [b'\r', ..] => Some(("&#13;", 1)),
        [b'\t' | b'\n', ..] => None,
        [0xEF, 0xBF, 0xBE | 0xBF, ..] => Some((LOST, 3)),
        [0xEF, ..] => None,
        _ => Some((LOST, 1)),
    }
}

/// A finished XML text without what XML 1.0 cannot carry: templates escape the rest themselves.
pub fn xml_clean(text: String) -> String {
    const MARKS: Marks = marks(b"\xEF");
    let mut out = String::with_capacity(text.len());
    copy(&mut out, &text, &MARKS, |rest| xml_instead(rest).filter(|_| rest[0] != b'\r'));
    out
}

/// The bytes that a name may hold behind its first.
const NAMES: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    while at < 256 {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        at += 1;
    }
    table
};

/// A name of an element or attribute. Names of parameters come from outside, and nothing
/// escapes them in XML: what is no plain ASCII name is made one.
#[inline(never)] // few names are foreign
pub fn xml_name(out: &mut String, name: &str) {
    let starts = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let goes_on = |byte: u8| NAMES[byte as usize];
    if !name.bytes().next().is_some_and(starts) {
        out.push('_');
    }
    match name.bytes().all(goes_on) {
        true => out.push_str(name),
        false => out
            .extend(name.chars().map(|char| if char.is_ascii() && goes_on(char as u8) { char } else { '_' })),
    }
}

/// The inside of a JSON string. U+2028 and U+2029 would end a line of a JSONP script.
pub fn json(out: &mut String, value: &str) {
    const MARKS: Marks = marks(b"\"\\\xE2");
    copy(out, value, &MARKS, |rest| match rest {
        [b'"', ..] => Some(("\\\"", 1)),
        [b'\\', ..] => Some(("\\\\", 1)),
        [0xE2, 0x80, 0xA8, ..] => Some(("\\u2028", 3)),
        [0xE2, 0x80, 0xA9, ..] => Some(("\\u2029", 3)),
        [0xE2, ..] => None,
        [byte, ..] => Some((JSON_CONTROL[*byte as usize], 1)),
        [] => None,
    });
}

#[rustfmt::skip]
const JSON_CONTROL: [&str; 0x20] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
    "\\b", "\\t", "\\n", "\\u000b", "\\f", "\\r", "\\u000e", "\\u000f",
    "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
    "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
];

/// `"value"`
pub fn json_string(out: &mut String, value: &str) {
    out.push('"');
    json(out, value);
    out.push('"');
}

/// One line of plain text. A line feed would forge a line, other controls move the terminal
/// that `mgrctl` writes to; each becomes a blank (protocol.md U1).
pub fn line(out: &mut String, value: &str) {
    const MARKS: Marks = marks(b"\x7F\xC2");
    copy(out, value, &MARKS, |rest| match rest {
        [0xC2, 0x80..=0x9F, ..] => Some((" ", 2)),
        [0xC2, ..] => None,
        _ => Some((" ", 1)),
    });
}

/// One field of RFC 4180, between `"` only where it must be.
pub fn csv(out: &mut String, value: &str) {
    if !value.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
        return out.push_str(value);
    }
    out.push('"');
    for (at, part) in value.split('"').enumerate() {
        out.push_str(if at == 0 { "" } else { "\"\"" });
        out.push_str(part);
    }
    out.push('"');
}

/// The text of a cell, written by the rule of a format.
pub fn cell(out: &mut String, cell: &Cell, escape: impl Fn(&mut String, &str)) {
    match cell {
        Cell::Text(text) => escape(out, text),
        Cell::Msg { words, .. } => escape(out, words),
        Cell::Money(amount, iso) if !iso.is_empty() => {
            written(amount.shown(iso).write(out));
            out.push(' ');
            escape(out, iso);
        }
        Cell::Null | Cell::Int(_) | Cell::Flag(_) | Cell::Money(..) | Cell::Date(..) | Cell::Time(..) => {
            written(cell.write_text(out));
        }
    }
}

/// Whether a cell has no text, so that its element is empty.
pub fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Text(text) => text.is_empty(),
        Cell::Msg { words, .. } => words.is_empty(),
        _ => false,
    }
}

fn written(result: fmt::Result) {
    result.expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(rule: fn(&mut String, &str), value: &str) -> String {
        let mut out = String::new();
        rule(&mut out, value);
        out
    }

    #[test]
    fn each_rule() {
        for (rule, value, expected) in [
            (xml as fn(&mut String, &str), "plain Зачислен", "plain Зачислен"),
            (xml, "a<b>&\"'c", "a&lt;b&gt;&amp;\"'c"),
            (xml, "]]>", "]]&gt;"),
            (xml, "a\r\nb\tc", "a&#13;\nb\tc"),
            (
                xml,
                "a\0b\u{1b}\u{fffe}\u{ffff}\u{fffd}\u{feff}",
                "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{feff}",
            ),
            (xml_attr, "\"<\r\n\t>", "&quot;&lt;&#13;&#10;&#9;&gt;"),
            (xml_name, "billorder.id", "billorder.id"),
            (xml_name, "1 a<b>:é", "_1_a_b___"),
            (xml_name, "", "_"),
            (json_string, "a\"b\\c/d", r#""a\"b\\c/d""#),
            (
                json_string,
                "\0\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}",
                "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\"",
            ),
            (json_string, "“\u{2028}\u{2029}”", "\"“\\u2028\\u2029”\""),
            (line, "a\r\nb\tc\u{1b}[2J\u{9b}2Jé\u{7f}.", "a  b c [2J 2Jé ."),
            (csv, "plain text", "plain text"),
            (csv, "a,b", "\"a,b\""),
            (csv, "say \"hi\"\n", "\"say \"\"hi\"\"\n\""),
            (csv, "", ""),
        ] {
            assert_eq!(by(rule, value), expected, "{value:?}");
        }
    }
}
