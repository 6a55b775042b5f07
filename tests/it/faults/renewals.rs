//! A run of renewals that is killed in the middle, begun again, and run twice at once.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use billmgr::db::{Db, Kind, Sql};
use billmgr::settings::Origin;
use billmgr::time::{DAY_US, Zone};

use super::child::{self, Child};
use super::commands::{Place, date};
use crate::direct::{self, SERVER, tables};
use crate::support::database::{Dir, Names, Template};
use crate::support::{Engine, seed};

const SERVICES: i64 = 2_000;
const CLIENTS: [&str; 4] = ["client", "client2", "buyer", "buyer2"];
const MONTH: i64 = 10_000_000;
/// Days from now: the services end on the one, and are renewed on the other.
const END: i64 = 20;
const RENEWED: i64 = 21;
const PATIENCE: Duration = Duration::from_secs(30);

/// Services of four clients, all of which end at once; money for every one of them.
fn prepared(engine: Engine) -> Place {
    let (dir, template) = (Dir::new(), Template::of(engine));
    let (database, names) = (template.copy(&dir.0), template.names());
    let app = seed::app(&database.url, &dir.0, Origin::default());
    for name in CLIENTS {
        let pairs = [("plid", names[name].as_str()), ("subaccountamount", "10000.00")];
        let pairs = [&pairs[..], &[("paymethod", &names["paymethod"]), ("sok", "ok")]].concat();
        let payment = direct::call(&app, SERVER, "payment.edit", &pairs).expect("a payment");
        let paid = [("elid", payment.text("id"))];
        direct::call(&app, SERVER, "payment.setpaid", &paid).expect("it is paid");
    }
    services(&app.db, &names);
    drop(app);
    Place { engine, database, dir }
}

fn services(db: &Db, names: &Names) {
    let id = |name: &str| -> i64 { names[name].parse().expect("an id") };
    let accounts = CLIENTS.map(id);
    let tariff = id("tariff");
    let end_us = Zone::utc().parse_time(&date(END)).expect("a moment");
    let done = db.write(move |conn| {
        for account in accounts {
            let sql =
                Sql::new("WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n ");
            let sql = sql.sql("WHERE i < ").bind(SERVICES / CLIENTS.len() as i64).sql(
                ") INSERT INTO item (account_id, reseller_id, itemtype_id, project_id, subaccount_id, \
                 pricelist_id, name, name_fold, period, autoprolong, status, opendate, expiredate) \
                 SELECT s.account_id, s.reseller_id, t.itemtype_id, t.project_id, s.id, t.id, 'due', 'due', \
                 1, 1, 2, 1, ",
            );
            let sql = sql.bind(end_us).sql(" FROM n, subaccount s, pricelist t WHERE s.account_id = ");
            sql.bind(account).sql(" AND t.id = ").bind(tariff).execute(conn)?;
        }
        let terms =
            Sql::new("INSERT INTO item_term (item_id, period, whole_at, begin_at, end_at) SELECT id, 1, ");
        let begin_us = end_us - 30 * DAY_US;
        let terms =
            terms.bind(begin_us).sql(", ").bind(begin_us).sql(", expiredate FROM item WHERE name = 'due'");
        terms.execute(conn)
    });
    assert_eq!(done.expect("services") as i64, SERVICES);
}

fn count(db: &Db, sql: &'static str) -> i64 {
    tables::read(db, |conn| Sql::new(sql).first(conn, &[Kind::Int])).expect("a number")[0].int()
}

const CHARGED: &str = "SELECT COUNT(*) FROM expense WHERE operation = 'prolong'";

