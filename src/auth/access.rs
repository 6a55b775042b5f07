//! Users and sessions in memory: a read-through cache of what the database says.
//!
//! Here a change is seen with its commit; on another server of the same PostgreSQL within a
//! second, by the generation number of topic `access`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::User;
use super::apikey::Keys;
use super::session::{self, Digest, Session};
use crate::config::Networks;
use crate::db::{Backend, Conn, Db, Kind, Sql};
use crate::error::Result;
use crate::level::Level;
use crate::number::vendor::Vendor;
use crate::savedfilter;
use crate::time::{SECOND_US, Zone};

const USERS_MAX: usize = 16_384;
const SESSIONS_MAX: usize = 65_536;
const BUDGET: Duration = Duration::from_secs(2);

pub struct Access {
    users: Cache<i64, Arc<User>>,
    ids: Cache<String, i64>,
    sessions: Cache<Digest, Arc<Session>>,
    pub keys: Keys,
    /// Those whose last use is not in the database yet.
    recent: Mutex<HashMap<Digest, Arc<Session>>>,
    /// Counts clearings, so that nothing read before one is kept after it.
    epoch: AtomicU64,
    generation: AtomicI64,
    asked_us: AtomicI64,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            users: Cache::new(USERS_MAX),
            ids: Cache::new(USERS_MAX),
            sessions: Cache::new(SESSIONS_MAX),
            keys: Keys::default(),
            recent: Mutex::default(),
            epoch: AtomicU64::new(0),
            generation: AtomicI64::new(0),
            asked_us: AtomicI64::new(0),
        }
    }
}

impl Access {
    /// Forgets everything; the next call reads anew.
    pub fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.users.clear();
        self.ids.clear();
        self.sessions.clear();
        self.keys.clear();
    }

    /// Asks, at most once a second, whether another server changed something.
    pub fn refresh(&self, db: &Db, now_us: i64) -> Result<()> {
        let asked_us = self.asked_us.load(Ordering::Relaxed);
        if db.backend() == Backend::Sqlite || now_us - asked_us < SECOND_US {
            return Ok(());
        }
        self.asked_us.store(now_us, Ordering::Relaxed);
        let sql = Sql::new("SELECT n FROM generation WHERE topic = 'access'");
        let row = db.read(BUDGET, |conn| sql.first(conn, &[Kind::Int]))?;
        let generation = row.map_or(0, |row| row[0].int());
        if self.generation.swap(generation, Ordering::SeqCst) != generation {
            self.clear();
        }
        Ok(())
    }

    pub fn user(&self, db: &Db, id: i64) -> Result<Option<Arc<User>>> {
        if let Some(user) = self.users.get(&id) {
            return Ok(Some(user));
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let Some(user) = db.read(BUDGET, |conn| load_user(conn, id))? else { return Ok(None) };
        let user = Arc::new(user);
        self.users.insert(id, user.clone());
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.users.remove(&id);
        }
        Ok(Some(user))
    }

    /// A user by sign-in name if he is in memory: asks nobody.
    pub fn remembered(&self, name: &str) -> Option<Arc<User>> {
        self.users.get(&self.ids.get(&name.to_lowercase())?)
    }

    /// A user by sign-in name, without regard to case.
    pub fn user_named(&self, db: &Db, name: &str) -> Result<Option<Arc<User>>> {
        let fold = name.to_lowercase();
        if let Some(id) = self.ids.get(&fold) {
            return self.user(db, id);
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        let sql = Sql::new("SELECT id FROM users WHERE NOT deleted AND name_fold = ").bind(fold.as_str());
        let Some(row) = db.read(BUDGET, |conn| sql.first(conn, &[Kind::Int]))? else { return Ok(None) };
        let id = row[0].int();
        self.ids.insert(fold.clone(), id);
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.ids.remove(&fold);
        }
        self.user(db, id)
    }

    /// The session of an id, if it is alive.
    pub fn session(&self, db: &Db, id: &str, now_us: i64, idle_us: i64) -> Result<Option<Arc<Session>>> {
        let digest = session::digest(id);
        let cached = self.sessions.get(&digest).filter(|session| now_us - session.seen_us() <= idle_us);
        let found = match cached {
            Some(session) => Some(session),
            None => self.load_session(db, digest)?, // another server may have seen it used
        };
        let Some(session) = found.filter(|session| now_us - session.seen_us() <= idle_us) else {
            return Ok(None);
        };
        session.touch(now_us);
        if session.is_first_use()
            && let Ok(mut recent) = self.recent.lock()
        {
            recent.insert(digest, session.clone());
        }
        Ok(Some(session))
    }

    fn load_session(&self, db: &Db, digest: Digest) -> Result<Option<Arc<Session>>> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let hash = session::hex(&digest);
        let Some(session) = db.read(BUDGET, |conn| session::find(conn, &hash))? else { return Ok(None) };
        if let Some(used) = self.recent.lock().ok().and_then(|recent| recent.get(&digest).cloned()) {
            session.touch(used.seen_us());
        }
        let session = Arc::new(session);
        self.sessions.insert(digest, session.clone());
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.sessions.remove(&digest);
        }
        Ok(Some(session))
    }

    /// Last uses by session hash, for lists that show how long a session has been idle.
    pub fn recent(&self) -> HashMap<String, i64> {
        let Ok(recent) = self.recent.lock() else { return HashMap::new() };
        recent.values().map(|session| (session.hash.clone(), session.seen_us())).collect()
    }

    /// Writes last uses of sessions and keys down and removes sessions that have ended. Called once a minute and at the
    /// stop, so that sessions survive a restart.
    pub fn flush(&self, db: &Db, now_us: i64, idle_us: i64) -> Result<()> {
        let recent = self.recent.lock().map(|mut recent| std::mem::take(&mut *recent)).unwrap_or_default();
        let uses: Vec<(String, i64)> =
            recent.values().map(|session| (session.hash.clone(), session.take_use())).collect();
        let keys = self.keys.take_uses();
        db.write(move |conn| {
            for (id, used_us) in &keys {
                let sql = Sql::new("UPDATE apikey SET last_used_at = ").bind(*used_us).sql(" WHERE id = ");
                sql.bind(*id).sql(" AND last_used_at < ").bind(*used_us).execute(conn)?;
            }
            for (hash, seen_us) in &uses {
                let sql = Sql::new("UPDATE session SET seen_at = ").bind(*seen_us).sql(" WHERE hash = ");
                sql.bind(hash.as_str()).sql(" AND seen_at < ").bind(*seen_us).execute(conn)?;
            }
            Sql::new("DELETE FROM session WHERE seen_at < ").bind(now_us - 2 * idle_us).execute(conn)?;
            Ok(())
        })
    }
}

