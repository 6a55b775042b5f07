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
    /// Those of them that would take a second line.
    more: Vec<Button<'a>>,
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
        let (groups, more) = fitting(of(false).collect());
        Self { links, filters, groups, more, open: open.and_then(|btn| btn.get_attr("func")) }
    }

    /// The button of that name, if a question comes before it.
    pub fn asking(&self, name: &str) -> Option<&Button<'a>> {
        self.groups
            .iter()
            .flatten()
            .chain(&self.more)
            .find(|button| button.name == name && button.confirm.is_some())
    }
}

/// Letters in a line of buttons beside the menu of a usual window, and what the edges of a button and
/// the room between groups take.
const LINE: usize = 100;
const EDGES: usize = 3;

/// The buttons that fit into a line, and the others. A single one would be hidden in vain.
fn fitting<'a>(groups: Vec<Vec<Button<'a>>>) -> (Vec<Vec<Button<'a>>>, Vec<Button<'a>>) {
    let mut used = 0;
    let mut fits = |button: &Button| {
        used += button.label.chars().count() + EDGES;
        used <= LINE
    };
    let fitting: usize = groups.iter().flatten().map_while(|button| fits(button).then_some(())).count();
    let all: usize = groups.iter().map(Vec::len).sum();
    if all - fitting <= 1 {
        return (groups, Vec::new());
    }
    let mut left = fitting;
    let mut more = Vec::new();
    let cut = |mut group: Vec<Button<'a>>| {
        more.extend(group.split_off(left.min(group.len())));
        left -= group.len();
        group
    };
    let shown = groups.into_iter().map(cut).filter(|group| !group.is_empty()).collect();
    (shown, more)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn button(label: &str) -> Button<'_> {
        let (name, func, needs) = (label, label, "some");
        let (hint, href, confirm) = (None, None, None);
        Button { name, func, label, hint, href, primary: false, get: false, needs, is_danger: false, confirm }
    }

    fn names<'a>(buttons: &[Button<'a>]) -> Vec<&'a str> {
        buttons.iter().map(|button| button.name).collect()
    }

    #[test]
    fn what_takes_a_second_line_is_apart() {
        let long = "x".repeat(LINE - 10);
        let groups =
            || vec![vec![button(&long), button("a")], vec![button("b"), button("c")], vec![button("d")]];
        let (shown, more) = fitting(groups());
        assert_eq!(shown.iter().map(|group| names(group)).collect::<Vec<_>>(), [vec![&*long, "a"]]);
        assert_eq!(names(&more), ["b", "c", "d"]);
        let few = vec![vec![button(&long), button("a")], vec![button("bcdef")]];
        let (shown, more) = fitting(few);
        assert!(shown.len() == 2 && more.is_empty(), "one alone would be hidden in vain");
    }
}
