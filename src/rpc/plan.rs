//! How the rows of a list are read and shown, worked out once for each level and language.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::meta::{Field, Meta, ValueKind};
use super::registry::Func;
use super::words::Words;
use crate::cell::{Cell, Column};
use crate::db::{Kind, Raw, Sql};
use crate::level::Level;
use crate::time::Zone;
use crate::value;

type Key = (Level, String);

#[derive(Default)]
pub struct Plans(RwLock<HashMap<Key, Arc<Plan>>>);

pub struct Plan {
    /// What is answered, in this order.
    pub columns: Vec<Column>,
    /// The columns to read: those of the answer, their currencies, the sort column and the key.
    pub source: Vec<(String, Kind)>,
    /// `SELECT` with the columns of the source, and ` FROM` the view with a condition to add to.
    pub select: Sql,
    pub from: Sql,
    cells: Vec<CellPlan>,
}

struct CellPlan {
    kind: ValueKind,
    at: usize,
    currency_at: Option<usize>,
    msgs: Vec<MsgPlan>,
}

/// A code of a column, and how it is shown.
struct MsgPlan {
    /// The code where it is stored as a number.
    number: Option<i64>,
    code: String,
    words: String,
    color: String,
}

impl Plans {
    pub fn get(&self, func: &Func, words: &Words, level: Level, lang: &str) -> Arc<Plan> {
        let key = (level, lang.to_owned());
        if let Some(plan) = self.0.read().expect("no plan panics").get(&key) {
            return plan.clone();
        }
        let plan = Arc::new(Plan::new(func, words, level, lang));
        self.0.write().expect("no plan panics").entry(key).or_insert(plan).clone()
    }
}

impl Plan {
    fn new(func: &Func, words: &Words, level: Level, lang: &str) -> Self {
        let meta = &func.meta;
        let visible: Vec<&Field> = visible(meta, level).collect();
        let mut source = Vec::new();
        let mut place = |name: &str, kind: Kind| {
            source.iter().position(|(have, _)| have == name).unwrap_or_else(|| {
                source.push((name.to_owned(), kind));
                source.len() - 1
            })
        };
        let key_kind = Field { kind: meta.key_kind, ..Field::default() }.stored();
        let cells = visible
            .iter()
            .map(|field| CellPlan {
                kind: field.kind,
                at: place(field.column(), field.stored()),
                currency_at: (!field.currency.is_empty()).then(|| place(&field.currency, Kind::Text)),
                msgs: msgs(func, words, field, lang),
            })
            .collect();
        place(key_column(meta), key_kind);
        let column = |field: &&Field| match field.array {
            true => Column::array(&field.name),
            false => Column::new(&field.name),
        };
        let columns = visible.iter().map(column).collect();
        let select = Sql::new("SELECT ").words(source.iter().map(|(name, _)| name.as_str())).joined();
        let from = Sql::new(" FROM ").word(&meta.view).sql(" WHERE 1 = 1").joined();
        Self { columns, source, select, from, cells }
    }

    /// The same columns where a handler makes the rows: one value for each column of the metadata.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.source.iter().position(|(have, _)| have == name)
    }

    /// A row of the source as it is shown.
    pub fn cells<'a>(&'a self, raws: &'a [Raw], zone: &'a Zone, out: &mut Vec<Cell<'a>>) {
        out.extend(self.cells.iter().map(|plan| plan.cell(raws, zone)));
    }
}

impl CellPlan {
    fn cell<'a>(&'a self, raws: &'a [Raw], zone: &'a Zone) -> Cell<'a> {
        let raw = &raws[self.at];
        if self.kind == ValueKind::Msg {
            return self.msg(raw);
        }
        let iso = self.currency_at.map_or("", |at| raws[at].str());
        value::cell(self.kind, raw, iso, zone)
    }

    fn msg<'a>(&'a self, raw: &'a Raw) -> Cell<'a> {
        let known = match raw {
            Raw::Int(number) => self.msgs.iter().find(|msg| msg.number == Some(*number)),
            raw => self.msgs.iter().find(|msg| msg.code == raw.str()),
        };
        if let Some(MsgPlan { code, words, color, .. }) = known {
            return Cell::Msg { code: code.into(), words: words.into(), color: color.into() };
        }
        let code: Cow<str> = match raw {
            Raw::Int(code) => code.to_string().into(),
            raw => raw.str().into(),
        };
        Cell::Msg { words: code.clone(), code, color: "".into() }
    }
}

/// The columns that a level is answered.
pub fn visible(meta: &Meta, level: Level) -> impl Iterator<Item = &Field> {
    meta.coldata.cols.iter().filter(move |col| col.level <= level)
}

/// The view's column that identifies a row.
pub fn key_column(meta: &Meta) -> &str {
    meta.col(meta.key()).map_or(meta.key(), Field::column)
}

fn msgs(func: &Func, words: &Words, field: &Field, lang: &str) -> Vec<MsgPlan> {
    let msg = |val: &super::meta::Val| MsgPlan {
        number: val.key.parse().ok().filter(|_| field.stored() == Kind::Int),
        code: val.key.clone(),
        words: words.get(lang, &func.sets, &val.word).to_owned(),
        color: val.color.clone(),
    };
    field.vals.iter().map(msg).collect()
}
