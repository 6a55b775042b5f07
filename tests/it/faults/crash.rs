//! A server that is killed while it writes. SQLite: a PostgreSQL server lives on without us.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use billmgr::db::{Db, Kind, Sql};

use super::assert_sound;
use super::child::Child;
use crate::direct::tables;
use crate::support::Engine;
use crate::support::database::{Dir, Template};
use crate::support::seed::PASSWORD;

const ROUNDS: u64 = 5;
const WRITERS: usize = 4;
const PAID: i64 = 4;

/// What was answered ok: payments, and those of them that were reported paid.
#[derive(Default)]
struct Answered {
    made: Vec<i64>,
    paid: Vec<i64>,
}

/// Writes until the server is gone.
fn write(address: SocketAddr, query: &str, session: &str, answered: &Mutex<Answered>) -> Option<()> {
    loop {
        let doc = Child::ask(address, &format!("{query}&sok=ok&{session}"))?;
        let id = doc.get_text("id").unwrap_or_else(|| panic!("{query}: {:?}", doc.get("error"))).to_owned();
        answered.lock().expect("no writer panics").made.push(id.parse().expect("a number"));
        let doc = Child::ask(address, &format!("func=payment.setpaid&elid={id}&{session}"))?;
        assert!(doc.get("ok").is_some(), "{:?}", doc.get("error"));
        answered.lock().expect("no writer panics").paid.push(id.parse().expect("a number"));
    }
}

/// Everything that was answered ok is in the database.
fn assert_kept(db: &Db, answered: &Answered) {
    let sql = Sql::new("SELECT id, status FROM payment");
    let rows = tables::read(db, |conn| sql.load(conn, &[Kind::Int, Kind::Int]));
    let status = |id: &i64| rows.iter().find(|row| row[0].int() == *id).map(|row| row[1].int());
    let lost: Vec<&i64> = answered.made.iter().filter(|id| status(id).is_none()).collect();
    assert!(lost.is_empty(), "payments {lost:?} were answered and are lost");
    let unpaid: Vec<&i64> = answered.paid.iter().filter(|id| status(id) != Some(PAID)).collect();
    assert!(unpaid.is_empty(), "payments {unpaid:?} were answered paid and are not");
}

#[test]
fn what_was_answered_survives_a_kill() {
    let template = Template::of(Engine::Sqlite);
    let (dir, names) = (Dir::new(), template.names());
    let database = template.copy(&dir.0);
    let (account, method) = (&names["client"], &names["paymethod"]);
    let query = format!("func=payment.edit&plid={account}&subaccountamount=0.01&paymethod={method}");
    let (answered, mut session) = (Mutex::new(Answered::default()), String::new());
    for round in 0..ROUNDS {
        let child = Child::start(Engine::Sqlite, &dir.0, &database);
        if round == 0 {
            session = child.sign_in("admin", PASSWORD);
        }
        let address = child.address;
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| write(address, &query, &session, &answered));
            }
            thread::sleep(Duration::from_millis(150 + 70 * round));
            child.kill();
        });
        let db = Db::open(&database.url).expect("the database opens after a kill");
        let answered = answered.lock().expect("no writer panics");
        assert_kept(&db, &answered);
        assert_sound(&db);
    }
    let answered = answered.into_inner().expect("no writer panics");
    assert!(answered.paid.len() as u64 > ROUNDS, "hardly anything was written: {}", answered.paid.len());
    let child = Child::start(Engine::Sqlite, &dir.0, &database);
    assert!(
        child.done(&format!("func=ledger.check&{session}")).get("elem").is_none(),
        "the ledger has faults"
    );
    child.stop();
}
