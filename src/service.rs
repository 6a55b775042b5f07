//! Services: what is sold, ordered, charged, run and closed. One `item` table stands under the
//! functions of every product type.

pub mod address;
pub mod basket;
pub mod buyer;
pub mod callback;
pub mod cart;
pub mod certificate;
pub mod change;
pub mod checkout;
pub mod choices;
pub mod contact;
pub mod domain;
pub mod fixed;
pub mod form;
pub mod item;
pub mod limits;
pub mod modules;
pub mod offers;
pub mod order;
pub mod orderform;
pub mod prolong;
pub mod show;
pub mod status;
pub mod tariff;
pub mod term;
pub mod usage;

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::auth::Caller;
use crate::books::{self, OwnRates};
use crate::db::{self, Conn, Kind, Sql};
use crate::error::{Error, Result};
use crate::history;
use crate::rpc::handler::{Ctx, Handler};
use crate::rpc::registry::Row;
use crate::time::Zone;

use buyer::Buyer;
use tariff::Tariff;

pub const FUNCS: &[&[Row]] = &[
    address::FUNCS,
    basket::FUNCS,
    callback::FUNCS,
    certificate::FUNCS,
    change::form::FUNCS,
    contact::FUNCS,
    contact::link::FUNCS,
    contact::registrar::FUNCS,
    domain::api::FUNCS,
    domain::forms::FUNCS,
    domain::order::FUNCS,
    domain::whois::FUNCS,
    fixed::FUNCS,
    form::FUNCS,
    item::FUNCS,
    order::FUNCS,
    prolong::FUNCS,
    show::FUNCS,
];

/// The history of services is kept under one name, whatever their type.
pub const HISTORY: Handler = Handler::View(Some(|cx| {
    let id = cx.need_elid()?;
    item::need_own(cx, id)?;
    Ok(Sql::new(" AND object = 'item' AND object_id = ").bind(id))
}));

/// Where things are sold: the transaction, the moment, and what was read already. Calls make one
/// of themselves, jobs one for a whole batch.
pub struct Till<'a> {
    pub conn: &'a mut Conn,
    pub app: &'a App,
    pub caller: &'a Caller,
    /// The function on whose behalf, for history.
    pub action: &'a str,
    pub now_us: i64,
    tariffs: HashMap<i64, Arc<Tariff>>,
    zones: HashMap<i64, Zone>,
    buyers: HashMap<i64, Arc<Buyer>>,
    rates: HashMap<i64, Arc<OwnRates>>,
}

impl<'a> Till<'a> {
    pub fn new(conn: &'a mut Conn, app: &'a App, caller: &'a Caller, action: &'a str, now_us: i64) -> Self {
        let (tariffs, zones, buyers, rates) = Default::default();
        Self { conn, app, caller, action, now_us, tariffs, zones, buyers, rates }
    }

    /// The till of a call.
    pub fn of<'c>(cx: &'c mut Ctx<'_>) -> Till<'c> {
        let call = cx.call;
        Till::new(cx.conn, &call.app, &call.caller, call.func.name(), call.now_us)
    }

    pub fn tariff(&mut self, id: i64) -> Result<Arc<Tariff>> {
        if let Some(tariff) = self.tariffs.get(&id) {
            return Ok(tariff.clone());
        }
        let tariff = Arc::new(tariff::load(self.conn, id)?);
        self.tariffs.insert(id, tariff.clone());
        Ok(tariff)
    }

    /// A service's tariff, with the prices that the service keeps where it is fixed.
    pub fn tariff_of(&mut self, item: &item::Item) -> Result<Arc<Tariff>> {
        let tariff = self.tariff(item.pricelist_id)?;
        match item.is_fixed {
            true => Ok(Arc::new(tariff.with_prices(tariff::fixed(self.conn, item.id)?))),
            false => Ok(tariff),
        }
    }

    /// Who pays from a subaccount.
    pub fn buyer(&mut self, subaccount_id: i64) -> Result<Arc<Buyer>> {
        if let Some(buyer) = self.buyers.get(&subaccount_id) {
            return Ok(buyer.clone());
        }
        let buyer = Arc::new(Buyer::load(self, subaccount_id)?);
        self.buyers.insert(subaccount_id, buyer.clone());
        Ok(buyer)
    }

    /// The rates of a provider.
    pub fn rates(&mut self, project_id: i64) -> Result<Arc<OwnRates>> {
        if let Some(rates) = self.rates.get(&project_id) {
            return Ok(rates.clone());
        }
        let rates = Arc::new(books::rates(self.conn, project_id)?);
        self.rates.insert(project_id, rates.clone());
        Ok(rates)
    }

    /// Days that a suspended service of a type is kept; 0: for good.
    pub fn suspend_days_of_type(&mut self, itemtype_id: i64) -> Result<i64> {
        let sql = Sql::new("SELECT suspendperiod FROM itemtype WHERE id = ").bind(itemtype_id);
        Ok(sql.first(self.conn, &[Kind::Int])?.map_or(0, |row| row[0].int()))
    }

    /// The calendar of a provider: billing days and months are its own (decisions.md, Time).
    pub fn zone(&mut self, project_id: i64) -> Result<Zone> {
        if let Some(zone) = self.zones.get(&project_id) {
            return Ok(zone.clone());
        }
        let sql = Sql::new("SELECT timezone FROM project WHERE id = ").bind(project_id);
        let row = sql.first(self.conn, &[Kind::Text])?;
        let row = row.ok_or_else(|| Error::missed("project").with("value", project_id.to_string()))?;
        let zone = Zone::named(row[0].str()).unwrap_or_else(|| self.app.config.load().time_zone.clone());
        self.zones.insert(project_id, zone.clone());
        Ok(zone)
    }

    /// A part that may fail by itself: then what it did is undone, and the rest goes on.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        db::begin_attempt(self.conn)?;
        let done = work(self);
        db::end_attempt(self.conn, done)
    }

    /// Notes a change of a service.
    pub fn note(&mut self, item: &item::Item, description: &str) -> Result<()> {
        self.note_of("item", item.id, (item.account_id, item.reseller_id), description)
    }

    pub fn note_of(&mut self, object: &str, id: i64, owner: (i64, i64), description: &str) -> Result<()> {
        let entry = history::Entry { object, id, owner, action: self.action, description };
        history::keep(self.conn, self.caller, self.now_us, &entry)
    }
}
