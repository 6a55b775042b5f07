//! The menu beside a page. Written out here and by no template: it stands on every page.

use super::asset;
use super::sheet::{Sheet, escaped, href};
use crate::doc::Node;

pub fn html(sheet: &Sheet) -> Option<String> {
    let menu = sheet.doc.get("menu").filter(|menu| !menu.kids.is_empty())?;
    let mut here = "";
    closest(menu, sheet.func, &mut here);
    let mut out = String::with_capacity(8 * 1024);
    entries(sheet, &mut out, menu, here);
    Some(out)
}

/// Does the menu, where there is one, know the called function or one above it?
pub fn leads_above(sheet: &Sheet) -> bool {
    let Some(menu) = sheet.doc.get("menu").filter(|menu| !menu.kids.is_empty()) else { return true };
    let mut here = "";
    closest(menu, sheet.func, &mut here);
    !here.is_empty()
}

/// The menu's function that is the called one or the nearest above it (`payment` for
/// `payment.edit`).
fn closest<'a>(node: &'a Node, func: &str, here: &mut &'a str) {
    let target = node.get_attr("func").unwrap_or_default();
    let above = func.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if above && target.len() > here.len() {
        *here = target;
    }
    for kid in &node.kids {
        closest(kid, func, here);
    }
}

fn entries(sheet: &Sheet, out: &mut String, node: &Node, here: &str) {
    out.push_str("<ul>\n");
    for kid in node.kids.iter().filter(|kid| kid.name == "node") {
        out.push_str("<li>");
        match (kid.kids.is_empty(), func(kid)) {
            (false, _) => group(sheet, out, kid, here),
            (true, Some(func)) => link(sheet, out, kid, func, here),
            (true, None) => label(out, kid),
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

fn func(node: &Node) -> Option<&str> {
    node.get_attr("func").filter(|func| !func.is_empty())
}

fn group(sheet: &Sheet, out: &mut String, node: &Node, here: &str) {
    let is_open = !here.is_empty() && holds(node, here);
    out.push_str(if is_open { "<details open><summary>" } else { "<details><summary>" });
    sign(out, node);
    label(out, node);
    out.push_str("</summary>\n");
    entries(sheet, out, node, here);
    out.push_str("</details>");
}

/// Decoration beside the words of a group.
fn sign(out: &mut String, node: &Node) {
    let Some(name) = node.get_attr("name") else { return };
    out.extend(["<svg class=\"sign\" aria-hidden=\"true\"><use href=\"", asset::signs(), "#"]);
    escaped(out, name);
    out.push_str("\"/></svg>");
}

fn holds(node: &Node, here: &str) -> bool {
    func(node) == Some(here) || node.kids.iter().any(|kid| holds(kid, here))
}

fn link(sheet: &Sheet, out: &mut String, node: &Node, func: &str, here: &str) {
    out.push_str("<a href=\"");
    escaped(out, &href(func, &[]));
    out.push_str(if func == here { "\" aria-current=\"page\">" } else { "\">" });
    label(out, node);
    out.push_str("</a>");
    if let (Some(count), Some(query)) = (node.get_attr("count"), node.get_attr("counted")) {
        out.push_str("<a class=\"waits\" href=\"?");
        escaped(out, query);
        out.push_str("\" title=\"");
        escaped(out, sheet.frame_word("counted"));
        out.push_str("\"><span class=\"hidden\">");
        escaped(out, sheet.frame_word("counted"));
        out.push_str(": </span>");
        escaped(out, count);
        out.push_str("</a>");
    }
}

fn label(out: &mut String, node: &Node) {
    let text = node.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    escaped(out, text.or(node.get_attr("name")).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_group_of_the_menu_has_a_sign() {
        let (menu, signs) = (include_str!("../../../funcs/menu.xml"), include_str!("../../panel/signs.svg"));
        let groups =
            menu.lines().filter_map(|line| line.strip_prefix("    <node name=\"")?.split('"').next());
        let groups: Vec<&str> = groups.collect();
        assert!(groups.len() > 5 && groups.contains(&"finance"), "{groups:?}");
        for group in groups {
            assert!(signs.contains(&format!("<symbol id=\"{group}\"")), "{group}");
        }
    }
}
