//! Virtual numbers: an order that is asked for again and again, the whole price list, purchases of one hot
//! product beside credits, and purchases while a hundred thousand orders run out.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use billmgr::auth::session;
use billmgr::db::{Conn, Db, Kind, Sql};
use billmgr::error::Result;
use diesel::connection::SimpleConnection;

use super::bare::FIXED_BYTES;
use super::child::Server;
use super::client::{self, Request, always};
use super::credit::{self, IN_FLIGHT, credit};
use super::data::{self, ADMIN, CLIENTS, FIRST_CLIENT, UNPAID};
use super::load::{Pace, Subject, in_turn, median, quantile};
use super::report::{Report, Target};

/// Clients of the provider who buy by turns.
const BUYERS: i64 = 200;
const COUNTRIES: i64 = 150;
const PRODUCTS: i64 = 700;
const OPERATORS: i64 = 5;
/// Numbers of the hot pool.
const PHONES: i64 = 300_000;
/// Orders that run out all at once, on numbers of their own.
const OLD: i64 = 100_000;
/// What is left where more than that is asked for.
const FEW: i64 = 500;
/// Nobody is held up by the limits of a second.
const UNLIMITED: &str = "ApiAddressRate 0\nApiKeyRate 0\nApiBuyRate 0\n";
const PATIENCE: Duration = Duration::from_secs(120);

pub fn measure(pace: Pace, report: &mut Report) {
    let (dir, _) = data::kept("numbers", include_bytes!("numbers.rs"), &[ADMIN], fill);
    check(pace, report, &dir);
    prices(pace, report, &dir);
    buys(pace, report, &dir);
    last_ones(&dir);
    expiry(pace, report, &dir);
}

fn asked(path: &str, buyer: i64) -> Request {
    let head =
        format!("GET /v1/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\r\n", key(buyer));
    head.into_bytes().into()
}

fn buy(nth: i64) -> Request {
    asked("user/buy/activation/land1/op1/prod1", FIRST_CLIENT + CLIENTS + nth % BUYERS)
}

fn key(buyer: i64) -> String {
    format!("bench-number-key-{buyer}")
}

fn check(pace: Pace, report: &mut Report, dir: &Path) {
    let server = Server::billmgr(&data::copy(dir, "numbers-check"), UNLIMITED);
    let fixed = Server::fixed(FIXED_BYTES);
    let bought = client::fetch(server.port, &buy(0));
    let id = bought.split(|sign: char| !sign.is_ascii_digit()).find(|part| !part.is_empty());
    let request = asked(&format!("user/check/{}", id.expect("an order")), FIRST_CLIENT + CLIENTS);
    let body = client::fetch(server.port, &request);
    assert!(body.contains("\"PENDING\""), "{bought} {body}");
    let ask = |request: Request| move || always(request.clone());
    let measured = in_turn(
        pace,
        &[
            Subject::new("fixed body of 1.5 KB", &fixed, ask(client::get(""))),
            Subject::new("check of an order", &server, ask(request)),
        ],
    );
    let [fixed, check] = &measured[..] else { unreachable!() };
    report.rates(&measured);
    report.row("  check : fixed", check.to(fixed), "x", Target::AtLeast(0.35));
}

/// While nothing is sold, and then with a purchase every tenth of a second.
fn prices(pace: Pace, report: &mut Report, dir: &Path) {
    let server = Server::billmgr(&data::copy(dir, "numbers-prices"), UNLIMITED);
    let request: Request = b"GET /v1/guest/prices HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"[..].into();
    let (rest, begin) = (server.own_mib(), Instant::now());
    let (list, most) = server.most_of_its_own(|| client::fetch(server.port, &request));
    let (first_ms, length) = (begin.elapsed().as_secs_f64() * 1000.0, list.len());
    let added = most - rest;
    let fixed = Server::fixed(length);
    let ask = |request: Request| move || always(request.clone());
    let subjects = [
        Subject::new("fixed body as long as the price list", &fixed, ask(client::get(""))),
        Subject::new("guest/prices unfiltered", &server, ask(request)),
    ];
    let measured = in_turn(pace, &subjects);
    let [same, prices] = &measured[..] else { unreachable!() };
    let mib = length as f64 / 1024.0 / 1024.0;
    report.rates(&measured);
    report.row("  length of the price list", mib, "MiB", Target::None);
    report.row("  the first time", first_ms, "ms", Target::None);
    report.row("  guest/prices : fixed body as long", prices.to(same), "x", Target::AtLeast(0.5));
    report.row("  memory added : length", added / mib, "x", Target::AtMost(3.0));
    let (busy, most) = server.most_of_its_own(|| {
        std::thread::scope(|scope| {
            let selling = scope.spawn(|| {
                let load = || client::load(server.port, 1, pace.round * pace.rounds as u32, paced(50));
                load().latencies_us.len()
            });
            let busy = in_turn(pace, &subjects);
            assert!(selling.join().expect("numbers are sold") > 0);
            busy
        })
    });
    report.row("  the same while numbers are sold", busy[1].to(&busy[0]), "x", Target::None);
    report.row("  most memory : length", (most - rest) / mib, "x", Target::AtMost(3.0));
}

