//! What happened to a record, the newest first, out of several lists.

use super::{Record, address, call_of, told};
use crate::cell::Cell;
use crate::db::Sql;
use crate::doc::Node;
use crate::error::Result;
use crate::rpc::card::data::{CardData, Part};
use crate::rpc::describe;
use crate::rpc::handler::Ctx;
use crate::rpc::list::peek;

/// Events that are shown.
const EVENTS: usize = 20;

/// When it was, and how it is shown.
type Event = (i64, Node);

pub fn node(cx: &mut Ctx, card: &CardData, record: &Record) -> Result<Node> {
    let mut events: Vec<Event> = Vec::new();
    for part in card.events.iter().filter(|part| record.is(&part.when)) {
        if describe::may(cx.call, &part.func) {
            events.extend(of_list(cx, record, part)?);
        }
    }
    // Of one moment, what comes first in the metadata comes first.
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(Node::new("timeline").with(events.into_iter().take(EVENTS).map(|(_, node)| node)))
}

/// The newest of one list, in the order in which it stands.
fn of_list(cx: &mut Ctx, record: &Record, part: &Part) -> Result<Vec<Event>> {
    let call = call_of(cx.call, record, part)?;
    let filter = crate::rpc::filter::tests(&call)?;
    let has = |column: &str| call.app.db.has_column(&call.func.meta.view, column);
    let only = filter.iter().fold(Sql::default(), |sql, test| sql.append(&test.sql(has)));
    let word = cx.call.word(&format!("event_{}", part.name)).to_owned();
    let mut events = Vec::new();
    peek::rows(&mut Ctx::new(cx.conn, &call), &only, None, EVENTS as i64, |columns, cells| {
        let cell = |name: &str| columns.iter().position(|column| column.name == name).map(|at| &cells[at]);
        let Some(Cell::Time(at, _) | Cell::Date(at, _)) = cell(&part.time) else { return Ok(()) };
        let text = |name: &str| cell(name).map(Cell::to_string).unwrap_or_default();
        let key = text(call.func.meta.key());
        let node = Node::new("elem")
            .kid(Node::leaf("time", text(&part.time)))
            .kid(Node::leaf("event", &part.name))
            .kid(Node::leaf("label", &word))
            .kid(Node::leaf("text", told(&call, &part.text, columns, cells)))
            .kid(Node::leaf("user", text(&part.user)));
        let way = address(&call, &key).map(|query| Node::leaf("query", query));
        events.push((*at, node.with(way)));
        Ok(())
    })?;
    Ok(events)
}
