//! What surrounds a page: heading, menu, user, languages.

use serde::Serialize;

use super::sheet::{Params, Sheet, href};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Frame<'a> {
    lang: &'a str,
    title: &'a str,
    /// Which record the page is about.
    about: Option<&'a str>,
    help: Option<&'a str>,
    user: Option<&'a str>,
    /// The button back to the user one came from.
    return_to: Option<String>,
    menu: Vec<Entry<'a>>,
    languages: Vec<Language<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    label: &'a str,
    href: Option<String>,
    current: bool,
    open: bool,
    kids: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Language<'a> {
    code: &'a str,
    label: &'a str,
    href: String,
    current: bool,
}

impl<'a> Frame<'a> {
    pub fn new(sheet: &Sheet<'a>, template: &str) -> Self {
        let lang = sheet.lang();
        let about = || ["plname", "elname"].iter().find_map(|name| sheet.value(name));
        Self {
            lang,
            title: title(sheet, template),
            about: about().filter(|_| template != "error"),
            help: sheet.word("help").filter(|_| matches!(template, "list" | "form" | "object")),
            user: user(sheet),
            return_to: return_to(sheet),
            menu: menu(sheet),
            languages: languages(sheet, lang),
        }
    }
}

fn title<'a>(sheet: &Sheet<'a>, template: &str) -> &'a str {
    match template {
        "login" => sheet.frame_word("sign_in"),
        "error" => sheet.frame_word("error"),
        _ => sheet.word("title").unwrap_or(match sheet.func {
            "" => sheet.frame_word("brand"),
            func => func,
        }),
    }
}

/// Level 0 is nobody (protocol.md §1.7).
fn user<'a>(sheet: &Sheet<'a>) -> Option<&'a str> {
    let user = sheet.frame_user()?;
    let part = |name: &str| user.get_attr(name).or_else(|| user.get_text(name));
    part("name").filter(|name| !name.is_empty() && part("level") != Some("0"))
}

/// Who has entered as another user can go back (protocol.md §1.8).
fn return_to(sheet: &Sheet) -> Option<String> {
    let from = sheet.frame_user()?.get_attr("from").filter(|name| !name.is_empty())?;
    Some(sheet.fill("return_to", &[("name", from)]))
}

fn menu<'a>(sheet: &Sheet<'a>) -> Vec<Entry<'a>> {
    let Some(menu) = sheet.doc.get("menu") else { return Vec::new() };
    let mut here = "";
    closest(menu, sheet.func, &mut here);
    entries(menu, here)
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

fn entries<'a>(node: &'a Node, here: &str) -> Vec<Entry<'a>> {
    node.kids.iter().filter(|kid| kid.name == "node").map(|kid| entry(kid, here)).collect()
}

fn entry<'a>(node: &'a Node, here: &str) -> Entry<'a> {
    let func = node.get_attr("func").filter(|func| !func.is_empty());
    let label = node.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let kids = entries(node, here);
    let current = func.is_some_and(|func| func == here);
    Entry {
        label: label.or(node.get_attr("name")).unwrap_or_default(),
        href: func.map(|func| href(func, &[])),
        current,
        open: current || kids.iter().any(|kid| kid.open),
        kids,
    }
}

/// The messages `panel_lang_<code>` say which languages there are, each in its own words.
fn languages<'a>(sheet: &Sheet<'a>, lang: &str) -> Vec<Language<'a>> {
    let offered = sheet.words().filter_map(|(name, label)| Some((name.strip_prefix("panel_lang_")?, label)));
    let mut languages: Vec<_> = offered
        .map(|(code, label)| Language { code, label, href: same_page(sheet, code), current: code == lang })
        .collect();
    languages.sort_by_key(|language| language.code);
    languages
}

/// The page once more in another language. What may have been an action is never repeated by a
/// link, and what was typed into a form never gets into an address.
fn same_page(sheet: &Sheet, lang: &str) -> String {
    const FORM_PARAMS: [&str; 6] = ["elid", "plid", "elname", "plname", "p_num", "p_col"];
    let kind = sheet.metadata().and_then(|metadata| metadata.get_attr("type")).unwrap_or_default();
    let mut params: Params = match kind {
        "list" => sheet.params().filter(|(name, _)| !matches!(*name, "func" | "lang" | "out")).collect(),
        "form" => sheet.params().filter(|(name, _)| FORM_PARAMS.contains(name)).collect(),
        _ => Vec::new(),
    };
    params.push(("lang", lang));
    match (kind, sheet.func) {
        ("list" | "form" | "report", func) => href(func, &params),
        (_, "logon" | "auth") => href("logon", &params),
        _ => format!("?lang={lang}"),
    }
}
