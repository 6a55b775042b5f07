//! How many requests a second another API takes: of one address, with one key, and purchases with one key
//! (operations.md R231). Who asks for more too often is not answered for a while.

use std::collections::VecDeque;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use quick_cache::sync::Cache;

use crate::app::App;
use crate::auth::session::{self, Digest};
use crate::error::{Error, Result};
use crate::time::{MINUTE_US, SECOND_US};

/// Keys and addresses that are watched at once; of more those are forgotten that were not seen for longest.
const WATCHED_MAX: usize = 65_536;
/// So many seconds with too many requests, within this time, are followed by as long a time without answers.
const EXCESSES: usize = 5;
const WINDOW_US: i64 = 10 * MINUTE_US;

type Watched<K> = Cache<K, Arc<Mutex<Pace>>>;

pub struct Paces {
    addresses: Watched<IpAddr>,
    keys: Watched<Digest>,
    buyers: Watched<Digest>,
}

impl Default for Paces {
    fn default() -> Self {
        let (keys, buyers) = (Cache::new(WATCHED_MAX), Cache::new(WATCHED_MAX));
        Self { addresses: Cache::new(WATCHED_MAX), keys, buyers }
    }
}

/// What is known of a request before it is looked at.
pub struct Head<'a> {
    pub ip: IpAddr,
    /// The key that it shows, or "".
    pub key: &'a str,
    pub buys: bool,
}

/// Errors `limit(address_rate)`, `limit(key_rate)`, `limit(buy_rate)`. A limit of 0 is none.
pub fn check(app: &App, head: &Head) -> Result<()> {
    let (config, now_us, paces) = (app.config.load(), app.clock.now_us(), &app.paces);
    let refuse = |what: &str, limit: u32| Err(Error::limit(what, limit.to_string()));
    if is_over(&paces.addresses, line(head.ip), config.api_address_rate, now_us) {
        return refuse("address_rate", config.api_address_rate);
    }
    if head.key.is_empty() {
        return Ok(());
    }
    let digest = session::digest(head.key);
    if is_over(&paces.keys, digest, config.api_key_rate, now_us) {
        return refuse("key_rate", config.api_key_rate);
    }
    if head.buys && is_over(&paces.buyers, digest, config.api_buy_rate, now_us) {
        return refuse("buy_rate", config.api_buy_rate);
    }
    Ok(())
}

/// The address, or the /64 of one that somebody has many of.
fn line(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
        ip => ip,
    }
}

fn is_over<K: Hash + Eq + Clone>(watched: &Watched<K>, key: K, limit: u32, now_us: i64) -> bool {
    if limit == 0 {
        return false;
    }
    let made = watched.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()));
    let Ok(pace) = made;
    pace.lock().is_ok_and(|mut pace| pace.is_over(limit, now_us))
}

#[derive(Default)]
struct Pace {
    second: i64,
    count: u32,
    excesses: VecDeque<i64>,
    banned_until_us: i64,
}

impl Pace {
    /// Counts a request. Is it one too many?
    fn is_over(&mut self, limit: u32, now_us: i64) -> bool {
        if now_us < self.banned_until_us {
            return true;
        }
        let second = now_us.div_euclid(SECOND_US);
        if second != self.second {
            (self.second, self.count) = (second, 0);
        }
        self.count = self.count.saturating_add(1);
        if self.count == limit.saturating_add(1) {
            self.exceeded(now_us);
        }
        self.count > limit
    }

    fn exceeded(&mut self, now_us: i64) {
        self.excesses.retain(|at| now_us - at < WINDOW_US);
        self.excesses.push_back(now_us);
        if self.excesses.len() >= EXCESSES {
            self.excesses.clear();
            self.banned_until_us = now_us + WINDOW_US;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `count` requests in one second; how many of them were answered.
    fn answered(pace: &mut Pace, count: u32, now_us: i64) -> usize {
        (0..count).filter(|_| !pace.is_over(100, now_us)).count()
    }

    #[test]
    fn five_excesses_in_ten_minutes() {
        let mut pace = Pace::default();
        let at = |minutes: i64| 1_700_000_000 * SECOND_US + minutes * MINUTE_US;
        for minute in [0, 1, 2, 3] {
            assert_eq!(answered(&mut pace, 150, at(minute)), 100);
            assert_eq!(answered(&mut pace, 100, at(minute) + SECOND_US), 100);
        }
        // The first has been forgotten, so this is only the fourth.
        assert_eq!(answered(&mut pace, 150, at(10)), 100);
        assert_eq!(answered(&mut pace, 100, at(10) + SECOND_US), 100);
        assert_eq!(answered(&mut pace, 101, at(10) + 5 * SECOND_US), 100);
        assert_eq!(answered(&mut pace, 10, at(10) + 6 * SECOND_US), 0);
        assert_eq!(answered(&mut pace, 10, at(20) + 4 * SECOND_US), 0);
        assert_eq!(answered(&mut pace, 150, at(20) + 5 * SECOND_US), 100);
    }

    #[test]
    fn addresses() {
        for (ip, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(line(ip.parse().expect("an address")).to_string(), expected);
        }
    }
}
