//! The rows of a table. Written out here and by no template: there may be hundreds of them.

use super::{Rows, Shown, Value};
use crate::render::html::sheet::{Params, Sheet, escaped, href};

/// What turns collected values into rows of a table.
pub struct Layout<'a, 's> {
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
    pub fn new(
        sheet: &'s Sheet<'a>,
        rows: &'a Rows,
        columns: &'s [Shown<'a>],
        open: Option<&'a str>,
        parent: Params<'a>,
    ) -> Self {
        let attr = |name| sheet.metadata().and_then(|metadata| metadata.get_attr(name));
        let named = attr("keyname").or(attr("key"));
        // A record's own page says more than its form.
        let open = attr("card").or(open);
        let key = attr("key").and_then(|name| rows.position(name));
        let head = columns.iter().position(|column| Some(column.name) == named).unwrap_or_default();
        let name = named.and_then(|name| rows.position(name)).or(key);
        Self { sheet, rows, columns, key, name, head, open, parent }
    }

    pub fn html(&self, ticks: bool) -> String {
        let mut out = String::with_capacity(self.rows.rows.len() * self.columns.len() * 64);
        self.rows.rows.iter().for_each(|row| self.row(&mut out, row, ticks));
        out
    }

    /// The rows with these keys alone, with nothing to press.
    pub fn chosen(&self, keys: &[&str]) -> (Vec<&'a str>, String) {
        let chosen = |row: &&'a Vec<Value>| keys.contains(&self.key_of(row));
        let rows: Vec<&Vec<Value>> = self.rows.rows.iter().filter(chosen).collect();
        let mut out = String::new();
        rows.iter().for_each(|row| self.row(&mut out, row, false));
        (rows.into_iter().map(|row| self.key_of(row)).collect(), out)
    }

    fn key_of(&self, row: &'a [Value]) -> &'a str {
        self.key.and_then(|at| row.get(at)).map(Value::key).unwrap_or_default()
    }

    fn row(&self, out: &mut String, row: &'a [Value], ticks: bool) {
        let key = self.key_of(row);
        out.push_str("<tr>");
        if ticks {
            self.tick(out, row, key);
        }
        for (place, column) in self.columns.iter().enumerate() {
            let value = column.at.and_then(|at| row.get(at));
            let link = (place == self.head).then(|| self.open.filter(|_| !key.is_empty())).flatten();
            self.cell(out, value, place == self.head, link.map(|open| self.address(open, key)));
        }
        out.push_str("</tr>\n");
    }

    fn address(&self, open: &str, key: &str) -> String {
        let params: Params = [("elid", key)].into_iter().chain(self.parent.iter().copied()).collect();
        href(open, &params)
    }

    fn tick(&self, out: &mut String, row: &'a [Value], key: &'a str) {
        out.push_str("<td class=\"tick\">");
        if !key.is_empty() {
            let name = self.name.and_then(|at| row.get(at)).map(|value| value.text.as_str());
            let name = name.filter(|text| !text.is_empty()).unwrap_or(key);
            out.push_str("<input type=\"checkbox\" name=\"elids\" value=\"");
            escaped(out, key);
            out.push_str("\" aria-label=\"");
            escaped(out, &self.sheet.fill("select", &[("name", name)]));
            out.push_str("\">");
        }
        out.push_str("</td>");
    }

    fn cell(&self, out: &mut String, value: Option<&Value>, head: bool, link: Option<String>) {
        let (open, close) = if head { ("<th scope=\"row\"", "</th>") } else { ("<td", "</td>") };
        out.push_str(open);
        if let Some(class) = value.map(Value::class).filter(|class| !class.is_empty()) {
            out.push_str(" class=\"");
            out.push_str(class);
            out.push('"');
        }
        out.push('>');
        let text = value.map(|value| value.shown(self.sheet)).unwrap_or_default();
        match (link, value.map(|value| value.color.as_str()).filter(|color| !color.is_empty())) {
            (Some(link), _) => {
                out.push_str("<a href=\"");
                escaped(out, &link);
                out.push_str("\">");
                escaped(out, if text.is_empty() { self.sheet.frame_word("open") } else { text });
                out.push_str("</a>");
            }
            // The mark is the stylesheet's; the colour alone says nothing to who does not see it.
            (None, Some(color)) => {
                out.push_str("<span class=\"state state-");
                escaped(out, color);
                out.push_str("\">");
                escaped(out, text);
                out.push_str("</span>");
            }
            (None, None) => escaped(out, text),
        }
        out.push_str(close);
    }
}
