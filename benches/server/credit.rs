//! Money that is durable when it is answered: one call after another, and many at once.

use std::path::Path;
use std::time::{Duration, Instant};

use billmgr::db::{Conn, Sql};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::child::Server;
use super::client::{self, Request, get};
use super::data::{self, ADMIN, UNPAID};
use super::load::{Pace, median};
use super::report::{Report, Target};

pub const IN_FLIGHT: usize = 64;

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, sessions) = data::prepare(UNPAID, &[ADMIN]);
    let mut bare = Bare::open(&data::copy(&dir, "bare"));
    let dir = data::copy(&dir, "copy");
    let server = Server::billmgr(&dir, "");
    let mut payments = 1..=UNPAID.payments;
    let (mut alone, mut together, mut commits, mut rows) = (vec![], vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let mut credit = |connections| credit(&server, connections, time, &sessions[0], &mut payments);
        let (one, bare) = (rate(time, || bare.one_row()), rate(time, || bare.same_rows()));
        let (single, many) = (credit(1), credit(IN_FLIGHT));
        if round > 0 {
            rows.push(one);
            commits.push(bare);
            alone.push(single / bare);
            together.push(many / single);
        }
    }
    report.row("bare commit of one row", median(&rows), "/s", Target::None);
    report.row("bare commit of the rows of a credit", median(&commits), "/s", Target::None);
    report.row("  credits one at a time : bare commit", median(&alone), "x", Target::AtLeast(0.75));
    report.row("  credits, 64 in flight : one at a time", median(&together), "x", Target::AtLeast(2.5));
}

/// Credits payments that were not, until the time is over. Neighbours belong to different clients.
pub fn credit(
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

fn rate(time: Duration, mut commit: impl FnMut()) -> f64 {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time {
        commit();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// A connection as the server's writer has it.
pub fn open(dir: &Path) -> Conn {
    let path = dir.join("billmgr.db").display().to_string();
    let mut conn = SqliteConnection::establish(&path).expect("the database opens");
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
        PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -4096";
    conn.batch_execute(setup).expect("the database takes its settings");
    Conn::Sqlite(conn)
}

/// The least a durable change costs here: through diesel, with nothing asked and nothing checked.
struct Bare {
    conn: Conn,
    payment: i64,
}

impl Bare {
    fn open(dir: &Path) -> Self {
        let mut conn = open(dir);
        let table =
            "CREATE TABLE bare (id INTEGER PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO bare VALUES (1, 0)";
        conn.batch_execute(table).expect("the table is made");
        Self { conn, payment: 0 }
    }

    fn one_row(&mut self) {
        run(&mut self.conn, Sql::new("UPDATE bare SET n = n + 1 WHERE id = 1"));
    }

    /// What a credit writes: the payment, its transfer of two entries, two balances, what the
    /// history and the journal say.
    fn same_rows(&mut self) {
        self.payment += 1;
        let (id, conn) = (self.payment, &mut self.conn);
        conn.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
        let paid = Sql::new("UPDATE payment SET status = 4, paydate = ").bind(id);
        run(conn, paid.sql(" WHERE id = ").bind(id));
        let key = Sql::new("INSERT INTO transfer (key, at) VALUES (").bind(format!("bare:{id}"));
        run(conn, key.sql(", ").bind(id).sql(")"));
        for book in [1, 2] {
            let moved = Sql::new("UPDATE book SET balance = balance + 1 WHERE id = (SELECT MIN(id) + ");
            run(conn, moved.bind(book).sql(" - 1 FROM book)"));
            let entry = Sql::new("INSERT INTO entry (transfer_id, book_id, amount) ");
            let entry = entry.sql("SELECT MAX(id), (SELECT MIN(id) FROM book), 1 FROM transfer");
            run(conn, entry);
        }
        let history = "INSERT INTO history (object, object_id, at, user_name, ip, action, description) \
            VALUES ('payment', ";
        run(conn, Sql::new(history).bind(id).sql(", ").bind(id).sql(", 'admin', '127.0.0.1', 'x', 'y')"));
        let journal =
            "INSERT INTO journal (at, user_id, user_name, real_user, ip, funcname, params) VALUES (";
        let journal =
            Sql::new(journal).bind(id).sql(", 1, 'admin', 'admin', '127.0.0.1', 'payment.setpaid', ");
        run(conn, journal.bind(format!("elid={id}&func=payment.setpaid&out=xml")).sql(")"));
        conn.batch_execute("COMMIT").expect("the disk takes it");
    }
}

pub fn run(conn: &mut Conn, sql: Sql) {
    assert_eq!(sql.execute(conn).expect("the statement is right"), 1);
}
