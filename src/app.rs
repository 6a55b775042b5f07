//! What the running program holds: made once, shared by every call.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use crate::auth::access::Access;
use crate::auth::credential::Credentials;
use crate::auth::grant::gateway::Tokens;
use crate::auth::password::Hasher;
use crate::auth::throttle::Throttle;
use crate::config::Config;
use crate::dashboard;
use crate::db::{Db, Kind, Raw, Sql};
use crate::dialect::Replies;
use crate::doc::Node;
use crate::http::{Counters, Kept, Paces};
use crate::number::smpp;
use crate::number::snapshot::Snapshot;
use crate::rpc::BUDGET_SLOW;
use crate::rpc::handler::Topic;
use crate::rpc::registry::Registry;
use crate::rpc::types;
use crate::seal::Sealer;
use crate::settings::Origin;
use crate::telecom::asterisk::Links;
use crate::telecom::rates::Rates;
use crate::telecom::sms::transport::Transports;
use crate::telecom::sms::unwritten::Unwritten;
use crate::time::Clock;

/// Beginnings of pages that are remembered, over all lists and callers.
const CURSORS_MAX: usize = 65_536;
const OPTION_LISTS_MAX: usize = 1024;
const TOTALS_MAX: usize = 8192;
const EXPORTS_MAX: usize = 16;

/// Ids and names of an option list.
pub type OptionRows = Arc<Vec<Vec<Raw>>>;

/// Where a program finds its configuration and keeps its data.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub origin: Origin,
    pub data_dir: PathBuf,
    pub simulates: bool,
}

pub struct App {
    pub db: Arc<Db>,
    pub registry: Arc<Registry>,
    pub clock: Clock,
    pub config: ArcSwap<Config>,
    pub origin: Origin,
    pub data_dir: PathBuf,
    /// What another server of the same database may have changed.
    pub settings_seen: Seen,
    pub types_seen: Seen,
    pub rates_seen: Seen,
    pub switches_seen: Seen,
    pub numbers_seen: Seen,
    /// Manager interfaces of switches that we are signed in to.
    pub links: Links,
    /// Rates of call plans.
    pub rates: Rates,
    /// Ways to the providers of short messages.
    pub sms_transports: Transports,
    /// What became of messages, where that could not be written down.
    pub sms_unwritten: Unwritten,
    /// Sessions with suppliers of numbers.
    pub number_links: smpp::Links,
    pub access: Access,
    pub credentials: Credentials,
    pub throttle: Throttle,
    pub hasher: Hasher,
    pub sealer: Sealer,
    pub gateways: Tokens,
    /// Option lists by view and condition, with the number of writes before they were read.
    pub options: Cache<(String, Sql), (u64, OptionRows)>,
    /// Totals of lists, likewise by their statements.
    pub totals: Cache<Sql, (u64, i64)>,
    /// Sums of dashboards.
    pub sums: dashboard::Kept,
    /// Numbers beside entries of the menu.
    pub counters: Counters,
    /// Public price lists by what was asked for, likewise.
    pub exports: Cache<String, (u64, Arc<Vec<Node>>)>,
    /// The same as they went to who nobody knows.
    pub answers: Cache<String, Kept>,
    /// Replies of other APIs that are the same for everybody.
    pub replies: Replies,
    /// The price list of numbers as it is sent.
    pub number_prices: Snapshot,
    /// Requests a second of other APIs.
    pub paces: Paces,
    /// A simulation: nothing outside is called.
    pub simulates: bool,
    /// Where a page of a list begins: sort value and key of the row before it.
    pub cursors: Cache<u64, (Raw, Raw)>,
    /// Something was written: there may be work in the outbox.
    pub posted: Notify,
    /// Messages wait to be handed over.
    pub sms_waits: Notify,
    /// The sandbox of numbers has something to deliver.
    pub numbers_wait: Notify,
}

/// The generation of a topic that something was read at.
pub struct Seen {
    topic: Topic,
    generation: AtomicI64,
}

impl Seen {
    fn new(topic: Topic) -> Self {
        Self { topic, generation: AtomicI64::new(0) }
    }

    /// Was the topic changed, here or by another server, since this was last asked?
    pub fn is_stale(&self, db: &Db) -> bool {
        let sql = Sql::new("SELECT n FROM generation WHERE topic = ").bind(self.topic.name());
        let Ok(Some(row)) = db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int])) else { return false };
        let generation = row[0].int();
        self.generation.swap(generation, Ordering::SeqCst) != generation
    }
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
        let app = Arc::new(Self {
            db,
            registry,
            config: ArcSwap::from_pointee(config),
            origin: place.origin,
            data_dir: place.data_dir,
            settings_seen: Seen::new(Topic::Settings),
            types_seen: Seen::new(Topic::Types),
            rates_seen: Seen::new(Topic::Rates),
            switches_seen: Seen::new(Topic::Switches),
            numbers_seen: Seen::new(Topic::Numbers),
            links: Links::default(),
            rates: Rates::default(),
            sms_transports: Transports::default(),
            sms_unwritten: Unwritten::default(),
            number_links: smpp::Links::default(),
            access: Access::default(),
            credentials: Credentials::new(clock.clone()),
            throttle: Throttle::new(clock.clone()),
            hasher: Hasher::new(),
            sealer,
            gateways: Tokens::default(),
            options: Cache::new(OPTION_LISTS_MAX),
            totals: Cache::new(TOTALS_MAX),
            sums: dashboard::Kept::default(),
            counters: Counters::default(),
            exports: Cache::new(EXPORTS_MAX),
            answers: Cache::new(EXPORTS_MAX),
            replies: Replies::default(),
            number_prices: Snapshot::default(),
            paces: Paces::default(),
            simulates: place.simulates,
            cursors: Cache::new(CURSORS_MAX),
            posted: Notify::new(),
            sms_waits: Notify::new(),
            numbers_wait: Notify::new(),
            clock,
        });
        types::reload(&app);
        app
    }
}
