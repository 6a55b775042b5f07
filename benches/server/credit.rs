//! Money that is durable when it is answered: one call after another, and many at once.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::child::Server;
use super::client::{self, Request, get};
use super::data::{self, ADMIN, UNPAID};
use super::load::{Pace, median};
use super::report::{Report, Target};

const IN_FLIGHT: usize = 64;

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, sessions) = data::prepare(UNPAID, &[ADMIN]);
    let dir = data::copy(&dir);
    let server = Server::billmgr(&dir, "");
    let mut payments = 1..=UNPAID.payments;
    let mut bare = Bare::open(&dir);
    let (mut alone, mut together, mut commits) = (vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let mut credit = |connections| credit(&server, connections, time, &sessions[0], &mut payments);
        let rates = (bare.rate(time), credit(1), credit(IN_FLIGHT));
        if round > 0 {
            commits.push(rates.0);
            alone.push(rates.1 / rates.0);
            together.push(rates.2 / rates.1);
        }
    }
    let (commits, alone, together) = (median(&commits), median(&alone), median(&together));
    report.row("bare commit of one row", commits, "/s", Target::None);
    report.row("  credits one at a time : bare commit", alone, "x", Target::AtLeast(0.75));
    report.row("  credits, 64 in flight : one at a time", together, "x", Target::AtLeast(2.5));
}

/// Credits payments that were not, until the time is over. Neighbours belong to different clients.
fn credit(
    server: &Server,
    connections: usize,
    time: Duration,
    session: &str,
    payments: &mut std::ops::RangeInclusive<i64>,
) -> f64 {
    let (session, first, last) = (session.to_owned(), *payments.start(), *payments.end());
    let request = move |id: i64| -> Request {
        get(&format!("auth={session}&func=payment.setpaid&elid={id}&sok=ok&out=xml"))
    };
    let load = client::load(server.port, connections, time, Box::new((first..=last).map(request)));
    let count = load.latencies_us.len() as i64;
    assert!(first + count <= last, "there are too few payments for this disk");
    *payments = first + count..=last;
    load.rate()
}

/// The least a durable change costs here: one row, one commit, through diesel.
struct Bare(SqliteConnection);

impl Bare {
    fn open(dir: &Path) -> Self {
        let path = dir.join("bare.db").display().to_string();
        let mut conn = SqliteConnection::establish(&path).expect("the database opens");
        let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
            CREATE TABLE bare (id INTEGER PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO bare VALUES (1, 0)";
        conn.batch_execute(setup).expect("the table is made");
        Self(conn)
    }

    fn rate(&mut self, time: Duration) -> f64 {
        diesel::table! { bare (id) { id -> BigInt, n -> BigInt, } }
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed() < time {
            let row = bare::table.find(1);
            let update = diesel::update(row).set(bare::n.eq(bare::n + 1)).execute(&mut self.0);
            assert_eq!(update, Ok(1));
            count += 1;
        }
        f64::from(count) / start.elapsed().as_secs_f64()
    }
}
