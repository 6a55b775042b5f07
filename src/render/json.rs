//! `out=json`, `sjson`, `xjson` (protocol.md §3.4): the document, mapped by rule.

use super::{DOCUMENT_BYTES, Render, escape};
use crate::cell::{Cell, Column, is_always_array};
use crate::doc::{Answer, Node};

/// In XML a word for this mapping, in JSON nothing (decisions.md, Reading and lists).
const IS_ARRAY: &str = "is_json_array";

pub fn says_array(node: &Node) -> bool {
    node.get_attr(IS_ARRAY) == Some("yes")
}

/// The attributes that JSON shows.
pub fn attrs(node: &Node) -> impl Iterator<Item = (&str, &str)> {
    let shown = node.attrs.iter().filter(|(name, _)| name != IS_ARRAY);
    shown.map(|(name, value)| (name.as_ref(), value.as_str()))
}

pub struct Json {
    sorted: bool,
    /// The columns in the order they are written, found at the first row.
    order: Vec<usize>,
    rows: String,
    has_rows: bool,
    /// What goes before the first row, where the rows may leave before the end.
    head: Option<String>,
}

/// Children by name: json, sjson.
pub fn sorted() -> Box<dyn Render> {
    Box::new(Json::new(true))
}

/// Children as they stand in the document: xjson.
pub fn in_order() -> Box<dyn Render> {
    Box::new(Json::new(false))
}

impl Json {
    pub fn new(sorted: bool) -> Self {
        Self { sorted, order: Vec::new(), rows: String::new(), has_rows: false, head: None }
    }

    fn arrange(&mut self, columns: &[Column]) {
        self.order = (0..columns.len()).collect();
        if self.sorted {
            self.order.sort_by_key(|at| columns[*at].name.as_str());
        }
    }
}

/// A page of rows begins with this much, so that it does not move as it grows.
const ROWS_BYTES: usize = 32 * 1024;

impl Render for Json {
    fn list(&mut self, _columns: &[Column], _key: &str) {
        self.rows.reserve(ROWS_BYTES);
    }

    fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        if self.order.len() != columns.len() {
            self.arrange(columns);
        }
        let out = &mut self.rows;
        if !self.has_rows {
            out.push_str(self.head.as_deref().unwrap_or_default());
        }
        out.push_str(if self.has_rows { ",{" } else { "{" });
        self.has_rows = true;
        if let Some((first, others)) = self.order.split_first() {
            value::<COMMA>(out, &columns[*first], &cells[*first]);
            others.iter().for_each(|at| value::<0>(out, &columns[*at], &cells[*at]));
        }
        out.push('}');
    }

    fn begin(&mut self, head: &dyn Fn() -> Answer) {
        self.head = Some(self.around(&head()).0);
    }

    fn ready(&mut self) -> Option<&mut String> {
        self.head.is_some().then_some(&mut self.rows)
    }

    fn finish(self: Box<Self>, answer: &Answer) -> String {
        if self.head.is_some() && self.has_rows {
            let behind = self.around(answer).1;
            return self.rows + &behind;
        }
        let mut out = String::with_capacity(self.rows.len() + DOCUMENT_BYTES);
        self.document(&mut out, answer, &self.rows);
        out
    }
}

/// Columns have it before their names, which the first one leaves out.
const COMMA: usize = ",".len();

fn value<const LEFT_OUT: usize>(out: &mut String, column: &Column, cell: &Cell) {
    match cell {
        Cell::Msg { code, words, color } => {
            out.push_str(&column.json_open[LEFT_OUT..]);
            marked(out, code, words, color);
            out.push_str(column.json_close);
        }
        cell if escape::is_empty(cell) => out.push_str(&column.json_empty[LEFT_OUT..]),
        cell => {
            out.push_str(&column.json_text[LEFT_OUT..]);
            escape::cell(out, cell, escape::json);
            out.push_str(column.json_close);
        }
    }
}

