//! One list call: conditions, total, page, rows. Rows go out one by one and never become a tree.

pub mod peek;

use std::sync::Arc;

use super::envelope;
use super::filter::{self, Test};
use super::handler::{Ctx, Handler};
use super::meta::ScopeKind;
use super::page::{Ask, Paging, Sort};
use super::plan::{self, Plan};
use crate::auth::Scope;
use crate::cell::{Cell, Column};
use crate::db::{Kind, Raw, Sql};
use crate::doc::{Answer, Body, Node};
use crate::error::{Error, Result};
use crate::record::scope_sql;

/// Takes the rows of a list as they are read.
pub trait RowSink {
    /// Once, before any row, also of an empty list.
    fn list(&mut self, columns: &[Column], key: &str);
    /// Once, before any row of a whole list: the document with what stands before the rows.
    fn begin(&mut self, _head: &dyn Fn() -> Answer) {}
    /// An error ends the call.
    fn row(&mut self, columns: &[Column], cells: &[Cell]) -> Result<()>;
}

/// For calls that answer no list.
pub struct NoRows;

impl RowSink for NoRows {
    fn list(&mut self, _columns: &[Column], _key: &str) {}
    fn row(&mut self, _columns: &[Column], _cells: &[Cell]) -> Result<()> {
        Ok(())
    }
}

/// Columns without an index of their own are sortable up to this many rows.
const SORT_ANY_MAX: i64 = 10_000;

/// Answers a list. `head` makes the document's envelope around the list's own nodes.
pub fn answer(cx: &mut Ctx, each: &mut dyn RowSink) -> Result<Answer> {
    let app = cx.call.app.clone();
    let func = cx.call.func.clone();
    let plan = func.plans.get(&func, &app.registry.words, cx.caller.level(), &cx.call.lang);
    let tests = filter::tests(cx.call)?;
    let sort = Sort::of(cx.call)?;
    let ask = Ask::of(cx.call)?;
    each.list(&plan.columns, func.meta.key());
    if ask.everything {
        each.begin(&|| envelope::wrap(cx.call, document(cx, &sort.nodes(), [])));
    }
    let paging = match func.handler {
        Handler::View(condition) => {
            let extra = condition.map_or(Ok(Sql::default()), |condition| condition(cx))?;
            View { plan: &plan, sort: &sort, narrowed: !extra.is_empty() }
                .run(cx, extra, &tests, ask, each)?
        }
        Handler::Rows(rows) => {
            let rows = rows(cx)?;
            made(cx, rows, &plan, &tests, &sort, ask, each)?
        }
        _ => return Err(Error::system(format!("`{}` is no list", func.name()))),
    };
    let (head, tail) = paging.nodes(&sort);
    Ok(document(cx, &head, tail))
}

fn document(cx: &Ctx, head: &[Node], tail: impl IntoIterator<Item = Node>) -> Answer {
    let is_stored = !cx.params.has("filter") && cx.caller.user.filters.contains_key(cx.func.name());
    let filtered = is_stored.then(|| Node::leaf("p_filter", "on"));
    let head = parent_nodes(cx).into_iter().chain(filtered).chain(head.iter().cloned());
    let doc = Node::new("doc").with(head).kid(Node::rows()).with(tail);
    Answer::new(Body::List, doc)
}

/// Nested lists say whose rows they are.
fn parent_nodes(cx: &Ctx) -> Vec<Node> {
    match cx.func.meta.parent.is_empty() || !cx.params.has("elid") {
        true => Vec::new(),
        false => vec![Node::leaf("plid", cx.params.get("elid"))],
    }
}

struct View<'v> {
    plan: &'v Arc<Plan>,
    sort: &'v Sort,
    narrowed: bool,
}

