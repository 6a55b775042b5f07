//! Has a module look for what there is at its vendor; what it finds waits in `processing.import`.

use crate::doc::Node;
use crate::error::{Error, Result};
use crate::module::info::Processing;
use crate::module::program;
use crate::module::search::{self, Search};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};

pub const SEARCH: Form = record::FORM.read(read).save(save);

/// With how the last search went.
fn read(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    need_program(cx, id)?;
    let mut record = Record::stored(id);
    for field in cx.func.meta.fields() {
        record.set(field.column(), crate::value::default(field, &cx.zone));
    }
    if let Some((state, asked_us, error)) = search::last(cx.conn, id)? {
        let state = cx.word(&format!("state_{state}")).to_owned();
        let asked = cx.zone.time(asked_us);
        let told = [asked, state, error];
        record.set(
            "last",
            told.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · "),
        );
    }
    Ok(record)
}

/// Only a program can be asked. Errors `missed(elid)`, `value(module)`.
fn need_program(cx: &mut Ctx, id: i64) -> Result<()> {
    let found = Processing::load(cx.conn, &cx.call.app, id)?;
    let processing = found.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    match program::exists(&cx.call.app, &processing.module) {
        true => Ok(()),
        false => Err(Error::value("module", processing.module).with("desc", "desc_no_program")),
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
