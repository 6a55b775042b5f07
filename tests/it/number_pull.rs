//! Numbers of another server: one server of ours buys at another one, over the API that both offer.

use std::net::TcpListener;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use billmgr::db::{Backend, Sql};
use billmgr::jobs;
use billmgr::number::inbox::{self, Incoming};

use crate::direct::tables;
use crate::number_supplier::shop::Shop;
use crate::sms_http::office::{Deed, gateway};
use crate::support::{Engine, World, dom, worlds};

const MINUTE_US: i64 = 60_000_000;

/// Two servers: the first one sells the numbers of the second.
struct Pair<'w> {
    here: Shop<'w>,
    there: Shop<'w>,
    worlds: [&'w World; 2],
}

/// A second world on the same engine.
fn another(world: &World) -> World {
    World::new(match world.app.db.backend() {
        Backend::Sqlite => Engine::Sqlite,
        Backend::Postgres => Engine::Postgres,
    })
}

fn token(world: &World) -> String {
    let query = format!("func=apikey.edit&plid={}&name=pull&kind=number-api&sok=ok", world.id("client"));
    dom::find(&world.done("admin", &query), "/doc/key").pop().expect("a key")
}

impl<'w> Pair<'w> {
    fn new(here: &'w World, there: &'w World) -> Self {
        let upstream = Shop::of_supplier(there, &[("kind", "webhook"), ("secret", "reports-secret-0001")]);
        let (url, token) = (format!("http://{}/", there.address), token(there));
        let own = [("kind", "pull"), ("url", url.as_str()), ("secret", &token), ("markup", "25")];
        let own = Shop::of_supplier(here, &own);
        own.call("number.supplier.sync", &[("elid", &own.supplier)]);
        Self { here: own, there: upstream, worlds: [here, there] }
    }

    /// What is due at the moment that both servers have.
    fn work(&self) {
        let now_us = self.worlds[0].clock.now_us();
        jobs::run_named(&self.worlds[0].app, "number-pull", now_us).expect("a run");
    }

    fn advance(&self, by_us: i64) {
        self.worlds.iter().for_each(|world| world.clock.advance_us(by_us));
    }

    fn message(&self, phone: &str, text: &str) {
        let (supplier_id, now_us) =
            (self.there.supplier.parse().expect("an id"), self.worlds[1].clock.now_us());
        let incoming = Incoming {
            supplier_id,
            phone: phone.into(),
            sender: "Telegram".into(),
            text: text.into(),
            received_us: now_us,
            provider_ref: String::new(),
        };
        let write = move |conn: &mut billmgr::db::Conn| inbox::receive(conn, &incoming, now_us);
        let order = self.worlds[1].app.db.write(write).expect("a message");
        assert!(order.is_some());
    }

    /// Cents that are free and held: here, there.
    fn money(&self) -> [[i64; 2]; 2] {
        self.worlds.map(|world| {
            ["client", "frozen"].map(|kind| {
                let rows = tables::rows(&world.app.db, "book");
                let own =
                    rows.iter().filter(|row| row["kind"] == kind && row["owner_id"] == world.id("client"));
                own.map(|row| row["balance"].parse::<i64>().expect("an amount") / 10_000).sum()
            })
        })
    }

    fn statuses(&self) -> [Vec<String>; 2] {
        self.worlds.map(|world| {
            let mut rows = tables::rows(&world.app.db, "num_order");
            rows.sort_by_key(|row| row["id"].parse::<i64>().expect("an id"));
            rows.iter().map(|row| row["status"].clone()).collect()
        })
    }

    fn ends(&self, deed: &str, order: i64) {
        self.worlds[0].done("client", &format!("func=number.order.{deed}&elid={order}&sok=ok"));
    }
}

fn refused(world: &World) -> String {
    let answer = world.call("client", "func=number.buy&country=russia&operator=any&product=telegram&sok=ok");
    let text = |name: &str| dom::find(&answer, &format!("/doc/error/@{name}")).pop().unwrap_or_default();
    format!("{} {}", text("type"), text("object"))
}

