//! What a provider reports. It is believed no more than that there is news: the order is asked about.

use std::sync::Arc;

use serde_json::Value;
use subtle::ConstantTimeEq;

use super::provider::Provider;
use super::refresh;
use crate::app::App;
use crate::db::{Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;
use crate::telecom::hook::Report;

const SECRET: &str = "x-webhook-secret";
/// Orders that one report may be about.
const ORDERS_MAX: i64 = 10;

/// A report to the provider of that code. Errors `missed(provider)` and `access(provider)` tell nothing
/// of its orders; who may report learns no more than that it was taken. Blocks.
pub fn take(app: &Arc<App>, call: &Report) -> Result<()> {
    let unknown = || Error::missed("provider");
    let provider =
        app.db.read(BUDGET_SLOW, |conn| Provider::by_code(conn, call.path))?.ok_or_else(unknown)?;
    let wanted = provider.webhook_secret(app)?;
    let is_right = bool::from(wanted.reveal().as_bytes().ct_eq(shown(call).as_bytes()));
    if wanted.reveal().is_empty() || !is_right {
        return Err(Error::access("provider"));
    }
    let report: Value = serde_json::from_slice(call.body).map_err(|_| Error::value("body", ""))?;
    let text = |name: &str| {
        let at = report.get("content").and_then(|content| content.get(name)).or(report.get(name));
        at.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (order_no, our_ref) = (text("orderNo"), text("transactionId"));
    if order_no.is_empty() && our_ref.is_empty() {
        return Ok(()); // a test of the address, or something that is about no order
    }
    // Two statements: an OR of both would look through all orders of the provider.
    let live = " AND status IN ('PENDING', 'READY')";
    let sql = Sql::new("SELECT id FROM esim_order WHERE provider_order_no <> '' AND provider_id = ");
    let sql = sql.bind(provider.id).sql(" AND provider_order_no = ").bind(order_no).sql(live);
    let sql = sql.sql(" UNION SELECT id FROM esim_order WHERE our_ref = ").bind(our_ref);
    let sql = sql.sql(" AND provider_id = ").bind(provider.id).sql(live).sql(" ORDER BY 1 LIMIT ");
    let rows = app.db.read(BUDGET_SLOW, |conn| sql.bind(ORDERS_MAX).load(conn, &[Kind::Int]))?;
    rows.iter().try_for_each(|row| reported(app, row[0].int()))
}

/// The secret, in a header or, where a provider can send none, in the address.
fn shown(call: &Report) -> String {
    let header = (call.header)(SECRET);
    match header.is_empty() {
        true => {
            let mut pairs = form_urlencoded::parse(call.query.as_bytes());
            pairs.find(|(name, _)| name == "secret").map_or(String::new(), |(_, value)| value.into_owned())
        }
        false => header,
    }
}

/// Asked now, or by the next run of the job where it was asked a moment ago.
fn reported(app: &Arc<App>, id: i64) -> Result<()> {
    let now_us = app.clock.now_us();
    refresh::refresh(app, id, now_us)?;
    app.db.write(move |conn| {
        let soon_us = now_us + refresh::PAUSE_US;
        let sql = Sql::new("UPDATE esim_order SET next_at = ").bind(soon_us).sql(" WHERE id = ").bind(id);
        sql.sql(" AND status = 'PENDING' AND next_at > ").bind(soon_us).execute(conn).map(drop)
    })
}
