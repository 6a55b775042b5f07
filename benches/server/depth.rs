//! A million payments against ten thousand: pages must not get slower with the table.

use std::time::Instant;

use billmgr::db::{Db, Kind, Sql};

use super::child::Server;
use super::client::{Request, each, get};
use super::data::{self, ADMIN, LARGE, RESELLER, SMALL, Size};
use super::load::{Pace, median, quantile};
use super::report::{Report, Target};

const CLIENTS: usize = 500;
const PAGES: usize = 1000;
const TURN: usize = 50;
/// The page of 50 that 900,000 rows stand before.
const DEEP_PAGE: i64 = 18_001;
const STEPS: i64 = 200;

pub fn measure(pace: Pace, report: &mut Report) {
    let (small, large) = (Site::open(SMALL), Site::open(LARGE));
    for (name, of) in [
        ("page of a random client", Site::of_clients as fn(&Site) -> Vec<Request>),
        ("page of a reseller with 1,000 clients", Site::of_reseller),
        ("page of the administrator", Site::of_admin),
    ] {
        // In short turns and counted together: one pause of the machine is not taken for a slow table.
        let mut latencies_us = [Vec::new(), Vec::new()];
        for round in 0..=pace.rounds {
            let turns = [of(&small), of(&large)].map(|pages| pages.chunks(TURN).map(<[_]>::to_vec).collect());
            let [small_turns, large_turns]: [Vec<Vec<Request>>; 2] = turns;
            for turn in small_turns.into_iter().zip(large_turns) {
                let taken = [each(small.server.port, turn.0), each(large.server.port, turn.1)];
                if round > 0 {
                    latencies_us.iter_mut().zip(taken).for_each(|(all, taken)| all.extend(taken));
                }
            }
        }
        let [small_us, large_us] = latencies_us.map(|all| quantile(&all, 0.99));
        report.row(&format!("{name}, p99 at 10,000"), small_us, "us", Target::None);
        report.row(&format!("{name}, p99 at 1,000,000"), large_us, "us", Target::None);
        report.row("  p99 1,000,000 : 10,000", large_us / small_us, "x", Target::AtMost(1.5));
    }
    depth(pace, &large, report);
}

struct Site {
    server: Server,
    db: Db,
    sessions: Vec<String>,
}

impl Site {
    fn open(size: Size) -> Self {
        // Coprime with every number of clients: each in turn, in no order of the table.
        let (clients, count) = (size.direct(), size.direct().count() as i64);
        let client = |turn: i64| clients.start + turn * 7919 % count;
        let users: Vec<i64> =
            [ADMIN, RESELLER].into_iter().chain((0..count.min(CLIENTS as i64)).map(client)).collect();
        let (dir, sessions) = data::prepare(size, &users);
        let db = Db::open(&Db::file_url(&dir)).expect("the database opens");
        Self { server: Server::billmgr(&dir, ""), db, sessions }
    }

    fn of_clients(&self) -> Vec<Request> {
        self.sessions[2..].iter().cycle().take(PAGES).map(|session| page(session, 1)).collect()
    }

    fn of_reseller(&self) -> Vec<Request> {
        vec![page(&self.sessions[1], 1); PAGES]
    }

    fn of_admin(&self) -> Vec<Request> {
        vec![page(&self.sessions[0], 1); PAGES]
    }

    fn admin_pages(&self, pages: impl Iterator<Item = i64>) -> f64 {
        median(&each(self.server.port, pages.map(|num| page(&self.sessions[0], num))))
    }

    /// The median cost of a read in this process.
    fn read_us(&self, times: usize, sql: impl Fn() -> Vec<Sql>) -> f64 {
        let once = |_| {
            let start = Instant::now();
            let budget = std::time::Duration::from_secs(60);
            let read = |conn: &mut billmgr::db::Conn| {
                sql().into_iter().try_for_each(|sql| sql.load(conn, &[Kind::Int]).map(drop))
            };
            self.db.read(budget, read).expect("the database is read");
            start.elapsed().as_nanos() as f64 / 1000.0
        };
        median(&(0..times).map(once).collect::<Vec<_>>())
    }
}

fn page(session: &str, num: i64) -> Request {
    get(&format!("auth={session}&func=payment&p_cnt=50&p_num={num}&out=xml"))
}

fn depth(pace: Pace, large: &Site, report: &mut Report) {
    let (mut first, mut walk, mut jump, mut bare) = (vec![], vec![], vec![], vec![]);
    for round in 0..pace.rounds as i64 {
        first.push(large.admin_pages((0..STEPS).map(|_| 1)));
        // Another beginning each round: pages that were walked over are remembered.
        let begin = DEEP_PAGE + round * STEPS / 10;
        large.admin_pages(std::iter::once(begin - 1));
        walk.push(large.admin_pages(begin..begin + STEPS));
        // Each jump on a page that no walk led to.
        jump.push(large.admin_pages((0..10).map(|turn| DEEP_PAGE - 100 - (round * 10 + turn) * 2)));
        bare.push(large.read_us(10, bare_jump));
    }
    let [first, walk, jump, bare] = [first, walk, jump, bare].map(|all| median(&all));
    report.row("first page of 1,000,000", first, "us", Target::None);
    report.row("next page at depth 900,000", walk, "us", Target::None);
    report.row("  next page at 900,000 : first page", walk / first, "x", Target::AtMost(2.0));
    report.row("cold jump to depth 900,000", jump, "us", Target::None);
    report.row("bare OFFSET 900000 and 50 look-ups", bare, "us", Target::None);
    report.row("  cold jump : bare", jump / bare, "x", Target::AtMost(2.0));
    let total = large.read_us(1000, || vec![Sql::new(TOTAL)]);
    report.row("exact unfiltered total", total / 1000.0, "ms", Target::AtMost(0.5));
}

/// What the server asks for the total of the administrator's list.
const TOTAL: &str = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM counter \
    WHERE list = 'payment' AND scope = 'all' AND owner_id = 0";

fn bare_jump() -> Vec<Sql> {
    let offset = Sql::new("SELECT id FROM payment ORDER BY id LIMIT 50 OFFSET ").bind(900_000);
    let row = |id: i64| Sql::new("SELECT id FROM payment_list WHERE id = ").bind(id);
    std::iter::once(offset).chain((0..50).map(|at| row(900_000 + at))).collect()
}