/// Stands for the rows: no text in JSON has it unescaped.
const ROWS: char = '\0';

impl Json {
    fn document(&self, out: &mut String, answer: &Answer, rows: &str) {
        out.push('{');
        key(out, &answer.doc.name);
        Tree { sorted: self.sorted, rows: Some(rows) }.object(out, &answer.doc);
        out.push('}');
    }

    /// What stands before and behind the rows.
    fn around(&self, answer: &Answer) -> (String, String) {
        let mut out = String::new();
        self.document(&mut out, answer, &ROWS.to_string());
        let (before, behind) = out.split_once(ROWS).unwrap_or((&out, ""));
        (before.to_owned(), behind.to_owned())
    }
}

/// A code with its words, up to the last `"`.
fn marked(out: &mut String, code: &str, words: &str, color: &str) {
    if !color.is_empty() {
        out.push_str("\"$color\":\"");
        escape::json(out, color);
        out.push_str("\",");
    }
    out.push_str("\"$orig\":\"");
    escape::json(out, code);
    if !words.is_empty() {
        out.push_str("\",\"$\":\"");
        escape::json(out, words);
    }
}

/// `"name":`
pub fn key(out: &mut String, name: &str) {
    escape::json_string(out, name);
    out.push(':');
}

/// A comma, where something stands before.
pub fn comma(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

/// Children of one name together, as an object needs them: by name, or where each first stands.
pub fn groups<'a>(kids: impl Iterator<Item = &'a Node>, sorted: bool) -> Vec<(&'a str, Vec<&'a Node>)> {
    let mut all: Vec<_> = kids.map(group_name).zip(0usize..).collect();
    all.sort_by_key(|((name, _), at)| (*name, *at));
    let mut found: Vec<_> = all.chunk_by(|((one, _), _), ((other, _), _)| one == other).collect();
    if !sorted {
        found.sort_by_key(|group| group[0].1);
    }
    let nodes = |group: &[((&'a str, &'a Node), usize)]| group.iter().map(|((_, node), _)| *node).collect();
    found.into_iter().map(|group| (group[0].0.0, nodes(group))).collect()
}

/// Streamed rows are `elem`s.
fn group_name(node: &Node) -> (&str, &Node) {
    (if node.is_rows() { "elem" } else { &node.name }, node)
}

#[derive(Clone, Copy)]
struct Tree<'a> {
    sorted: bool,
    /// The rows, for the children of the root alone.
    rows: Option<&'a str>,
}

impl Tree<'_> {
    fn object(self, out: &mut String, node: &Node) {
        out.push('{');
        for (name, value) in attrs(node) {
            comma(out);
            out.push_str("\"$");
            escape::json(out, name);
            out.push_str("\":");
            escape::json_string(out, value);
        }
        if let Some(text) = node.text.as_deref().filter(|text| !text.is_empty()) {
            comma(out);
            out.push_str("\"$\":");
            escape::json_string(out, text);
        }
        if !node.kids.is_empty() {
            self.members(out, node);
        }
        out.push('}');
    }

    fn members(self, out: &mut String, node: &Node) {
        // No rows, no `elem` (rule 8); elsewhere than in the root a node without name is lost.
        let kids =
            node.kids.iter().filter(|kid| !kid.is_rows() || self.rows.is_some_and(|rows| !rows.is_empty()));
        let below = Tree { rows: None, ..self };
        for (name, group) in groups(kids, self.sorted) {
            comma(out);
            key(out, name);
            if node.name == "messages" && name == "msg" {
                messages(out, &group, self.sorted);
            } else if is_array(node, name, &group) {
                out.push('[');
                group.iter().for_each(|kid| self.item(out, kid));
                out.push(']');
            } else {
                below.object(out, group[0]);
            }
        }
    }

    fn item(self, out: &mut String, kid: &Node) {
        comma(out);
        match kid.is_rows() {
            true => out.push_str(self.rows.unwrap_or_default()),
            false => Tree { rows: None, ..self }.object(out, kid),
        }
    }
}

