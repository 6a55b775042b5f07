//! Orders of eSIMs and their money: many at once, providers that fail in every way, and the code that a
//! telephone scans.

mod http;
mod picture;
mod states;
mod upstream;

use std::thread;

use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::json::Json;
use billmgr::rpc::BUDGET_SLOW;

use crate::direct::tables;
use crate::support::{Request, World, dom, worlds};

/// A world with a provider, its packages and money.
struct Shop<'w> {
    world: &'w World,
    provider: String,
}

const SECOND_US: i64 = 1_000_000;

impl<'w> Shop<'w> {
    /// The sandbox: P2CYMUS93 costs clients 4.50 and resellers 3.60. client has 76.00.
    fn new(world: &'w World) -> Self {
        Self::of(world, "kind=sandbox")
    }

    fn of(world: &'w World, how: &str) -> Self {
        let (project, euro) = (world.id("project"), world.id("euro"));
        let doc = world.done(
            "admin",
            &format!(
                "func=esim.provider.edit&code=upstream&name=Upstream&{how}&project={project}&currency={euro}\
                 &markup_client=50&markup_reseller=20&webhook_secret=hush&sok=ok"
            ),
        );
        let provider = doc.get_text("id").expect("an id").to_owned();
        let shop = Self { world, provider };
        shop.sync_catalogue();
        shop
    }

    fn sync_catalogue(&self) -> Node {
        self.world.done("admin", &format!("func=esim.package.sync&provider={}&sok=ok", self.provider))
    }

    fn pay(&self, name: &str, amount: &str) {
        let (account, method) = (self.world.id(name), self.world.id("paymethod"));
        let payment =
            format!("func=payment.edit&plid={account}&subaccountamount={amount}&paymethod={method}");
        let payment = self.world.done("admin", &format!("{payment}&sok=ok"));
        let id = payment.get_text("id").expect("an id");
        self.world.done("admin", &format!("func=payment.setpaid&elid={id}"));
    }

    fn credit(&self, name: &str, amount: &str) {
        let account = self.world.id(name);
        self.world.done("reseller", &format!("func=account.transfer&plid={account}&amount={amount}&sok=ok"));
    }

    fn buy(&self, name: &str, package: &str, more: &str) -> Node {
        self.world.call(name, &format!("func=esim.buy&package={package}{more}&sok=ok"))
    }

    /// The id of an order that was taken.
    fn order(&self, name: &str, package: &str) -> String {
        let doc = self.buy(name, package, "");
        doc.get_text("id").unwrap_or_else(|| panic!("{package}: {doc:?}")).to_owned()
    }

    fn sync(&self, name: &str, id: &str) -> Node {
        self.world.call(name, &format!("func=esim.sync&elid={id}"))
    }

    fn status(&self, id: &str) -> String {
        let doc = self.world.done("admin", &format!("func=esim.info&elid={id}"));
        doc.get_text("status").unwrap_or_default().to_owned()
    }

    /// What a client sees, and all that stands on his book.
    fn balance(&self, name: &str) -> String {
        dom::find(&self.world.done(name, "func=account.dashboard"), "/doc/elem/balance").concat()
    }

    /// Nothing frozen, and books that are right.
    fn is_settled(&self) {
        self.is_clean();
        let sql =
            Sql::new("SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM book WHERE kind = 'frozen'");
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int])).expect("books");
        assert_eq!(row.expect("a sum")[0].int(), 0, "money is still held");
    }

    fn is_clean(&self) {
        let doc = self.world.done("admin", "func=ledger.check");
        assert_eq!(dom::find(&doc, "/doc/elem/detail"), Vec::<String>::new());
    }

    fn wait(&self, seconds: i64) {
        self.world.clock.advance_us(seconds * SECOND_US);
    }

    fn job(&self) {
        billmgr::jobs::run_named(&self.world.app, "esim", self.world.clock.now_us()).expect("the job runs");
    }

    fn report(&self, order_no: &str) -> u16 {
        let body = format!(r#"{{"notifyType":"ORDER_STATUS","content":{{"orderNo":"{order_no}"}}}}"#);
        let request = Request::post("/hook/esim/upstream?secret=hush", "application/json", body);
        request.send(self.world.address).status
    }

    fn orders(&self) -> usize {
        tables::rows(&self.world.app.db, "esim_order").len()
    }
}

