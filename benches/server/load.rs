//! Servers under the same load in turn, so that what slows the machine slows them alike.

use std::time::Duration;

use super::child::Server;
use super::client::{self, Requests};

pub const CONNECTIONS: usize = 32;

#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub rounds: usize,
    pub round: Duration,
}

/// A server and what it is asked.
pub struct Subject<'s> {
    pub name: &'static str,
    pub server: &'s Server,
    pub requests: Box<dyn Fn() -> Requests + 's>,
}

impl<'s> Subject<'s> {
    pub fn new(name: &'static str, server: &'s Server, requests: impl Fn() -> Requests + 's) -> Self {
        Self { name, server, requests: Box::new(requests) }
    }
}

/// What the rounds of one subject came to.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub name: &'static str,
    /// Answers a second, by round.
    pub rates: Vec<f64>,
    /// Processor time of the server for an answer, by round.
    pub cpu_us: Vec<f64>,
}

impl Measured {
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    pub fn cpu(&self) -> f64 {
        median(&self.cpu_us)
    }

    /// The median of the ratios of rounds that ran next to each other.
    pub fn to(&self, other: &Measured) -> f64 {
        let ratios = self.rates.iter().zip(&other.rates).map(|(own, other)| own / other);
        median(&ratios.collect::<Vec<_>>())
    }
}

/// A round is so many short ones: how fast the machine is changes within seconds, and what is compared
/// has to run closer together than that.
const TURNS: u32 = 4;

/// All subjects in every turn; the first turn only warms up.
pub fn in_turn(pace: Pace, subjects: &[Subject]) -> Vec<Measured> {
    let mut all: Vec<Measured> =
        subjects.iter().map(|subject| Measured { name: subject.name, ..Measured::default() }).collect();
    for turn in 0..=pace.rounds * TURNS as usize {
        for (subject, measured) in subjects.iter().zip(&mut all) {
            let (rate, cpu_us) = once(subject, pace.round / TURNS);
            if turn > 0 {
                measured.rates.push(rate);
                measured.cpu_us.push(cpu_us);
            }
        }
    }
    all
}

fn once(subject: &Subject, time: Duration) -> (f64, f64) {
    let before_us = subject.server.cpu_us();
    let load = client::load(subject.server.port, CONNECTIONS, time, (subject.requests)());
    let cpu_us = subject.server.cpu_us() - before_us;
    (load.rate(), cpu_us / load.latencies_us.len().max(1) as f64)
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
