//! Call plans: who is charged by which, and who may change to which.
//!
//! The provider's plans are what resellers and direct clients pay. What the clients of a reseller pay
//! is a plan of his own, made when he gets his first: its rates follow those of the plan that he pays
//! himself, with his markup on top (`markup`).

use super::markup::follow::{self, Which};
use crate::books;
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::money::Money;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("plan.edit", Handler::Form(EDIT)),
    ("plan.delete", Handler::Each(delete)),
    ("plan.grant.resume", Handler::Each(grant)),
    ("plan.available", Handler::View(Some(granted))),
    ("plan.change", Handler::Form(CHANGE)),
    ("account.plan", Handler::Form(ASSIGN)),
];

const EDIT: Form = record::FORM.check(check);
const CHANGE: Form = record::FORM.read(read_own).save(change);
const ASSIGN: Form = record::FORM.read(read_account).save(assign_one);

/// Until the reseller gives it another.
const RETAIL_NAME: &str = "Calls";
const TARIFF_LIMIT_MAX: i64 = 1_000;
/// 10⁻⁴ of a percent.
const PERCENT: i64 = 10_000;

/// The plan that an account's calls are charged by.
pub fn plan_of(conn: &mut Conn, account_id: i64) -> Result<Option<(i64, String)>> {
    let sql = Sql::new("SELECT p.id, p.name FROM account a JOIN plan p ON p.id = a.plan_id ");
    let sql = sql.sql("WHERE NOT p.deleted AND a.id = ").bind(account_id);
    let row = sql.first(conn, &[Kind::Int, Kind::Text])?;
    Ok(row.map(|row| (row[0].int(), row[1].str().to_owned())))
}

/// A plan as those who change its rates have to know it.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub id: i64,
    pub account_id: i64,
    pub reseller_id: i64,
    pub base_plan_id: i64,
    pub project_id: i64,
    pub currency_id: i64,
    pub initial_credit: Money,
    /// May new clients get it?
    pub signup: bool,
    pub active: bool,
}

impl Plan {
    /// Its rates follow those of another.
    pub fn is_derived(&self) -> bool {
        self.base_plan_id != 0
    }
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<Plan>> {
    let sql = Sql::new(
        "SELECT account_id, reseller_id, base_plan_id, project_id, currency_id, initial_credit, signup, active \
         FROM plan WHERE NOT deleted AND id = ",
    );
    let mut kinds = [Kind::Int; 8];
    kinds[6..].fill(Kind::Flag);
    let row = sql.bind(id).first(conn, &kinds)?;
    Ok(row.map(|row| Plan {
        id,
        account_id: row[0].int(),
        reseller_id: row[1].int(),
        base_plan_id: row[2].int(),
        project_id: row[3].int(),
        currency_id: row[4].int(),
        initial_credit: Money(row[5].int()),
        signup: row[6].on(),
        active: row[7].on(),
    }))
}

/// A new plan is the provider's; that of a reseller is made when he gets his own.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() {
        if !cx.caller.level().is_staff() {
            return Err(Error::access("plan.edit"));
        }
        record.set("account_id", 0);
        record.set("reseller_id", 0);
    }
    if record.int("initial_credit") < 0 {
        return Err(Error::value("initial_credit", cx.params.get("initial_credit")));
    }
    let limit = record.int("tariff_limit");
    match (0..=TARIFF_LIMIT_MAX).contains(&limit) {
        true => Ok(()),
        false => Err(Error::value("tariff_limit", limit.to_string())),
    }
}

/// A plan that charges somebody, or that other plans follow, stays.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    if record::need_own(cx, id).is_err() {
        return Ok(());
    }
    let accounts = Sql::new("SELECT id FROM account WHERE NOT deleted AND (plan_id = ").bind(id);
    let accounts = accounts.sql(" OR retail_plan_id = ").bind(id).sql(") LIMIT 1");
    if accounts.first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("account", elid));
    }
    let plans = Sql::new("SELECT id FROM plan WHERE NOT deleted AND base_plan_id = ").bind(id);
    if plans.sql(" LIMIT 1").first(cx.conn, &[Kind::Int])?.is_some() {
        return Err(Error::exists("plan", elid));
    }
    record::delete(cx, elid)?;
    Sql::new("DELETE FROM rate WHERE plan_id = ").bind(id).execute(cx.conn)?;
    Sql::new("DELETE FROM plan_grant WHERE plan_id = ").bind(id).execute(cx.conn)?;
    cx.touch(Topic::Rates)
}

/// Lets an account change to a plan; the row is the account's.
fn grant(cx: &mut Ctx, elid: &str) -> Result<()> {
    record::link(cx, elid)?;
    let account_id: i64 = elid.parse().map_err(|_| Error::value("elid", elid))?;
    let sql = Sql::new("UPDATE plan_grant SET reseller_id = (SELECT reseller_id FROM account WHERE id = ");
    let sql = sql.bind(account_id).sql(") WHERE account_id = ").bind(account_id);
    sql.execute(cx.conn).map(drop)
}

/// What was granted to the caller's own account: a reseller's clients have lists of their own.
fn granted(cx: &mut Ctx) -> Result<Sql> {
    Ok(Sql::new(" AND account_id = ").bind(cx.caller.user.account_id))
}

/// The plan of the caller's account; what is chosen is among those granted to it.
fn read_own(cx: &mut Ctx) -> Result<Record> {
    let user = &cx.call.caller.user;
    if user.account_id == 0 {
        return Err(Error::access("plan.change"));
    }
    let own = plan_of(cx.conn, user.account_id)?;
    let mut record = Record::new();
    record.owner = (user.account_id, user.reseller_id);
    record.set("plan", own.map_or(0, |(id, _)| id));
    Ok(record)
}

