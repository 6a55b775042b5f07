//! The price list as guests are sent it: bytes that are made once and only where something changed.
//!
//! Each country is a piece of its own. What its stock, prices and rates were made of is kept beside it, so
//! that a change is one row to read and one country to write anew. Everything is read by `number.price`.

mod fragment;
mod refresh;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use hyper::body::Bytes;

use crate::app::App;
use crate::dialect::Pieces;
use crate::error::Result;
use crate::params::Params;
use fragment::Fragment;
use words::{Known, Names};

/// The price list; nothing before somebody asks for it.
#[derive(Default)]
pub struct Snapshot {
    list: ArcSwapOption<List>,
    /// Who renews the list.
    turn: Mutex<()>,
    known: Mutex<Option<Known>>,
}

/// The list as it was at a moment.
#[derive(Default, Clone)]
struct List {
    checked_us: i64,
    /// Writes to the database before it was read, where that is known.
    writes: Option<u64>,
    /// When all of it was read last, and whether the catalogue has changed since.
    read_us: i64,
    is_stale: bool,
    names: Arc<Names>,
    countries: BTreeMap<Arc<str>, Arc<Fragment>>,
}

const NULL: &str = "null";

/// The prices that `country` and `product` ask for. Errors `missed(country)`, `missed(product)` for words that
/// there are not.
pub fn pieces(app: &Arc<App>, params: &Params) -> Result<Option<Pieces>> {
    let list = refresh::list(app)?;
    let (country, product) = (params.get("country"), params.get("product"));
    let found = match (country, product) {
        ("", "") => return Ok(Some(Box::new(All::of(app)))),
        (country, "") => list.of_country(country),
        ("", product) => list.of_product(product),
        (country, product) => list.of_both(country, product),
    };
    match found {
        Some(pieces) => Ok(Some(Box::new(pieces.into_iter()))),
        None => {
            words::check(app, country, product)?;
            Ok(Some(Box::new([Bytes::from_static(NULL.as_bytes())].into_iter())))
        }
    }
}

impl List {
    fn of_country(&self, country: &str) -> Option<Vec<Bytes>> {
        let fragment = self.countries.get(country)?;
        Some(vec![text("{"), fragment.first(), text("}")])
    }

    fn of_both(&self, country: &str, product: &str) -> Option<Vec<Bytes>> {
        let fragment = self.countries.get(country)?;
        let operators = fragment.product(self.names.id(product)?)?;
        let head = format!("{{\"{country}\":{{\"{product}\":");
        Some(vec![text(&head), operators, text("}}")])
    }

    /// Turned round: the product, then its countries.
    fn of_product(&self, product: &str) -> Option<Vec<Bytes>> {
        let id = self.names.id(product)?;
        let mut pieces = vec![text(&format!("{{\"{product}\":{{"))];
        for (country, fragment) in &self.countries {
            let Some(operators) = fragment.product(id) else { continue };
            let sign = if pieces.len() > 1 { "," } else { "" };
            pieces.extend([text(&format!("{sign}\"{country}\":")), operators]);
        }
        pieces.push(text("}}"));
        (pieces.len() > 2).then_some(pieces)
    }
}

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// All countries, each as it is when its turn comes: who reads slowly holds no more than one.
struct All {
    app: Arc<App>,
    /// The country before; nothing before the first.
    after: Option<Arc<str>>,
    has_begun: bool,
    is_done: bool,
}

impl All {
    fn of(app: &Arc<App>) -> Self {
        Self { app: app.clone(), after: None, has_begun: false, is_done: false }
    }
}

impl Iterator for All {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        use std::ops::Bound::{Excluded, Unbounded};
        if self.is_done {
            return None;
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            return Some(text("{"));
        }
        let list = self.app.number_prices.list.load_full()?;
        let from = self.after.as_ref().map_or(Unbounded, Excluded);
        let next = list.countries.range::<Arc<str>, _>((from, Unbounded)).next();
        let Some((country, fragment)) = next else {
            self.is_done = true;
            return Some(text("}"));
        };
        let is_first = self.after.replace(country.clone()).is_none();
        Some(if is_first { fragment.first() } else { fragment.further() })
    }
}
