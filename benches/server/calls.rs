//! Calls of a reseller's clients, begun and ended, beside credits: each call holds money of two payers
//! and charges both, and all of them share the reseller's balance.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use billmgr::db::{Conn, Db, Kind, Sql};
use billmgr::error::Result;
use diesel::connection::SimpleConnection;

use super::child::Server;
use super::client::{self, Request, get};
use super::credit::{self, IN_FLIGHT, credit};
use super::data::{self, ADMIN, CLIENTS, FIRST_CLIENT, UNPAID};
use super::load::{Pace, median, quantile};
use super::report::{Report, Target};

/// So many calls begin before the first of them ends: more than are in flight at once.
const TALKING: i64 = 256;

/// Of a thousand calls at once so many have money.
const PAID: i64 = 600;
/// What the first minute of one holds of the reseller.
const STEP_MICRO: i64 = 70_000;

pub fn measure(pace: Pace, report: &mut Report) {
    let (payments_dir, admin) = data::prepare(UNPAID, &[ADMIN]);
    let payments_server = Server::billmgr(&data::copy(&payments_dir, "credits"), "");
    let (lines_dir, _) = data::kept("lines", include_bytes!("calls.rs"), &[ADMIN], fill);
    let dir = data::copy(&lines_dir, "calls");
    let server = Server::billmgr(&dir, "");
    let (mut payments, mut first) = (1..=UNPAID.payments, 0);
    let (mut credits, mut rates, mut cpu_us, mut ratios) = (vec![], vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let credited = credit(&payments_server, IN_FLIGHT, time, &admin[0], &mut payments);
        let (called, cpu) = call(&server, time, &admin[0], &mut first);
        if round > 0 {
            credits.push(credited);
            rates.push(called);
            cpu_us.push(cpu);
            ratios.push(called / credited);
        }
    }
    assert_settled(&dir);
    let waits_us = begin_at_once(&data::copy(&lines_dir, "calls-at-once"), &admin[0]);
    report.row("credits, 64 in flight", median(&credits), "/s", Target::None);
    report.row("calls begun or ended, 64 in flight", median(&rates), "/s", Target::None);
    report.row("  processor time of one of both", median(&cpu_us), "us", Target::None);
    report.row("  begun or ended : credits, both 64 in flight", median(&ratios), "x", Target::AtLeast(0.5));
    report.row(
        "1,000 calls of 1,000 clients at once: median wait",
        quantile(&waits_us, 0.5),
        "us",
        Target::None,
    );
    let ratio = quantile(&waits_us, 0.99) / quantile(&waits_us, 0.5);
    report.row("  99th percentile : median", ratio, "x", Target::AtMost(5.0));
}

/// Every client begins a call in the same moment, and their reseller has money for [`PAID`] of them. How
/// long each answer took.
fn begin_at_once(dir: &Path, session: &str) -> Vec<f64> {
    let sql = Sql::new("UPDATE book SET balance = ")
        .bind(PAID * STEP_MICRO)
        .sql(" WHERE owner_id = 2 AND kind = 'client'");
    sql.execute(&mut credit::open(dir)).expect("the reseller has less");
    let server = Server::billmgr(dir, "");
    let session = session.to_owned();
    let request = move |nth: i64| {
        let name = format!("auth={session}&switch=bench&uniqueid=o{nth}&out=xml");
        get(&format!("func=call.authorize&{name}&sip=line{nth}&dst=4930123456"))
    };
    let requests = Box::new((0..CLIENTS).map(request));
    let load = client::try_load(server.port, CLIENTS as usize, Duration::from_secs(60), requests);
    let refused = load.refused.map_or(0, |refused| refused.1);
    assert_eq!(refused as i64, CLIENTS - PAID, "calls were refused");
    let sql = Sql::new(
        "SELECT balance FROM book WHERE owner_id = 2 AND kind IN ('client', 'frozen') ORDER BY kind",
    );
    let rows = sql.load(&mut credit::open(dir), &[Kind::Int]).expect("books can be read");
    let balances: Vec<i64> = rows.iter().map(|row| row[0].int()).collect();
    assert_eq!(balances, [0, PAID * STEP_MICRO], "no more than there is was held");
    load.latencies_us
}