/// An echoed parameter is never an array, whatever its name (rule 6).
fn is_array(parent: &Node, name: &str, group: &[&Node]) -> bool {
    group.len() > 1 || says_array(group[0]) || (is_always_array(name) && parent.name != "tparams")
}

/// The words of a function: a plain map (rule 7).
fn messages<'a>(out: &mut String, group: &[&'a Node], sorted: bool) {
    let word = |node: &&'a Node| (node.get_attr("name").unwrap_or_default(), node.text.as_deref());
    let mut words: Vec<_> = group.iter().map(word).collect();
    if sorted {
        words.sort_unstable();
    }
    out.push('{');
    for (name, text) in words {
        comma(out);
        key(out, name);
        escape::json_string(out, text.unwrap_or_default());
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use crate::render::samples::{self, joined, rendered};

    const LIST: &str = r#"
        {"doc":{"$lang":"ru","$func":"payment","elem":[
        {"allowrefund":{"$":"off"},"amount":{"$":"10.00 RUB"},"day":{"$":"2024-05-07"},"id":{"$":"6"},
        "note":{},"sender":{"$":" - "},"status":{"$color":"green","$orig":"4","$":"Зачислен"}},
        {"allowrefund":{"$":"on"},"amount":{"$":"-0.50"},"day":{"$":"2024-05-07 00:00:00"},"id":{"$":"-5"},
        "note":{},"sender":{"$":"<&\">, a\r\nb"},"status":{"$orig":"1"}}],
        "p_cnt":{"$":"50"},"p_elems":{"$":"2"},"p_sort":{"$":"id"},"page":[{"$":"6 - 5"}],
        "saved_filters":{},"tparams":{"filter":{"$":"on"},"func":{"$":"payment"}}}}"#;

    const IN_ORDER: &str = r#"
        {"doc":{"$lang":"ru","$func":"payment","tparams":{"filter":{"$":"on"},"func":{"$":"payment"}},
        "saved_filters":{},"p_sort":{"$":"id"},"page":[{"$":"6 - 5"}],"elem":[
        {"amount":{"$":"10.00 RUB"},"sender":{"$":" - "},"day":{"$":"2024-05-07"},"allowrefund":{"$":"off"},
        "status":{"$color":"green","$orig":"4","$":"Зачислен"},"note":{},"id":{"$":"6"}},
        {"amount":{"$":"-0.50"},"sender":{"$":"<&\">, a\r\nb"},"day":{"$":"2024-05-07 00:00:00"},
        "allowrefund":{"$":"on"},"status":{"$orig":"1"},"note":{},"id":{"$":"-5"}}],
        "p_cnt":{"$":"50"},"p_elems":{"$":"2"}}}"#;

    const EMPTY: &str = r#"
        {"doc":{"$lang":"ru","$func":"payment","p_cnt":{"$":"50"},"p_elems":{"$":"0"},"p_sort":{"$":"id"},
        "page":[{"$":"6 - 5"}],"plid":{"$":"7"},"saved_filters":{},
        "tparams":{"filter":{"$":"on"},"func":{"$":"payment"}}}}"#;

    const FORM: &str = r#"
        {"doc":{"$lang":"ru","$func":"profile.edit","elid":{"$":"1"},
        "list":[{"$name":"tariflist","elem":[{"id":{"$":"3"},"st":{"$orig":"1","$":"On"}}]}],
        "name":{"$":"X"},"note":{},"plid":{},"profiletype":{"$":"1"},"saved_filters":{},
        "slist":[{"$name":"profiletype","val":[{"$msg":"yes","$key":"1","$":"Individual"},
        {"$key":"2","$depend":"x","$":"Company"}]}],
        "tparams":{"filter":{"$":"on"},"func":{"$":"profile.edit"}}}}"#;

    /// Captured (protocol.md §1.1).
    const BAD_PASSWORD: &str = r#"
        {"doc":{"error":{"$type":"auth","$object":"badpassword","$lang":"en",
        "detail":{"$":"Invalid username or password "},"msg":{"$":"Invalid username or password "},
        "param":[{"$name":"object","$type":"msg","$":"badpassword"},
        {"$name":"value","$":"remote_addr: [192.0.2.49]"}]}}}"#;

    /// Captured (protocol.md §3.4), shortened; `list` is an array even as a column.
    const WEBDOMAIN: &str = r#"
        {"doc":{"$lang":"en","$notify":"",
        "elem":[{"active":{"$":"on"},"database":{"$orig":"db_not_assigned","$":"Notused"},
        "list":[{}],"name":{"$":"a"}}],
        "messages":{"$name":"webdomain","$checked":"ed13",
        "msg":{"hint_add_to_favorite":"Addtofavoritepaths"}},
        "metadata":{"$name":"webdomain","$type":"list",
        "coldata":{"col":[{"$type":"toggle","$name":"active",
        "toggle":{"$name":"active","$onenable":"webdomain.resume"}}]},
        "toolbar":{"toolgrp":[{"$name":"new_site","toolbtn":[{"$name":"new_site","$func":"site.edit"}]}]}},
        "p_possible_filters":{"filter":[{"$name":"name"}]},"tips":{"tip":{"$":"mbar_pin"}}}}"#;

    /// Captured (protocol.md §3.4), shortened, with plain slashes (C7).
    const SUSPENDED: &str = r#"
        {"doc":{"$lang":"en","$func":"user.suspend","$binary":"/ispmgr","$host":"https://fake-site.com:1500",
        "$notify":"","$logo":"logo.png","ok":{},"saved_filters":{},
        "tparams":{"elid":{"$":"user0"},"func":{"$":"user.suspend"},"out":{"$":"sjson"}}}}"#;

    const PRICES: &str = r#"
        {"doc":{"$lang":"ru","$func":"pricelist.export","pricelist":[{"id":{"$":"1"},
        "price":{"period":[{"$type":"month","$cost":"1.00"},{"$type":"month","$cost":"2.00"}]}}],
        "saved_filters":{},"tparams":{"filter":{"$":"on"},"func":{"$":"pricelist.export"}}}}"#;

    const CREATED: &str = r#"
        {"doc":{"$lang":"ru","$func":"user.edit","id":{"$":"17"},"ok":{},"saved_filters":{},
        "tparams":{"filter":{"$":"on"},"func":{"$":"user.edit"}}}}"#;

    #[test]
    fn documents() {
        for (out, sample, expected) in [
            ("json", samples::list(), LIST),
            ("xjson", samples::list(), IN_ORDER),
            ("json", samples::empty_list(), EMPTY),
            ("json", samples::form(), FORM),
            ("json", samples::pricelist(), PRICES),
            ("json", samples::created(), CREATED),
            ("sjson", samples::bad_password(), BAD_PASSWORD),
            ("sjson", samples::webdomain(), WEBDOMAIN),
            ("sjson", samples::suspended(), SUSPENDED),
            ("json", samples::dashboard(), DASHBOARD),
            ("xjson", samples::dashboard(), DASHBOARD_IN_ORDER),
        ] {
            assert_eq!(rendered(out, &sample), joined(expected));
        }
    }

    const DASHBOARD: &str =
        r#"{"doc":{"a":{"$":"2"},"elem":[{"balance":[{"$":"1.00 RUB"}]}],"x":[{"$":"1"},{"$":"3"}]}}"#;
    const DASHBOARD_IN_ORDER: &str =
        r#"{"doc":{"elem":[{"balance":[{"$":"1.00 RUB"}]}],"x":[{"$":"1"},{"$":"3"}],"a":{"$":"2"}}}"#;
}