/// A purchase every so many milliseconds, of one connection.
fn paced(pause_ms: u64) -> client::Requests {
    Box::new((0..=i64::MAX).map(move |nth| {
        std::thread::sleep(Duration::from_millis(pause_ms));
        buy(nth)
    }))
}

fn buys(pace: Pace, report: &mut Report, dir: &Path) {
    let (payments_dir, admin) = data::prepare(UNPAID, &[ADMIN]);
    let payments_server = Server::billmgr(&data::copy(&payments_dir, "credits"), "");
    let server = Server::billmgr(&data::copy(dir, "numbers-buys"), UNLIMITED);
    let (mut payments, mut first): (RangeInclusive<i64>, i64) = (1..=UNPAID.payments, 0);
    let (mut credits, mut rates, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=pace.rounds {
        let time = if round == 0 { pace.round / 4 } else { pace.round };
        let credited = credit(&payments_server, IN_FLIGHT, time, &admin[0], &mut payments);
        let begin = first;
        let requests = Box::new((0..=i64::MAX).map(move |nth| buy(begin + nth)));
        let load = client::load(server.port, IN_FLIGHT, time, requests);
        first += load.latencies_us.len() as i64;
        if round > 0 {
            credits.push(credited);
            rates.push(load.rate());
            ratios.push(load.rate() / credited);
        }
    }
    report.row("credits, 64 in flight", median(&credits), "/s", Target::None);
    report.row("numbers of one product bought, 64 in flight", median(&rates), "/s", Target::None);
    report.row("  bought : credits, both 64 in flight", median(&ratios), "x", Target::AtLeast(0.4));
}

/// As many orders as there are numbers, however many ask at once.
fn last_ones(dir: &Path) {
    let dir = data::copy(dir, "numbers-last");
    let conn = &mut credit::open(&dir);
    let retired = Sql::new("UPDATE num_phone SET state = 'retired' WHERE pool_id = 1 AND id > ").bind(FEW);
    retired.execute(conn).expect("numbers go");
    let left = Sql::new("UPDATE num_offer SET free = ").bind(FEW).sql(" WHERE id = 1");
    left.execute(conn).expect("an offer has less");
    let server = Server::billmgr(&dir, UNLIMITED);
    let count = 2 * FEW;
    let load = client::load(server.port, IN_FLIGHT, PATIENCE, Box::new((0..count).map(buy)));
    assert_eq!(load.latencies_us.len() as i64, count);
    assert_eq!(orders(conn, "offer_id = 1"), FEW, "more orders than numbers");
}

fn orders(conn: &mut Conn, which: &'static str) -> i64 {
    let sql = Sql::new("SELECT COUNT(*) FROM num_order WHERE ").sql(which);
    sql.first(conn, &[Kind::Int]).expect("orders can be counted").map_or(0, |row| row[0].int())
}

/// Purchases of sixteen connections, quiet and while the job ends old orders.
fn expiry(pace: Pace, report: &mut Report, dir: &Path) {
    let wait = |server: &Server, time: Duration| {
        let requests = Box::new((0..=i64::MAX).map(buy));
        quantile(&client::load(server.port, 16, time, requests).latencies_us, 0.99)
    };
    let quiet_dir = data::copy(dir, "numbers-quiet");
    let quiet_server = Server::billmgr(&quiet_dir, UNLIMITED);
    let quiet = wait(&quiet_server, pace.round);
    drop(quiet_server);
    let dir = data::copy(dir, "numbers-expiry");
    let conn = &mut credit::open(&dir);
    Sql::new("UPDATE num_order SET expires_at = 1 WHERE offer_id = 701")
        .execute(conn)
        .expect("orders run out");
    let (begin, server) = (Instant::now(), Server::billmgr(&dir, UNLIMITED));
    let busy = wait(&server, pace.round);
    let is_over = orders(conn, "offer_id = 701 AND status = 'PENDING'") == 0;
    while orders(conn, "offer_id = 701 AND status = 'PENDING'") > 0 {
        assert!(begin.elapsed() < PATIENCE, "orders do not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let rate = OLD as f64 / begin.elapsed().as_secs_f64();
    report.row("orders that ran out, ended beside purchases", rate, "/s", Target::None);
    report.row("99th percentile of a purchase, quiet", quiet, "us", Target::None);
    report.row("  while orders end : quiet", busy / quiet, "x", Target::AtMost(3.0));
    assert!(!is_over, "they ended before the purchases did");
}

fn fill(db: &Db) -> Result<()> {
    data::begin(db)?;
    db.write(|conn| {
        let first = FIRST_CLIENT + CLIENTS;
        data::clients(conn, first, first + BUYERS - 1)?;
        keys(conn, first..=first + BUYERS - 1)?;
        conn.batch_execute(WORDS)?;
        for (count, sql) in [(COUNTRIES, COUNTRY), (OPERATORS, OPERATOR), (PRODUCTS, PRODUCT)] {
            data::numbers(1, count).sql(sql).execute(conn)?;
        }
        conn.batch_execute(OFFERS)?;
        data::numbers(1, PHONES).sql(PHONE).execute(conn)?;
        Ok(())
    })?;
    db.write(|conn| {
        conn.batch_execute(MONEY)?;
        for sql in OLD_ORDERS {
            data::numbers(1, OLD).sql(sql).execute(conn)?;
        }
        Ok(())
    })
}

fn keys(conn: &mut Conn, buyers: RangeInclusive<i64>) -> Result<()> {
    for buyer in buyers {
        let sql = Sql::new("INSERT INTO apikey (account_id, user_id, kind, hash, prefix) VALUES (");
        let values = [buyer.into(), buyer.into(), "number-api".into(), session::hash(&key(buyer)).into()];
        sql.binds(values).sql(", 'bench')").execute(conn)?;
    }
    Ok(())
}

const WORDS: &str = "
    INSERT INTO num_supplier (id, code, name, kind) VALUES (1, 'own', 'Own', 'webhook');
";
const COUNTRY: &str = "INSERT INTO num_country (id, slug, prefix, text_en, text_ru)
    SELECT i, 'land' || i, '+' || (100 + i), 'Land ' || i, 'Land ' || i FROM n";
const OPERATOR: &str = "INSERT INTO num_operator (id, slug) SELECT i, 'op' || i FROM n";
const PRODUCT: &str =
    "INSERT INTO num_product (id, slug, category) SELECT i, 'prod' || i, 'activation' FROM n";
const PHONE: &str =
    "INSERT INTO num_phone (id, pool_id, supplier_id, phone) SELECT i, 1, 1, '+101' || (70000000 + i) FROM n";
/// Pool 1 is the hot one, pool 2 has the numbers of orders that run out; of the others only prices are asked.
const OFFERS: &str = "
    INSERT INTO num_pool (id, country_id, operator_id, category, phones)
        SELECT (c.id - 1) * 5 + o.id, c.id, o.id, 'activation', 0 FROM num_country c CROSS JOIN num_operator o;
    UPDATE num_pool SET phones = 300000 WHERE id = 1;
    INSERT INTO num_offer (id, pool_id, product_id, price, free, rate_168)
        SELECT (l.id - 1) * 700 + p.id, l.id, p.id, 10000 * (100 + (l.id * 31 + p.id * 7) % 900),
               (l.id * 13 + p.id) % 2000, CASE WHEN p.id % 3 = 0 THEN 2000 + (l.id + p.id) % 8000 ELSE -1 END
        FROM num_pool l CROSS JOIN num_product p;
    UPDATE num_offer SET free = 300000 WHERE pool_id = 1;
    UPDATE num_offer SET free = 0, cursor_id = 400000 WHERE id = 701;
";
const MONEY: &str = "
    INSERT INTO book (kind, owner_id, project_id, currency_id) VALUES ('clearing', 0, 1, 1);
    INSERT INTO book (id, kind, owner_id, project_id, currency_id, balance)
        SELECT 100000 + id, 'frozen', id, 1, 1, 500000000 FROM account WHERE id > 1000;
    INSERT INTO transfer (key, at) VALUES ('opening', 0);
    INSERT INTO entry (transfer_id, book_id, amount, balance)
        SELECT 1, id, 1000000000000, 1000000000000 FROM book WHERE kind = 'client';
    INSERT INTO entry (transfer_id, book_id, amount)
        SELECT 1, MIN(b.id), -1000000000000 * (SELECT COUNT(*) FROM book WHERE kind = 'client')
        FROM book b WHERE b.kind = 'clearing';
    UPDATE book SET balance = 1000000000000 - 500000000 WHERE kind = 'client';
";
const OLD_ORDERS: [&str; 5] = [
    "INSERT INTO num_phone (id, pool_id, supplier_id, phone) SELECT 300000 + i, 2, 1, '+102' || (70000000 + i) FROM n",
    "INSERT INTO num_order (id, account_id, subaccount_id, offer_id, product_id, phone_id, supplier_id, category, country,
         operator, product, phone, price, currency_id, status, created_at, expires_at)
     SELECT i, 1003 + i % 200, 1003 + i % 200, 701, 1, 300000 + i, 1, 'activation', 'land1', 'op2', 'prod1',
         '+102' || (70000000 + i), 1000000, 1, 'PENDING', 1, 4000000000000000 FROM n",
    "INSERT INTO transfer (id, key, at) SELECT 10 + i, 'hold:number:' || i, 1 FROM n",
    "INSERT INTO entry (transfer_id, book_id, amount) SELECT 10 + i, 1003 + i % 200, -1000000 FROM n",
    "INSERT INTO entry (transfer_id, book_id, amount) SELECT 10 + i, 101003 + i % 200, 1000000 FROM n",
];
