//! Functions that panic: their caller is told, everybody else notices nothing.

use std::sync::Arc;

use billmgr::app::{App, Place};
use billmgr::db::{Db, Sql};
use billmgr::error::Result;
use billmgr::http::{Control, Server};
use billmgr::rpc::handler::{Ctx, Handler, Reply};
use billmgr::rpc::registry::{Registry, Row};
use billmgr::seal::Sealer;
use billmgr::settings::Origin;
use billmgr::time::Clock;
use tokio::net::TcpListener;

use crate::support::database::{Database, Dir};
use crate::support::{Engine, Request, dom, seed};

const FUNCS: &[Row] = &[
    ("fall.read", Handler::Once(fall)),
    ("fall.write", Handler::Once(write_and_fall)),
    ("stand.read", Handler::Once(|_| Reply::ok())),
    ("stand.write", Handler::Once(write)),
];

const XML: &str = r#"<mgrdata>
  <metadata name="fall.read" type="action" level="nobody" reads="yes"/>
  <metadata name="fall.write" type="action" level="nobody"/>
  <metadata name="stand.read" type="action" level="nobody" reads="yes"/>
  <metadata name="stand.write" type="action" level="nobody"/>
  <lang name="en"><messages name="common"><msg name="title">Test</msg></messages></lang>
  <lang name="ru"><messages name="common"><msg name="title">Проверка</msg></messages></lang>
</mgrdata>"#;

fn fall(_cx: &mut Ctx) -> Result<Reply> {
    panic!("a test lets a handler fall")
}

fn write(cx: &mut Ctx) -> Result<Reply> {
    Sql::new("INSERT INTO setting (name, value) VALUES ('written', '')").execute(cx.conn)?;
    Reply::ok()
}

fn write_and_fall(cx: &mut Ctx) -> Result<Reply> {
    write(cx)?;
    fall(cx)
}

fn app(database: &Database, dir: &Dir) -> Arc<App> {
    let db = Arc::new(Db::open(&database.url).expect("the database opens"));
    let registry = Registry::new([("test.xml".to_owned(), XML)], &[FUNCS]).expect("functions");
    let config = Origin::default().load(&Default::default()).expect("the defaults");
    let place = Place { origin: Origin::default(), data_dir: dir.0.clone(), simulates: false };
    let (clock, sealer) = (Clock::fixed(seed::start_us()), Sealer::in_memory([7; 32]));
    App::new(db, Arc::new(registry), clock, config, sealer, place)
}

#[test]
fn a_panic_is_an_error_document() {
    for engine in Engine::all() {
        let dir = Dir::new();
        let database = Database::empty(engine, &dir.0);
        let server = Server::new(app(&database, &dir), Arc::new(Control::default()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        runtime.spawn(server.tcp(listener));
        let outcome = |func: &str| {
            let reply = Request::get(format!("/billmgr?func={func}&out=xml")).send(address);
            let doc = dom::parse(&reply.body).expect("XML");
            assert_eq!(reply.status, 200);
            doc.get("error")
                .map(|error| format!("{:?}", error.attrs.iter().map(|a| a.1.as_str()).collect::<Vec<_>>()))
        };
        for _ in 0..3 {
            for func in ["fall.read", "fall.write"] {
                let error = outcome(func).expect("an error");
                assert!(error.starts_with("[\"system\", \"panic\""), "{func} on {engine:?}: {error}");
                assert_eq!(outcome("stand.read"), None);
            }
        }
        // The name is unique: a row of one that fell would be in the way.
        assert_eq!(outcome("stand.write"), None);
        assert!(outcome("stand.write").expect("an error").contains("exists"));
    }
}
