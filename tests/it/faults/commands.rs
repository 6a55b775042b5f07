//! `billmgr job` and `billmgr simulate`, as an administrator runs them.

use billmgr::books::check;
use billmgr::db::Db;
use billmgr::first_start;
use billmgr::settings::Origin;
use billmgr::time::{Clock, DAY_US, Zone};

use super::child::{self, Child};
use crate::direct::tables;
use crate::support::database::{Database, Dir};
use crate::support::{Engine, seed};

pub struct Place {
    pub engine: Engine,
    pub database: Database,
    pub dir: Dir,
}

impl Place {
    /// With the demo's year of services.
    fn demo(engine: Engine) -> Self {
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let app = seed::app(&database.url, &dir.0, Origin::default());
        first_start::run(&app, true).expect("the demo is filled");
        Self { engine, database, dir }
    }

    /// What the program says, and whether it succeeded.
    pub fn run(&self, words: &[&str]) -> (bool, String) {
        let mut command = child::program(self.engine, &self.dir.0, &self.database);
        let output = command.args(words).output().expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    }

    /// How many services a job took, and that the ledger is in order afterwards.
    fn job(&self, name: &str, at: &str) -> u64 {
        let (_, said) = self.run(&["job", name, "--at", at]);
        let done = said.trim().strip_prefix("done ").and_then(|said| said.split(',').next());
        super::assert_sound(&self.db());
        done.and_then(|done| done.parse().ok()).unwrap_or_else(|| panic!("{name}: {said}"))
    }

    pub fn db(&self) -> Db {
        Db::open(&self.database.url).expect("the database")
    }

    fn digest(&self) -> String {
        tables::read(&self.db(), check::digest)
    }
}

/// A date that many days from now.
pub fn date(days: i64) -> String {
    Zone::utc().date(Clock::system().now_us() + days * DAY_US)
}

#[test]
fn a_job_runs_with_and_without_a_server_and_only_once() {
    for place in Engine::all().map(Place::demo) {
        assert!(place.job("prolong", &date(40)) > 0);
        assert_eq!(place.job("prolong", &date(40)), 0);
        let child = Child::start(place.engine, &place.dir.0, &place.database);
        assert!(place.job("suspend", &date(80)) > 0);
        assert_eq!(place.job("suspend", &date(80)), 0);
        let (good, said) = place.run(&["job", "prolongation"]);
        assert!(!good && said.contains("missed(job)"), "{said}");
        child.stop();
    }
}

#[test]
fn a_simulation_tells_what_comes_and_changes_nothing() {
    let place = Place::demo(Engine::Sqlite);
    let before = place.digest();
    let (good, said) = place.run(&["simulate", "--until", &date(70)]);
    assert!(good, "{said}");
    let months: Vec<&str> = said.lines().skip(1).collect();
    assert!(months.len() >= 2 && said.contains("prolong") && said.contains(" EUR"), "{said}");
    assert_eq!(place.digest(), before);
    let left = std::fs::read_dir(&place.dir.0).expect("the data directory").flatten();
    let left: Vec<String> = left.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name.starts_with("simulate")), "{left:?}");
    if let Some(other) = Engine::all().find(|engine| *engine == Engine::Postgres) {
        let place = Place { database: Database::empty(other, &place.dir.0), engine: other, dir: Dir::new() };
        let (good, said) = place.run(&["simulate", "--until", &date(70)]);
        assert!(!good && said.contains("pg_dump"), "{said}");
    }
}
