//! What a word is found in: functions by their names and records, for who searches without script.

use serde::Serialize;

use super::sheet::{Sheet, href};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Found<'a> {
    wanted: &'a str,
    places: Vec<Place<'a>>,
    hits: Vec<Hit<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    label: &'a str,
    /// The group of the menu in which it stands.
    group: &'a str,
    href: String,
}

/// A record.
#[derive(Serialize)]
struct Hit<'a> {
    name: &'a str,
    title: &'a str,
    about: &'a str,
    href: String,
}

impl<'a> Found<'a> {
    /// Is the document that of a search over records?
    pub fn is_asked(sheet: &Sheet<'a>) -> bool {
        sheet.doc.get("found").is_some()
    }

    pub fn new(sheet: &Sheet<'a>) -> Self {
        let wanted = sheet.param("q").unwrap_or_default();
        let mut places = Vec::new();
        if let Some(menu) = sheet.doc.get("menu") {
            collect(menu, "", &wanted.to_lowercase(), &mut places);
        }
        let found = sheet.doc.get("found").map(|found| found.kids.as_slice()).unwrap_or_default();
        Self { wanted, places, hits: found.iter().map(hit).collect() }
    }
}

fn hit(node: &Node) -> Hit<'_> {
    let part = |name: &str| node.get_text(name).unwrap_or_default();
    Hit {
        name: part("name"),
        title: part("title"),
        about: part("about"),
        href: format!("?{}", part("query")),
    }
}

fn collect<'a>(node: &'a Node, group: &'a str, wanted: &str, places: &mut Vec<Place<'a>>) {
    for kid in node.kids.iter().filter(|kid| kid.name == "node") {
        let label = kid.text.as_deref().map(str::trim).unwrap_or_default();
        let func = kid.get_attr("func").unwrap_or_default();
        let is_wanted = [label, func, group].iter().any(|text| text.to_lowercase().contains(wanted));
        if !func.is_empty() && is_wanted {
            places.push(Place { label, group, href: href(func, &[]) });
        }
        collect(kid, label, wanted, places);
    }
}
