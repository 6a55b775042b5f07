//! Calls through the one door without a server between, and what they find and leave behind.

pub mod tables;
pub mod values;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use billmgr::app::App;
use billmgr::auth::{Caller, Via};
use billmgr::cell::{Cell, Column};
use billmgr::doc::Node;
use billmgr::error::Result;
use billmgr::params::Params;
use billmgr::rpc::{self, BUDGET_SLOW, list::RowSink};

pub type Pairs<'p> = [(&'p str, &'p str)];

/// One row by column; of a code the code and not its words.
pub type Row = BTreeMap<String, String>;

#[derive(Debug)]
pub struct Answered {
    pub doc: Node,
    pub rows: Vec<Row>,
}

#[derive(Default)]
struct Rows(Vec<Row>);

impl RowSink for Rows {
    fn list(&mut self, _columns: &[Column], _key: &str) {}

    fn row(&mut self, columns: &[Column], cells: &[Cell]) -> Result<()> {
        let text = |cell: &Cell| match cell {
            Cell::Msg { code, .. } => code.to_string(),
            cell => cell.to_string(),
        };
        self.0.push(columns.iter().map(|column| column.name.clone()).zip(cells.iter().map(text)).collect());
        Ok(())
    }
}

/// The server itself, which signs in nowhere.
pub const SERVER: &str = "root";

/// A user as he calls after signing in.
pub fn caller(app: &App, login: &str) -> Caller {
    if login == SERVER {
        return Caller::own();
    }
    let user = app.access.user_named(&app.db, login).expect("users can be read");
    let user = user.unwrap_or_else(|| panic!("no user {login}"));
    Caller::new(user, IpAddr::V4(Ipv4Addr::LOCALHOST), Via::Own)
}

pub fn call(app: &Arc<App>, login: &str, func: &str, pairs: &Pairs) -> Result<Answered> {
    call_by(app, &caller(app, login), func, pairs)
}

pub fn call_by(app: &Arc<App>, caller: &Caller, func: &str, pairs: &Pairs) -> Result<Answered> {
    let fixed = [("func", func), ("out", "xml")];
    let params = Params::of(fixed.into_iter().chain(pairs.iter().copied()));
    let mut rows = Rows::default();
    let answer = rpc::call(app, caller, &params, BUDGET_SLOW, &mut rows)?;
    Ok(Answered { doc: answer.doc, rows: rows.0 })
}

impl Answered {
    pub fn nothing() -> Self {
        Self { doc: Node::new("doc"), rows: Vec::new() }
    }

    /// The value of a form's field.
    pub fn text(&self, name: &str) -> &str {
        self.doc.get_text(name).unwrap_or_default()
    }

    /// What a select offers, without "nothing".
    pub fn offered(&self, name: &str) -> Vec<String> {
        let of_field = |node: &&Node| node.name == "slist" && node.get_attr("name") == Some(name);
        let vals = self.doc.kids.iter().filter(of_field).flat_map(|slist| &slist.kids);
        vals.filter_map(|val| val.get_attr("key")).filter(|key| !key.is_empty()).map(str::to_owned).collect()
    }
}
