//! Two servers on one PostgreSQL.

use std::time::{Duration, Instant};

use super::child::Child;
use crate::support::Engine;
use crate::support::database::{Database, Dir, Template};
use crate::support::seed::PASSWORD;

/// A second (decisions.md, Access), and what a busy machine adds to it.
const SOON: Duration = Duration::from_millis(2500);

struct Pair {
    one: Child,
    other: Child,
    // Dropped in this order: servers, their database, where they lie.
    _database: Database,
    _dirs: [Dir; 2],
}

impl Pair {
    fn new() -> Self {
        let (dirs, engine) = ([Dir::new(), Dir::new()], Engine::Postgres);
        let database = Template::of(engine).copy(&dirs[0].0);
        let one = Child::start(engine, &dirs[0].0, &database);
        let said = Child::refused(engine, &dirs[1].0, &database);
        assert!(said.contains("secret.key is missing") && said.contains("another server"), "{said}");
        let [key, copy] = dirs.each_ref().map(|dir| dir.0.join("secret.key"));
        std::fs::copy(key, copy).expect("both servers get the same keys");
        let other = Child::start(engine, &dirs[1].0, &database);
        Self { one, other, _database: database, _dirs: dirs }
    }
}

fn soon(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < SOON, "{what}: not within {SOON:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn whoami(proof: &str) -> String {
    format!("func=whoami&{proof}")
}

#[test]
fn what_one_changes_holds_on_the_other() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let pair = Pair::new();
    let (one, other) = (&pair.one, &pair.other);
    let admin = one.sign_in("admin", PASSWORD);
    other.done(&whoami(&admin));

    let session = other.sign_in("client", PASSWORD);
    one.done(&whoami(&session));
    other.done(&whoami(&session));
    one.done(&format!("func=logout&{session}"));
    assert!(one.is_refused(&whoami(&session)), "logout holds at once where it was called");
    soon("logout", || other.is_refused(&whoami(&session)));

    let (session, old) = (other.sign_in("client2", PASSWORD), format!("authinfo=client2:{PASSWORD}"));
    [one, other].iter().for_each(|server| drop(server.done(&whoami(&old))));
    let user = one.done(&format!("func=user.lookup&by=name&text=client2&{admin}"));
    let user = user.get_text("id").expect("an id").to_owned();
    let fresh = "passwd=another-password&confirm=another-password";
    one.done(&format!("func=user.edit&elid={user}&{fresh}&sok=ok&{admin}"));
    assert!(one.is_refused(&whoami(&old)), "a password holds at once where it was changed");
    soon("the old password", || other.is_refused(&whoami(&old)));
    soon("a session of the old password", || other.is_refused(&whoami(&session)));
    let new = "authinfo=client2:another-password";
    [one, other].iter().for_each(|server| drop(server.done(&whoami(new))));

    let session = one.sign_in("client2", "another-password");
    other.done(&whoami(&session));
    one.done(&format!("func=user.suspend&elid={user}&{admin}"));
    for (what, proof) in [("a session of a suspended user", session.as_str()), ("his password", new)] {
        assert!(one.is_refused(&whoami(proof)), "{what} is refused at once");
        soon(what, || other.is_refused(&whoami(proof)));
    }

    let lang = |server: &Child| {
        server.call("func=whoami").get("error").and_then(|e| e.get_attr("lang").map(str::to_owned))
    };
    assert_eq!((lang(one).as_deref(), lang(other).as_deref()), (Some("en"), Some("en")));
    one.done(&format!("func=paramlist.edit&elid=DefaultLang&value=ru&sok=ok&{admin}"));
    assert_eq!(lang(one).as_deref(), Some("ru"), "a setting holds at once where it was changed");
    soon("a setting", || lang(other).as_deref() == Some("ru"));
}
