//! What modules find at their vendors: services and contacts that nobody owns yet. They wait here
//! until `processing.import.assign` gives them to a client (functions.md, Flow 6).

mod assign;
mod contact;
mod search;

use crate::db::{Conn, Kind, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Handler, Reply};
use crate::rpc::registry::Row;
use crate::rpc::types::ItemType;
use crate::seal::Column;
use crate::service::choices;

pub use contact::bind;

pub const FUNCS: &[Row] = &[
    ("processing.import", Handler::Form(assign::IMPORT)),
    ("processing.import.assign", Handler::Form(assign::ASSIGN)),
    ("processing.import.search", Handler::Form(search::SEARCH)),
    ("processing.import.profile", Handler::Once(contact::report)),
    ("processing.import.service", Handler::Once(report)),
];

/// A secret of an imported service is bound to it and its name.
pub const SEALED: Column = Column {
    table: "import_service_param",
    column: "value",
    context: "import_service:{import_service_id}:{name}",
    only: "sealed",
};

/// What modules call imported records by. The numbers lie beyond those of services and contacts, so
/// that a callback about the one can never be taken for another.
const SERVICES_FROM: i64 = 1_000_000_000_000;
const CONTACTS_FROM: i64 = 2_000_000_000_000;

/// An imported record by the number that it is called by.
enum Imported {
    Service(i64),
    Contact(i64),
}

impl Imported {
    fn read(text: &str) -> Option<Self> {
        match text.trim().parse::<i64>().ok()? {
            id if id > CONTACTS_FROM => Some(Self::Contact(id - CONTACTS_FROM)),
            id if id > SERVICES_FROM => Some(Self::Service(id - SERVICES_FROM)),
            _ => None,
        }
    }
}

/// Parameters that services of every type may have, beside those of their type.
const PARAMS: [&str; 4] = ["ip", "username", "server_name", "licname"];
const SECRET: &str = "password";

fn told(cx: &Ctx, name: &str) -> Result<String> {
    Ok(cx.input(name)?.map_or_else(String::new, |raw| raw.str().trim().to_owned()))
}

/// The reporting module: its id, or the name of its program where one account alone has it.
fn module(cx: &mut Ctx) -> Result<i64> {
    let asked = told(cx, "module")?;
    let sql = Sql::new("SELECT id FROM processing WHERE NOT deleted AND (module = ").bind(asked.as_str());
    let sql = sql.sql(" OR id = ").bind(asked.parse::<i64>().unwrap_or_default());
    let rows = sql.sql(") ORDER BY id LIMIT 2").load(cx.conn, &[Kind::Int])?;
    match &rows[..] {
        [one] => Ok(one[0].int()),
        _ => Err(Error::value("module", asked)),
    }
}

/// Said twice it is the same: by module, type and name. What a client has already is his service.
fn report(cx: &mut Ctx) -> Result<Reply> {
    let module_id = module(cx)?;
    let asked = kind(cx, module_id)?;
    let kind = cx.app.registry.families.by_name(&asked).ok_or_else(|| Error::value("itemtype", asked))?;
    let name = name(cx, &kind)?;
    let id = match owned(cx.conn, (module_id, kind.id), &name)? {
        Some(item_id) => item_id,
        None => SERVICES_FROM + keep(cx, module_id, &kind, &name)?,
    };
    Ok(Reply::Ok(vec![Node::leaf("service_id", id.to_string())]))
}

/// The product type that is told, else the only one that the module serves: modules of registrars name none.
fn kind(cx: &mut Ctx, module_id: i64) -> Result<String> {
    let asked = told(cx, "itemtype")?;
    if !asked.is_empty() {
        return Ok(asked);
    }
    let sql =
        Sql::new("SELECT t.intname FROM processing_itemtype l JOIN itemtype t ON t.id = l.itemtype_id ");
    let sql = sql.sql("WHERE NOT t.deleted AND l.processing_id = ").bind(module_id).sql(" LIMIT 2");
    match &sql.load(cx.conn, &[Kind::Text])?[..] {
        [one] => Ok(one[0].str().to_owned()),
        _ => Err(Error::missed("itemtype")),
    }
}

