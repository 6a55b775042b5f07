//! Records by what somebody types: over all lists that say by which columns (`<find>`).

use std::sync::Arc;

use super::card::{address, query, told};
use super::handler::{Call, Ctx, Handler, Reply};
use super::list::peek;
use super::meta::{Field, ValueKind};
use super::plan::visible;
use super::registry::{Func, Row};
use super::{describe, nested};
use crate::cell::{Cell, Column};
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;

pub const FUNCS: &[Row] = &[("find", Handler::Once(find))];

/// Fewer characters begin too many names.
const LEAST: usize = 2;
const LONGEST: usize = 255;
/// Hits of one list, and of all.
const OF_LIST: usize = 5;
const MOST: usize = 25;

fn find(cx: &mut Ctx) -> Result<Reply> {
    let wanted = cx.params.get("q").trim().to_owned();
    let most = limit(cx.call)?;
    let length = wanted.chars().count();
    if length > LONGEST {
        return Err(Error::limit("q", LONGEST.to_string()));
    }
    let mut hits = Vec::new();
    if length >= LEAST {
        let app = cx.call.app.clone();
        for func in app.registry.iter().filter(|func| func.meta.find.is_some()) {
            if hits.len() < most && describe::may(cx.call, func.name()) {
                hits.extend(of_list(cx, func, &wanted)?);
            }
        }
    }
    hits.truncate(most);
    Ok(Reply::Object(vec![Node::new("found").attr("q", wanted).with(hits)]))
}

fn limit(call: &Call) -> Result<usize> {
    match call.params.get("limit").trim() {
        "" => Ok(MOST),
        text => match text.parse() {
            Ok(most @ 1..=MOST) => Ok(most),
            _ => Err(Error::value("limit", text)),
        },
    }
}

/// The hits of one list: one column after another, each by its own index.
fn of_list(cx: &mut Ctx, func: &Arc<Func>, wanted: &str) -> Result<Vec<Node>> {
    let call = nested::part(cx.call, Params::of([("func", func.name())]))?;
    let find = func.meta.find.clone().unwrap_or_default();
    let (mut keys, mut hits) = (Vec::new(), Vec::new());
    for name in find.by.split_whitespace() {
        let Some((column, condition)) = condition(&call, name, wanted) else { continue };
        let inner = &mut Ctx::new(cx.conn, &call);
        peek::rows(inner, &condition, Some(&column), OF_LIST as i64, |columns, cells| {
            let hit = hit(&call, &find.shows, columns, cells);
            if let Some((key, hit)) = hit.filter(|(key, _)| hits.len() < OF_LIST && !keys.contains(key)) {
                keys.push(key);
                hits.push(hit);
            }
            Ok(())
        })?;
    }
    Ok(hits)
}

/// A number as it is, a text by its beginning: folded where the view has it folded. No pattern, so no
/// sign has a meaning. A column of the view that the list does not answer may be looked in, too.
fn condition(call: &Call, name: &str, wanted: &str) -> Option<(String, Sql)> {
    let meta = &call.func.meta;
    let col = match meta.col(name) {
        None => &Field { name: name.to_owned(), ..Field::default() },
        Some(_) => visible(meta, call.caller.level()).find(|col| col.name == name)?,
    };
    let folded = format!("{}_fold", col.column());
    let is_folded = call.app.db.has_column(&call.func.meta.view, &folded);
    let (column, begin) = match col.kind {
        ValueKind::Id | ValueKind::Int => {
            let id: i64 = wanted.trim_start_matches('#').parse().ok()?;
            return Some((col.column().into(), Sql::new(" AND ").word(col.column()).sql(" = ").bind(id)));
        }
        _ if is_folded => (folded, wanted.to_lowercase()),
        _ if col.column().ends_with("_fold") => (col.column().to_owned(), wanted.to_lowercase()),
        _ => (col.column().to_owned(), wanted.to_owned()),
    };
    // Nothing that a text goes on with comes behind the last character there is.
    let behind = format!("{begin}{}", char::MAX);
    let sql = Sql::new(" AND ").word(&column).sql(" >= ").bind(begin);
    let sql = sql.sql(" AND ").word(&column).sql(" < ").bind(behind);
    Some((column, sql))
}

/// The key of a row, and what is told of it.
fn hit(call: &Call, shows: &str, columns: &[Column], cells: &[Cell]) -> Option<(String, Node)> {
    let meta = &call.func.meta;
    let text =
        |name: &str| columns.iter().position(|column| column.name == name).map(|at| cells[at].to_string());
    let key = text(meta.key())?;
    let name = text(&meta.keyname).filter(|name| !name.trim().is_empty());
    let node = Node::new("elem")
        .kid(Node::leaf("kind", call.func.name()))
        .kid(Node::leaf("title", title(call)))
        .kid(Node::leaf("id", &key))
        .kid(Node::leaf("name", name.unwrap_or_else(|| format!("#{key}"))))
        .kid(Node::leaf("about", told(call, shows, columns, cells)))
        .kid(Node::leaf("query", page(call, &key)));
    Some((key, node))
}

/// What one record is called: as its card, its form, else as its list.
fn title(call: &Call) -> String {
    let registry = &call.app.registry;
    let card = registry.get(&super::family::card_of(&call.func.meta));
    let single = card.or_else(|| registry.get(&format!("{}.edit", call.func.name())));
    registry.title(single.as_ref().unwrap_or(&call.func), &call.lang)
}

/// The card of a row, else its form, else the list with that row alone.
fn page(call: &Call, key: &str) -> String {
    let name = call.func.name();
    let form = format!("{name}.edit");
    let elid = ("elid", key);
    address(call, key).unwrap_or_else(|| match describe::may(call, &form) {
        true => query(&[("func", form.as_str()), elid]),
        false => query(&[("func", name), ("filter", "on"), (call.func.meta.key(), key)]),
    })
}
