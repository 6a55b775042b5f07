//! The client for providers over HTTP, against one on the loopback address.

use serde_json::{Value, json};

use super::upstream::{ICCID, Orders, Queries, Upstream};
use super::{Shop, at_once, done, refusal};
use crate::direct::tables;
use crate::support::{World, dom, worlds};
use billmgr::db::Sql;

/// P2CYMUS93 costs 3.00 USD, which are 2.70 EUR: clients pay 4.05, resellers 3.24.
fn open<'w>(world: &'w World, upstream: &Upstream) -> Shop<'w> {
    let dollar = dom::find(&world.done("admin", "func=currency&filter=on&iso=USD"), "/doc/elem/id").concat();
    let euro = world.id("euro");
    world.done(
        "admin",
        &format!(
            "func=currencyrate.edit&currency={dollar}&relatedcurrency={euro}\
             &rate=0.9&cdate=2026-06-14&sok=ok"
        ),
    );
    Shop::of(world, &format!("kind=http&url=http%3A%2F%2F{}%2F&access_code=hidden-code", upstream.address))
}

/// Behind the last moment at which the job may wait.
const LONG_S: i64 = 4_000;

worlds! {
    fn a_catalogue_in_another_currency(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let (path, code, body) = upstream.state().seen[0].clone();
        assert_eq!((path.as_str(), code.as_str(), body), ("package/list", "hidden-code", json!({ "type": "BASE" })));
        let list = world.done("admin", "func=esim.package");
        assert_eq!(dom::find(&list, "/doc/elem/code"), ["P2CYMUS93"]);
        assert_eq!(dom::find(&list, "/doc/elem/price"), ["4.05 EUR"]);
        assert_eq!(dom::find(&list, "/doc/elem/price_reseller"), ["3.24 EUR"]);
        let coverage = world.done("client", "func=esim.coverage&elid=P2CYMUS93");
        assert_eq!(dom::find(&coverage, "/doc/elem/iso"), ["DE"]);
        assert_eq!(dom::find(&world.done("client", "func=esim.package&filter=on&q=GERMANY"), "/doc/elem/code").len(), 1);
        let again = shop.sync_catalogue();
        assert_eq!((again.get_text("added"), again.get_text("changed"), again.get_text("refused")), (Some("0"), Some("1"), Some("2")));
        // What is gone is not sold; an empty catalogue is none, and changes nothing.
        upstream.state().catalogue = json!([]);
        let doc = world.call("admin", &format!("func=esim.package.sync&provider={}&sok=ok", shop.provider));
        assert_eq!(refusal(&doc), "busy(esim_provider)");
        assert_eq!(dom::find(&world.done("client", "func=esim.package"), "/doc/elem/code").len(), 1);
        let balance = world.done("admin", &format!("func=esim.provider.balance&elid={}", shop.provider));
        assert_eq!((balance.get_text("balance"), balance.get_text("currency")), (Some("12.3456"), Some("USD")));
        let everything = world.everything();
        assert!(!everything.contains("hidden-code") && !everything.contains("hush"), "a secret lies open");
    }

    fn an_order_from_asking_to_paying(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let id = shop.order("client", "P2CYMUS93");
        let (_, _, body) = upstream.state().seen.last().cloned().expect("a request");
        let reference = tables::rows(&world.app.db, "esim_order")[0]["our_ref"].clone();
        let package = json!({ "packageCode": "P2CYMUS93", "count": 1, "price": 30_000 });
        assert_eq!(body, json!({ "transactionId": reference, "amount": 30_000, "packageInfoList": [package] }));
        assert_eq!(shop.balance("client"), "71.95 EUR");
        shop.wait(11);
        assert_eq!(shop.sync("client", &id).get_text("status"), Some("PENDING"));
        upstream.state().queries = Queries::Profile(json!({}));
        let asked = upstream.asked("esim/query");
        at_once(10, |_| shop.sync("client", &id));
        assert_eq!(upstream.asked("esim/query"), asked, "asked a moment ago");
        shop.wait(11);
        at_once(20, |_| shop.sync("client", &id));
        assert_eq!(upstream.asked("esim/query"), asked + 1, "twenty at once are one question");
        let doc = shop.sync("client", &id);
        assert_eq!((doc.get_text("status"), doc.get_text("iccid")), (Some("READY"), Some(ICCID)));
        assert_eq!(doc.get_text("expires_at"), Some("2026-12-12 18:13:18"));
        shop.is_settled();
        // Use is asked for as well, and only grows.
        for (used, expected) in [(500, "500"), (300, "500"), (2_000_000_000_i64, "1073741824")] {
            upstream.state().queries = Queries::Profile(json!({ "orderUsage": used }));
            shop.wait(11);
            assert_eq!(shop.sync("client", &id).get_text("data_used"), Some(expected));
        }
        assert_eq!(shop.balance("client"), "71.95 EUR");
        assert_eq!(upstream.taken(), 1);
        shop.is_settled();
    }

    /// R235 The answer is lost, or we are, between the order and its record; or before it left.
    fn lost_answers_are_one_order(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let mut taken = 0;
        for orders in [Orders::TakeSilently, Orders::Drop, Orders::Garbage, Orders::BadGateway, Orders::Refuse("900001")] {
            upstream.state().orders = orders;
            upstream.state().queries = Queries::Allocating;
            let before = shop.balance("client");
            let id = shop.order("client", "P2CYMUS93");
            assert_eq!(shop.status(&id), "PENDING", "{orders:?}");
            assert_ne!(shop.balance("client"), before, "{orders:?}: the money is held");
            // The job finds nobody as long as it lasts.
            shop.wait(LONG_S);
            shop.job();
            assert_eq!(shop.status(&id), "PENDING", "{orders:?}");
            upstream.state().orders = Orders::Take;
            shop.wait(LONG_S);
            shop.job();
            taken += 1;
            assert_eq!(upstream.taken(), taken, "{orders:?}: one order, however often it was sent");
            let iccid = format!("894411006826453{:0>3}", taken);
            let iccid = format!("{iccid}{}", char::from(billmgr::telecom::esim::profile::luhn(&iccid)));
            upstream.state().queries = Queries::Profile(json!({ "iccid": iccid }));
            shop.wait(LONG_S);
            shop.job();
            assert_eq!(shop.status(&id), "READY", "{orders:?}");
            shop.is_settled();
        }
        assert_eq!(shop.balance("client"), "55.75 EUR", "five times 4.05");
    }

    fn given_up_after_a_lost_answer(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        shop.pay("reseller", "10.00");
        shop.credit("buyer", "10");
        upstream.state().orders = Orders::TakeSilently;
        let id = shop.order("buyer", "P2CYMUS93");
        assert_eq!((shop.balance("buyer"), shop.balance("reseller")), ("5.95 EUR".into(), "6.76 EUR".into()));
        upstream.state().orders = Orders::Take;
        shop.wait(LONG_S);
        shop.job();
        upstream.state().queries = Queries::Profile(json!({ "esimStatus": "CANCEL" }));
        shop.wait(LONG_S);
        let number = upstream.state().taken[0].1.clone();
        at_once(8, |nth| match nth % 2 {
            0 => shop.job(),
            _ => assert_eq!(shop.report(&number), 200),
        });
        assert_eq!(shop.status(&id), "REFUNDED");
        assert_eq!((shop.balance("buyer"), shop.balance("reseller")), ("10.00 EUR".into(), "10.00 EUR".into()));
        shop.is_settled();
        // Too late: nobody gets what was given back.
        upstream.state().queries = Queries::Profile(json!({}));
        shop.wait(LONG_S);
        shop.job();
        assert_eq!(shop.report(&number), 200);
        assert_eq!(shop.status(&id), "REFUNDED");
        shop.is_settled();
    }

    fn refused_at_once_costs_nothing(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        for code in ["200007", "200011", "310241", "200005"] {
            upstream.state().orders = Orders::Refuse(code);
            let doc = shop.buy("client", "P2CYMUS93", "");
            assert_eq!(refusal(&doc), "busy(esim)", "{code}");
            assert!(!format!("{doc:?}").contains(code), "what the provider said is for staff");
            assert_eq!(shop.balance("client"), "76.00 EUR");
        }
        let rows = tables::rows(&world.app.db, "esim_order");
        assert!(rows.iter().all(|row| row["status"] == "FAILED"));
        assert_eq!(rows[0]["note"], "200007 no such thing");
        // A reference under which nothing came about is free again.
        upstream.state().orders = Orders::Refuse("200011");
        assert_eq!(refusal(&shop.buy("client", "P2CYMUS93", "&external_id=CART")), "busy(esim)");
        upstream.state().orders = Orders::Take;
        let second = shop.buy("client", "P2CYMUS93", "&external_id=CART");
        assert_eq!(shop.buy("client", "P2CYMUS93", "&external_id=CART").get_text("id"), second.get_text("id"));
        let id = second.get_text("id").expect("an order");
        world.done("admin", &format!("func=esim.refund&elid={id}"));
        // Nobody there: nothing left us.
        let gone = format!("func=esim.provider.edit&elid={}&url=http%3A%2F%2F127.0.0.1%3A1&sok=ok", shop.provider);
        world.done("admin", &gone);
        assert_eq!(refusal(&shop.buy("client", "P2CYMUS93", "")), "busy(esim)");
        assert_eq!(shop.balance("client"), "76.00 EUR");
        shop.is_settled();
    }

    fn a_provider_that_lies(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let id = shop.order("client", "P2CYMUS93");
        let lies = [
            json!({ "iccid": "8944110068264534721" }),
            json!({ "iccid": "12345" }),
            json!({ "orderNo": "B999999999999" }),
            json!({ "ac": "https://evil.example/<script>" }),
            json!({ "ac": "LPA:1$evil.example/x$1" }),
            json!({ "totalVolume": -5 }),
            json!({ "orderUsage": "much" }),
            json!({ "iccid": null }),
            Value::Null,
        ];
        for lie in lies {
            upstream.state().queries = match &lie {
                Value::Null => Queries::Nothing,
                lie => Queries::Profile(lie.clone()),
            };
            shop.wait(LONG_S);
            shop.job();
            assert_eq!(shop.status(&id), "PENDING", "{lie}");
            assert_eq!(shop.balance("client"), "71.95 EUR");
        }
        upstream.state().queries = Queries::Profile(json!({}));
        shop.wait(LONG_S);
        shop.job();
        assert_eq!(shop.status(&id), "READY");
        // The same eSIM for a second order, and another one for the first.
        let second = shop.order("client", "P2CYMUS93");
        shop.wait(LONG_S);
        shop.job();
        assert_eq!(shop.status(&second), "PENDING");
        upstream.state().queries = Queries::Profile(json!({ "iccid": "89852245280000942210" }));
        let first = shop.sync("client", &id);
        assert_eq!(first.get_text("iccid"), Some(ICCID));
        assert_eq!(done(&[world.call("admin", &format!("func=esim.refund&elid={second}"))]), 1);
        assert_eq!(shop.balance("client"), "71.95 EUR");
        shop.is_settled();
    }

    /// A provider that hangs costs a run of the job one deadline, and who waits for it holds up nobody else.
    fn a_provider_that_is_down(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let ids: Vec<_> = (0..3).map(|_| shop.order("client", "P2CYMUS93")).collect();
        upstream.state().queries = Queries::Drop;
        shop.wait(LONG_S);
        let asked = upstream.asked("esim/query");
        shop.job();
        assert_eq!(upstream.asked("esim/query"), asked + 1, "the rest waits");
        assert!(ids.iter().all(|id| shop.status(id) == "PENDING"));
        shop.is_clean();
    }

    /// The job asks about use every six hours, those first that were left alone for longest, and while it lasts.
    fn use_is_asked_about(world: &World) {
        let upstream = Upstream::new();
        let shop = open(world, &upstream);
        let (first, second) = (shop.order("client", "P2CYMUS93"), shop.order("client", "P2CYMUS93"));
        world.app.db.write(|conn| {
            Sql::new("UPDATE esim_order SET status = 'READY', asked_at = created_at").execute(conn)
        }).expect("a statement");
        let asked = || upstream.asked("esim/query");
        let before = asked();
        shop.wait(6 * 3600 - 60);
        shop.job();
        assert_eq!(asked(), before);
        shop.wait(120);
        // One that is down is asked once a run, and it is no error.
        upstream.state().queries = Queries::Drop;
        shop.job();
        assert_eq!(asked(), before + 1);
        upstream.state().queries = Queries::Allocating;
        shop.job();
        shop.job();
        assert_eq!(asked(), before + 2);
        assert_eq!((shop.status(&first), shop.status(&second)), ("READY".into(), "READY".into()));
        // A week and a day later nobody uses them any more.
        shop.wait(9 * 86_400);
        shop.job();
        assert_eq!(asked(), before + 2);
    }
}
