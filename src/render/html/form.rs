//! A form: its values as they are stored or as they were sent, and an error where it belongs.

use form_urlencoded::Serializer;
use serde::Serialize;

use super::api::Api;
use super::choice::{self, Choices};
use super::control::{Control, Tag};
use super::object::Table;
use super::sheet::{PAGE_PARAMS, Params, Sheet};
use super::{GOES_ON, ONCE, SEEN};
use crate::doc::Node;

#[derive(Serialize)]
pub struct Form<'a> {
    func: &'a str,
    /// Where it is posted to, with what unticked boxes stand for.
    action: String,
    upload: bool,
    error: Option<Problem<'a>>,
    hidden: Params<'a>,
    /// Of a wizard.
    steps: Vec<Step<'a>>,
    pages: Vec<Sheaf<'a>>,
    /// Its pages that have a heading: id and heading.
    sections: Vec<(String, &'a str)>,
    buttons: Vec<Button<'a>>,
    cancel: Option<String>,
    /// All fields of a filter, for the button that empties it.
    is_filter: bool,
    /// What is chosen decides about fields: a change asks the server for the form anew.
    is_alive: bool,
    api: Api,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: &'a str,
    /// The id of the control at fault, and its label.
    at: Option<String>,
    label: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    label: &'a str,
    done: bool,
    current: bool,
}

/// A page of the metadata: fields under a heading.
#[derive(Serialize)]
struct Sheaf<'a> {
    label: Option<&'a str>,
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    /// The ids of hint and error.
    described: String,
    controls: Vec<Control<'a>>,
    table: Option<Table<'a>>,
    choices: Option<Choices<'a>>,
    /// A row is to be chosen, and there is none.
    lacks_rows: bool,
}

#[derive(Serialize)]
struct Button<'a> {
    label: &'a str,
    name: &'static str,
    value: &'a str,
    action: Option<String>,
    novalidate: bool,
}

impl Field<'_> {
    fn has_rows(&self) -> bool {
        self.table.is_some() || self.choices.is_some() || self.lacks_rows
    }
}

impl<'a> Form<'a> {
    pub fn new(sheet: &Sheet<'a>) -> Self {
        let form = sheet.metadata().and_then(|metadata| metadata.get("form"));
        let faulty = sheet.doc.get("error").and_then(|error| error.get_attr("object"));
        let mut pages = pages(sheet, form, faulty);
        let hidden = hidden(sheet, &mut pages);
        let upload = controls(&pages).any(|control| control.tag == Tag::File);
        let action = action(&pages, sheet.func, upload);
        let barred = |name: &str| form.is_some_and(|form| form.get_attr(name) == Some("yes"));
        Self {
            func: sheet.func,
            upload,
            error: problem(sheet, &pages),
            hidden,
            buttons: if barred("nosubmit") { Vec::new() } else { buttons(sheet, form, &action) },
            steps: steps(sheet),
            sections: sections(&pages),
            pages,
            cancel: (!barred("nocancel"))
                .then(|| sheet.frame("cancel").map_or_else(|| sheet.parent(), str::to_owned)),
            is_filter: sheet.is_filter(),
            is_alive: barred("alive"),
            api: Api::new(sheet, &record(sheet)),
            action,
        }
    }
}

/// The last one that is open is the one to fill in.
fn steps<'a>(sheet: &Sheet<'a>) -> Vec<Step<'a>> {
    let nodes = sheet.doc.get("steps").map(|steps| steps.kids.as_slice()).unwrap_or_default();
    let is_open = |node: &&Node| node.get_attr("unavailable").is_none();
    let here = nodes.iter().rfind(is_open).and_then(|node| node.get_attr("name"));
    let step = |node: &'a Node| Step {
        label: node.text.as_deref().unwrap_or_default(),
        done: is_open(&node) && node.get_attr("name") != here,
        current: node.get_attr("name") == here,
    };
    let shown: Vec<_> = nodes.iter().filter(|node| node.get_attr("hidden").is_none()).map(step).collect();
    if shown.len() > 1 { shown } else { Vec::new() }
}

