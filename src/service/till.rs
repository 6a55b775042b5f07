//! Where things are sold: the transaction, the moment, and what was read already.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::buyer::Buyer;
use super::item::Item;
use super::tariff::{self, Tariff};
use crate::app::App;
use crate::auth::Caller;
use crate::billing::taxrule;
use crate::books::{self, OwnRates};
use crate::db::{self, Conn, Kind, Raw, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::rpc::handler::Ctx;
use crate::tariff::offer;
use crate::time::Zone;

/// Every till of a call has the same shelf, and so has all of a job's batch.
pub struct Till<'a> {
    pub conn: &'a mut Conn,
    pub app: &'a App,
    pub caller: &'a Caller,
    /// The function on whose behalf, for history.
    pub action: &'a str,
    pub now_us: i64,
    shelf: &'a mut Shelf,
}

/// Rows as they were read.
pub type Rows = Arc<Vec<Vec<Raw>>>;

/// What a transaction read and does not change.
#[derive(Default)]
pub struct Shelf {
    tariffs: HashMap<i64, Arc<Tariff>>,
    /// Tariffs with prices that were fixed, by the set of these.
    fixed: HashMap<i64, Arc<Tariff>>,
    zones: HashMap<i64, Zone>,
    buyers: HashMap<i64, Arc<Buyer>>,
    rates: HashMap<i64, Arc<OwnRates>>,
    pub taxes: HashMap<taxrule::Buyer, Option<taxrule::Rule>>,
    /// Of whom: an account with a provider, or a provider.
    pub discounts: HashMap<(offer::Kind, i64, i64), Rows>,
    /// Has a provider any of the kind at all?
    pub has_discounts: HashMap<(offer::Kind, i64), bool>,
    /// By what is sold to whom.
    pub promotions: HashMap<[i64; 5], Arc<Vec<i64>>>,
}

impl<'a> Till<'a> {
    pub fn new(
        conn: &'a mut Conn,
        app: &'a App,
        caller: &'a Caller,
        (action, now_us): (&'a str, i64),
        shelf: &'a mut Shelf,
    ) -> Self {
        Self { conn, app, caller, action, now_us, shelf }
    }

    /// The till of a call.
    pub fn of<'c>(cx: &'c mut Ctx<'_>) -> Till<'c> {
        let call = cx.call;
        let kept = cx.kept.get_or_insert_with(|| Box::<Shelf>::default());
        let shelf = kept.downcast_mut::<Shelf>().expect("a call keeps nothing but a shelf");
        Till::new(cx.conn, &call.app, &call.caller, (call.func.name(), call.now_us), shelf)
    }

    /// What stands on the shelf, fetched where it does not yet.
    pub fn kept<K: Hash + Eq + Copy, V: Clone>(
        &mut self,
        place: fn(&mut Shelf) -> &mut HashMap<K, V>,
        key: K,
        fetch: impl FnOnce(&mut Self) -> Result<V>,
    ) -> Result<V> {
        if let Some(value) = place(self.shelf).get(&key) {
            return Ok(value.clone());
        }
        let value = fetch(self)?;
        place(self.shelf).insert(key, value.clone());
        Ok(value)
    }

    pub fn tariff(&mut self, id: i64) -> Result<Arc<Tariff>> {
        self.kept(|shelf| &mut shelf.tariffs, id, |till| tariff::load(till.conn, id).map(Arc::new))
    }

    /// A service's tariff, with the prices that the service keeps where it is fixed.
    pub fn tariff_of(&mut self, item: &Item) -> Result<Arc<Tariff>> {
        let tariff = self.tariff(item.pricelist_id)?;
        match item.price_set_id {
            0 => Ok(tariff),
            set => self.kept(
                |shelf| &mut shelf.fixed,
                set,
                |till| Ok(Arc::new(tariff.with_prices(tariff::fixed(till.conn, set)?))),
            ),
        }
    }

    /// Who pays from a subaccount.
    pub fn buyer(&mut self, subaccount_id: i64) -> Result<Arc<Buyer>> {
        let fetch = |till: &mut Self| Buyer::load(till, subaccount_id).map(Arc::new);
        self.kept(|shelf| &mut shelf.buyers, subaccount_id, fetch)
    }

    /// The rates of a provider.
    pub fn rates(&mut self, project_id: i64) -> Result<Arc<OwnRates>> {
        let fetch = |till: &mut Self| books::rates(till.conn, project_id).map(Arc::new);
        self.kept(|shelf| &mut shelf.rates, project_id, fetch)
    }

    /// The calendar of a provider: billing days and months are its own (decisions.md, Time).
    pub fn zone(&mut self, project_id: i64) -> Result<Zone> {
        self.kept(|shelf| &mut shelf.zones, project_id, |till| till.zone_of(project_id))
    }

    fn zone_of(&mut self, project_id: i64) -> Result<Zone> {
        let sql = Sql::new("SELECT timezone FROM project WHERE id = ").bind(project_id);
        let row = sql.first(self.conn, &[Kind::Text])?;
        let row = row.ok_or_else(|| Error::missed("project").with("value", project_id.to_string()))?;
        Ok(Zone::named(row[0].str()).unwrap_or_else(|| self.app.config.load().time_zone.clone()))
    }

    /// A part that may fail by itself: then what it did is undone, and the rest goes on.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        db::begin_attempt(self.conn)?;
        let done = work(self);
        db::end_attempt(self.conn, done)
    }

    /// Notes a change of a service.
    pub fn note(&mut self, item: &Item, description: &str) -> Result<()> {
        self.note_each(&[item], description)
    }

    /// Notes the same change of several services.
    pub fn note_each(&mut self, items: &[&Item], description: &str) -> Result<()> {
        let change = history::Change { object: "item", action: self.action, description };
        let owned = |item: &&Item| (item.id, (item.account_id, item.reseller_id));
        let records: Vec<history::Owned> = items.iter().map(owned).collect();
        history::keep_each(self.conn, (self.caller, self.now_us), &change, &records)
    }

    /// Notes the same change of all rows of a table, `FROM …`.
    pub fn note_all(&mut self, object: &str, rows: &Sql, description: &str) -> Result<()> {
        let change = history::Change { object, action: self.action, description };
        history::keep_all(self.conn, (self.caller, self.now_us), &change, rows)
    }

    pub fn note_of(&mut self, object: &str, id: i64, owner: (i64, i64), description: &str) -> Result<()> {
        let change = history::Change { object, action: self.action, description };
        history::keep(self.conn, (self.caller, self.now_us), &change, id, owner)
    }
}
