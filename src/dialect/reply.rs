//! An answer of ours as a foreign reply.

use super::route::{Amounts, Dialect, Flags, Kind, Out, Reply};
use crate::cell::{Cell, Column};
use crate::doc::{Answer, Node};
use crate::error::Result;
use crate::json::Json;
use crate::money::Money;
use crate::rpc::list::RowSink;

/// Decimals that an amount has at least where it is text.
const DECIMALS: u8 = 4;

/// The rows of a list, each value in its wire form.
pub struct Rows<'d> {
    dialect: &'d Dialect,
    names: Vec<String>,
    rows: Vec<Vec<Json>>,
}

impl<'d> Rows<'d> {
    pub fn new(dialect: &'d Dialect) -> Self {
        Self { dialect, names: Vec::new(), rows: Vec::new() }
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
    fn cell(&self, cell: &Cell) -> Json {
        match cell {
            Cell::Null => Json::Null,
            Cell::Int(number) => Json::int(*number),
            Cell::Text(text) => Json::text(text.as_ref()),
            Cell::Flag(on) => self.flag(*on),
            Cell::Money(amount, _) => self.amount(*amount),
            Cell::Date(0, _) | Cell::Time(0, _) => Json::Null,
            Cell::Date(..) | Cell::Time(..) => Json::text(cell.to_string()),
            Cell::Msg { code, .. } => Json::text(code.as_ref()),
        }
    }

    fn flag(&self, on: bool) -> Json {
        match self.flags {
            Flags::Number => Json::int(i64::from(on)),
            Flags::Bool => Json::Bool(on),
        }
    }

    fn amount(&self, amount: Money) -> Json {
        match self.amounts {
            Amounts::Text => Json::text(amount.with_decimals(DECIMALS).to_string()),
            Amounts::Number => Json::Number(amount.with_decimals(0).to_string()),
        }
    }

    /// A text of a document by the kind that the route gives it.
    fn leaf(&self, kind: Kind, text: &str) -> Json {
        let number = text.split(' ').next().unwrap_or_default();
        match kind {
            Kind::Int => number.parse().map_or(Json::Null, Json::int),
            Kind::Bool => self.flag(matches!(text, "on" | "1" | "yes")),
            Kind::Amount | Kind::Money => Money::parse(number).map_or(Json::Null, |sum| self.amount(sum)),
            Kind::Text | Kind::Login | Kind::List => Json::text(text),
        }
    }

    /// The parts of the reply that one call makes, laid into `to`.
    pub fn lay(&self, reply: &Reply, answer: &Answer, rows: &Rows, to: &mut Vec<(String, Json)>) {
        if !reply.texts.is_empty() {
            let named = answer.doc.kids.iter().filter(|kid| kid.name == reply.texts);
            let texts: Vec<Json> = named.filter_map(|kid| kid.text.as_deref().map(Json::text)).collect();
            if !texts.is_empty() {
                put(&reply.at, Json::List(texts), to);
            }
            return;
        }
        let made = match reply.rows.as_str() {
            "" if rows.rows.is_empty() => self.object(reply, From::Doc(&answer.doc)),
            "" => self.object(reply, From::Row(rows, 0)),
            "yes" => Json::List(self.objects(reply, rows)),
            name => {
                let elements = answer.doc.kids.iter().filter(|kid| kid.name == name);
                Json::List(elements.map(|element| self.object(reply, From::Doc(element))).collect())
            }
        };
        put(&reply.at, made, to);
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
            if let Json::Object(own) = &mut object {
                put(&list.name, Json::List(members), own);
            }
            object
        };
        alike.into_iter().map(whole).collect()
    }

    fn object(&self, reply: &Reply, from: From) -> Json {
        self.members(&reply.outs, from)
    }

    fn members(&self, outs: &[Out], from: From) -> Json {
        let members = outs.iter().filter(|out| !out.is_list()).map(|out| (out, self.value(out, &from)));
        let kept = members.filter(|(out, value)| !out.is_optional() || *value != Json::Null);
        Json::Object(kept.map(|(out, value)| (out.name.clone(), value)).collect())
    }

    fn value(&self, out: &Out, from: &From) -> Json {
        if let Some(value) = &out.value {
            return self.leaf(out.kind, value);
        }
        let found = match from {
            From::Row(rows, row) => match rows.get(*row, out.from()) {
                Json::Text(text) => self.leaf(out.kind, &text), // a code that the other side takes as a number
                value => value,
            },
            From::Doc(node) => text(node, out.from()).map_or(Json::Null, |text| self.leaf(out.kind, text)),
        };
        match &out.is {
            Some(is) => self.flag(is.split(' ').any(|one| found == Json::text(one))),
            None => found,
        }
    }
}

/// Where the values of an object stand.
enum From<'a> {
    Row(&'a Rows<'a>, usize),
    Doc(&'a Node),
}

/// The text behind a path: `sip/username`.
fn text<'n>(node: &'n Node, path: &str) -> Option<&'n str> {
    match path.split_once('/') {
        Some((name, rest)) => text(node.get(name)?, rest),
        None => node.get_text(path),
    }
}

/// Puts a value where a path says: `data/sip` into member `sip` of `data`, "" into `to` itself.
fn put(path: &str, value: Json, to: &mut Vec<(String, Json)>) {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() {
        if let Json::Object(members) = value {
            to.extend(members);
        }
        return;
    }
    let found = to.iter().position(|(have, _)| have == name);
    let at = found.unwrap_or_else(|| {
        to.push((name.to_owned(), Json::Object(Vec::new())));
        to.len() - 1
    });
    match (&mut to[at].1, rest) {
        (place, "") => *place = value,
        (Json::Object(members), rest) => put(rest, value, members),
        (place, _) => *place = value,
    }
}
