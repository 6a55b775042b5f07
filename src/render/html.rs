//! Answers for people: pages that need no script. Everything they show comes from the document of
//! `out=devel` with `menu` and `user` beside it; every word of the frame is a message `panel_*`.

mod api;
mod asset;
mod bulk;
mod card;
mod choice;
mod control;
mod desk;
mod form;
mod frame;
mod list;
mod menu;
mod object;
mod paging;
mod plot;
mod sheet;
mod sidebar;
#[cfg(test)]
mod tests;
pub mod titles;
mod toolbar;

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body};
use crate::render::Render;
use bulk::Bulk;
use card::Card;
use desk::Desk;
use form::Form;
use frame::Frame;
use list::ask::Ask;
use list::{List, Rows};
use menu::Found;
use object::Object;
use sheet::{Sheet, home};

pub const MIME: &str = "text/html; charset=UTF-8";

/// Nothing inline, no foreign host, no frame around the panel (decisions.md, front end).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub use asset::{asset, style};
pub use bulk::BULK;

/// Where a browser goes instead of being shown this answer: what `ok` names, else the list that
/// the function belongs to. `None` for whatever is itself worth a page, and for foreign hosts:
/// `form-action` would stop a redirect there, so the page has a link.
pub fn location(answer: &Answer) -> Option<String> {
    let sheet = Sheet::new(answer);
    let done = answer.body == Body::Ok || answer.doc.get("auth").is_some();
    let quiet = done && answer.doc.get("error").is_none() && !sheet.has_news();
    quiet.then(|| sheet.next()).filter(|next| next.starts_with(['?', '/']))
}

pub fn start() -> Box<dyn Render> {
    Box::new(Html::default())
}

#[derive(Default)]
struct Html {
    rows: Rows,
}

impl Render for Html {
    fn list(&mut self, columns: &[Column], _key: &str) {
        self.rows.name(columns);
    }

    fn row(&mut self, _columns: &[Column], cells: &[Cell]) {
        self.rows.push(cells);
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let sheet = Sheet::new(answer);
        match shape(answer, &sheet) {
            Shape::Login => page("login", &sheet, Login::new(&sheet)),
            Shape::List => page("list", &sheet, List::new(&sheet, &self.rows)),
            Shape::Ask => page("ask", &sheet, Ask::new(&sheet, &self.rows)),
            Shape::Card => page("card", &sheet, Card::new(&sheet)),
            Shape::Menu => page("find", &sheet, Found::new(&sheet)),
            Shape::Form => page("form", &sheet, Form::new(&sheet)),
            Shape::Error => page("error", &sheet, Failure::new(&sheet)),
            Shape::Bulk => page("bulk", &sheet, Bulk::new(&sheet)),
            Shape::Done => page("message", &sheet, Object::new(&sheet)),
            Shape::Desk => page("desk", &sheet, Desk::new(&sheet)),
            Shape::Object => page("object", &sheet, Object::new(&sheet)),
        }
    }
}

enum Shape {
    Login,
    List,
    /// A list whose chosen rows are to be changed for good.
    Ask,
    /// One record with what belongs to it.
    Card,
    /// What a word is found in.
    Menu,
    Form,
    Error,
    Bulk,
    Done,
    /// Lists that are parts of a document.
    Desk,
    Object,
}

/// An error is shown where it can be mended: on the sign-in page or in the form it came from.
fn shape(answer: &Answer, sheet: &Sheet) -> Shape {
    let error = answer.doc.get("error");
    let refused = error.is_some_and(|error| error.get_attr("type") == Some("auth"));
    let signing_in = sheet.func == "logon" || (sheet.func == "auth" && error.is_some());
    let form = sheet.metadata().and_then(|metadata| metadata.get("form")).is_some();
    match answer.body {
        _ if signing_in || (refused && !form) => Shape::Login,
        Body::Form | Body::Error if form => Shape::Form,
        _ if error.is_some() => Shape::Error,
        _ if answer.doc.get(BULK).is_some() => Shape::Bulk,
        Body::List if Ask::is_asked(sheet) => Shape::Ask,
        Body::List => Shape::List,
        Body::Object if Card::is_one(sheet) => Shape::Card,
        Body::Object if sheet.func == "menu" || Found::is_asked(sheet) => Shape::Menu,
        Body::Object if answer.doc.get("part").is_some() => Shape::Desk,
        Body::Ok => Shape::Done,
        _ if answer.doc.get("auth").is_some() => Shape::Done,
        _ => Shape::Object,
    }
}

