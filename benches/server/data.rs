//! The databases that are measured: made once, by set-based statements through the server's own
//! writer, so that its triggers count, and kept under `target/bench-data`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use billmgr::auth::{password::Hasher, session};
use billmgr::db::{Conn, Db, Sql};
use billmgr::error::Result;
use billmgr::{first_start, time};
use diesel::connection::SimpleConnection;

pub const ADMIN: i64 = 1;
pub const RESELLER: i64 = 2;
pub const PASSWORD: &str = "bench-password";
/// Clients of the one reseller.
pub const CLIENTS: i64 = 1000;
/// Users and accounts of clients are numbered from here; a client has the same number as both.
pub const FIRST_CLIENT: i64 = 3;
/// Payments of a client without a reseller: two pages of 50.
const PAYMENTS_EACH: i64 = 100;
const CHUNK: i64 = 50_000;
/// 2024-01-01, the first payment; one a minute follows.
const START_US: i64 = 1_704_067_200 * time::SECOND_US;

/// How much a database holds. Of every ten payments, `direct_of_ten` belong to clients without a
/// reseller, the others to the reseller's.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub payments: i64,
    pub direct_of_ten: i64,
    /// Nothing is credited yet.
    pub unpaid: bool,
}

pub const SMALL: Size = Size { payments: 10_000, direct_of_ten: 5, unpaid: false };
pub const LARGE: Size = Size { payments: 1_000_000, direct_of_ten: 9, unpaid: false };
pub const UNPAID: Size = Size { payments: 100_000, direct_of_ten: 9, unpaid: true };

impl Size {
    fn direct_clients(self) -> i64 {
        self.payments / 10 * self.direct_of_ten / PAYMENTS_EACH
    }

    /// Clients without a reseller, by number.
    pub fn direct(self) -> std::ops::Range<i64> {
        let first = FIRST_CLIENT + CLIENTS;
        first..first + self.direct_clients()
    }
}

/// The data directory of a database of that size, with a session for each of the users.
pub fn prepare(size: Size, users: &[i64]) -> (PathBuf, Vec<String>) {
    let what = format!("{}{}", size.payments, if size.unpaid { "-unpaid" } else { "" });
    kept(&what, include_bytes!("data.rs"), users, |db| fill(db, size))
}

/// The data directory of what `fill` makes of an empty database. `source` is what it is written in:
/// another schema or another generator makes another database.
pub fn kept(
    what: &str,
    source: &[u8],
    users: &[i64],
    fill: impl FnOnce(&Db) -> Result<()>,
) -> (PathBuf, Vec<String>) {
    let dir = target_dir().join("bench-data").join(format!("{}-{what}", version(source)));
    if !dir.is_dir() {
        let begun = dir.with_extension("new");
        let _ = std::fs::remove_dir_all(&begun);
        std::fs::create_dir_all(&begun).expect("target can be written");
        eprintln!("making a database: {what}");
        written(&begun, fill);
        std::fs::rename(&begun, &dir).expect("target can be written");
    }
    let sessions: Vec<String> = users.iter().map(|user| format!("{user:032x}")).collect();
    written(&dir, |db| open_sessions(db, users, &sessions));
    (dir, sessions)
}

/// A copy that may be changed. On the disk of `target`, since what is measured on it is syncs.
pub fn copy(dir: &Path, name: &str) -> PathBuf {
    let copy = target_dir().join("bench-data").join(name);
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir_all(&copy).expect("target can be written");
    std::fs::copy(dir.join("billmgr.db"), copy.join("billmgr.db")).expect("target can be written");
    copy
}

pub fn target_dir() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().expect("the scratch directory is in target").to_owned()
}

