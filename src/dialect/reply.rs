//! An answer of ours as a foreign reply.

use std::collections::HashMap;

use super::part::{Kind, Out, Reply};
use super::route::Dialect;
use super::text;
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Node};
use crate::error::Result;
use crate::json::Json;
use crate::params::Params;
use crate::rpc::list::RowSink;

/// The rows of a list, each value in its wire form.
pub struct Rows<'d> {
    dialect: &'d Dialect,
    names: Vec<String>,
    rows: Vec<Vec<Json>>,
    /// Lists that rows have of their own, by row and member.
    inner: HashMap<(usize, &'d str), Json>,
}

impl<'d> Rows<'d> {
    pub fn new(dialect: &'d Dialect) -> Self {
        Self { dialect, names: Vec::new(), rows: Vec::new(), inner: HashMap::new() }
    }

    /// The text of a column in the row whose other column is this.
    pub fn find(&self, by: &str, value: &str, name: &str) -> Option<String> {
        let row = (0..self.len()).find(|row| plain(&self.get(*row, by)) == value)?;
        Some(plain(&self.get(row, name)))
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// By what the rows are asked for that a row has of its own, if it has any.
    pub fn elid(&self, row: usize, out: &Out) -> Option<String> {
        let has_any = match out.when.split_once('=') {
            Some((name, words)) => words.split(' ').any(|word| self.get(row, name) == Json::text(word)),
            None => true,
        };
        has_any.then(|| plain(&self.get(row, &out.elid)))
    }

    pub fn add_inner(&mut self, row: usize, out: &'d Out, inner: &Rows) {
        let objects = (0..inner.len()).map(|row| self.dialect.members(&out.outs, From::Row(inner, row)));
        self.inner.insert((row, &out.name), Json::List(objects.collect()));
    }

    fn get(&self, row: usize, name: &str) -> Json {
        let at = self.names.iter().position(|have| have == name);
        at.and_then(|at| self.rows[row].get(at)).cloned().unwrap_or(Json::Null)
    }
}

impl RowSink for Rows<'_> {
    fn list(&mut self, columns: &[Column], _key: &str) {
        self.names = columns.iter().map(|column| column.name.clone()).collect();
    }

    fn row(&mut self, _columns: &[Column], cells: &[Cell]) -> Result<()> {
        self.rows.push(cells.iter().map(|cell| self.dialect.cell(cell)).collect());
        Ok(())
    }
}

impl Dialect {
    /// The parts of the reply that one call makes, laid into `to`.
    pub fn lay(&self, reply: &Reply, (params, answer, rows): (&Params, &Answer, &Rows), to: &mut Json) {
        let at = text::filled(&reply.at, |name| params.sent(name).map(str::to_owned));
        if !reply.texts.is_empty() {
            let named = answer.doc.kids.iter().filter(|kid| kid.name == reply.texts);
            let texts: Vec<Json> = named.filter_map(|kid| kid.text.as_deref().map(Json::text)).collect();
            if !texts.is_empty() {
                put(&at, Json::List(texts), to);
            }
            return;
        }
        let made = match reply.rows.as_str() {
            "" if rows.rows.is_empty() => self.object(reply, From::Doc(&answer.doc)),
            "" => self.object(reply, From::Row(rows, 0)),
            "yes" => Json::List(self.objects(reply, rows)),
            "distinct" => Json::List(self.distinct(reply, rows)),
            "keyed" => self.keyed(reply, rows),
            "nested" => return self.nest(reply, rows, to),
            name => {
                let elements = answer.doc.kids.iter().filter(|kid| kid.name == name);
                Json::List(elements.map(|element| self.object(reply, From::Doc(element))).collect())
            }
        };
        put(&at, made, to);
    }

    /// The objects of rows, each once, in the order in which they come.
    fn distinct(&self, reply: &Reply, rows: &Rows) -> Vec<Json> {
        let mut found = Vec::new();
        for object in (0..rows.rows.len()).map(|row| self.object(reply, From::Row(rows, row))) {
            if !found.contains(&object) {
                found.push(object);
            }
        }
        found
    }

    /// A member for each row; its value alone where its part has no name.
    fn keyed(&self, reply: &Reply, rows: &Rows) -> Json {
        let key = |row: usize| match reply.key.contains('{') {
            true => text::filled(&reply.key, |name| Some(plain(&rows.get(row, name)))),
            false => plain(&rows.get(row, &reply.key)),
        };
        Json::Object((0..rows.rows.len()).map(|row| (key(row), self.value_of(reply, rows, row))).collect())
    }

    /// A value for each row, where the values of its key columns say.
    fn nest(&self, reply: &Reply, rows: &Rows, to: &mut Json) {
        for row in 0..rows.len() {
            let path: Vec<String> = reply.key.split(' ').map(|name| plain(&rows.get(row, name))).collect();
            put(&path.join("/"), self.value_of(reply, rows, row), to);
        }
    }

