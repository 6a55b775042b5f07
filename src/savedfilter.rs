//! Filters of lists that a user has given a name. They are read with his rights, so a page that offers them asks for
//! nothing more.

use form_urlencoded::Serializer;

use crate::db::{Conn, Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::record::{self, Record};
use crate::rpc::handler::{Ctx, Form, Handler, Topic};
use crate::rpc::meta::Shape;
use crate::rpc::{self, registry};

pub const FUNCS: &[registry::Row] = &[
    ("savedfilter", Handler::Rows(rows)),
    ("savedfilter.edit", Handler::Form(EDIT)),
    ("savedfilter.delete", Handler::Each(delete)),
];

const EDIT: Form = record::FORM.read(read).check(check).save(save);

/// Of one user, in all lists.
const FILTERS_MAX: usize = 100;

#[derive(Debug, Clone)]
pub struct SavedFilter {
    pub id: i64,
    pub list: String,
    pub name: String,
    /// Of the page, `func` among it.
    pub query: String,
}

/// By list and name.
pub fn of_user(conn: &mut Conn, user_id: i64) -> Result<Vec<SavedFilter>> {
    let sql = Sql::new("SELECT id, list, name, query FROM savedfilter WHERE user_id = ").bind(user_id);
    let sql = sql.sql(" ORDER BY list, name LIMIT ").bind(FILTERS_MAX as i64);
    let rows = sql.load(conn, &[Kind::Int, Kind::Text, Kind::Text, Kind::Text])?;
    let text = |raw: &Raw| raw.str().to_owned();
    let one = |row: &Vec<Raw>| SavedFilter {
        id: row[0].int(),
        list: text(&row[1]),
        name: text(&row[2]),
        query: text(&row[3]),
    };
    Ok(rows.iter().map(one).collect())
}

fn rows(cx: &mut Ctx) -> Result<Vec<Vec<Raw>>> {
    let row = |filter: SavedFilter| {
        vec![filter.id.into(), filter.name.into(), filter.list.into(), filter.query.into()]
    };
    Ok(of_user(cx.conn, cx.call.caller.user.id)?.into_iter().map(row).collect())
}

fn read(cx: &mut Ctx) -> Result<Record> {
    let Some(id) = cx.elid()? else { return Ok(Record::new()) };
    let own = of_user(cx.conn, cx.call.caller.user.id)?.into_iter().find(|filter| filter.id == id);
    let filter = own.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let mut record = Record::stored(id);
    record.set("name", filter.name);
    record.set("query", filter.query);
    Ok(record)
}

/// Keeps of the address what makes the list what it is: not the page in it, and nothing secret.
fn check(cx: &mut Ctx, record: &mut Record) -> Result<()> {
    let query = record.str("query").trim_start_matches('?').to_owned();
    let asked = Params::of(form_urlencoded::parse(query.as_bytes()).into_owned());
    let func = rpc::find(&cx.call.app, &cx.call.caller, &asked)?;
    if !matches!(func.meta.shape(), Shape::List | Shape::Report) {
        return Err(Error::value("query", func.name()));
    }
    let is_kept =
        |name: &str| !matches!(name, "func" | "p_num" | "out" | "lang" | "theme") && Params::is_echoed(name);
    let kept = asked.iter().filter(|(name, value)| is_kept(name) && !value.is_empty());
    let query = Serializer::new(String::new()).append_pair("func", func.name()).extend_pairs(kept).finish();
    record.set("query", query);
    record.set("list", func.name());
    Ok(())
}

/// Another one of the same name in the same list is replaced. `ok` leads to the list.
fn save(cx: &mut Ctx, record: Record) -> Result<Vec<Node>> {
    let (user_id, now_us) = (cx.call.caller.user.id, cx.now_us);
    let [list, name, query] = ["list", "name", "query"].map(|column| record.str(column).to_owned());
    let own = of_user(cx.conn, user_id)?;
    let replaced = own.iter().find(|other| other.list == list && other.name == name && other.id != record.id);
    if record.is_new() && replaced.is_none() && own.len() >= FILTERS_MAX {
        return Err(Error::limit("savedfilter", FILTERS_MAX.to_string()));
    }
    if let Some(other) = replaced {
        remove(cx.conn, user_id, other.id)?;
    }
    let ok = Node::leaf("ok", &query);
    let sql = match record.is_new() {
        true => {
            let values: [Raw; 5] = [user_id.into(), list.into(), name.into(), query.into(), now_us.into()];
            let sql = Sql::new("INSERT INTO savedfilter (user_id, list, name, query, created_at) VALUES (");
            sql.binds(values).sql(") RETURNING id")
        }
        false => {
            let sql = Sql::new("UPDATE savedfilter SET list = ").bind(list).sql(", name = ").bind(name);
            let sql = sql.sql(", query = ").bind(query).sql(" WHERE user_id = ").bind(user_id);
            sql.sql(" AND id = ").bind(record.id).sql(" RETURNING id")
        }
    };
    let row = sql.first(cx.conn, &[Kind::Int])?.ok_or_else(|| Error::missed("elid"))?;
    cx.touch(Topic::Access)?;
    Ok(vec![ok, Node::leaf("id", row[0].int().to_string())])
}

fn remove(conn: &mut Conn, user_id: i64, id: i64) -> Result<()> {
    let sql = Sql::new("DELETE FROM savedfilter WHERE user_id = ").bind(user_id).sql(" AND id = ").bind(id);
    sql.execute(conn).map(drop)
}

fn delete(cx: &mut Ctx, elid: &str) -> Result<()> {
    let id = elid.parse().map_err(|_| Error::value("elid", elid))?;
    remove(cx.conn, cx.call.caller.user.id, id)?;
    cx.touch(Topic::Access)
}
