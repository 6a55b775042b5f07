//! Something to sell, and the module that delivers it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use billmgr::db::{Kind, Raw, Sql};
use billmgr::outbox::worker;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::time::SECOND_US;

use crate::support::{World, dom};

pub struct Shop<'w> {
    pub world: &'w World,
    /// The processing module.
    pub module: String,
    pub small: String,
    pub big: String,
}

fn made(world: &World, query: &str) -> String {
    let doc = world.done("admin", &format!("{query}&sok=ok"));
    doc.get_text("id").unwrap_or_else(|| panic!("{query} answers no id")).to_owned()
}

impl<'w> Shop<'w> {
    /// Two tariffs of 10.00 and 20.00 a month, delivered by a module, without letters.
    pub fn new(world: &'w World, module: &str) -> Self {
        let types = world.done("admin", "func=itemtype&p_cnt=100");
        let vds = dom::find(&types, "/doc/elem[intname=vds]/id").concat();
        let (project, euro) = (world.id("project"), world.id("euro"));
        let module = made(world, &format!("func=processing.edit&name=M&{module}"));
        let tariff = |name: &str, price: &str| {
            let of = format!("itemtype={vds}&project={project}&processingmodule={module}");
            made(
                world,
                &format!("func=pricelist.edit&{of}&name={name}&opennotify=none&monthly{euro}={price}"),
            )
        };
        let (small, big) = (tariff("Small", "10"), tariff("Big", "20"));
        Self { world, module, small, big }
    }

    /// The module is a shell script of the data directory, with mgrctl in its PATH.
    pub fn with_script(world: &'w World, body: &str) -> Self {
        let shop = Self::new(world, "module=pmtest&password=panel-secret&url=https://panel.example.com");
        shop.script(body);
        shop
    }

    pub fn script(&self, body: &str) {
        let (dir, path) = (self.modules(), self.modules().join("pmtest"));
        std::fs::create_dir_all(dir).expect("a directory");
        let tools = Path::new(env!("CARGO_BIN_EXE_mgrctl")).parent().expect("a directory").display();
        let body = body.trim_start().strip_prefix("#!/bin/sh\n").unwrap_or(body);
        let read = "while [ $# -gt 1 ]; do case $1 in --command) command=$2 ;; --item) item=$2 ;; esac; shift 2; done";
        // What asks for features gets nothing, unless the script has its own loop.
        let head = if body.contains("--command") { "" } else { read };
        let text = format!("#!/bin/sh\nPATH={tools}:$PATH\n{head}\n{body}\n");
        // A new file, so that what is known of the old one is not.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, text).expect("a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    pub fn modules(&self) -> PathBuf {
        self.world.dir().join("modules")
    }

    /// What a script wrote into a file of its folder.
    pub fn noted(&self, name: &str) -> String {
        std::fs::read_to_string(self.modules().join(name)).unwrap_or_default()
    }

    /// A service that is paid and waits for its module.
    pub fn order(&self, domain: &str) -> String {
        let query = format!(
            "func=vds.order.param&pricelist={}&period=1&domain={domain}&skipbasket=on&clicked_button=finish",
            self.small
        );
        let doc = self.world.done("client", &format!("{query}&sok=ok"));
        doc.get_text("id").expect("a service").to_owned()
    }

    /// Does what is due.
    pub fn work(&self) -> usize {
        worker::run_due(&self.world.app).expect("the outbox is worked off")
    }

    pub fn later(&self, seconds: i64) {
        self.world.clock.advance_us(seconds * SECOND_US);
    }

    fn row(&self, sql: Sql, kinds: &[Kind]) -> Vec<Raw> {
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, kinds)).expect("a read");
        row.unwrap_or_else(|| panic!("there is no such row"))
    }

    /// `2`, `5_open`
    pub fn status(&self, item: &str) -> String {
        let sql = Sql::new("SELECT status, substatus FROM item WHERE id = ").bind(number(item));
        let row = self.row(sql, &[Kind::Int, Kind::Text]);
        let join = if row[1].str().is_empty() { "" } else { "_" };
        format!("{}{join}{}", row[0].int(), row[1].str())
    }

    pub fn text(&self, item: &str, column: &str) -> String {
        let sql = Sql::new("SELECT ").word(column).sql(" FROM item WHERE id = ").bind(number(item));
        self.row(sql, &[Kind::Text])[0].str().to_owned()
    }

    /// State, attempts and error of the newest operation on a service.
    pub fn operation(&self, item: &str) -> (String, i64, String) {
        let sql = Sql::new("SELECT state, attempts, error FROM outbox WHERE item_id = ").bind(number(item));
        let row = self.row(sql.sql(" ORDER BY id DESC LIMIT 1"), &[Kind::Text, Kind::Int, Kind::Text]);
        (row[0].str().to_owned(), row[1].int(), row[2].str().to_owned())
    }

    /// Logs of failed attempts, oldest first.
    pub fn logs(&self, item: &str) -> Vec<String> {
        let sql =
            Sql::new("SELECT log FROM errorhistory WHERE item_id = ").bind(number(item)).sql(" ORDER BY id");
        let rows = self.world.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &[Kind::Text])).expect("a read");
        rows.iter().map(|row| row[0].str().to_owned()).collect()
    }

    /// How often a service was charged.
    pub fn charges(&self, item: &str) -> i64 {
        let sql = Sql::new("SELECT COUNT(*) FROM expense WHERE item_id = ").bind(number(item));
        self.row(sql, &[Kind::Int])[0].int()
    }

    /// Nothing is wrong in the ledger.
    pub fn check(&self) {
        let doc = self.world.done("admin", "func=ledger.check");
        assert_eq!(dom::find(&doc, "/doc/elem/detail"), Vec::<String>::new());
    }

    pub fn mgrctl(&self, token: &str, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mgrctl"));
        command.env("BILLMGR_SOCKET", self.world.socket()).env_remove("SSH_CONNECTION");
        command.env("BILLMGR_TOKEN", token);
        let output = command.args(args).output().expect("mgrctl runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

pub fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}
