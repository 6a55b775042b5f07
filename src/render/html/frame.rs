//! What surrounds a page: heading, menu, user, languages.

use serde::Serialize;

use super::sheet::{Params, Sheet, href};
use super::{FRAME, LANG, asset, sidebar};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Frame<'a> {
    lang: &'a str,
    title: &'a str,
    /// Which record the page is about.
    about: Option<&'a str>,
    help: Option<&'a str>,
    user: Option<&'a str>,
    /// The user's own settings, where they are in his menu.
    settings: Option<String>,
    balance: Option<&'a str>,
    /// Of the user one came from, while one acts as another.
    acting: Option<Acting>,
    /// The word for a system that is not real, and why.
    mark: Option<Mark<'a>>,
    files: asset::Paths,
    theme: &'a str,
    themes: Vec<Theme<'a>>,
    /// As HTML.
    menu: Option<String>,
    languages: Vec<Language<'a>>,
}

#[derive(Serialize)]
struct Acting {
    told: String,
    /// The words of the button back.
    back: String,
}

#[derive(Serialize)]
struct Mark<'a> {
    word: &'a str,
    hint: &'a str,
}

#[derive(Serialize)]
struct Theme<'a> {
    label: &'a str,
    href: String,
    current: bool,
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
            about: match template {
                "card" => sheet.word("title"),
                "error" => None,
                _ => about(),
            },
            help: sheet.word("help").filter(|_| matches!(template, "list" | "form" | "object")),
            user: user(sheet),
            settings: user(sheet).filter(|_| sheet.doc.get("menu").is_some()).map(|_| href("usrparam", &[])),
            balance: sheet.frame("balance"),
            acting: acting(sheet),
            mark: mark(sheet),
            menu: sidebar::html(sheet),
            languages: languages(sheet, lang),
            files: asset::paths(),
            theme: sheet.frame("theme").unwrap_or(SYSTEM),
            themes: themes(sheet),
        }
    }
}

fn title<'a>(sheet: &Sheet<'a>, template: &str) -> &'a str {
    match template {
        "login" => sheet.frame_word("sign_in"),
        "error" => sheet.frame_word("error"),
        "find" => sheet.frame_word("find"),
        "card" => sheet.doc.get_text("name").unwrap_or_default(),
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
fn acting(sheet: &Sheet) -> Option<Acting> {
    let from = sheet.frame_user()?.get_attr("from").filter(|name| !name.is_empty())?;
    let name = user(sheet).unwrap_or_default();
    Some(Acting {
        told: sheet.fill("acting", &[("name", name)]),
        back: sheet.fill("return_to", &[("name", from)]),
    })
}

fn mark<'a>(sheet: &Sheet<'a>) -> Option<Mark<'a>> {
    let (word, hint) = match sheet.frame("mark")? {
        "demo" => ("demo", "hint_demo"),
        _ => ("test", "hint_test"),
    };
    Some(Mark { word: sheet.frame_word(word), hint: sheet.frame_word(hint) })
}

const SYSTEM: &str = "system";

/// Each theme with the page once more in it.
fn themes<'a>(sheet: &Sheet<'a>) -> Vec<Theme<'a>> {
    let current = sheet.frame("theme").unwrap_or(SYSTEM);
    let theme = |name: &'static str, word| Theme {
        label: sheet.frame_word(word),
        href: same_page(sheet, ("theme", name)),
        current: name == current,
    };
    vec![theme(SYSTEM, "theme_system"), theme("light", "theme_light"), theme("dark", "theme_dark")]
}

/// Each language in its own words.
fn languages<'a>(sheet: &Sheet<'a>, lang: &str) -> Vec<Language<'a>> {
    let language = |node: &'a Node| {
        let code = node.get_attr("code")?;
        let label = node.text.as_deref().unwrap_or(code);
        Some(Language { code, label, href: same_page(sheet, ("lang", code)), current: code == lang })
    };
    let frame = sheet.doc.get(FRAME).map(|frame| frame.kids.iter().filter(|kid| kid.name == LANG));
    frame.into_iter().flatten().filter_map(language).collect()
}

/// The page once more in another language or theme. What may have been an action is never repeated by a
/// link, and what was typed into a form never gets into an address.
fn same_page<'a>(sheet: &Sheet<'a>, switch: (&'a str, &'a str)) -> String {
    const FORM_PARAMS: [&str; 6] = ["elid", "plid", "elname", "plname", "p_num", "p_col"];
    let kind = sheet.metadata().and_then(|metadata| metadata.get_attr("type")).unwrap_or_default();
    let mut params: Params = match kind {
        "list" | "card" => sheet
            .params()
            .filter(|(name, _)| {
                !matches!(*name, "func" | "lang" | "theme" | "out" | "ask" | "asked" | "sure")
            })
            .collect(),
        "form" => sheet.params().filter(|(name, _)| FORM_PARAMS.contains(name)).collect(),
        _ => Vec::new(),
    };
    params.push(switch);
    match (kind, sheet.func) {
        ("list" | "form" | "report" | "card", func) => href(func, &params),
        (_, "logon" | "auth") => href("logon", &params),
        _ => format!("?{}={}", switch.0, switch.1),
    }
}
