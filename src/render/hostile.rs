//! Whatever text a client stores, every format stays readable and gives the text back
//! (operations.md R45).

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::samples::{Sample, list, rendered};
use crate::cell::{Cell, Column};
use crate::doc::{Body, Node};
use crate::money::Money;

const PIECES: [&str; 31] = [
    "<",
    ">",
    "&",
    "\"",
    "'",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "&amp;",
    "&#0;",
    "\0",
    "\u{1}",
    "\u{1b}[2J",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10ffff}",
    "\\",
    "Ж, =/",
    "{{7*7}}",
    "{%raw%}",
    "javascript:",
    "\u{202e}",
    "\u{feff}",
];

/// Texts of every piece alone and of pieces in an order that looks like none.
fn texts() -> impl Iterator<Item = String> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let alone = PIECES.iter().map(|piece| piece.to_string());
    alone.chain((0..300).map(move |_| (0..next() % 9).map(|_| PIECES[next() % PIECES.len()]).collect()))
}

/// A document of that body with the text wherever a text can be.
fn sample(body: Body, text: &str) -> Sample {
    let owned = |text: &str| std::borrow::Cow::Owned(text.to_owned());
    let row = vec![
        Cell::Text(owned(text)),
        Cell::Msg { code: owned(text), words: owned(text), color: owned(text) },
        Cell::Money(Money::ZERO, owned(text)),
    ];
    let tparams = Node::new("tparams").kid(Node::leaf(text.to_owned(), text));
    let val = Node::leaf("val", text).attr("key", text);
    let error = Node::new("error").attr("type", text).attr("object", text);
    let error = error.kid(Node::leaf("param", text).attr("name", "value")).kid(Node::leaf("msg", text));
    let words = Node::new("messages").kid(Node::leaf("msg", text).attr("name", text));
    let slist = Node::new("slist").attr("name", text).kid(val);
    let field = Node::leaf("field", text).attr("orig", text);
    let doc = Node::new("doc").attr("func", text).with([words, slist, error, tparams, field, Node::rows()]);
    let rows = if body == Body::List { vec![row] } else { Vec::new() };
    Sample { columns: ["text", "msg", "money"].map(Column::new).into(), rows, ..list() }.of(body, doc)
}

impl Sample {
    fn of(mut self, body: Body, doc: Node) -> Self {
        self.answer.body = body;
        self.with(doc)
    }
}

const BODIES: [Body; 5] = [Body::List, Body::Form, Body::Object, Body::Ok, Body::Error];

/// What XML 1.0 can carry of a text.
fn carried(text: &str) -> String {
    let keeps = |char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|char| if keeps(char) { char } else { '\u{fffd}' }).collect()
}

/// Every text and attribute of an XML document, or why it is none.
fn read_xml(document: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut reader = Reader::from_str(document);
    let (mut found, mut text, mut depth) = (Vec::new(), String::new(), 0);
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    found.push(attribute?.normalized_value(quick_xml::XmlVersion::Explicit1_0)?.into_owned());
                }
                depth += 1;
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => {
                let char = entity.resolve_char_ref()?;
                let named = || quick_xml::escape::resolve_predefined_entity(&entity);
                match char {
                    Some(char) => text.push(char),
                    None => text.push_str(named().ok_or("an unknown entity")?),
                }
            }
            Event::End(_) => found.push(std::mem::take(&mut text)),
            Event::Decl(_) => {}
            Event::Eof if depth > 0 => return Ok(found),
            other => return Err(format!("unexpected {other:?}").into()),
        }
    }
}

#[test]
fn xml_gives_it_back() {
    for (text, body) in texts().flat_map(|text| BODIES.map(|body| (text.clone(), body))) {
        let document = rendered("xml", &sample(body, &text));
        let found = read_xml(&document).unwrap_or_else(|error| panic!("{error} in {document}"));
        let count = found.iter().filter(|found| **found == carried(&text)).count();
        let expected = if body == Body::List { 17 } else { 13 };
        assert!(text.is_empty() || count == expected, "{count} of {text:?} in {document}");
        let stray = document.chars().find(|char| carried(&char.to_string()) != char.to_string());
        assert_eq!(stray, None, "{document}");
    }
}

#[test]
fn json_gives_it_back() {
    for (text, body) in texts().flat_map(|text| BODIES.map(|body| (text.clone(), body))) {
        for out in ["json", "sjson", "xjson", "bjson", "JSONdata"] {
            let document = rendered(out, &sample(body, &text));
            let read: Value =
                serde_json::from_str(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
            let found = match (out, body) {
                ("bjson" | "JSONdata", Body::Error) => read.pointer("/error/msg"),
                ("bjson", Body::List) => read.pointer("/elem/0/msg_orig"),
                ("JSONdata", Body::List) => read.pointer("/0/msg_orig"),
                ("bjson", Body::Form | Body::Object) => read.pointer("/model/field_orig"),
                ("bjson" | "JSONdata", _) => read.pointer("/field_orig"),
                _ => read.pointer("/doc/field/$orig"),
            };
            assert_eq!(found, Some(&Value::from(text.as_str())), "{out} {document}");
            assert!(!document.contains(['\n', '\u{2028}']), "{document}");
        }
    }
}

#[test]
fn lines_stay_lines() {
    for (text, body) in texts().flat_map(|text| BODIES.map(|body| (text.clone(), body))) {
        let document = rendered("text", &sample(body, &text));
        let known = |line: &str| {
            let names = ["text=", "OK", "ERROR ", "field=", "error_", "location="];
            names.iter().any(|name| line.starts_with(name))
        };
        assert!(document.lines().all(known), "{document:?}");
        assert!(!document.chars().any(|char| char.is_control() && char != '\n'), "{document:?}");
    }
}

/// A reader of RFC 4180.
fn read_csv(document: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = document.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && rest.next_if_eq(&'\n').is_some() => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    rows
}

#[test]
fn csv_gives_it_back() {
    for text in texts() {
        let read = read_csv(&rendered("csv", &sample(Body::List, &text)));
        let money = if text.is_empty() { "0.00".to_owned() } else { format!("0.00 {text}") };
        assert_eq!(read, [["text", "msg", "money"], [&text, &text, &money]], "{text:?}");
        let read = read_csv(&rendered("csv", &sample(Body::Error, &text)));
        assert_eq!(read, [["type", "object", "msg"], [&text, &text, &text]], "{text:?}");
    }
}

#[test]
fn a_printed_page_has_only_its_own_tags() {
    let tags = |body| {
        let count = |document: String| document.matches('<').count();
        texts().map(|text| count(rendered("print", &sample(body, &text)))).collect::<Vec<_>>()
    };
    for body in BODIES {
        let found = tags(body);
        assert!(found.iter().all(|count| *count == found[0]), "{body:?} {found:?}");
    }
}
