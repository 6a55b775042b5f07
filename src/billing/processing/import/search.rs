//! Has a module look for what there is at its vendor; what it finds waits in `processing.import`.

use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::module::program;
use crate::module::search::{self, Search};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};

pub const SEARCH: Form = record::FORM.read(read).save(save);

/// With how the last search went.
fn read(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    need_program(cx, id)?;
    let mut record = record::defaults(cx);
    record.id = id;
    if let Some(last) = search::last(cx.conn, id)? {
        let state = cx.word(&format!("state_{}", last.state)).to_owned();
        let mut told = format!("{} · {state}", cx.zone.time(last.asked_us));
        if !last.error.is_empty() {
            told = format!("{told} · {}", last.error);
        }
        record.set("last", told);
    }
    Ok(record)
}

/// Only a program can be asked. Errors `missed(elid)`, `value(module)`.
fn need_program(cx: &mut Ctx, id: i64) -> Result<()> {
    let sql = Sql::new("SELECT module FROM processing WHERE NOT deleted AND id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    match program::exists(&cx.call.app, row[0].str()) {
        true => Ok(()),
        false => Err(Error::value("module", row[0].str()).with("desc", "desc_no_program")),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let kind = cx.app.registry.families.by_id(record.int("itemtype"));
    let search = Search {
        processing: record.id,
        itemtype: kind.map_or(String::new(), |kind| kind.intname.clone()),
        searchstring: record.str("searchstring").to_owned(),
    };
    let id = search.post(cx.conn, cx.now_us)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}
