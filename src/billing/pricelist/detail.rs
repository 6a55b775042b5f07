//! Add-ons of a tariff and their price scales.

use super::prices::{self, Allowed, Asked, Place};
use crate::billing::itemtype::{check_counts, check_enumeration, check_measure};
use crate::billing::measure;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form};
use crate::tariff::{Period, ScaleType};

pub const EDIT: Form = record::FORM.read(read).check(check).save(save).show(show);
pub const PRICE: Form = record::FORM.check(check_price).show(show_price);

/// What an add-on has from its type while nothing else is said of it.
const INHERITED: [(&str, Kind); 13] = [
    ("addontype", Kind::Int),
    ("billtype", Kind::Int),
    ("scaletype", Kind::Int),
    ("restrictclientchange", Kind::Text),
    ("addonmin", Kind::Int),
    ("addonmax", Kind::Int),
    ("addonlimit", Kind::Int),
    ("addonstep", Kind::Int),
    ("measure_id", Kind::Int),
    ("enumeration_id", Kind::Int),
    ("enumerationitem_id", Kind::Int),
    ("chargestoped", Kind::Flag),
    ("manualprocessing", Kind::Flag),
];

/// A new add-on begins with what its type says.
fn read(cx: &mut Ctx) -> Result<Record> {
    let plain = record::FORM.read;
    let mut record = plain(cx)?;
    let asked = cx.input("itemtype").ok().flatten().map_or(0, |raw| raw.int());
    if record.is_new() && asked != 0 {
        let kinds: Vec<Kind> = INHERITED.iter().map(|(_, kind)| *kind).collect();
        let sql = Sql::new("SELECT ").words(INHERITED.iter().map(|(name, _)| *name));
        let sql = sql.sql(" FROM itemtype WHERE id = ").bind(asked);
        if let Some(row) = sql.first(cx.conn, &kinds)? {
            INHERITED.iter().zip(row).for_each(|((name, _), raw)| record.set(name, raw));
        }
    }
    Ok(record)
}

/// Product type and provider of the tariff that an add-on belongs to.
fn tariff_of(conn: &mut Conn, record: &Record) -> Result<(i64, i64)> {
    let id = record.int("pricelist_id");
    let sql = if record.is_new() {
        Sql::new("SELECT itemtype_id, project_id FROM pricelist WHERE NOT deleted AND id = ").bind(id)
    } else {
        let sql = Sql::new("SELECT t.itemtype_id, t.project_id FROM pricelist t");
        sql.sql(" JOIN pricelist_detail d ON d.pricelist_id = t.id WHERE d.id = ").bind(record.id)
    };
    let row = sql.first(conn, &[Kind::Int; 2])?;
    row.map(|row| (row[0].int(), row[1].int())).ok_or_else(|| Error::missed("plid"))
}

fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let (itemtype_id, _) = tariff_of(cx.conn, record)?;
    let own = record.int("itemtype_id");
    let sql = Sql::new("SELECT measure_id FROM itemtype WHERE id = ").bind(own);
    let sql = sql.sql(" AND parent_id = ").bind(itemtype_id);
    let Some(row) = sql.first(cx.conn, &[Kind::Int])? else {
        return Err(Error::value("itemtype", own.to_string()));
    };
    check_counts(record)?;
    super::need_counts(record, &["addonlimittrial", "addonmaxtrial"])?;
    check_enumeration(cx, record, true)?;
    check_measure(cx, row[0].int(), record.int("measure_id"))
}

fn save(cx: &mut Ctx, mut record: Record) -> Result<Vec<Node>> {
    let (itemtype_id, project_id) = tariff_of(cx.conn, &record)?;
    let allowed = Allowed::of(cx.conn, itemtype_id, project_id)?;
    let asked = Asked::of(&cx.params, &allowed)?;
    record.changed.extend(asked.names.iter().cloned());
    let id = record::store(cx, record)?;
    let place = place_of(cx.conn, id)?;
    asked.keep(cx.conn, place)?;
    Ok(vec![Node::leaf("id", id.to_string())])
}