impl View<'_> {
    fn run(
        &self,
        cx: &mut Ctx,
        extra: Sql,
        tests: &[Test],
        ask: Ask,
        each: &mut dyn RowSink,
    ) -> Result<Paging> {
        let condition = self.condition(cx, extra, tests)?;
        let free = tests.is_empty() && !self.narrowed && cx.func.meta.parent.is_empty();
        let total = self.total(cx, &condition, free)?;
        self.check_sort(cx, total)?;
        let mut paging = Paging::new(ask, total);
        if paging.is_past_the_end() {
            return Ok(paging);
        }
        let after = match paging.first_row() {
            0 => None,
            skip => self.place_before(cx, &condition, &paging, skip)?,
        };
        self.rows(cx, &condition, after, &mut paging, each)?;
        self.edges(cx, &condition, &mut paging)?;
        Ok(paging)
    }

    /// ` AND …`: scope, parent, the handler's own, filter.
    fn condition(&self, cx: &Ctx, extra: Sql, tests: &[Test]) -> Result<Sql> {
        let meta = &cx.func.meta;
        let mut sql = match meta.scope {
            ScopeKind::None | ScopeKind::Public => Sql::default(),
            ScopeKind::Account => scope_sql(cx.scope(), "account_id"),
        };
        if !meta.parent.is_empty() {
            sql = sql.sql(" AND ").word(&meta.parent).sql(" = ").bind(cx.need_elid()?);
        }
        sql = sql.append(&extra);
        let has = |column: &str| cx.app.db.has_column(&meta.view, column);
        Ok(tests.iter().fold(sql, |sql, test| sql.append(&test.sql(has))))
    }

    fn total(&self, cx: &mut Ctx, condition: &Sql, free: bool) -> Result<i64> {
        let counter = &cx.call.func.meta.counter;
        let sql = match free && !counter.is_empty() {
            true => counted(counter, cx.scope()),
            false => Sql::new("SELECT COUNT(*) FROM ").word(&cx.func.meta.view).sql(" WHERE 1 = 1"),
        };
        let sql = if free && !counter.is_empty() { sql } else { sql.append(condition) };
        let (app, writes) = (&cx.call.app, cx.call.app.db.writes());
        if let Some((_, total)) = app.totals.get(&sql).filter(|kept| Some(kept.0) == writes) {
            return Ok(total);
        }
        let total = sql.clone().first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
        if let Some(writes) = writes {
            app.totals.insert(sql, (writes, total));
        }
        Ok(total)
    }

    /// A large list sorts by what has an index; anything else would read all of it for a page.
    fn check_sort(&self, cx: &Ctx, total: i64) -> Result<()> {
        let meta = &cx.func.meta;
        let indexed = self.sort.name == meta.key()
            || meta.col(&self.sort.name).is_some_and(|col| col.indexed)
            || meta.counter.is_empty();
        match indexed || total <= SORT_ANY_MAX {
            true => Ok(()),
            false => Err(Error::limit("p_col", SORT_ANY_MAX.to_string())),
        }
    }

    fn order(&self, sql: Sql, descends: bool) -> Sql {
        let direction = if descends { " DESC" } else { "" };
        let sql = sql.sql(" ORDER BY ").word(&self.sort.column).sql(direction);
        match self.sort.column == self.sort.key {
            true => sql,
            false => sql.sql(", ").word(&self.sort.key).sql(direction),
        }
    }

    /// The last row before the page: remembered from the walk that led here, else looked up by
    /// its place among ids alone.
    fn place_before(
        &self,
        cx: &mut Ctx,
        condition: &Sql,
        paging: &Paging,
        skip: i64,
    ) -> Result<Option<(Raw, Raw)>> {
        let mark = self.sort.mark(&cx.func.meta.name, condition, skip);
        if let Some(place) = cx.app.cursors.get(&mark) {
            return Ok(Some(place));
        }
        let sql = Sql::new("SELECT ").words([self.sort.column.as_str(), &self.sort.key]);
        let sql = sql.append(&self.plan.from).append(condition);
        // Whichever end is nearer: the total is exact.
        let (descends, offset) = match skip > paging.total / 2 {
            true => (!self.sort.descends, paging.total - skip),
            false => (self.sort.descends, skip - 1),
        };
        let sql = self.order(sql, descends).sql(" LIMIT 1 OFFSET ").bind(offset);
        let row = sql.first(cx.conn, &[self.sort.kind, self.key_kind()])?;
        Ok(row.map(|row| (row[0].clone(), row[1].clone())))
    }

    fn key_kind(&self) -> Kind {
        self.plan.source.iter().find(|(name, _)| *name == self.sort.key).map_or(Kind::Int, |row| row.1)
    }

    fn rows(
        &self,
        cx: &mut Ctx,
        condition: &Sql,
        after: Option<(Raw, Raw)>,
        paging: &mut Paging,
        each: &mut dyn RowSink,
    ) -> Result<()> {
        let plan = self.plan;
        let sorted_at = plan.place(&self.sort.column);
        let mut kinds: Vec<Kind> = plan.source.iter().map(|(_, kind)| *kind).collect();
        kinds.extend(sorted_at.is_none().then_some(self.sort.kind));
        let sql = match sorted_at {
            Some(_) => plan.select.clone(),
            None => plan.select.clone().sql(", ").word(&self.sort.column),
        };
        let sql = sql.append(&plan.from).append(condition);
        let sql = self.order(sql.append(&self.sort.after(after)), self.sort.descends);
        let sql = match paging.ask.everything {
            true => sql,
            false => sql.sql(" LIMIT ").bind(paging.cnt()),
        };
        let mut last = vec![Raw::Null; kinds.len()];
        let mut read = 0;
        let zone = cx.call.zone.clone();
        let shown_at = plan.columns.iter().position(|column| column.name == self.sort.name);
        sql.rows(cx.conn, |row| {
            for (at, (raw, kind)) in last.iter_mut().zip(&kinds).enumerate() {
                raw.read(row, at, *kind)?;
            }
            let mut cells = Vec::with_capacity(plan.columns.len());
            plan.cells(&last, &zone, &mut cells);
            each.row(&plan.columns, &cells)?;
            paging.saw(read, shown_at.map(|at| &cells[at]));
            read += 1;
            Ok(())
        })?;
        self.remember(cx, condition, paging, &last, read);
        Ok(())
    }

    /// Keeps where the next page begins.
    fn remember(&self, cx: &Ctx, condition: &Sql, paging: &Paging, last: &[Raw], read: i64) {
        if read == 0 || read < paging.cnt() {
            return;
        }
        let at = |name: &str| self.plan.place(name).map_or(last.len() - 1, |at| at);
        let place = (last[at(&self.sort.column)].clone(), last[at(&self.sort.key)].clone());
        let mark = self.sort.mark(&cx.func.meta.name, condition, paging.first_row() + read);
        cx.app.cursors.insert(mark, place);
    }

    /// The first and last sort value of each page, while there are few pages.
    fn edges(&self, cx: &mut Ctx, condition: &Sql, paging: &mut Paging) -> Result<()> {
        if !paging.wants_edges() {
            return Ok(());
        }
        let Some(field) = cx.func.meta.col(&self.sort.name).cloned() else { return Ok(()) };
        let numbered =
            Sql::new("SELECT v, n FROM (SELECT ").word(field.column()).sql(" AS v, ROW_NUMBER() OVER (");
        let numbered = self.order(numbered, self.sort.descends).sql(") AS n FROM ").word(&cx.func.meta.view);
        let numbered = numbered.sql(" WHERE 1 = 1").append(condition).sql(") AS numbered WHERE (n - 1) % ");
        let sql = numbered.bind(paging.cnt()).sql(" IN (0, ").bind(paging.cnt() - 1).sql(") OR n = ");
        let rows = sql.bind(paging.total).sql(" ORDER BY n").load(cx.conn, &[field.stored(), Kind::Int])?;
        for row in &rows {
            let cell = crate::value::cell(field.kind, &row[0], "", &cx.call.zone);
            paging.edge(row[1].int() - 1, cell.to_string());
        }
        Ok(())
    }
}

