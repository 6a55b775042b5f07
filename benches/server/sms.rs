//! Short messages beside credits: sent one by one through the provider inside of the program, and as a
//! campaign that is taken in and worked off.

use std::path::Path;
use std::time::{Duration, Instant};

use billmgr::db::{Conn, Db, Kind, Sql};
use billmgr::error::Result;
use diesel::connection::SimpleConnection;

use super::child::Server;
use super::client::{self, Request, get};
use super::credit::{self, IN_FLIGHT, credit};
use super::data::{self, ADMIN, CLIENTS, FIRST_CLIENT, UNPAID};
use super::load::{Pace, median};
use super::report::{Report, Target};

/// Clients of the provider who send by turns.
const SENDERS: i64 = 200;
/// A campaign, and a small one where it has to be quick.
const RECIPIENTS: i64 = 100_000;
const RECIPIENTS_QUICK: i64 = 5_000;
/// Rows of one statement of the bare insert.
const BATCH: i64 = 1_000;
const PATIENCE: Duration = Duration::from_secs(900);

pub fn measure(pace: Pace, report: &mut Report) {
    let (payments_dir, admin) = data::prepare(UNPAID, &[ADMIN]);
    let payments_server = Server::billmgr(&data::copy(&payments_dir, "credits"), "");
    let (senders_dir, _) = data::kept("senders", include_bytes!("sms.rs"), &[ADMIN], fill);
    let server = Server::billmgr(&data::copy(&senders_dir, "sms"), "");
    let (mut payments, mut first) = (1..=UNPAID.payments, 0);
    let (mut credits, mut rates, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let credited = credit(&payments_server, IN_FLIGHT, time, &admin[0], &mut payments);
        let sent = send(&server, time, &admin[0], &mut first);
        if round > 0 {
            credits.push(credited);
            rates.push(sent);
            ratios.push(sent / credited);
        }
    }
    let credited = median(&credits);
    report.row("credits, 64 in flight", credited, "/s", Target::None);
    report.row("messages sent, 64 in flight", median(&rates), "/s", Target::None);
    report.row("  sent : credits, both 64 in flight", median(&ratios), "x", Target::AtLeast(0.4));
    drop((payments_server, server));
    campaign(pace, report, &senders_dir, &admin[0], credited);
}

/// One message after the other, each of the next client, until the time is over.
fn send(server: &Server, time: Duration, session: &str, first: &mut i64) -> f64 {
    let (session, begin) = (session.to_owned(), *first);
    let request = move |nth: i64| -> Request {
        let account = FIRST_CLIENT + CLIENTS + (begin + nth) % SENDERS;
        let message = "provider=own&phone=%2B4930123456&text=Your+code+is+123456";
        get(&format!("auth={session}&func=sms.send&plid={account}&{message}&sok=ok&out=xml"))
    };
    let load = client::load(server.port, IN_FLIGHT, time, Box::new((0..=i64::MAX).map(request)));
    *first += load.latencies_us.len() as i64;
    load.rate()
}

fn campaign(pace: Pace, report: &mut Report, senders_dir: &Path, session: &str, credited: f64) {
    let count = if pace.rounds < 7 { RECIPIENTS_QUICK } else { RECIPIENTS };
    let bare = bare_seconds(&data::copy(senders_dir, "sms-bare"), count);
    let dir = data::copy(senders_dir, "sms-campaign");
    let server = Server::billmgr(&dir, "");
    let request = bulk(session, count);
    let rest = server.own_mib();
    server.forget_peak();
    let ((taken_in, rate), most) = server.most_of_its_own(|| worked_off(&server, &request, &dir, count));
    report.row(&format!("a campaign of {count} taken in"), taken_in * 1000.0, "ms", Target::None);
    report.row("  taken in : bare insert of the same rows", taken_in / bare, "x", Target::AtMost(2.0));
    report.row("  worked off", rate, "/s", Target::None);
    report.row("  worked off : credits, 64 in flight", rate / credited, "x", Target::AtLeast(0.3));
    report.row("  memory added", most - rest, "MiB", Target::AtMost(64.0));
    report.row("  most memory with mapped pages of the database", server.peak_mib(), "MiB", Target::None);
}

