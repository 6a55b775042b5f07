//! What is known of a buyer: his rating and what he chose as his defaults; his profile.

use std::borrow::Cow;

use super::catalogue::word_id;
use super::rating::Standing;
use super::wish::{is_russian, own_account};
use crate::auth::User;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};

pub const FUNCS: &[crate::rpc::registry::Row] =
    &[("number.profile", Handler::Once(profile)), ("number.profile.edit", Handler::Form(EDIT))];

const EDIT: Form = record::FORM.read(read).check(check).save(save);

/// Orders that the favourites are found among.
const RECENT: i64 = 200;

/// The row of an account; without a standing where there is none yet.
pub struct Row {
    pub standing: Option<Standing>,
    pub default_country: String,
    pub default_operator: String,
    pub default_forwarding: String,
    /// Of the first provider.
    pub base_currency_id: i64,
}

impl Row {
    pub fn load(conn: &mut Conn, account_id: i64) -> Result<Self> {
        let sql = Sql::new(
            "SELECT n.rating, n.blocked_at, n.default_country, n.default_operator, n.default_forwarding, \
             (SELECT p.currency_id FROM project p WHERE NOT p.deleted ORDER BY p.id LIMIT 1) \
             FROM account a LEFT JOIN num_account n ON n.account_id = a.id WHERE a.id = ",
        );
        let (int, text) = (Kind::Int, Kind::Text);
        let row = sql.bind(account_id).first(conn, &[int, int, text, text, text, int])?;
        let row = row.ok_or_else(|| Error::missed("account").with("value", account_id.to_string()))?;
        let text = |at: usize| row[at].str().to_owned();
        let standing = Standing { rating: row[0].int(), blocked_at: row[1].int() };
        Ok(Self {
            standing: (row[0] != Raw::Null).then_some(standing),
            default_country: text(2),
            default_operator: text(3),
            default_forwarding: text(4),
            base_currency_id: row[5].int(),
        })
    }
}

/// The row of somebody who begins.
pub fn open(conn: &mut Conn, account_id: i64, reseller_id: i64) -> Result<()> {
    let sql = Sql::new("INSERT INTO num_account (account_id, reseller_id) VALUES (");
    let sql = sql.binds([account_id, reseller_id].map(Raw::from));
    sql.sql(") ON CONFLICT (account_id) DO NOTHING").execute(conn).map(drop)
}

/// `number.profile` (operations.md P1, with what clients of other servers ask for).
pub fn profile(cx: &mut Ctx) -> Result<Reply> {
    let (account_id, call) = (own_account(cx.call)?, cx.call);
    let row = Row::load(cx.conn, account_id)?;
    let standing = row.standing.unwrap_or(Standing::NEW).at(call.now_us);
    let mut nodes =
        vec![Node::leaf("id", account_id.to_string()), Node::leaf("email", email(&call.caller.user))];
    nodes.extend(money(cx.conn, account_id)?);
    nodes.extend([
        Node::leaf("rating", standing.text()),
        Node::leaf("default_forwarding_number", &row.default_forwarding),
        country(cx.conn, &row.default_country)?,
        Node::new("default_operator").kid(Node::leaf("name", &row.default_operator)),
    ]);
    nodes.extend(activity(cx.conn, account_id)?);
    Ok(Reply::Object(nodes))
}

/// Clients insist on an address: where there is none, the name by which he signs in is often one, else one that
/// reaches nobody stands for it (RFC 2606).
fn email(user: &User) -> Cow<'_, str> {
    match [&user.email, &user.name].into_iter().find(|text| text.contains('@')) {
        Some(address) => address.into(),
        None => format!("user{}@invalid.example", user.id).into(),
    }
}

/// Balance and what is held of it, of the first subaccount; the name of a vendor.
fn money(conn: &mut Conn, account_id: i64) -> Result<Vec<Node>> {
    let sql = Sql::new(
        "SELECT b.balance, COALESCE(f.balance, 0), y.iso, COALESCE(v.name, '') FROM subaccount s \
         JOIN book b ON b.id = s.book_id JOIN currency y ON y.id = s.currency_id \
         LEFT JOIN book f ON f.kind = 'frozen' AND f.owner_id = b.owner_id AND f.project_id = b.project_id \
         AND f.currency_id = b.currency_id LEFT JOIN num_vendor v ON v.account_id = s.account_id AND v.active \
         WHERE s.account_id = ",
    );
    let sql = sql.bind(account_id).sql(" ORDER BY s.id LIMIT 1");
    let row = sql.first(conn, &[Kind::Int, Kind::Int, Kind::Text, Kind::Text])?;
    let row = row.ok_or_else(|| Error::missed("subaccount").with("value", account_id.to_string()))?;
    Ok(vec![
        Node::leaf("vendor", row[3].str()),
        Node::leaf("balance", Money(row[0].int()).plain()),
        Node::leaf("frozen_balance", Money(row[1].int()).plain()),
        Node::leaf("currency", row[2].str()),
    ])
}