/// The exact total that triggers keep for a scope.
fn counted(counter: &str, scope: Scope) -> Sql {
    let (name, owner) = match scope {
        Scope::All => ("all", 0),
        Scope::Reseller(id) => ("reseller", id),
        Scope::Account(id) => ("account", id),
        Scope::Nobody => ("nobody", 0),
    };
    Sql::new("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM counter WHERE list = ")
        .bind(counter)
        .sql(" AND scope = ")
        .bind(name)
        .sql(" AND owner_id = ")
        .bind(owner)
}

/// The same over rows that a handler made: few, so they are filtered and sorted here.
fn made(
    cx: &mut Ctx,
    mut rows: Vec<Vec<Raw>>,
    plan: &Plan,
    tests: &[Test],
    sort: &Sort,
    ask: Ask,
    each: &mut dyn RowSink,
) -> Result<Paging> {
    let names: Vec<String> = plan::visible(&cx.func.meta, crate::level::Level::Super)
        .map(|field| field.column().to_owned())
        .collect();
    let place = |name: &str| names.iter().position(|have| have == name);
    let holds = |row: &Vec<Raw>, test: &Test| place(&test.column).is_none_or(|at| test.holds(&row[at]));
    rows.retain(|row| tests.iter().all(|test| holds(row, test)));
    if let Some(at) = place(&sort.column) {
        let key_at = place(&sort.key).unwrap_or(at);
        rows.sort_by(|a, b| (&a[at], &a[key_at]).cmp(&(&b[at], &b[key_at])));
        if sort.descends {
            rows.reverse();
        }
    }
    let mut paging = Paging::new(ask, rows.len() as i64);
    let source: Vec<Option<usize>> = plan.source.iter().map(|(name, _)| place(name)).collect();
    let shown_at = plan.columns.iter().position(|column| column.name == sort.name);
    let zone = cx.call.zone.clone();
    for (at, row) in rows.iter().enumerate() {
        let raws: Vec<Raw> = source.iter().map(|at| at.map_or(Raw::Null, |at| row[at].clone())).collect();
        let mut cells = Vec::with_capacity(plan.columns.len());
        plan.cells(&raws, &zone, &mut cells);
        paging.edge(at as i64, shown_at.map(|at| cells[at].to_string()).unwrap_or_default());
        if paging.holds(at as i64) {
            each.row(&plan.columns, &cells)?;
        }
    }
    Ok(paging)
}
