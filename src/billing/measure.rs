//! Units of measure and what they are made of.

use super::intname;
use super::usage::refuse_used;
use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] =
    &[("measure.edit", Handler::Form(record::FORM.check(check))), ("measure.delete", Handler::Each(delete))];

/// Units made of units made of units: further down there is a mistake.
const DEPTH_MAX: usize = 16;

/// A unit is not made of itself, also not by way of others.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    intname::check(record)?;
    if record.int("relation") < 1 {
        return Err(Error::value("relation", record.int("relation").to_string()));
    }
    let less = record.int("lessmeasure_id");
    if less != 0 && (less == record.id || made_of(cx.conn, less)?.contains(&record.id)) {
        return Err(Error::value("lessmeasure", less.to_string()));
    }
    Ok(())
}

/// The smaller units of a unit, the base last.
fn made_of(conn: &mut Conn, id: i64) -> Result<Vec<i64>> {
    let (mut found, mut unit) = (Vec::new(), id);
    while found.len() < DEPTH_MAX {
        let sql = Sql::new("SELECT lessmeasure_id FROM measure WHERE id = ").bind(unit);
        unit = sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
        match unit {
            0 => return Ok(found),
            unit => found.push(unit),
        }
    }
    Err(Error::limit("lessmeasure", DEPTH_MAX.to_string()))
}

/// The unit that a unit is counted in at last: two of one base can be converted.
pub fn base(conn: &mut Conn, id: i64) -> Result<i64> {
    Ok(made_of(conn, id)?.last().copied().unwrap_or(id))
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let places = [
        ("measure", "measure", "lessmeasure_id"),
        ("itemtype.addon", "itemtype_addon_list", "measure_id"),
        ("pricelist.detail", "pricelist_detail_list", "measure_id"),
    ];
    refuse_used(cx, elid, &places)?;
    record::delete(cx, elid)
}
