//! What registrars know contacts by.

use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::Result;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::seal::Column;

pub const FUNCS: &[Row] = &[("service_profile2processingmodule.edit", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.save(save).show(show);

/// A password at a registrar is bound to its row.
pub const SEALED: Column = Column {
    table: "service_profile2processing",
    column: "externalpassword",
    context: "service_profile2processing.externalpassword:{id}",
    only: "is_sealed",
};

/// A module tells it again and again: one row a module, contact and role.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    if record.is_new() {
        record.id = known(cx, &record)?;
    }
    let id = record::store(cx, record)?;
    if let Some(password) = cx.params.sent("externalpassword").filter(|sent| !sent.is_empty()) {
        let sealed = cx.app.sealer.seal(password, &SEALED.context(&[&id]));
        let sql = Sql::new("UPDATE service_profile2processing SET is_sealed = TRUE, externalpassword = ");
        sql.bind(sealed).sql(" WHERE id = ").bind(id).execute(cx.conn)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn known(cx: &mut Ctx, record: &Record) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM service_profile2processing WHERE processing_id = ");
    let sql = sql.bind(record.int("processing_id")).sql(" AND service_profile_id = ");
    let sql = sql.bind(record.int("service_profile_id")).sql(" AND type = ").bind(record.str("type"));
    Ok(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT is_sealed FROM service_profile2processing WHERE id = ").bind(record.id);
    let has = sql.first(cx.conn, &[Kind::Flag])?.is_some_and(|row| row[0].on());
    record.show("has_password", if has { "on" } else { "off" });
    Ok(())
}
