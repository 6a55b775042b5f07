//! One value of a row or a record, with what is needed to show it.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use crate::digits;
use crate::money::Money;
use crate::time::Zone;

/// A value by its declared kind. `/billmgr` documents turn it into text last ([`Display`]);
/// another API maps each kind to its own wire form.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell<'a> {
    /// Nothing is known: an empty element.
    #[default]
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Flag(bool),
    /// An amount and its ISO code; an empty code shows the number alone.
    Money(Money, Cow<'a, str>),
    /// A day of the zone, from microseconds UTC.
    Date(i64, &'a Zone),
    /// A second of the zone, from microseconds UTC.
    Time(i64, &'a Zone),
    /// A stored code, its words in the caller's language, and a colour or "".
    Msg {
        code: Cow<'a, str>,
        words: Cow<'a, str>,
        color: Cow<'a, str>,
    },
}

impl Cell<'_> {
    /// The text of the value, as `/billmgr` documents carry it.
    pub fn write_text(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Int(value) => digits::int(*value, out),
            Self::Text(text) => out.write_str(text),
            Self::Flag(on) => out.write_str(if *on { "on" } else { "off" }),
            Self::Money(amount, iso) => {
                amount.shown(iso).write(out)?;
                if iso.is_empty() {
                    return Ok(());
                }
                out.write_char(' ')?;
                out.write_str(iso)
            }
            Self::Date(at_us, zone) => zone.write_date(*at_us, out),
            Self::Time(at_us, zone) => zone.write_time(*at_us, out),
            Self::Msg { words, .. } => out.write_str(words),
        }
    }

    /// The same as a text of its own.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text.into_owned(),
            Self::Int(value) => value.to_string(),
            cell => {
                let mut text = String::new();
                cell.write_text(&mut text).expect("a String takes everything");
                text
            }
        }
    }
}

impl Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.write_text(f)
    }
}

/// A column of an answered row: its name, and the pieces that the formats write for it again
/// and again.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// `<name` and `<name>`
    pub xml_open: String,
    pub xml_tag: String,
    /// `</name>`
    pub xml_close: String,
    /// `"name":`
    pub json_key: String,
    /// `,"name":{` up to a value, further up to one that has only text, and whole where there is none;
    /// with `[` and `]` in an array.
    pub json_open: String,
    pub json_text: String,
    pub json_empty: String,
    /// Behind a text: `"}`, or `"}]`.
    pub json_close: &'static str,
}

impl Column {
    pub fn new(name: &str) -> Self {
        Self::of(name, "", is_always_array(name))
    }

    /// The column of an element that says of itself that it is an array.
    pub fn array(name: &str) -> Self {
        Self::of(name, " is_json_array=\"yes\"", true)
    }

    fn of(name: &str, attr: &str, is_array: bool) -> Self {
        let json_open = format!(",\"{name}\":{}{{", if is_array { "[" } else { "" });
        Self {
            name: name.to_owned(),
            xml_open: format!("<{name}{attr}"),
            xml_tag: format!("<{name}{attr}>"),
            xml_close: format!("</{name}>"),
            json_key: format!("\"{name}\":"),
            json_text: format!("{json_open}\"$\":\""),
            json_empty: format!("{json_open}{}", if is_array { "}]" } else { "}" }),
            json_open,
            json_close: if is_array { "\"}]" } else { "\"}" },
        }
    }
}

/// Elements that are an array even when there is one (protocol.md §3.4 rule 6, U6). Any other
/// is one where it is repeated or carries `is_json_array`.
const ALWAYS_ARRAY: [&str; 14] = [
    "elem", "list", "slist", "val", "page", "col", "prop", "xprop", "toolgrp", "toolbtn", "show", "hide",
    "filter", "param",
];

pub fn is_always_array(name: &str) -> bool {
    ALWAYS_ARRAY.contains(&name)
}
