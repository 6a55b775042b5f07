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
        ("", "") => return Ok(Some(Box::new(All { app: app.clone(), after: None, is_done: false }))),
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
        Some(vec![text("{"), fragment.bytes.clone(), text("}")])
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
    is_done: bool,
}

impl Iterator for All {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        use std::ops::Bound::{Excluded, Unbounded};
        if self.is_done {
            return None;
        }
        let list = self.app.number_prices.list.load_full()?;
        let from = self.after.as_ref().map_or(Unbounded, Excluded);
        let next = list.countries.range::<Arc<str>, _>((from, Unbounded)).next();
        let sign = if self.after.is_none() { "{" } else { "," };
        let Some((country, fragment)) = next else {
            self.is_done = true;
            return Some(text(if self.after.is_none() { "{}" } else { "}" }));
        };
        self.after = Some(country.clone());
        let mut piece = Vec::with_capacity(fragment.bytes.len() + 1);
        piece.extend_from_slice(sign.as_bytes());
        piece.extend_from_slice(&fragment.bytes);
        Some(piece.into())
    }
}
