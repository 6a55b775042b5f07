//! What most objects do alike: show, save, remove and toggle the rows of one table.
//!
//! The table, its columns and their kinds come from the metadata; every statement carries the
//! caller's scope, so a handler cannot reach a stranger's row.

mod link;
mod order;
mod scope;
mod store;

pub use link::{link, unlink};
pub use order::{down, up};
pub use scope::{account_owner, need_own, owner_of, scope_sql};
pub use store::{delete, resume, save, store, store_sealed, suspend};

use crate::db::{Kind, Raw, Sql};
use crate::doc::Node;
use crate::error::{Error, Result};
use crate::rpc::handler::{Ctx, Form};
use crate::rpc::meta::{Field, Meta, ValueKind};
use crate::value;
use link::linked;
use scope::where_own;

/// The form of a record of the metadata's table.
pub const FORM: Form = Form {
    prepare: |_, _, _| Ok(()),
    read,
    check: |_, _| Ok(()),
    save,
    show: |_, _| Ok(()),
    fields: None,
    outside: None,
    turn: None,
};

/// A record on its way between a form and its table.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// 0 until it is stored.
    pub id: i64,
    /// The account and the reseller of a stored record; (0, 0) of a new one and of dictionaries.
    pub owner: (i64, i64),
    /// Values by column.
    values: Vec<(String, Raw)>,
    /// Values that are shown but stand in no column.
    pub shown: Vec<(String, String)>,
    /// Further nodes of the form: lists, option lists of its own.
    pub nodes: Vec<Node>,
    /// Fields whose stored value the call changed.
    pub changed: Vec<String>,
}

impl Record {
    pub fn new() -> Self {
        Self::default()
    }

    /// A record that stands in its table under that id.
    pub fn stored(id: i64) -> Self {
        Self { id, ..Self::default() }
    }

    pub fn is_new(&self) -> bool {
        self.id == 0
    }

    pub fn get(&self, column: &str) -> &Raw {
        self.values.iter().find(|(have, _)| have == column).map_or(&Raw::Null, |(_, raw)| raw)
    }

    pub fn int(&self, column: &str) -> i64 {
        self.get(column).int()
    }

    pub fn str(&self, column: &str) -> &str {
        self.get(column).str()
    }

    pub fn set(&mut self, column: &str, value: impl Into<Raw>) {
        match self.values.iter_mut().find(|(have, _)| have == column) {
            Some((_, raw)) => *raw = value.into(),
            None => self.values.push((column.to_owned(), value.into())),
        }
    }

    pub fn show(&mut self, name: &str, text: impl Into<String>) {
        self.shown.retain(|(have, _)| have != name);
        self.shown.push((name.to_owned(), text.into()));
    }

    pub fn has_changed(&self, field: &str) -> bool {
        self.changed.iter().any(|name| name == field)
    }
}

fn is_link(field: &Field) -> bool {
    !field.link.is_empty()
}

pub fn read(cx: &mut Ctx) -> Result<Record> {
    match cx.elid()? {
        Some(id) => stored(cx, id),
        None => Ok(fresh(cx)),
    }
}

/// The record once more, under a name of its own.
pub fn read_copy(cx: &mut Ctx) -> Result<Record> {
    let id = cx.need_elid()?;
    let mut copy = stored(cx, id)?;
    let name = format!("{} ({})", copy.str("name"), cx.word("of_copy"));
    copy.id = 0;
    copy.set("name", name);
    Ok(copy)
}

/// A form that orders a deed and is itself kept nowhere, with its defaults.
pub fn defaults(cx: &Ctx) -> Record {
    let mut record = Record::new();
    for field in cx.func.meta.fields() {
        record.set(field.column(), value::default(field, &cx.zone));
    }
    record
}

fn fresh(cx: &Ctx) -> Record {
    let mut record = Record::new();
    for field in cx.func.meta.fields().filter(|field| !field.virtual_) {
        record.set(field.column(), value::default(field, &cx.zone));
    }
    if let (false, Ok(Some(plid))) = (cx.func.meta.parent.is_empty(), cx.plid()) {
        record.set(&cx.func.meta.parent, plid);
    }
    record
}