fn job(place: &Place, data: &Dir) -> Command {
    let mut command = child::program(place.engine, &data.0, &place.database);
    command.args(["job", "prolong", "--at", &date(RENEWED)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Begins, and is killed when so many are charged. Answers how many were.
fn killed(place: &Place, at: i64) -> i64 {
    let (db, begun) = (place.db(), Instant::now());
    let mut process = job(place, &place.dir).spawn().expect("the program starts");
    while count(&db, CHARGED) < at {
        assert!(begun.elapsed() < PATIENCE, "the job charges nothing");
        std::thread::sleep(Duration::from_millis(2));
    }
    process.kill().expect("the job can be killed");
    process.wait().expect("it has ended");
    let charged = count(&db, CHARGED);
    super::assert_sound(&db);
    assert_whole(&db);
    charged
}

/// Both reach their end, and say how many they renewed.
fn together(place: &Place, [one, other]: [&Dir; 2]) -> i64 {
    let begun = [one, other].map(|data| job(place, data).spawn().expect("the program starts"));
    let outputs = begun.map(|process| process.wait_with_output().expect("it ends"));
    let done = outputs.map(|output| {
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
        let done = said.strip_prefix("done ").and_then(|said| said.split(',').next()?.parse::<i64>().ok());
        done.unwrap_or_else(|| panic!("{said}"))
    });
    done.iter().sum()
}

/// What must answer no row, however far the run has come.
const WHOLE: [(&str, &str); 4] = [
    (
        "a term charged twice, or not at all",
        "SELECT i.id FROM item i WHERE i.name = 'due' AND \
         (SELECT COUNT(*) FROM expense e WHERE e.item_id = i.id) <> \
         (SELECT COUNT(*) FROM item_term t WHERE t.item_id = i.id) - 1",
    ),
    (
        "an end that no term has",
        "SELECT i.id FROM item i WHERE i.name = 'due' AND i.expiredate <> \
         (SELECT MAX(t.end_at) FROM item_term t WHERE t.item_id = i.id)",
    ),
    (
        "a renewal without its expense",
        "SELECT t.id FROM item_term t JOIN item i ON i.id = t.item_id \
         LEFT JOIN expense e ON e.id = t.expense_id AND e.item_id = i.id WHERE i.name = 'due' AND e.id IS NULL \
         AND EXISTS (SELECT 1 FROM item_term f WHERE f.item_id = i.id AND f.end_at <= t.begin_at)",
    ),
    (
        "an operation that nobody paid for",
        "SELECT i.id FROM item i WHERE i.name = 'due' AND \
         (SELECT COUNT(*) FROM outbox o WHERE o.item_id = i.id AND o.intname = 'prolong') <> \
         (SELECT COUNT(*) FROM expense e WHERE e.item_id = i.id)",
    ),
];

fn assert_whole(db: &Db) {
    for (why, sql) in WHOLE {
        let rows = tables::read(db, |conn| Sql::new(sql).load(conn, &[Kind::Int]));
        assert!(rows.is_empty(), "{why}: {} services", rows.len());
    }
}

fn assert_renewed_once(place: &Place) {
    let db = place.db();
    assert_whole(&db);
    assert_eq!(count(&db, CHARGED), SERVICES);
    let charged = "SELECT COUNT(DISTINCT item_id) FROM expense WHERE operation = 'prolong'";
    assert_eq!(count(&db, charged), SERVICES);
    let amount = "SELECT CAST(SUM(amount) AS BIGINT) FROM expense WHERE operation = 'prolong'";
    assert_eq!(count(&db, amount), SERVICES * MONTH);
    let (good, said) = place.run(&["check"]);
    assert!(good && said.starts_with("ledger "), "{said}");
}

#[test]
fn renewals_that_are_killed_charge_every_term_once() {
    for place in Engine::all().map(prepared) {
        let half = killed(&place, 1);
        let more = killed(&place, half + 1);
        assert!(half < more && more < SERVICES, "{half} and {more} were charged: the kill came too late");
        let rest = match place.engine {
            // One server a data directory; on PostgreSQL there may be two.
            Engine::Sqlite => {
                let server = Child::start(place.engine, &place.dir.0, &place.database);
                let rest = together(&place, [&place.dir; 2]);
                server.stop();
                rest
            }
            Engine::Postgres => {
                let other = Dir::new();
                let [key, copy] = [&place.dir, &other].map(|dir| dir.0.join("secret.key"));
                std::fs::copy(key, copy).expect("both have the same keys");
                together(&place, [&place.dir, &other])
            }
        };
        assert_eq!(rest, SERVICES - more);
        assert_renewed_once(&place);
    }
}
