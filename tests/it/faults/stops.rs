//! How a server ends, what it finds when it starts again, and when it does not start.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use billmgr::db::{Db, Sql};

use super::child::{Child, PATIENCE};
use crate::support::database::{Database, Dir, Template};
use crate::support::seed::PASSWORD;
use crate::support::{Connection, Engine};

struct Place {
    engine: Engine,
    database: Database,
    dir: Dir,
}

impl Place {
    fn new(engine: Engine) -> Self {
        let dir = Dir::new();
        let database = Template::of(engine).copy(&dir.0);
        Self { engine, database, dir }
    }

    fn start(&self) -> Child {
        Child::start(self.engine, &self.dir.0, &self.database)
    }
}

#[test]
fn sessions_survive_a_restart() {
    for place in Engine::all().map(Place::new) {
        let child = place.start();
        let session = child.sign_in("client", PASSWORD);
        child.stop();
        let child = place.start();
        let doc = child.done(&format!("func=whoami&{session}"));
        assert_eq!(doc.get("user").and_then(|user| user.get_attr("name")), Some("client"));
    }
}

/// SIGTERM in the middle of a request: it is answered, what it did is kept, and nobody else gets in.
#[test]
fn a_stop_finishes_what_is_in_flight() {
    for place in Engine::all().map(Place::new) {
        let mut child = place.start();
        let session = child.sign_in("client", PASSWORD);
        let body = format!("func=profile.edit&name=In+flight&sok=ok&out=xml&{session}");
        let (first, rest) = body.split_at(20);
        let mut connection = Connection::open(child.address);
        let head =
            format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}", body.len());
        connection.write(format!("POST /billmgr HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{first}").as_bytes());
        sleep(Duration::from_millis(200));
        child.ask_to_stop();
        sleep(Duration::from_millis(300));
        assert!(TcpStream::connect(child.address).is_err(), "a stopping server takes connections");
        connection.write(rest.as_bytes());
        let reply = connection.read().expect("what is in flight is answered");
        assert!(reply.status == 200 && reply.body.contains("<ok/>"), "{reply:?}");
        assert!(child.ended().success(), "the server did not end well");
        let child = place.start();
        let kept = child.done(&format!("func=profile&filter=on&name=In+flight&{session}"));
        assert!(kept.get("elem").is_some(), "what was answered is lost");
    }
}

/// What the server started goes with it, be it a program that would never end.
#[test]
fn a_stop_ends_programs() {
    for place in Engine::all().map(Place::new) {
        let modules = place.dir.0.join("modules");
        std::fs::create_dir(&modules).expect("a folder");
        script(&modules.join("pmtest"), "#!/bin/sh\necho $$ > new; mv new pid; while :; do sleep 1; done\n");
        let mut child = place.start();
        let admin = child.sign_in("admin", PASSWORD);
        let module = child.done(&format!("func=processing.edit&name=M&module=pmtest&sok=ok&{admin}"));
        let check =
            format!("func=processing.check&elid={}&{admin}", module.get_text("id").expect("a module"));
        let address = child.address;
        let asking = std::thread::spawn(move || Child::ask(address, &check));
        let pid = within(PATIENCE, || std::fs::read_to_string(modules.join("pid")).ok());
        child.ask_to_stop();
        assert!(child.ended().success(), "the server did not end well");
        let is_gone = || !Path::new("/proc").join(pid.trim()).exists();
        within(PATIENCE, || is_gone().then_some(()));
        let _ = asking.join().expect("whatever is answered");
    }
}

fn script(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
}

fn within<T>(patience: Duration, found: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "it does not come");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_newer_database_is_refused() {
    for place in Engine::all().map(Place::new) {
        let db = Db::open(&place.database.url).expect("the database opens");
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231')";
        db.write(move |conn| Sql::new(newer).execute(conn)).expect("a migration of the future");
        drop(db);
        let said = Child::refused(place.engine, &place.dir.0, &place.database);
        let clear = said.contains("the database is newer than this program") && said.contains("29991231");
        assert!(clear, "{:?}: {said}", place.engine);
    }
}
