//! A month's renewals at once: `billmgr job prolong` over many services, beside the bare posting
//! of the same transfers.

use std::path::Path;
use std::time::Instant;

use billmgr::books::{self, Posted};
use billmgr::db::{Conn, Kind, Sql};
use billmgr::ledger::rounding::Priced;
use billmgr::ledger::{Book, Sale, sale};
use billmgr::money::Money;
use diesel::connection::SimpleConnection;

use super::child::{Ran, run as program};
use super::credit::{self, run};
use super::data;
use super::load::{Pace, median};
use super::report::{Report, Target};
use super::shop::{END, Shop};

const FEW: i64 = 10_000;
const MANY: i64 = 100_000;
const ROUNDS: usize = 3;
/// As many as one transaction of the job takes.
const CHUNK: i64 = 200;
/// A month with its tax of 21 %.
const NET: i64 = 10_000_000;
const TAX: i64 = 2_100_000;

pub fn measure(_pace: Pace, report: &mut Report) {
    let [few, many] = [FEW, MANY].map(|services| Shop::with_services(services).prepare(0).0);
    let (mut runs, mut transfers, mut posts, mut rows) = (vec![], vec![], vec![], vec![]);
    let (mut to_transfers, mut to_posts, mut to_rows, mut growth) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (small, large) = (renew(&few, FEW), renew(&many, MANY));
        let posted = bare(&many, post);
        let by_ledger = bare(&many, by_the_ledger);
        let written = bare(&many, |conn, id| {
            post(conn, id);
            rest(conn, id);
        });
        let renewed = MANY as f64 / large.seconds;
        runs.push(renewed);
        transfers.push(posted);
        posts.push(by_ledger);
        rows.push(written);
        to_transfers.push(renewed / posted);
        to_posts.push(renewed / by_ledger);
        to_rows.push(renewed / written);
        growth.push((large.peak_mib, small.peak_mib));
    }
    let ratios: Vec<f64> = growth.iter().map(|(large, small)| large / small).collect();
    let peaks: Vec<f64> = growth.iter().map(|(large, _)| *large).collect();
    report.row("renewals of 100,000 services in one run", median(&runs), "/s", Target::None);
    report.row("bare posting of their transfers", median(&transfers), "/s", Target::None);
    report.row("posting of their transfers by the ledger", median(&posts), "/s", Target::None);
    report.row("bare writing of all their rows", median(&rows), "/s", Target::None);
    report.row("  renewals : bare posting of transfers", median(&to_transfers), "x", Target::AtLeast(0.5));
    report.row("  renewals : posting by the ledger", median(&to_posts), "x", Target::None);
    report.row("  renewals : bare writing of all rows", median(&to_rows), "x", Target::None);
    report.row("most memory of the run over 100,000 services", median(&peaks), "MiB", Target::None);
    report.row("  memory, 100,000 : 10,000 services", median(&ratios), "x", Target::AtMost(1.2));
}

fn renew(dir: &Path, services: i64) -> Ran {
    let dir = data::copy(dir, "renewals");
    let ran = program(&dir, &["job", "prolong", "--at", END]);
    assert_eq!(ran.said.trim(), format!("done {services}, left 0"));
    ran
}

/// So many a second, through diesel in transactions of the same size, by one connection like the
/// server's writer, with nothing asked and nothing checked but a balance that suffices.
fn bare(dir: &Path, one: impl Fn(&mut Conn, i64)) -> f64 {
    let conn = &mut credit::open(&data::copy(dir, "bare-renewals"));
    let start = Instant::now();
    for first in (1..=MANY).step_by(CHUNK as usize) {
        conn.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
        (first..first + CHUNK).for_each(|id| one(conn, id));
        conn.batch_execute("COMMIT").expect("the disk takes it");
    }
    MANY as f64 / start.elapsed().as_secs_f64()
}

