//! Keeping the price list up to date.

use std::collections::HashMap;
use std::sync::{Arc, TryLockError};

use super::fragment::{self, Cell, Fragment};
use super::words::{self, Names};
use super::{List, Snapshot};
use crate::app::App;
use crate::auth::Caller;
use crate::cell::{self, Column};
use crate::error::{Error, Result};
use crate::money::{MICRO, Money};
use crate::params::Params;
use crate::rpc::list::RowSink;
use crate::rpc::{self, BUDGET_SLOW};
use crate::time::SECOND_US;

/// Changes are looked for at most so often.
const EACH_US: i64 = SECOND_US;
/// What is written down later than it says of itself is not missed if it is no later than this.
const LATE_US: i64 = 15 * SECOND_US;
/// The whole list is read anew at most so often, where the catalogue changes.
const WHOLE_US: i64 = 15 * SECOND_US;

/// The list, at most a second old; a little older while somebody else renews it.
pub fn list(app: &Arc<App>) -> Result<Arc<List>> {
    let snapshot = &app.number_prices;
    if let Some(list) = snapshot.list.load_full() {
        if list.is_good(app) {
            return Ok(list);
        }
        return match snapshot.turn.try_lock() {
            Ok(_turn) => renewed(app, snapshot),
            Err(TryLockError::WouldBlock) => Ok(list),
            Err(TryLockError::Poisoned(poison)) => {
                let _turn = poison.into_inner();
                renewed(app, snapshot)
            }
        };
    }
    let _turn = snapshot.turn.lock().unwrap_or_else(|poison| poison.into_inner());
    renewed(app, snapshot)
}

impl List {
    fn is_good(&self, app: &App) -> bool {
        let now_us = app.clock.now_us();
        let is_same = self.writes.is_some() && self.writes == app.db.writes();
        is_same || (self.checked_us..self.checked_us + EACH_US).contains(&now_us)
    }
}

fn renewed(app: &Arc<App>, snapshot: &Snapshot) -> Result<Arc<List>> {
    let before = snapshot.list.load_full();
    if let Some(list) = before.as_ref().filter(|list| list.is_good(app)) {
        return Ok(list.clone());
    }
    let (now_us, writes) = (app.clock.now_us(), app.db.writes());
    let is_stale = app.numbers_seen.is_stale(&app.db) || before.as_ref().is_some_and(|list| list.is_stale);
    let mut list = match before {
        Some(list) if !is_stale || now_us - list.read_us < WHOLE_US => {
            let mut list = List { is_stale, ..(*list).clone() };
            list.change(Rows::read(app, list.names.clone(), &Of::Changed(list.checked_us - LATE_US))?);
            list
        }
        before => whole(app, before.as_deref(), now_us)?,
    };
    (list.checked_us, list.writes) = (now_us, writes);
    let list = Arc::new(list);
    snapshot.list.store(Some(list.clone()));
    Ok(list)
}

/// Everything read anew, one country after the other: no more is held twice.
fn whole(app: &Arc<App>, before: Option<&List>, now_us: i64) -> Result<List> {
    let mut list = match before {
        Some(before) => before.clone(),
        None => List::default(),
    };
    (list.read_us, list.is_stale) = (now_us, false);
    let known = words::column(app, "number.country", "country")?;
    list.countries.retain(|country, _| known.contains(&**country));
    for country in known {
        let rows = Rows::read(app, list.names.clone(), &Of::Country(&country))?;
        list.names = rows.names;
        let cells: Vec<Cell> = rows.countries.into_values().flatten().filter_map(sold).collect();
        list.put(country.as_str().into(), cells);
    }
    Ok(list)
}

fn sold((cell, is_sold): (Cell, bool)) -> Option<Cell> {
    is_sold.then_some(cell)
}

impl List {
    /// Writes the countries anew whose rows have changed.
    fn change(&mut self, rows: Rows) {
        self.names = rows.names;
        for (country, changed) in rows.countries {
            let country: Arc<str> = self.names.word(country).into();
            let old = self.countries.get(&country).map(|fragment| fragment.cells.as_slice());
            let cells = merged(old.unwrap_or_default(), changed);
            self.put(country, cells);
        }
    }

