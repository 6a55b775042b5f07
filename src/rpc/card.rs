//! One record with what belongs to it: `X.card` of a list `X` that says what its card shows.
//!
//! Everything on it is the answer of a list to this very caller: figures are a row of the list or of
//! the card's view, a tab is a call of its list, and events are rows of lists. So nobody sees here
//! what he could not see there.

pub mod data;
mod timeline;

use super::handler::{Call, Ctx, Reply};
use super::list::peek;
use super::plan::visible;
use super::{describe, family, nested};
use crate::cell::{Cell, Column};
use crate::db::Sql;
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::params::Params;
use data::{CardData, Part};

/// Rows of a tab; the list itself has them all.
const ROWS: i64 = 20;

/// The record as its figures tell it.
struct Record {
    id: i64,
    figures: Vec<Node>,
}

pub fn show(cx: &mut Ctx) -> Result<Reply> {
    let id = cx.need_elid()?;
    let func = cx.call.func.clone();
    let card = func.meta.card.as_ref().ok_or_else(|| Error::system("a card without data"))?;
    let record = Record::read(cx, id)?;
    let tabs: Vec<&Part> = card.tabs.iter().filter(|tab| is_open(cx.call, &record, tab)).collect();
    let open = chosen(cx.call, &tabs)?;
    let name = Some(record.value(&card.name)).filter(|name| !name.trim().is_empty());
    let mut nodes = vec![
        Node::leaf("id", id.to_string()),
        Node::leaf("name", name.unwrap_or_else(|| format!("#{id}"))),
        Node::new("figures").with(figures(cx.call, card, &record)),
        Node::new("toolbar").with(buttons(cx.call, card, &record)),
        Node::new("tabs").with(tabs.iter().map(|tab| tab_node(cx.call, &record, tab, open))),
    ];
    nodes.extend(record.status(card));
    if let Some(tab) = open {
        nodes.push(rows(cx, &record, tab)?);
    }
    if !card.events.is_empty() {
        nodes.push(timeline::node(cx, card, &record)?);
    }
    Ok(Reply::Object(nodes))
}

impl Record {
    /// Error `missed(elid)` where there is none for this caller.
    fn read(cx: &mut Ctx, id: i64) -> Result<Self> {
        let only = Sql::new(" AND ").word(cx.call.func.meta.key()).sql(" = ").bind(id);
        let mut figures = None;
        peek::rows(cx, &only, None, 1, |columns, cells| {
            figures = Some(
                columns.iter().zip(cells).map(|(column, cell)| nested::leaf(&column.name, cell)).collect(),
            );
            Ok(())
        })?;
        let figures = figures.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
        Ok(Self { id, figures })
    }

    /// What a program calls a figure's value: its code, else its text.
    fn value(&self, name: &str) -> String {
        let figure = self.figures.iter().find(|figure| figure.name == name);
        let value = figure.and_then(|figure| figure.get_attr("orig").or(figure.text.as_deref()));
        value.unwrap_or_default().to_owned()
    }

    /// `name=code|code`, `name` of what is neither off nor nothing, `!name` of what is.
    fn is(&self, when: &str) -> bool {
        let holds = |name: &str| !matches!(self.value(name).as_str(), "" | "off" | "0");
        match (when.split_once('='), when.strip_prefix('!')) {
            _ if when.is_empty() => true,
            (Some((name, codes)), _) => codes.split('|').any(|code| code == self.value(name)),
            (None, Some(name)) => !holds(name),
            (None, None) => holds(when),
        }
    }

    /// The figure that says how it is, once more under a name that every card has.
    fn status(&self, card: &CardData) -> Option<Node> {
        let figure = self.figures.iter().find(|figure| figure.name == card.status)?;
        Some(Node { name: "status".into(), ..figure.clone() })
    }
}