fn country(conn: &mut Conn, slug: &str) -> Result<Node> {
    let sql = Sql::new("SELECT slug, iso, prefix FROM num_country WHERE slug = ").bind(slug);
    let row = sql.first(conn, &[Kind::Text; 3])?;
    let text = |at: usize| row.as_ref().map_or("", |row| row[at].str());
    Ok(Node::new("default_country").with([
        Node::leaf("name", text(0)),
        Node::leaf("iso", text(1)),
        Node::leaf("prefix", text(2)),
    ]))
}

const WORDS: &str = "o.country, o.product, o.operator";

/// What he buys: how much of it runs, the last of it, and what he buys most.
fn activity(conn: &mut Conn, account_id: i64) -> Result<Vec<Node>> {
    let sql =
        Sql::new("SELECT COUNT(*) FROM num_order WHERE phone <> '' AND status IN ('PENDING', 'RECEIVED') ");
    let active = sql.sql("AND account_id = ").bind(account_id).first(conn, &[Kind::Int])?;
    let last = goods(conn, account_id, 1, " ORDER BY MAX(o.id) DESC LIMIT 1")?;
    let top = goods(conn, account_id, RECENT, " ORDER BY COUNT(*) DESC, MAX(o.id) DESC LIMIT 5")?;
    let flag = if last.is_empty() { "off" } else { "on" };
    let top = if top.is_empty() { String::new() } else { format!("{{{}}}", top.join(",")) };
    Ok(vec![
        Node::leaf("total_active_orders", active.map_or(0, |row| row[0].int()).to_string()),
        Node::leaf("did_order", flag),
        Node::leaf("last_order", last.concat()),
        Node::leaf("last_top_orders", top),
        Node::leaf("last_top_idx", "0"),
    ])
}

/// `country:product:operator:left:price` of the last orders: how many numbers are left, and what one cost.
fn goods(conn: &mut Conn, account_id: i64, recent: i64, order: &'static str) -> Result<Vec<String>> {
    let sql = Sql::new("SELECT ")
        .sql(WORDS)
        .sql(", f.free, CAST(MAX(o.price) AS BIGINT) FROM (SELECT * FROM num_order ");
    let sql = sql.sql("WHERE phone <> '' AND account_id = ").bind(account_id).sql(" ORDER BY id DESC LIMIT ");
    let sql = sql.bind(recent).sql(") o JOIN num_offer f ON f.id = o.offer_id GROUP BY ").sql(WORDS);
    let (int, text) = (Kind::Int, Kind::Text);
    let rows = sql.sql(", f.id, f.free").sql(order).load(conn, &[text, text, text, int, int])?;
    let one = |row: &Vec<Raw>| {
        let price = Money(row[4].int()).plain();
        format!("{}:{}:{}:{}:{price}", row[0].str(), row[1].str(), row[2].str(), row[3].int())
    };
    Ok(rows.iter().map(one).collect())
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let account_id = own_account(cx.call)?;
    let row = Row::load(cx.conn, account_id)?;
    let mut record = Record::stored(account_id);
    record.set("default_country", row.default_country);
    record.set("default_operator", row.default_operator);
    record.set("default_forwarding_number", row.default_forwarding);
    Ok(record)
}

/// Words of the catalogue, and a number that calls can be forwarded to; all of them may be empty.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for (field, what) in [("default_country", "country"), ("default_operator", "operator")] {
        let word = record.str(field).trim().to_owned();
        if !word.is_empty() {
            word_id(cx.conn, what, &word)?;
        }
        record.set(field, word);
    }
    let number = record.str("default_forwarding_number").trim().to_owned();
    if !number.is_empty() && !is_russian(&number) {
        return Err(Error::value("default_forwarding_number", number));
    }
    record.set("default_forwarding_number", number);
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    open(cx.conn, record.id, cx.call.caller.user.reseller_id)?;
    let mut sql = Sql::new("UPDATE num_account SET default_country = ").bind(record.str("default_country"));
    sql = sql.sql(", default_operator = ").bind(record.str("default_operator"));
    sql = sql.sql(", default_forwarding = ").bind(record.str("default_forwarding_number"));
    sql.sql(" WHERE account_id = ").bind(record.id).execute(cx.conn)?;
    Ok(Vec::new())
}
