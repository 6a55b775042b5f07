//! `out=print` (protocol.md §3.8): the table of a list as a page for the printer. Without
//! styles, which the content policy of the panel would refuse.

use super::{Render, escape, fault};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Body, Node};

#[derive(Default)]
struct Print {
    names: Vec<String>,
    /// The metadata that says which columns are shown come last, so texts wait for them.
    rows: Vec<Vec<String>>,
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
        self.rows.push(cells.iter().map(Cell::to_string).collect());
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        let doc = &answer.doc;
        let title = word(doc, "title").or(doc.get_attr("func")).unwrap_or_else(|| fault(doc).kind);
        let mut out = String::from("<!DOCTYPE html>\n<html lang=\"");
        escape::xml_attr(&mut out, doc.get_attr("lang").unwrap_or("en"));
        out.push_str("\"><head><meta charset=\"utf-8\">");
        element(&mut out, "title", title);
        out.push_str("</head><body>");
        match answer.body {
            Body::List => {
                element(&mut out, "h1", title);
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
    fn table(&self, out: &mut String, doc: &Node) {
        let shown = self.shown(doc);
        out.push_str("<table border=\"1\"><thead><tr>");
        for &at in &shown {
            let name = &self.names[at];
            element(out, "th", word(doc, name).unwrap_or(name));
        }
        out.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            out.push_str("<tr>");
            shown.iter().for_each(|&at| element(out, "td", &row[at]));
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
        <html lang="ru"><head><meta charset="utf-8"><title>Платежи</title></head><body><h1>Платежи</h1>
        <table border="1"><thead><tr><th>id</th><th>От &lt;кого&gt;</th></tr></thead><tbody>
        <tr><td>6</td><td> - </td></tr><tr><td>-5</td><td>&lt;&amp;"&gt;, a&#13;⏎b</td></tr>
        </tbody></table></body></html>⏎"#;

    const EMPTY: &str = r#"<!DOCTYPE html>⏎
        <html lang="ru"><head><meta charset="utf-8"><title>payment</title></head><body><h1>payment</h1>
        <table border="1"><thead><tr>
        <th>amount</th><th>sender</th><th>day</th><th>allowrefund</th><th>status</th><th>note</th><th>id</th>
        </tr></thead><tbody></tbody></table></body></html>⏎"#;

    const ERROR: &str = r#"<!DOCTYPE html>⏎
        <html lang="en"><head><meta charset="utf-8"><title>value</title></head>
        <body><p>Bad&#13;⏎'X'</p></body></html>⏎"#;

    #[test]
    fn documents() {
        for (sample, expected) in
            [(samples::labelled_list(), LABELLED), (samples::empty_list(), EMPTY), (samples::error(), ERROR)]
        {
            assert_eq!(rendered("print", &sample), joined(expected));
        }
    }
}
