//! Failed sign-ins: after 5 of a user from an address, or 20 of an address, in 15 minutes the
//! same answer comes at once and nothing is hashed. Nobody waits and no user is locked as a whole.
//! Codes that are money are guessed at under the same limits, counted apart; so is what anybody may ask for.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use quick_cache::sync::Cache;

use crate::time::{Clock, MINUTE_US};

const WINDOW_US: i64 = 15 * MINUTE_US;
const USER_FAILURES_MAX: usize = 5;
const ADDRESS_FAILURES_MAX: usize = 20;
const KEYS_MAX: usize = 65_536;

type Times = Arc<Mutex<VecDeque<i64>>>;

pub struct Throttle {
    failures: Cache<String, Times>,
    clock: Clock,
}

impl Throttle {
    pub fn new(clock: Clock) -> Self {
        Self { failures: Cache::new(KEYS_MAX), clock }
    }

    pub fn is_over(&self, user: &str, ip: IpAddr) -> bool {
        self.count(&user_key(user, ip)) >= USER_FAILURES_MAX
            || self.count(&address_key(ip)) >= ADDRESS_FAILURES_MAX
    }

    pub fn failed(&self, user: &str, ip: IpAddr) {
        self.add(user_key(user, ip));
        self.add(address_key(ip));
    }

    /// Has the account, whatever address it comes from, or the address guessed at codes too often?
    pub fn guesses_too_often(&self, account_id: i64, ip: IpAddr) -> bool {
        self.count(&guesser_key(account_id)) >= USER_FAILURES_MAX
            || self.count(&guessing_key(ip)) >= ADDRESS_FAILURES_MAX
    }

    /// A code was none that this account can redeem.
    pub fn guessed(&self, account_id: i64, ip: IpAddr) {
        self.add(guesser_key(account_id));
        self.add(guessing_key(ip));
    }

    /// Lets a deed of anybody through, at most so often of one address within the time. Counts it.
    pub fn admits(&self, deed: &str, ip: IpAddr, most: usize) -> bool {
        let times = self.times(format!("{deed} {}", address_key(ip)));
        let Ok(mut times) = times.lock() else { return false };
        let now_us = self.clock.now_us();
        times.retain(|at| *at > now_us - WINDOW_US);
        let is_admitted = times.len() < most;
        if is_admitted {
            times.push_back(now_us);
        }
        is_admitted
    }

    fn count(&self, key: &str) -> usize {
        let Some(times) = self.failures.get(key) else { return 0 };
        let since = self.clock.now_us() - WINDOW_US;
        times.lock().map_or(0, |times| times.iter().filter(|at| **at > since).count())
    }

    fn times(&self, key: String) -> Times {
        let made =
            self.failures.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Times::default()));
        let Ok(times) = made;
        times
    }

    fn add(&self, key: String) {
        let times = self.times(key);
        let Ok(mut times) = times.lock() else { return };
        times.push_back(self.clock.now_us());
        while times.len() > ADDRESS_FAILURES_MAX {
            times.pop_front();
        }
    }
}

fn user_key(user: &str, ip: IpAddr) -> String {
    format!("{}@{ip}", user.to_lowercase())
}

fn guesser_key(account_id: i64) -> String {
    format!("guess {account_id}")
}

fn guessing_key(ip: IpAddr) -> String {
    format!("guess {}", address_key(ip))
}

/// A /24 or a /64: what one line of a provider commonly is.
fn address_key(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("{:?}", &ip.octets()[..3]),
        IpAddr::V6(ip) => format!("{:?}", &ip.octets()[..8]),
    }
}
