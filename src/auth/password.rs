//! Argon2id under permits: one core stays free for everybody else, memory is used again.

use std::sync::{Condvar, Mutex};

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Block, Params};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// Callers that may wait for a permit; a further one is told to try again.
const WAITING_MAX: usize = 256;

/// Verified in place of an unknown user's, so that an answer takes as long. The hash of nothing.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYY";

/// Permits to hash: cores − 1, at least one (design.md §6).
pub struct Hasher {
    state: Mutex<State>,
    free: Condvar,
}

struct State {
    permits: usize,
    waiting: usize,
    /// The working memory of idle permits.
    idle: Vec<Vec<Block>>,
}

impl Hasher {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let state = State { permits: cores.saturating_sub(1).max(1), waiting: 0, idle: Vec::new() };
        Self { state: Mutex::new(state), free: Condvar::new() }
    }

    /// A new hash as a PHC string. Blocks; never on a thread that answers requests.
    pub fn hash(&self, password: &str) -> Result<String> {
        self.with_permit(|_| phc(password.as_bytes()))
    }

    /// Is it the password of that hash? Without a hash as slow, and no.
    pub fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let known = hash.filter(|hash| !hash.is_empty());
        let parsed = PasswordHash::new(known.unwrap_or(DUMMY)).map_err(|_| Error::system("bad hash"))?;
        let same = self.with_permit(|blocks| matches(password.as_bytes(), &parsed, blocks))?;
        Ok(same && known.is_some())
    }

    fn with_permit<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> Result<T> {
        let mut blocks = self.acquire()?;
        let done = work(&mut blocks);
        let mut state = self.state.lock().unwrap_or_else(|poison| poison.into_inner());
        state.permits += 1;
        state.idle.push(blocks);
        self.free.notify_one();
        Ok(done)
    }

    fn acquire(&self) -> Result<Vec<Block>> {
        let mut state = self.state.lock().unwrap_or_else(|poison| poison.into_inner());
        if state.permits == 0 && state.waiting >= WAITING_MAX {
            return Err(Error::new("busy", "auth"));
        }
        state.waiting += 1;
        while state.permits == 0 {
            state = self.free.wait(state).unwrap_or_else(|poison| poison.into_inner());
        }
        state.waiting -= 1;
        state.permits -= 1;
        Ok(state.idle.pop().unwrap_or_default())
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

fn phc(password: &[u8]) -> String {
    let hash = Argon2::default().hash_password(password);
    hash.expect("a password within the limits of a field can be hashed").to_string()
}

fn matches(password: &[u8], hash: &PasswordHash, blocks: &mut Vec<Block>) -> bool {
    let (Ok(params), Some(salt), Some(wanted)) = (Params::try_from(hash), &hash.salt, &hash.hash) else {
        return false;
    };
    blocks.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut out = vec![0; wanted.len()];
    let made = argon2.hash_password_into_with_memory(password, salt, &mut out, blocks.as_mut_slice());
    made.is_ok() && bool::from(out.ct_eq(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_its_own() {
        let hasher = Hasher::new();
        let hash = hasher.hash("right").unwrap();
        for (password, hash, same) in
            [("right", Some(hash.as_str()), true), ("wrong", Some(&hash), false), ("right", None, false)]
        {
            assert_eq!(hasher.verify(password, hash).unwrap(), same);
        }
    }

    #[test]
    fn nobody_takes_as_long_as_somebody() {
        let cost = |hash: &str| Params::try_from(&PasswordHash::new(hash).unwrap()).unwrap();
        assert_eq!(cost(DUMMY).block_count(), cost(&phc(b"a password")).block_count());
        assert_eq!(cost(DUMMY).t_cost(), cost(&phc(b"a password")).t_cost());
    }
}
