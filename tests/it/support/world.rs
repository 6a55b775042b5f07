//! A running server over a database of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use billmgr::app::App;
use billmgr::doc::Node;
use billmgr::http::{Control, Server, bind_local};
use billmgr::settings::{self, Origin};
use billmgr::time::{Clock, DAY_US};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::database::{Database, Dir, Engine, Names, Template};
use super::http::{Reply, Request};
use super::seed::{self, PASSWORD};
use super::{dom, dump, letter};

const FORM: &str = "application/x-www-form-urlencoded";

pub struct World {
    pub app: Arc<App>,
    pub clock: Clock,
    pub address: SocketAddr,
    pub names: Names,
    tasks: Vec<JoinHandle<()>>,
    // Dropped in this order: the database before where it lies.
    database: Database,
    dir: Dir,
}

/// One runtime for all worlds: each only adds its listeners.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// Tests speak for clients at other addresses, as a proxy does, and send as much as they like.
fn config_text(lines: &str) -> String {
    let unlimited = ["ApiAddressRate", "ApiKeyRate", "ApiBuyRate"].into_iter();
    let unlimited = unlimited.filter(|name| !lines.contains(name)).map(|name| format!("{name} 0\n"));
    format!("TrustedProxy 127.0.0.1\n{}{lines}\n", unlimited.collect::<String>())
}

/// The demo's year ends so many days after the morning on which other worlds begin.
const DEMO_DAYS: i64 = 139;

impl World {
    pub fn new(engine: Engine) -> Self {
        Self::of(Template::of(engine))
    }

    /// The demo data, on the morning after its year.
    pub fn demo() -> Self {
        let world = Self::of(Template::demo());
        world.clock.advance_us(DEMO_DAYS * DAY_US);
        world
    }

    fn of(template: &Template) -> Self {
        let dir = Dir::new();
        let database = template.copy(&dir.0);
        let file = dir.0.join("billmgr.conf");
        std::fs::write(&file, config_text("")).expect("a configuration file");
        let app = seed::app(&database.url, &dir.0, Origin { file: Some(file), ..Origin::default() });
        let server = Server::new(app.clone(), Arc::new(Control::default()));
        let _entered = runtime().enter();
        let listener = runtime().block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let local = bind_local(&dir.0.join("billmgr.sock")).expect("a socket");
        let tasks = vec![tokio::spawn(server.clone().tcp(listener)), tokio::spawn(server.local(local))];
        Self { clock: app.clock.clone(), names: template.names(), app, address, tasks, database, dir }
    }

    pub fn dir(&self) -> PathBuf {
        self.dir.0.clone()
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.0.join("billmgr.sock")
    }

    /// `http://127.0.0.1:port/billmgr`
    pub fn url(&self) -> String {
        format!("http://{}/billmgr", self.address)
    }

    /// The id of a seeded record.
    pub fn id(&self, name: &str) -> &str {
        self.names.get(name).unwrap_or_else(|| panic!("the seed makes no `{name}`"))
    }

    /// The proof of a seeded user's identity, as parameters.
    pub fn proof(&self, user: &str) -> String {
        format!("authinfo={user}:{PASSWORD}")
    }

    /// The newest letter as it is read, where letters are files.
    pub fn letter(&self) -> String {
        let files = std::fs::read_dir(self.dir.0.join("mail")).expect("letters");
        let number = |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()?.parse::<i64>().ok());
        let newest = files.map(|file| file.expect("a letter").path()).max_by_key(number);
        letter::read(&std::fs::read(newest.expect("a letter")).expect("a letter"))
    }

    /// Replaces the configuration file and has it read, as the server does within a second.
    pub fn configure(&self, lines: &str) {
        let file = self.app.origin.file.clone().expect("a world has a configuration file");
        std::fs::write(file, config_text(lines)).expect("a configuration file");
        settings::reload(&self.app);
    }

    pub fn get(&self, query: &str) -> Reply {
        Request::get(format!("/billmgr?{query}")).send(self.address)
    }

    pub fn post(&self, body: &str) -> Reply {
        Request::post("/billmgr", FORM, body).send(self.address)
    }

    /// A call by a seeded user; the document of its `out=xml`.
    pub fn call(&self, user: &str, query: &str) -> Node {
        let reply = self.post(&format!("{query}&out=xml&{}", self.proof(user)));
        assert_eq!((reply.status, reply.mime()), (200, "text/xml"), "{query}: {}", reply.body);
        dom::parse(&reply.body).unwrap_or_else(|why| panic!("{query}: {why} in {}", reply.body))
    }

    /// The same where nothing but success is expected.
    pub fn done(&self, user: &str, query: &str) -> Node {
        let doc = self.call(user, query);
        assert!(doc.get("error").is_none(), "{query}: {:?}", doc.get("error"));
        doc
    }

    /// Where the world is kept, for a server of its own over it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The program started anew over the same database, at the same moment.
    pub fn reopened(&self) -> Arc<App> {
        let app = seed::app(&self.database.url, &self.dir.0, self.app.origin.clone());
        app.clock.advance_us(self.clock.now_us() - app.clock.now_us());
        app
    }

    /// The same behind an address of its own.
    pub fn reopened_at(&self) -> (SocketAddr, JoinHandle<()>) {
        let server = Server::new(self.reopened(), Arc::new(Control::default()));
        let _entered = runtime().enter();
        let listener = runtime().block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        (address, tokio::spawn(server.tcp(listener)))
    }

    /// A session of a seeded user.
    pub fn sign_in(&self, user: &str) -> String {
        let reply = self.post(&format!("func=auth&username={user}&password={PASSWORD}&out=xml"));
        let doc = dom::parse(&reply.body).expect("XML");
        dom::find(&doc, "/doc/auth/@id").pop().unwrap_or_else(|| panic!("{user}: {}", reply.body))
    }

    /// All that the database holds, except for the log of sign-ins, as one number.
    pub fn digest(&self) -> u64 {
        dump::digest(&self.app.db)
    }

    /// All that the database holds, in words.
    pub fn everything(&self) -> String {
        dump::text(&self.app.db)
    }

    /// Runs something that may not change anything.
    pub fn unchanged<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.digest();
        let done = work();
        assert_eq!(self.digest(), before, "something was changed");
        done
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
