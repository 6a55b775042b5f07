//! Vouchers: codes that are money. Each counts once, and a wrong one is told from a used one by
//! nothing (operations.md §2.12).

use super::client::drawn;
use super::credit;
use super::refill::{Refill, Source};
use crate::app::App;
use crate::auth::Caller;
use crate::billing::charge;
use crate::books::{self, Subaccount};
use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::history;
use crate::ledger::Scale;
use crate::level::Level;
use crate::money::Money;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("voucher.edit", Handler::Form(EDIT)),
    ("voucher.delete", Handler::Each(delete)),
    ("voucher.redeem", Handler::Form(REDEEM)),
];

const EDIT: Form = record::FORM.check(check).save(save);
const REDEEM: Form = record::FORM.prepare(guard).read(|_| Ok(Record::new())).save(redeem);

/// Vouchers that one call makes.
const AT_ONCE_MAX: i64 = 1_000;
const AMOUNT_MAX: Money = Money::units(1_000_000);
const CODE_MAX: usize = 64;
/// Digits of a made-up code, which may be typed into a telephone: nobody guesses one of some
/// thousands among 10^16.
const CODE_LEN: usize = 16;

fn made_up() -> String {
    drawn(b"0123456789", CODE_LEN)
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if record.is_new() { check_new(cx, record) } else { need_unused(cx.conn, record.id) }
}

fn check_new(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (amount, count) = (Money(record.int("amount")), asked(cx)?);
    if amount <= Money::ZERO || amount > AMOUNT_MAX || !Scale::TELECOM.fits(amount) {
        return Err(Error::value("amount", amount.plain()));
    }
    let code = record.str("code").trim().to_owned();
    let most = if code.is_empty() { AT_ONCE_MAX } else { 1 };
    if !(1..=most).contains(&count) {
        return Err(Error::value("count", count.to_string()));
    }
    if code.len() > CODE_MAX || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::value("code", "").with("desc", "desc_voucher_code"));
    }
    let of = issuer(cx, record)?;
    let values = [of.account_id, of.reseller_id, of.project_id, of.currency_id, cx.now_us];
    let columns = ["account_id", "reseller_id", "project_id", "currency_id", "created_at"];
    columns.into_iter().zip(values).for_each(|(column, value)| record.set(column, value));
    record.set("code", if code.is_empty() { made_up() } else { code });
    Ok(())
}

/// How many are to be made.
fn asked(cx: &Ctx) -> Result<i64> {
    Ok(cx.input("count")?.map_or(1, |count| count.int()))
}

/// Whose clients may redeem it, and in which currency.
struct Issuer {
    account_id: i64,
    reseller_id: i64,
    project_id: i64,
    currency_id: i64,
}

/// A reseller issues in the currency of his own account, staff for a provider's direct clients.
fn issuer(cx: &mut Ctx, record: &Record) -> Result<Issuer> {
    if !cx.caller.level().is_staff() {
        let id = cx.caller.user.account_id;
        let own = books::subaccount_of(cx.conn, id, None)?;
        let (project_id, currency_id) = (own.project_id, own.currency_id);
        return Ok(Issuer { account_id: id, reseller_id: id, project_id, currency_id });
    }
    let project_id = record.int("project_id");
    if project_id == 0 {
        return Err(Error::missed("project"));
    }
    let currency_id = match record.int("currency_id") {
        0 => books::rates(cx.conn, project_id)?.0,
        chosen => chosen,
    };
    Ok(Issuer { account_id: 0, reseller_id: 0, project_id, currency_id })
}

/// Keeps the voucher, and as many more as were asked for, each with a code of its own.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (is_new, code) = (record.is_new(), record.str("code").to_owned());
    let count = if is_new { asked(cx)? } else { 1 };
    let id = record::store(cx, record)?;
    for _ in 1..count {
        let sql = Sql::new("INSERT INTO voucher (account_id, reseller_id, project_id, currency_id, amount, ");
        let sql = sql.sql("tag, expires_at, created_at, code) SELECT account_id, reseller_id, project_id, ");
        let sql = sql.sql("currency_id, amount, tag, expires_at, created_at, ").bind(made_up());
        sql.sql(" FROM voucher WHERE id = ").bind(id).execute(cx.conn)?;
    }
    let id = Node::leaf("id", id.to_string());
    Ok(if is_new { vec![id, Node::leaf("code", code)] } else { vec![id] })
}

