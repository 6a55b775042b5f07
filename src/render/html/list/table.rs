//! The rows of a table. Written out here and by no template: there may be hundreds of them.

use form_urlencoded::Serializer;

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
    /// The address of a row, as it stands before and behind its key.
    way: Option<[String; 2]>,
    /// The words for a box, before and behind the name of its row.
    select: [String; 2],
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
        let way = open.map(|open| [href(open, &[("elid", "")]), behind(&parent)].map(as_html));
        let (before, after) = sheet.frame_word("select").split_once("__name__").unwrap_or_default();
        Self { sheet, rows, columns, key, name, head, way, select: [before, after].map(as_html) }
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
            let is_head = place == self.head;
            self.cell(out, value, is_head, Some(key).filter(|key| is_head && !key.is_empty()));
        }
        out.push_str("</tr>\n");
    }

    fn tick(&self, out: &mut String, row: &'a [Value], key: &'a str) {
        out.push_str("<td class=\"tick\">");
        if !key.is_empty() {
            let name = self.name.and_then(|at| row.get(at)).map(|value| value.text.as_str());
            let name = name.filter(|text| !text.is_empty()).unwrap_or(key);
            out.push_str("<input type=\"checkbox\" name=\"elids\" value=\"");
            escaped(out, key);
            out.push_str("\" aria-label=\"");
            out.push_str(&self.select[0]);
            escaped(out, name);
            out.push_str(&self.select[1]);
            out.push_str("\">");
        }
        out.push_str("</td>");
    }

    /// With a key it leads to the row's own page.
    fn cell(&self, out: &mut String, value: Option<&Value>, head: bool, key: Option<&str>) {
        let (open, close) = if head { ("<th scope=\"row\"", "</th>") } else { ("<td", "</td>") };
        out.push_str(open);
        if let Some(class) = value.map(Value::class).filter(|class| !class.is_empty()) {
            out.push_str(" class=\"");
            out.push_str(class);
            out.push('"');
        }
        out.push('>');
        let text = value.map(|value| value.shown(self.sheet)).unwrap_or_default();
        match (
            key.zip(self.way.as_ref()),
            value.map(|value| value.color.as_str()).filter(|color| !color.is_empty()),
        ) {
            (Some((key, [before, after])), _) => {
                out.push_str("<a href=\"");
                out.push_str(before);
                out.extend(form_urlencoded::byte_serialize(key.as_bytes()));
                out.push_str(after);
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

/// What an address has behind its first parameter.
fn behind(params: &Params) -> String {
    let query = Serializer::new(String::new()).extend_pairs(params).finish();
    if query.is_empty() { query } else { format!("&{query}") }
}

fn as_html(text: impl AsRef<str>) -> String {
    let mut out = String::new();
    escaped(&mut out, text.as_ref());
    out
}