fn place_of(conn: &mut Conn, id: i64) -> Result<Place> {
    let sql = Sql::new("SELECT pricelist_id FROM pricelist_detail WHERE id = ").bind(id);
    let row = sql.first(conn, &[Kind::Int])?;
    Ok(Place { pricelist_id: row.map_or(0, |row| row[0].int()), detail_id: id })
}

fn show(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let Ok((itemtype_id, project_id)) = tariff_of(cx.conn, record) else { return Ok(()) };
    let sql = Sql::new("SELECT id, name FROM itemtype WHERE NOT deleted AND parent_id = ").bind(itemtype_id);
    let rows = sql.sql(" ORDER BY orderpriority, id").load(cx.conn, &[Kind::Int, Kind::Text])?;
    record.nodes.push(choice("itemtype", &rows, false));
    let measures = measures_for(cx.conn, record.int("itemtype_id"))?;
    record.nodes.push(choice("measure", &measures, true));
    let allowed = Allowed::of(cx.conn, itemtype_id, project_id)?;
    let place = place_of(cx.conn, record.id)?;
    prices::show(cx, record, place, &allowed)
}

/// The units that an add-on type can be counted in.
fn measures_for(conn: &mut Conn, addon_type: i64) -> Result<Vec<Vec<Raw>>> {
    let sql = Sql::new("SELECT measure_id FROM itemtype WHERE id = ").bind(addon_type);
    let of_type = sql.first(conn, &[Kind::Int])?.map_or(0, |row| row[0].int());
    let mut rows = Sql::new("SELECT id, name FROM measure WHERE NOT deleted ORDER BY name, id")
        .load(conn, &[Kind::Int, Kind::Text])?;
    if of_type != 0 {
        let base = measure::base(conn, of_type)?;
        let bases = rows.iter().map(|row| measure::base(conn, row[0].int())).collect::<Result<Vec<_>>>()?;
        let mut is_near = bases.into_iter().map(|other| other == base);
        rows.retain(|_| is_near.next().unwrap_or_default());
    }
    Ok(rows)
}

/// What a select offers here and nowhere else.
fn choice(field: &str, rows: &[Vec<Raw>], has_none: bool) -> Node {
    let val = |key: String, name: &str| Node::leaf("val", name).attr("key", key);
    let none = has_none.then(|| val(String::new(), ""));
    let vals = rows.iter().map(|row| val(row[0].int().to_string(), row[1].str()));
    Node::new("slist").attr("name", field).with(none).with(vals)
}

/// Gives a new tariff an add-on of each add-on type.
pub fn add_all(conn: &mut Conn, pricelist_id: i64, itemtype_id: i64) -> Result<()> {
    let names = || INHERITED.iter().map(|(name, _)| *name);
    let sql =
        Sql::new("INSERT INTO pricelist_detail (pricelist_id, itemtype_id, orderpriority, ").words(names());
    let sql = sql.sql(") SELECT CAST(").bind(pricelist_id).sql(" AS BIGINT), id, orderpriority, ");
    let sql = sql.words(names()).sql(" FROM itemtype WHERE NOT deleted AND parent_id = ").bind(itemtype_id);
    sql.execute(conn)?;
    Ok(())
}

