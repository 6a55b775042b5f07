//! What was sent, what became of one message, and how many more the balance pays for.

use super::price;
use super::provider::Open;
use crate::billing::charge;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, scope_sql};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::client;
use crate::telecom::party::Party;

pub const FUNCS: &[Row] = &[
    ("sms", Handler::View(Some(client::listed))),
    ("sms.info", Handler::Once(info)),
    ("sms.quota", Handler::Once(quota)),
];

/// One message that is the caller's, or of the client that `plid` names. Error `missed(elid)` for any other.
fn info(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    let sql = Sql::new(
        "SELECT status, reason, provider, phone, parts, cost, currency_iso, updated_at, created_at \
                        FROM sms_list WHERE id = ",
    );
    let mut sql = sql.bind(id).append(&scope_sql(cx.scope(), "account_id"));
    if let Some(plid) = cx.plid()? {
        sql = sql.sql(" AND account_id = ").bind(record::account_owner(cx, plid)?.0);
    }
    let (int, text) = (Kind::Int, Kind::Text);
    let row = sql.first(cx.conn, &[text, text, text, text, int, int, text, int, int])?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let leaf = |name: &'static str, at: usize| Node::leaf(name, row[at].str());
    Ok(Reply::Object(vec![
        Node::leaf("id", id.to_string()),
        leaf("status", 0),
        leaf("reason", 1),
        leaf("provider", 2),
        leaf("phone", 3),
        Node::leaf("parts", row[4].int().to_string()),
        Node::leaf("cost", Money(row[5].int()).shown(row[6].str()).to_string()),
        leaf("currency", 6),
        Node::leaf("created_at", cx.zone.time(row[8].int())),
        Node::leaf("updated_at", cx.zone.time(row[7].int())),
    ]))
}

/// An estimate by the cheapest rate (operations.md §2.5).
fn quota(cx: &mut Ctx) -> Result<Reply> {
    let code = cx.params.get("provider").trim().to_lowercase();
    let provider = Open::find(cx.conn, &code)?;
    let client = client::named(cx, 0)?;
    let party = Party::load(cx.conn, client.account_id)?;
    let payers = party.payers(cx.conn)?;
    let own = &payers.retail().subaccount;
    let available = charge::available(cx.conn, own.id, cx.call.now_us)?;
    let price = price::cheapest(cx.conn, (provider.id, party.payer_id), own.currency_id)?;
    let count = match price {
        Some(price) if price > Money::ZERO => (available.0 / price.0).max(0),
        _ => 0,
    };
    let price = price.map(|price| Node::leaf("unit_price", price.plain()));
    let nodes = [
        Node::leaf("provider", provider.code),
        Node::leaf("balance", available.plain()),
        Node::leaf("currency", own.iso.as_str()),
        Node::leaf("estimated_sms", count.to_string()),
    ];
    Ok(Reply::Object(nodes.into_iter().chain(price).collect()))
}
