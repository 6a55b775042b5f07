//! SIP accounts: what a telephone registers with. A client reads his own passwords, so they are
//! sealed and not hashed; nobody else is told one but when it is made (operations.md §2.9).

mod password;

pub use password::{generated_password, ha1_of};

use super::client::{self, Client, drawn};
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::level::Level;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::registry::Row;
use crate::seal::Column;

pub const FUNCS: &[Row] = &[
    ("sip", Handler::View(Some(client::listed))),
    ("sip.secret", Handler::Rows(with_passwords)),
    ("sip.service", Handler::View(Some(client::listed))),
    ("sip.contact", Handler::View(Some(client::listed))),
    ("sip.edit", Handler::Form(EDIT)),
    ("sip.passwd", Handler::Form(PASSWD)),
    ("sip.passwd.reset", Handler::Once(reset)),
    ("sip.delete", Handler::Each(delete)),
    ("sip.suspend", Handler::Each(suspend)),
    ("sip.resume", Handler::Each(resume)),
];

const EDIT: Form = record::FORM.read(read).check(check).save(save);
const PASSWD: Form = record::FORM.read(read_named).check(password::check).save(change);

pub const SECRET: Column = Column { table: "sip", column: "secret", context: "sip.secret:{id}", only: "" };

/// Named like the client's sign-in; there is one a client, and it stays.
pub const MAIN: &str = "main";
const EXTRA: &str = "extra";
/// Of a web phone. No function on SIP accounts knows it.
pub const WEB: &str = "web";

/// SIP accounts of a client whose account sets no limit of its own.
const LIMIT: i64 = 10;
const DIGITS: &[u8] = b"0123456789";
/// Digits of a made-up name: as many as the numbers have that clients sign in with.
const NAME_LEN: usize = 10;
/// Names that are tried before it is given up; among 9 × 10^9 the first one is free.
const TRIES: usize = 20;

/// A normal SIP account that the caller may see.
pub struct Sip {
    pub id: i64,
    pub owner: (i64, i64),
    pub name: String,
    pub kind: String,
}

const SELECT: &str = "SELECT id, account_id, reseller_id, name, kind FROM sip WHERE kind <> 'web' \
     AND account_id IN (SELECT id FROM account WHERE NOT deleted)";

fn rows(conn: &mut Conn, sql: Sql) -> Result<Vec<Sip>> {
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Text, Kind::Text];
    let sip = |row: &Vec<Raw>| Sip {
        id: row[0].int(),
        owner: (row[1].int(), row[2].int()),
        name: row[3].str().to_owned(),
        kind: row[4].str().to_owned(),
    };
    Ok(sql.sql(" ORDER BY id").load(conn, &kinds)?.iter().map(sip).collect())
}

/// The one that an id or a name means. Both are digits: where they mean two, neither is guessed.
pub fn find(cx: &mut Ctx, text: &str, field: &str) -> Result<Sip> {
    let text = text.trim();
    let sql = Sql::new(SELECT).append(&scope_sql(cx.scope(), "account_id")).sql(" AND (name = ").bind(text);
    let sql = sql.sql(" OR id = ").bind(text.parse::<i64>().unwrap_or(0)).sql(")");
    let mut found = rows(cx.conn, sql)?;
    match (found.len(), found.pop()) {
        (1, Some(sip)) => Ok(sip),
        (0, _) => Err(Error::missed(field).with("value", text)),
        _ => Err(Error::value(field, text).with("desc", "desc_sip_ambiguous")),
    }
}

/// The same with its client locked, so that it is not deleted meanwhile.
pub fn find_locked(cx: &mut Ctx, text: &str, field: &str) -> Result<Sip> {
    let sip = find(cx, text, field)?;
    client::lock(cx.conn, sip.owner.0)?;
    find(cx, text, field)
}

/// The one that `elid` or `elname` means.
fn need_named(cx: &mut Ctx) -> Result<Sip> {
    let named = ["elid", "elname"].into_iter().find(|name| !cx.params.get(name).trim().is_empty());
    let field = named.ok_or_else(|| Error::missed("elid"))?;
    let text = cx.params.get(field).to_owned();
    find(cx, &text, field)
}

