//! What a call to a number costs by a plan: the rates of plans in memory, looked up outside of
//! transactions.
//!
//! The rates of one version of a plan are immutable. Topic `rates` tells that some plan has another
//! version; the version of a plan is then compared when it is asked for next, and its rates are read
//! anew where it differs.

mod index;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::HashMap;

pub use index::{Builder, DIGITS_MAX, Index, Terms};

use super::prefix;
use super::rating::Price;
use crate::app::App;
use crate::db::{Conn, Kind, Raw, Sql};
use crate::error::Result;
use crate::rpc::BUDGET_SLOW;

/// What all plans in memory may take together; the plan that was asked for longest ago goes first.
const BYTES_MAX: usize = 512 << 20;
/// So many plans are read at once at most, and none of them twice.
const READERS: usize = 16;

#[derive(Default)]
pub struct Rates {
    plans: RwLock<HashMap<i64, Arc<Loaded>>>,
    readers: [Mutex<()>; READERS],
    /// Counts what may have changed a plan.
    generation: AtomicU64,
    /// Counts what was asked for.
    asked: AtomicU64,
}

struct Loaded {
    version: i64,
    /// At which the version was compared last.
    generation: AtomicU64,
    /// When it was asked for last.
    asked: AtomicU64,
    index: Index,
}

impl Rates {
    /// The rate of the longest prefix of a number: `+` and 7 to 15 digits, or digits. Nothing where no
    /// prefix fits, the rate is suspended or the plan is not there. It reads the database, so a
    /// transaction must not call it.
    pub fn find(&self, app: &App, plan_id: i64, number: &str) -> Result<Option<Price>> {
        let Some(digits) = prefix::dialled(number) else { return Ok(None) };
        let Some(loaded) = self.loaded(app, plan_id)? else { return Ok(None) };
        Ok(loaded.index.price(digits))
    }

    /// Some plan has changed, here or on another server.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn loaded(&self, app: &App, plan_id: i64) -> Result<Option<Arc<Loaded>>> {
        // Taken before the read: what changes during it is compared again.
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some(loaded) = self.known(plan_id, generation) {
            return Ok(Some(loaded));
        }
        let reader = &self.readers[plan_id.unsigned_abs() as usize % READERS];
        let _reads = reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = self.known(plan_id, generation) {
            return Ok(Some(loaded)); // another has read it meanwhile
        }
        let Some(version) = app.db.read(BUDGET_SLOW, |conn| version(conn, plan_id))? else {
            self.keep(plan_id, None);
            return Ok(None);
        };
        if let Some(loaded) = self.get(plan_id).filter(|loaded| loaded.version == version) {
            loaded.generation.fetch_max(generation, Ordering::SeqCst);
            return Ok(Some(loaded));
        }
        let index = app.db.read(BUDGET_SLOW, |conn| read(conn, plan_id))?;
        let (generation, asked) = (AtomicU64::new(generation), AtomicU64::new(self.tick()));
        let loaded = Arc::new(Loaded { version, generation, asked, index });
        self.keep(plan_id, Some(loaded.clone()));
        Ok(Some(loaded))
    }

    fn get(&self, plan_id: i64) -> Option<Arc<Loaded>> {
        self.plans.read().unwrap_or_else(PoisonError::into_inner).get(&plan_id).cloned()
    }

    /// The plan in memory, if nothing was changed since it was compared.
    fn known(&self, plan_id: i64, generation: u64) -> Option<Arc<Loaded>> {
        let is_new = |loaded: &Arc<Loaded>| loaded.generation.load(Ordering::SeqCst) >= generation;
        let loaded = self.get(plan_id).filter(is_new)?;
        loaded.asked.store(self.tick(), Ordering::Relaxed);
        Some(loaded)
    }

    fn tick(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }

    fn keep(&self, plan_id: i64, loaded: Option<Arc<Loaded>>) {
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        match loaded {
            Some(loaded) => plans.insert(plan_id, loaded),
            None => plans.remove(&plan_id),
        };
        let mut bytes: usize = plans.values().map(|loaded| loaded.index.bytes()).sum();
        while bytes > BYTES_MAX && plans.len() > 1 {
            let asked = |loaded: &Arc<Loaded>| loaded.asked.load(Ordering::Relaxed);
            let oldest = plans.iter().min_by_key(|(_, loaded)| asked(loaded)).map(|(id, _)| *id);
            let gone = oldest.and_then(|id| plans.remove(&id));
            bytes -= gone.map_or(bytes, |loaded| loaded.index.bytes());
        }
    }
}

/// Asks whether another server on the same database has changed a plan.
pub fn refresh(app: &App) {
    if app.rates_seen.is_stale(&app.db) {
        app.rates.changed();
    }
}

fn version(conn: &mut Conn, plan_id: i64) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT version FROM plan WHERE NOT deleted AND id = ").bind(plan_id);
    Ok(sql.first(conn, &[Kind::Int])?.map(|row| row[0].int()))
}

/// Reads all rates of a plan, row by row.
pub fn read(conn: &mut Conn, plan_id: i64) -> Result<Index> {
    const KINDS: [Kind; 8] =
        [Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Flag];
    let sql = Sql::new(
        "SELECT x.prefix, x.destination, r.price, r.connectcharge, r.initblock, r.billingblock, r.min_time, \
         r.active FROM rate r JOIN prefix x ON x.id = r.prefix_id WHERE r.plan_id = ",
    );
    let (mut index, mut raws) = (Builder::default(), vec![Raw::Null; KINDS.len()]);
    sql.bind(plan_id).rows(conn, |row| {
        for (at, (raw, kind)) in raws.iter_mut().zip(KINDS).enumerate() {
            raw.read(row, at, kind)?;
        }
        match raws[7].on() {
            true => index.add(raws[0].str(), raws[1].str(), &raws[2..7]),
            false => index.refuse(raws[0].str()),
        }
        Ok(())
    })?;
    Ok(index.build())
}
