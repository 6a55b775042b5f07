//! A world with lines, rates and money for calls.

use billmgr::db::{Conn, Kind, Raw, Sql};
use billmgr::doc::Node;
use billmgr::money::Money;
use billmgr::rpc::BUDGET_SLOW;

use crate::direct::tables;
use crate::support::{World, dom};

pub struct Phones<'w> {
    pub world: &'w World,
}

/// What a plan asks for calls to a prefix: a minute, first block, further blocks, connection, free time.
pub type Rate<'r> = (&'r str, &'r str, i64, i64, &'r str, i64);

pub const WHOLESALE: [Rate; 2] = [("49", "0.06", 1, 1, "0.01", 0), ("4930", "0.12", 60, 6, "0", 0)];
pub const RETAIL: [Rate; 3] =
    [("49", "0.6", 60, 60, "0.05", 3), ("4930", "1.2", 60, 6, "0", 0), ("371", "1", 1, 1, "0", 0)];

pub fn insert(conn: &mut Conn, table: &str, values: &[(&str, Raw)]) -> i64 {
    let sql = Sql::new("INSERT INTO ").word(table).sql(" (").words(values.iter().map(|(name, _)| *name));
    let sql =
        sql.sql(") VALUES (").binds(values.iter().map(|(_, value)| value.clone())).sql(") RETURNING id");
    sql.first(conn, &[Kind::Int]).expect("a row is made").expect("with an id")[0].int()
}

pub fn micro(text: &str) -> i64 {
    Money::parse(text).expect("an amount").0
}

/// A plan and its rates. Every prefix is made once.
fn plan(conn: &mut Conn, name: &str, project: i64, currency: i64, rates: &[Rate]) -> i64 {
    let columns = [("name", name.into()), ("project_id", project.into()), ("currency_id", currency.into())];
    let plan = insert(conn, "plan", &columns);
    for (prefix, price, initblock, billingblock, connectcharge, min_time) in rates {
        let found = Sql::new("SELECT id FROM prefix WHERE prefix = ").bind(*prefix).first(conn, &[Kind::Int]);
        let prefix = match found.expect("prefixes can be read") {
            Some(row) => row[0].int(),
            None => {
                let destination = format!("Destination {prefix}");
                insert(conn, "prefix", &[("prefix", (*prefix).into()), ("destination", destination.into())])
            }
        };
        insert(
            conn,
            "rate",
            &[
                ("plan_id", plan.into()),
                ("prefix_id", prefix.into()),
                ("price", micro(price).into()),
                ("initblock", (*initblock).into()),
                ("billingblock", (*billingblock).into()),
                ("connectcharge", micro(connectcharge).into()),
                ("min_time", (*min_time).into()),
            ],
        );
    }
    plan
}

impl<'w> Phones<'w> {
    /// `client` is the provider's and pays by the wholesale plan, as the reseller does; `buyer` is the
    /// reseller's. Their lines are called like them.
    pub fn new(world: &'w World) -> Self {
        let id = |name: &str| world.id(name).parse::<i64>().expect("an id");
        let (project, euro) = (id("project"), id("euro"));
        let accounts = ["client", "client2", "reseller", "buyer"].map(|name| (name, id(name)));
        let reseller_id = id("reseller");
        let done = world.app.db.write(move |conn| {
            let wholesale = plan(conn, "Wholesale", project, euro, &WHOLESALE);
            let retail = plan(conn, "Retail", project, euro, &RETAIL);
            for (name, account) in accounts {
                let plan = if name == "buyer" { retail } else { wholesale };
                let owner = if ["buyer", "reseller"].contains(&name) { reseller_id } else { 0 };
                let sql = Sql::new("UPDATE account SET plan_id = ").bind(plan).sql(" WHERE id = ");
                sql.bind(account).execute(conn)?;
                let owners = [("account_id", Raw::from(account)), ("reseller_id", owner.into())];
                let sip = [owners.to_vec(), vec![("name", name.into()), ("kind", "main".into())]].concat();
                let sip = insert(conn, "sip", &sip);
                let peer = [
                    ("sip_id", sip.into()),
                    ("seq", 1.into()),
                    ("peer_name", format!("{name}_ipa1").into()),
                    ("ip", format!("203.0.113.{account}").into()),
                ];
                insert(conn, "ipauth", &[owners.to_vec(), peer.to_vec()].concat());
                let callerid = [("cid", format!("+4930{account:0>6}").into()), ("active", true.into())];
                insert(conn, "callerid", &[owners.to_vec(), callerid.to_vec()].concat());
            }
            Ok(())
        });
        done.expect("lines are made");
        world.done("admin", "func=switch.edit&name=built-in&kind=sandbox&sok=ok");
        Self { world }
    }

