//! Sessions: 128 random bits, stored as a hash, worth one hour since the last call.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use sha2::{Digest as _, Sha256};

use super::{Hop, User};
use crate::db::{Conn, Kind, Sql};
use crate::error::Result;

/// How long a one-time key from `session.newkey` is good for.
pub const KEY_LIFETIME_US: i64 = 300 * crate::time::SECOND_US;
pub const KEY_LENGTH_MIN: usize = 16;

#[derive(Debug)]
pub struct Session {
    pub hash: String,
    /// What lists show: enough to name it, not to use it.
    pub handle: String,
    pub user_id: i64,
    /// User ids of the hops before `user_id`.
    pub path: Vec<i64>,
    pub ip: String,
    pub created_us: i64,
    seen_us: AtomicI64,
    /// Is its last use still to be written down?
    is_noted: AtomicBool,
    /// Rows a page by list, as they were last asked for.
    page_sizes: Mutex<HashMap<String, i64>>,
}

impl Session {
    pub fn seen_us(&self) -> i64 {
        self.seen_us.load(Ordering::Relaxed)
    }

    /// Remembers a page size that was asked for, or answers the remembered one. In memory only: a
    /// read writes nothing.
    pub fn page_size(&self, list: &str, asked: Option<i64>) -> Option<i64> {
        let mut sizes = self.page_sizes.lock().unwrap_or_else(|poison| poison.into_inner());
        match asked {
            Some(size) => {
                sizes.insert(list.to_owned(), size);
                Some(size)
            }
            None => sizes.get(list).copied(),
        }
    }

    pub fn touch(&self, now_us: i64) {
        self.seen_us.fetch_max(now_us, Ordering::Relaxed);
    }

    /// Is this the first use since the last were written down?
    pub fn is_first_use(&self) -> bool {
        !self.is_noted.load(Ordering::SeqCst) && !self.is_noted.swap(true, Ordering::SeqCst)
    }

    /// The last use, to be written down. A use from now on counts as a first one.
    pub fn take_use(&self) -> i64 {
        self.is_noted.store(false, Ordering::SeqCst);
        self.seen_us()
    }
}

/// How long a session lives without a call.
pub fn idle_us(config: &crate::config::Config) -> i64 {
    i64::from(config.session_minutes) * crate::time::MINUTE_US
}

/// 32 hex digits, of which nobody can guess one.
pub fn new_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    hex(&bytes)
}

pub type Digest = [u8; 32];

pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

/// A digest as it is stored.
pub fn hash(secret: &str) -> String {
    hex(&digest(secret))
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).expect("half a byte is a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Does the text look like a session id of ours or the original's (protocol.md C8)?
pub fn is_id(text: &str) -> bool {
    (12..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Stores a new session and answers its id, which is nowhere else.
pub fn create(conn: &mut Conn, user: &User, path: &[Hop], ip: &str, now_us: i64) -> Result<String> {
    let id = new_id();
    let hash = hash(&id);
    let hops: Vec<String> = path.iter().map(|hop| hop.id.to_string()).collect();
    Sql::new("INSERT INTO session (hash, handle, user_id, path, ip, created_at, seen_at) VALUES (")
        .binds([
            hash.as_str().into(),
            hash[..16].into(),
            user.id.into(),
            hops.join(" ").into(),
            ip.into(),
            now_us.into(),
            now_us.into(),
        ])
        .sql(")")
        .execute(conn)?;
    Ok(id)
}

pub fn find(conn: &mut Conn, hash: &str) -> Result<Option<Session>> {
    let sql = Sql::new("SELECT handle, user_id, path, ip, created_at, seen_at FROM session WHERE hash = ");
    let kinds = [Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    let Some(row) = sql.bind(hash).first(conn, &kinds)? else { return Ok(None) };
    Ok(Some(Session {
        hash: hash.to_owned(),
        handle: row[0].str().to_owned(),
        user_id: row[1].int(),
        path: row[2].str().split_whitespace().filter_map(|id| id.parse().ok()).collect(),
        ip: row[3].str().to_owned(),
        created_us: row[4].int(),
        seen_us: AtomicI64::new(row[5].int()),
        is_noted: AtomicBool::new(false),
        page_sizes: Mutex::default(),
    }))
}

/// Ends sessions by handle or id; how many there were.
pub fn end(conn: &mut Conn, name: &str) -> Result<usize> {
    let sql = Sql::new("DELETE FROM session WHERE handle = ").bind(name);
    sql.sql(" OR hash = ").bind(hash(name)).execute(conn)
}

pub fn end_hash(conn: &mut Conn, hash: &str) -> Result<usize> {
    Sql::new("DELETE FROM session WHERE hash = ").bind(hash).execute(conn)
}

/// Ends every session of a user, every one that came through him, and what he has begun of signing in.
pub fn end_of_user(conn: &mut Conn, user_id: i64) -> Result<()> {
    let id = user_id.to_string();
    Sql::new("DELETE FROM session WHERE user_id = ")
        .bind(user_id)
        .sql(" OR path = ")
        .bind(id.as_str())
        .sql(" OR path LIKE ")
        .bind(format!("{id} %"))
        .sql(" OR path LIKE ")
        .bind(format!("% {id}"))
        .sql(" OR path LIKE ")
        .bind(format!("% {id} %"))
        .execute(conn)?;
    super::totp::step::end_of_user(conn, user_id)
}

pub fn store_key(conn: &mut Conn, key: &str, user_id: i64, now_us: i64) -> Result<()> {
    Sql::new("DELETE FROM loginkey WHERE expires_at < ").bind(now_us).execute(conn)?;
    Sql::new("INSERT INTO loginkey (hash, user_id, expires_at) VALUES (")
        .binds([hash(key).into(), user_id.into(), (now_us + KEY_LIFETIME_US).into()])
        .sql(")")
        .execute(conn)?;
    Ok(())
}

/// Forgets the one-time keys of a user.
pub fn forget_keys(conn: &mut Conn, user_id: i64) -> Result<()> {
    Sql::new("DELETE FROM loginkey WHERE user_id = ").bind(user_id).execute(conn).map(drop)
}

/// Uses a one-time key up. The user it was made for, unless it is unknown, old or another's.
pub fn redeem_key(conn: &mut Conn, key: &str, now_us: i64) -> Result<Option<i64>> {
    let hash = hash(key);
    let sql = Sql::new("SELECT user_id FROM loginkey WHERE hash = ").bind(hash.as_str());
    let row = sql.sql(" AND expires_at >= ").bind(now_us).first(conn, &[Kind::Int])?;
    let used = Sql::new("DELETE FROM loginkey WHERE hash = ").bind(hash).execute(conn)?;
    Ok(row.filter(|_| used == 1).map(|row| row[0].int()))
}
