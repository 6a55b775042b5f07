//! `account.signup`: a new client of telephony, whole or not at all: account, user, money, plan, main
//! SIP account and what the plan gives him to begin with (operations.md §2.13).

use super::credit;
use super::password;
use super::plan::{self, Plan};
use super::refill::{Refill, Source};
use super::sip;
use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::books;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Reply};
use crate::rpc::nested;
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[("account.signup", Handler::Form(FORM))];

const FORM: Form = record::FORM.prepare(prepare).read(|cx| Ok(record::defaults(cx))).save(save);

/// Digits of a login that nobody has chosen.
const LOGIN_DIGITS: usize = 10;
/// So many free ones are drawn at the most.
const DRAWS_MAX: usize = 20;

/// A client without a password gets one, which is answered once.
fn prepare(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    match params.has("passwd") {
        true => {
            params.remove(password::MADE);
            Ok(())
        }
        false => password::make(app, caller, params),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let plan = own_plan(cx, record.int("plan"))?;
    let login = match record.str("login").trim() {
        "" => drawn(cx)?,
        login => checked(login)?,
    };
    let (account_id, user_id) = open(cx, &record, &plan, &login)?;
    let email = record.str("email").trim().to_owned();
    let sql = Sql::new("UPDATE users SET email = ").bind(email).sql(" WHERE id = ").bind(user_id);
    sql.execute(cx.conn)?;
    plan::assign(cx, account_id, plan.id)?;
    let subaccount = books::subaccount_of(cx.conn, account_id, None)?;
    let owner = (account_id, subaccount.reseller_id);
    let (app, now_us) = (&*cx.call.app, cx.call.now_us);
    let (_, sip_password) = sip::create_main(cx.conn, app, owner, &login, None, now_us)?;
    if plan.initial_credit.0 > 0 {
        let (key, amount) = (format!("credit:initial:{account_id}"), plan.initial_credit);
        let refill = Refill { source: Source::Initial, reference: plan.id, amount, description: "" };
        credit::give(cx.conn, &subaccount, key, &refill, now_us)?;
    }
    let made = cx.params.get(password::MADE).to_owned();
    let shown = (!made.is_empty()).then(|| Node::leaf("passwd", made));
    let nodes = [
        Node::leaf("id", account_id.to_string()),
        Node::leaf("login", &login),
        Node::leaf("plan", plan.id.to_string()),
        Node::leaf("balance", plan.initial_credit.plain()),
        Node::leaf("sip", login),
        Node::leaf("sip_passwd", sip_password),
    ];
    Ok(nodes.into_iter().chain(shown).collect())
}

/// A reseller's clients get plans of his; direct ones those of the provider. Errors `missed(plan)`, and
/// `value(plan)` for one that new clients are not to have.
fn own_plan(cx: &mut Ctx, id: i64) -> Result<Plan> {
    let owner = match cx.scope() {
        Scope::Reseller(account_id) => account_id,
        _ => 0,
    };
    let found = plan::find(cx.conn, id)?.filter(|plan| plan.reseller_id == owner && plan.active);
    let plan = found.ok_or_else(|| Error::missed("plan").with("value", id.to_string()))?;
    match plan.signup {
        true => Ok(plan),
        false => Err(Error::value("plan", id.to_string()).with("desc", "desc_plan_closed")),
    }
}

/// `[0-9A-Za-z._-]{3,32}`; the ends of service accounts are refused where the SIP account is made.
fn checked(login: &str) -> Result<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match (3..=32).contains(&login.len()) && login.bytes().all(is_plain) {
        true => Ok(login.to_owned()),
        false => Err(Error::value("login", login).with("desc", "desc_login_form")),
    }
}

fn drawn(cx: &mut Ctx) -> Result<String> {
    for _ in 0..DRAWS_MAX {
        let first = super::client::drawn(b"123456789", 1);
        let login = first + &super::client::drawn(b"0123456789", LOGIN_DIGITS - 1);
        let sql = Sql::new("SELECT id FROM users WHERE name_fold = ").bind(login.as_str());
        let sql = sql.sql(" UNION ALL SELECT id FROM sip WHERE name = ").bind(login.as_str());
        if sql.first(cx.conn, &[Kind::Int])?.is_none() {
            return Ok(login);
        }
    }
    Err(Error::new("busy", "login"))
}

/// What `account.edit` makes of a new client. The password is its hash by now.
fn open(cx: &mut Ctx, record: &Record, plan: &Plan, login: &str) -> Result<(i64, i64)> {
    let (project, currency) = (plan.project_id.to_string(), plan.currency_id.to_string());
    let hash = cx.params.get("passwd").to_owned();
    let params = Params::of([
        ("func", "account.edit"),
        ("sok", "ok"),
        ("email", login),
        ("passwd", &hash),
        ("realname", record.str("realname")),
        ("phone", record.str("phone")),
        ("project", &project),
        ("currency", &currency),
        ("lang", record.str("lang")),
    ]);
    let reply = nested::run(cx, params, "plan").map_err(|error| match error.object.as_str() {
        "name" => Error::exists("login", login),
        _ => error,
    })?;
    let Reply::Ok(nodes) = reply else { return Err(Error::system("an account was not made")) };
    let id = |name: &str| {
        let node = nodes.iter().find(|node| node.name == name);
        node.and_then(|node| node.text.as_deref()?.parse().ok()).ok_or_else(|| Error::system("no id"))
    };
    Ok((id("account")?, id("user")?))
}