/// A new price takes the tariff of its add-on along.
fn check_price(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let sql = Sql::new("SELECT d.pricelist_id, d.scaletype, d.enumeration_id, t.itemtype_id, t.project_id");
    let sql = sql.sql(" FROM pricelist_detail d JOIN pricelist t ON t.id = d.pricelist_id WHERE d.id = ");
    let row = sql.bind(detail_of(cx, record)?).first(cx.conn, &[Kind::Int; 5])?;
    let row = row.ok_or_else(|| Error::missed("plid"))?;
    if record.is_new() {
        record.set("pricelist_id", row[0].int());
    }
    let allowed = Allowed::of(cx.conn, row[3].int(), row[4].int())?;
    let (kind, period) = (record.str("kind").to_owned(), record.int("period"));
    if ["setup", "stat"].contains(&kind.as_str()) {
        record.set("period", 0); // neither is paid for a period
    } else if !allowed.periods.iter().any(|known| known.code() == period) {
        return Err(Error::value("period", period.to_string()));
    }
    if record.int("amount") < 0 {
        return Err(Error::value("amount", cx.params.get("amount")));
    }
    let least = if row[1].int() == ScaleType::Packs.code() { 1 } else { 0 };
    if record.int("from_count") < least {
        return Err(Error::value("from_count", record.int("from_count").to_string()));
    }
    check_value(cx, record, row[2].int())?;
    refuse_twin(cx, record)
}

/// The add-on that a price belongs to.
fn detail_of(cx: &mut Ctx, record: &Record) -> Result<i64> {
    if record.is_new() {
        return Ok(record.int("detail_id"));
    }
    let sql = Sql::new("SELECT detail_id FROM price WHERE id = ").bind(record.id);
    Ok(sql.first(cx.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
}

fn check_value(cx: &mut Ctx, record: &Record, enumeration_id: i64) -> Result<()> {
    let value = record.int("enumerationitem_id");
    let sql = Sql::new("SELECT id FROM enumerationitem WHERE id = ").bind(value);
    let sql = sql.sql(" AND enumeration_id = ").bind(enumeration_id);
    match value == 0 || sql.first(cx.conn, &[Kind::Int])?.is_some() {
        true => Ok(()),
        false => Err(Error::value("enumerationitem", value.to_string())),
    }
}

/// Two prices of one place on the scale would leave it undecided.
fn refuse_twin(cx: &mut Ctx, record: &Record) -> Result<()> {
    let sql = Sql::new("SELECT id FROM price WHERE id <> ").bind(record.id);
    let mut sql = sql.sql(" AND detail_id = ").bind(detail_of(cx, record)?);
    for column in ["kind", "period", "currency_id", "from_count", "enumerationitem_id"] {
        sql = sql.sql(" AND ").word(column).sql(" = ").bind(record.get(column).clone());
    }
    match sql.first(cx.conn, &[Kind::Int])? {
        Some(_) => Err(Error::exists(
            "price",
            Period::from_code(record.int("period")).and_then(Period::word).unwrap_or_default(),
        )),
        None => Ok(()),
    }
}

fn show_price(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let detail_id = detail_of(cx, record)?;
    let sql = Sql::new("SELECT i.id, i.name FROM enumerationitem i");
    let sql = sql.sql(" JOIN pricelist_detail d ON d.enumeration_id = i.enumeration_id");
    let sql = sql.sql(" WHERE NOT i.deleted AND d.id = ").bind(detail_id);
    let rows = sql.sql(" ORDER BY i.orderpriority, i.id").load(cx.conn, &[Kind::Int, Kind::Text])?;
    record.nodes.push(choice("enumerationitem", &rows, true));
    let sql = Sql::new("SELECT t.itemtype_id, t.project_id FROM pricelist t");
    let sql = sql.sql(" JOIN pricelist_detail d ON d.pricelist_id = t.id WHERE d.id = ").bind(detail_id);
    let row = sql.first(cx.conn, &[Kind::Int; 2])?.ok_or_else(|| Error::missed("plid"))?;
    let allowed = Allowed::of(cx.conn, row[0].int(), row[1].int())?;
    let period = |period: &Period| {
        let name = format!("period_{}", period.code());
        vec![Raw::Int(period.code()), Raw::from(cx.word(&name))]
    };
    let rows: Vec<_> = allowed.periods.iter().map(period).collect();
    record.nodes.push(choice("period", &rows, false));
    Ok(())
}
