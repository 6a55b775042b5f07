//! What a signed-in user sees and sets of himself, and the small helpers of the panel.

use compact_str::ToCompactString;

use crate::app::App;
use crate::auth::{Caller, Via, identify, phone, rights, totp, verify};
use crate::billing::user;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::money::Money;
use crate::params::Params;
use crate::record::{self, Record, scope_sql};
use crate::rpc::handler::{Ctx, Form, Handler, Reply, Topic};
use crate::rpc::registry::Row;
use crate::rpc::{self, describe, nested};

pub const FUNCS: &[Row] = &[
    ("whoami", Handler::Once(whoami)),
    ("menu", Handler::Once(menu)),
    ("desktop", Handler::Once(desktop)),
    ("dashboard.info", Handler::View(Some(own_rows))),
    ("usrparam", Handler::Form(USRPARAM)),
    ("groupedit", Handler::Form(GROUPEDIT)),
    ("check.money", Handler::Once(check_money)),
    ("drop.cache", Handler::Once(clear_caches)),
    ("tool.clearcache", Handler::Once(clear_caches)),
    ("journal.stat", Handler::Rows(journal_stat)),
    ("rights2.user", Handler::Rows(rights::list_of_user)),
    ("rights2.user.suspend", Handler::Each(rights::deny)),
    ("rights2.user.resume", Handler::Each(rights::allow)),
    ("userrights", Handler::Rows(rights::tree)),
    ("userrights.suspend", Handler::Each(rights::deny)),
    ("userrights.resume", Handler::Each(rights::allow)),
    ("userrights.delete", Handler::Each(rights::reset)),
    ("userrights.group", Handler::Rows(rights::groups)),
];

const USRPARAM: Form = record::FORM.prepare(check_old_password).read(read_own).save(save_own);
const GROUPEDIT: Form = record::FORM.prepare(prepare_group).read(|_| Ok(Record::new())).save(each_of_group);

fn whoami(cx: &mut Ctx) -> Result<Reply> {
    if cx.caller.via == Via::Step {
        return Ok(Reply::Ok(vec![totp::step::next()]));
    }
    let user = cx.caller.user.clone();
    let money = first_balance(cx)?;
    let numbers = [user.level.number(), user.id, user.account_id].map(|number| number.to_compact_string());
    let mut node = Node::new("user").attrs([
        ("realname", user.realname.as_str()),
        ("level", &numbers[0]),
        ("lang", &cx.lang),
        ("name", &user.name),
        ("id", &numbers[1]),
        ("account", &numbers[2]),
        ("email", &user.email),
        ("email_verified", if user.email_confirmed { "on" } else { "off" }),
        ("phone", &user.phone),
        ("timezone", &user.timezone),
    ]);
    if let Some((balance, iso, currency_id)) = money {
        let balance = balance.shown(&iso).to_string();
        node =
            node.attr("balance", balance).attr("currency", iso).attr("currency_id", currency_id.to_string());
    }
    if !cx.app.config.load().phone_check_provider.is_empty() {
        let needs = if user.phone_confirmed { "false" } else { "true" };
        node = node.attr("need_phone_validate", needs);
    }
    let hops = cx.caller.path.iter().map(|hop| {
        let level = hop.level.number().to_compact_string();
        Node::leaf("path", hop.id.to_compact_string()).attr("name", &hop.name).attr("level", level)
    });
    let version = env!("CARGO_PKG_VERSION");
    let mgr = Node::leaf("mgr", "billmgr").attr("version", version);
    Ok(Reply::Object([node].into_iter().chain(hops).chain([mgr]).collect()))
}

/// The balance of the caller's first personal account.
fn first_balance(cx: &mut Ctx) -> Result<Option<(Money, String, i64)>> {
    let account_id = cx.caller.user.account_id;
    if account_id == 0 {
        return Ok(None);
    }
    let sql = Sql::new("SELECT balance, currency_iso, currency_id FROM subaccount_list WHERE account_id = ");
    let sql = sql.bind(account_id).sql(" ORDER BY id LIMIT 1");
    let row = sql.first(cx.conn, &[Kind::Int, Kind::Text, Kind::Int])?;
    Ok(row.map(|row| (Money(row[0].int()), row[1].str().to_owned(), row[2].int())))
}

fn menu(cx: &mut Ctx) -> Result<Reply> {
    Ok(Reply::Object(vec![describe::menu(&cx.app.registry, &cx.caller, &cx.lang)]))
}