fn load_user(conn: &mut Conn, id: i64) -> Result<Option<User>> {
    let columns = [
        ("name", Kind::Text),
        ("level", Kind::Int),
        ("account_id", Kind::Int),
        ("reseller_id", Kind::Int),
        ("realname", Kind::Text),
        ("email", Kind::Text),
        ("phone", Kind::Text),
        ("lang", Kind::Text),
        ("timezone", Kind::Text),
        ("active", Kind::Flag),
        ("password", Kind::Text),
        ("credential_version", Kind::Int),
        ("addr", Kind::Text),
        ("is_restricted", Kind::Flag),
        ("default_access_allow", Kind::Flag),
        ("passwd_temporary", Kind::Flag),
    ];
    let sql = Sql::new("SELECT ").words(columns.map(|column| column.0));
    let sql = sql.sql(" FROM users WHERE NOT deleted AND id = ").bind(id);
    let Some(row) = sql.first(conn, &columns.map(|column| column.1))? else { return Ok(None) };
    let text = |at: usize| row[at].str().to_owned();
    let account_id = row[2].int();
    Ok(Some(User {
        id,
        name: text(0),
        level: Level::of(row[1].int()),
        account_id,
        reseller_id: row[3].int(),
        realname: text(4),
        email: text(5),
        phone: text(6),
        lang: text(7),
        timezone: text(8),
        provider_zone: provider_zone(conn, account_id)?,
        active: row[9].on() && (account_id == 0 || account_is_active(conn, account_id)?),
        password: text(10),
        passwd_temporary: row[15].on(),
        credential_version: row[11].int(),
        addr: Networks::parse(row[12].str()).unwrap_or_default(),
        restricted: row[13].on(),
        default_allow: row[14].on(),
        rights: super::rights::of_user(conn, id)?,
        filters: filters(conn, id)?,
        saved_filters: savedfilter::of_user(conn, id)?,
        is_vendor: Vendor::find(conn, account_id)?.is_some(),
        totp: super::totp::check::is_on(conn, id)?,
        email_confirmed: super::verify::is_confirmed(conn, id)?,
        phone_confirmed: super::phone::is_confirmed(conn, id)?,
    }))
}

fn account_is_active(conn: &mut Conn, id: i64) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM account WHERE active AND NOT deleted AND id = ").bind(id);
    Ok(sql.first(conn, &[Kind::Int])?.is_some())
}

/// The zone of the first provider that the account has money with.
fn provider_zone(conn: &mut Conn, account_id: i64) -> Result<Option<Zone>> {
    let sql = Sql::new(
        "SELECT p.timezone FROM subaccount s JOIN project p ON p.id = s.project_id WHERE s.account_id = ",
    );
    let row = sql.bind(account_id).sql(" ORDER BY s.id LIMIT 1").first(conn, &[Kind::Text])?;
    Ok(row.and_then(|row| Zone::named(row[0].str())))
}

fn filters(conn: &mut Conn, user_id: i64) -> Result<HashMap<String, String>> {
    let sql = Sql::new("SELECT name, params FROM userfilter WHERE user_id = ").bind(user_id);
    let rows = sql.load(conn, &[Kind::Text, Kind::Text])?;
    Ok(rows.into_iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect())
}
