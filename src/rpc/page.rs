//! Which part of a list is asked for, in which order, and what the answer says about it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::handler::Call;
use super::meta::Field;
use super::plan::key_column;
use crate::cell::Cell;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};

/// Rows a page where nothing was asked (protocol.md §2), and in a browser.
const CNT_DEFAULT: i64 = 1000;
const CNT_HTML: i64 = 50;
pub const CNT_MAX: i64 = 10_000;
/// `p_cnt` of who wants every row there is, in a format whose rows leave as they are read.
pub const ALL: &str = "all";
const STREAMED: [&str; 7] = ["text", "csv", "xml", "devel", "json", "sjson", "xjson"];
/// Up to this many pages every page is listed, beyond that the current one.
const PAGES_LISTED: i64 = 20;

/// `p_num`, `p_cnt` and `p_off` as they were sent.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    num: i64,
    cnt: i64,
    /// Rows to leave out, where they are counted and not pages (operations.md §3.2).
    off: Option<i64>,
    /// Every row, in pieces: `p_cnt=all`, and text and csv without either.
    pub everything: bool,
}

impl Ask {
    pub fn of(call: &Call) -> Result<Self> {
        let whole = call.params.get("p_cnt").trim() == ALL;
        let number = |name: &str, least: i64| match call.params.get(name).trim() {
            "" => Ok(None),
            ALL if name == "p_cnt" => Ok(None),
            text => {
                text.parse().ok().filter(|n| *n >= least).map(Some).ok_or_else(|| Error::value(name, text))
            }
        };
        let (num, cnt, off) = (number("p_num", 1)?, number("p_cnt", 1)?, number("p_off", 0)?);
        let remembered = call.caller.session.as_ref();
        let kept = remembered.and_then(|session| session.page_size(call.func.name(), cnt));
        let out = call.params.get("out").to_lowercase();
        let is_page = num.is_some() || cnt.is_some() || off.is_some();
        // Nothing holds all rows at once: neither a page nor what is handed to a script tag.
        let leaves_in_pieces = STREAMED.contains(&out.as_str()) && !call.params.has("callback");
        if whole && (is_page || !leaves_in_pieces) {
            return Err(Error::value("p_cnt", ALL));
        }
        let usual = if out.is_empty() { CNT_HTML } else { CNT_DEFAULT };
        Ok(Self {
            num: num.unwrap_or(1),
            cnt: kept.or(cnt).unwrap_or(usual).min(CNT_MAX),
            off,
            everything: whole || (matches!(out.as_str(), "text" | "csv") && !is_page),
        })
    }
}

/// By which column, in which direction. Equal values stand in the order of the key.
#[derive(Debug, Clone, Hash)]
pub struct Sort {
    /// The answered column.
    pub name: String,
    /// The view's column: the folded one where there is one.
    pub column: String,
    pub key: String,
    pub kind: Kind,
    pub descends: bool,
}

impl Sort {
    pub fn of(call: &Call) -> Result<Self> {
        let meta = &call.func.meta;
        let asked = asked(call);
        let sortable = |col: &&Field| !col.nosort && col.level <= call.caller.level();
        let named = |(name, _): &(String, bool)| meta.col(name).filter(sortable).is_some();
        // A column that cannot be sorted is ignored, as the original does.
        let (name, descends) = asked.filter(named).unwrap_or_else(|| {
            let usual = if meta.sort.is_empty() { meta.key() } else { &meta.sort };
            signed(usual)
        });
        let stored = meta.col(&name).map_or(Kind::Int, Field::stored);
        let plain = meta.col(&name).map_or(name.as_str(), Field::column).to_owned();
        let folded = format!("{plain}_fold");
        let folds = call.app.db.has_column(&meta.view, &folded);
        let column = if folds { folded } else { plain };
        Ok(Self { name, column, key: key_column(meta).to_owned(), kind: stored, descends })
    }

    /// ` AND (column, key) > (?, ?)`: the rows behind a place in this order.
    pub fn after(&self, place: Option<(Raw, Raw)>) -> Sql {
        let Some((value, key)) = place else { return Sql::default() };
        let sign = if self.descends { " < " } else { " > " };
        match self.column == self.key {
            true => Sql::new(" AND ").word(&self.key).sql(sign).bind(key),
            false => {
                let sql = Sql::new(" AND (").words([self.column.as_str(), &self.key]).sql(")").sql(sign);
                sql.sql("(").binds([value, key]).sql(")")
            }
        }
    }

    pub fn nodes(&self) -> [Node; 2] {
        let order = if self.descends { "desc" } else { "asc" };
        [Node::leaf("p_sort", &self.name), Node::leaf("p_order", order)]
    }

