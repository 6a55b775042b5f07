//! Verified credentials in memory, so that `authinfo` costs argon2 once in five minutes and not
//! on every call (design.md §6).

use quick_cache::sync::Cache;
use subtle::ConstantTimeEq;

use super::User;
use crate::time::{Clock, SECOND_US};

const ENTRIES_MAX: usize = 4096;
const LIFETIME_US: i64 = 300 * SECOND_US;

#[derive(Clone)]
struct Entry {
    tag: [u8; 32],
    credential_version: i64,
    expires_us: i64,
}

/// By user id. A wrong password never evicts; any change of the user's credentials counts its
/// version up, and an entry of an older version is worth nothing.
pub struct Credentials {
    /// Made at start and never stored, so the tags mean nothing outside of this process.
    key: [u8; 32],
    entries: Cache<i64, Entry>,
    clock: Clock,
}

impl Credentials {
    pub fn new(clock: Clock) -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the system has random bytes");
        Self { key, entries: Cache::new(ENTRIES_MAX), clock }
    }

    pub fn holds(&self, user: &User, password: &str) -> bool {
        let Some(entry) = self.entries.get(&user.id) else { return false };
        let is_fresh = entry.expires_us > self.clock.now_us();
        let same = bool::from(entry.tag.ct_eq(&self.tag(user, password)));
        same && is_fresh && entry.credential_version == user.credential_version
    }

    /// Only after a full success.
    pub fn keep(&self, user: &User, password: &str) {
        let entry = Entry {
            tag: self.tag(user, password),
            credential_version: user.credential_version,
            expires_us: self.clock.now_us() + LIFETIME_US,
        };
        self.entries.insert(user.id, entry);
    }

    fn tag(&self, user: &User, password: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&user.id.to_le_bytes()).update(password.as_bytes());
        *hasher.finalize().as_bytes()
    }
}
