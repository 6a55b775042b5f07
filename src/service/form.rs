//! The form of a service, and opening and closing one by hand.

use super::buyer::Chosen;
use super::change::{self, Change, Way};
use super::item::{self, Item};
use super::status::{Operation, Status};
use super::{Till, cart, certificate, choices, domain, term};
use crate::app::App;
use crate::auth::Caller;
use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::level::Level;
use crate::outbox::operation;
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler};
use crate::rpc::meta::Field;
use crate::rpc::registry::Row;
use crate::tariff::period::Period;

pub const FUNCS: &[Row] = &[
    ("{type}.edit", Handler::Form(EDIT)),
    ("{type}.open", Handler::Form(OPEN)),
    ("{type}.close", Handler::Form(CLOSE)),
    ("service.transfer", Handler::Form(TRANSFER)),
    ("service.changepassword", Handler::Form(PASSWORD)),
    ("service.set_password", Handler::Form(PASSWORD)),
];

const EDIT: Form =
    record::FORM.prepare(read_null).read(read).fields(fields).check(check).save(save).show(show);
const OPEN: Form = record::FORM.read(read_plain).save(open).show(show);
const CLOSE: Form = record::FORM.read(read_plain).save(close);
const TRANSFER: Form = record::FORM.read(read_plain).save(transfer);
const PASSWORD: Form = record::FORM.read(read_plain).check(check_passwords).save(change_password);

/// Parameters that services of every type have.
const SECRET: &str = "password";
const OPEN_PARAMS: [&str; 3] = ["server_name", "licname", "stored_method"];

/// Selects of the original send `null` for "none".
pub fn read_null(_app: &App, _caller: &Caller, params: &mut Params) -> Result<()> {
    if params.sent("autoprolong") == Some("null") {
        params.set("autoprolong", "0");
    }
    Ok(())
}

fn fields(cx: &mut Ctx) -> Result<Vec<Field>> {
    let item = item::named(cx)?;
    let (call, lang) = (cx.call, cx.lang.clone());
    let tariff = Till::of(cx).tariff(item.pricelist_id)?;
    let mut fields = choices::params(cx.conn, &call.func.meta, item.itemtype_id, &lang)?;
    fields.iter_mut().for_each(|field| field.required = false);
    fields.extend(choices::addons(cx.conn, &tariff, &lang)?);
    fields.extend(domain::edit_fields(cx)?);
    fields.extend(certificate::edit_fields(cx));
    Ok(fields)
}

fn read_plain(cx: &mut Ctx) -> Result<Record> {
    item::named(cx)?;
    record::read(cx)
}