/// Is that the number of a service that this module has found and nobody owns?
pub fn is_of(conn: &mut Conn, number: &str, module_id: i64) -> Result<bool> {
    let Some(Imported::Service(id)) = Imported::read(number) else { return Ok(false) };
    let sql = Sql::new("SELECT id FROM import_service WHERE item_id = 0 AND id = ").bind(id);
    let sql = sql.sql(" AND processing_id = ").bind(module_id);
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

fn name(cx: &Ctx, kind: &ItemType) -> Result<String> {
    let name = told(cx, "import_service_name")?;
    if kind.intname != crate::service::domain::KIND {
        return Ok(name);
    }
    let name = name.to_lowercase();
    let bad = |_| Error::value("import_service_name", name.as_str());
    choices::check_domain(&name).map_err(bad)?;
    Ok(name)
}

/// The service of a client that is meant; an order that is not paid yet is none.
fn owned(conn: &mut Conn, (module_id, kind_id): (i64, i64), name: &str) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT id FROM item WHERE NOT deleted AND status IN (2, 3, 5) AND processing_id = ");
    let sql = sql.bind(module_id).sql(" AND itemtype_id = ").bind(kind_id).sql(" AND name_fold = ");
    let row = sql.bind(name.to_lowercase()).sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int])?;
    Ok(row.map(|row| row[0].int()))
}

fn keep(cx: &mut Ctx, module_id: i64, kind: &ItemType, name: &str) -> Result<i64> {
    let status = cx.input("status")?.map_or(2, |raw| raw.int());
    let tariff = told(cx, "import_pricelist_intname")?;
    let end_us = cx.input("expiredate")?.map_or(0, |raw| raw.int());
    let sql = Sql::new(
        "INSERT INTO import_service (processing_id, itemtype_id, name, name_fold, status, \
         pricelist_intname, expiredate, createdate) VALUES (",
    );
    let values = [
        module_id.into(),
        kind.id.into(),
        name.into(),
        name.to_lowercase().into(),
        status.into(),
        tariff.into(),
        end_us.into(),
        cx.now_us.into(),
    ];
    let sql = sql.binds(values).sql(
        ") ON CONFLICT (processing_id, itemtype_id, name_fold) DO UPDATE SET status = excluded.status, \
         pricelist_intname = excluded.pricelist_intname, expiredate = excluded.expiredate, item_id = 0 \
         RETURNING id",
    );
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::system("an import got no id"))?;
    keep_params(cx, row[0].int(), kind.id)?;
    Ok(row[0].int())
}

fn keep_params(cx: &mut Ctx, id: i64, kind_id: i64) -> Result<()> {
    Sql::new("DELETE FROM import_service_param WHERE import_service_id = ").bind(id).execute(cx.conn)?;
    let sql = Sql::new("SELECT intname FROM itemtype_param WHERE NOT deleted AND itemtype_id = ");
    let of_type = sql.bind(kind_id).load(cx.conn, &[Kind::Text])?;
    // The name of a service is no parameter of it.
    let of_type = of_type.iter().map(|row| row[0].str()).filter(|name| *name != "domain");
    let mut names: Vec<&str> = of_type.chain(PARAMS).chain([SECRET]).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let Some(value) = cx.call.params.sent(name).filter(|value| !value.is_empty()) else { continue };
        let kept = match name == SECRET {
            true => cx.app.sealer.seal(value, &SEALED.context(&[&id, &name])),
            false => value.to_owned(),
        };
        let sql = Sql::new("INSERT INTO import_service_param (import_service_id, name, value, sealed)");
        let values = [id.into(), name.into(), kept.into(), (name == SECRET).into()];
        sql.sql(" VALUES (").binds(values).sql(")").execute(cx.conn)?;
    }
    Ok(())
}
