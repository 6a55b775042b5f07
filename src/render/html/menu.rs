//! Functions by a word of their names, for who searches without script.

use serde::Serialize;

use super::sheet::{Sheet, href};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Found<'a> {
    wanted: &'a str,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    label: &'a str,
    /// The group of the menu in which it stands.
    group: &'a str,
    href: String,
}

impl<'a> Found<'a> {
    pub fn new(sheet: &Sheet<'a>) -> Self {
        let wanted = sheet.param("q").unwrap_or_default();
        let mut places = Vec::new();
        if let Some(menu) = sheet.doc.get("menu") {
            collect(menu, "", &wanted.to_lowercase(), &mut places);
        }
        Self { wanted, places }
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
