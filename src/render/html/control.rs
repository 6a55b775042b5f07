//! One control of a form: an input, a select, a text area, or something only shown.

use serde::Serialize;

use super::sheet::Sheet;
use crate::doc::Node;

#[derive(Serialize)]
pub struct Control<'a> {
    pub name: &'a str,
    pub tag: Tag,
    /// The type of an input.
    kind: &'static str,
    value: &'a str,
    pub checked: bool,
    pub readonly: bool,
    pub required: bool,
    pub multiple: bool,
    maxlength: Option<u32>,
    inputmode: Option<&'static str>,
    autocomplete: Option<&'static str>,
    placeholder: Option<&'a str>,
    /// The currency of an amount.
    unit: Option<&'a str>,
    options: Vec<Choice<'a>>,
}

#[derive(Serialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    Hidden,
    Checkbox,
    File,
    Image,
    Input,
    Select,
    Textarea,
    Text,
}

#[derive(Serialize)]
struct Choice<'a> {
    key: &'a str,
    label: &'a str,
    selected: bool,
}

impl<'a> Control<'a> {
    pub fn new(sheet: &Sheet<'a>, field: &'a str, node: &'a Node) -> Self {
        let yes = |name| node.get_attr(name) == Some("yes");
        let name = node.get_attr("name").unwrap_or(field);
        let value = sheet.doc.get_text(name).unwrap_or_default();
        let tag = tag(node, sheet.is_filter());
        let kind = kind(node, value);
        let multiple = tag == Tag::Select && node.get_attr("type") == Some("multiple");
        Self {
            name,
            tag,
            kind,
            // A secret that was typed or stored never comes back in a page.
            value: if kind == "password" { "" } else { value },
            checked: tag == Tag::Checkbox && value == "on",
            readonly: yes("readonly"),
            required: yes("required"),
            multiple,
            maxlength: node.get_attr("maxlength").and_then(|text| text.parse().ok()),
            inputmode: inputmode(node),
            autocomplete: autocomplete(kind, name),
            placeholder: sheet.word(&format!("placeholder_{name}")),
            unit: unit(sheet, name, node),
            options: if tag == Tag::Select { options(sheet, name, value, multiple) } else { Vec::new() },
        }
    }

    /// What stands for the control where a browser sends nothing for it.
    pub fn silence(&self) -> Option<(&'a str, &'static str)> {
        match self.tag {
            _ if self.readonly => None,
            Tag::Checkbox => Some((self.name, "off")),
            Tag::Select if self.multiple => Some((self.name, "")),
            _ => None,
        }
    }
}

/// A filter by a flag has three answers: on, off, and no matter.
fn tag(node: &Node, is_filter: bool) -> Tag {
    match (node.name.as_ref(), node.get_attr("type").unwrap_or_default()) {
        ("input", "hidden") => Tag::Hidden,
        ("input", "checkbox" | "toggle") if is_filter => Tag::Select,
        ("input", "checkbox" | "toggle") => Tag::Checkbox,
        ("input", "file") => Tag::File,
        ("input", "image") => Tag::Image,
        ("input", _) => Tag::Input,
        ("select", _) => Tag::Select,
        ("textarea", _) => Tag::Textarea,
        _ => Tag::Text,
    }
}

/// A date that no browser would show stays text, so that it can be mended.
fn kind(node: &Node, value: &str) -> &'static str {
    let dated =
        node.get_attr("date").is_some_and(|date| date != "no") || node.get_attr("type") == Some("date");
    match node.get_attr("type") {
        Some("password") => "password",
        Some("email") => "email",
        Some("tel") => "tel",
        Some("url") => "url",
        _ if dated && (value.is_empty() || is_date(value)) => "date",
        _ => "text",
    }
}

fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq("0000-00-00".bytes())
}

fn autocomplete(kind: &str, name: &str) -> Option<&'static str> {
    match (kind, name) {
        ("password", "old_passwd") => Some("current-password"),
        ("password", _) => Some("new-password"),
        (_, "qrcode") => Some("one-time-code"),
        ("email", _) => Some("email"),
        ("tel", _) => Some("tel"),
        _ => None,
    }
}

fn inputmode(node: &Node) -> Option<&'static str> {
    match node.get_attr("check")? {
        "int" | "id" => Some("numeric"),
        "money" | "double" | "rate" | "percent" => Some("decimal"),
        _ => None,
    }
}

/// The currency of an amount: as it was looked up, else as the form has chosen it: as a text, or as an option with
/// words.
fn unit<'a>(sheet: &Sheet<'a>, name: &str, node: &'a Node) -> Option<&'a str> {
    (node.get_attr("check")? == "money").then_some(())?;
    let is_own = |node: &&Node| node.name == "unit" && node.get_attr("name") == Some(name);
    if let Some(unit) = sheet.doc.kids.iter().find(is_own) {
        return unit.text.as_deref();
    }
    let field = node.get_attr("currency").unwrap_or("currency");
    let value = sheet.doc.get_text(field).filter(|text| !text.is_empty())?;
    let is_of_field = |node: &&Node| node.name == "slist" && node.get_attr("name") == Some(field);
    let Some(list) = sheet.doc.kids.iter().find(is_of_field) else { return Some(value) };
    list.kids.iter().find(|val| val.get_attr("key") == Some(value))?.text.as_deref()
}

fn options<'a>(sheet: &Sheet<'a>, name: &str, value: &'a str, multiple: bool) -> Vec<Choice<'a>> {
    let chosen: Vec<&str> = if multiple { value.split(',').map(str::trim).collect() } else { vec![value] };
    let of_field = |node: &&Node| node.name == "slist" && node.get_attr("name") == Some(name);
    let list = sheet.doc.kids.iter().find(of_field);
    let values = list.map(|list| list.kids.as_slice()).unwrap_or_default();
    let mut options: Vec<_> = values.iter().map(|val| choice(val, &chosen)).collect();
    if sheet.is_filter() && list.is_none() {
        options = ["on", "off"].map(|key| flag(sheet, key, value)).into();
    }
    let lacks = |options: &[Choice], key: &str| !options.iter().any(|option| option.key == key);
    // A browser would quietly choose the first option: what is stored must be among them, and
    // in a filter nothing as well.
    for key in [value, ""] {
        if !multiple && lacks(&options, key) && (key == value || sheet.is_filter()) {
            options.insert(0, Choice { key, label: shown(key), selected: key == value });
        }
    }
    options
}

fn flag<'a>(sheet: &Sheet<'a>, key: &'static str, value: &str) -> Choice<'a> {
    let word = if key == "on" { "flag_on" } else { "flag_off" };
    Choice { key, label: sheet.label(word), selected: value == key }
}

/// An option without words must still be seen.
fn shown(label: &str) -> &str {
    if label.is_empty() { "—" } else { label }
}

fn choice<'a>(val: &'a Node, chosen: &[&str]) -> Choice<'a> {
    let key = val.get_attr("key").unwrap_or_default();
    Choice { key, label: shown(val.text.as_deref().unwrap_or(key)), selected: chosen.contains(&key) }
}