/// Begins and ends calls by turns, each of the next client, until the time is over.
fn call(server: &Server, time: Duration, session: &str, first: &mut i64) -> (f64, f64) {
    let (session, begin) = (session.to_owned(), *first);
    let request = move |nth: i64| -> Request {
        let (round, place) = (nth / (2 * TALKING), nth % (2 * TALKING));
        let id = begin + round * TALKING + place % TALKING;
        let name = format!("auth={session}&switch=bench&uniqueid=c{id}&out=xml");
        match place < TALKING {
            true => get(&format!("func=call.authorize&{name}&sip=line{}&dst=4930123456", id % CLIENTS)),
            false => get(&format!("func=call.end&{name}&billsec=30")),
        }
    };
    let requests: RangeInclusive<i64> = 0..=i64::MAX;
    let before_us = server.cpu_us();
    let load = client::load(server.port, IN_FLIGHT, time, Box::new(requests.map(request)));
    let count = load.latencies_us.len() as i64;
    *first += (count / (2 * TALKING) + 1) * TALKING;
    (load.rate(), (server.cpu_us() - before_us) / count as f64)
}

/// What was measured has happened: calls were charged to both, and none was refused.
fn assert_settled(dir: &Path) {
    let sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(cost = 350000 AND wholesale_cost = 40000), 0) AS \
         BIGINT) FROM cdr",
    );
    let row = sql.first(&mut credit::open(dir), &[Kind::Int; 2]).expect("records can be read");
    let row = row.expect("a row");
    assert!(row[0].int() > 0 && row[0] == row[1], "{} of {} calls were charged", row[1].int(), row[0].int());
}

fn fill(db: &Db) -> Result<()> {
    data::begin(db)?;
    db.write(|conn| {
        data::clients(conn, FIRST_CLIENT, FIRST_CLIENT + CLIENTS - 1)?;
        lines(conn)
    })
}

fn lines(conn: &mut Conn) -> Result<()> {
    conn.batch_execute(TELEPHONY)?;
    data::numbers(FIRST_CLIENT, FIRST_CLIENT + CLIENTS - 1)
        .sql("INSERT INTO sip (account_id, reseller_id, name, kind) SELECT i, 2, 'line' || (i - 3), 'main' FROM n")
        .execute(conn)?;
    Ok(())
}

/// A plan for the reseller and one for his clients, and a million for everybody.
const TELEPHONY: &str = "
    INSERT INTO book (id, kind, owner_id, project_id, currency_id) VALUES (2, 'client', 2, 1, 1);
    INSERT INTO subaccount (id, account_id, reseller_id, project_id, currency_id, book_id) VALUES (2, 2, 2, 1, 1, 2);
    INSERT INTO switch (name, kind) VALUES ('bench', 'asterisk');
    INSERT INTO plan (id, name, project_id, currency_id) VALUES (1, 'Wholesale', 1, 1), (2, 'Retail', 1, 1);
    INSERT INTO prefix (id, prefix) VALUES (1, '4930');
    INSERT INTO rate (plan_id, prefix_id, price, initblock, billingblock, connectcharge) VALUES
        (1, 1, 60000, 30, 6, 10000), (2, 1, 600000, 30, 6, 50000);
    UPDATE account SET plan_id = CASE WHEN id = 2 THEN 1 ELSE 2 END;
    INSERT INTO book (kind, owner_id, project_id, currency_id) VALUES ('clearing', 0, 1, 1);
    INSERT INTO transfer (key, at) VALUES ('opening', 0);
    INSERT INTO entry (transfer_id, book_id, amount, balance)
        SELECT 1, id, 1000000000000, 1000000000000 FROM book WHERE kind = 'client';
    INSERT INTO entry (transfer_id, book_id, amount)
        SELECT 1, MIN(b.id), -1000000000000 * (SELECT COUNT(*) FROM book WHERE kind = 'client')
        FROM book b WHERE b.kind = 'clearing';
    UPDATE book SET balance = 1000000000000 WHERE kind = 'client';
";