/// A supplier that answers nobody before all of them were asked. Were they?
fn waits_for(all: &Arc<(Mutex<usize>, Condvar)>, count: usize) -> (String, Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (all, (told, tells)) = (all.clone(), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        let _stream = listener.accept().expect("a connection");
        let (asked, changed) = &*all;
        let mut asked = asked.lock().expect("a count");
        *asked += 1;
        changed.notify_all();
        let patience = Duration::from_secs(20);
        let (_guard, late) =
            changed.wait_timeout_while(asked, patience, |asked| *asked < count).expect("a count");
        let _ = told.send(!late.timed_out());
    });
    (url, tells)
}

worlds! {
    /// A supplier that takes its time holds no other one up.
    fn suppliers_are_asked_side_by_side(world: &World) {
        let all = Arc::new((Mutex::new(0), Condvar::new()));
        let suppliers: Vec<_> = (0..3).map(|_| waits_for(&all, 3)).collect();
        for (nth, (url, _)) in suppliers.iter().enumerate() {
            let query = format!("func=number.supplier.edit&code=s{nth}&name=S{nth}&kind=pull&url={url}&secret=a-token-of-ours-01&sok=ok");
            world.done("admin", &query);
        }
        jobs::run_named(&world.app, "number-pull", world.clock.now_us()).expect("a run");
        for (_, tells) in suppliers {
            assert!(tells.recv().expect("it was asked"), "one waited for another");
        }
    }

    /// Prices with the markup, a number, its messages, and the end that is told there.
    fn a_number_of_another_server(world: &World) {
        let there = another(world);
        let pair = Pair::new(world, &there);
        let prices = tables::rows(&world.app.db, "num_offer");
        let mut prices: Vec<_> = prices.iter().filter(|row| row["free"] != "0").map(|row| row["price"].clone()).collect();
        prices.sort();
        assert_eq!(prices, ["10000000", "26250000"]);
        let (order, phone) = pair.here.buy("telegram");
        assert!(phone.starts_with("+7900000000"), "{phone}");
        assert_eq!(pair.money(), [[6_600, 1_000], [6_800, 800]]);
        pair.message(&phone, "Telegram code: 48213");
        pair.work();
        assert_eq!((pair.here.status(order), pair.here.messages(order)), ("RECEIVED".into(), vec!["48213".to_owned()]));
        // The same again is the same; what comes later comes too.
        pair.advance(5_000_000);
        pair.message(&phone, "Telegram code: 70951");
        pair.work();
        assert_eq!(pair.here.messages(order), ["48213", "70951"]);
        pair.ends("finish", order);
        pair.advance(5_000_000);
        pair.work();
        assert_eq!(pair.statuses(), [vec!["FINISHED".to_owned()], vec!["FINISHED".to_owned()]]);
        assert_eq!(pair.money(), [[6_600, 0], [6_800, 0]]);
        // Nothing is asked about it any more.
        let report = jobs::run_named(&world.app, "number-pull", world.clock.now_us() + MINUTE_US);
        assert_eq!(report.expect("a run"), jobs::Report::default());
    }

    /// One whose secret nobody can open any more has orders too: those of the next one are asked about all the same.
    fn a_broken_supplier_keeps_nobody_waiting(world: &World) {
        let there = another(world);
        let broken = [("kind", "pull"), ("url", "http://127.0.0.1:9"), ("secret", "token-of-nobody-0001"), ("code", "broken")];
        let form: Vec<String> = broken.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        let query = format!("func=number.supplier.edit&name=Broken{}&sok=ok", form.concat());
        let id = dom::find(&world.done("admin", &query), "/doc/id").pop().expect("an id").parse::<i64>().expect("a number");
        let pair = Pair::new(world, &there);
        let (lost, (order, phone)) = (pair.here.buy("telegram").0, pair.here.buy("telegram"));
        let spoil = move |conn: &mut billmgr::db::Conn| {
            Sql::new("UPDATE num_supplier SET secret = 'no seal' WHERE id = ").bind(id).execute(conn)?;
            Sql::new("UPDATE num_order SET supplier_id = ").bind(id).sql(" WHERE id = ").bind(lost).execute(conn)
        };
        world.app.db.write(spoil).expect("two rows");
        pair.message(&phone, "Telegram code: 48213");
        pair.work();
        assert_eq!((pair.here.status(order), pair.here.status(lost)), ("RECEIVED".into(), "PENDING".into()));
    }

    fn cancelled_and_banned_there_too(world: &World) {
        let there = another(world);
        let pair = Pair::new(world, &there);
        let (first, second) = (pair.here.buy("telegram").0, pair.here.buy("telegram").0);
        pair.ends("cancel", first);
        pair.ends("ban", second);
        assert_eq!(pair.money()[0], [7_600, 0]);
        pair.work();
        assert_eq!(pair.statuses(), [["CANCELED", "BANNED"].map(str::to_owned).to_vec(), ["CANCELED", "BANNED"].map(str::to_owned).to_vec()]);
        assert_eq!(pair.money(), [[7_600, 0], [7_600, 0]]);
        // Without numbers there is no order, here or there.
        for _ in 0..4 {
            pair.there.buy("telegram");
        }
        assert_eq!(refused(world), "limit stock");
        assert_eq!((pair.money()[0], tables::ids(&there.app.db, "num_order").len()), ([7_600, 0], 6));
        assert_eq!(refused(world), "limit stock");
    }

    /// A price that has risen there is not paid.
    fn too_dear(world: &World) {
        let there = another(world);
        let pair = Pair::new(world, &there);
        pair.there.call("number.price.import", &[("data", "russia,mts,telegram,10.01")]);
        assert_eq!(refused(world), "limit stock");
        assert_eq!(pair.money()[0], [7_600, 0]);
        pair.work();
        assert_eq!((pair.statuses()[1].clone(), pair.money()[1]), (vec!["CANCELED".to_owned()], [7_600, 0]));
        // Prices are told anew there once a second.
        pair.advance(2_000_000);
        pair.here.call("number.supplier.sync", &[("elid", &pair.here.supplier)]);
        pair.here.buy("telegram");
        assert_eq!(pair.money()[0], [6_348, 1_252]);
    }

    /// Nobody answers, nobody is there: nothing is paid here, and what was sold there is given back.
    fn a_lost_answer_is_paid_by_nobody(world: &World) {
        let there = another(world);
        let pair = Pair::new(world, &there);
        let id = pair.here.supplier.as_str();
        // It sells, and the answer is lost on the way.
        let (address, seen) = gateway(vec![Deed::Swallow]);
        pair.here.call("number.supplier.edit", &[("elid", id), ("url", &format!("http://{address}"))]);
        assert_eq!(refused(world), "busy supplier");
        assert_eq!(pair.money()[0], [7_600, 0]);
        assert_eq!(seen.lock().expect("the list").len(), 1);
        pair.there.buy("telegram");
        pair.here.call("number.supplier.edit", &[("elid", id), ("url", &format!("http://{}", there.address))]);
        // It is not looked for as long as an answer may be on its way.
        pair.advance(MINUTE_US);
        pair.work();
        assert_eq!(pair.statuses()[1], ["PENDING"]);
        pair.advance(2 * MINUTE_US);
        pair.work();
        pair.advance(MINUTE_US);
        pair.work();
        assert_eq!((pair.statuses()[1].clone(), pair.money()), (vec!["CANCELED".to_owned()], [[7_600, 0], [7_600, 0]]));
        // Nobody listens.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        pair.here.call("number.supplier.edit", &[("elid", id), ("url", &format!("http://127.0.0.1:{port}"))]);
        assert_eq!(refused(world), "limit stock");
        assert_eq!(pair.money()[0], [7_600, 0]);
        // Whoever is switched off sells nothing.
        pair.here.call("number.supplier.suspend", &[("elid", id)]);
        assert_eq!(refused(world), "limit stock");
    }
}