    fn value_of(&self, reply: &Reply, rows: &Rows, row: usize) -> Json {
        match &reply.outs[..] {
            [out] if out.name.is_empty() => self.value(out, &From::Row(rows, row)),
            _ => self.object(reply, From::Row(rows, row)),
        }
    }

    /// One object a row; or one for all that are alike but for a list, which each of them adds to.
    fn objects(&self, reply: &Reply, rows: &Rows) -> Vec<Json> {
        let each = (0..rows.rows.len()).map(|row| self.object(reply, From::Row(rows, row)));
        let Some(list) = reply.outs.iter().find(|out| out.is_list()) else { return each.collect() };
        let mut alike: Vec<(Json, Vec<Json>)> = Vec::new();
        for (row, object) in each.enumerate() {
            let own = self.members(&list.outs, From::Row(rows, row));
            match alike.last_mut().filter(|(last, _)| *last == object) {
                Some((_, members)) => members.push(own),
                None => alike.push((object, vec![own])),
            }
        }
        let whole = |(mut object, members): (Json, Vec<Json>)| {
            put(&list.name, Json::List(members), &mut object);
            object
        };
        alike.into_iter().map(whole).collect()
    }

    /// A list of elements that stand in a document.
    fn each(&self, out: &Out, from: &From) -> Json {
        let From::Doc(node) = from else { return Json::List(Vec::new()) };
        let elements = node.kids.iter().filter(|kid| kid.name == out.each);
        Json::List(elements.map(|element| self.members(&out.outs, From::Doc(element))).collect())
    }

    fn object(&self, reply: &Reply, from: From) -> Json {
        self.members(&reply.outs, from)
    }

    fn members(&self, outs: &[Out], from: From) -> Json {
        let mut members = Vec::with_capacity(outs.len());
        for out in outs.iter().filter(|out| !out.is_list()) {
            let value = self.value(out, &from);
            if !out.is_optional() || value != Json::Null {
                members.push((out.name.clone(), value));
            }
        }
        Json::Object(members)
    }

    fn value(&self, out: &Out, from: &From) -> Json {
        if let Some(value) = &out.value {
            return self.leaf(out.kind, value);
        }
        if matches!(out.kind, Kind::Null | Kind::Empty) {
            return self.leaf(out.kind, "");
        }
        if !out.each.is_empty() {
            return self.each(out, from);
        }
        if let (false, From::Row(rows, row)) = (out.func.is_empty(), from) {
            let found = rows.inner.get(&(*row, out.name.as_str()));
            return found.cloned().unwrap_or_else(|| Json::List(Vec::new()));
        }
        let found = match from {
            From::Row(rows, row) => match rows.get(*row, out.from()) {
                Json::Text(text) => self.leaf(out.kind, &text), // a code that the other side takes as a number
                value => value,
            },
            From::Doc(node) => leaf(node, out.from()).map_or(Json::Null, |text| self.leaf(out.kind, text)),
        };
        match &out.is {
            None if out.kind == Kind::String && found == Json::Null => Json::text(""),
            Some(is) => self.flag(is.split(' ').any(|one| found == Json::text(one))),
            None => found,
        }
    }
}

/// The text of a value; nothing has none.
fn plain(value: &Json) -> String {
    match value {
        Json::Text(text) | Json::Number(text) => text.clone(),
        _ => String::new(),
    }
}

/// Where the values of an object stand.
enum From<'a> {
    Row(&'a Rows<'a>, usize),
    Doc(&'a Node),
}

/// The text behind a path: `sip/username`.
fn leaf<'n>(node: &'n Node, path: &str) -> Option<&'n str> {
    match path.split_once('/') {
        Some((name, rest)) => leaf(node.get(name)?, rest),
        None => node.get_text(path),
    }
}

/// Puts a value where a path says: `data/sip` into member `sip` of `data`, "" into `to` itself, where members
/// are added and anything else is the whole.
fn put(path: &str, value: Json, to: &mut Json) {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let members = match (&mut *to, name) {
        (Json::Object(members), "") if matches!(value, Json::Object(_)) => {
            let Json::Object(own) = value else { return };
            return members.extend(own);
        }
        (to, "") => {
            *to = value;
            return;
        }
        (Json::Object(members), _) => members,
        _ => return,
    };
    let found = members.iter().position(|(have, _)| have == name);
    let at = found.unwrap_or_else(|| {
        members.push((name.to_owned(), Json::Object(Vec::new())));
        members.len() - 1
    });
    match rest {
        "" => members[at].1 = value,
        rest => put(rest, value, &mut members[at].1),
    }
}
