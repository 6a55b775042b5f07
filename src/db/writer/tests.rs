//! Many who write at once, some of whose jobs fail, panic or want to be alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;

use super::Writer;
use crate::db::{Conn, Kind, Sql, conn, sqlite_hook};
use crate::error::{Error, Result};

const THREADS: i64 = 16;
const EACH: i64 = 60;

struct File(std::path::PathBuf);

impl File {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("billmgr-writer-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).expect("a directory can be made");
        Self(dir)
    }

    fn writer(&self) -> Writer {
        sqlite_hook::install();
        let mut conn = conn::connect(&crate::db::Db::file_url(&self.0)).expect("the database opens");
        conn.batch_execute("CREATE TABLE t (n BIGINT NOT NULL)").expect("a table");
        Writer::start(conn)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn insert(conn: &mut Conn, n: i64) -> Result<()> {
    Sql::new("INSERT INTO t (n) VALUES (").bind(n).sql(")").execute(conn).map(drop)
}

fn job(conn: &mut Conn, n: i64) -> Result<i64> {
    insert(conn, n)?;
    match n % 7 {
        3 => Err(Error::value("n", n.to_string())),
        5 => panic!("a job of the test panics"),
        _ => Ok(n),
    }
}

fn count(writer: &Writer) -> (i64, i64) {
    let sql = Sql::new("SELECT COUNT(*), CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM t");
    let row = writer.write(false, move |conn| sql.clone().first(conn, &[Kind::Int, Kind::Int]));
    let row = row.expect("the table can be read").expect("a count is a row");
    (row[0].int(), row[1].int())
}

#[test]
fn each_is_answered_and_only_what_was_answered_stays() {
    let file = File::new();
    let writer = file.writer();
    let done: Vec<i64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let writer = &writer;
                scope.spawn(move || {
                    let own = thread * EACH..(thread + 1) * EACH;
                    own.filter_map(|n| writer.write(n % 5 == 0, move |conn| job(conn, n)).ok()).collect()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| -> Vec<i64> { thread.join().expect("each ends") }).collect()
    });
    let right = (0..THREADS * EACH).filter(|n| !matches!(n % 7, 3 | 5));
    assert_eq!(done.len(), right.clone().count());
    assert_eq!(count(&writer), (done.len() as i64, right.sum()));
    assert_eq!(writer.turn.waiting.load(Ordering::SeqCst), 0);
}

/// A job that ends the transaction that it shares takes nobody's work with it.
#[test]
fn a_lost_transaction_is_run_again() {
    let file = File::new();
    let writer = file.writer();
    let spoil = |conn: &mut Conn| -> Result<()> {
        conn.batch_execute("ROLLBACK")?;
        Err(Error::value("n", ""))
    };
    std::thread::scope(|scope| {
        for n in 0..THREADS {
            let writer = &writer;
            scope.spawn(move || match n % 4 {
                0 => assert!(writer.write(false, spoil).is_err()),
                _ => writer.write(false, move |conn| insert(conn, n)).expect("it is written"),
            });
        }
    });
    let right = (0..THREADS).filter(|n| n % 4 != 0);
    assert_eq!(count(&writer), (right.clone().count() as i64, right.sum()));
}
