//! `secret.key` and `billmgr key rotate`, as an administrator meets them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use super::child::{self, Child};
use crate::support::Engine;
use crate::support::database::{Database, Dir, Template};
use crate::support::seed::PASSWORD;

struct Place {
    engine: Engine,
    database: Database,
    dir: Dir,
}

impl Place {
    fn new(engine: Engine) -> Self {
        let dir = Dir::new();
        Self { engine, database: Template::of(engine).copy(&dir.0), dir }
    }

    fn start(&self) -> Child {
        Child::start(self.engine, &self.dir.0, &self.database)
    }

    fn refused(&self) -> String {
        Child::refused(self.engine, &self.dir.0, &self.database)
    }

    fn key(&self) -> PathBuf {
        self.dir.0.join("secret.key")
    }

    fn numbers(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.key()).expect("a file of keys");
        let keys = text.lines().filter(|line| !line.starts_with('#'));
        keys.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    fn rotate(&self) -> Output {
        let mut command = child::program(self.engine, &self.dir.0, &self.database);
        command.args(["key", "rotate"]).output().expect("the program runs")
    }

    fn rotated(&self) -> String {
        let output = self.rotate();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

#[test]
fn a_key_is_changed_with_and_without_a_server() {
    for place in Engine::all().map(Place::new) {
        let said = place.rotate();
        let said = (said.status.success(), String::from_utf8(said.stderr).expect("text"));
        assert!(!said.0 && said.1.contains("secret.key: there is no key to replace"), "{said:?}");
        let child = place.start();
        assert_eq!(place.numbers(), ["1"]);
        assert!(place.rotated().starts_with("key 2 seals now and sealed 0 secrets anew\n"));
        child.sign_in("client", PASSWORD);
        assert!(place.rotated().starts_with("key 3 "));
        child.stop();
        assert!(place.rotated().starts_with("key 4 "));
        assert_eq!(place.numbers(), ["4", "3", "2", "1"]);
        place.start().stop();
    }
}

#[test]
fn without_its_key_a_server_does_not_start() {
    for place in Engine::all().map(Place::new) {
        place.start().stop();
        let kept = std::fs::read(place.key()).expect("a file of keys");
        let mode = |mode| std::fs::set_permissions(place.key(), Permissions::from_mode(mode));
        mode(0o640).expect("a mode");
        let said = place.refused();
        assert!(said.contains("can be read by other users") && said.contains("chmod 600"), "{said}");
        std::fs::remove_file(place.key()).expect("removed");
        let said = place.refused();
        assert!(said.contains("secret.key is missing") && said.contains("KeyFile"), "{said}");
        std::fs::write(place.key(), format!("1 {}\n", "ab".repeat(32))).expect("another key");
        mode(0o600).expect("a mode");
        let said = place.refused();
        assert!(said.contains("has another key 1") && !said.contains("abab"), "{said}");
        std::fs::write(place.key(), kept).expect("the key is put back");
        place.start().stop();
    }
}

#[test]
fn the_keys_may_lie_elsewhere() {
    let (place, elsewhere) = (Place::new(Engine::Sqlite), Dir::new());
    let config = elsewhere.0.join("billmgr.conf");
    let key = elsewhere.0.join("keys");
    std::fs::write(&config, format!("KeyFile {}\n", key.display())).expect("a configuration file");
    let run = |words: &[&str]| {
        let mut command = child::program(place.engine, &place.dir.0, &place.database);
        let output = command.arg("--config").arg(&config).args(words).output().expect("the program runs");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    // Made before it stops at a listener that it cannot open.
    run(&["serve", "--listen", "http://192.0.2.1:1"]);
    let mode = std::fs::metadata(&key).expect("a file of keys").permissions().mode();
    assert_eq!((mode & 0o777, place.key().exists()), (0o600, false));
    let said = run(&["key", "rotate"]);
    assert!(said.contains(&format!("{} keeps the older keys", key.display())), "{said}");
    let said = place.refused();
    assert!(said.contains("is missing, but the database has secrets"), "{said}");
}