/// The record with its parameters and what was chosen of the add-ons.
fn read(cx: &mut Ctx) -> Result<Record> {
    let mut record = read_plain(cx)?;
    let call = cx.call;
    for (name, value) in choices::open_params(cx.conn, record.id)? {
        let Some(field) = call.func.meta.field(&name).filter(|field| field.virtual_) else { continue };
        if let Ok(raw) = crate::value::read(field, &value, &call.zone) {
            record.set(&name, raw);
        }
    }
    domain::read_contacts(cx, &mut record)?;
    let item = Item::load(cx.conn, record.id)?;
    for chosen in term::chosen(&mut Till::of(cx), &item)? {
        let name = format!("addon_{}", chosen.detail_id);
        let Some(field) = call.func.meta.field(&name) else { continue };
        let text = chosen.count.to_string();
        if let Ok(raw) = crate::value::read(field, &text, &call.zone) {
            record.set(&name, raw);
        }
    }
    Ok(record)
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    for (name, value) in choices::open_params(cx.conn, record.id)? {
        if cx.call.func.meta.field(&name).is_some_and(|field| field.readonly) || name == "username" {
            record.show(&name, value);
        }
    }
    Ok(())
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let item = Item::load(cx.conn, record.id)?;
    let is_soft = cx.func.kind.as_ref().is_some_and(|kind| kind.intname == "soft");
    if record.has_changed("domain") && !is_soft && record.str("name").contains('.') {
        choices::check_domain(record.str("name"))?;
    }
    domain::check_edited(cx, record)?;
    if record.has_changed("autoprolong") {
        let period = record.int("autoprolong");
        let tariff = Till::of(cx).tariff(item.pricelist_id)?;
        let is_sold = Period::from_code(period).is_some_and(|period| tariff.is_sold_for(period));
        if period != 0 && !is_sold {
            return Err(Error::value("autoprolong", period.to_string()));
        }
    }
    Ok(())
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut item = Item::load(cx.conn, record.id)?;
    let is_client = cx.caller.level() < Level::Department;
    let button = cx.params.get("clicked_button").to_owned();
    let way = Way::of(cx)?;
    let changed = record.changed.clone();
    let (id, till) = (record.id, &mut Till::of(cx));
    let mut nodes = vec![Node::leaf("id", id.to_string())];
    if changed.iter().any(|name| name.starts_with("addon_")) {
        let change = other_addons(till, &item, &record, is_client)?;
        nodes.extend(change.make(till, &mut item, &way)?);
    }
    let params = params_of(till, &record, item.itemtype_id)?;
    let params = params.into_iter().filter(|(name, ..)| changed.contains(name));
    let params: Vec<(String, String, bool)> = params.collect();
    for (name, value, is_secret) in &params {
        choices::set_param(till, id, name, value, *is_secret)?;
    }
    if changed.iter().any(|name| name == "autoprolong") && record.int("autoprolong") != 0 {
        let sql = Sql::new("UPDATE item SET closes_at_end = FALSE WHERE id = ").bind(id);
        sql.execute(till.conn)?; // it is not given up any more
    }
    let has_contacts = domain::save_contacts(till, &item, &record)?;
    if item.status != Status::Ordered {
        operations(till, &mut item, &params, &button)?;
        if has_contacts {
            item::ask(till, &mut item, Operation::SetParam, "contacts")?;
        }
    }
    record::store(cx, record)?;
    Ok(nodes)
}

/// What the module has to be told of.
fn operations(
    till: &mut Till,
    item: &mut Item,
    params: &[(String, String, bool)],
    button: &str,
) -> Result<()> {
    if button == "newkey" {
        item::ask(till, item, Operation::NewKey, "")?;
    }
    if params.iter().any(|(_, _, is_secret)| *is_secret) {
        item::ask(till, item, Operation::ChangePassword, "")?;
    }
    let open = params.iter().filter(|(_, _, is_secret)| !is_secret).map(|(name, ..)| name.as_str());
    let (servers, open): (Vec<&str>, Vec<&str>) =
        open.partition(|name| domain::forms::SERVER_PARAMS.contains(name));
    if !servers.is_empty() {
        item::ask(till, item, Operation::UpdateNs, "")?;
    }
    if !open.is_empty() {
        item::ask(till, item, Operation::SetParam, &open.join(", "))?;
    }
    Ok(())
}

/// A client changes only what the tariff leaves to him.
fn other_addons(till: &mut Till, item: &Item, record: &Record, is_client: bool) -> Result<Change> {
    change::need_changeable(item)?;
    let tariff = till.tariff(item.pricelist_id)?;
    let have = term::chosen(till, item)?;
    let wanted = choices::chosen(&tariff, record, &have);
    let had = |id: i64| have.iter().find(|chosen| chosen.detail_id == id).map_or(0, |chosen| chosen.count);
    let is_kept = |chosen: &&Chosen| {
        let extra = tariff.extra(chosen.detail_id);
        extra.is_none_or(|extra| extra.restrict.may_change(had(chosen.detail_id), chosen.count))
    };
    match wanted.iter().find(|chosen| is_client && !is_kept(chosen)) {
        Some(chosen) => {
            let field = format!("addon_{}", chosen.detail_id);
            Err(Error::value(field, chosen.count.to_string()).with("desc", "desc_addon_fixed"))
        }
        None => Ok(Change::to(tariff.id, &wanted)),
    }
}

