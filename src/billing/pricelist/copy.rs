//! `pricelist.copy`: a tariff like another, with its prices, add-ons and modules.

use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};

/// The record that is read is the one to copy; what is kept is another.
pub const FORM: Form = record::FORM.read(read).save(save);

fn read(cx: &mut Ctx) -> Result<Record> {
    cx.need_elid()?;
    let plain = record::FORM.read;
    plain(cx)
}

/// The copy is out of use until somebody has looked at it.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let from = record.id;
    let name = record.str("name").to_owned();
    let changes = [
        ("name", name.clone().into()),
        ("name_fold", name.to_lowercase().into()),
        ("name_ru", record.str("name_ru").into()),
        ("project_id", record.int("project_id").into()),
        ("active", false.into()),
    ];
    let to = copied(cx, "pricelist", from, &changes)?;
    let own_prices = Sql::new("SELECT id FROM price WHERE detail_id = 0 AND pricelist_id = ").bind(from);
    for id in ids(cx, own_prices)? {
        copied(cx, "price", id, &[("pricelist_id", to.into())])?;
    }
    copy_details(cx, from, to)?;
    copy_modules(cx, from, to)?;
    history::write(cx, to, (0, 0), &format!("copy of {from}"))?;
    Ok(vec![Node::leaf("id", to.to_string())])
}

fn copy_details(cx: &mut Ctx, from: i64, to: i64) -> Result<()> {
    let details =
        Sql::new("SELECT id FROM pricelist_detail WHERE NOT deleted AND pricelist_id = ").bind(from);
    for detail in ids(cx, details)? {
        let copy = copied(cx, "pricelist_detail", detail, &[("pricelist_id", to.into())])?;
        for id in ids(cx, Sql::new("SELECT id FROM price WHERE detail_id = ").bind(detail))? {
            copied(cx, "price", id, &[("pricelist_id", to.into()), ("detail_id", copy.into())])?;
        }
    }
    Ok(())
}

fn copy_modules(cx: &mut Ctx, from: i64, to: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO pricelist_processing (pricelist_id, processing_id) SELECT CAST(");
    let sql = sql.bind(to).sql(" AS BIGINT), processing_id FROM pricelist_processing WHERE pricelist_id = ");
    sql.bind(from).execute(cx.conn)?;
    Ok(())
}

fn ids(cx: &mut Ctx, sql: Sql) -> Result<Vec<i64>> {
    let rows = sql.sql(" ORDER BY id").load(cx.conn, &[Kind::Int])?;
    Ok(rows.iter().map(|row| row[0].int()).collect())
}

/// A second row like the first but for some columns. Answers its id.
fn copied(cx: &mut Ctx, table: &str, id: i64, changes: &[(&str, Raw)]) -> Result<i64> {
    let app = cx.call.app.clone();
    let columns = app.db.tables().find(|(name, _)| *name == table).map(|(_, columns)| columns);
    let is_kept = |name: &&str| *name != "id" && !changes.iter().any(|(changed, _)| changed == name);
    let mut kept: Vec<&str> =
        columns.into_iter().flatten().map(String::as_str).filter(|name| is_kept(name)).collect();
    kept.sort_unstable();
    let names = kept.iter().copied().chain(changes.iter().map(|(name, _)| *name));
    let mut sql = Sql::new("INSERT INTO ").word(table).sql(" (").words(names).sql(") SELECT ");
    sql = sql.words(kept.iter().copied());
    for (_, value) in changes {
        sql = match value {
            Raw::Int(_) => sql.sql(", CAST(").bind(value.clone()).sql(" AS BIGINT)"),
            Raw::Text(_) => sql.sql(", CAST(").bind(value.clone()).sql(" AS TEXT)"),
            Raw::Flag(true) => sql.sql(", TRUE"),
            _ => sql.sql(", FALSE"),
        };
    }
    let sql = sql.sql(" FROM ").word(table).sql(" WHERE id = ").bind(id).sql(" RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| Error::missed("elid").with("value", id.to_string()))
}