fn need_unused(conn: &mut Conn, id: i64) -> Result<()> {
    // Locks the row where it is unused, so that nobody redeems it meanwhile.
    let sql = Sql::new("UPDATE voucher SET used_by = used_by WHERE used_by = 0 AND id = ").bind(id);
    match sql.execute(conn)? {
        0 => Err(Error::value("status", "used")),
        _ => Ok(()),
    }
}

/// What was redeemed stays: the ledger refers to it.
fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let Ok(id) = elid.parse::<i64>() else { return Ok(()) };
    match record::need_own(cx, id) {
        Err(error) if error.kind == "missed" => return Ok(()),
        own => own?,
    }
    need_unused(cx.conn, id)?;
    record::delete(cx, elid)
}

/// Every reason is the same one.
fn refused() -> Error {
    Error::value("code", "").with("desc", "desc_voucher_refused")
}

/// Counts guesses before the transaction, which would forget them with everything else.
fn guard(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    let (account_id, code) = (caller.user.account_id, params.get("code").trim().to_owned());
    if caller.level() != Level::User || code.is_empty() {
        return Ok(()); // refused for that
    }
    if app.throttle.guesses_too_often(account_id, caller.ip) {
        return Err(refused());
    }
    let now_us = app.clock.now_us();
    let is_open = app.db.read(BUDGET_SLOW, |conn| {
        let of = books::subaccount_of(conn, account_id, None)?;
        let sql = Sql::new("SELECT id FROM voucher").append(&open(&of, &code, today_us(app, caller, now_us)));
        Ok(sql.first(conn, &[Kind::Int])?.is_some())
    });
    if is_open? {
        return Ok(());
    }
    app.throttle.guessed(account_id, caller.ip);
    Err(refused())
}

/// The calendar day of the client's provider: the last one of a voucher is a day of his.
fn today_us(app: &App, caller: &Caller, now_us: i64) -> i64 {
    let zone = caller.user.provider_zone.clone();
    zone.unwrap_or_else(|| app.config.load().time_zone.clone()).day_us(now_us)
}

/// ` WHERE …`: the voucher of a code, if this client can redeem it.
fn open(of: &Subaccount, code: &str, today_us: i64) -> Sql {
    let sql = Sql::new(" WHERE used_by = 0 AND code = ").bind(code);
    let sql =
        sql.sql(" AND reseller_id = ").bind(of.reseller_id).sql(" AND project_id = ").bind(of.project_id);
    let sql = sql.sql(" AND currency_id = ").bind(of.currency_id);
    sql.sql(" AND (expires_at = 0 OR expires_at >= ").bind(today_us).sql(")")
}

/// One conditional update takes the voucher, and only who took it is credited.
fn redeem(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let caller = &cx.call.caller;
    if caller.level() != Level::User {
        return Err(Error::access(cx.func.name()));
    }
    let of = books::subaccount_of(cx.conn, caller.user.account_id, None)?;
    let sql =
        Sql::new("UPDATE voucher SET used_by = ").bind(of.account_id).sql(", used_at = ").bind(cx.now_us);
    let day_us = today_us(&cx.call.app, caller, cx.now_us);
    let sql = sql.append(&open(&of, record.str("code").trim(), day_us)).sql(" RETURNING id, amount, tag");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Int, Kind::Text])?.ok_or_else(refused)?;
    let (id, amount) = (row[0].int(), Money(row[1].int()));
    let refill = Refill { source: Source::Voucher, reference: id, amount, description: "" };
    credit::give(cx.conn, &of, format!("credit:voucher:{id}"), &refill, cx.call.now_us)?;
    history::write_of(cx, "voucher", id, (of.account_id, of.reseller_id), "")?;
    let balance = charge::locked_balance(cx.conn, of.id)?;
    Ok(vec![Node::leaf("credit", amount.plain()), Node::leaf("balance", balance.plain())])
}
