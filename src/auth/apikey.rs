//! Keys of the other APIs (`X-API-Key`, Bearer): found by their hash, so the time that it takes
//! tells nothing of a key.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use quick_cache::sync::Cache;

use super::session::{self, Digest};
use super::{Caller, Via};
use crate::app::App;
use crate::config::Networks;
use crate::db::{Conn, Db, Kind, Sql};
use crate::error::{Error, Result};
use crate::rpc::BUDGET_SLOW;

const KEYS_MAX: usize = 16_384;
/// Shorter or longer ones are none of ours.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 12..=128;

/// Which API a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    Client,
    Reseller,
    Number,
}

impl Opens {
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Client, Self::Reseller, Self::Number].into_iter().find(|opens| opens.word() == word)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client-api",
            Self::Reseller => "reseller-api",
            Self::Number => "number-api",
        }
    }
}

#[derive(Debug)]
struct Key {
    id: i64,
    user_id: i64,
    opens: Opens,
    /// From where it is taken; empty: from anywhere.
    addr: Networks,
    /// 0: never.
    expires_us: i64,
    active: bool,
}

/// Keys in memory. They go with whatever makes users stale.
pub struct Keys {
    known: Cache<Digest, Arc<Key>>,
    /// Last uses that are not in the database yet, by id.
    recent: Mutex<HashMap<i64, i64>>,
    /// Counts clearings, so that nothing read before one is kept after it.
    epoch: AtomicU64,
}

impl Default for Keys {
    fn default() -> Self {
        Self { known: Cache::new(KEYS_MAX), recent: Mutex::default(), epoch: AtomicU64::new(0) }
    }
}

impl Keys {
    pub fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.known.clear();
    }

    fn find(&self, db: &Db, key: &str) -> Result<Option<Arc<Key>>> {
        let digest = session::digest(key);
        if let Some(found) = self.known.get(&digest) {
            return Ok(Some(found));
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let hash = session::hex(&digest);
        let Some(found) = db.read(BUDGET_SLOW, |conn| load(conn, &hash))? else { return Ok(None) };
        let found = Arc::new(found);
        self.known.insert(digest, found.clone());
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.known.remove(&digest);
        }
        Ok(Some(found))
    }

    fn used(&self, id: i64, now_us: i64) {
        if let Ok(mut recent) = self.recent.lock() {
            recent.insert(id, now_us);
        }
    }

    /// Last uses, to be written down.
    pub fn take_uses(&self) -> HashMap<i64, i64> {
        self.recent.lock().map(|mut recent| std::mem::take(&mut *recent)).unwrap_or_default()
    }
}

fn load(conn: &mut Conn, hash: &str) -> Result<Option<Key>> {
    let sql = Sql::new("SELECT id, user_id, kind, addr, expires_at, active FROM apikey WHERE hash = ");
    let kinds = [Kind::Int, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Flag];
    let Some(row) = sql.bind(hash).first(conn, &kinds)? else { return Ok(None) };
    let unknown = || Error::system(format!("apikey {}: unknown kind", row[0].int()));
    Ok(Some(Key {
        id: row[0].int(),
        user_id: row[1].int(),
        opens: Opens::of_word(row[2].str()).ok_or_else(unknown)?,
        addr: Networks::parse(row[3].str()).map_err(|_| unknown())?,
        expires_us: row[4].int(),
        active: row[5].on(),
    }))
}

/// Who shows this key. Errors `auth(apikey)` for none of ours, `access(apikey)` where its user may not
/// sign in or it is not taken from here. Blocks.
pub fn caller(app: &App, key: &str, ip: IpAddr) -> Result<(Caller, Opens)> {
    let now_us = app.clock.now_us();
    app.access.refresh(&app.db, now_us)?;
    let is_one = LENGTHS.contains(&key.len());
    let found = if is_one { app.access.keys.find(&app.db, key)? } else { None };
    let lives = |key: &Arc<Key>| key.active && (key.expires_us == 0 || now_us < key.expires_us);
    let found = found.filter(lives).ok_or_else(|| Error::auth("apikey"))?;
    let user = app.access.user(&app.db, found.user_id)?.ok_or_else(|| Error::auth("apikey"))?;
    let from_here = found.addr.is_empty() || found.addr.contains(ip);
    if !user.active || !from_here {
        return Err(Error::access("apikey"));
    }
    app.access.keys.used(found.id, now_us);
    Ok((Caller::new(user, ip, Via::Key), found.opens))
}
