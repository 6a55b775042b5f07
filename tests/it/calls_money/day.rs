//! A day of calls as switches live it: calls begin, go on and end at their times, many at once; answers
//! get lost and are asked for again, ends come twice, late or never, servers die and come back, money
//! runs out and is paid in. Every call is then charged what its rate makes of the seconds it had, worked
//! out here anew, and nobody was ever below zero.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use billmgr::app::App;
use billmgr::error::Error;
use billmgr::jobs;
use billmgr::money::Money;

use super::phones::{Phones, RETAIL, Rate, WHOLESALE, micro};
use crate::direct::{self, Answered, SERVER};
use crate::support::{Dice, Engine, World};

/// Calls of the day in tests/run; tests/soak makes a hundred thousand.
const CALLS: u64 = 1_200;
const SEED: u64 = 20_261_124;
const SECOND_US: i64 = 1_000_000;
const DAY_SEC: i64 = 86_400;
/// So often the switches look at their clocks.
const TICK_SEC: i64 = 5;
/// Before a grant ends, more than a tick.
const AHEAD_SEC: i64 = 12;
const THREADS: usize = 8;
/// The job looks for lost calls so often.
const JOB_SEC: i64 = 600;
/// Beyond it a call whose switch is silent is lost.
const LATE_SEC: i64 = 3 * 3_600;
/// Deaths of the server in a day.
const DEATHS: i64 = 12;

/// And what each pays in at a time, a call of the day: not quite enough for his calls.
const PAYERS: [(&str, i64); 4] =
    [("client", 3_000), ("client2", 3_000), ("buyer", 80_000), ("reseller", 12_000)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ends,
    EndsTwice,
    /// Its switch is started anew and has forgotten it.
    IsLost,
    /// It is reported when it was settled as lost.
    EndsLate,
}

#[derive(Debug, Clone)]
struct Phone {
    line: &'static str,
    dst: &'static str,
    /// 0: nobody answers.
    talk_sec: i64,
    fate: Fate,
    start_sec: i64,
    granted_sec: i64,
    /// When the server last heard how long it had lasted.
    heard_sec: i64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Planned,
    Refused,
    Talking,
    /// Charged for so many seconds.
    Over(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Ask,
    Extend,
    End(i64),
}

struct Day<'w> {
    phones: Phones<'w>,
    app: Arc<App>,
    dice: Dice,
    calls: Vec<Phone>,
    /// Second of the day, call, what.
    due: BTreeSet<(i64, usize, What)>,
    paid: BTreeMap<&'static str, i64>,
}

