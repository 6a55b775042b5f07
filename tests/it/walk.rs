//! A walk through every function on the demo data: lists have rows, forms open and keep what they
//! are given, actions do something. What cannot stands with its reason in `walk_exceptions.txt`.

mod actions;
mod cards;
mod fields;
mod forms;
mod lists;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use billmgr::app::App;
use billmgr::auth::Caller;
use billmgr::error::Result;
use billmgr::first_start;
use billmgr::functions;
use billmgr::rpc::meta::Shape;
use billmgr::rpc::registry::Func;
use billmgr::settings::Origin;
use billmgr::time::DAY_US;

use crate::direct::{self, Answered, Pairs, tables};
use crate::support::database::{Database, Dir};
use crate::support::{Engine, seed};

const EXCEPTIONS: &str = include_str!("walk_exceptions.txt");
/// Who is tried in turn: each level, and a client of a reseller.
const LOGINS: [&str; 6] = ["admin", "employee", "reseller", "client", "shop1", direct::SERVER];
/// The demo's year ends so many days after the morning of the other tests.
const DAYS_TO_END: i64 = 139;

pub struct Walk {
    app: Arc<App>,
    /// What was found wrong: a function or `function/field`, and the first that was wrong with it.
    faults: RefCell<BTreeMap<String, String>>,
    marks: RefCell<usize>,
    // Dropped in this order: the database before where it lies.
    _database: Database,
    _dir: Dir,
}

impl Walk {
    fn new(engine: Engine) -> Self {
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let app = seed::app(&database.url, &dir.0, Origin::default());
        first_start::run(&app, true).expect("the demo is filled");
        app.clock.advance_us(DAYS_TO_END * DAY_US);
        let (faults, marks) = (RefCell::default(), RefCell::default());
        Self { app, faults, marks, _database: database, _dir: dir }
    }

    fn funcs(&self, is_meant: impl Fn(&Func) -> bool) -> Vec<Arc<Func>> {
        self.app.registry.iter().filter(|func| is_meant(func)).cloned().collect()
    }

    fn of_shape(&self, shape: Shape) -> Vec<Arc<Func>> {
        self.funcs(|func| func.meta.shape() == shape)
    }

    fn call(&self, login: &str, func: &str, pairs: &Pairs) -> Result<Answered> {
        self.call_by(&direct::caller(&self.app, login), func, pairs)
    }

    /// Nothing that is asked here is the server's own fault.
    fn call_by(&self, caller: &Caller, func: &str, pairs: &Pairs) -> Result<Answered> {
        let answered = direct::call_by(&self.app, caller, func, pairs);
        if let Err(error) = &answered
            && ["system", "timeout", "busy"].contains(&error.kind)
        {
            self.fault(func, &format!("{} {pairs:?}: {error}", caller.user.name));
        }
        answered
    }

    fn fault(&self, name: &str, what: &str) {
        self.faults.borrow_mut().entry(name.to_owned()).or_insert_with(|| what.to_owned());
    }

    /// Keeps why none of several tries came to anything.
    fn note(&self, name: &str, outcome: Outcome) {
        if let Err(why) = outcome {
            self.fault(name, &why);
        }
    }

    fn mark(&self) -> usize {
        *self.marks.borrow_mut() += 1;
        *self.marks.borrow()
    }

    fn ids(&self, table: &str) -> Vec<String> {
        tables::ids(&self.app.db, table)
    }

    /// Every fault is an exception, and every exception is a fault.
    fn judge(self, engine: Engine) {
        let faults = self.faults.take();
        let exceptions = exceptions();
        let mut wrong: Vec<String> = faults
            .iter()
            .filter(|(name, _)| !exceptions.contains_key(name.as_str()))
            .map(|(name, why)| format!("{name}: {why}"))
            .collect();
        let idle = exceptions.keys().filter(|name| !faults.contains_key(**name));
        wrong.extend(idle.map(|name| format!("{name}: stands among the exceptions and works")));
        println!(
            "{} functions, {} exceptions ({engine:?})",
            self.app.registry.iter().count(),
            exceptions.len()
        );
        assert!(wrong.is_empty(), "{engine:?}:\n{}", wrong.join("\n"));
    }
}

/// Done, or why not.
type Outcome = std::result::Result<(), String>;

/// The first try that comes to something, else what the first one came to.
fn any(tries: impl IntoIterator<Item = Outcome>) -> Outcome {
    let mut first = Err("there is nothing to try it with".to_owned());
    for (place, outcome) in tries.into_iter().enumerate() {
        match outcome {
            Ok(()) => return Ok(()),
            Err(why) if place == 0 => first = Err(why),
            Err(_) => {}
        }
    }
    first
}

fn exceptions() -> BTreeMap<&'static str, &'static str> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("`{line}` has no reason")));
    let mut found = BTreeMap::new();
    for (name, reason) in pairs {
        assert!(!reason.trim().is_empty(), "`{name}` has no reason");
        assert!(found.insert(name, reason).is_none(), "`{name}` stands twice");
    }
    found
}

fn walk(engine: Engine) {
    if !engine.is_here() {
        return;
    }
    let walk = Walk::new(engine);
    let begun = std::time::Instant::now();
    walk.lists();
    walk.cards();
    eprintln!("lists {:?}", begun.elapsed());
    walk.forms();
    eprintln!("forms {:?}", begun.elapsed());
    walk.wizards();
    eprintln!("wizards {:?}", begun.elapsed());
    walk.new_records();
    eprintln!("new {:?}", begun.elapsed());
    walk.fields();
    eprintln!("fields {:?}", begun.elapsed());
    walk.reads();
    eprintln!("reads {:?}", begun.elapsed());
    walk.actions();
    eprintln!("actions {:?}", begun.elapsed());
    walk.judge(engine);
}

#[test]
fn sqlite() {
    walk(Engine::Sqlite);
}

#[test]
fn postgres() {
    walk(Engine::Postgres);
}

/// Every column, field, code, page and button has a label in both languages, or there is no
/// registry (rpc/audit.rs).
#[test]
fn words() {
    let registry = functions().unwrap_or_else(|faults| panic!("{}", faults.join("\n")));
    for lang in ["en", "ru"] {
        for func in registry.iter() {
            assert_ne!(registry.title(func, lang), "title", "{} in {lang}", func.name());
        }
    }
}