fn version(source: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(include_bytes!("data.rs")).update(source);
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("schema")];
    while let Some(dir) = dirs.pop() {
        let entries = std::fs::read_dir(dir).expect("the schema is here").flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            match std::fs::read(&path) {
                Ok(text) => drop(hasher.update(path.as_os_str().as_encoded_bytes()).update(&text)),
                Err(_directory) => dirs.push(path),
            }
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Opens, changes and closes a database, and waits until it is closed.
fn written(dir: &Path, change: impl FnOnce(&Db) -> Result<()>) {
    let db = Db::open(&Db::file_url(dir)).expect("the database opens");
    change(&db).expect("the database takes its data");
    drop(db);
    let log = dir.join("billmgr.db-wal");
    while log.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn open_sessions(db: &Db, users: &[i64], sessions: &[String]) -> Result<()> {
    let now_us = time::Clock::system().now_us();
    let row = |(user, id): (&i64, &String)| (*user, session::hash(id));
    let rows: Vec<(i64, String)> = users.iter().zip(sessions).map(row).collect();
    db.write(move |conn| {
        Sql::new("DELETE FROM session").execute(conn)?;
        for (user, hash) in &rows {
            let values =
                [hash.as_str().into(), hash[..16].into(), (*user).into(), now_us.into(), now_us.into()];
            let sql = Sql::new("INSERT INTO session (hash, handle, user_id, created_at, seen_at) VALUES (");
            sql.binds(values).sql(")").execute(conn)?;
        }
        Ok(())
    })
}

const DICTIONARIES: &str = "
    INSERT INTO currency (name, name_fold, iso, symbol) VALUES ('Euro', 'euro', 'EUR', '€');
    INSERT INTO country (name, name_fold, name_ru, iso2, phonecode) VALUES ('Latvia', 'latvia', 'Латвия', 'LV', '371');
    INSERT INTO project (name, name_fold, currency_id) VALUES ('Bench hosting', 'bench hosting', 1);
    INSERT INTO company (name, name_fold, country_id) VALUES ('Bench SIA', 'bench sia', 1);
    INSERT INTO project_company VALUES (1, 1);
    INSERT INTO company_profiletype VALUES (1, 1), (1, 2), (1, 3);
    INSERT INTO paymethod (name, name_fold, module, currency_id) VALUES
        ('Bank transfer', 'bank transfer', 'pmbank', 1), ('Card', 'card', 'pmcard', 1), ('Cash', 'cash', '', 1);
    INSERT INTO paymethod_project SELECT id, 1 FROM paymethod;
    INSERT INTO account (id, reseller_id, is_reseller, name, name_fold) VALUES (2, 2, TRUE, 'Reseller', 'reseller');
    INSERT INTO users (id, account_id, reseller_id, name, name_fold, level) VALUES (2, 2, 2, 'reseller', 'reseller', 24);
";

/// An administrator, a provider, and the ways to pay it.
pub fn begin(db: &Db) -> Result<()> {
    let hash = Hasher::new().hash(PASSWORD)?;
    db.write(move |conn| {
        first_start::add_admin(conn, "admin", &hash, START_US)?;
        Ok(conn.batch_execute(DICTIONARIES)?)
    })
}

fn fill(db: &Db, size: Size) -> Result<()> {
    begin(db)?;
    db.write(move |conn| clients(conn, FIRST_CLIENT, size.direct().end - 1))?;
    for first in (1..=size.payments).step_by(CHUNK as usize) {
        db.write(move |conn| payments(conn, size, first, (first + CHUNK - 1).min(size.payments)))?;
    }
    Ok(())
}

/// `i` from one number to another, for an INSERT … SELECT.
pub fn numbers(first: i64, last: i64) -> Sql {
    let sql = Sql::new("WITH RECURSIVE n (i) AS (SELECT ").bind(first);
    sql.sql(" UNION ALL SELECT i + 1 FROM n WHERE i < ").bind(last).sql(") ")
}

const CLIENT_TABLES: [&str; 5] = [
    "INSERT INTO account (id, name, name_fold, reseller_id, registration_at)
     SELECT i, 'Client ' || i, 'client ' || i, CASE WHEN i < 1003 THEN 2 ELSE 0 END, 1704067200000000 FROM n",
    "INSERT INTO users (id, account_id, name, name_fold, reseller_id)
     SELECT i, i, 'client' || i, 'client' || i, CASE WHEN i < 1003 THEN 2 ELSE 0 END FROM n",
    "INSERT INTO profile (id, account_id, name, name_fold, reseller_id)
     SELECT i, i, 'Payer ' || i || ' & Sons', 'payer ' || i, CASE WHEN i < 1003 THEN 2 ELSE 0 END FROM n",
    "INSERT INTO book (id, kind, owner_id, project_id, currency_id) SELECT i, 'client', i, 1, 1 FROM n",
    "INSERT INTO subaccount (id, account_id, project_id, currency_id, book_id, reseller_id)
     SELECT i, i, 1, 1, i, CASE WHEN i < 1003 THEN 2 ELSE 0 END FROM n",
];

pub fn clients(conn: &mut Conn, first: i64, last: i64) -> Result<()> {
    for insert in CLIENT_TABLES {
        numbers(first, last).sql(insert).execute(conn)?;
    }
    Ok(())
}

/// Every client pays in turn, so that the payments of one lie all over the table.
fn payments(conn: &mut Conn, size: Size, first: i64, last: i64) -> Result<()> {
    conn.batch_execute("PRAGMA cache_size = -262144")?;
    let (direct, clients) = (size.direct_of_ten, size.direct_clients().max(1));
    let sql = numbers(first, last).sql(", owner (i, account) AS (SELECT i, CASE WHEN i % 10 < ").bind(direct);
    let sql = sql.sql(" THEN 1003 + (i / 10 * ").bind(direct).sql(" + i % 10) % ").bind(clients);
    let sql = sql.sql(" ELSE 3 + (i / 10 * (10 - ").bind(direct).sql(") + i % 10 - ").bind(direct);
    let sql = sql.sql(
        ") % 1000 END FROM n)
         INSERT INTO payment (id, account_id, reseller_id, subaccount_id, project_id, number, number_fold,
             sender_id, recipient_id, paymethod_id, status, subaccountamount, paymethodamount, createdate, paydate)
         SELECT i, account, CASE WHEN account < 1003 THEN 2 ELSE 0 END, account, 1, 'BILL-' || i, 'bill-' || i,
             account, 1, 1 + i % 3, CASE WHEN ",
    );
    let sql = sql.bind(size.unpaid).sql(" THEN 1 ELSE 1 + i % 4 END, (i % 9000 + 100) * 10000, ");
    let sql = sql.sql("(i % 9000 + 100) * 10000, ").bind(START_US).sql(" + i * 60000000, ").bind(START_US);
    sql.sql(" + i * 60000000 FROM owner").execute(conn)?;
    Ok(())
}
