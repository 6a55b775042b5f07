//! Campaigns: one text for many. The numbers are read in one go and written down in pieces, so that
//! others write between them.

mod accept;

use super::provider::offered;
use super::scheduled::{is_canceled, owner, taken};
use super::status;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::telecom::client;

pub use accept::drop_unfinished;

pub const FUNCS: &[Row] = &[
    ("sms.campaign", Handler::View(Some(client::listed))),
    ("sms.campaign.edit", Handler::Form(EDIT)),
    ("sms.campaign.cancel", Handler::Once(cancel)),
    ("sms.campaign.rcpt", Handler::View(None)),
];

const EDIT: Form = record::FORM.read(read).show(offered).outside(accept::accept);

fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::read(cx)?;
    if !record.is_new() {
        let sql = Sql::new("SELECT provider, local_time FROM sms_campaign_list WHERE id = ").bind(record.id);
        if let Some(row) = sql.first(cx.conn, &[Kind::Text, Kind::Text])? {
            record.set("provider", row[0].clone());
            record.set("date", row[1].clone());
        }
    }
    Ok(record)
}

/// Recipients that are being sent to are past canceling; all others get nothing any more.
fn cancel(cx: &mut Ctx) -> Result<Reply> {
    let mut nodes = Vec::new();
    for elid in cx.need_elids()? {
        let id = elid.parse().map_err(|_| Error::value("elid", elid.as_str()))?;
        let owner = owner(cx, id)?;
        let canceled = cancel_one(cx, id)?;
        history::write(cx, id, owner, "")?;
        nodes = vec![
            Node::leaf("id", id.to_string()),
            Node::leaf("status", status::CANCELED),
            Node::leaf("canceled", canceled.to_string()),
        ];
    }
    Ok(Reply::Ok(nodes))
}

/// The row of the campaign first: a worker that is about to claim waits for it, or was first.
fn cancel_one(cx: &mut Ctx, id: i64) -> Result<i64> {
    let now_us = cx.now_us;
    let sql = Sql::new("UPDATE sms_campaign SET status = 'CANCELED', updated_at = ").bind(now_us);
    let sql = sql.sql(" WHERE status IN ('QUEUED', 'RUNNING') AND id = ").bind(id);
    if sql.execute(cx.conn)? == 0 {
        return match is_canceled(cx, "sms_campaign", id)? {
            true => counted(cx, id),
            false => Err(taken(id)),
        };
    }
    let sql = Sql::new("UPDATE sms_campaign_rcpt SET status = 'CANCELED' WHERE status = 'QUEUED'");
    let canceled = sql.sql(" AND campaign_id = ").bind(id).execute(cx.conn)? as i64;
    let sql = Sql::new("UPDATE sms_campaign SET queued = queued - ").bind(canceled);
    let sql = sql.sql(", canceled = canceled + ").bind(canceled).sql(" WHERE id = ").bind(id);
    sql.execute(cx.conn)?;
    Ok(canceled)
}

fn counted(cx: &mut Ctx, id: i64) -> Result<i64> {
    let sql = Sql::new("SELECT canceled FROM sms_campaign WHERE id = ").bind(id);
    Ok(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}
