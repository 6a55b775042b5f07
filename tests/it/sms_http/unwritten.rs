//! The database refuses what became of a message that has left.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use billmgr::app::App;
use billmgr::db::{Backend, Sql};
use billmgr::telecom::sms::worker;

use super::office::{Office, PHONE, query};
use crate::support::{World, worlds};

/// No message can be changed from now on.
fn break_it(app: &App) {
    let sql: &[&'static str] = match app.db.backend() {
        Backend::Sqlite => &[
            "CREATE TRIGGER fault BEFORE UPDATE ON sms_message BEGIN SELECT RAISE(ABORT, 'database is locked'); END",
        ],
        Backend::Postgres => &[
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no place is left'; END $$",
            "CREATE TRIGGER fault BEFORE UPDATE ON sms_message FOR EACH ROW EXECUTE FUNCTION fault()",
        ],
    };
    run(app, sql);
}

fn mend(app: &App) {
    run(
        app,
        match app.db.backend() {
            Backend::Sqlite => &["DROP TRIGGER fault"],
            Backend::Postgres => &["DROP TRIGGER fault ON sms_message", "DROP FUNCTION fault()"],
        },
    );
}

fn run(app: &App, all: &'static [&'static str]) {
    let done = app.db.write(move |conn| all.iter().try_for_each(|sql| Sql::new(sql).execute(conn).map(drop)));
    done.expect("a statement");
}

/// A gateway that does something before each answer, and counts its requests.
fn gateway(answer: &'static str, before: impl Fn() + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (address, count) = (listener.local_addr().expect("a port"), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            counted.fetch_add(1, Ordering::SeqCst);
            before();
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, count)
}

const TAKEN: &str = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
const THROTTLED: &str = "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n";

fn office<'w>(world: &'w World, address: SocketAddr) -> Office<'w> {
    let usual = [("kind", "http"), ("method", "GET"), ("timeout_sec", "20")];
    Office::new(world, &[&usual[..], &[("url", &url(address))]].concat())
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/?n=%digits%&t=%text%")
}

fn sent(world: &World) -> String {
    let call = [("func", "sms.send"), ("phone", PHONE), ("provider", "way"), ("text", "x"), ("sok", "ok")];
    let doc = world.call("client", &query(&call));
    let kind = doc.get("error").and_then(|error| error.get_attr("type"));
    kind.or(doc.get_text("status")).unwrap_or_default().to_owned()
}

worlds! {
    /// A short fault is waited for: nobody notices.
    fn an_outcome_that_is_written_down_at_the_second_try(world: &World) {
        let (app, (told, is_mended)) = (world.app.clone(), std::sync::mpsc::channel());
        let (address, count) = gateway(TAKEN, move || {
            break_it(&app);
            let (app, told) = (app.clone(), told.clone());
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(200));
                mend(&app);
                let _ = told.send(());
            });
        });
        let office = office(world, address);
        let before = office.balance();
        assert_eq!(sent(world), "SENT_TO_PROVIDER");
        is_mended.recv().expect("the database is whole again");
        // Where this machine was slow it was left to the worker.
        worker::run_due(&world.app).expect("it is written down");
        assert_eq!((office.status().as_str(), before - office.balance()), ("SENT_TO_PROVIDER", 40_000));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    /// A long one is told as it is; later it is written down, once, and nothing leaves a second time.
    fn an_outcome_that_is_written_down_later(world: &World) {
        let app = world.app.clone();
        let taken = gateway(TAKEN, move || break_it(&app));
        let app = world.app.clone();
        let throttled = gateway(THROTTLED, move || break_it(&app));
        let office = office(world, taken.0);
        for ((address, count), told, written, cost, entries) in
            [(taken, "SENT_TO_PROVIDER", "SENT_TO_PROVIDER", 40_000, 1), (throttled, "busy", "FAILED", 0, 2)]
        {
            office.change(&[("url", &url(address))]);
            let before = office.balance();
            assert_eq!(sent(world), told);
            assert_eq!((office.status().as_str(), before - office.balance()), ("SENDING", 40_000));
            mend(&world.app);
            for _ in 0..2 {
                worker::run_due(&world.app).expect("it is written down");
                assert_eq!((office.status().as_str(), before - office.balance()), (written, cost));
            }
            assert_eq!(count.load(Ordering::SeqCst), 1);
            assert_eq!(office.count("SELECT COUNT(*) FROM journal WHERE funcname = 'sms.send'"), entries);
        }
    }
}
