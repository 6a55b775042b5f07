//! Few rows of a list without its total, page and stored filter: for cards and for the search.

use super::View;
use crate::cell::{Cell, Column};
use crate::db::{Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::meta::Shape;
use crate::rpc::page::Sort;

/// The first rows that `more` leaves of the rows which this caller may see, `most` of them.
/// `by` sorts them, else they stand as in the list.
pub fn rows(
    cx: &mut Ctx,
    more: &Sql,
    by: Option<&str>,
    most: i64,
    mut each: impl FnMut(&[Column], &[Cell]) -> Result<()>,
) -> Result<()> {
    let func = cx.call.func.clone();
    let plan = func.plans.get(&func, &cx.app.registry.words, cx.caller.level(), &cx.call.lang);
    let sort = match by {
        Some(column) => Sort { column: column.to_owned(), descends: false, ..Sort::of(cx.call)? },
        None => Sort::of(cx.call)?,
    };
    let extra = match func.handler {
        Handler::View(condition) => condition.map_or(Ok(Sql::default()), |condition| condition(cx))?,
        _ if func.meta.shape() == Shape::Card => Sql::default(),
        _ => return Err(Error::system(format!("`{}` has no view", func.name()))),
    };
    let view = View { plan: &plan, sort: &sort, narrowed: true };
    let condition = view.condition(cx, extra.append(more), &[])?;
    let sql = view.order(plan.select.clone().append(&plan.from).append(&condition), sort.descends);
    let sql = sql.sql(" LIMIT ").bind(most);
    let kinds: Vec<Kind> = plan.source.iter().map(|(_, kind)| *kind).collect();
    let mut raws = vec![Raw::Null; kinds.len()];
    let zone = cx.call.zone.clone();
    sql.rows(cx.conn, |row| {
        for (at, (raw, kind)) in raws.iter_mut().zip(&kinds).enumerate() {
            raw.read(row, at, *kind)?;
        }
        let mut cells = Vec::with_capacity(plan.columns.len());
        plan.cells(&raws, &zone, &mut cells);
        each(&plan.columns, &cells)
    })
}
