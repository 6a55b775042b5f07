//! Domains: names in the zones that are sold, their contacts and name servers.

pub mod api;
pub mod forms;
pub mod name;
pub mod order;
pub mod plan;
pub mod whois;

use std::sync::Arc;

use super::item::{self, Item};
use super::{Till, contact};
use crate::db::{Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::record::Record;
use crate::rpc::handler::Ctx;
use crate::rpc::meta::{Field, ValueKind};
use crate::rpc::types::ItemType;
use contact::link::{self, ROLES};

pub const KIND: &str = "domain";

/// The words of fields that have to do with contacts.
const CONTACTS_FUNC: &str = "domain.contacts";

pub fn kind(cx: &Ctx) -> Result<Arc<ItemType>> {
    cx.app.registry.families.by_name(KIND).ok_or_else(|| Error::missed("itemtype").with("value", KIND))
}

/// Is the function one of the family of domains?
fn is_of_family(cx: &Ctx) -> bool {
    cx.func.kind.as_ref().is_some_and(|kind| kind.intname == KIND)
}

/// A domain of the caller's. Error `missed(elid)` for another service.
pub fn own(cx: &mut Ctx, elid: &str) -> Result<Item> {
    let item = item::own(cx, elid)?;
    match item.itemtype_id == kind(cx)?.id {
        true => Ok(item),
        false => Err(Error::missed("elid").with("value", elid)),
    }
}

/// The domain that the call's `elid` names.
pub fn named(cx: &mut Ctx) -> Result<Item> {
    let elid = cx.params.get("elid").to_owned();
    own(cx, &elid)
}

/// An order by the family's own form: the name has to lie in the tariff's zone.
pub fn check_ordered(cx: &mut Ctx, record: &Record) -> Result<()> {
    if !is_of_family(cx) {
        return Ok(());
    }
    let (kind_id, name) = (kind(cx)?.id, record.str("name").to_owned());
    if name.is_empty() {
        return Err(Error::missed("domain"));
    }
    if record.int("order_count") > 1 {
        return Err(Error::limit("order_count", "1"));
    }
    let zones = name::zones(cx.conn)?;
    let zone = name::zone_of(&zones, &name, "domain")?;
    name::need_tariff_of(cx.conn, record.int("pricelist_id"), zone)?;
    name::need_new(cx.conn, kind_id, &name, record.int("account_id"), "domain")
}

/// Error `exists(domain)` where somebody else was faster to pay for the name.
pub fn need_free(till: &mut Till, item: &Item) -> Result<()> {
    let kind = till.app.registry.families.by_id(item.itemtype_id);
    if kind.is_none_or(|kind| kind.intname != KIND) {
        return Ok(());
    }
    let sql = Sql::new("SELECT id FROM item WHERE NOT deleted AND status IN (2, 3, 5) AND itemtype_id = ");
    let sql = sql.bind(item.itemtype_id).sql(" AND name_fold = ").bind(item.name.to_lowercase());
    match sql.sql(" AND id <> ").bind(item.id).first(till.conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists("domain", item.name.as_str())),
        None => Ok(()),
    }
}

/// The contacts in the form of a domain.
pub fn edit_fields(cx: &Ctx) -> Result<Vec<Field>> {
    if !is_of_family(cx) {
        return Ok(Vec::new());
    }
    let sets = cx.app.registry.get(CONTACTS_FUNC).map_or_else(Vec::new, |func| func.sets.clone());
    let field = |role: &str| {
        let name = format!("service_profile_{role}");
        let label = cx.app.registry.words.get(&cx.lang, &sets, &name).to_owned();
        let options = "service_profile".to_owned();
        Field { name, label, options, kind: ValueKind::Id, virtual_: true, ..Field::default() }
    };
    Ok(ROLES.into_iter().map(field).collect())
}

/// Fills in who the contacts are.
pub fn read_contacts(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for (role, id) in link::of_item(cx.conn, record.id)? {
        let name = format!("service_profile_{role}");
        if cx.func.meta.field(&name).is_some() {
            record.set(&name, id);
        }
    }
    Ok(())
}

/// A domain is its name: who wants another one orders it.
pub fn check_edited(cx: &Ctx, record: &Record) -> Result<()> {
    let is_client = cx.caller.level() < Level::Department;
    match is_of_family(cx) && is_client && record.has_changed("domain") {
        true => Err(Error::value("domain", record.str("name")).with("desc", "desc_domain_fixed")),
        false => Ok(()),
    }
}

/// Keeps the contacts that a form changed; answers whether it changed any.
pub fn save_contacts(till: &mut Till, item: &Item, record: &Record) -> Result<bool> {
    let mut is_changed = false;
    for role in ROLES {
        let name = format!("service_profile_{role}");
        if !record.has_changed(&name) {
            continue;
        }
        is_changed = true;
        match record.int(&name) {
            0 if role == "owner" => return Err(Error::missed(name)),
            0 => link::unbind(till.conn, item.id, role)?,
            id => {
                contact::need_of(till.conn, item.account_id, id, &name)?;
                link::bind(till.conn, item.id, role, id)?;
            }
        }
        till.note(item, &format!("{role}: {}", record.int(&name)))?;
    }
    Ok(is_changed)
}

/// A select of contacts, which no option view can offer: `first` stand before them.
fn slist(name: &str, first: &[(&str, &str)], contacts: &[(i64, String)]) -> Node {
    let val = |key: &str, text: &str| Node::leaf("val", text).attr("key", key);
    let first = first.iter().map(|(key, text)| val(key, text));
    let contacts = contacts.iter().map(|(id, name)| val(&id.to_string(), name));
    Node::new("slist").attr("name", name).with(first).with(contacts)
}