    /// Pays so much in for a client.
    pub fn pay(&self, name: &str, amount: &str) {
        let (account, paymethod) = (self.world.id(name), self.world.id("paymethod"));
        let pay = format!(
            "func=payment.edit&plid={account}&subaccountamount={amount}&paymethod={paymethod}&sok=ok"
        );
        let made = self.world.done("admin", &pay);
        let id = dom::find(&made, "/doc/id").pop().expect("a payment");
        self.world.done("admin", &format!("func=payment.setpaid&elid={id}&sok=ok"));
    }

    /// A statement that no function stands for.
    pub fn run(&self, sql: Sql) {
        self.world.app.db.write(move |conn| sql.clone().execute(conn)).expect("it is written");
    }

    /// Balance of a book of an account, as text.
    pub fn book(&self, kind: &str, name: &str) -> String {
        let owner = if name.is_empty() { 0 } else { self.world.id(name).parse().expect("an id") };
        let sql = Sql::new(
            "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e JOIN book b ON b.id = e.book_id \
             WHERE b.kind = ",
        );
        let sql = sql.bind(kind).sql(" AND b.owner_id = ").bind(owner);
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
        Money(row.expect("books can be read").expect("a sum")[0].int()).plain()
    }

    /// What a call of the function moved: the balances of these books before and after.
    pub fn moved(&self, books: &[(&str, &str)], work: impl FnOnce()) -> Vec<String> {
        let amounts =
            || -> Vec<i64> { books.iter().map(|(kind, name)| micro(&self.book(kind, name))).collect() };
        let before = amounts();
        work();
        let moved = amounts().into_iter().zip(before).map(|(after, before)| Money(after - before).plain());
        moved.collect()
    }

    pub fn call(&self, from: &str, to: &str, more: &str) -> Node {
        self.world.call("admin", &format!("func=sandbox.call&from={from}&to={to}{more}"))
    }

    pub fn made(&self, from: &str, to: &str, more: &str) -> Node {
        self.world.done("admin", &format!("func=sandbox.call&from={from}&to={to}{more}"))
    }

    pub fn ask(&self, func: &str, uniqueid: &str, more: &str) -> Node {
        self.world.call("admin", &format!("func={func}&switch=built-in&uniqueid={uniqueid}{more}"))
    }

    /// The ledger is in order, and nothing is held when no call is under way.
    pub fn check(&self) {
        let report = self.world.app.db.read(BUDGET_SLOW, billmgr::books::check::run).expect("a report");
        assert_eq!(report.faults, [], "the ledger is not in order");
        let calls = tables::rows(&self.world.app.db, "call");
        let held = |column: &str| calls.iter().map(|call| call[column].parse::<i64>().unwrap()).sum::<i64>();
        let sql =
            Sql::new("SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM book WHERE kind = 'frozen'");
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
        let frozen = row.expect("books can be read").expect("a sum")[0].int();
        assert_eq!(frozen, held("held") + held("wholesale_held"), "what is held is of calls under way");
        self.check_records();
    }

    /// Every payer was charged what the records say, and nothing else for calls.
    fn check_records(&self) {
        let mut costs = std::collections::BTreeMap::<String, i64>::new();
        for record in tables::rows(&self.world.app.db, "cdr") {
            let micro = |column: &str| record[column].parse::<i64>().unwrap();
            *costs.entry(record["account_id"].clone()).or_default() += micro("cost");
            *costs.entry(record["reseller_id"].clone()).or_default() += micro("wholesale_cost");
        }
        costs.retain(|_, cost| *cost != 0);
        let sql = Sql::new(
            "SELECT b.owner_id, CAST(-SUM(e.amount) AS BIGINT) FROM entry e JOIN book b ON b.id = e.book_id \
             JOIN transfer t ON t.id = e.transfer_id WHERE b.kind IN ('client', 'frozen') AND \
             (t.key LIKE '%:call:%' OR t.key LIKE '%:wholesale:%' OR t.key LIKE '%:cdr:%') \
             GROUP BY b.owner_id HAVING SUM(e.amount) <> 0",
        );
        let kinds = [Kind::Int, Kind::Int];
        let rows = self.world.app.db.read(BUDGET_SLOW, |conn| sql.load(conn, &kinds)).expect("entries");
        let charged = rows.iter().map(|row| (row[0].int().to_string(), row[1].int())).collect();
        assert_eq!(costs, charged, "records and ledger");
    }
}

/// The type and the object of an error.
pub fn refusal(doc: &Node) -> (String, String) {
    let error = doc.get("error").unwrap_or_else(|| panic!("no error: {doc:?}"));
    let attr = |name| error.get_attr(name).unwrap_or_default().to_owned();
    (attr("type"), attr("object"))
}

pub fn text(doc: &Node, name: &str) -> String {
    doc.get_text(name).unwrap_or_else(|| panic!("no {name}: {doc:?}")).to_owned()
}
