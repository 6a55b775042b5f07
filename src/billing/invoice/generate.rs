//! Month end: the expenses of a period that stand in no invoice yet become invoices, one for each payer
//! and currency.
//!
//! What was asked for and how far it has come stands in `invoice_run`. The call that asks does the first
//! piece of the work, `upkeep` the others, each a write job of its own; a run that is cut off goes on
//! where it was. An expense is taken for what no invoice holds of it, so a second run finds nothing.

use super::{gather, load};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::time::DAY_US;

pub const FORM: Form = record::FORM.read(read).check(check).save(save);

/// Expenses that one job looks at, and invoices that one job issues: no job holds the writer long.
const EXPENSES_MAX: usize = 500;
const ISSUES_MAX: i64 = 50;
/// Counting what is left ends here.
const LEFT_MAX: i64 = 100_000;

const COLLECTS: i64 = 0;
const ISSUES: i64 = 1;
const DONE: i64 = 2;

/// The month before this one, which is what an accountant most likely asks for.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = record::defaults(cx);
    let today = cx.zone.day(cx.now_us);
    let last = cx.zone.day_start_us(today.first_of_month()) - DAY_US / 2;
    record.set("todate", cx.zone.day_us(last));
    record.set("fromdate", cx.zone.day_start_us(cx.zone.day(last).first_of_month()));
    record.set("cdate", cx.zone.day_us(cx.now_us));
    Ok(record)
}

fn check(_cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for name in ["cdate", "fromdate", "todate"] {
        if record.int(name) == 0 {
            return Err(Error::missed(name));
        }
    }
    if record.int("todate") < record.int("fromdate") {
        return Err(Error::value("todate", ""));
    }
    match (record.str("gentype"), record.int("customer")) {
        ("customer", 0) => Err(Error::missed("customer")),
        _ => Ok(()),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let is_of_one = record.str("gentype") == "customer";
    let values: [(&str, Raw); 9] = [
        ("company_id", record.get("company").clone()),
        ("customer_id", if is_of_one { record.int("customer") } else { 0 }.into()),
        ("profiletypes", record.get("profiletype").clone()),
        ("status", record.get("invoice_status").clone()),
        ("cdate", record.get("cdate").clone()),
        ("fromdate", record.get("fromdate").clone()),
        ("todate", record.get("todate").clone()),
        ("before_at", cx.zone.next_day_us(record.int("todate")).into()),
        ("summarize", record.get("summarizeinvoice").clone()),
    ];
    let sql = Sql::new("INSERT INTO invoice_run (").words(values.iter().map(|(name, _)| *name));
    let sql = sql.sql(") VALUES (").binds(values.into_iter().map(|(_, raw)| raw)).sql(") RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a run got no id"))?;
    step(cx, row[0].int())
}

/// The next piece of a run that is not done. Nothing but the program itself calls it.
pub fn go_on(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    step(cx, id).map(drop)
}

pub struct Run {
    pub id: i64,
    pub company_id: i64,
    pub customer_id: i64,
    pub profiletypes: String,
    pub status: i64,
    pub cdate: i64,
    pub fromdate: i64,
    pub todate: i64,
    pub before_at: i64,
    pub summarize: bool,
    pub seen: (i64, i64),
    pub taken: i64,
    pub payerless: i64,
    pub stage: i64,
}

const RUN: [&str; 13] = [
    "company_id",
    "customer_id",
    "status",
    "cdate",
    "fromdate",
    "todate",
    "before_at",
    "seen_at",
    "seen_id",
    "taken",
    "payerless",
    "stage",
    "profiletypes",
];

