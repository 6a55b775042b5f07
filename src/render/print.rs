//! `out=print` (protocol.md §3.8): the table of a list as a page for the printer, with what it shows, of
//! whom and when above it. Its styles are those of the panel.

use super::html::{FRAME, style};
use super::{Render, escape, fault};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body, Node};

#[derive(Default)]
struct Print {
    names: Vec<String>,
    /// The metadata that says which columns are shown come last, so texts wait for them.
    rows: Vec<Vec<String>>,
    /// Which columns hold numbers.
    numbers: Vec<bool>,
}

pub fn start() -> Box<dyn Render> {
    Box::<Print>::default()
}

impl Render for Print {
    fn list(&mut self, columns: &[Column], _key: &str) {
        self.names = columns.iter().map(|column| column.name.clone()).collect();
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        if self.names.is_empty() {
            self.list(columns, "");
        }
        if self.rows.is_empty() {
            self.numbers = cells.iter().map(|cell| matches!(cell, Cell::Int(_) | Cell::Money(..))).collect();
        }
        self.rows.push(cells.iter().map(Cell::to_string).collect());
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let doc = &answer.doc;
        let title = word(doc, "title").or(doc.get_attr("func")).unwrap_or_else(|| fault(doc).kind);
        let mut out = String::from("<!DOCTYPE html>\n<html lang=\"");
        escape::xml_attr(&mut out, doc.get_attr("lang").unwrap_or("en"));
        out.push_str("\"><head><meta charset=\"utf-8\">");
        element(&mut out, "title", title);
        out.extend(["<link rel=\"stylesheet\" href=\"", style(), "\"></head><body class=\"sheet\">"]);
        match answer.body {
            Body::List => {
                self.head(&mut out, doc, title);
                self.table(&mut out, doc);
            }
            Body::Error => element(&mut out, "p", fault(doc).msg),
            // Refused before (`lists_only`): a page without a table, never a wrong one.
            Body::Form | Body::Object | Body::Ok | Body::File => {}
        }
        out.push_str("</body></html>\n");
        out
    }
}

impl Print {
    /// Whose list it is, when it was made, and what it was narrowed to.
    fn head(&self, out: &mut String, doc: &Node, title: &str) {
        out.push_str("<header>");
        element(out, "h1", title);
        let brand = word(doc, "panel_brand").filter(|brand| !brand.is_empty());
        let host = doc.get_attr("host").map(|host| host.split_once("://").map_or(host, |(_, name)| name));
        let at = doc.get(FRAME).and_then(|frame| frame.get_attr("at"));
        let about: Vec<&str> =
            [brand, host, at].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        if !about.is_empty() {
            element(out, "p", &about.join(" · "));
        }
        let filters = filters(doc);
        if !filters.is_empty() {
            element(out, "p", &filters.join(" · "));
        }
        out.push_str("</header>");
    }

    fn table(&self, out: &mut String, doc: &Node) {
        let shown = self.shown(doc);
        let class = |at: usize| self.numbers.get(at).copied().unwrap_or_default().then_some("number");
        out.push_str("<table><thead><tr>");
        for &at in &shown {
            let name = &self.names[at];
            classed(out, "th", class(at), word(doc, name).unwrap_or(name));
        }
        out.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            out.push_str("<tr>");
            shown.iter().for_each(|&at| classed(out, "td", class(at), &row[at]));
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
    }

    /// The columns that the metadata shows, in their order: a list holds data for machines too.
    fn shown(&self, doc: &Node) -> Vec<usize> {
        let Some(coldata) = doc.get("metadata").and_then(|metadata| metadata.get("coldata")) else {
            return (0..self.names.len()).collect();
        };
        let visible =
            coldata.kids.iter().filter(|col| col.name == "col" && col.get_attr("hidden") != Some("yes"));
        let place = |name: &str| self.names.iter().position(|known| known == name);
        visible.filter_map(|col| col.get_attr("name").and_then(place)).collect()
    }
}

fn word<'a>(doc: &'a Node, name: &str) -> Option<&'a str> {
    let words = &doc.get("messages")?.kids;
    words.iter().find(|msg| msg.get_attr("name") == Some(name))?.text.as_deref()
}

/// The conditions of the call in the words of its fields.
fn filters(doc: &Node) -> Vec<String> {
    const APART: [&str; 8] = ["filter", "func", "out", "elid", "plid", "lang", "theme", "sok"];
    let Some(params) = doc.get("tparams").filter(|params| params.get("filter").is_some()) else {
        return Vec::new();
    };
    let is_field = |kid: &&Node| !APART.contains(&kid.name.as_ref()) && !kid.name.starts_with("p_");
    let told = |kid: &Node| {
        let value = kid.text.as_deref().filter(|text| !text.is_empty())?;
        let code = word(doc, &format!("{}_{value}", kid.name)).unwrap_or(value);
        Some(format!("{}: {code}", word(doc, &kid.name)?))
    };
    params.kids.iter().filter(is_field).filter_map(told).collect()
}

fn classed(out: &mut String, name: &str, class: Option<&str>, text: &str) {
    let Some(class) = class else { return element(out, name, text) };
    out.extend(["<", name, " class=\"", class, "\">"]);
    escape::xml(out, text);
    out.extend(["</", name, ">"]);
}

fn element(out: &mut String, name: &str, text: &str) {
    out.extend(["<", name, ">"]);
    escape::xml(out, text);
    out.extend(["</", name, ">"]);
}

#[cfg(test)]
mod tests {
    use crate::render::samples::{self, joined, rendered};

    /// Labels, and only the columns that the metadata shows.
    const LABELLED: &str = r#"<!DOCTYPE html>⏎
        <html lang="ru"><head><meta charset="utf-8"><title>Платежи</title>
        <link rel="stylesheet" href="STYLE"></head><body class="sheet"><header><h1>Платежи</h1></header>
        <table><thead><tr><th class="number">id</th><th>От &lt;кого&gt;</th></tr></thead><tbody>
        <tr><td class="number">6</td><td> - </td></tr><tr><td class="number">-5</td><td>&lt;&amp;"&gt;, a&#13;⏎b</td></tr>
        </tbody></table></body></html>⏎"#;

    const EMPTY: &str = r#"<!DOCTYPE html>⏎
        <html lang="ru"><head><meta charset="utf-8"><title>payment</title>
        <link rel="stylesheet" href="STYLE"></head><body class="sheet"><header><h1>payment</h1></header>
        <table><thead><tr>
        <th>amount</th><th>sender</th><th>day</th><th>allowrefund</th><th>status</th><th>note</th><th>id</th>
        </tr></thead><tbody></tbody></table></body></html>⏎"#;

    const ERROR: &str = r#"<!DOCTYPE html>⏎
        <html lang="en"><head><meta charset="utf-8"><title>value</title>
        <link rel="stylesheet" href="STYLE"></head>
        <body class="sheet"><p>Bad&#13;⏎'X'</p></body></html>⏎"#;

    #[test]
    fn documents() {
        for (sample, expected) in
            [(samples::labelled_list(), LABELLED), (samples::empty_list(), EMPTY), (samples::error(), ERROR)]
        {
            let expected = joined(expected).replace("STYLE", super::style());
            assert_eq!(rendered("print", &sample), expected);
        }
    }
}
