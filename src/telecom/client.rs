//! Which client a call is about: the caller himself, or whom staff and resellers name.

use crate::db::{Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::{self, scope_sql};
use crate::rpc::handler::Ctx;

/// A client whom the caller may act for.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    pub account_id: i64,
    /// 0 of a direct client.
    pub reseller_id: i64,
    pub active: bool,
}

impl Client {
    pub fn owner(self) -> (i64, i64) {
        (self.account_id, self.reseller_id)
    }
}

/// The client that a form's field or `plid` names; nobody else than a client means himself by
/// naming nobody. A reseller is no client: he sells calls and makes none. Error `missed(plid)`.
pub fn named(cx: &mut Ctx, account_id: i64) -> Result<Client> {
    let account_id = match (account_id, cx.plid()?) {
        (0, Some(plid)) => plid,
        (0, None) if cx.caller.level() == Level::User => cx.caller.user.account_id,
        (0, None) => return Err(Error::missed("plid")),
        (account_id, _) => account_id,
    };
    let sql = Sql::new("SELECT reseller_id, active FROM account WHERE NOT deleted AND NOT is_reseller");
    let sql = sql.sql(" AND id = ").bind(account_id).append(&scope_sql(cx.scope(), "id"));
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Flag])?;
    let row = row.ok_or_else(|| Error::missed("plid").with("value", account_id.to_string()))?;
    Ok(Client { account_id, reseller_id: row[0].int(), active: row[1].on() })
}

/// The same with the client's row locked, so that what is counted of him stays so.
pub fn locked(cx: &mut Ctx, account_id: i64) -> Result<Client> {
    let client = named(cx, account_id)?;
    lock(cx.conn, client.account_id)?;
    Ok(client)
}

/// Lets calls on what a client has take turns, until the end of the transaction.
pub fn lock(conn: &mut Conn, account_id: i64) -> Result<()> {
    let sql = Sql::new("UPDATE account SET active = active WHERE id = ").bind(account_id);
    sql.execute(conn).map(drop)
}

/// Of a deleted client nothing calls any more, and his addresses are free for others. The names of
/// his SIP accounts stay taken: calls were billed under them.
pub fn end_lines(conn: &mut Conn, account_id: i64) -> Result<()> {
    Sql::new("DELETE FROM ipauth WHERE account_id = ").bind(account_id).execute(conn)?;
    Sql::new("DELETE FROM sip_contact WHERE account_id = ").bind(account_id).execute(conn)?;
    Sql::new("UPDATE sip SET active = FALSE WHERE account_id = ").bind(account_id).execute(conn).map(drop)
}

/// What narrows a list to the client that `plid` names, where it names one.
pub fn listed(cx: &mut Ctx) -> Result<Sql> {
    let Some(plid) = cx.plid()? else { return Ok(Sql::default()) };
    let (account_id, _) = record::account_owner(cx, plid)?;
    Ok(Sql::new(" AND account_id = ").bind(account_id))
}

/// Characters of a reference of the other side.
const REFERENCE_MAX: usize = 64;

/// A reference of the other side, by which it tells its requests apart: kept as it is.
pub fn reference(field: &str, text: &str) -> Result<String> {
    match text.chars().count() <= REFERENCE_MAX && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(Error::value(field, text)),
    }
}

/// Characters drawn at random, each as likely as any other.
pub fn drawn(alphabet: &[u8], len: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(len);
    while text.len() < len {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        let fair = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        text.extend(fair.map(|byte| char::from(alphabet[byte % alphabet.len()])).take(len - text.len()));
    }
    text
}