fn sections<'a>(pages: &[Sheaf<'a>]) -> Vec<(String, &'a str)> {
    let numbered = (1..).zip(pages);
    numbered.filter_map(|(number, page)| Some((format!("s_{number}"), page.label?))).collect()
}

fn controls<'p, 'a>(pages: &'p [Sheaf<'a>]) -> impl Iterator<Item = &'p Control<'a>> {
    pages.iter().flat_map(|page| &page.fields).flat_map(|field| &field.controls)
}

fn named<'a>(node: &'a Node, name: &'static str) -> impl Iterator<Item = &'a Node> {
    node.kids.iter().filter(move |kid| kid.name == name)
}

/// Fields may also stand outside of any page.
fn pages<'a>(sheet: &Sheet<'a>, form: Option<&'a Node>, faulty: Option<&str>) -> Vec<Sheaf<'a>> {
    let Some(form) = form else { return Vec::new() };
    let sheaf = |node: &'a Node, label| Sheaf {
        label,
        fields: named(node, "field").map(|node| field(sheet, node, faulty)).collect(),
    };
    let several = named(form, "page").count() > 1;
    let label = |page: &'a Node| page.get_attr("name").filter(|_| several).map(|name| sheet.label(name));
    let loose = [sheaf(form, None)].into_iter();
    loose.chain(named(form, "page").map(|page| sheaf(page, label(page)))).collect()
}

fn field<'a>(sheet: &Sheet<'a>, node: &'a Node, faulty: Option<&str>) -> Field<'a> {
    let name = node.get_attr("name").unwrap_or_default();
    let lists = |node: &&Node| node.name == "list";
    let parts = node.kids.iter().filter(|kid| !lists(kid) && !matches!(kid.name.as_ref(), "if" | "else"));
    let mut controls: Vec<_> = parts.map(|part| Control::new(sheet, name, part)).collect();
    let list = node.kids.iter().find(lists);
    let is_required = controls.iter().any(|control| control.required);
    let choices = list.and_then(|list| Choices::new(sheet, name, list, is_required));
    let at_fault =
        faulty.is_some_and(|faulty| faulty == name || controls.iter().any(|control| control.name == faulty));
    let hint = sheet.word(&format!("hint_{name}"));
    let error = sheet.error_words().filter(|_| at_fault);
    let ids = [hint.map(|_| format!("h_{name}")), error.map(|_| format!("e_{name}"))];
    let described: Vec<_> = ids.into_iter().flatten().collect();
    let table = list.filter(|_| choices.is_none()).and_then(|list| choice::table(sheet, name, list));
    // Rows to choose from stand in place of the control; where there are none, it has nothing to say.
    let chooses = list.is_some_and(|list| list.get_attr("key").is_some());
    if chooses {
        controls.clear();
    }
    let lacks_rows = chooses && choices.is_none();
    let (label, described) = (sheet.label(name), described.join(" "));
    Field { name, label, hint, error, described, controls, table, choices, lacks_rows }
}

/// Which record the form is about.
fn record<'a>(sheet: &Sheet<'a>) -> Params<'a> {
    ["elid", "plid"].into_iter().filter_map(|name| sheet.value(name).map(|value| (name, value))).collect()
}

