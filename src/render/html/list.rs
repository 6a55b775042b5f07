//! A list: its rows are collected first, because the metadata that lays them out comes with the
//! whole document.

pub mod ask;
mod chosen;
mod conditions;
pub mod drawn;
pub mod part;
mod table;
mod tools;

use serde::Serialize;

use super::paging::Paging;
use super::sheet::{PAGE_PARAMS, Params, Sheet, href};
use super::titles;
use super::toolbar::Toolbar;
use crate::cell::{Cell, Column};
use crate::doc::Node;
use chosen::Choice;
use conditions::Filter;
use table::Layout;
use tools::Tools;

#[derive(Default)]
pub struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// A cell after its borrowed parts are gone.
struct Value {
    text: String,
    /// What a machine calls it: the code of words, else the text itself.
    code: Option<String>,
    color: String,
    kind: Kind,
}

enum Kind {
    Words,
    Number,
    Day,
    Flag(bool),
}

impl Rows {
    pub fn name(&mut self, columns: &[Column]) {
        self.columns = columns.iter().map(|column| column.name.clone()).collect();
    }

    pub fn push(&mut self, cells: &[Cell]) {
        self.rows.push(cells.iter().map(Value::new).collect());
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }
}

impl Value {
    fn new(cell: &Cell) -> Self {
        let (code, color) = match cell {
            Cell::Msg { code, color, .. } => (Some(code.to_string()), color.to_string()),
            _ => (None, String::new()),
        };
        let kind = match cell {
            Cell::Flag(on) => Kind::Flag(*on),
            Cell::Int(_) | Cell::Money(..) => Kind::Number,
            Cell::Date(..) | Cell::Time(..) => Kind::Day,
            _ => Kind::Words,
        };
        Self { text: cell.to_string(), code, color, kind }
    }

    /// The class of its cell in the stylesheet.
    fn class(&self) -> &'static str {
        match self.kind {
            Kind::Number => "number",
            Kind::Day => "day",
            Kind::Words | Kind::Flag(_) => "",
        }
    }

    fn key(&self) -> &str {
        self.code.as_deref().unwrap_or(&self.text)
    }

    fn shown<'v>(&'v self, sheet: &Sheet<'v>) -> &'v str {
        match self.kind {
            Kind::Flag(true) => sheet.label("flag_on"),
            Kind::Flag(false) => sheet.label("flag_off"),
            _ => &self.text,
        }
    }
}

#[derive(Serialize)]
pub struct List<'a> {
    func: &'a str,
    /// The record that the rows belong to; buttons send it as `plid`.
    parent: Option<&'a str>,
    back: Option<String>,
    toolbar: Toolbar<'a>,
    /// Where in the list we are, for the way back from a button.
    place: Params<'a>,
    /// This very list, to which a button goes that must be confirmed.
    here: String,
    search: Option<Search<'a>>,
    filter: Filter<'a>,
    choice: Choice<'a>,
    tools: Tools,
    /// Plots of the rows, as HTML, and what they may be of.
    plots: String,
    choices: Vec<part::Choice>,
    heads: Vec<Head<'a>>,
    /// The stylesheet with the titles of the columns, for narrow windows.
    titles: String,
    count: usize,
    /// The rows of the table, as HTML.
    rows: String,
    paging: Paging<'a>,
}

/// A quick filter by the column that names a row.
#[derive(Serialize)]
struct Search<'a> {
    name: &'a str,
    label: &'a str,
    value: &'a str,
    keep: Params<'a>,
}

#[derive(Serialize)]
struct Head<'a> {
    name: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    /// The value of `aria-sort`.
    sorted: Option<&'static str>,
    href: Option<String>,
    class: &'static str,
}

/// A column to show: where its metadata is and where in a row.
struct Shown<'a> {
    name: &'a str,
    col: Option<&'a Node>,
    at: Option<usize>,
}

impl<'a> List<'a> {
    pub fn new(sheet: &Sheet<'a>, rows: &'a Rows) -> Self {
        let links = Links::new(sheet);
        let parent = parent(sheet);
        let parent_param: Params = parent.map(|plid| ("plid", plid)).into_iter().collect();
        let toolbar = Toolbar::new(sheet, &parent_param);
        let all = shown(sheet, rows);
        let choice = Choice::new(sheet, &links, &all);
        let filter = Filter::new(sheet, &links, &all);
        let search = search(sheet, &links, &all);
        let columns: Vec<_> = all.into_iter().filter(|column| choice.has(column.name)).collect();
        let ticks = !toolbar.groups.is_empty();
        let layout = Layout::new(sheet, rows, &columns, toolbar.open, parent_param);
        Self {
            func: sheet.func,
            parent,
            back: parent.and_then(|_| sheet.func.rsplit_once('.')).map(|(above, _)| href(above, &[])),
            place: sheet.params().filter(|(name, _)| PAGE_PARAMS.contains(name)).collect(),
            here: links.with(&[], &["elid", "plid", "ask", "asked"]),
            search,
            filter,
            choice,
            tools: Tools::new(sheet, &links),
            plots: drawn::plots(sheet, rows),
            choices: part::choices(sheet),
            heads: columns.iter().map(|column| head(sheet, &links, column, rows)).collect(),
            titles: titles(sheet, &columns, ticks),
            count: rows.rows.len(),
            rows: layout.html(ticks),
            paging: Paging::new(sheet, &links, rows.rows.len()),
            toolbar,
        }
    }
}