fn change(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    assign(cx, record.owner.0, record.int("plan"))
}

/// A client's plan is one of his reseller's, so it is not chosen among what the client owns.
fn read_account(cx: &mut Ctx) -> Result<Record> {
    cx.need_elid()?;
    let mut record = record::read(cx)?;
    record.owner = (0, 0);
    Ok(record)
}

/// What a reseller pays himself the provider says.
fn assign_one(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    if record.id == cx.caller.user.account_id {
        return Err(Error::value("plan", cx.params.get("plan")));
    }
    assign(cx, record.id, record.int("plan_id"))
}

/// From now on an account's calls are charged by a plan: of its reseller, or of the provider where it
/// has none or is one (operations.md R144). The plan is in the currency of the account's money.
pub fn assign(cx: &mut Ctx, account_id: i64, plan_id: i64) -> Result<Vec<Node>> {
    if !cx.params.has("plan") {
        return Err(Error::missed("plan"));
    }
    let refused = || Error::value("plan", plan_id.to_string());
    let sql = Sql::new("UPDATE account SET plan_id = ").bind(plan_id).sql(" WHERE id = ").bind(account_id);
    let sql = sql.sql(" RETURNING reseller_id, is_reseller, retail_plan_id");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Flag, Kind::Int])?;
    let row = row.ok_or_else(|| Error::missed("elid"))?;
    let (reseller_id, is_reseller) = (row[0].int(), row[1].on());
    let payee = if is_reseller { 0 } else { reseller_id };
    let plan = find(cx.conn, plan_id)?.filter(|plan| plan.reseller_id == payee).ok_or_else(refused)?;
    let money = books::subaccount_of(cx.conn, account_id, None)?;
    if (money.project_id, money.currency_id) != (plan.project_id, plan.currency_id) {
        return Err(refused().with("desc", "desc_plan_currency"));
    }
    if is_reseller {
        changes(cx.conn, plan_id, 0)?; // nobody changes the prices that are about to be followed
    }
    let retail = match (is_reseller, row[2].int()) {
        (false, _) => None,
        (true, 0) => Some(make_retail(cx, account_id, &plan)?),
        (true, retail_id) => Some(move_retail(cx, retail_id, plan.id)?),
    };
    history::write_of(cx, "account", account_id, (account_id, reseller_id), "plan")?;
    let nodes = [Some(("plan", plan_id)), retail.map(|id| ("retail_plan", id))].into_iter().flatten();
    Ok(nodes.map(|(name, id)| Node::leaf(name, id.to_string())).collect())
}

/// The plan of a reseller's clients. They see its name, so it tells nothing of him or of what he pays by.
fn make_retail(cx: &mut Ctx, account_id: i64, base: &Plan) -> Result<i64> {
    let markup = i64::from(cx.app.config.load().agent_markup_percent) * PERCENT;
    let sql = Sql::new(
        "INSERT INTO plan (account_id, reseller_id, project_id, currency_id, base_plan_id, markup, name, \
         name_fold, signup) VALUES (",
    );
    let numbers =
        [account_id, account_id, base.project_id, base.currency_id, base.id, markup].map(Into::into);
    let names = [RETAIL_NAME.into(), RETAIL_NAME.to_lowercase().into()];
    let sql = sql.binds(numbers.into_iter().chain(names)).sql(", TRUE) RETURNING id");
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("a plan got no id"))?;
    let id = row[0].int();
    let sql = Sql::new("UPDATE account SET retail_plan_id = ").bind(id).sql(" WHERE id = ").bind(account_id);
    sql.execute(cx.conn)?;
    history::write_of(cx, "plan", id, (account_id, account_id), "")?;
    follow_whole(cx, id)
}

/// The reseller pays by another plan now; those of his clients stay with the same one.
fn move_retail(cx: &mut Ctx, id: i64, base_id: i64) -> Result<i64> {
    let sql = Sql::new("UPDATE plan SET base_plan_id = ").bind(base_id).sql(" WHERE id = ").bind(id);
    match sql.sql(" AND base_plan_id <> ").bind(base_id).execute(cx.conn)? {
        0 => Ok(id),
        _ => follow_whole(cx, id),
    }
}

fn follow_whole(cx: &mut Ctx, id: i64) -> Result<i64> {
    follow::forget(cx.conn, id)?;
    follow::update(cx.conn, Which::Plan(id), cx.call.now_us)?;
    follow::insert(cx.conn, Which::Plan(id), cx.call.now_us)?;
    let sql = Sql::new("UPDATE plan SET version = version + 1, rate_count = (SELECT COUNT(*) FROM rate ");
    sql.sql("WHERE plan_id = ").bind(id).sql(") WHERE id = ").bind(id).execute(cx.conn)?;
    cx.touch(Topic::Rates)?;
    Ok(id)
}

/// Counts a change of the rates of a plan, and so of those that follow it. Called before the rates are
/// touched, for it keeps others from them: two changes of one plan come one after the other. Of two
/// plans the one that is followed is always taken first, and topic `rates` after all plans.
pub fn changes(conn: &mut Conn, id: i64, more: i64) -> Result<()> {
    for column in ["id", "base_plan_id"] {
        let sql = Sql::new("UPDATE plan SET version = version + 1, rate_count = rate_count + ").bind(more);
        sql.sql(" WHERE ").word(column).sql(" = ").bind(id).execute(conn)?;
    }
    Ok(())
}
