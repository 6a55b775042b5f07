//! Caller IDs: the numbers that a client calls from, at most one of them in use.

use super::client;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("callerid", Handler::View(Some(client::listed))),
    ("callerid.edit", Handler::Form(EDIT)),
    ("callerid.setactive", Handler::Once(set_active)),
    ("callerid.clear", Handler::Once(clear)),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// Caller IDs of one client.
const LIMIT: i64 = 100;

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (cid, name) = (record.str("cid").trim().to_owned(), record.str("name").trim().to_owned());
    if !is_cid(&cid) {
        return Err(Error::value("cid", cid).with("desc", "desc_callerid_cid"));
    }
    if name.contains(|c: char| "<>\"".contains(c) || c.is_control()) {
        return Err(Error::value("name", name).with("desc", "desc_callerid_name"));
    }
    if record.is_new() {
        let client = client::locked(cx, record.int("account_id"))?;
        need_room(cx.conn, client.account_id, &cid)?;
        record.set("account_id", client.account_id);
        record.set("reseller_id", client.reseller_id);
        record.set("created_at", cx.now_us);
    } else {
        client::lock(cx.conn, record.owner.0)?;
    }
    record.set("cid", cid);
    record.set("name", name);
    Ok(())
}

fn need_room(conn: &mut Conn, account_id: i64, cid: &str) -> Result<()> {
    let sql = Sql::new("SELECT COUNT(*), COALESCE(SUM(CASE WHEN cid = ").bind(cid);
    let sql = sql.sql(" THEN 1 ELSE 0 END), 0) FROM callerid WHERE account_id = ").bind(account_id);
    let row = sql.first(conn, &[Kind::Int, Kind::Int])?;
    match row.map_or((0, 0), |row| (row[0].int(), row[1].int())) {
        (_, 1..) => Err(Error::exists("cid", cid)),
        (LIMIT.., _) => Err(Error::limit("cid", LIMIT.to_string())),
        _ => Ok(()),
    }
}

/// `+?[0-9]{3,15}`
fn is_cid(cid: &str) -> bool {
    let digits = cid.strip_prefix('+').unwrap_or(cid);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is active ends the one that was, in the same transaction.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (active, cid) = (record.get("active").on(), record.str("cid").to_owned());
    let account_id = if record.is_new() { record.int("account_id") } else { record.owner.0 };
    if active {
        clear_of(cx.conn, account_id, record.id)?;
    }
    let id = record::store(cx, record)?;
    let active = if active { "on" } else { "off" };
    Ok(vec![Node::leaf("id", id.to_string()), Node::leaf("cid", cid), Node::leaf("active", active)])
}

/// Ends the use of every caller ID of a client but one. The client is locked. How many were?
fn clear_of(conn: &mut Conn, account_id: i64, but: i64) -> Result<usize> {
    let sql = Sql::new("UPDATE callerid SET active = FALSE WHERE active AND account_id = ").bind(account_id);
    sql.sql(" AND id <> ").bind(but).execute(conn)
}

/// `callerid.setactive`: by `elid`, or by the number itself in `elname`.
fn set_active(cx: &mut Ctx) -> Result<Reply> {
    let elid = cx.elid()?;
    let cid = cx.params.get("elname").trim().to_owned();
    let sql = Sql::new("SELECT id, account_id, reseller_id FROM callerid WHERE ");
    let sql = match elid {
        Some(id) => sql.sql("id = ").bind(id),
        None if cid.is_empty() => return Err(Error::missed("elid")),
        None => sql.sql("cid = ").bind(cid.as_str()),
    };
    let sql = sql.append(&scope_sql(cx.scope(), "account_id")).append(&client::listed(cx)?);
    let rows = sql.load(cx.conn, &[Kind::Int; 3])?;
    let (id, owner) = match rows.as_slice() {
        [row] => (row[0].int(), (row[1].int(), row[2].int())),
        [] => return Err(Error::missed(if elid.is_some() { "elid" } else { "elname" }).with("value", cid)),
        _ => return Err(Error::missed("plid")), // the same number of several clients
    };
    client::lock(cx.conn, owner.0)?;
    clear_of(cx.conn, owner.0, id)?;
    if Sql::new("UPDATE callerid SET active = TRUE WHERE id = ").bind(id).execute(cx.conn)? == 0 {
        return Err(Error::missed("elid").with("value", id.to_string())); // deleted meanwhile
    }
    history::write(cx, id, owner, "active")?;
    Ok(Reply::Ok(vec![Node::leaf("id", id.to_string())]))
}

/// `callerid.clear`: the numbers stay, and none of them is in use.
fn clear(cx: &mut Ctx) -> Result<Reply> {
    let client = client::locked(cx, 0)?;
    clear_of(cx.conn, client.account_id, 0)?;
    Reply::ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for cid in ["112", "+123", "+1234567890", "123456789012345", "+123456789012345"] {
            assert!(is_cid(cid), "{cid}");
        }
        for cid in ["", "+", "12", "+12", "1234567890123456", "12 34", "+12a", "++123", "123+", "１２３"] {
            assert!(!is_cid(cid), "{cid}");
        }
    }
}