/// Hidden controls leave their pages; the record and the place in its list go along.
fn hidden<'a>(sheet: &Sheet<'a>, pages: &mut Vec<Sheaf<'a>>) -> Params<'a> {
    let names: Vec<&str> = controls(pages).map(|control| control.name).collect();
    let mut hidden: Params = record(sheet)
        .into_iter()
        .filter(|(name, _)| !names.contains(name))
        .chain([ONCE, SEEN, GOES_ON].into_iter().filter_map(|name| Some((name, sheet.frame(name)?))))
        .chain(sheet.back().map(|back| ("p_back", back)))
        .chain(sheet.params().filter(|(name, _)| PAGE_PARAMS.contains(name)))
        .collect();
    let concealed = controls(pages).filter(|control| control.tag == Tag::Hidden);
    hidden.extend(concealed.map(|control| (control.name, sheet.value(control.name).unwrap_or_default())));
    for page in pages.iter_mut() {
        page.fields
            .retain(|field| !field.controls.iter().all(|it| it.tag == Tag::Hidden) || field.has_rows());
        page.fields.iter_mut().for_each(|field| field.controls.retain(|it| it.tag != Tag::Hidden));
    }
    pages.retain(|page| !page.fields.is_empty());
    hidden
}

/// A browser sends nothing for a box without a tick. The address says what that means, and the
/// body wins over the address (decisions.md, errors). With a file the address names the function too:
/// by it the server knows how long the body may be.
fn action(pages: &[Sheaf], func: &str, upload: bool) -> String {
    let silent = controls(pages).filter_map(Control::silence);
    let mut query = Serializer::for_suffix(String::from("?"), 1);
    if upload {
        query.append_pair("func", func);
    }
    query.extend_pairs(silent).finish()
}

fn problem<'a>(sheet: &Sheet<'a>, pages: &[Sheaf<'a>]) -> Option<Problem<'a>> {
    let message = sheet.error_words()?;
    let field = pages.iter().flat_map(|page| &page.fields).find(|field| field.error.is_some());
    let control = field.and_then(|field| field.controls.first());
    Some(Problem {
        message,
        at: control.map(|control| format!("f_{}", control.name)),
        label: field.map(|field| field.label).unwrap_or_default(),
    })
}

fn buttons<'a>(sheet: &Sheet<'a>, form: Option<&'a Node>, action: &str) -> Vec<Button<'a>> {
    let declared = form.and_then(|form| form.get("buttons")).map(|buttons| buttons.kids.as_slice());
    let mut buttons: Vec<_> =
        declared.unwrap_or_default().iter().filter_map(|node| button(sheet, node, action)).collect();
    // The first one answers the Enter key: it must not lead back.
    buttons.sort_by_key(|button| button.name == "sback");
    if !buttons.is_empty() {
        return buttons;
    }
    vec![submit(sheet)]
}

fn submit<'a>(sheet: &Sheet<'a>) -> Button<'a> {
    let plain = sheet.frame_word(if sheet.is_filter() { "apply" } else { "save" });
    let label = sheet.word("msg_ok").unwrap_or(plain);
    Button { label, name: "sok", value: "ok", action: None, novalidate: false }
}

/// `sok` is on the buttons, not hidden in the form: `sv_field` must come without it
/// (protocol.md §2). Which button it was goes into the address.
fn button<'a>(sheet: &Sheet<'a>, node: &'a Node, action: &str) -> Option<Button<'a>> {
    let name = node.get_attr("name")?;
    let word = sheet.word(&format!("msg_{name}")).or_else(|| sheet.word(name));
    let label = word.unwrap_or_else(|| match name {
        "next" => sheet.frame_word("next"),
        "back" => sheet.frame_word("back"),
        _ => name,
    });
    let plain = |name, value| Some(Button { label, name, value, action: None, novalidate: true });
    match node.get_attr("type").unwrap_or("ok") {
        "cancel" | "reset" | "func" => None,
        "back" => plain("sback", "ok"),
        "setvalues" => plain("sv_field", name),
        "ok" if name == "ok" => Some(submit(sheet)),
        _ => {
            let mut query = Serializer::for_suffix(action.to_owned(), 1);
            let action = Some(query.append_pair("clicked_button", name).finish());
            Some(Button { label, name: "sok", value: "ok", action, novalidate: false })
        }
    }
}