#[derive(Serialize)]
struct Login<'a> {
    username: &'a str,
    error: Option<&'a str>,
    /// What has just been done, and what comes next.
    told: Option<&'a str>,
    /// May visitors register?
    registers: bool,
    /// The call that wanted an identity, to go on with.
    goes_on: Option<&'a str>,
}

impl<'a> Login<'a> {
    fn new(sheet: &Sheet<'a>) -> Self {
        Self {
            username: sheet.value("username").unwrap_or_default(),
            error: sheet.error_words(),
            told: sheet.param("told").and_then(|told| sheet.word(&format!("told_{told}"))),
            registers: sheet.frame("registers").is_some(),
            goes_on: sheet.doc.get_text(GOES_ON).filter(|text| !text.is_empty()),
        }
    }
}

#[derive(Serialize)]
struct Failure<'a> {
    message: Option<&'a str>,
    kind: &'a str,
    object: &'a str,
    back: String,
}

impl<'a> Failure<'a> {
    fn new(sheet: &Sheet<'a>) -> Self {
        let attr = |name| sheet.doc.get("error").and_then(|error| error.get_attr(name)).unwrap_or_default();
        let closed = attr("type") == "access" || attr("object") == "func";
        Self {
            message: sheet.error_words(),
            kind: attr("type"),
            object: attr("object"),
            // Above what is no function, or none for this reader, there may be no list for him either.
            back: if closed && !sidebar::leads_above(sheet) { home() } else { sheet.parent() },
        }
    }
}

/// Carries a call through the sign-in page.
pub const GOES_ON: &str = "goes_on";
/// What the server adds to a document for its frame: theme, balance, the way back.
pub const FRAME: &str = "panel_frame";
/// A language of the panel in its frame: what it calls itself, and its code.
pub const LANG: &str = "lang";
/// The name of a form that is sent once (`http/once.rs`).
pub const ONCE: &str = "form_once";
/// The newest entry of a record's history when its form was opened (`http/stale.rs`).
pub const SEEN: &str = "form_seen";

#[derive(Serialize)]
struct Page<'a, B> {
    frame: Frame<'a>,
    w: Value,
    body: B,
}

fn page<B: Serialize>(template: &str, sheet: &Sheet, body: B) -> String {
    let page = Page { frame: Frame::new(sheet, template), w: Value::from_object(sheet.frame_words()), body };
    let rendered = templates().get_template(template).and_then(|it| it.render(Serde(&page)));
    rendered.expect("a panel template fits its context")
}

const TEMPLATES: [(&str, &str); 16] = [
    ("api", include_str!("../panel/api.html.j2")),
    ("ask", include_str!("../panel/ask.html.j2")),
    ("base", include_str!("../panel/base.html.j2")),
    ("bulk", include_str!("../panel/bulk.html.j2")),
    ("card", include_str!("../panel/card.html.j2")),
    ("control", include_str!("../panel/control.html.j2")),
    ("desk", include_str!("../panel/desk.html.j2")),
    ("error", include_str!("../panel/error.html.j2")),
    ("find", include_str!("../panel/find.html.j2")),
    ("form", include_str!("../panel/form.html.j2")),
    ("list", include_str!("../panel/list.html.j2")),
    ("login", include_str!("../panel/login.html.j2")),
    ("message", include_str!("../panel/message.html.j2")),
    ("object", include_str!("../panel/object.html.j2")),
    ("plots", include_str!("../panel/plots.html.j2")),
    ("tree", include_str!("../panel/tree.html.j2")),
];

fn templates() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).expect("a panel template compiles");
        }
        environment
    })
}