/// Who pays for a line: by which rates, the client and then his reseller.
fn payers(line: &str) -> Vec<(&'static str, &'static [Rate<'static>])> {
    match line {
        "client" => vec![("client", &WHOLESALE)],
        "client2_ipa1" => vec![("client2", &WHOLESALE)],
        "reseller" => vec![("reseller", &WHOLESALE)],
        _ => vec![("buyer", &RETAIL), ("reseller", &WHOLESALE)],
    }
}

/// By the book: a first block, whole blocks beyond it, a connection, and half a ten-thousandth up.
fn cost(rates: &[Rate], dst: &str, secs: i64) -> i64 {
    let (_, price, first, block, connect, free) =
        rates.iter().filter(|rate| dst.starts_with(rate.0)).max_by_key(|rate| rate.0.len()).expect("a rate");
    if secs == 0 || secs <= *free {
        return 0;
    }
    let billed = if secs <= *first { *first } else { (secs + block - 1) / block * block };
    let sixtieths = micro(connect) * 60 + micro(price) * billed;
    (sixtieths + 3_000) / 6_000 * 100
}

impl<'w> Day<'w> {
    fn new(world: &'w World, calls: u64) -> Self {
        let mut day = Self {
            phones: Phones::new(world),
            app: world.app.clone(),
            dice: Dice(SEED),
            calls: Vec::new(),
            due: BTreeSet::new(),
            paid: BTreeMap::new(),
        };
        for (name, _) in PAYERS {
            day.paid.insert(name, micro(&day.phones.book("client", name)));
        }
        for nth in 0..calls as usize {
            let call = day.planned();
            day.due.insert((call.start_sec, nth, What::Ask));
            day.calls.push(call);
        }
        day
    }

    fn planned(&mut self) -> Phone {
        let dice = &mut self.dice;
        let fate = match dice.below(40) {
            0..=2 => Fate::EndsTwice,
            3 => Fate::IsLost,
            4 => Fate::EndsLate,
            _ => Fate::Ends,
        };
        Phone {
            line: ["client", "client2_ipa1", "buyer", "buyer_ipa1", "reseller"][dice.below(5) as usize],
            dst: ["4915112345", "4930111222"][dice.below(2) as usize],
            talk_sec: if dice.below(4) == 0 { 0 } else { 1 + dice.below(400) as i64 },
            fate,
            start_sec: dice.below(DAY_SEC as u64) as i64 / TICK_SEC * TICK_SEC,
            granted_sec: 0,
            heard_sec: 0,
            state: State::Planned,
        }
    }

    fn pay(&mut self, name: &'static str, amount: &str) {
        self.phones.pay(name, amount);
        *self.paid.entry(name).or_default() += micro(amount);
    }

    fn live(&mut self) {
        let (mut now_sec, mut job_at) = (0, 0);
        while let Some(&(next, ..)) = self.due.first() {
            let tick = (next.max(now_sec) + TICK_SEC - 1) / TICK_SEC * TICK_SEC;
            self.pass(tick - now_sec, &mut job_at, tick);
            now_sec = tick;
            let later = self.due.split_off(&(now_sec + 1, 0, What::Ask));
            let due = std::mem::replace(&mut self.due, later);
            for some in due.into_iter().collect::<Vec<_>>().chunks(64) {
                self.at_once(some, now_sec);
            }
        }
        self.pass(2 * LATE_SEC, &mut job_at, now_sec + 2 * LATE_SEC);
        self.run_job();
    }

    /// Time goes by: jobs run, servers die, money comes in.
    fn pass(&mut self, secs: i64, job_at: &mut i64, now_sec: i64) {
        let before = now_sec - secs;
        self.phones.world.clock.advance_us(secs * SECOND_US);
        if self.phones.world.clock.now_us() != self.app.clock.now_us() {
            self.app.clock.advance_us(secs * SECOND_US);
        }
        if now_sec / (DAY_SEC / DEATHS) > before / (DAY_SEC / DEATHS) {
            self.die();
        }
        if now_sec >= *job_at {
            *job_at = now_sec + JOB_SEC;
            self.run_job();
        }
        if now_sec / 1_800 > before / 1_800 {
            let (name, share) = PAYERS[self.dice.below(4) as usize];
            self.pay(name, &Money(share * self.calls.len() as i64).plain());
        }
    }

    fn run_job(&mut self) {
        jobs::run_named(&self.app, "calls", self.app.clock.now_us()).expect("the job runs");
    }

    /// Another server over the same database: what was in memory is gone.
    fn die(&mut self) {
        self.app = self.phones.world.reopened();
        self.phones.check();
        assert_eq!(self.overdrawn(), Vec::<String>::new());
    }

    /// Who is below zero.
    fn overdrawn(&self) -> Vec<String> {
        let balances = PAYERS.map(|(name, _)| (name, self.phones.book("client", name)));
        balances.into_iter().filter(|one| one.1.starts_with('-')).map(|one| format!("{one:?}")).collect()
    }

    fn at_once(&mut self, due: &[(i64, usize, What)], now_sec: i64) {
        let (day, share) = (&*self, due.len().div_ceil(THREADS));
        let answers: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = due
                .chunks(share)
                .map(|some| {
                    scope.spawn(move || {
                        some.iter().map(|one| day.ask(one.1, one.2, now_sec)).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        for (&(_, nth, what), answer) in due.iter().zip(answers) {
            if what == What::Extend {
                self.calls[nth].heard_sec = self.calls[nth].talked_at(now_sec);
            }
            match self.dice.below(25) {
                // Nobody heard it: the switch asks again.
                0 => {
                    self.due.insert((now_sec + TICK_SEC, nth, what));
                }
                _ => self.told(nth, what, answer, now_sec),
            }
        }
    }

    fn ask(&self, nth: usize, what: What, now_sec: i64) -> Result<Answered, Error> {
        let (call, name) = (&self.calls[nth], format!("day-{nth}"));
        let secs = match what {
            What::End(secs) => secs.to_string(),
            What::Ask | What::Extend => call.talked_at(now_sec).to_string(),
        };
        let (func, more): (_, &[_]) = match what {
            What::Ask => ("call.authorize", &[("sip", call.line), ("dst", call.dst)]),
            What::Extend => ("call.extend", &[("billsec", secs.as_str())]),
            What::End(0) => ("call.end", &[("disposition", "noanswer")]),
            What::End(_) => ("call.end", &[("billsec", secs.as_str())]),
        };
        let named = [("switch", "built-in"), ("uniqueid", name.as_str()), ("sok", "ok")];
        direct::call(&self.app, SERVER, func, &[&named, more].concat())
    }

    fn told(&mut self, nth: usize, what: What, answer: Result<Answered, Error>, now_sec: i64) {
        match (what, answer) {
            (What::Ask, Ok(answer)) => self.let_through(nth, &answer, now_sec),
            (What::Ask, Err(error)) => {
                assert_eq!(error.kind, "limit", "{error}");
                self.calls[nth].state = State::Refused;
            }
            (What::Extend, Ok(answer)) => self.goes_on(nth, &answer),
            (What::End(secs), Ok(answer)) => self.ended(nth, secs, &answer, now_sec),
            (what, Err(error)) => panic!("{what:?} of {:?}: {error}", self.calls[nth]),
        }
    }

    fn let_through(&mut self, nth: usize, answer: &Answered, now_sec: i64) {
        let call = &mut self.calls[nth];
        call.start_sec = now_sec;
        call.state = State::Talking;
        call.granted_sec = seconds(answer, "granted_sec");
        self.next(nth);
    }

    /// What its switch does next.
    fn next(&mut self, nth: usize) {
        let call = &self.calls[nth];
        let end = call.talk_sec.min(call.granted_sec);
        let (at, what) = match call.talk_sec > call.granted_sec {
            true => ((call.granted_sec - AHEAD_SEC).max(0), What::Extend),
            false => (end, What::End(end)),
        };
        let at = call.start_sec + at;
        match (what, call.fate) {
            (What::End(_), Fate::IsLost) => false,
            (What::End(_), Fate::EndsLate) => self.due.insert((at + LATE_SEC, nth, what)),
            _ => self.due.insert((at, nth, what)),
        };
    }

    fn goes_on(&mut self, nth: usize, answer: &Answered) {
        let (granted, call) = (seconds(answer, "granted_sec"), &mut self.calls[nth]);
        assert!(granted >= call.granted_sec, "what was granted stays granted");
        let is_longer = granted > call.granted_sec;
        call.granted_sec = granted;
        if !is_longer {
            // Its money is out: the switch ends it with its grant.
            call.talk_sec = call.talk_sec.min(granted);
        }
        self.next(nth);
    }

    fn ended(&mut self, nth: usize, secs: i64, answer: &Answered, now_sec: i64) {
        let call = &mut self.calls[nth];
        let charged = if call.fate == Fate::EndsLate { call.heard_sec } else { secs };
        let expected = cost(payers(call.line)[0].1, call.dst, charged);
        assert_eq!(micro(answer.text("cost")), expected, "{call:?}");
        let again = call.fate == Fate::EndsTwice && !matches!(call.state, State::Over(_));
        call.state = State::Over(charged);
        if again {
            self.due.insert((now_sec + 60, nth, What::End(secs)));
        }
    }

    /// Every payer has what he paid in less what his calls come to.
    fn assert_charged(&self) {
        let mut left = self.paid.clone();
        for call in &self.calls {
            let secs = match call.state {
                State::Over(secs) => secs,
                State::Talking => call.heard_sec,
                State::Planned | State::Refused => continue,
            };
            for (name, rates) in payers(call.line) {
                *left.entry(name).or_default() -= cost(rates, call.dst, secs);
            }
        }
        for (name, left) in left {
            assert_eq!(self.phones.book("client", name), Money(left).plain(), "{name}");
        }
    }
}

impl Phone {
    /// Its switch ends it with its grant.
    fn talked_at(&self, now_sec: i64) -> i64 {
        (now_sec - self.start_sec).clamp(0, self.talk_sec.min(self.granted_sec))
    }
}

fn seconds(answer: &Answered, name: &str) -> i64 {
    answer.text(name).parse().expect("seconds")
}

fn live(engine: Engine, calls: u64) {
    let (world, begun) = (World::new(engine), Instant::now());
    let mut day = Day::new(&world, calls);
    day.live();
    day.phones.check();
    day.assert_charged();
    assert_eq!(day.overdrawn(), Vec::<String>::new());
    assert!(crate::direct::tables::rows(&world.app.db, "call").is_empty(), "a call is still under way");
    let refused = day.calls.iter().filter(|call| call.state == State::Refused).count();
    assert!(refused > 0 && (refused as u64) < calls / 2, "{refused} of {calls} were refused");
    println!("{engine:?}: {calls} calls, {refused} refused, {} s", begun.elapsed().as_secs());
}

#[test]
fn a_day_of_calls_on_sqlite() {
    live(Engine::Sqlite, CALLS);
}

#[test]
fn a_day_of_calls_on_postgres() {
    live(Engine::Postgres, CALLS);
}

/// `tests/soak` runs it.
#[test]
#[ignore = "minutes long: tests/soak"]
fn a_long_day_of_calls() {
    let calls = std::env::var("BILLMGR_SOAK_CALLS").ok().and_then(|text| text.parse().ok());
    for engine in Engine::all() {
        live(engine, calls.unwrap_or(100_000));
    }
}
