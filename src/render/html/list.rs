//! A list: its rows are collected first, because the metadata that lays them out comes with the
//! whole document.

use serde::Serialize;

use super::paging::Paging;
use super::sheet::{PAGE_PARAMS, Params, Sheet, href};
use super::toolbar::Toolbar;
use crate::cell::{Cell, Column};
use crate::doc::Node;

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
    search: Option<Search<'a>>,
    filter: Filter<'a>,
    heads: Vec<Head<'a>>,
    rows: Vec<Row<'a>>,
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
struct Filter<'a> {
    /// What this call was filtered by.
    by: Params<'a>,
    clear: String,
    /// `X.filter`, where a stored filter is in force.
    stored: Option<String>,
}

#[derive(Serialize)]
struct Head<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    /// The value of `aria-sort`.
    sorted: Option<&'static str>,
    href: Option<String>,
    class: &'static str,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    name: String,
    href: Option<String>,
    cells: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    text: &'a str,
    color: &'a str,
    class: &'static str,
    /// The cell that names the row.
    head: bool,
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
        let parent = sheet.value("plid").or_else(|| sheet.param("elid"));
        let parent_param: Params = parent.map(|plid| ("plid", plid)).into_iter().collect();
        let toolbar = Toolbar::new(sheet, &parent_param);
        let columns = shown(sheet, rows);
        Self {
            func: sheet.func,
            parent,
            back: parent.and_then(|_| sheet.func.rsplit_once('.')).map(|(above, _)| href(above, &[])),
            place: sheet.params().filter(|(name, _)| PAGE_PARAMS.contains(name)).collect(),
            search: search(sheet, &links, &columns),
            filter: filter(sheet, &links),
            heads: columns.iter().map(|column| head(sheet, &links, column, rows)).collect(),
            rows: Layout::new(sheet, rows, &columns, toolbar.open, parent_param).rows(),
            paging: Paging::new(sheet, &links, rows.rows.len()),
            toolbar,
        }
    }
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
        label: sheet.label(column.name),
        hint: sheet.word(&format!("hint_{}", column.name)),
        sorted: here.then_some(if descending { "descending" } else { "ascending" }),
        href: sort.map(|_| links.with(&[("p_col", &format!("{sign}{}", column.name))], &SORT_PARAMS)),
        class: first.map_or("", Value::class),
    }
}

const SORT_PARAMS: [&str; 4] = ["p_num", "p_col", "p_sort", "p_order"];

/// What turns collected values into rows of a table.
struct Layout<'a, 's> {
    sheet: &'s Sheet<'a>,
    rows: &'a Rows,
    columns: &'s [Shown<'a>],
    key: Option<usize>,
    /// The column that names a row, and its place among the shown ones.
    name: Option<usize>,
    head: usize,
    open: Option<&'a str>,
    parent: Params<'a>,
}

impl<'a, 's> Layout<'a, 's> {
    fn new(
        sheet: &'s Sheet<'a>,
        rows: &'a Rows,
        columns: &'s [Shown<'a>],
        open: Option<&'a str>,
        parent: Params<'a>,
    ) -> Self {
        let attr = |name| sheet.metadata().and_then(|metadata| metadata.get_attr(name));
        let named = attr("keyname").or(attr("key"));
        let key = attr("key").and_then(|name| rows.position(name));
        let head = columns.iter().position(|column| Some(column.name) == named).unwrap_or_default();
        let name = named.and_then(|name| rows.position(name)).or(key);
        Self { sheet, rows, columns, key, name, head, open, parent }
    }

    fn rows(&self) -> Vec<Row<'a>> {
        self.rows.rows.iter().map(|row| self.row(row)).collect()
    }

    fn row(&self, row: &'a [Value]) -> Row<'a> {
        let at = |at: Option<usize>| at.and_then(|at| row.get(at));
        let key = at(self.key).map(Value::key).unwrap_or_default();
        let name =
            at(self.name).map(|value| value.text.as_str()).filter(|text| !text.is_empty()).unwrap_or(key);
        let params: Params = [("elid", key)].into_iter().chain(self.parent.iter().copied()).collect();
        let fields = self.columns.iter().enumerate();
        Row {
            key,
            name: self.sheet.fill("select", &[("name", name)]),
            href: self.open.filter(|_| !key.is_empty()).map(|open| href(open, &params)),
            cells: fields.map(|(place, column)| self.field(at(column.at), place == self.head)).collect(),
        }
    }

    fn field(&self, value: Option<&'a Value>, head: bool) -> Field<'a> {
        let Some(value) = value else { return Field { text: "", color: "", class: "", head } };
        let text = match value.kind {
            Kind::Flag(true) => self.sheet.label("flag_on"),
            Kind::Flag(false) => self.sheet.label("flag_off"),
            _ => &value.text,
        };
        Field { text, color: &value.color, class: value.class(), head }
    }
}

fn search<'a>(sheet: &Sheet<'a>, links: &Links<'a>, columns: &[Shown<'a>]) -> Option<Search<'a>> {
    let name = sheet.metadata()?.get_attr("keyname")?;
    columns.iter().find(|column| column.name == name)?;
    let keep = links.kept(&["p_num", "filter", name]);
    let value = sheet.param(name).filter(|_| links.filtered()).unwrap_or_default();
    Some(Search { name, label: sheet.label(name), value, keep })
}

/// A filter of this call lives in the parameters, a stored one (`p_filter`) in the session.
fn filter<'a>(sheet: &Sheet<'a>, links: &Links<'a>) -> Filter<'a> {
    let stored = sheet.doc.get_text("p_filter").is_some_and(|text| !matches!(text, "" | "off" | "no"));
    Filter {
        by: links.filters().into_iter().map(|(name, value)| (sheet.label(name), value)).collect(),
        clear: links.cleared(),
        stored: stored.then(|| format!("{}.filter", sheet.func)),
    }
}

/// Links to the same list: what was asked, less what the link replaces.
pub struct Links<'a> {
    func: &'a str,
    params: Params<'a>,
}

/// Parameters of a list call that are no filter fields.
const OWN_PARAMS: [&str; 10] =
    ["elid", "plid", "elname", "plname", "filter", "p_num", "p_cnt", "p_col", "p_sort", "p_order"];

impl<'a> Links<'a> {
    fn new(sheet: &Sheet<'a>) -> Self {
        const ONCE: [&str; 7] = ["func", "out", "lang", "sfrom", "operafake", "callback", "clicked_button"];
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