fn titles(sheet: &Sheet, columns: &[Shown], ticks: bool) -> String {
    let labels = columns.iter().map(|column| sheet.label(column.name));
    titles::path([(ROWS, ticks.then_some("").into_iter().chain(labels))].into_iter())
}

fn parent<'a>(sheet: &Sheet<'a>) -> Option<&'a str> {
    sheet.value("plid").or_else(|| sheet.param("elid"))
}

/// The columns of the metadata that are not hidden; without metadata all there are.
fn shown<'a>(sheet: &Sheet<'a>, rows: &'a Rows) -> Vec<Shown<'a>> {
    let coldata = sheet.metadata().and_then(|metadata| metadata.get("coldata"));
    let Some(coldata) = coldata else {
        let all = rows.columns.iter().enumerate();
        return all.map(|(at, name)| Shown { name, col: None, at: Some(at) }).collect();
    };
    let visible =
        coldata.kids.iter().filter(|col| col.name == "col" && col.get_attr("hidden") != Some("yes"));
    let named = visible.filter_map(|col| col.get_attr("name").map(|name| (name, col)));
    named.map(|(name, col)| Shown { name, col: Some(col), at: rows.position(name) }).collect()
}

fn head<'a>(sheet: &Sheet<'a>, links: &Links<'a>, column: &Shown<'a>, rows: &Rows) -> Head<'a> {
    let sort = column.col.and_then(|col| col.get_attr("sort"));
    let descending = sheet.doc.get_text("p_order") == Some("desc");
    let here = sheet.doc.get_text("p_sort") == Some(column.name);
    let sign = if here && !descending { '-' } else { '+' };
    let first = column.at.and_then(|at| rows.rows.first()?.get(at));
    Head {
        name: column.name,
        label: sheet.label(column.name),
        hint: sheet.word(&format!("hint_{}", column.name)),
        sorted: here.then_some(if descending { "descending" } else { "ascending" }),
        href: sort.map(|_| links.with(&[("p_col", &format!("{sign}{}", column.name))], &SORT_PARAMS)),
        class: first.map_or("", Value::class),
    }
}

/// What holds the table of a list (list.html.j2).
const ROWS: &str = "rows";
const SORT_PARAMS: [&str; 4] = ["p_num", "p_col", "p_sort", "p_order"];

fn search<'a>(sheet: &Sheet<'a>, links: &Links<'a>, columns: &[Shown<'a>]) -> Option<Search<'a>> {
    let name = sheet.metadata()?.get_attr("keyname")?;
    columns.iter().find(|column| column.name == name)?;
    let keep = links.kept(&["p_num", "filter", name]);
    let value = sheet.param(name).filter(|_| links.filtered()).unwrap_or_default();
    Some(Search { name, label: sheet.label(name), value, keep })
}

/// Links to the same list: what was asked, less what the link replaces.
pub struct Links<'a> {
    func: &'a str,
    params: Params<'a>,
}

/// Parameters of a list call that are no filter fields.
const OWN_PARAMS: [&str; 11] = [
    "elid",
    "plid",
    "elname",
    "plname",
    "filter",
    "p_num",
    "p_cnt",
    "p_col",
    "p_sort",
    "p_order",
    "p_columns",
];

impl<'a> Links<'a> {
    fn new(sheet: &Sheet<'a>) -> Self {
        const ONCE: [&str; 11] = [
            "func",
            "out",
            "lang",
            "theme",
            "sfrom",
            "operafake",
            "callback",
            "clicked_button",
            "ask",
            "asked",
            "p_back",
        ];
        let lasting = |(name, value): &(&str, &str)| !ONCE.contains(name) && !value.is_empty();
        Self { func: sheet.func, params: sheet.params().filter(lasting).collect() }
    }

    pub fn kept(&self, less: &[&str]) -> Params<'a> {
        self.params.iter().filter(|(name, _)| !less.contains(name)).copied().collect()
    }

    pub fn with(&self, more: &[(&str, &str)], less: &[&str]) -> String {
        let mut params: Vec<(&str, &str)> = self.kept(less);
        params.extend(more);
        href(self.func, &params)
    }

    fn filtered(&self) -> bool {
        self.params.iter().any(|(name, _)| *name == "filter")
    }

    fn filters(&self) -> Params<'a> {
        if self.filtered() { self.kept(&OWN_PARAMS) } else { Vec::new() }
    }

    fn cleared(&self) -> String {
        let filters: Vec<&str> = self.filters().into_iter().map(|(name, _)| name).collect();
        self.with(&[], &[filters.as_slice(), &["filter", "p_num"]].concat())
    }
}
