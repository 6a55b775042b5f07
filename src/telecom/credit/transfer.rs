//! `account.transfer`: a reseller credits a client of his.

use super::{amount, give, of_reseller};
use crate::books::Subaccount;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::telecom::client;
use crate::telecom::refill::{Refill, Source};

pub const FORM: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).save(save);

/// What is asked for, as it is kept.
struct Asked {
    subaccount: Subaccount,
    amount: crate::money::Money,
    external_id: String,
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (client, subaccount) = of_reseller(cx)?;
    let amount = amount("amount", record.str("amount"))?;
    let asked = Asked {
        subaccount,
        amount,
        external_id: client::reference("external_id", record.str("external_id"))?,
    };
    if let Some(done) = before(cx, &asked)? {
        return done;
    }
    match client.active {
        true => credit(cx, &asked),
        false => {
            let inactive = Error::value("plid", client.account_id.to_string()).with("desc", "desc_inactive");
            refuse(cx, &asked, inactive)
        }
    }
}

/// The same request again is answered by what the first has done; another one under its name is refused
/// (operations.md R140).
fn before(cx: &mut Ctx, asked: &Asked) -> Result<Option<Result<Vec<Node>>>> {
    if asked.external_id.is_empty() {
        return Ok(None);
    }
    let sql = Sql::new("SELECT id, account_id, amount FROM reseller_transfer WHERE status = 'success'");
    let sql = sql.sql(" AND reseller_id = ").bind(asked.subaccount.reseller_id).sql(" AND external_id = ");
    let Some(row) = sql.bind(asked.external_id.as_str()).first(cx.conn, &[Kind::Int; 3])? else {
        return Ok(None);
    };
    let is_same = (row[1].int(), row[2].int()) == (asked.subaccount.account_id, asked.amount.0);
    Ok(Some(match is_same {
        true => answer(cx, asked, row[0].int(), true),
        false => refuse(cx, asked, Error::exists("external_id", &asked.external_id)),
    }))
}

fn credit(cx: &mut Ctx, asked: &Asked) -> Result<Vec<Node>> {
    let id = insert(cx, asked, "success", "")?;
    let key = format!("credit:retail:{id}");
    let (amount, description) = (asked.amount, asked.external_id.as_str());
    let refill = Refill { source: Source::Transfer, reference: id, amount, description };
    give(cx.conn, &asked.subaccount, key, &refill, cx.call.now_us)?;
    let owner = (asked.subaccount.account_id, asked.subaccount.reseller_id);
    history::write_of(cx, "account", owner.0, owner, &format!("credit {}", amount.plain()))?;
    answer(cx, asked, id, false)
}

/// Failed transfers are listed too (operations.md R142).
fn refuse(cx: &mut Ctx, asked: &Asked, error: Error) -> Result<Vec<Node>> {
    insert(cx, asked, "failed", &format!("{}({})", error.kind, error.object))?;
    cx.refusal = Some(error);
    Ok(Vec::new())
}

fn insert(cx: &mut Ctx, asked: &Asked, status: &str, error: &str) -> Result<i64> {
    let of = &asked.subaccount;
    let sql = Sql::new(
        "INSERT INTO reseller_transfer (account_id, reseller_id, subaccount_id, amount, external_id, status, \
         error, created_at) VALUES (",
    );
    let values = [
        of.account_id.into(),
        of.reseller_id.into(),
        of.id.into(),
        asked.amount.0.into(),
        asked.external_id.as_str().into(),
        status.into(),
        error.into(),
        cx.now_us.into(),
    ];
    let row = sql.binds(values).sql(") RETURNING id").first(cx.conn, &[Kind::Int])?;
    Ok(row.ok_or_else(|| Error::system("a transfer got no id"))?[0].int())
}

fn answer(cx: &mut Ctx, asked: &Asked, id: i64, is_duplicate: bool) -> Result<Vec<Node>> {
    let balance = balance(cx, &asked.subaccount)?;
    Ok(vec![
        Node::leaf("id", id.to_string()),
        Node::leaf("amount", asked.amount.plain()),
        Node::leaf("external_id", &asked.external_id),
        Node::leaf("status", "success"),
        Node::leaf("duplicate", if is_duplicate { "on" } else { "off" }),
        Node::leaf("balance", balance),
    ])
}

/// What a client has now.
pub fn balance(cx: &mut Ctx, subaccount: &Subaccount) -> Result<String> {
    let sql = Sql::new("SELECT balance FROM subaccount_list WHERE id = ").bind(subaccount.id);
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::missed("subaccount"))?;
    Ok(crate::money::Money(row[0].int()).shown(&subaccount.iso).to_string())
}
