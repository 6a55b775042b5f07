//! XML read strictly, and paths into it: `/doc/elem[2]/id`, `/doc/elem[name=X]/status/@orig`.

use billmgr::doc::Node;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The one document of a text, or why it is none.
pub fn parse(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open = vec![Node::new("#")];
    loop {
        match reader.read_event().map_err(|cause| format!("{cause} at byte {}", reader.buffer_position()))? {
            Event::Start(tag) => open.push(element(&tag)?),
            Event::Empty(tag) => add(&mut open, element(&tag)?),
            Event::End(_) => {
                let node = open.pop().expect("end names are checked");
                add(&mut open, node);
            }
            Event::Text(text) => push_text(&mut open, &text.xml10_content())?,
            Event::CData(text) => push_text(&mut open, &text.xml10_content())?,
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name.xml10_content());
                let text = quick_xml::escape::unescape(&reference).map_err(|cause| cause.to_string())?;
                push_text(&mut open, &text)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut root = open.pop().filter(|_| open.is_empty()).ok_or("an element has no end")?;
    match root.kids.len() {
        1 => Ok(root.kids.remove(0)),
        count => Err(format!("{count} root elements")),
    }
}

fn element(tag: &BytesStart) -> Result<Node, String> {
    let mut node = Node::new(checked(tag.name().as_ref())?);
    for attr in tag.attributes() {
        let attr = attr.map_err(|cause| cause.to_string())?;
        let value = quick_xml::escape::unescape(&attr.value).map_err(|cause| cause.to_string())?;
        node = node.attr(checked(attr.key.as_ref())?, value.into_owned());
    }
    Ok(node)
}

/// A Name of XML 1.0: many letters of other alphabets are none, and libxml2 refuses them.
fn checked(name: &str) -> Result<String, String> {
    let is_start = |c: char| {
        matches!(c, ':' | 'A'..='Z' | '_' | 'a'..='z' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
    };
    let is_name = |c: char| {
        is_start(c)
            || matches!(c, '-' | '.' | '0'..='9' | '·' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    };
    match name.starts_with(is_start) && name.chars().all(is_name) {
        true => Ok(name.to_owned()),
        false => Err(format!("{name:?} is no name in XML")),
    }
}

fn add(open: &mut [Node], node: Node) {
    open.last_mut().expect("the root stays open").kids.push(node);
}

fn push_text(open: &mut [Node], text: &str) -> Result<(), String> {
    if let Some(bad) = text.chars().find(|c| !is_xml_char(*c)) {
        return Err(format!("the character {bad:?} cannot stand in XML"));
    }
    let is_root = open.len() == 1;
    if is_root && !text.trim().is_empty() {
        return Err("text outside of the document".into());
    }
    if !is_root {
        open.last_mut().expect("an element is open").text.get_or_insert_default().push_str(text);
    }
    Ok(())
}

/// Char of XML 1.0.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Everything that a path names, as text.
pub fn find(doc: &Node, path: &str) -> Vec<String> {
    let (path, attr) = match path.rsplit_once("/@") {
        Some((path, attr)) => (path, Some(attr)),
        None => (path, None),
    };
    let nodes = nodes(doc, path);
    match attr {
        Some(attr) => nodes.iter().filter_map(|node| node.get_attr(attr)).map(str::to_owned).collect(),
        None => nodes.iter().map(|node| node.text.as_deref().unwrap_or_default().to_owned()).collect(),
    }
}

/// The elements that a path without an attribute names.
pub fn nodes<'d>(doc: &'d Node, path: &str) -> Vec<&'d Node> {
    let mut steps = steps(path).into_iter();
    let root = steps.next().unwrap_or_default();
    let mut found: Vec<&Node> = if doc.name == root { vec![doc] } else { Vec::new() };
    for step in steps {
        found = found.into_iter().flat_map(|node| children(node, &step)).collect();
    }
    found
}

/// The steps of a path; a slash within brackets is part of its step.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut depth) = (vec![String::new()], 0);
    for c in path.trim_start_matches('/').chars() {
        match c {
            '/' if depth == 0 => steps.push(String::new()),
            c => {
                depth += i32::from(c == '[') - i32::from(c == ']');
                steps.last_mut().expect("there is a step").push(c);
            }
        }
    }
    steps
}

fn children<'d>(node: &'d Node, step: &str) -> Vec<&'d Node> {
    let (name, condition) = match step.split_once('[') {
        Some((name, condition)) => (name, condition.strip_suffix(']').expect("a bracket is closed")),
        None => (step, ""),
    };
    let named: Vec<&Node> = node.kids.iter().filter(|kid| kid.name == name || name == "*").collect();
    if let Ok(place) = condition.parse::<usize>() {
        return named.into_iter().skip(place - 1).take(1).collect();
    }
    let Some((key, value)) = condition.split_once('=') else { return named };
    let holds = |kid: &&Node| match key.strip_prefix('@') {
        Some(attr) => kid.get_attr(attr) == Some(value),
        None => kid.get_text(key) == Some(value),
    };
    named.into_iter().filter(holds).collect()
}
