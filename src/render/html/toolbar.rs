//! The buttons of a list: links, and buttons for the rows that are ticked.

use serde::Serialize;

use super::sheet::{Params, Sheet, href};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Toolbar<'a> {
    /// Buttons that need no row.
    pub links: Vec<Button<'a>>,
    /// Those among them that open the filter which is kept for the user.
    filters: Vec<Button<'a>>,
    /// Buttons for ticked rows, in the groups of the metadata.
    pub groups: Vec<Vec<Button<'a>>>,
    /// The function that opens one row, if a button has one.
    #[serde(skip)]
    pub open: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Button<'a> {
    pub name: &'a str,
    pub func: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    href: Option<String>,
    /// The first that makes something new: what one most likely came for.
    primary: bool,
    /// Opens something and changes nothing.
    pub get: bool,
    /// How many rows it is for: `one` or `some`.
    needs: &'static str,
    pub is_danger: bool,
    /// The question that comes before it.
    pub confirm: Option<&'a str>,
}

impl<'a> Toolbar<'a> {
    pub fn new(sheet: &Sheet<'a>, parent: &Params<'a>) -> Self {
        let toolbar = sheet.metadata().and_then(|metadata| metadata.get("toolbar"));
        let groups = toolbar.map(|it| it.kids.as_slice()).unwrap_or_default();
        let of = |free: bool| {
            let group = move |group: &'a Node| {
                group
                    .kids
                    .iter()
                    .filter(|btn| is_free(btn) == free)
                    .filter_map(|btn| button(sheet, btn, parent))
                    .collect()
            };
            groups.iter().map(group).filter(|group: &Vec<Button>| !group.is_empty())
        };
        let opens_row = |btn: &&Node| kind(btn) == "edit" && only_opens(btn);
        let open = groups.iter().flat_map(|group| &group.kids).find(opens_row);
        let is_filter = |button: &Button| button.func.ends_with(".filter");
        let (filters, mut links): (Vec<_>, Vec<_>) = of(true).flatten().partition(is_filter);
        links.iter_mut().skip(1).for_each(|button: &mut Button| button.primary = false);
        Self { links, filters, groups: of(false).collect(), open: open.and_then(|btn| btn.get_attr("func")) }
    }

    /// The button of that name, if a question comes before it.
    pub fn asking(&self, name: &str) -> Option<&Button<'a>> {
        self.groups.iter().flatten().find(|button| button.name == name && button.confirm.is_some())
    }
}

fn kind(button: &Node) -> &str {
    button.get_attr("type").unwrap_or_default()
}

fn is_free(button: &Node) -> bool {
    matches!(kind(button), "new" | "filter" | "refresh")
}

/// Which types only open something (protocol.md §6.2). All others are posted: an unknown type may
/// change the state, and a GET may not. So do two verbs of the naming law, whatever their type.
fn only_opens(button: &Node) -> bool {
    const DEEDS: [&str; 2] = ["su", "setfilter"];
    let verb = button.get_attr("func").and_then(|func| func.rsplit('.').next()).unwrap_or_default();
    const OPENING: [&str; 8] =
        ["edit", "editlist", "list", "form", "groupform", "window", "groupwindow", "groupdownload"];
    OPENING.contains(&kind(button)) && !DEEDS.contains(&verb)
}

pub fn button<'a>(sheet: &Sheet<'a>, node: &'a Node, parent: &Params<'a>) -> Option<Button<'a>> {
    let name = node.get_attr("name")?;
    let func = node.get_attr("func").filter(|func| !func.is_empty())?;
    let word = |prefix: &str| sheet.word(&format!("{prefix}{name}"));
    Some(Button {
        name,
        func,
        label: word("short_").unwrap_or_else(|| sheet.label(name)),
        hint: word("hint_"),
        href: is_free(node).then(|| href(func, parent)),
        primary: kind(node) == "new",
        get: only_opens(node),
        needs: if kind(node).starts_with("group") { "some" } else { "one" },
        is_danger: name == "delete",
        confirm: word("msg_confirm_"),
    })
}
