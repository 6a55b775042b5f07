//! What the running program holds: made once, shared by every call.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use arc_swap::ArcSwap;
use quick_cache::sync::Cache;

use crate::auth::access::Access;
use crate::auth::credential::Credentials;
use crate::auth::password::Hasher;
use crate::auth::throttle::Throttle;
use crate::config::Config;
use crate::db::{Db, Raw, Sql};
use crate::rpc::registry::Registry;
use crate::seal::Sealer;
use crate::settings::Origin;
use crate::time::Clock;

/// Beginnings of pages that are remembered, over all lists and callers.
const CURSORS_MAX: usize = 65_536;
const OPTION_LISTS_MAX: usize = 1024;
const TOTALS_MAX: usize = 8192;

/// Ids and names of an option list.
pub type OptionRows = Arc<Vec<Vec<Raw>>>;

/// Where a program finds its configuration and keeps its data.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub origin: Origin,
    pub data_dir: PathBuf,
}

pub struct App {
    pub db: Arc<Db>,
    pub registry: Arc<Registry>,
    pub clock: Clock,
    pub config: ArcSwap<Config>,
    pub origin: Origin,
    pub data_dir: PathBuf,
    /// The generation of topic `settings` that the configuration was read at.
    pub settings_generation: AtomicI64,
    pub access: Access,
    pub credentials: Credentials,
    pub throttle: Throttle,
    pub hasher: Hasher,
    pub sealer: Sealer,
    /// Option lists by view and condition, with the number of writes before they were read.
    pub options: Cache<(String, Sql), (u64, OptionRows)>,
    /// Totals of lists, likewise by their statements.
    pub totals: Cache<Sql, (u64, i64)>,
    /// Where a page of a list begins: sort value and key of the row before it.
    pub cursors: Cache<u64, (Raw, Raw)>,
}

impl App {
    pub fn new(
        db: Arc<Db>,
        registry: Arc<Registry>,
        clock: Clock,
        config: Config,
        sealer: Sealer,
        place: Place,
    ) -> Arc<Self> {
        Arc::new(Self {
            db,
            registry,
            config: ArcSwap::from_pointee(config),
            origin: place.origin,
            data_dir: place.data_dir,
            settings_generation: AtomicI64::new(0),
            access: Access::default(),
            credentials: Credentials::new(clock.clone()),
            throttle: Throttle::new(clock.clone()),
            hasher: Hasher::new(),
            sealer,
            options: Cache::new(OPTION_LISTS_MAX),
            totals: Cache::new(TOTALS_MAX),
            cursors: Cache::new(CURSORS_MAX),
            clock,
        })
    }
}