/// Seconds until the campaign is taken in, and recipients a second from then on.
fn worked_off(server: &Server, request: &Request, dir: &Path, count: i64) -> (f64, f64) {
    let begin = Instant::now();
    let answer = client::fetch(server.port, request);
    let taken_in = begin.elapsed().as_secs_f64();
    assert!(answer.contains(&format!("<recipients_queued>{count}<")), "{answer}");
    let mut conn = credit::open(dir);
    while sent(&mut conn) < count {
        assert!(begin.elapsed() < PATIENCE, "the campaign does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    (taken_in, count as f64 / (begin.elapsed().as_secs_f64() - taken_in))
}

/// None ends as those that the sandbox refuses or puts off.
fn phone(nth: i64) -> i64 {
    4_930_000_000_009 + nth * 10
}

fn bulk(session: &str, count: i64) -> Request {
    let phones: Vec<String> = (0..count).map(|nth| format!("%2B{}", phone(nth))).collect();
    let account = FIRST_CLIENT + CLIENTS;
    let body = format!("plid={account}&provider=own&text=Hello&sok=ok&out=xml&phones={}", phones.join("%0A"));
    let head = format!(
        "POST /billmgr?func=sms.campaign.edit&auth={session} HTTP/1.1\r\nhost: 127.0.0.1\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes().into()
}

fn sent(conn: &mut Conn) -> i64 {
    let sql = Sql::new("SELECT CAST(COALESCE(SUM(sent + failed), 0) AS BIGINT) FROM sms_campaign");
    sql.first(conn, &[Kind::Int]).expect("campaigns can be read").map_or(0, |row| row[0].int())
}

/// The same rows with the same indexes, and nothing else, durable in the end.
fn bare_seconds(dir: &Path, count: i64) -> f64 {
    let mut conn = credit::open(dir);
    let begin = Instant::now();
    conn.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
    let campaign = "INSERT INTO sms_campaign (account_id, provider_id, text, run_at, status, created_at, updated_at) \
                    VALUES (1003, 1, 'Hello', 0, 'QUEUED', 0, 0)";
    credit::run(&mut conn, Sql::new(campaign));
    for first in (0..count).step_by(BATCH as usize) {
        let mut sql =
            Sql::new("INSERT INTO sms_campaign_rcpt (campaign_id, account_id, reseller_id, phone) VALUES (");
        for nth in first..(first + BATCH).min(count) {
            sql = if nth > first { sql.sql("), (") } else { sql };
            sql = sql.sql("1, 1003, 0, ").bind(format!("+{}", phone(nth)));
        }
        sql.sql(")").execute(&mut conn).expect("the rows are new");
    }
    conn.batch_execute("COMMIT").expect("the disk takes it");
    begin.elapsed().as_secs_f64()
}

fn fill(db: &Db) -> Result<()> {
    data::begin(db)?;
    db.write(|conn| {
        let first = FIRST_CLIENT + CLIENTS;
        data::clients(conn, first, first + SENDERS - 1)?;
        Ok(conn.batch_execute(MESSAGES)?)
    })
}

/// A provider with a rate, and a million for everybody.
const MESSAGES: &str = "
    INSERT INTO sms_provider (id, code, name, kind, in_flight) VALUES (1, 'own', 'Own', 'sandbox', 32);
    INSERT INTO sms_rate (provider_id, prefix, currency_id, retail, wholesale) VALUES (1, '49', 1, 35000, 20000);
    INSERT INTO book (kind, owner_id, project_id, currency_id) VALUES ('clearing', 0, 1, 1);
    INSERT INTO transfer (key, at) VALUES ('opening', 0);
    INSERT INTO entry (transfer_id, book_id, amount, balance)
        SELECT 1, id, 1000000000000, 1000000000000 FROM book WHERE kind = 'client';
    INSERT INTO entry (transfer_id, book_id, amount)
        SELECT 1, MIN(b.id), -1000000000000 * (SELECT COUNT(*) FROM book WHERE kind = 'client')
        FROM book b WHERE b.kind = 'clearing';
    UPDATE book SET balance = 1000000000000 WHERE kind = 'client';
";