/// A client's own accounts with their passwords. Who acts as the client is shown none.
fn with_passwords(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    if cx.caller.level() != Level::User {
        return Err(Error::access(cx.func.name()));
    }
    let is_himself = cx.caller.path.len() == 1;
    let sql = Sql::new(
        "SELECT l.id, l.name, l.kind, l.callerid, l.active, l.created_at, s.secret FROM sip_list l \
         JOIN sip s ON s.id = l.id WHERE l.account_id = ",
    );
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Flag, Kind::Int, Kind::Text];
    let mut rows = sql.bind(cx.caller.user.account_id).sql(" ORDER BY l.id").load(cx.conn, &kinds)?;
    for row in &mut rows {
        let context = SECRET.context(&[&row[0].int()]);
        row[6] = match is_himself {
            true => Raw::Text(cx.app.sealer.open(row[6].str(), &context)?),
            false => Raw::from(""),
        };
    }
    Ok(rows)
}

fn read(cx: &mut Ctx) -> Result<Record> {
    if let Some(id) = cx.elid()? {
        let sql = Sql::new(SELECT).sql(" AND id = ").bind(id);
        if rows(cx.conn, sql)?.is_empty() {
            return Err(Error::missed("elid").with("value", id.to_string()));
        }
    }
    record::read(cx)
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    password::check(cx, record)?;
    match wanted(record).filter(|name| !is_name(name)) {
        Some(name) => Err(Error::value("newname", name).with("desc", "desc_sip_name")),
        None => Ok(()),
    }
}

/// The name that staff has chosen for a new account.
fn wanted(record: &Record) -> Option<String> {
    Some(record.str("newname").trim().to_owned()).filter(|name| !name.is_empty())
}

/// A new account under a name of its own, or another password for one that is there. The answer
/// is the only time that a made-up password is told.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    if !record.is_new() {
        return renewed(cx, &record, false);
    }
    let client = client::locked(cx, record.int("account_id"))?;
    need_room(cx.conn, client)?;
    let password = password::given(&record).unwrap_or_else(|| generated_password(password::LEN));
    let (app, now_us) = (cx.call.app.clone(), cx.now_us);
    let make = |conn: &mut Conn, name: &str| {
        insert(conn, &app, &New { owner: client.owner(), name, kind: EXTRA, password: &password }, now_us)
    };
    let (id, name) = match wanted(&record) {
        Some(name) => match make(cx.conn, &name)? {
            Some(id) => (id, name),
            None => return Err(Error::exists("newname", name)),
        },
        None => numbered(cx.conn, make)?,
    };
    history::write(cx, id, client.owner(), &name)?;
    Ok(vec![Node::leaf("id", id.to_string()), Node::leaf("name", name), Node::leaf("password", password)])
}

/// Error `limit(sip)` where the client has as many as he may.
fn need_room(conn: &mut Conn, client: Client) -> Result<()> {
    let sql = Sql::new("SELECT a.sip_limit, (SELECT COUNT(*) FROM sip s WHERE s.account_id = a.id");
    let sql = sql.sql(" AND s.kind <> 'web') FROM account a WHERE a.id = ").bind(client.account_id);
    let row = sql.first(conn, &[Kind::Int, Kind::Int])?.ok_or_else(|| Error::missed("plid"))?;
    let limit = if row[0].int() > 0 { row[0].int() } else { LIMIT };
    if row[1].int() < limit { Ok(()) } else { Err(Error::limit("sip", limit.to_string())) }
}

