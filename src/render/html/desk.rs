//! A document of parts: lists with their metadata and rows, shown as figures, plots and tables.

use serde::Serialize;

use super::api::Api;
use super::list::part::{Choice, Table, choices, table};
use super::list::{Rows, drawn};
use super::sheet::{Sheet, href};
use super::titles;

#[derive(Serialize, Default)]
pub struct Desk {
    choices: Vec<Choice>,
    steps: Option<Steps>,
    figures: Vec<Figure>,
    parts: Vec<Part>,
    /// The stylesheet with the titles of all tables, for narrow windows.
    titles: String,
}

#[derive(Serialize)]
struct Steps {
    title: String,
    help: String,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    label: String,
    state: String,
    is_done: bool,
    href: Option<String>,
}

#[derive(Serialize)]
struct Figure {
    label: String,
    value: String,
    /// How many rows an amount is the sum of.
    count: String,
    href: Option<String>,
    /// Something to look after, where it is not zero.
    color: String,
}

#[derive(Serialize)]
struct Part {
    id: String,
    title: String,
    help: String,
    href: String,
    open: String,
    plots: String,
    nothing: String,
    table: Option<Table>,
    table_word: String,
    /// Where rows are left out: how many there are.
    more: Option<String>,
    api: Api,
}

impl Desk {
    pub fn new(sheet: &Sheet) -> Self {
        let mut desk = Self { choices: choices(sheet), ..Self::default() };
        for node in sheet.doc.kids.iter().filter(|kid| kid.name == "part") {
            let (part, rows) = (Sheet::part(node, sheet), Rows::of(node));
            let plot = part.metadata().and_then(|metadata| metadata.get("plot"));
            match plot.and_then(|plot| plot.get_attr("type")) {
                Some("figures") => desk.figures.extend(figures(&rows)),
                Some("steps") => desk.steps = steps(sheet, &part, &rows),
                _ => desk.parts.push(shown(sheet, &part, &rows)),
            }
        }
        let tables = desk.parts.iter().filter_map(|part| part.table.as_ref());
        desk.titles = titles::path(tables.map(Table::titles));
        desk
    }
}

/// An address that a row names: the query of a call.
fn link(rows: &Rows, row: usize) -> Option<String> {
    let (text, ..) = rows.texts(row, "link")?;
    text.starts_with("func=").then(|| format!("?{text}"))
}

fn figures(rows: &Rows) -> impl Iterator<Item = Figure> + '_ {
    (0..rows.count()).map(|row| {
        let text = |column| rows.texts(row, column).map_or("", |(text, ..)| text);
        let (amount, count) = (text("amount"), text("count"));
        let color = rows.texts(row, "name").map_or("", |(.., color)| color);
        let (value, count) = if amount.is_empty() { (count, "") } else { (amount, count) };
        Figure {
            label: text("name").to_owned(),
            value: value.to_owned(),
            count: count.to_owned(),
            href: link(rows, row),
            color: if value == "0" { String::new() } else { color.to_owned() },
        }
    })
}

fn steps(sheet: &Sheet, part: &Sheet, rows: &Rows) -> Option<Steps> {
    let step = |row| {
        let text = |column| rows.texts(row, column).map_or("", |(text, ..)| text);
        let is_done = text("done") == "on";
        let state = sheet.frame_word(if is_done { "plot_done" } else { "plot_todo" });
        let href = link(rows, row).filter(|_| !is_done);
        Step { label: text("name").to_owned(), state: state.to_owned(), is_done, href }
    };
    (rows.count() > 0).then(|| Steps {
        title: part.label("title").to_owned(),
        help: part.word("help").unwrap_or_default().to_owned(),
        steps: (0..rows.count()).map(step).collect(),
    })
}

fn shown(sheet: &Sheet, part: &Sheet, rows: &Rows) -> Part {
    let takes_period = part.metadata().is_some_and(|metadata| metadata.get("choice").is_some());
    let period = sheet.param("period").filter(|_| takes_period).map(|period| ("period", period));
    let params: Vec<(&str, &str)> = period.into_iter().collect();
    let page: Vec<(&str, &str)> = params.iter().copied().chain([("p_cnt", "1000")]).collect();
    let total = part.doc.get_attr("total").unwrap_or_default();
    let is_cut = total.parse().is_ok_and(|total: usize| total > rows.count());
    Part {
        id: format!("part-{}", part.func.replace('.', "-")),
        title: part.label("title").to_owned(),
        help: part.word("help").unwrap_or_default().to_owned(),
        href: href(part.func, &page),
        open: sheet.frame_word("plot_open").to_owned(),
        plots: drawn::plots(part, rows),
        nothing: part.word("nothing").unwrap_or(sheet.frame_word("no_rows")).to_owned(),
        table: (rows.count() > 0).then(|| table(part, rows)),
        table_word: sheet.frame_word("plot_table").to_owned(),
        more: is_cut.then(|| sheet.fill("plot_more", &[("total", total)])),
        api: Api::of(sheet, part.func, &params),
    }
}