/// The parameters that a form holds: those of every service and those of its type; which are secret.
/// An empty one is no value of a new service, and clears that of one that is there.
pub fn params_of(till: &mut Till, record: &Record, itemtype_id: i64) -> Result<Vec<(String, String, bool)>> {
    let sql = Sql::new("SELECT intname FROM itemtype_param WHERE NOT deleted AND itemtype_id = ");
    let rows = sql.bind(itemtype_id).load(till.conn, &[Kind::Text])?;
    let of_type: Vec<String> = rows.iter().map(|row| row[0].str().to_owned()).collect();
    let names = OPEN_PARAMS.iter().map(|name| (*name).to_owned()).chain(of_type);
    let names = names.map(|name| (name, false)).chain([(SECRET.to_owned(), true)]);
    let text = |raw: &Raw| match raw {
        Raw::Null => None,
        Raw::Int(number) => Some(number.to_string()),
        Raw::Flag(on) => Some(if *on { "on" } else { "off" }.to_owned()),
        Raw::Text(text) => Some(text.clone()),
    };
    let is_kept = |text: &String, is_secret: bool| !text.is_empty() || !(record.is_new() || is_secret);
    let params = names.filter_map(|(name, is_secret)| {
        let text = text(record.get(&name)).filter(|text| is_kept(text, is_secret))?;
        Some((name, text, is_secret))
    });
    Ok(params.collect())
}

/// A person opened the service.
fn open(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let id = record.id;
    let item = Item::load(cx.conn, id)?;
    if !item.is(Status::Processing, Operation::Open.word()) {
        return Err(item.refused());
    }
    let (username, password) = (record.str("username").to_owned(), record.str(SECRET).to_owned());
    record::store(cx, record)?;
    let till = &mut Till::of(cx);
    for (name, value, is_secret) in [("username", username, false), (SECRET, password, true)] {
        if !value.is_empty() {
            choices::set_param(till, id, name, &value, is_secret)?;
        }
    }
    operation::finished(till, id, Operation::Open)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn close(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let id = record.id;
    let mut item = Item::load(cx.conn, id)?;
    record::store(cx, record)?;
    let till = &mut Till::of(cx);
    if item.status == Status::Ordered {
        cart::drop_item(till, &item)?;
    } else {
        if item.substatus != Operation::Close.word() {
            item.step(till.conn, Status::Processing, Operation::Close.word())?;
        }
        operation::finished(till, id, Operation::Close)?;
    }
    Ok(vec![Node::leaf("id", id.to_string())])
}

/// To another client: his account with the same provider pays from now on.
fn transfer(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let item = Item::load(cx.conn, record.id)?;
    if item.status == Status::Ordered {
        return Err(item.refused());
    }
    let to = record::account_owner(cx, record.int("account_id"))?;
    let subaccount = crate::books::subaccount_of(cx.conn, to.0, Some(item.project_id))?;
    let old = crate::books::subaccount(cx.conn, item.subaccount_id)?;
    if subaccount.currency_id != old.currency_id {
        return Err(Error::value("account", to.0.to_string()).with("desc", "desc_other_currency"));
    }
    let till = &mut Till::of(cx);
    cart::drop_lines(till, &item)?; // the new owner has not ordered them
    let sql = Sql::new("UPDATE item SET account_id = ").bind(to.0).sql(", reseller_id = ").bind(to.1);
    let sql = sql.sql(", subaccount_id = ").bind(subaccount.id).sql(" WHERE id = ").bind(item.id);
    sql.execute(till.conn)?;
    let sql = Sql::new("UPDATE item_ip SET account_id = ").bind(to.0).sql(", reseller_id = ").bind(to.1);
    sql.sql(" WHERE item_id = ").bind(item.id).execute(till.conn)?;
    let note = format!("account {} → {}", item.account_id, to.0);
    till.note(&Item { account_id: to.0, reseller_id: to.1, ..item.clone() }, &note)?;
    Ok(vec![Node::leaf("id", item.id.to_string())])
}

const PASSWORD_MIN: usize = 8;

fn check_passwords(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (password, again) = (record.str("passwd"), cx.params.get("confirm"));
    if password.chars().count() < PASSWORD_MIN {
        return Err(Error::value("passwd", "").with("desc", "desc_password_short"));
    }
    match cx.params.has("confirm") && again != password {
        true => Err(Error::value("confirm", "").with("desc", "desc_password_differs")),
        false => Ok(()),
    }
}

fn change_password(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let mut item = Item::load(cx.conn, record.id)?;
    if item.status != Status::Active {
        return Err(item.refused());
    }
    let till = &mut Till::of(cx);
    choices::set_param(till, item.id, SECRET, record.str("passwd"), true)?;
    item::ask(till, &mut item, Operation::ChangePassword, "")?;
    Ok(vec![Node::leaf("id", item.id.to_string())])
}