/// The run, its row locked: two servers must not do the same piece.
fn locked(conn: &mut Conn, id: i64) -> Result<Run> {
    let sql = Sql::new("UPDATE invoice_run SET stage = stage WHERE id = ").bind(id).sql(" RETURNING ");
    let mut kinds = [Kind::Int; RUN.len() + 1];
    (kinds[12], kinds[13]) = (Kind::Text, Kind::Flag);
    let row = sql.words(RUN.into_iter().chain(["summarize"])).first(conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let int = |at: usize| row[at].int();
    Ok(Run {
        id,
        company_id: int(0),
        customer_id: int(1),
        status: int(2),
        cdate: int(3),
        fromdate: int(4),
        todate: int(5),
        before_at: int(6),
        seen: (int(7).max(int(4)), int(8)),
        taken: int(9),
        payerless: int(10),
        stage: int(11),
        profiletypes: row[12].str().to_owned(),
        summarize: row[13].on(),
    })
}

/// One piece of the work, and what is left of it.
fn step(cx: &mut Ctx, id: i64) -> Result<Vec<Node>> {
    let mut run = locked(cx.conn, id)?;
    match run.stage {
        COLLECTS => collect(cx, &mut run)?,
        ISSUES => issue_some(cx, &mut run)?,
        _ => {}
    }
    let sql = Sql::new("UPDATE invoice_run SET seen_at = ").bind(run.seen.0);
    let sql = sql.sql(", seen_id = ").bind(run.seen.1).sql(", taken = ").bind(run.taken);
    let sql = sql.sql(", payerless = ").bind(run.payerless).sql(", stage = ").bind(run.stage);
    sql.sql(" WHERE id = ").bind(run.id).execute(cx.conn)?;
    let left = left(cx.conn, &run)?;
    let nodes = [("id", run.id), ("taken", run.taken), ("payerless", run.payerless), ("left", left)];
    Ok(nodes.into_iter().map(|(name, number)| Node::leaf(name, number.to_string())).collect())
}

/// Expenses not yet looked at, or drafts not yet issued.
fn left(conn: &mut Conn, run: &Run) -> Result<i64> {
    let sql = match run.stage {
        DONE => return Ok(0),
        ISSUES => drafts(Sql::new("SELECT COUNT(*) FROM invoice WHERE"), run),
        _ => {
            let sql = Sql::new("SELECT COUNT(*) FROM (SELECT 1 AS one FROM expense e");
            of_period(conn, sql, run)?.sql(" LIMIT ").bind(LEFT_MAX).sql(") counted")
        }
    };
    Ok(sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

pub fn drafts(sql: Sql, run: &Run) -> Sql {
    sql.sql(" run_id = ").bind(run.id).sql(" AND NOT issued AND NOT deleted")
}

/// The expenses of the period behind what the run has seen.
fn of_period(conn: &mut Conn, sql: Sql, run: &Run) -> Result<Sql> {
    let sql = sql.sql(" WHERE NOT e.deleted AND e.realdate < ").bind(run.before_at);
    let sql = sql.sql(" AND (e.realdate, e.id) > (").bind(run.seen.0).sql(", ").bind(run.seen.1).sql(")");
    Ok(match run.customer_id {
        0 => sql,
        customer => sql.sql(" AND e.account_id = ").bind(gather::customer_owner(conn, customer)?.0),
    })
}

fn collect(cx: &mut Ctx, run: &mut Run) -> Result<()> {
    let sql =
        Sql::new("SELECT e.id, e.realdate, e.account_id, e.amount - e.compensated - ").sql(gather::HELD);
    let sql = of_period(cx.conn, sql.sql(" FROM expense e"), run)?;
    let sql = sql.sql(" ORDER BY e.realdate, e.id LIMIT ").bind(EXPENSES_MAX as i64);
    let rows = sql.load(cx.conn, &[Kind::Int; 4])?;
    if rows.len() < EXPENSES_MAX {
        run.stage = if run.status == 0 { DONE } else { ISSUES };
    }
    if let Some(last) = rows.last() {
        run.seen = (last[1].int(), last[0].int());
    }
    // A credit note that is due is asked for by hand.
    let open = || rows.iter().filter(|row| row[3].int() > 0);
    let (ids, clients) = open().map(|row| (row[0].int(), row[2].int())).unzip();
    gather::gather(cx, run, ids, clients)
}

/// Issues drafts of the run in the order in which they were made.
fn issue_some(cx: &mut Ctx, run: &mut Run) -> Result<()> {
    let sql = drafts(Sql::new("SELECT id FROM invoice WHERE"), run).sql(" ORDER BY id LIMIT ");
    let rows = sql.bind(ISSUES_MAX).load(cx.conn, &[Kind::Int])?;
    for row in &rows {
        let draft = load(cx, row[0].int())?;
        match draft.amount == Money::ZERO {
            true => super::delete_draft(cx, draft.id)?, // all of it was given back meanwhile
            false => super::set_status(cx, &draft, run.status)?,
        }
    }
    if (rows.len() as i64) < ISSUES_MAX {
        run.stage = DONE;
    }
    Ok(())
}