    /// Under what the beginning of a page is remembered. The condition holds the scope, so
    /// nobody meets a place of another's list.
    pub fn mark(&self, func: &str, condition: &Sql, first_row: i64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (func, self, condition, first_row).hash(&mut hasher);
        hasher.finish()
    }
}

/// `p_col=-id`, or `p_sort=id` with `p_order=desc`. An unescaped `+` arrives as a blank.
fn asked(call: &Call) -> Option<(String, bool)> {
    let params = &call.params;
    if params.has("p_col") {
        return Some(signed(params.get("p_col").trim()));
    }
    params.has("p_sort").then(|| (params.get("p_sort").to_owned(), params.get("p_order") == "desc"))
}

fn signed(text: &str) -> (String, bool) {
    match text.strip_prefix('-') {
        Some(name) => (name.to_owned(), true),
        None => (text.trim_start_matches('+').to_owned(), false),
    }
}

/// The page that is answered.
#[derive(Debug)]
pub struct Paging {
    pub ask: Ask,
    pub total: i64,
    /// From 1; an asked page past the end is the last one.
    num: i64,
    first_row: i64,
    /// First and last sort value, by row number from 0.
    edges: BTreeMap<i64, String>,
}

impl Paging {
    pub fn new(ask: Ask, total: i64) -> Self {
        let ask = if ask.everything { Ask { num: 1, cnt: total.max(1), ..ask } } else { ask };
        let pages = pages(total, ask.cnt);
        let num = ask.num.min(pages).max(1);
        let (num, first_row) = match ask.off {
            Some(off) => (off / ask.cnt + 1, off.min(total)),
            None => (num, (num - 1) * ask.cnt),
        };
        Self { ask, total, num, first_row, edges: BTreeMap::new() }
    }

    pub fn cnt(&self) -> i64 {
        self.ask.cnt
    }

    /// How many rows stand before the page.
    pub fn first_row(&self) -> i64 {
        self.first_row
    }

    /// Does it begin behind the last row?
    pub fn is_past_the_end(&self) -> bool {
        self.first_row > 0 && self.first_row >= self.total
    }

    pub fn holds(&self, row: i64) -> bool {
        self.ask.everything || (self.first_row()..self.first_row() + self.ask.cnt).contains(&row)
    }

    /// Row `read` of this page, with its sort value.
    pub fn saw(&mut self, read: i64, cell: Option<&Cell>) {
        let last = (self.total - self.first_row()).min(self.ask.cnt) - 1;
        if read == 0 || read == last {
            self.edge(self.first_row() + read, cell.map(Cell::to_string).unwrap_or_default());
        }
    }

    pub fn edge(&mut self, row: i64, text: String) {
        let in_page = row % self.ask.cnt;
        if in_page == 0 || in_page == self.ask.cnt - 1 || row == self.total - 1 {
            self.edges.entry(row).or_insert(text);
        }
    }

    /// Are there further pages to name?
    pub fn wants_edges(&self) -> bool {
        !self.ask.everything && (2..=PAGES_LISTED).contains(&pages(self.total, self.ask.cnt))
    }

    /// What stands before the rows, and behind them. The whole list has no pages to name: where its only one ends
    /// is known when all of it has left.
    pub fn nodes(&self, sort: &Sort) -> (Vec<Node>, Vec<Node>) {
        let listed = match pages(self.total, self.ask.cnt) {
            _ if self.ask.everything => Vec::new(),
            0 => Vec::new(),
            pages if pages <= PAGES_LISTED => (1..=pages).collect(),
            _ => vec![self.num],
        };
        let pages = listed.into_iter().map(|num| Node::leaf("page", self.page(num)));
        let tail = vec![
            Node::leaf("p_cnt", self.ask.cnt.to_string()),
            Node::leaf("p_num", self.num.to_string()),
            Node::leaf("p_elems", self.total.to_string()),
        ];
        (sort.nodes().into_iter().chain(pages).collect(), tail)
    }

    /// `first - last` of a page, a single word where they are one row (protocol.md C9).
    fn page(&self, num: i64) -> String {
        let first = (num - 1) * self.ask.cnt;
        let last = (first + self.ask.cnt).min(self.total) - 1;
        let text = |row: i64| self.edges.get(&row).map_or("", String::as_str);
        match first == last {
            true => text(first).to_owned(),
            false => format!("{} - {}", text(first), text(last)),
        }
    }
}

fn pages(total: i64, cnt: i64) -> i64 {
    (total + cnt - 1) / cnt
}
