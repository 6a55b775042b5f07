//! What processing modules report (functions.md, Flow 6). Everything may be said twice.

use super::item::{self, Item, named};
use super::status::Operation;
use super::{Till, choices, modules};
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::outbox::operation;
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;

pub const FUNCS: &[Row] = &[
    ("service.postopen", Handler::Each(|cx, elid| report(cx, elid, Operation::Open))),
    ("service.postsuspend", Handler::Each(|cx, elid| report(cx, elid, Operation::Suspend))),
    ("service.postresume", Handler::Each(|cx, elid| report(cx, elid, Operation::Resume))),
    ("service.postclose", Handler::Each(|cx, elid| report(cx, elid, Operation::Close))),
    ("service.postprolong", Handler::Each(|cx, elid| report(cx, elid, Operation::Prolong))),
    ("service.postsetparam", Handler::Each(post_setparam)),
    ("service.postupdatens", Handler::Each(|cx, elid| report(cx, elid, Operation::UpdateNs))),
    ("service.poststart", Handler::Each(|cx, elid| report(cx, elid, Operation::Start))),
    ("service.poststop", Handler::Each(|cx, elid| report(cx, elid, Operation::Stop))),
    ("service.postreboot", Handler::Each(post_reboot)),
    ("service.postchangepassword", Handler::Each(|cx, elid| report(cx, elid, Operation::ChangePassword))),
    ("service.saveparam", Handler::Once(save_param)),
    ("service.setstatus", Handler::Once(set_status)),
    ("service.setexpiredate", Handler::Once(set_expiredate)),
    ("service.getnextmodule", Handler::Once(next_module)),
    ("service.stat.save", Handler::Once(save_stat)),
    ("service.ip.add", Handler::Once(add_ip)),
    ("service.ip.add.commit", Handler::Once(commit_ip)),
    ("service.ip.del", Handler::Once(delete_ip)),
];

/// A closed service was reported as such before.
fn reported(cx: &mut Ctx, elid: &str) -> Result<Option<Item>> {
    let id: i64 = elid.trim().parse().map_err(|_| Error::value("elid", elid))?;
    let sql = Sql::new("SELECT deleted FROM item WHERE id = ").bind(id);
    match sql.first(cx.conn, &[Kind::Flag])? {
        Some(row) if row[0].on() => Ok(None),
        _ => item::own(cx, elid).map(Some),
    }
}

fn report(cx: &mut Ctx, elid: &str, operation: Operation) -> Result<()> {
    match reported(cx, elid)? {
        Some(item) => finish(cx, item.id, operation),
        None => Ok(()),
    }
}

/// A module speaks of the operation that it was asked for, not of one that waits behind it.
fn finish(cx: &mut Ctx, item_id: i64, operation: Operation) -> Result<()> {
    match &cx.caller.grant {
        Some(grant) if !grant.is_about(operation) => Ok(()),
        _ => operation::finished(&mut Till::of(cx), item_id, operation),
    }
}

/// A change of tariff is a change of parameters to modules that know no other.
fn post_setparam(cx: &mut Ctx, elid: &str) -> Result<()> {
    report(cx, elid, Operation::ChangeTariff)?;
    report(cx, elid, Operation::NewKey)?;
    report(cx, elid, Operation::SetParam)
}

fn post_reboot(cx: &mut Ctx, elid: &str) -> Result<()> {
    report(cx, elid, Operation::HardReboot)?;
    report(cx, elid, Operation::Reboot)
}

fn input(cx: &Ctx, name: &str) -> Result<Raw> {
    Ok(cx.input(name)?.unwrap_or(Raw::Null))
}

fn save_param(cx: &mut Ctx) -> Result<Reply> {
    let item = named(cx)?;
    let (name, value) = (input(cx, "name")?.str().to_owned(), input(cx, "value")?.str().to_owned());
    let is_secret = input(cx, "crypted")?.on() || name == "password";
    if name.is_empty() {
        return Err(Error::missed("name"));
    }
    let till = &mut Till::of(cx);
    match name.as_str() {
        "ip" => set_column(till, item.id, "ip", value.as_str().into())?,
        "domain" => {
            set_column(till, item.id, "name", value.as_str().into())?;
            set_column(till, item.id, "name_fold", value.to_lowercase().into())?;
        }
        _ => choices::set_param(till, item.id, &name, &value, is_secret)?,
    }
    Reply::ok()
}

fn set_column(till: &mut Till, item_id: i64, column: &str, value: Raw) -> Result<()> {
    let sql = Sql::new("UPDATE item SET ").word(column).sql(" = ").bind(value);
    sql.sql(" WHERE id = ").bind(item_id).execute(till.conn)?;
    Ok(())
}

