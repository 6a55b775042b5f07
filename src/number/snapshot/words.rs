//! Words of the catalogue: those of the price list as numbers, and all that there are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::app::App;
use crate::auth::Caller;
use crate::cell::{Cell, Column};
use crate::error::{Error, Result};
use crate::params::Params;
use crate::rpc::list::RowSink;
use crate::rpc::{self, BUDGET_SLOW};
use crate::time::SECOND_US;

/// Words and their numbers, which go on being theirs.
#[derive(Default, Clone)]
pub struct Names {
    words: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, u32>,
}

impl Names {
    pub fn add(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let (id, word) = (self.words.len() as u32, Arc::<str>::from(word));
        self.words.push(word.clone());
        self.ids.insert(word, id);
        id
    }

    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    pub fn word(&self, id: u32) -> &str {
        &self.words[id as usize]
    }
}

/// Countries and products that there are, sold or not.
pub struct Known {
    at_us: i64,
    writes: Option<u64>,
    countries: HashSet<String>,
    products: HashSet<String>,
}

/// Errors `missed(country)`, `missed(product)` where there is no such word. Looked up at most once a second,
/// whatever is asked for.
pub fn check(app: &Arc<App>, country: &str, product: &str) -> Result<()> {
    let mut known = app.number_prices.known.lock().unwrap_or_else(|poison| poison.into_inner());
    let (now_us, writes) = (app.clock.now_us(), app.db.writes());
    let is_good = |known: &Known| {
        (known.at_us..known.at_us + SECOND_US).contains(&now_us)
            || (writes.is_some() && known.writes == writes)
    };
    if !known.as_ref().is_some_and(is_good) {
        let countries = column(app, "number.country", "country")?;
        let products = column(app, "number.product", "product")?;
        *known = Some(Known { at_us: now_us, writes, countries, products });
    }
    let Some(known) = known.as_ref() else { return Ok(()) };
    for (what, word, words) in [("country", country, &known.countries), ("product", product, &known.products)]
    {
        if !word.is_empty() && !words.contains(word) {
            return Err(Error::missed(what).with("value", word));
        }
    }
    Ok(())
}

/// All values of a column of a list.
pub fn column(app: &Arc<App>, func: &str, name: &'static str) -> Result<HashSet<String>> {
    struct Values(&'static str, usize, HashSet<String>);
    impl RowSink for Values {
        fn list(&mut self, columns: &[Column], _key: &str) {
            self.1 = columns.iter().position(|column| column.name == self.0).unwrap_or_default();
        }
        fn row(&mut self, _columns: &[Column], cells: &[Cell]) -> Result<()> {
            self.2.extend(cells.get(self.1).map(Cell::to_string));
            Ok(())
        }
    }
    let mut values = Values(name, 0, HashSet::new());
    let params = Params::of([("func", func), ("out", "csv")]); // all of it, not a page
    rpc::call(app, &Caller::own(), &params, BUDGET_SLOW, &mut values)?;
    Ok(values.2)
}
