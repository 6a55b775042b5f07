//! Imported services become services of a client. What they were paid for elsewhere is not charged
//! here and so never given back; renewals charge from the end that the module named.

use super::{CONTACTS_FROM, Imported, SEALED, SERVICES_FROM, contact};
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::rpc::meta::{Field, Val, ValueKind};
use crate::service::buyer::Buyer;
use crate::service::item::{BY_ADMIN, BY_BILLING, Item};
use crate::service::status::Status;
use crate::service::tariff::Tariff;
use crate::service::{Till, choices, domain, order, term};
use crate::tariff::period::Period;

pub const ASSIGN: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).save(save);
/// The same for what a module has found, chosen from a list.
pub const IMPORT: Form = record::FORM.read(|cx| Ok(record::defaults(cx))).fields(found).save(save_found);

/// So many are offered at once.
const OFFERED_MAX: i64 = 1000;

/// The services and contacts that nobody owns yet, of one module where one is named.
fn found(cx: &mut Ctx) -> Result<Vec<Field>> {
    let module_id = cx.elid()?;
    let of_module = |sql: Sql| match module_id {
        Some(id) => sql.sql(" AND processing_id = ").bind(id),
        None => sql,
    };
    let services = Sql::new("SELECT id, name FROM import_service WHERE item_id = 0");
    let contacts = Sql::new("SELECT id, externalid FROM import_profile WHERE service_profile_id = 0");
    let mut vals = Vec::new();
    for (sql, from) in [(services, SERVICES_FROM), (contacts, CONTACTS_FROM)] {
        let sql = of_module(sql).sql(" ORDER BY id LIMIT ").bind(OFFERED_MAX);
        for row in sql.load(cx.conn, &[Kind::Int, Kind::Text])? {
            let key = (from + row[0].int()).to_string();
            vals.push(Val { key, text: row[1].str().to_owned(), ..Val::default() });
        }
    }
    let label = cx.word("found").to_owned();
    let field = Field { name: "found".into(), kind: ValueKind::Ids, vals, label, ..Field::default() };
    Ok(vec![Field { virtual_: true, page: "main".into(), ..field }])
}

fn save_found(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let chosen = record.str("found").to_owned();
    match chosen.is_empty() {
        true => Err(Error::missed("found")),
        false => assign(cx, &record, &chosen, "found"),
    }
}

fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let elids = cx.need_elids()?.join(", ");
    assign(cx, &record, &elids, "elid")
}

/// Answers what each has become.
fn assign(cx: &mut Ctx, record: &Record, elids: &str, field: &str) -> Result<Vec<Node>> {
    let owner = record::account_owner(cx, record.int("account"))?;
    let mut nodes = Vec::new();
    for elid in elids.split(", ") {
        let id = match Imported::read(elid) {
            Some(Imported::Service(id)) => give(cx, id, owner, record.int("pricelist"))?,
            Some(Imported::Contact(id)) => contact::give(cx, id, owner)?,
            None => return Err(Error::value(field, elid)),
        };
        nodes.push(Node::leaf("id", id.to_string()));
    }
    Ok(nodes)
}

struct Service {
    module_id: i64,
    datacenter_id: i64,
    kind_id: i64,
    name: String,
    tariff: String,
    /// As modules know it: 2 working, 3 suspended, 8 not active at the registrar.
    status: i64,
    expiredate: i64,
}