/// The ledger's part of a renewal: the cached balance of the client's book, the transfer with its
/// key, its three entries. That is one UPDATE and two INSERTs.
fn post(conn: &mut Conn, id: i64) {
    let book = client_of(id);
    let moved = Sql::new("UPDATE book SET balance = balance - ").bind(NET + TAX).sql(" WHERE id = ");
    run(conn, moved.bind(book).sql(" AND balance >= ").bind(NET + TAX));
    let key = Sql::new("INSERT INTO transfer (key, at) VALUES (").bind(format!("charge:item:{id}:{END}"));
    let row = key.sql(", ").bind(id).sql(") RETURNING id").first(conn, &[Kind::Int]);
    let transfer = row.expect("the statement is right").expect("a transfer has an id")[0].int();
    let mut sql = Sql::new("INSERT INTO entry (transfer_id, book_id, amount) VALUES (");
    let revenue = data::FIRST_CLIENT + MANY / 10 + 1;
    for (book, amount) in [(book, -NET - TAX), (revenue, NET), (revenue + 1, TAX)] {
        let first = book == client_of(id);
        sql = if first { sql } else { sql.sql("), (") };
        sql = sql.binds([transfer.into(), book.into(), amount.into()]);
    }
    assert_eq!(sql.sql(")").execute(conn).expect("the statement is right"), 3);
}

/// The same transfer by the one place that posts any, with its look-ups and its limit.
fn by_the_ledger(conn: &mut Conn, id: i64) {
    let (net, tax, total) = (Money(NET), Money(TAX), Money(NET + TAX));
    let priced = Priced { line: net, discount: Money::ZERO, net, tax, total };
    let sale = Sale::of(Book::client(client_of(id), 1, 1), &priced);
    let transfer = sale::charge(format!("charge:item:{id}:{END}"), &sale).expect("a transfer");
    assert_eq!(books::post(conn, &transfer, id).expect("it is posted"), Posted::Done);
}

/// What else a renewal leaves behind: the expense, the end of the service, its term, an operation
/// for the module, a line of history.
fn rest(conn: &mut Conn, id: i64) {
    let name = format!("Virtual servers: Tariff {} (vds{id}), {END} – 2026-02-01", 1 + id % 10);
    let sql = Sql::new(
        "INSERT INTO expense (account_id, subaccount_id, project_id, item_id, operation, name, name_fold, \
         amount, taxrate, taxamount, realdate, cdate) VALUES (",
    );
    let (client, folded) = (client_of(id), name.to_lowercase());
    let sql = sql.binds([client, client, 1, id].map(Into::into)).sql(", 'prolong', ").bind(name);
    let sql = sql.sql(", ").bind(folded).sql(", ");
    run(conn, sql.binds([NET + TAX, 210_000, TAX, id, id].map(Into::into)).sql(")"));
    run(conn, Sql::new("UPDATE item SET expiredate = expiredate + 1, reminded_at = 0 WHERE id = ").bind(id));
    let sql =
        Sql::new("INSERT INTO item_term (item_id, period, whole_at, begin_at, end_at, expense_id) VALUES (");
    run(conn, sql.binds([id, 1, id, id, id, id].map(Into::into)).sql(")"));
    let sql = Sql::new(
        "INSERT INTO outbox (kind, reference, item_id, account_id, intname, payload, next_at) VALUES (",
    );
    let sql = sql.sql("'operation', ").bind(format!("prolong:item:{id}:1")).sql(", ").bind(id).sql(", ");
    run(conn, sql.bind(client).sql(", 'prolong', '1', ").bind(id).sql(")"));
    let sql = Sql::new(
        "INSERT INTO history (object, object_id, at, user_name, ip, action, description, account_id) VALUES (",
    );
    let sql = sql.sql("'item', ").bind(id).sql(", ").bind(id).sql(", 'root', '', 'prolong', 'prolong', ");
    run(conn, sql.bind(client).sql(")"));
}

/// As [`Shop`] gives services to clients.
fn client_of(service: i64) -> i64 {
    data::FIRST_CLIENT + service % (MANY / 10)
}