/// Makes something under a made-up name that no SIP account and no user has.
fn numbered(conn: &mut Conn, make: impl Fn(&mut Conn, &str) -> Result<Option<i64>>) -> Result<(i64, String)> {
    for _ in 0..TRIES {
        let name = [drawn(&DIGITS[1..], 1), drawn(DIGITS, NAME_LEN - 1)].concat();
        let users = Sql::new("SELECT id FROM users WHERE NOT deleted AND name_fold = ").bind(name.as_str());
        if users.first(conn, &[Kind::Int])?.is_none()
            && let Some(id) = make(conn, &name)?
        {
            return Ok((id, name));
        }
    }
    Err(Error::system("no free name for a SIP account"))
}

/// The main account of a new client, named like his sign-in, and its password.
pub fn create_main(
    conn: &mut Conn,
    app: &App,
    owner: (i64, i64),
    name: &str,
    password: Option<String>,
    now_us: i64,
) -> Result<(i64, String)> {
    if !is_name(name) {
        return Err(Error::value("login", name).with("desc", "desc_sip_name"));
    }
    let password = password.unwrap_or_else(|| generated_password(password::LEN));
    password::need_good(&password)?;
    let id = insert(conn, app, &New { owner, name, kind: MAIN, password: &password }, now_us)?;
    id.map(|id| (id, password)).ok_or_else(|| Error::exists("login", name))
}

/// The account of the client's web phone, with its name and HA1; made when it is first asked for.
pub fn web(conn: &mut Conn, app: &App, client: Client, now_us: i64) -> Result<(String, String)> {
    if let Some(found) = web_row(conn, app, client.account_id)? {
        return Ok(found);
    }
    let sql = Sql::new(SELECT).sql(" AND account_id = ").bind(client.account_id);
    let mut own = rows(conn, sql)?;
    own.sort_by_key(|sip| (sip.kind != MAIN, sip.id));
    let password = generated_password(password::LEN);
    let make = |conn: &mut Conn, name: &str| {
        let name = format!("{name}_web1");
        insert(conn, app, &New { owner: client.owner(), name: &name, kind: WEB, password: &password }, now_us)
    };
    match own.first() {
        Some(sip) => make(conn, &sip.name).map(drop)?,
        None => numbered(conn, make).map(drop)?,
    }
    web_row(conn, app, client.account_id)?.ok_or_else(|| Error::system("a web phone got no SIP account"))
}

/// What a user's web phone was told is good for nothing from now on.
pub fn renew_web(conn: &mut Conn, app: &App, user_id: i64) -> Result<()> {
    let sql = Sql::new("SELECT id, name FROM sip WHERE kind = 'web' AND account_id = ");
    let sql = sql.sql("(SELECT account_id FROM users WHERE id = ").bind(user_id).sql(")");
    for row in sql.load(conn, &[Kind::Int, Kind::Text])? {
        password::set(conn, app, (row[0].int(), row[1].str()), &generated_password(password::LEN))?;
    }
    Ok(())
}

fn web_row(conn: &mut Conn, app: &App, account_id: i64) -> Result<Option<(String, String)>> {
    let sql = Sql::new("SELECT id, name, secret FROM sip WHERE kind = 'web' AND account_id = ");
    let sql = sql.bind(account_id).sql(" ORDER BY id LIMIT 1");
    let row = sql.first(conn, &[Kind::Int, Kind::Text, Kind::Text])?;
    let told = |row: Vec<Raw>| {
        let name = row[1].str();
        Ok((name.to_owned(), ha1_of(app, (row[0].int(), name), row[2].str())?))
    };
    row.map(told).transpose()
}

