//! What a reseller's clients pay above what he pays himself (operations.md §2.2).

pub mod follow;

use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::rounding::WHOLE_E4;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::value;
use follow::MARKUP_MAX;

pub const FUNCS: &[Row] = &[
    ("markup", Handler::Once(shown)),
    ("markup.preview", Handler::Once(preview)),
    ("markup.edit", Handler::Form(EDIT)),
];

const EDIT: Form = record::FORM.read(read).save(save);

/// Rows of a preview, where the caller names no number, and at most.
const ROWS: i64 = 100;
const ROWS_MAX: i64 = 10_000;
/// A percent has two decimals at most; stored are four.
const HUNDREDTH: i64 = 100;

/// The plan that a reseller's clients are charged by.
struct Retail {
    plan_id: i64,
    name: String,
    percent_e4: i64,
    base_id: i64,
    rates: i64,
    account_id: i64,
    iso: String,
}

/// That of the caller, or for staff of the reseller whom `plid` names.
fn retail(cx: &mut Ctx) -> Result<Retail> {
    let account_id = cx.plid()?.unwrap_or(cx.caller.user.account_id);
    if account_id == 0 {
        return Err(Error::missed("plid"));
    }
    record::account_owner(cx, account_id)?;
    let sql = Sql::new(
        "SELECT p.id, p.name, p.markup, p.base_plan_id, p.rate_count, c.iso FROM account a \
         JOIN plan p ON p.id = a.retail_plan_id JOIN currency c ON c.id = p.currency_id \
         WHERE a.is_reseller AND NOT p.deleted AND a.id = ",
    );
    let kinds = [Kind::Int, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Text];
    let row = sql.bind(account_id).first(cx.conn, &kinds)?.ok_or_else(|| Error::missed("plan"))?;
    Ok(Retail {
        plan_id: row[0].int(),
        name: row[1].str().to_owned(),
        percent_e4: row[2].int(),
        base_id: row[3].int(),
        rates: row[4].int(),
        account_id,
        iso: row[5].str().to_owned(),
    })
}

fn shown(cx: &mut Ctx) -> Result<Reply> {
    let retail = retail(cx)?;
    Ok(Reply::Object(vec![
        Node::leaf("percent", value::percent(retail.percent_e4)),
        Node::leaf("plan_id", retail.plan_id.to_string()),
        Node::leaf("plan_name", retail.name),
        Node::leaf("rates", retail.rates.to_string()),
    ]))
}

/// Refuses what is no percent from 0 to 1000 with two decimals.
fn checked(percent_e4: i64) -> Result<i64> {
    match (0..=MARKUP_MAX).contains(&percent_e4) && percent_e4 % HUNDREDTH == 0 {
        true => Ok(percent_e4),
        false => Err(Error::value("percent", value::percent(percent_e4))),
    }
}

/// What a markup would make of the prices. It writes nothing.
fn preview(cx: &mut Ctx) -> Result<Reply> {
    let percent_e4 = cx.input("percent")?.ok_or_else(|| Error::missed("percent"))?.int();
    let factor = WHOLE_E4 + checked(percent_e4)?;
    let most = match cx.params.get("p_cnt").trim() {
        "" => ROWS,
        text => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| Error::value("p_cnt", text))?,
    };
    let retail = retail(cx)?;
    let elems = prices(cx, &retail, factor, most.min(ROWS_MAX))?;
    let [rates, skipped, changed] = counts(cx, &retail, factor)?;
    let head = [
        ("percent", value::percent(percent_e4)),
        ("plan_id", retail.plan_id.to_string()),
        ("rates", rates.to_string()),
        ("changed", changed.to_string()),
        ("skipped", skipped.to_string()),
    ];
    let head = head.into_iter().map(|(name, text)| Node::leaf(name, text));
    Ok(Reply::Object(head.chain(elems).collect()))
}

/// ` FROM` the rates that would be changed or skipped, beside those that they follow.
fn pairs(retail: &Retail) -> Sql {
    let sql = Sql::new(" FROM rate r JOIN rate b ON b.prefix_id = r.prefix_id AND b.plan_id = ");
    sql.bind(retail.base_id)
        .sql(" JOIN prefix x ON x.id = r.prefix_id WHERE r.plan_id = ")
        .bind(retail.plan_id)
}

/// A price of the base with a markup; `follow` does the same with the one of the plan.
fn marked(sql: Sql, column: &'static str, factor: i64) -> Sql {
    sql.sql("(").sql(column).sql(" * ").bind(factor).sql(" + 500000) / 1000000")
}

fn prices(cx: &mut Ctx, retail: &Retail, factor: i64, most: i64) -> Result<Vec<Node>> {
    let sql = marked(Sql::new("SELECT x.prefix, x.destination, r.price, "), "b.price", factor);
    let sql = sql.append(&pairs(retail)).sql(" AND NOT r.manual ORDER BY x.prefix LIMIT ").bind(most);
    let rows = sql.load(cx.conn, &[Kind::Text, Kind::Text, Kind::Int, Kind::Int])?;
    let money = |raw: &Raw| Money(raw.int()).shown(&retail.iso).to_string();
    let elem = |row: &Vec<Raw>| {
        Node::new("elem").with([
            Node::leaf("prefix", row[0].str()),
            Node::leaf("destination", row[1].str()),
            Node::leaf("price", money(&row[2])),
            Node::leaf("newprice", money(&row[3])),
        ])
    };
    Ok(rows.iter().map(elem).collect())
}

/// All rates, those that are manual, and those that would get another price.
fn counts(cx: &mut Ctx, retail: &Retail, factor: i64) -> Result<[i64; 3]> {
    let sql = Sql::new(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN r.manual THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN NOT r.manual AND (r.price <> ",
    );
    let sql = marked(sql, "b.price", factor).sql(" OR r.connectcharge <> ");
    let sql = marked(sql, "b.connectcharge", factor).sql(") THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let row = sql.append(&pairs(retail)).first(cx.conn, &[Kind::Int; 3])?;
    let row = row.ok_or_else(|| Error::system("nothing was counted"))?;
    Ok([row[0].int(), row[1].int(), row[2].int()])
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let retail = retail(cx)?;
    let mut record = Record::stored(retail.plan_id);
    record.set("percent", retail.percent_e4);
    record.set("plan_name", retail.name);
    Ok(record)
}

/// Sets the markup of the plan that is there. Where it is in force already no row is touched (R166).
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    if !cx.params.has("percent") {
        return Err(Error::missed("percent"));
    }
    let percent_e4 = checked(record.int("percent"))?;
    let retail = retail(cx)?;
    // Held until the end: the wholesale prices may be changing too, and follow after this or before.
    let sql = Sql::new("UPDATE plan SET markup = ").bind(percent_e4).sql(" WHERE id = ");
    sql.bind(retail.plan_id).execute(cx.conn)?;
    let rows_updated = follow::mark(cx.conn, retail.plan_id, percent_e4, cx.call.now_us)?;
    if rows_updated > 0 || percent_e4 != retail.percent_e4 {
        let sql = Sql::new("UPDATE plan SET version = version + 1 WHERE id = ").bind(retail.plan_id);
        sql.execute(cx.conn)?;
        cx.touch(Topic::Rates)?;
        let owner = (retail.account_id, retail.account_id);
        history::write_of(cx, "plan", retail.plan_id, owner, "markup")?;
    }
    Ok(vec![
        Node::leaf("percent", value::percent(percent_e4)),
        Node::leaf("plan_id", retail.plan_id.to_string()),
        Node::leaf("rows_updated", rows_updated.to_string()),
    ])
}