/// What so many threads are answered.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let ask = &ask;
        let threads: Vec<_> = (0..count).map(|nth| scope.spawn(move || ask(nth))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

fn done(docs: &[Node]) -> usize {
    docs.iter().filter(|doc| doc.get("error").is_none()).count()
}

fn refusal(doc: &Node) -> String {
    let error = doc.get("error").expect("an error");
    format!(
        "{}({})",
        error.get_attr("type").unwrap_or_default(),
        error.get_attr("object").unwrap_or_default()
    )
}

worlds! {
    /// R130 R131
    fn syncs_at_once_move_the_money_once(world: &World) {
        let shop = Shop::new(world);
        shop.pay("reseller", "100.00");
        shop.credit("buyer", "100");
        for (package, status, client, reseller) in
            [("SBXFAIL", "REFUNDED", "100.00 EUR", "100.00 EUR"), ("P2CYMUS93", "READY", "95.50 EUR", "96.40 EUR")]
        {
            let id = shop.order("buyer", package);
            assert_eq!(shop.balance("buyer"), "95.50 EUR");
            assert_eq!(shop.balance("reseller"), "96.40 EUR");
            shop.wait(11);
            let docs = at_once(30, |nth| if nth % 3 == 0 {
                shop.job();
                Node::new("doc")
            } else {
                shop.sync("buyer", &id)
            });
            assert_eq!(done(&docs), 30);
            assert_eq!(shop.status(&id), status);
            assert_eq!((shop.balance("buyer"), shop.balance("reseller")), (client.into(), reseller.into()));
            shop.is_settled();
        }
    }

    /// R128 Fifty want one, and there is money for sixteen; then for five of the reseller.
    fn buyers_at_once_spend_what_there_is(world: &World) {
        let shop = Shop::new(world);
        let docs = at_once(50, |_| shop.buy("client", "EU1GNOW", "&expected_price=1.8"));
        assert_eq!(done(&docs), 42, "76.00 are 42 times 1.80");
        let refused = docs.iter().find(|doc| doc.get("error").is_some()).expect("a refusal");
        assert_eq!(refusal(refused), "limit(balance)");
        assert_eq!(shop.balance("client"), "0.40 EUR");
        shop.is_settled();
        shop.pay("reseller", "7.50");
        shop.credit("buyer", "1000");
        let docs = at_once(20, |_| shop.buy("buyer", "EU1GNOW", ""));
        assert_eq!(done(&docs), 5, "7.50 are five times 1.44");
        let refused = docs.iter().find(|doc| doc.get("error").is_some()).expect("a refusal");
        assert_eq!(refusal(refused), "limit(service)");
        let words = format!("{refused:?}");
        assert!(!words.contains("balance") && !words.contains("7.5") && !words.contains("1.44"), "{words}");
        assert_eq!((shop.balance("buyer"), shop.balance("reseller")), ("991.00 EUR".into(), "0.30 EUR".into()));
        assert_eq!(shop.orders(), 47, "a refused order is none");
        shop.is_settled();
    }

    fn fifty_of_one_reference_are_one_order(world: &World) {
        let shop = Shop::new(world);
        let docs = at_once(50, |_| shop.buy("client", "P2CYMUS93", "&external_id=CART-7"));
        assert_eq!((done(&docs), shop.orders()), (50, 1));
        let ids: std::collections::BTreeSet<_> = docs.iter().filter_map(|doc| doc.get_text("id")).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(shop.balance("client"), "71.50 EUR");
        // The reference is the account's own.
        shop.pay("client2", "10.00");
        assert_eq!(done(&[shop.buy("client2", "P2CYMUS93", "&external_id=CART-7")]), 1);
        assert_eq!(shop.orders(), 2);
        shop.is_clean();
    }

    /// What a provider says after the end changes no money; nobody gets the eSIM of another.
    fn reports_at_once_and_too_late(world: &World) {
        let shop = Shop::new(world);
        let id = shop.order("client", "P2CYMUS93");
        let number = tables::rows(&world.app.db, "esim_order")[0]["provider_order_no"].clone();
        shop.wait(11);
        assert_eq!(at_once(6, |_| shop.report(&number)), [200; 6]);
        assert_eq!(shop.status(&id), "READY");
        assert_eq!(shop.balance("client"), "71.50 EUR");
        let failing = shop.order("client", "SBXSILENTFAIL");
        world.done("admin", &format!("func=esim.refund&elid={failing}"));
        shop.wait(60);
        shop.job();
        assert_eq!(shop.sync("client", &failing).get_text("status"), Some("REFUNDED"));
        assert_eq!(shop.balance("client"), "71.50 EUR");
        shop.is_settled();
    }

    /// Of what the reseller pays, has or earns nothing reaches his client (operations.md §2.14).
    fn a_resellers_client_sees_his_own_prices_only(world: &World) {
        let shop = Shop::new(world);
        shop.pay("reseller", "3.70");
        shop.credit("buyer", "100");
        shop.order("buyer", "P2CYMUS93");
        assert_eq!(refusal(&shop.buy("buyer", "P2CYMUS93", "")), "limit(service)");
        for func in ["esim", "esim.package", "esim.filter", "esim.package.filter", "esim.buy", "esim.coverage&elid=P2CYMUS93"] {
            for more in ["", "&out=devel", "&out=json", "&lang=ru"] {
                let reply = world.get(&format!("func={func}{more}&{}", world.proof("buyer")));
                assert_eq!(reply.status, 200);
                for secret in ["wholesale", "3.60", "3.00", "reseller", "0.10 ", "SB1", "Upstream"] {
                    assert!(!reply.body.contains(secret), "{func}{more}: {secret} in {}", reply.body);
                }
            }
        }
        for column in ["wholesale_price=99", "buy_cost=99", "price_reseller=99", "note=x"] {
            for func in ["esim", "esim.package"] {
                let all = world.done("buyer", &format!("func={func}"));
                let some = world.call("buyer", &format!("func={func}&filter=on&{column}"));
                assert_eq!(dom::find(&some, "/doc/elem/id"), dom::find(&all, "/doc/elem/id"), "{func} {column}");
            }
        }
        shop.is_clean();
    }

    /// R68 R69: one key opens what it is for.
    fn keys_of_every_kind(world: &World) {
        let shop = Shop::new(world);
        let ask = |kind: &str, account: &str| {
            let id = world.id(account);
            let made = world.done("admin", &format!("func=apikey.edit&plid={id}&name={kind}&kind={kind}&sok=ok"));
            let key = made.get_text("key").expect("a key").to_owned();
            let reply = Request::get("/esim-api/index.php?endpoint=balance").header("X-API-Key", key).send(world.address);
            (reply.status, Json::parse(reply.body.as_bytes()).is_some())
        };
        assert_eq!(ask("client-api", "client"), (200, true));
        assert_eq!(ask("reseller-api", "reseller"), (200, true));
        assert_eq!(ask("number-api", "client2"), (403, true));
        shop.is_clean();
    }
}
