//! One record: its figures, what may be done with it, a list of what belongs to it, its time-line.

use serde::Serialize;

use super::list::Rows;
use super::list::part::{self, Table};
use super::sheet::{Params, Sheet, href};
use super::titles;
use super::toolbar::{self, Button};
use crate::doc::Node;

/// The name of the button that was pressed and comes after a question.
const SURE: &str = "sure";

#[derive(Serialize)]
pub struct Card<'a> {
    elid: &'a str,
    back: String,
    state: Option<State<'a>>,
    figures: Vec<Figure<'a>>,
    /// Buttons that open something, and those that do something.
    links: Vec<Link<'a>>,
    deeds: Vec<Deed<'a>>,
    sure: Option<Sure<'a>>,
    tabs: Vec<Tab<'a>>,
    part: Option<Part>,
    /// The open tab's list, where it has more rows than are shown.
    all: Option<All>,
    events: Option<Vec<Event<'a>>>,
}

#[derive(Serialize)]
struct State<'a> {
    text: &'a str,
    color: Option<&'a str>,
}

#[derive(Serialize)]
struct Figure<'a> {
    label: &'a str,
    text: &'a str,
    color: Option<&'a str>,
    href: Option<String>,
    is_money: bool,
}

#[derive(Serialize)]
struct Link<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    href: String,
    primary: bool,
}

#[derive(Serialize)]
struct Deed<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    func: &'a str,
    is_danger: bool,
    /// The way to the question, where one comes before it.
    ask: Option<String>,
}

#[derive(Serialize)]
struct Sure<'a> {
    question: String,
    label: &'a str,
    func: &'a str,
    is_danger: bool,
    /// The card as it was.
    back: String,
    place: String,
}

#[derive(Serialize)]
struct Tab<'a> {
    label: &'a str,
    href: String,
    current: bool,
}

/// Rows of the open tab.
#[derive(Serialize)]
struct Part {
    table: Table,
    /// The stylesheet with its titles, for narrow windows.
    titles: String,
    count: usize,
}

impl Part {
    fn new(page: &Sheet, node: &Node) -> Self {
        let (sheet, rows) = (Sheet::part(node, page), Rows::of(node));
        let table = part::table(&sheet, &rows);
        let titles = titles::path([table.titles()].into_iter());
        Self { titles, table, count: rows.count() }
    }
}

#[derive(Serialize)]
struct All {
    href: String,
    words: String,
}

#[derive(Serialize)]
struct Event<'a> {
    time: &'a str,
    label: &'a str,
    text: &'a str,
    user: &'a str,
    href: Option<String>,
}

impl<'a> Card<'a> {
    pub fn is_one(sheet: &Sheet<'a>) -> bool {
        sheet.metadata().and_then(|metadata| metadata.get_attr("type")) == Some("card")
    }

    pub fn new(sheet: &Sheet<'a>) -> Self {
        let buttons: Vec<Button> = kids(sheet, "toolbar").filter_map(|btn| button(sheet, btn)).collect();
        let rows = sheet.doc.get("rows");
        let elid = sheet.doc.get_text("id").unwrap_or_default();
        let is_get = |button: &&Button| button.get;
        Self {
            elid,
            back: sheet.parent(),
            state: sheet
                .doc
                .get("status")
                .map(|node| State { text: text(node), color: node.get_attr("color") }),
            figures: kids(sheet, "figures").filter_map(|node| figure(sheet, node)).collect(),
            links: buttons
                .iter()
                .filter(is_get)
                .enumerate()
                .map(|(at, it)| link(it, elid, at == 0))
                .collect(),
            deeds: buttons.iter().filter(|it| !it.get).map(|it| deed(sheet, it)).collect(),
            sure: sure(sheet, &buttons),
            tabs: kids(sheet, "tabs").map(|node| tab(sheet, node)).collect(),
            part: rows.filter(|rows| rows.get("metadata").is_some()).map(|rows| Part::new(sheet, rows)),
            all: rows.and_then(|rows| all(sheet, rows)),
            events: sheet.doc.get("timeline").map(|line| line.kids.iter().map(event).collect()),
        }
    }
}