/// A name that is no service account's: of those the end says whose they are.
fn is_name(name: &str) -> bool {
    let is_service = ["_web", "_ipa"].into_iter().any(|mark| {
        name.rsplit_once(mark)
            .is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-@".contains(&byte);
    (3..=64).contains(&name.len()) && name.bytes().all(known) && !is_service
}

struct New<'n> {
    owner: (i64, i64),
    name: &'n str,
    kind: &'static str,
    password: &'n str,
}

/// Nothing where the name is taken.
fn insert(conn: &mut Conn, app: &App, new: &New, now_us: i64) -> Result<Option<i64>> {
    let values: [Raw; 5] =
        [new.owner.0.into(), new.owner.1.into(), new.name.into(), new.kind.into(), now_us.into()];
    let sql = Sql::new("INSERT INTO sip (account_id, reseller_id, name, kind, created_at) VALUES (");
    let sql = sql.binds(values).sql(") ON CONFLICT (name) DO NOTHING RETURNING id");
    let Some(row) = sql.first(conn, &[Kind::Int])? else { return Ok(None) };
    password::set(conn, app, (row[0].int(), new.name), new.password)?;
    Ok(Some(row[0].int()))
}

fn read_named(cx: &mut Ctx) -> Result<Record> {
    let sip = need_named(cx)?;
    let mut record = Record::stored(sip.id);
    record.owner = sip.owner;
    record.set("name", sip.name);
    Ok(record)
}

fn change(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    renewed(cx, &record, true)
}

/// Sets the password that was sent; where none was, a made-up one if that is meant.
fn renewed(cx: &mut Ctx, record: &Record, makes_up: bool) -> Result<Vec<Node>> {
    let (id, name) = (record.id, record.str("name").to_owned());
    let given = password::given(record);
    let made_up = (given.is_none() && makes_up).then(|| generated_password(password::LEN));
    if let Some(password) = given.as_ref().or(made_up.as_ref()) {
        password::set(cx.conn, &cx.call.app, (id, &name), password)?;
        history::write(cx, id, record.owner, "passwd")?;
    }
    let password = made_up.map(|password| Node::leaf("password", password));
    Ok([Node::leaf("id", id.to_string()), Node::leaf("name", name)].into_iter().chain(password).collect())
}

/// A new password for one of a client's accounts, the main one unless `elname` names another.
fn reset(cx: &mut Ctx) -> Result<Reply> {
    let client = client::named(cx, 0)?;
    let name = cx.params.get("elname").trim().to_owned();
    let sql = Sql::new(SELECT).sql(" AND account_id = ").bind(client.account_id);
    let sql = match name.is_empty() {
        true => sql.sql(" AND kind = ").bind(MAIN),
        false => sql.sql(" AND name = ").bind(name.as_str()),
    };
    let sip = rows(cx.conn, sql)?.pop().ok_or_else(|| Error::missed("elname").with("value", name))?;
    let password = generated_password(password::LEN);
    password::set(cx.conn, &cx.call.app, (sip.id, &sip.name), &password)?;
    history::write_of(cx, "sip", sip.id, sip.owner, "passwd")?;
    Ok(Reply::Ok(vec![Node::leaf("name", sip.name), Node::leaf("password", password)]))
}

/// An account goes with the addresses that were let in as it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let sip = find_locked(cx, elid, "elid")?;
    if sip.kind == MAIN {
        return Err(Error::value("kind", MAIN).with("desc", "desc_sip_main"));
    }
    Sql::new("DELETE FROM ipauth WHERE sip_id = ").bind(sip.id).execute(cx.conn)?;
    Sql::new("DELETE FROM sip_contact WHERE sip_name = ").bind(sip.name.as_str()).execute(cx.conn)?;
    Sql::new("DELETE FROM sip WHERE id = ").bind(sip.id).execute(cx.conn)?;
    history::write(cx, sip.id, sip.owner, &sip.name)
}

fn suspend(cx: &mut Ctx, elid: &str) -> Result<()> {
    let sip = find(cx, elid, "elid")?;
    record::suspend(cx, &sip.id.to_string())
}

fn resume(cx: &mut Ctx, elid: &str) -> Result<()> {
    let sip = find(cx, elid, "elid")?;
    record::resume(cx, &sip.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "9".repeat(64);
        for name in ["1234567801", "abc", "a.b-c+d@example.com", "web1", "1_web", "1_ipa1x", &long] {
            assert!(is_name(name), "{name}");
        }
        let longer = "9".repeat(65);
        for name in ["", "12", "a b", "1_web1", "1_ipa22", "_web1", "a_web_ipa1", "a;b", "é123", &longer] {
            assert!(!is_name(name), "{name}");
        }
    }
}
