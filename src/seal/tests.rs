use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::rotate::Report;
use super::*;
use crate::db::{Kind, Sql};
use crate::rpc::BUDGET_SLOW;

const VALUE: Column = Column { table: "setting", column: "value", context: "setting.value:{name}", only: "" };

/// A data directory with a database, gone at the end of the test.
struct Data(PathBuf);

impl Data {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let dir = std::env::temp_dir().join(format!("billmgr-seal-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    fn db(&self) -> Db {
        Db::open(&Db::file_url(&self.0)).expect("the database opens")
    }

    fn path(&self) -> PathBuf {
        self.0.join(KEY_FILE)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("a file of keys")
    }

    fn put(&self, text: &str) {
        std::fs::write(self.path(), text).expect("a file of keys");
    }

    fn fault(&self) -> String {
        let fault = Sealer::start(&self.db(), &self.path()).map(drop).expect_err("no start");
        fault.replace(&self.0.display().to_string(), "DIR")
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_sealed_opens_in_its_place_only() {
    let sealer = Sealer::in_memory([1; 32]);
    for text in ["", "secret", "пароль \u{1F511}", &"x".repeat(100_000)] {
        let sealed = sealer.seal(text, "a.b:1");
        assert!(sealed.starts_with("1:") && (text.is_empty() || !sealed.contains(text)));
        assert_ne!(sealed, sealer.seal(text, "a.b:1"), "equal texts are not seen to be equal");
        assert_eq!(sealer.open(&sealed, "a.b:1").expect("its place"), text);
        for elsewhere in ["a.b:2", "a.c:1", ""] {
            assert_eq!(sealer.open(&sealed, elsewhere).expect_err("elsewhere").kind, "system");
        }
        assert!(Sealer::in_memory([2; 32]).open(&sealed, "a.b:1").is_err(), "another key");
    }
}

#[test]
fn what_is_damaged_is_an_error() {
    let sealer = Sealer::in_memory([1; 32]);
    let sealed = sealer.seal("hush", "a");
    let changed = sealed.replace(&sealed[20..21], if &sealed[20..21] == "A" { "B" } else { "A" });
    let unknown = sealed.replacen("1:", "2:", 1);
    for bad in [changed.as_str(), &unknown, &sealed[..30], "1:", "1:AAAA", "1:é", "x:AAAA", "AAAA", ""] {
        let error = sealer.open(bad, "a").expect_err(bad);
        assert_eq!(error.object, "seal", "{bad}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

#[test]
fn the_first_start_makes_a_key() {
    let data = Data::new();
    let sealer = Sealer::start(&data.db(), &data.path()).expect("a first start");
    let mode = std::fs::metadata(data.path()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = data.text();
    let line = text.lines().find(|line| !line.starts_with('#')).expect("a key");
    assert!(line.starts_with("1 ") && line.len() == 66, "{line}");
    let sealed = sealer.seal("secret", "a");
    let again = Sealer::start(&data.db(), &data.path()).expect("a second start");
    assert_eq!((again.open(&sealed, "a").expect("the same key"), data.text()), ("secret".into(), text));
}

#[test]
fn keys_that_do_not_belong_here_stop_the_start() {
    let (data, other) = (Data::new(), Data::new());
    Sealer::start(&data.db(), &data.path()).expect("a first start");
    Sealer::start(&other.db(), &other.path()).expect("a first start");
    let own = data.text();
    let key = "ab".repeat(32);
    for (text, expected) in [
        (other.text(), "has another key 1 than the one that sealed in this database: put back the file"),
        (
            format!("2 {key}\n"),
            "lacks key 1, which sealed last in this database: copy the newest file of keys",
        ),
        (String::new(), "holds no key; put back"),
        ("# 1\n".into(), "holds no key; put back"),
        (format!("1 {key}\n1 {key}\n"), "key 1 stands in it twice; put back"),
        (format!("{own}0 {key}\n"), "line 3 is not a number and 64 hex digits; put back"),
        (format!("{own}1{key}\n"), "line 3 is not a number and 64 hex digits; put back"),
        (format!("{own}2 {}\n", &key[1..]), "line 3 is not a number and 64 hex digits; put back"),
        (format!("2 {}é\n", &key[2..]), "line 1 is not a number and 64 hex digits; put back"),
        ("#".repeat(100_000), "is not a file of keys"),
    ] {
        data.put(&text);
        let fault = data.fault();
        assert!(fault.starts_with("DIR/secret.key") && fault.contains(expected), "{expected}: {fault}");
        assert!(!fault.contains(&key[..8]), "{fault}");
    }
    std::fs::remove_file(data.path()).expect("removed");
    let fault = data.fault();
    assert!(fault.contains("DIR/secret.key is missing") && fault.contains("put the file back"), "{fault}");
    assert!(!data.path().exists(), "no other key takes its place");
}

#[test]
fn keys_that_others_can_read_stop_the_start() {
    let data = Data::new();
    Sealer::start(&data.db(), &data.path()).expect("a first start");
    for (mode, starts) in
        [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false), (0o601, false)]
    {
        std::fs::set_permissions(data.path(), Permissions::from_mode(mode)).expect("a mode");
        let started = Sealer::start(&data.db(), &data.path()).map(drop);
        assert_eq!(started.is_ok(), starts, "{mode:o}");
        let fault = started.err().unwrap_or_default();
        assert!(starts || fault.contains(&format!("chmod 600 {}", data.path().display())), "{fault}");
    }
}

#[test]
fn a_key_may_be_there_before_the_database() {
    let data = Data::new();
    data.put(&format!("5 {}\n\n# old\n2 {}\n", "AB".repeat(32), "cd".repeat(32)));
    std::fs::set_permissions(data.path(), Permissions::from_mode(0o600)).expect("a mode");
    let sealer = Sealer::start(&data.db(), &data.path()).expect("a first start");
    assert!(sealer.seal("x", "").starts_with("5:"));
}

/// Settings `s1` and so on, whose values are sealed.
fn fill(db: &Db, sealer: &Sealer, count: usize) {
    let sealer = sealer.clone();
    let fill = move |conn: &mut _| {
        for number in 1..=count {
            let name = format!("s{number}");
            let value = sealer.seal(&format!("value {number}"), &VALUE.context(&[&name]));
            let sql = Sql::new("INSERT INTO setting (name, value) VALUES (");
            sql.binds([name.into(), value.into()]).sql(")").execute(conn)?;
        }
        Ok(())
    };
    db.write(fill).expect("rows");
}

fn values(db: &Db) -> Vec<(String, String)> {
    let sql = Sql::new("SELECT name, value FROM setting ORDER BY id");
    let rows = db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text, Kind::Text])).expect("rows");
    rows.iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect()
}

fn rotated(db: &Db, sealer: &Sealer, columns: &[Column]) -> Report {
    rotate::run(db, sealer, columns).expect("a rotation")
}

#[test]
fn a_rotation_seals_everything_anew() {
    let data = Data::new();
    let db = data.db();
    let sealer = Sealer::start(&db, &data.path()).expect("a first start");
    // Another server that has read the file before.
    let other = Sealer::start(&db, &data.path()).expect("a second start");
    fill(&db, &sealer, 2500);
    let report = rotated(&db, &sealer, &[VALUE]);
    assert_eq!((report.number, report.count, report.unreadable.len()), (2, 2500, 0));
    for (at, (name, sealed)) in values(&db).iter().enumerate() {
        assert!(sealed.starts_with("2:"), "{name} {sealed}");
        let text = other.open(sealed, &VALUE.context(&[name])).expect("the other reads the file again");
        assert_eq!(text, format!("value {}", at + 1));
    }
    assert!(other.seal("", "").starts_with("2:"));
    let keys: Vec<String> = data.text().lines().skip(1).map(|line| line[..2].to_owned()).collect();
    assert_eq!(keys, ["2 ", "1 "]);
    assert!(!data.0.join("secret.key.new").exists());
    let mode = std::fs::metadata(data.path()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(rotated(&db, &other, &[VALUE]).number, 3);
    // The one who holds the older file rotates from what stands in it now.
    assert_eq!(rotated(&db, &sealer, &[VALUE]).number, 4);
    drop(Sealer::start(&db, &data.path()).expect("all belong together"));
}

#[test]
fn an_old_file_is_not_taken_after_a_rotation() {
    let data = Data::new();
    let db = data.db();
    let sealer = Sealer::start(&db, &data.path()).expect("a first start");
    let old = data.text();
    rotated(&db, &sealer, &[]);
    let new = data.text();
    data.put(&old);
    assert!(data.fault().contains("lacks key 2"));
    let newest: String =
        new.lines().filter(|line| !line.starts_with("1 ")).map(|line| format!("{line}\n")).collect();
    data.put(&newest);
    drop(Sealer::start(&db, &data.path()).expect("an old key that no backup needs may go"));
}

#[test]
fn a_rotation_passes_over_what_it_cannot_open() {
    let data = Data::new();
    let db = data.db();
    let sealer = Sealer::start(&db, &data.path()).expect("a first start");
    fill(&db, &sealer, 3);
    let damage = |conn: &mut _| {
        Sql::new("UPDATE setting SET value = 'rubbish' WHERE name = 's2'").execute(conn)?;
        Sql::new("INSERT INTO setting (name, value) VALUES ('empty', '')").execute(conn)
    };
    db.write(damage).expect("rows");
    let report = rotated(&db, &sealer, &[VALUE]);
    assert_eq!(
        (report.count, report.unreadable.as_slice()),
        (2, ["setting.value of row 2".to_owned()].as_slice())
    );
    assert_eq!((values(&db)[1].1.as_str(), values(&db)[3].1.as_str()), ("rubbish", ""));
    let words = report.to_string();
    assert!(words.contains("key 2 seals now and sealed 2 secrets anew"), "{words}");
    assert!(words.contains("setting.value of row 2 cannot be opened"), "{words}");
}

#[test]
fn a_column_may_be_sealed_in_some_rows() {
    const NAME: Column = Column {
        table: "userright",
        column: "name",
        context: "userright.name:{user_id}:{id}",
        only: "allowed",
    };
    let data = Data::new();
    let db = data.db();
    let sealer = Sealer::start(&db, &data.path()).expect("a first start");
    let sealed = sealer.seal("secret", &NAME.context(&[&7, &1]));
    let fill = move |conn: &mut _| {
        let sql = Sql::new("INSERT INTO userright (id, user_id, name, allowed) VALUES (1, 7, ");
        sql.bind(sealed.as_str()).sql(", TRUE), (2, 7, '1:plain', FALSE)").execute(conn)
    };
    db.write(fill).expect("rows");
    let report = rotated(&db, &sealer, &[NAME]);
    assert_eq!((report.count, report.unreadable.len()), (1, 0));
    let sql = Sql::new("SELECT name FROM userright ORDER BY id");
    let rows = db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text])).expect("rows");
    assert_eq!(sealer.open(rows[0][0].str(), "userright.name:7:1").expect("sealed anew"), "secret");
    assert_eq!(rows[1][0].str(), "1:plain");
    assert_eq!(faults_of(&db, &NAME), Vec::<String>::new());
    let lacking = Column { only: "sealed", context: "x:{none}", ..NAME };
    let faults = ["sealed column userright.sealed is not in the database"];
    let faults = [faults[0].to_owned(), faults[0].replace(".sealed", ".none")];
    assert_eq!(faults_of(&db, &lacking), faults);
}

#[test]
fn a_rotation_that_cannot_write_changes_nothing() {
    let data = Data::new();
    let db = data.db();
    let sealer = Sealer::start(&db, &data.path()).expect("a first start");
    let own = data.text();
    std::fs::create_dir(data.0.join("secret.key.new")).expect("something is in the way");
    rotate::run(&db, &sealer, &[]).expect_err("no file");
    assert_eq!((data.text(), sealer.seal("", "").starts_with("1:")), (own, true));
    data.put(&format!("1 {}\n", "ab".repeat(32)));
    let why = rotate::run(&db, &sealer, &[]).expect_err("another file");
    assert!(why.contains("has other keys than the server"), "{why}");
    assert!(rotate::run(&db, &Sealer::in_memory([1; 32]), &[]).is_err());
}
