//! What is done with a domain: name servers, contacts, renewal, transfer code.

use super::{named, own, plan, read_contacts, save_contacts};
use crate::auth::Caller;
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::registry::Row;
use crate::service::item::{self, Item};
use crate::service::status::{Operation, Status};
use crate::service::{Till, choices, prolong};

pub const FUNCS: &[Row] = &[
    ("domain.ns", Handler::Form(SERVERS)),
    ("domain.contacts", Handler::Form(CONTACTS)),
    ("domain.renew", Handler::Form(RENEW)),
    ("domain.authcode", Handler::Form(CODE)),
];

const SERVERS: Form = record::FORM.read(read_servers).save(save_servers);
const CONTACTS: Form = record::FORM.read(read_bound).save(save_bound);
const RENEW: Form = prolong::PROLONG.read(read_renewed);
const CODE: Form = record::FORM.read(read_one).show(show_code);

/// Parameters that name servers are kept in.
pub const SERVER_PARAMS: [&str; 5] = ["ns0", "ns1", "ns2", "ns3", "ns_additional"];

/// Domains that one call changes.
const ITEMS_MAX: usize = 100;

/// The first of the domains that `elid` names.
fn first(cx: &mut Ctx) -> Result<Item> {
    let elids = cx.need_elids()?;
    if elids.len() > ITEMS_MAX {
        return Err(Error::limit("elid", ITEMS_MAX.to_string()));
    }
    own(cx, &elids[0])
}

fn about(item: &Item) -> Record {
    let mut record = item::record(item);
    record.set("name", item.name.as_str());
    record
}

fn read_one(cx: &mut Ctx) -> Result<Record> {
    Ok(about(&named(cx)?))
}

fn read_servers(cx: &mut Ctx) -> Result<Record> {
    let item = first(cx)?;
    let mut record = about(&item);
    for (name, value) in choices::open_params(cx.conn, item.id)? {
        if SERVER_PARAMS.contains(&name.as_str()) {
            record.set(&name, value);
        }
    }
    Ok(record)
}

/// Keeps the name servers of each domain and tells its module.
fn save_servers(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    plan::check_servers(&record)?;
    for elid in cx.need_elids()? {
        let mut item = own(cx, &elid)?;
        if !matches!(item.status, Status::Ordered | Status::Active | Status::Processing) {
            return Err(item.refused());
        }
        let till = &mut Till::of(cx);
        for name in SERVER_PARAMS {
            choices::set_param(till, item.id, name, record.str(name).trim(), false)?;
        }
        if item.status != Status::Ordered {
            item::ask(till, &mut item, Operation::UpdateNs, "")?;
        }
    }
    Ok(vec![Node::leaf("id", record.id.to_string())])
}

fn read_bound(cx: &mut Ctx) -> Result<Record> {
    let mut record = read_one(cx)?;
    read_contacts(cx, &mut record)?;
    Ok(record)
}

fn save_bound(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut item = Item::load(cx.conn, record.id)?;
    let till = &mut Till::of(cx);
    if save_contacts(till, &item, &record)? && item.status != Status::Ordered {
        item::ask(till, &mut item, Operation::SetParam, "contacts")?;
    }
    Ok(vec![Node::leaf("id", item.id.to_string())])
}

/// Renewed like any service, and domains only.
fn read_renewed(cx: &mut Ctx) -> Result<Record> {
    for elid in cx.need_elids()? {
        own(cx, &elid)?;
    }
    prolong::read(cx)
}

/// Whoever has the code can take the domain away: it is its owner's and the administrators'.
fn may_see_code(caller: &Caller) -> bool {
    caller.level() >= Level::Admin || caller.level() == Level::User
}

/// The code that the module stored.
fn show_code(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    if !may_see_code(&cx.caller) {
        return Err(Error::access(cx.func.name()));
    }
    let sql = Sql::new("SELECT value, sealed FROM itemparam WHERE name = 'auth_code' AND item_id = ");
    let row = sql.bind(record.id).first(cx.conn, &[Kind::Text, Kind::Flag])?;
    let code = match row {
        Some(row) if row[1].on() => {
            let context = choices::SEALED.context(&[&record.id, &"auth_code"]);
            cx.app.sealer.open(row[0].str(), &context)?
        }
        Some(row) => row[0].str().to_owned(),
        None => String::new(),
    };
    record.show("auth_code", code);
    Ok(())
}
