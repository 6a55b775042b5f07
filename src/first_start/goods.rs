//! What can be sold, as it is delivered: units of measure and product types.

use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};

const MEASURES: &str = include_str!("../../schema/data/measure.csv");
const TYPES: &str = include_str!("../../schema/data/itemtype.csv");
const ADDONS: &str = include_str!("../../schema/data/itemtype_addon.csv");
const PARAMS: &str = include_str!("../../schema/data/itemtype_param.csv");

pub fn add(conn: &mut Conn) -> Result<()> {
    rows(MEASURES)?.into_iter().try_for_each(|row| add_measure(conn, row))?;
    rows(TYPES)?.into_iter().enumerate().try_for_each(|(at, row)| add_type(conn, at, row))?;
    rows(ADDONS)?.into_iter().enumerate().try_for_each(|(at, row)| add_addon(conn, at, row))?;
    rows(PARAMS)?.into_iter().enumerate().try_for_each(|(at, row)| add_param(conn, at, row))
}

/// The internal names of the delivered product types.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    TYPES.lines().skip(1).filter_map(|line| line.split(',').next())
}

/// The lines of a table behind its head. No word of ours has a comma.
fn rows<const N: usize>(table: &'static str) -> Result<Vec<[&'static str; N]>> {
    let fields = |line: &'static str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields.try_into().map_err(|_| bad(line))
    };
    table.lines().skip(1).map(fields).collect()
}

fn bad(line: &str) -> Error {
    Error::system(format!("delivered data: {line}"))
}

fn insert(conn: &mut Conn, table: &str, columns: &[(&str, Raw)]) -> Result<()> {
    let names = columns.iter().map(|(name, _)| *name);
    let sql = Sql::new("INSERT INTO ").word(table).sql(" (").words(names).sql(") VALUES (");
    sql.binds(columns.iter().map(|(_, value)| value.clone())).sql(")").execute(conn)?;
    Ok(())
}

/// The id of a row by its internal name; 0 for no name.
fn id_of(conn: &mut Conn, table: &str, intname: &str) -> Result<i64> {
    if intname.is_empty() {
        return Ok(0);
    }
    let sql = Sql::new("SELECT id FROM ").word(table).sql(" WHERE intname = ").bind(intname);
    let row = sql.sql(" ORDER BY id LIMIT 1").first(conn, &[Kind::Int])?;
    row.map(|row| row[0].int()).ok_or_else(|| bad(intname))
}

fn names(intname: &str, name: &str, name_ru: &str) -> Vec<(&'static str, Raw)> {
    vec![
        ("intname", intname.into()),
        ("name", name.into()),
        ("name_fold", name.to_lowercase().into()),
        ("name_ru", name_ru.into()),
    ]
}

fn place(at: usize) -> (&'static str, Raw) {
    ("orderpriority", (at as i64 + 1).into())
}

/// A smaller unit stands before those that are made of it.
fn add_measure(conn: &mut Conn, [intname, less, relation, name, name_ru]: [&str; 5]) -> Result<()> {
    let relation: i64 = relation.parse().map_err(|_| bad(intname))?;
    let less = id_of(conn, "measure", less)?;
    let own = [("lessmeasure_id", less.into()), ("relation", relation.into())];
    insert(conn, "measure", &names(intname, name, name_ru).into_iter().chain(own).collect::<Vec<_>>())
}

fn add_type(conn: &mut Conn, at: usize, row: [&'static str; 5]) -> Result<()> {
    let [intname, name, name_ru, periods, options] = row;
    let flags = periods.split_whitespace().chain(options.split_whitespace());
    let flags = flags.map(|flag| (flag, Raw::from(true)));
    let columns: Vec<_> = names(intname, name, name_ru).into_iter().chain(flags).chain([place(at)]).collect();
    insert(conn, "itemtype", &columns)
}

fn add_addon(conn: &mut Conn, at: usize, row: [&'static str; 6]) -> Result<()> {
    let [itemtype, intname, name, name_ru, kind, measure] = row;
    let kinds = [("flag", 1), ("number", 2), ("enumeration", 3)];
    let addontype: i64 = kinds.iter().find(|(word, _)| *word == kind).ok_or_else(|| bad(intname))?.1;
    let scaletype: i64 = if kind == "number" { 1 } else { 3 };
    let own = [
        ("parent_id", id_of(conn, "itemtype", itemtype)?.into()),
        ("addontype", addontype.into()),
        ("scaletype", scaletype.into()),
        ("measure_id", id_of(conn, "measure", measure)?.into()),
        place(at),
    ];
    insert(conn, "itemtype", &names(intname, name, name_ru).into_iter().chain(own).collect::<Vec<_>>())
}

fn add_param(conn: &mut Conn, at: usize, row: [&'static str; 6]) -> Result<()> {
    let [itemtype, intname, name, name_ru, kind, options] = row;
    let is = |option: &str| options.split_whitespace().any(|have| have == option);
    let own = [
        ("itemtype_id", id_of(conn, "itemtype", itemtype)?.into()),
        ("type", kind.into()),
        ("required", is("required").into()),
        ("clientshow", is("clientshow").into()),
        place(at),
    ];
    insert(conn, "itemtype_param", &names(intname, name, name_ru).into_iter().chain(own).collect::<Vec<_>>())
}
