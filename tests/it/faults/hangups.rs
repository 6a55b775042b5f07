//! A server that is killed while calls begin and end. SQLite: a PostgreSQL server lives on without us.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::assert_sound;
use super::child::Child;
use crate::calls_money::phones::Phones;
use crate::direct::{Row, tables};
use crate::support::seed::PASSWORD;
use crate::support::{Engine, World};

const ROUNDS: u64 = 4;
/// One for each line; one of them is a reseller's client, whose calls two pay for.
const LINES: [&str; 4] = ["client", "client2", "buyer", "reseller"];

/// Calls that were answered as begun, and those of them that were answered as charged.
#[derive(Default)]
struct Answered {
    begun: Vec<String>,
    ended: Vec<(String, String)>,
}

/// Calls until the server is gone.
fn talk(
    address: SocketAddr,
    (session, line): (&str, &str),
    round: u64,
    answered: &Mutex<Answered>,
) -> Option<()> {
    for nth in 0.. {
        let name = format!("{line}-{round}-{nth}");
        let ask = |func: &str, more: &str| {
            Child::ask(address, &format!("func={func}&switch=built-in&uniqueid={name}{more}&{session}"))
        };
        let begun = ask("call.authorize", &format!("&sip={line}&dst=4915112345"))?;
        assert!(begun.get("id").is_some(), "{name}: {:?}", begun.get("error"));
        answered.lock().expect("no caller panics").begun.push(name.clone());
        let ended = ask("call.end", "&billsec=1")?;
        let cost = ended.get_text("cost").unwrap_or_else(|| panic!("{name}: {:?}", ended.get("error")));
        answered.lock().expect("no caller panics").ended.push((name.clone(), cost.to_owned()));
    }
    None
}

/// Calls that were answered as begun are under way or charged, and charged are those that were
/// answered as charged.
fn assert_kept(phones: &Phones, answered: &Answered) {
    let named = |table| tables::rows(&phones.world.app.db, table);
    let (calls, records) = (named("call"), named("cdr"));
    let is_in = |rows: &[Row], name: &str| rows.iter().any(|row| row["uniqueid"] == name);
    for name in &answered.begun {
        assert!(is_in(&calls, name) != is_in(&records, name), "{name} is not in one place");
    }
    for (name, _) in &answered.ended {
        assert!(is_in(&records, name), "{name} was answered as charged and is not");
    }
    phones.check();
    assert_sound(&phones.world.app.db);
}

#[test]
fn calls_survive_a_kill() {
    let world = World::new(Engine::Sqlite);
    let phones = Phones::new(&world);
    LINES.iter().for_each(|line| phones.pay(line, "1000.00"));
    let (answered, mut session) = (Mutex::new(Answered::default()), String::new());
    let start = || Child::start(Engine::Sqlite, &world.dir(), world.database());
    for round in 0..ROUNDS {
        let child = start();
        if round == 0 {
            session = child.sign_in("admin", PASSWORD);
        }
        let address = child.address;
        thread::scope(|scope| {
            for line in LINES {
                let proof = (session.as_str(), line);
                let answered = &answered;
                scope.spawn(move || talk(address, proof, round, answered));
            }
            thread::sleep(Duration::from_millis(200 + 70 * round));
            child.kill();
        });
        assert_kept(&phones, &answered.lock().expect("no caller panics"));
    }
    let answered = answered.into_inner().expect("no caller panics");
    assert!(answered.ended.len() as u64 > ROUNDS, "hardly anything was called: {}", answered.ended.len());
    let child = start();
    for name in &answered.begun {
        let again = child.done(&format!("func=call.end&switch=built-in&uniqueid={name}&billsec=1&{session}"));
        let known = answered.ended.iter().find(|ended| ended.0 == *name);
        assert!(known.is_none_or(|known| Some(known.1.as_str()) == again.get_text("cost")), "{name}");
    }
    child.stop();
    assert_kept(&phones, &answered);
}