/// The figures, those that name another record with the way to its card.
fn figures(call: &Call, card: &CardData, record: &Record) -> Vec<Node> {
    let linked = |figure: &Node| {
        let about = card.figure(&figure.name).filter(|about| !about.card.is_empty());
        let about = about.filter(|about| describe::may(call, &about.card));
        let to = about.map(|about| (&about.card, record.value(&about.of)));
        match to.filter(|(_, id)| !matches!(id.as_str(), "" | "0")) {
            Some((card, id)) => figure.clone().attr("card", card).attr("elid", id),
            None => figure.clone(),
        }
    };
    record.figures.iter().map(linked).collect()
}

/// The buttons that this caller may press on this record.
fn buttons(call: &Call, card: &CardData, record: &Record) -> Vec<Node> {
    let deeds = card.actions.iter().filter(|deed| record.is(&deed.when));
    let buttons = deeds.map(|deed| deed.button(|figure| record.value(figure)));
    buttons
        .filter(|button| describe::may(call, &button.func))
        .map(|button| describe::toolbtn(&button))
        .collect()
}

fn is_open(call: &Call, record: &Record, tab: &Part) -> bool {
    record.is(&tab.when) && describe::may(call, &tab.func)
}

/// The tab that `tab` names, else the first.
fn chosen<'t>(call: &Call, tabs: &[&'t Part]) -> Result<Option<&'t Part>> {
    let Some(name) = call.params.sent("tab").filter(|name| !name.is_empty()) else {
        return Ok(tabs.first().copied());
    };
    let tab = tabs.iter().find(|tab| tab.name == name);
    tab.map(|tab| Some(*tab)).ok_or_else(|| Error::value("tab", name))
}

fn tab_node(call: &Call, record: &Record, tab: &Part, open: Option<&Part>) -> Node {
    let node = Node::new("elem").kid(Node::leaf("name", &tab.name)).kid(Node::leaf("func", &tab.func));
    let node = node
        .kid(Node::leaf("label", label(call, &tab.name)))
        .kid(Node::leaf("query", query(&asked(record, tab))));
    let is_open = open.is_some_and(|open| open.name == tab.name);
    if is_open { node.attr("current", "yes") } else { node }
}

/// A tab is called what the button to its list is.
fn label(call: &Call, name: &str) -> String {
    let words = &call.app.registry.words;
    let short = words.find(&call.lang, &call.func.sets, &format!("short_{name}"));
    short.unwrap_or_else(|| call.word(name)).to_owned()
}

/// What a part's list is asked for.
fn asked(record: &Record, part: &Part) -> Vec<(String, String)> {
    let id = (part.by.clone(), record.id.to_string());
    let filter = (!matches!(part.by.as_str(), "elid" | "plid")).then(|| ("filter".into(), "on".into()));
    [("func".to_owned(), part.func.clone())].into_iter().chain(filter).chain([id]).collect()
}

pub fn query<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The call of a part's list. A stored filter does not touch it: what is shown is all that belongs
/// to the record.
fn call_of(call: &Call, record: &Record, part: &Part) -> Result<Call> {
    let mut params = Params::of(asked(record, part));
    params.set("filter", "on");
    params.set("p_cnt", ROWS.to_string());
    nested::part(call, params)
}

/// The open tab's rows.
fn rows(cx: &mut Ctx, record: &Record, tab: &Part) -> Result<Node> {
    let call = call_of(cx.call, record, tab)?;
    Ok(Node { name: "rows".into(), ..nested::rows(cx, &call)? })
}

/// Where a row of a list leads: to its card, if there is one for this caller.
pub fn address(call: &Call, id: &str) -> Option<String> {
    let card = family::card_of(&call.func.meta);
    describe::may(call, &card).then(|| query(&[("func", card.as_str()), ("elid", id)]))
}

/// A text of several columns of a row, those that it has.
pub fn told(call: &Call, names: &str, columns: &[Column], cells: &[Cell]) -> String {
    let of =
        |name: &str| columns.iter().position(|column| column.name == name).map(|at| cells[at].to_string());
    let is_shown = |name: &&str| visible(&call.func.meta, call.caller.level()).any(|col| col.name == *name);
    let texts = names.split_whitespace().filter(is_shown).filter_map(of);
    texts.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(" · ")
}