    /// What is the same as before is not written anew.
    fn put(&mut self, country: Arc<str>, mut cells: Vec<Cell>) {
        fragment::sort(&mut cells, &self.names);
        if self.countries.get(&country).is_some_and(|old| old.cells == cells) {
            return;
        }
        match cells.is_empty() {
            true => self.countries.remove(&country),
            false => {
                let fragment = Fragment::new(&country, cells, &self.names);
                self.countries.insert(country, Arc::new(fragment))
            }
        };
    }
}

/// Cells with what has changed of them; nothing stands for one that is no longer sold.
fn merged(old: &[Cell], changed: Vec<(Cell, bool)>) -> Vec<Cell> {
    let mut changed: HashMap<(u32, u32), (Cell, bool)> =
        changed.into_iter().map(|row| ((row.0.product, row.0.operator), row)).collect();
    let mut cells = Vec::with_capacity(old.len() + changed.len());
    for cell in old {
        match changed.remove(&(cell.product, cell.operator)) {
            Some((cell, true)) => cells.push(cell),
            Some((_, false)) => {}
            None => cells.push(*cell),
        }
    }
    cells.extend(changed.into_values().filter_map(sold));
    cells
}

const COLUMNS: [&str; 7] = ["country", "product", "operator", "cost", "count", "rate", "for_sale"];

/// Which rows are read.
enum Of<'a> {
    Country(&'a str),
    /// Since a moment.
    Changed(i64),
}

/// Rows of `number.price` by their countries.
struct Rows {
    names: Arc<Names>,
    places: [usize; COLUMNS.len()],
    countries: HashMap<u32, Vec<(Cell, bool)>>,
}

impl Rows {
    fn read(app: &Arc<App>, names: Arc<Names>, of: &Of) -> Result<Self> {
        let mut rows = Self { names, places: [0; COLUMNS.len()], countries: HashMap::new() };
        // All rows, not a page.
        let mut params = Params::of([("func", "number.price"), ("out", "csv"), ("filter", "on")]);
        match of {
            Of::Country(country) => params.set("country", *country),
            Of::Changed(since_us) => {
                // An hour that a clock goes through twice is read twice.
                params.set("changed", "other");
                params.set("changedstart", app.config.load().time_zone.time(*since_us));
            }
        }
        rpc::call(app, &Caller::own(), &params, BUDGET_SLOW, &mut rows)?;
        Ok(rows)
    }

    fn id(&mut self, word: &str) -> u32 {
        match self.names.id(word) {
            Some(id) => id,
            None => Arc::make_mut(&mut self.names).add(word),
        }
    }
}

impl RowSink for Rows {
    fn list(&mut self, columns: &[Column], _key: &str) {
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        self.places = COLUMNS.map(|name| place(name).unwrap_or(usize::MAX));
    }

    fn row(&mut self, _columns: &[Column], cells: &[cell::Cell]) -> Result<()> {
        let missing = || Error::system("number.price lacks a column");
        let cell = |at: usize| cells.get(self.places[at]).ok_or_else(missing);
        let (cost, count, rate) = (number(cell(3)?), number(cell(4)?), number(cell(5)?));
        let is_sold = matches!(cell(6)?, cell::Cell::Flag(true));
        let [country, product, operator] = [cell(0)?, cell(1)?, cell(2)?].map(|cell| cell.to_string());
        let [country, product, operator] = [country, product, operator].map(|word| self.id(&word));
        let cost = cost.map_or(0, |micro| (micro + MICRO / 200) / (MICRO / 100));
        let row = Cell {
            product,
            operator,
            cost: u32::try_from(cost).unwrap_or(u32::MAX),
            count: u32::try_from(count.unwrap_or(0).max(0)).unwrap_or(u32::MAX),
            rate: rate.and_then(|rate| i32::try_from(rate).ok()).unwrap_or(-1),
        };
        self.countries.entry(country).or_default().push((row, is_sold));
        Ok(())
    }
}

/// A whole number as it is, an amount in millionths, a decimal in hundredths.
fn number(cell: &cell::Cell) -> Option<i64> {
    match cell {
        cell::Cell::Int(number) => Some(*number),
        cell::Cell::Money(Money(micro), _) => Some(*micro),
        cell::Cell::Text(text) => Money::parse(text).map(|Money(micro)| micro / (MICRO / 100)),
        _ => None,
    }
}
