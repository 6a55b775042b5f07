//! A run of renewals that is killed in the middle, begun again, and run twice at once.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use billmgr::app::App;
use billmgr::db::{Db, Kind, Sql};
use billmgr::jobs::{self, Report};
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
    CLIENTS.iter().for_each(|name| pay(&app, &names, name, "10000.00"));
    services(&app.db, &names);
    drop(app);
    Place { engine, database, dir }
}

fn pay(app: &Arc<App>, names: &Names, client: &str, amount: &str) {
    let pairs = [("plid", names[client].as_str()), ("subaccountamount", amount)];
    let pairs = [&pairs[..], &[("paymethod", &names["paymethod"]), ("sok", "ok")]].concat();
    let payment = direct::call(app, SERVER, "payment.edit", &pairs).expect("a payment");
    let paid = [("elid", payment.text("id"))];
    direct::call(app, SERVER, "payment.setpaid", &paid).expect("it is paid");
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

/// Services of different clients by turns, each ending a second after the one before.
fn in_turn(db: &Db) {
    let turn = "(SELECT COUNT(*) FROM item o WHERE o.name = 'due' AND o.account_id = item.account_id \
                AND o.id < item.id)";
    let done = db.write(move |conn| {
        let sql = Sql::new("UPDATE item SET expiredate = expiredate + 1000000 * ").sql(turn);
        sql.sql(" WHERE name = 'due'").execute(conn)?;
        let ends = "UPDATE item_term SET end_at = (SELECT i.expiredate FROM item i WHERE i.id = item_term.item_id) \
                    WHERE item_id IN (SELECT id FROM item WHERE name = 'due')";
        Sql::new(ends).execute(conn)
    });
    assert_eq!(done.expect("their ends") as i64, SERVICES);
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

/// Renewals are charged many at a time: who cannot pay keeps nobody back and loses nothing, and of several
/// services of one client those are renewed that end first.
#[test]
fn renewals_that_are_refused_leave_the_others() {
    for engine in Engine::all() {
        let (dir, template) = (Dir::new(), Template::of(engine));
        let (database, names) = (template.copy(&dir.0), template.names());
        let app = seed::app(&database.url, &dir.0, Origin::default());
        let (each, now_us) = (SERVICES / CLIENTS.len() as i64, Zone::utc().parse_time(&date(RENEWED)));
        let prolong = || jobs::run_named(&app, "prolong", now_us.expect("a moment")).expect("it runs");
        pay(&app, &names, CLIENTS[0], "10000.00");
        pay(&app, &names, CLIENTS[1], "705.00");
        pay(&app, &names, CLIENTS[2], "10.00");
        services(&app.db, &names);
        in_turn(&app.db);
        let done = (each + 70 + 1) as u64;
        assert_eq!(prolong(), Report { done, left: SERVICES as u64 - done });
        super::assert_sound(&app.db);
        assert_whole(&app.db);
        let order = "SELECT COUNT(*) FROM item i WHERE i.name = 'due' AND EXISTS (SELECT 1 FROM item o WHERE \
                     o.name = 'due' AND o.account_id = i.account_id AND o.id > i.id AND o.expiredate > i.expiredate \
                     AND NOT EXISTS (SELECT 1 FROM expense e WHERE e.item_id = i.id) \
                     AND EXISTS (SELECT 1 FROM expense e WHERE e.item_id = o.id))";
        assert_eq!(count(&app.db, order), 0, "a service was renewed before one that ended earlier");
        assert_eq!(prolong(), Report { done: 0, left: SERVICES as u64 - done });
        pay(&app, &names, CLIENTS[1], "4295.00");
        pay(&app, &names, CLIENTS[3], "20.00");
        let more = (each - 70 + 2) as u64;
        assert_eq!(prolong(), Report { done: more, left: SERVICES as u64 - done - more });
        super::assert_sound(&app.db);
        assert_whole(&app.db);
    }
}