fn set_status(cx: &mut Ctx) -> Result<Reply> {
    let (item, status) = (named(cx)?, input(cx, "service_status")?);
    set_column(&mut Till::of(cx), item.id, "service_status", status)?;
    Reply::ok()
}

/// The registrar's word about the end. It moves no money: paid terms stay as they are.
fn set_expiredate(cx: &mut Ctx) -> Result<Reply> {
    let (item, end) = (named(cx)?, input(cx, "expiredate")?);
    let till = &mut Till::of(cx);
    set_column(till, item.id, "expiredate", end)?;
    till.note(&item, "expiredate")?;
    Reply::ok()
}

/// Another module of the tariff, in the data center that was ordered, if there is one.
fn next_module(cx: &mut Ctx) -> Result<Reply> {
    let item = named(cx)?;
    let failed = input(cx, "failed_modules")?;
    let failed: Vec<i64> = failed.str().split(", ").filter_map(|id| id.parse().ok()).collect();
    let sql = Sql::new("SELECT datacenter_id FROM item WHERE id = ").bind(item.id);
    let datacenter_id = sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let modules = modules::of_tariff(cx.conn, item.pricelist_id, datacenter_id)?;
    let next = modules.into_iter().find(|id| !failed.contains(id));
    let next = next.map_or(String::new(), |id| id.to_string());
    Ok(Reply::Object(vec![Node::leaf("processingmodule", next)]))
}

fn save_stat(cx: &mut Ctx) -> Result<Reply> {
    let item = named(cx)?;
    let (name, value) = (input(cx, "name")?.str().to_owned(), input(cx, "value")?.int());
    if name.is_empty() {
        return Err(Error::missed("name"));
    }
    let till = &mut Till::of(cx);
    let zone = till.zone(item.project_id)?;
    let (now_us, day) = (cx.now_us, input(cx, "day")?.int());
    let day = zone.day_us(if day == 0 { now_us } else { day });
    let sql = Sql::new("INSERT INTO item_stat (item_id, name, day, value) VALUES (");
    let sql = sql.binds([item.id.into(), name.into(), day.into(), value.into()]);
    sql.sql(") ON CONFLICT (item_id, name, day) DO UPDATE SET value = excluded.value").execute(cx.conn)?;
    Reply::ok()
}

/// An address as text; nothing that is none.
fn address(cx: &Ctx) -> Result<String> {
    let text = input(cx, "ip")?.str().trim().to_owned();
    match text.parse::<std::net::IpAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err(Error::value("ip", text)),
    }
}

fn add_ip(cx: &mut Ctx) -> Result<Reply> {
    let (item, ip, domain) = (named(cx)?, address(cx)?, input(cx, "domain")?.str().to_owned());
    let sql =
        Sql::new("INSERT INTO item_ip (item_id, account_id, reseller_id, name, domain, committed) VALUES (");
    let values = [
        item.id.into(),
        item.account_id.into(),
        item.reseller_id.into(),
        ip.into(),
        domain.into(),
        false.into(),
    ];
    sql.binds(values).sql(") ON CONFLICT (item_id, name) DO NOTHING").execute(cx.conn)?;
    Reply::ok()
}

fn commit_ip(cx: &mut Ctx) -> Result<Reply> {
    let item = named(cx)?;
    let sql = Sql::new("UPDATE item_ip SET committed = TRUE WHERE item_id = ").bind(item.id);
    let sql = match cx.params.has("ip") {
        true => sql.sql(" AND name = ").bind(address(cx)?),
        false => sql,
    };
    sql.execute(cx.conn)?;
    let sql = Sql::new(
        "UPDATE item SET ip = (SELECT MIN(name) FROM item_ip WHERE committed AND item_id = item.id) \
         WHERE ip = '' AND EXISTS (SELECT 1 FROM item_ip WHERE committed AND item_id = item.id) AND id = ",
    );
    sql.bind(item.id).execute(cx.conn)?;
    finish(cx, item.id, Operation::AddIp)?;
    Reply::ok()
}

fn delete_ip(cx: &mut Ctx) -> Result<Reply> {
    let (item, ip) = (named(cx)?, address(cx)?);
    let sql =
        Sql::new("DELETE FROM item_ip WHERE item_id = ").bind(item.id).sql(" AND name = ").bind(ip.as_str());
    sql.execute(cx.conn)?;
    let sql = Sql::new("UPDATE item SET ip = '' WHERE id = ").bind(item.id).sql(" AND ip = ").bind(ip);
    sql.execute(cx.conn)?;
    finish(cx, item.id, Operation::DelIp)?;
    Reply::ok()
}
