//! Rules of orders that need more than a transcript: pools, vendors, suppliers, rates.

use billmgr::db::Sql;
use billmgr::number::inbox::{self, Incoming};
use billmgr::number::{order, rating};

use super::{MINUTE_US, Shop, at_once, is_ok, leaf, told};
use crate::support::worlds;

const HOUR_US: i64 = 60 * MINUTE_US;

fn write(shop: &Shop, sql: &'static str) {
    let done = shop.world.app.db.write(move |conn| Sql::new(sql).execute(conn));
    assert!(done.expect(sql) > 0, "{sql}");
}

fn incoming(shop: &Shop, phone: &str, sender: &str, text: &str, reference: &str) -> Incoming {
    Incoming {
        supplier_id: shop.count("SELECT id FROM num_supplier WHERE code = 'own'"),
        phone: phone.to_owned(),
        sender: sender.to_owned(),
        text: text.to_owned(),
        received_us: shop.world.clock.now_us(),
        provider_ref: reference.to_owned(),
    }
}

fn receive(shop: &Shop, incoming: Incoming) -> Option<i64> {
    let now_us = shop.world.clock.now_us();
    let got = shop.world.app.db.write(move |conn| inbox::receive(conn, &incoming, now_us));
    got.expect("a message is taken")
}

worlds! {
    /// A message of a number with several orders goes to the one that it is for.
    fn whose_a_message_is(world: &World) {
        let shop = Shop::new(world, 1);
        shop.pay("client2", "500.00");
        let telegram = shop.order("client2", "telegram", "");
        let vk = shop.order("client2", "vkontakte", "&country=russia&operator=beeline");
        let phone = leaf(&vk, "phone");
        assert_eq!(leaf(&telegram, "phone"), phone, "one number, two products");
        let id = |doc: &billmgr::doc::Node| leaf(doc, "id").parse::<i64>().ok();
        assert_eq!(shop.message(&phone, "Telegram", "your code 12345"), id(&telegram));
        assert_eq!(shop.message(&phone, "VKcom", "vkontakte 54321"), id(&vk));
        assert_eq!(shop.message(&phone.replace('+', ""), "somebody", "nothing that is known"), id(&vk), "the newest");
        assert_eq!(shop.message("+79999999999", "x", "y"), None);
        shop.judge();
    }

    /// What is told twice counts once, and a supplier tells of his own numbers only.
    fn told_twice(world: &World) {
        let shop = Shop::new(world, 1);
        shop.pay("client2", "500.00");
        let order = shop.order("client2", "telegram", "");
        let (phone, id) = (leaf(&order, "phone"), leaf(&order, "id").parse::<i64>().ok());
        let mut foreign = incoming(&shop, &phone, "x", "11111", "a");
        foreign.supplier_id += 1;
        assert_eq!(receive(&shop, foreign), None);
        for _ in 0..3 {
            assert_eq!(receive(&shop, incoming(&shop, &phone, "x", "11111", "a")), id);
        }
        let got = at_once(6, |_| receive(&shop, incoming(&shop, &phone, "x", "22222", "b")));
        assert!(got.iter().all(|got| *got == id), "{got:?}");
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_sms"), 2);
        // Also of an order that has ended since.
        assert_eq!(told(&shop.act("client2", "finish", &leaf(&order, "id"))), "ok");
        assert_eq!(receive(&shop, incoming(&shop, &phone, "x", "11111", "a")), id);
        assert_eq!(receive(&shop, incoming(&shop, &phone, "x", "33333", "c")), None);
        shop.judge();
    }

    /// What is over gets nothing and cannot be ended otherwise, although the job has not written it down.
    fn what_is_due_is_over(world: &World) {
        let shop = Shop::new(world, 3);
        shop.pay("client2", "500.00");
        let order = shop.order("client2", "telegram", "");
        let (id, phone) = (leaf(&order, "id"), leaf(&order, "phone"));
        shop.wait(15 * MINUTE_US - 1);
        assert_eq!(shop.status(&id), "PENDING");
        shop.wait(1);
        assert_eq!(shop.message(&phone, "x", "12345"), None);
        assert_eq!(told(&shop.act("client2", "cancel", &id)), "missed number_order");
        assert_eq!(shop.status(&id), "TIMEOUT", "told at once");
        let held = shop.money("client2");
        shop.job();
        assert_eq!(shop.status(&id), "TIMEOUT");
        assert_ne!(shop.money("client2"), held, "the job gives the money back");
        assert_eq!(shop.money("client2"), "500.00 0.00 95.85");
        shop.judge();
    }

    /// R224 R230: the vendor gets his share once, when it is captured.
    fn a_vendor_earns(world: &World) {
        let shop = Shop::new(world, 5);
        shop.pay("client2", "500.00");
        write(&shop, "INSERT INTO num_vendor (account_id, name, share) SELECT account_id, 'demo', 700000 FROM users WHERE name = 'client'");
        write(&shop, "UPDATE num_phone SET account_id = (SELECT account_id FROM users WHERE name = 'client')");
        let before = shop.money("client");
        let order = shop.order("client2", "telegram", "");
        assert_eq!(shop.money("client"), before);
        shop.message(&leaf(&order, "phone"), "x", "12345");
        assert_eq!(told(&shop.act("client2", "finish", &leaf(&order, "id"))), "ok");
        assert_eq!(shop.money("client"), "81.60 0.00 96", "70 % of 8.00");
        assert_eq!(told(&shop.act("client2", "finish", &leaf(&order, "id"))), "missed number_order");
        let rent = shop.order("client2", "3hours", "");
        assert_eq!(shop.money("client"), "102.60 0.00 96", "70 % of 30.00, at once");
        assert_eq!(told(&shop.act("client2", "cancel", &leaf(&rent, "id"))), "used hosting");
        // His own number costs him what others get of it.
        shop.order("client", "3hours", "");
        assert_eq!(shop.money("client"), "93.60 0.00 96");
        let own = shop.order("client", "telegram", "");
        assert_eq!(shop.money("client"), "85.60 8.00 96");
        shop.message(&leaf(&own, "phone"), "x", "12345");
        assert_eq!(told(&shop.act("client", "finish", &leaf(&own, "id"))), "ok");
        assert_eq!(shop.money("client"), "91.20 0.00 96");
        shop.judge();
    }

    /// A reseller's client pays, and so does his reseller; of whom nothing is told.
    fn a_reseller_pays_too(world: &World) {
        let shop = Shop::new(world, 5);
        shop.credit("buyer", "20");
        assert_eq!(told(&shop.buy("buyer", "telegram", "")), "limit service");
        assert_eq!(shop.money("buyer"), "20.00 0.00 96");
        shop.pay("reseller", "9.00");
        let order = shop.order("buyer", "telegram", "");
        assert_eq!((shop.money("buyer"), shop.money("reseller")), ("12.00 8.00 96".into(), "1.00 8.00 96".into()));
        assert_eq!(told(&shop.buy("buyer", "telegram", "")), "limit service");
        shop.judge();
        assert_eq!(leaf(&shop.look("reseller", &leaf(&order, "id")), "status"), "PENDING");
        assert_eq!(told(&shop.look("reseller2", &leaf(&order, "id"))), "missed number_order");
        shop.message(&leaf(&order, "phone"), "x", "12345");
        assert_eq!(told(&shop.act("buyer", "finish", &leaf(&order, "id"))), "ok");
        assert_eq!((shop.money("buyer"), shop.money("reseller")), ("12.00 0.00 96".into(), "1.00 0.00 96".into()));
        shop.judge();
    }

    /// R221: at nothing nobody buys for a day, whatever he pays.
    fn a_bad_rating(world: &World) {
        let shop = Shop::new(world, 5);
        shop.pay("client2", "500.00");
        let id = leaf(&shop.order("client2", "telegram", ""), "id");
        write(&shop, "UPDATE num_account SET rating = 9");
        assert_eq!(told(&shop.act("client2", "cancel", &id)), "ok");
        assert_eq!(shop.money("client2"), "500.00 0.00 0");
        for product in ["telegram", "3hours"] {
            assert_eq!(told(&shop.buy("client2", product, "")), "limit rating");
        }
        let account: i64 = world.id("client2").parse().expect("a number");
        let now_us = world.clock.now_us();
        let paid = world.app.db.write(move |conn| rating::topped_up(conn, account, "payment:7", now_us));
        paid.expect("it is told");
        assert_eq!(shop.money("client2"), "500.00 0.00 0");
        shop.wait(24 * HOUR_US - 1);
        assert_eq!(told(&shop.buy("client2", "telegram", "")), "limit rating");
        shop.wait(1);
        assert_eq!(shop.money("client2"), "500.00 0.00 96");
        shop.job();
        shop.order("client2", "telegram", "");
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_rating_event WHERE kind = 'reset'"), 1);
        shop.judge();
    }

    /// R219: money raises a rating once a payment; who never bought has none.
    fn money_raises_it(world: &World) {
        let shop = Shop::new(world, 5);
        shop.pay("client2", "500.00");
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_rating_event"), 0);
        shop.order("client2", "telegram", "");
        write(&shop, "UPDATE num_account SET rating = 8000");
        let account: i64 = world.id("client2").parse().expect("a number");
        for cause in ["payment:700", "payment:700", "transfer:700"] {
            let now_us = world.clock.now_us();
            let told = world.app.db.write(move |conn| rating::topped_up(conn, account, cause, now_us));
            told.expect("it is told");
        }
        assert_eq!(shop.money("client2"), "492.00 8.00 96");
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_rating_event"), 2);
    }

    /// R190: rates follow what happened, are silent where that says little, and end with their hours.
    fn rates(world: &World) {
        let shop = Shop::new(world, 60);
        shop.pay("client2", "5000.00");
        let rate = |column: &'static str| {
            let sql = match column {
                "rate_1" => "SELECT rate_1 FROM num_offer WHERE id = 4",
                "rate_720" => "SELECT rate_720 FROM num_offer WHERE id = 4",
                _ => "SELECT rate_24 FROM num_offer WHERE id = 4",
            };
            shop.count(sql)
        };
        for nth in 0..20 {
            let order = shop.order("client2", "telegram", "");
            if nth % 4 != 0 {
                shop.message(&leaf(&order, "phone"), "x", "12345");
                assert_eq!(told(&shop.act("client2", "finish", &leaf(&order, "id"))), "ok");
            } else {
                assert_eq!(told(&shop.act("client2", "cancel", &leaf(&order, "id"))), "ok");
            }
            if nth == 18 {
                shop.job();
                assert_eq!(rate("rate_1"), -1, "too few");
            }
        }
        shop.job();
        assert_eq!((rate("rate_1"), rate("rate_24"), rate("rate_720")), (7_500, 7_500, 7_500));
        shop.wait(2 * HOUR_US);
        shop.job();
        assert_eq!((rate("rate_1"), rate("rate_24")), (-1, 7_500));
        shop.wait(24 * HOUR_US);
        shop.job();
        assert_eq!((rate("rate_24"), rate("rate_720")), (-1, 7_500));
        shop.wait(30 * 24 * HOUR_US);
        shop.job();
        assert_eq!(rate("rate_720"), -1);
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_outcome"), 0, "what is too old is removed");
    }

    /// A tenant gets the number that was free for longest, and nobody before his time is over.
    fn rented_in_turn(world: &World) {
        let shop = Shop::new(world, 3);
        shop.pay("client2", "5000.00");
        let first = shop.order("client2", "3hours", "");
        assert_eq!(shop.message(&leaf(&first, "phone"), "x", "12345").map(|id| id.to_string()), Some(leaf(&first, "id")));
        assert_eq!(leaf(shop.look("client2", &leaf(&first, "id")).get("sms").expect("a message"), "code"), "");
        let told_of = (leaf(&first, "status"), leaf(&first, "category"));
        assert_eq!(told_of, ("PENDING".to_owned(), "hosting".to_owned()));
        shop.wait(3 * HOUR_US);
        shop.job();
        assert_eq!(shop.status(&leaf(&first, "id")), "FINISHED");
        shop.judge();
        let mut phones = vec![leaf(&first, "phone")];
        for _ in 0..2 {
            phones.push(leaf(&shop.order("client2", "3hours", ""), "phone"));
        }
        phones.sort();
        phones.dedup();
        assert_eq!(phones.len(), 3);
        assert_eq!(shop.money("client2"), "4910.00 0.00 96", "rent changes no rating");
    }

    /// Where a number was retired meanwhile it does not come back.
    fn retired_meanwhile(world: &World) {
        let shop = Shop::new(world, 2);
        shop.pay("client2", "500.00");
        let id = leaf(&shop.order("client2", "telegram", ""), "id");
        write(&shop, "UPDATE num_phone SET state = 'retired' WHERE id = (SELECT phone_id FROM num_order)");
        write(&shop, "UPDATE num_offer SET free = free - 1 WHERE id IN (1)");
        assert_eq!(told(&shop.act("client2", "cancel", &id)), "ok");
        shop.judge();
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_free"), 0);
    }

    /// What a supplier has to bring is no order until it is there, and none at all where it does not come.
    fn brought_by_a_supplier(world: &World) {
        let shop = Shop::new(world, 3);
        shop.pay("client2", "500.00");
        let nameless = "UPDATE num_order SET phone = '', phone_id = 0";
        let now_us = world.clock.now_us();
        let write_job = |work: fn(&mut billmgr::db::Conn, i64) -> billmgr::error::Result<bool>| {
            world.app.db.write(move |conn| work(conn, now_us)).expect("it is written")
        };
        let first = leaf(&shop.order("client2", "telegram", ""), "id");
        write(&shop, nameless);
        assert_eq!(told(&shop.look("client2", &first)), "missed number_order");
        assert_eq!(told(&shop.act("client2", "cancel", &first)), "missed number_order");
        assert!(write_job(|conn, _| order::filled(conn, 1, "+79001112233", "77")));
        assert!(!write_job(|conn, _| order::filled(conn, 1, "+79001112234", "78")));
        assert_eq!(leaf(&shop.look("client2", &first), "phone"), "+79001112233");
        shop.order("client2", "telegram", "");
        write(&shop, "UPDATE num_order SET phone = '', phone_id = 0 WHERE id = 2");
        assert!(write_job(|conn, now_us| order::give_up(conn, 2, now_us)));
        assert!(!write_job(|conn, now_us| order::give_up(conn, 2, now_us)));
        assert!(!write_job(|conn, _| order::filled(conn, 2, "+79001112235", "79")));
        assert_eq!(shop.money("client2"), "492.00 8.00 96");
        shop.order("client2", "telegram", "");
        write(&shop, "UPDATE num_order SET phone = '', phone_id = 0 WHERE id = 3");
        shop.wait(15 * MINUTE_US);
        shop.job();
        assert_eq!(shop.money("client2"), "500.00 0.00 95.85", "the first timed out, the third was none");
    }
}

worlds! {
    /// The cheapest that has numbers; never more than was said.
    fn any_is_the_cheapest(world: &World) {
        let shop = Shop::new(world, 1);
        shop.pay("client2", "500.00");
        let bought = |more: &str| {
            let doc = shop.buy("client2", "vkontakte", more);
            if is_ok(&doc) { format!("{} {}", leaf(&doc, "operator"), leaf(&doc, "price")) } else { told(&doc) }
        };
        assert_eq!(bought("&maxprice=17.99"), "limit stock");
        world.done("client2", "func=number.maxprice.edit&product=vkontakte&price=17.99&sok=ok");
        assert_eq!(bought(""), "limit stock");
        assert_eq!(bought("&maxprice=18"), "tele2 18.00", "what the call says goes first");
        assert_eq!(bought("&country=russia&operator=beeline"), "beeline 21.00", "no choice, no limit");
        world.done("client2", "func=number.maxprice.delete&elid=vkontakte");
        assert_eq!(bought("&country=russia"), "limit stock");
        assert_eq!(bought(""), "ee 40.00");
        assert_eq!(bought(""), "limit stock");
        shop.judge();
    }
}