/// Error `missed(elid)` where it is not there or belongs to somebody.
fn load(conn: &mut Conn, id: i64) -> Result<Service> {
    let sql = Sql::new(
        "SELECT s.processing_id, p.datacenter_id, s.itemtype_id, s.status, s.expiredate, s.name, \
         s.pricelist_intname FROM import_service s JOIN processing p ON p.id = s.processing_id \
         WHERE s.item_id = 0 AND s.id = ",
    );
    let mut kinds = [Kind::Int; 7];
    kinds[5..].fill(Kind::Text);
    let row = sql.bind(id).first(conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", (SERVICES_FROM + id).to_string()))?;
    Ok(Service {
        module_id: row[0].int(),
        datacenter_id: row[1].int(),
        kind_id: row[2].int(),
        status: row[3].int(),
        expiredate: row[4].int(),
        name: row[5].str().to_owned(),
        tariff: row[6].str().to_owned(),
    })
}

fn give(cx: &mut Ctx, id: i64, owner: (i64, i64), wanted: i64) -> Result<i64> {
    let service = load(cx.conn, id)?;
    let pricelist_id = tariff_of(cx.conn, &service, wanted)?;
    let contacts = contact::of_service(cx, id, owner)?;
    let till = &mut Till::of(cx);
    let item = insert(till, &service, pricelist_id, owner)?;
    set_params(till, id, item.id)?;
    for (role, contact_id) in contacts {
        crate::service::contact::link::bind(till.conn, item.id, &role, contact_id)?;
    }
    // The condition: of two calls at once one alone gives it away.
    let sql = Sql::new("UPDATE import_service SET item_id = ").bind(item.id);
    if sql.sql(" WHERE item_id = 0 AND id = ").bind(id).execute(till.conn)? == 0 {
        return Err(Error::new("busy", "item"));
    }
    till.note(&item, "import")?;
    Ok(item.id)
}

/// The tariff that was named, else the one that the module knows by its internal name.
fn tariff_of(conn: &mut Conn, service: &Service, wanted: i64) -> Result<i64> {
    let sql = Sql::new("SELECT id FROM pricelist WHERE NOT deleted AND itemtype_id = ").bind(service.kind_id);
    let sql = match wanted {
        0 => sql.sql(" AND intname <> '' AND intname = ").bind(service.tariff.as_str()),
        id => sql.sql(" AND id = ").bind(id),
    };
    let row = sql.sql(" ORDER BY active DESC, id LIMIT 1").first(conn, &[Kind::Int])?;
    let told = if wanted == 0 { service.tariff.clone() } else { wanted.to_string() };
    row.map(|row| row[0].int()).ok_or_else(|| Error::value("pricelist", told).with("desc", "desc_no_tariff"))
}

/// The service as an order would make it, without its order and its price.
fn insert(till: &mut Till, service: &Service, pricelist_id: i64, owner: (i64, i64)) -> Result<Item> {
    let tariff = till.tariff(pricelist_id)?;
    let period = renewal(&tariff)?;
    let mut record = Record::new();
    for (name, value) in [("account_id", owner.0), ("reseller_id", owner.1), ("pricelist_id", pricelist_id)] {
        record.set(name, value);
    }
    record.set("name", service.name.as_str());
    record.set("period", period.code());
    record.set("autoprolong", if period == Period::Once { 0 } else { period.code() });
    let subaccount_id = order::subaccount(till, &record, tariff.project_id)?;
    let buyer = Buyer::load(till, subaccount_id)?;
    let item = order::insert(till, &record, &buyer)?;
    domain::need_free(till, &item)?;
    set(till, service, &item)?;
    Item::load(till.conn, item.id)
}

/// The shortest period that is sold: what the service is renewed for, if nobody says otherwise.
fn renewal(tariff: &Tariff) -> Result<Period> {
    let period = tariff.periods().into_iter().find(|period| *period != Period::Trial);
    let refused = || Error::value("pricelist", tariff.id.to_string()).with("desc", "desc_no_tariff");
    period.ok_or_else(refused)
}

/// What the module said of it. No term is written down: what was not paid here is not given back,
/// and no change of tariff charges it anew.
fn set(till: &mut Till, service: &Service, item: &Item) -> Result<()> {
    let (now_us, end_us) = (till.now_us, service.expiredate);
    // A name that is not active at its registrar is sold and paid like any other.
    let is_suspended = service.status == Status::Suspended.code();
    let status = if is_suspended { Status::Suspended } else { Status::Active };
    // What is over waits for money; anything else somebody has suspended for a reason.
    let why = if end_us != 0 && end_us <= now_us { BY_BILLING } else { BY_ADMIN };
    let zone = till.zone(item.project_id)?;
    let anchor_day = term::day_of_month(&zone, if end_us == 0 { now_us } else { end_us });
    let values: [(&str, Raw); 8] = [
        ("status", status.code().into()),
        ("substatus", if is_suspended { why } else { "" }.into()),
        ("service_status", service.status.into()),
        ("processing_id", service.module_id.into()),
        ("datacenter_id", service.datacenter_id.into()),
        ("opendate", now_us.into()),
        ("expiredate", end_us.into()),
        ("anchor_day", anchor_day.into()),
    ];
    let mut sql = Sql::new("UPDATE item SET ");
    for (nth, (name, value)) in values.into_iter().enumerate() {
        sql = if nth > 0 { sql.sql(", ") } else { sql };
        sql = sql.word(name).sql(" = ").bind(value);
    }
    sql.sql(" WHERE id = ").bind(item.id).execute(till.conn)?;
    Ok(())
}

/// Its parameters, the secret ones sealed anew for their new place.
fn set_params(till: &mut Till, id: i64, item_id: i64) -> Result<()> {
    let sql = Sql::new("SELECT name, value, sealed FROM import_service_param WHERE import_service_id = ");
    let rows = sql.bind(id).sql(" ORDER BY id").load(till.conn, &[Kind::Text, Kind::Text, Kind::Flag])?;
    for row in rows {
        let (name, kept, is_secret) = (row[0].str(), row[1].str(), row[2].on());
        if name == "ip" {
            let sql = Sql::new("UPDATE item SET ip = ").bind(kept).sql(" WHERE id = ").bind(item_id);
            sql.execute(till.conn)?;
            continue;
        }
        let value = match is_secret {
            true => till.app.sealer.open(kept, &SEALED.context(&[&id, &name]))?,
            false => kept.to_owned(),
        };
        choices::set_param(till, item_id, name, &value, is_secret)?;
    }
    Ok(())
}