fn stored(cx: &mut Ctx, id: i64) -> Result<Record> {
    let call = cx.call;
    let meta = &call.func.meta;
    let fields: Vec<&Field> = meta.fields().filter(|field| !field.virtual_ && !is_link(field)).collect();
    let select = call.func.select.get_or_init(|| select(meta, &fields));
    let kinds: Vec<Kind> =
        [Kind::Int; 2].into_iter().chain(fields.iter().map(|field| field.stored())).collect();
    let row = select.clone().append(&where_own(cx, id)?).first(cx.conn, &kinds)?;
    let row = row.ok_or_else(|| Error::missed("elid").with("value", id.to_string()))?;
    let owner = if meta.scope.is_owned() { (row[0].int(), row[1].int()) } else { (0, 0) };
    let mut record = Record { id, owner, ..Record::default() };
    for (field, raw) in fields.iter().zip(row.into_iter().skip(2)) {
        record.set(field.column(), raw);
    }
    for field in meta.fields().filter(|field| is_link(field)) {
        let ids = linked(cx, field, id)?;
        record.set(field.column(), ids);
    }
    Ok(record)
}

/// The columns of a record behind those of its owner.
fn select(meta: &Meta, fields: &[&Field]) -> Sql {
    let names = scope::owner_columns(meta).into_iter().chain(fields.iter().map(|field| field.column()));
    Sql::new("SELECT ").words(names).sql(" FROM ").word(&meta.table).joined()
}

/// Lays what was sent over the record: the fields of this form and no other.
pub fn overlay(cx: &Ctx, record: &mut Record) -> Result<()> {
    if cx.func.verb == "filter" {
        return Ok(()); // conditions such as `today` or `1, 2` are no values; filter::save checks them
    }
    let is_new = record.is_new();
    for field in cx.func.meta.fields() {
        let locked = field.readonly || (field.fixed && !is_new) || field.level > cx.caller.level();
        let sent = cx.params.sent(&field.name).filter(|_| !locked);
        let Some(text) = sent else {
            if is_new && field.required && !locked && is_blank(record.get(field.column())) {
                return Err(Error::missed(&field.name));
            }
            continue;
        };
        if field.kind == ValueKind::Password && text.is_empty() {
            continue; // an empty password field keeps the password
        }
        let raw = value::parse(field, text, &cx.zone)?;
        if *record.get(field.column()) != raw {
            record.changed.push(field.name.clone());
        }
        record.set(field.column(), raw);
    }
    Ok(())
}

fn is_blank(raw: &Raw) -> bool {
    matches!(raw, Raw::Null | Raw::Int(0)) || matches!(raw, Raw::Text(text) if text.is_empty())
}

/// Lays what was sent over a record that is only looked at: what cannot be read is left out.
pub fn preview(cx: &Ctx, record: &mut Record) {
    let open = |field: &&Field| !field.readonly && !field.is_secret() && field.level <= cx.caller.level();
    for field in cx.func.meta.fields().filter(open) {
        let Some(text) = cx.params.sent(&field.name) else { continue };
        if let Ok(raw) = value::read(field, text, &cx.zone) {
            record.set(field.column(), raw);
        }
    }
}

/// The fields of a form as nodes: the keys, the values this level sees, and what is shown only.
pub fn nodes(cx: &Ctx, record: &Record) -> Vec<Node> {
    let echoed = ["elid", "plid", "elname"].into_iter();
    let keys = echoed.filter_map(|name| cx.params.sent(name).map(|text| leaf(name, text.to_owned())));
    let fields = cx.func.meta.fields().filter(|field| field.level <= cx.caller.level());
    let shown = |name: &str| record.shown.iter().find(|(have, _)| have == name).map(|(_, text)| text.clone());
    let values = fields.map(|field| {
        let text = shown(&field.name);
        leaf(&field.name, text.unwrap_or_else(|| value::shown(field, record.get(field.column()), &cx.zone)))
    });
    let is_field = |name: &str| cx.func.meta.field(name).is_some();
    let extra = record.shown.iter().filter(|(name, _)| !is_field(name));
    keys.chain(values).chain(extra.map(|(name, text)| leaf(name, text.clone()))).collect()
}

fn leaf(name: &str, text: String) -> Node {
    match text.is_empty() {
        true => Node::new(name.to_owned()),
        false => Node::leaf(name.to_owned(), text),
    }
}
