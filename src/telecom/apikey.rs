//! Keys of the other APIs: made, shown once, taken away.

use crate::auth::apikey::{LENGTHS, Opens};
use crate::auth::session;
use crate::config::Networks;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("apikey", Handler::View(None)),
    ("apikey.edit", Handler::Form(EDIT)),
    ("apikey.delete", Handler::Each(|cx, elid| stale(cx, elid, record::delete))),
    ("apikey.suspend", Handler::Each(|cx, elid| stale(cx, elid, record::suspend))),
    ("apikey.resume", Handler::Each(|cx, elid| stale(cx, elid, record::resume))),
];

const EDIT: Form = record::FORM.check(check).save(save);

/// What lists show of a key.
const SHOWN_CHARS: usize = 8;
const KEYS_MAX: i64 = 100;

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let addr = record.str("addr").to_owned();
    Networks::parse(&addr).map_err(|_| Error::value("addr", addr))?;
    if !record.is_new() {
        return Ok(());
    }
    let account_id = cx.plid()?.unwrap_or(cx.caller.user.account_id);
    let (account_id, reseller_id) = record::account_owner(cx, account_id)?;
    need_room(cx, account_id)?;
    let opens = opens(record, account_id == reseller_id)?;
    let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND account_id = ").bind(account_id);
    let user = sql.sql(" ORDER BY id LIMIT 1").first(cx.conn, &[Kind::Int])?;
    record.set("account_id", account_id);
    record.set("reseller_id", reseller_id);
    record.set("user_id", user.ok_or_else(|| Error::missed("user"))?[0].int());
    record.set("kind", opens.word());
    record.set("created_at", cx.now_us);
    Ok(())
}

fn need_room(cx: &mut Ctx, account_id: i64) -> Result<()> {
    let sql = Sql::new("SELECT COUNT(*) FROM apikey WHERE account_id = ").bind(account_id);
    match sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()) < KEYS_MAX {
        true => Ok(()),
        false => Err(Error::limit("apikey", KEYS_MAX.to_string())),
    }
}

/// A reseller's key opens the reseller API where nothing else is asked, a client's that of clients.
fn opens(record: &Record, is_reseller: bool) -> Result<Opens> {
    let asked = record.str("kind");
    let opens = match asked {
        "" if is_reseller => Opens::Reseller,
        "" => Opens::Client,
        word => Opens::of_word(word).ok_or_else(|| Error::value("kind", word))?,
    };
    match (opens, is_reseller) {
        (Opens::Reseller, false) | (Opens::Client, true) => Err(Error::value("kind", asked)),
        _ => Ok(opens),
    }
}

/// The key is answered here and nowhere else; what is kept is its hash.
fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    cx.touch(Topic::Access)?;
    if !record.is_new() {
        return record::save(cx, record);
    }
    let key = given(cx)?.unwrap_or_else(|| session::new_id() + &session::new_id());
    record.set("hash", session::hash(&key));
    record.set("prefix", key.chars().take(SHOWN_CHARS).collect::<String>());
    let id = record::store(cx, record)?;
    Ok(vec![Node::leaf("id", id.to_string()), Node::leaf("key", key)])
}

/// A key that scripts use already, taken over by an administrator.
fn given(cx: &Ctx) -> Result<Option<String>> {
    let key = cx.params.get("key");
    if key.is_empty() || !cx.caller.user.is_server_admin() {
        return Ok(None);
    }
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    match is_plain && LENGTHS.contains(&key.len()) {
        true => Ok(Some(key.to_owned())),
        false => Err(Error::value("key", "")),
    }
}

fn stale(cx: &mut Ctx, elid: &str, deed: fn(&mut Ctx, &str) -> Result<()>) -> Result<()> {
    deed(cx, elid)?;
    cx.touch(Topic::Access)
}