fn kids<'a>(sheet: &Sheet<'a>, name: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
    let doc = sheet.doc;
    doc.get(name).map(|node| node.kids.as_slice()).unwrap_or_default().iter()
}

fn text(node: &Node) -> &str {
    node.text.as_deref().unwrap_or_default()
}

fn button<'a>(sheet: &Sheet<'a>, node: &'a Node) -> Option<Button<'a>> {
    toolbar::button(sheet, node, &Params::new())
}

/// A figure that people are shown, if it says anything; name and state stand in the heading.
fn figure<'a>(sheet: &Sheet<'a>, node: &'a Node) -> Option<Figure<'a>> {
    let metadata = sheet.metadata()?;
    let is_headed = ["keyname", "status"].iter().any(|attr| metadata.get_attr(attr) == Some(&node.name));
    let mut cols = metadata.get("coldata")?.kids.iter();
    let col = cols.find(|col| col.get_attr("name") == Some(&node.name))?;
    let kind = col.get_attr("kind").unwrap_or_default();
    let text = match (kind, text(node)) {
        ("flag", "on") => sheet.label("flag_on"),
        ("flag", _) => sheet.label("flag_off"),
        (_, text) => text,
    };
    if is_headed || col.get_attr("hidden") == Some("yes") || text.is_empty() {
        return None;
    }
    let card = node.get_attr("card").zip(node.get_attr("elid"));
    Some(Figure {
        label: sheet.label(&node.name),
        text,
        color: node.get_attr("color"),
        href: card.map(|(card, id)| href(card, &[("elid", id)])),
        is_money: kind == "money",
    })
}

fn link<'a>(button: &Button<'a>, elid: &str, primary: bool) -> Link<'a> {
    let href = href(button.func, &[("elid", elid)]);
    Link { label: button.label, hint: button.hint, href, primary }
}

fn deed<'a>(sheet: &Sheet<'a>, button: &Button<'a>) -> Deed<'a> {
    let ask = || here(sheet, &[(SURE, button.name)]);
    Deed {
        label: button.label,
        hint: button.hint,
        func: button.func,
        is_danger: button.is_danger,
        ask: button.confirm.map(|_| ask()),
    }
}

/// This card on its tab.
fn here(sheet: &Sheet, more: &[(&str, &str)]) -> String {
    let kept = sheet.params().filter(|(name, _)| matches!(*name, "elid" | "tab"));
    href(sheet.func, &kept.chain(more.iter().copied()).collect::<Params>())
}

fn sure<'a>(sheet: &Sheet<'a>, buttons: &[Button<'a>]) -> Option<Sure<'a>> {
    let name = sheet.param(SURE)?;
    let button = buttons.iter().find(|button| button.name == name && button.confirm.is_some())?;
    let record = sheet.doc.get_text("name").unwrap_or_default();
    let back = here(sheet, &[]);
    Some(Sure {
        question: sheet.fill("card_sure", &[("action", button.label), ("name", record)]),
        label: button.label,
        func: button.func,
        is_danger: button.is_danger,
        place: back.trim_start_matches('?').to_owned(),
        back,
    })
}

fn tab<'a>(sheet: &Sheet<'a>, node: &'a Node) -> Tab<'a> {
    let name = node.get_text("name").unwrap_or_default();
    let elid = sheet.doc.get_text("id").unwrap_or_default();
    Tab {
        label: node.get_text("label").unwrap_or(name),
        href: href(sheet.func, &[("elid", elid), ("tab", name)]),
        current: node.get_attr("current").is_some(),
    }
}

/// The way to all rows of the open tab.
fn all(sheet: &Sheet, rows: &Node) -> Option<All> {
    let open = kids(sheet, "tabs").find(|tab| tab.get_attr("current").is_some())?;
    let total = rows.get_attr("total").unwrap_or_default();
    let href = format!("?{}", open.get_text("query")?);
    Some(All { href, words: sheet.fill("card_all", &[("total", total)]) })
}

fn event(node: &Node) -> Event<'_> {
    let part = |name: &str| node.get_text(name).unwrap_or_default();
    Event {
        time: part("time"),
        label: part("label"),
        text: part("text"),
        user: part("user"),
        href: node.get_text("query").map(|query| format!("?{query}")),
    }
}
