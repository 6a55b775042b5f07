//! The bill by mail, with its printed form.

use super::event::load;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::outbox::mail::{Letter, Paper};
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::service::Till;
use crate::time::SECOND_US;

pub const FUNCS: &[Row] = &[("payment.send", Handler::Each(send))];

/// A letter each time it is asked for; two clicks within a second are one.
fn send(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let iso = &payment.method_iso;
    let sql = Sql::new("SELECT p.number, j.billurl, j.name, j.id FROM payment p ");
    let sql = sql.sql("JOIN project j ON j.id = p.project_id WHERE p.id = ").bind(id);
    let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    let row = sql.first(cx.conn, &kinds)?.ok_or_else(|| Error::missed("elid"))?;
    let values = [
        ("number", row[0].str().to_owned()),
        ("amount", format!("{} {iso}", payment.paid.shown(iso))),
        ("url", bill_url(row[1].str(), id)),
        ("project", row[2].str().to_owned()),
    ];
    let letter = Letter {
        account_id: payment.account_id,
        project_id: row[3].int(),
        template: "payment_bill",
        about: format!("payment:{id}:{}", cx.now_us / SECOND_US),
        values: &values,
        paper: Some(Paper::Bill(id)),
    };
    letter.post_asked(&mut Till::of(cx))
}

fn bill_url(panel: &str, id: i64) -> String {
    match panel {
        "" => String::new(),
        panel => format!("{panel}?func=payment.add.redirect&elid={id}"),
    }
}
