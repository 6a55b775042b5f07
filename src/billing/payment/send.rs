//! The bill by mail.

use super::event::load;
use crate::books;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::record;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::service::Till;

pub const FUNCS: &[Row] = &[("payment.send", Handler::Each(send))];

/// A letter each time it is asked for.
fn send(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    record::need_own(cx, id)?;
    let payment = load(cx, id)?;
    let subaccount = books::subaccount(cx.conn, payment.subaccount_id)?;
    let (_, iso) = super::method_currency(cx, payment.paymethod_id)?;
    let sql = Sql::new("SELECT p.number, j.billurl, j.name FROM payment p ");
    let sql = sql.sql("JOIN project j ON j.id = p.project_id WHERE p.id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text; 3])?.ok_or_else(|| Error::missed("elid"))?;
    let values = [
        ("number", row[0].str().to_owned()),
        ("amount", format!("{} {iso}", payment.paid.shown(&iso))),
        ("url", bill_url(row[1].str(), id)),
        ("project", row[2].str().to_owned()),
    ];
    let about = format!("payment:{id}:{}", cx.now_us);
    mail::to_account(&mut Till::of(cx), subaccount.account_id, "payment_bill", &about, &values)
}

fn bill_url(panel: &str, id: i64) -> String {
    match panel {
        "" => String::new(),
        panel => format!("{panel}?func=payment.add.redirect&elid={id}"),
    }
}