/// Where a user begins: who he is, and his balance as site integrations read it. Pages and who asks for
/// it get his dashboard, too.
fn desktop(cx: &mut Ctx) -> Result<Reply> {
    let user = cx.caller.user.clone();
    let node = Node::new("user")
        .attr("name", &user.name)
        .attr("level", user.level.number().to_string())
        .attr("realname", &user.realname);
    let balance = first_balance(cx)?
        .map(|(balance, iso, _)| Node::leaf("balance", format!("{} {iso}", balance.shown(&iso))));
    let manner = cx.params.manner();
    let parts = match manner.page || manner.words || cx.params.get("dashboard") == "on" {
        true => crate::dashboard::parts(cx)?,
        false => Vec::new(),
    };
    Ok(Reply::Object([node].into_iter().chain(balance).chain(parts).collect()))
}

/// The caller's own personal accounts, also where his scope is wider.
fn own_rows(cx: &mut Ctx) -> Result<Sql> {
    Ok(match cx.caller.user.account_id {
        0 => Sql::default(),
        account_id => Sql::new(" AND account_id = ").bind(account_id),
    })
}

/// A new password or address list of one's own wants the current password.
fn check_old_password(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    let addr = params.sent("addr").is_some_and(|addr| {
        crate::config::Networks::parse(addr)
            .is_ok_and(|sent| sent.to_string() != caller.user.addr.to_string())
    });
    if !params.has("password") && !addr {
        return Ok(());
    }
    identify::need_current(app, caller.ip, Some(&caller.user), params.get("old_passwd"))
}

fn read_own(cx: &mut Ctx) -> Result<Record> {
    let id = cx.caller.user.id;
    if id == 0 {
        return Err(Error::access(cx.func.name()));
    }
    let sql = Sql::new("SELECT realname, email, phone, lang, timezone, addr FROM users WHERE id = ").bind(id);
    let row = sql.first(cx.conn, &[Kind::Text; 6])?.ok_or_else(|| Error::missed("elid"))?;
    let mut record = Record::stored(id);
    record.owner = (cx.caller.user.account_id, cx.caller.user.reseller_id);
    for (name, raw) in ["realname", "email", "phone", "lang", "timezone", "addr"].into_iter().zip(row) {
        record.set(name, raw);
    }
    record.set("email_verified", verify::is_confirmed(cx.conn, id)?);
    let flag = |on: bool| if on { "on" } else { "off" };
    record.show("phone_confirmed", flag(phone::is_confirmed(cx.conn, id)?));
    record.show("status_totp", flag(cx.caller.user.totp));
    Ok(record)
}

fn save_own(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let zone = record.str("timezone");
    if !zone.is_empty() && crate::time::Zone::named(zone).is_none() {
        return Err(Error::value("timezone", zone));
    }
    crate::config::Networks::parse(record.str("addr"))
        .map_err(|_| Error::value("addr", record.str("addr")))?;
    user::save(cx, record)
}

/// A password is hashed once for all rows, and before the transaction.
fn prepare_group(app: &App, caller: &Caller, params: &mut Params) -> Result<()> {
    let name = params.get("faction").to_owned();
    if name.is_empty() || name == params.func() {
        return Err(if name.is_empty() { Error::missed("faction") } else { Error::value("faction", name) });
    }
    let func = rpc::find(app, caller, &Params::of([("func", name)]))?;
    rpc::prepare(app, &func, caller, params)
}

/// One form over many rows: each row as if it had been called alone, all or nothing.
fn each_of_group(cx: &mut Ctx, _record: Record) -> Result<Vec<Node>> {
    let name = cx.params.get("faction").to_owned();
    for elid in cx.need_elids()? {
        let mut params = cx.params.clone();
        params.set("func", &name);
        params.set("elid", elid);
        nested::run(cx, params, "faction")?;
    }
    Ok(Vec::new())
}

/// The validator of money fields: the value as it will be kept.
fn check_money(cx: &mut Ctx) -> Result<Reply> {
    let text = cx.params.get("value").trim();
    let bounds: Vec<Option<Money>> = cx.params.get("args").split(',').map(Money::parse).collect();
    let amount = Money::parse(text).ok_or_else(|| Error::value("value", text))?;
    let below = bounds.first().copied().flatten().is_some_and(|least| amount < least);
    let above = bounds.get(1).copied().flatten().is_some_and(|most| amount > most);
    match below || above {
        true => Err(Error::value("value", text)),
        false => Ok(Reply::Object(vec![Node::leaf("value", amount.plain())])),
    }
}

/// Everything kept in memory is read anew.
fn clear_caches(cx: &mut Ctx) -> Result<Reply> {
    cx.touch(Topic::Access)?;
    cx.touch(Topic::Settings)?;
    cx.app.cursors.clear();
    Reply::ok()
}

/// How often each function was called, within the caller's scope.
fn journal_stat(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT funcname, COUNT(*), MAX(at) FROM journal WHERE 1 = 1");
    let sql = sql.append(&scope_sql(cx.scope(), "account_id")).sql(" GROUP BY funcname");
    sql.load(cx.conn, &[Kind::Text, Kind::Int, Kind::Int])
}
