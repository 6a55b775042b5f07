//! Records of calls (call detail records), and those that come from elsewhere.

mod file;

use std::collections::HashMap;

use crate::app::App;
use crate::db::{self, Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Call, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::call::{self, Line, Settled, Terms};
use crate::telecom::client;
use file::Entry;

pub const FUNCS: &[Row] = &[
    ("cdr", Handler::View(Some(client::listed))),
    ("cdr.failed", Handler::View(Some(client::listed))),
    ("cdr.import", Handler::Form(IMPORT)),
];

const IMPORT: Form = record::FORM.read(|_| Ok(Record::new())).outside(import);

/// Records that one transaction takes (decisions.md, Writing: none longer than 50 ms).
const CHUNK: usize = 200;

/// A record with whose it is and what it costs.
struct Priced {
    entry: Entry,
    line: Line,
    terms: Option<Terms>,
}

/// What became of each line of the file, by its number.
type Report = Vec<(usize, Result<Settled>)>;

/// `cdr.import`: keeps and charges the records of a file, each once.
fn import(rpc: &Call) -> Result<Reply> {
    rpc.input("file")?.ok_or_else(|| Error::missed("file"))?;
    let switches = rpc.app.db.read(BUDGET_SLOW, switches)?;
    let mut report = Report::new();
    let mut entries = Vec::new();
    for (nth, entry) in file::parse(rpc.params.get("file"), &switches, (&rpc.zone, rpc.now_us))? {
        match entry {
            Ok(entry) => entries.push((nth, entry)),
            Err(error) => report.push((nth, Err(error))),
        }
    }
    while !entries.is_empty() {
        let chunk = entries.drain(..entries.len().min(CHUNK)).collect();
        take_in(rpc, chunk, &mut report)?;
    }
    report.sort_by_key(|(nth, _)| *nth);
    Ok(Reply::Ok(shown(&report)))
}

/// Switches by what a file calls them.
fn switches(conn: &mut Conn) -> Result<HashMap<String, i64>> {
    let rows =
        Sql::new("SELECT id, name FROM switch WHERE NOT deleted").load(conn, &[Kind::Int, Kind::Text])?;
    Ok(rows.iter().map(|row| (row[1].str().to_owned(), row[0].int())).collect())
}

fn take_in(rpc: &Call, chunk: Vec<(usize, Entry)>, report: &mut Report) -> Result<()> {
    let mut lines = HashMap::new();
    rpc.app.db.read(BUDGET_SLOW, |conn| {
        for (_, entry) in &chunk {
            if !lines.contains_key(&entry.line) {
                lines.insert(entry.line.clone(), Line::load(conn, &entry.line));
            }
        }
        Ok(())
    })?;
    let mut priced = Vec::new();
    for (nth, entry) in chunk {
        let found = match &lines[&entry.line] {
            Ok(line) => price(&rpc.app, &entry, line),
            Err(error) => Err(Error::missed(&error.object).with("value", error.param("value").unwrap_or(""))),
        };
        match found {
            Ok((line, terms)) => priced.push((nth, Priced { entry, line, terms })),
            Err(error) if error.kind == "system" => return Err(error),
            Err(error) => report.push((nth, Err(error))),
        }
    }
    let now_us = rpc.now_us;
    report.extend(rpc.app.db.write_alone(move |conn| {
        priced.iter().map(|(nth, priced)| Ok((*nth, kept(conn, priced, now_us)?))).collect::<Result<Report>>()
    })?);
    Ok(())
}

/// A call that cost nothing may have been to a number without a rate.
fn price(app: &App, entry: &Entry, line: &Line) -> Result<(Line, Option<Terms>)> {
    match line.terms(app, &entry.told.dst)? {
        Ok(terms) => Ok((line.clone(), Some(terms))),
        Err(_) if entry.told.end.billsec == 0 => Ok((line.clone(), None)),
        Err(_) => Err(Error::missed("rate").with("value", entry.told.dst.as_str())),
    }
}

/// One that cannot be kept holds no other up.
fn kept(conn: &mut Conn, priced: &Priced, now_us: i64) -> Result<Result<Settled>> {
    let Priced { entry, line, terms } = priced;
    match db::attempt(conn, |conn| call::record(conn, &entry.told, (line, terms.as_ref()), now_us)) {
        Err(error) if error.kind == "system" => Err(error),
        done => Ok(done),
    }
}

fn shown(report: &Report) -> Vec<Node> {
    let count = |is: fn(&Result<Settled>) -> bool| report.iter().filter(|(_, done)| is(done)).count();
    let counts = [
        ("loaded", count(|done| matches!(done, Ok(settled) if !settled.duplicate))),
        ("known", count(|done| matches!(done, Ok(settled) if settled.duplicate))),
        ("failed", count(|done| done.is_err())),
    ];
    let counts = counts.map(|(name, count)| Node::leaf(name, count.to_string()));
    counts.into_iter().chain(report.iter().map(|(nth, done)| line_node(*nth, done))).collect()
}

fn line_node(nth: usize, done: &Result<Settled>) -> Node {
    let node = Node::new("elem").kid(Node::leaf("line", nth.to_string()));
    match done {
        Ok(settled) => {
            let state = if settled.duplicate { "known" } else { "loaded" };
            let node = node.kid(Node::leaf("status", state)).kid(Node::leaf("id", settled.id.to_string()));
            node.kid(Node::leaf("cost", settled.cost.plain()))
        }
        Err(error) => {
            let node = node.kid(Node::leaf("status", "failed"));
            let node = node.kid(Node::leaf("fault", format!("{}({})", error.kind, error.object)));
            node.kid(Node::leaf("value", error.param("value").unwrap_or_default()))
        }
    }
}
