//! Everything at the same moment.

use std::collections::BTreeSet;

use super::{MINUTE_US, Shop, at_once, is_ok, leaf, told};
use crate::direct;
use crate::support::worlds;

const CROWD: usize = 50;

worlds! {
    /// R203
    fn the_last_number_is_sold_once(world: &World) {
        let shop = Shop::new(world, 1);
        shop.pay("client2", "5000.00");
        let told: Vec<String> =
            at_once(CROWD, |nth| told(&shop.buy(["client", "client2"][nth % 2], "telegram", "")));
        assert_eq!(told.iter().filter(|told| *told == "ok").count(), 1, "{told:?}");
        assert!(told.iter().all(|told| told == "ok" || told == "limit stock"), "{told:?}");
        shop.judge();
        assert_eq!(shop.count("SELECT COUNT(*) FROM num_order"), 1);
    }

    fn fifty_buyers_get_fifty_numbers(world: &World) {
        let shop = Shop::new(world, CROWD as i64);
        shop.pay("client2", "5000.00");
        let docs = at_once(CROWD, |_| shop.buy("client2", "telegram", ""));
        let phones: BTreeSet<String> = docs.iter().map(|doc| leaf(doc, "phone")).collect();
        assert!(docs.iter().all(is_ok), "{:?}", docs.iter().map(told).collect::<Vec<_>>());
        assert_eq!(phones.len(), CROWD);
        shop.judge();
    }

    fn money_is_spent_once(world: &World) {
        let shop = Shop::new(world, CROWD as i64);
        // 76.00 are nine numbers of 8.00.
        let told: Vec<String> = at_once(CROWD, |_| told(&shop.buy("client", "telegram", "")));
        assert_eq!(told.iter().filter(|told| *told == "ok").count(), 9, "{told:?}");
        assert!(told.iter().all(|told| told == "ok" || told == "limit balance"), "{told:?}");
        shop.judge();
    }

    fn rented_by_one(world: &World) {
        let shop = Shop::new(world, 2);
        shop.pay("client2", "5000.00");
        let docs = at_once(20, |_| shop.buy("client2", "3hours", ""));
        assert_eq!(docs.iter().filter(|doc| is_ok(doc)).count(), 2);
        let phones: BTreeSet<String> = docs.iter().filter(|doc| is_ok(doc)).map(|doc| leaf(doc, "phone")).collect();
        assert_eq!(phones.len(), 2);
        shop.judge();
    }

    /// R215: a message against an end, again and again.
    fn a_message_against_a_cancel(world: &World) {
        let shop = Shop::new(world, 40);
        shop.pay("client2", "5000.00");
        let mut ends = BTreeSet::new();
        for round in 0..12 {
            let order = shop.order("client2", "telegram", "");
            let (id, phone) = (leaf(&order, "id"), leaf(&order, "phone"));
            let deed = if round % 2 == 0 { "cancel" } else { "ban" };
            let told = at_once(3, |nth| match nth {
                0 => shop.message(&phone, "Telegram", "code 12345").map_or("lost".to_owned(), |_| "kept".to_owned()),
                _ => told(&shop.act("client2", deed, &id)),
            });
            let status = shop.status(&id);
            let done = told.iter().filter(|told| *told == "ok").count();
            match status.as_str() {
                "RECEIVED" => assert!(told[0] == "kept" && done == 0, "{told:?}"),
                "CANCELED" | "BANNED" => assert!(told[0] == "lost" && done == 1, "{told:?}"),
                other => panic!("{other}: {told:?}"),
            }
            ends.insert(status);
            shop.judge();
        }
    }

    /// R214: many who end the same order.
    fn one_end(world: &World) {
        let shop = Shop::new(world, 40);
        shop.pay("client2", "5000.00");
        for _ in 0..5 {
            let id = leaf(&shop.order("client2", "telegram", ""), "id");
            let told = at_once(8, |nth| told(&shop.act("client2", ["cancel", "ban"][nth % 2], &id)));
            assert_eq!(told.iter().filter(|told| *told == "ok").count(), 1, "{told:?}");
            assert!(told.iter().all(|told| told == "ok" || told == "missed number_order"), "{told:?}");
            shop.judge();
        }
    }

    /// The timer and its buyer at once: +0.5 or +0.4, never both.
    fn the_timer_against_finish(world: &World) {
        let shop = Shop::new(world, 40);
        shop.pay("client2", "5000.00");
        for _ in 0..6 {
            let order = shop.order("client2", "telegram", "");
            let id = leaf(&order, "id");
            assert!(shop.message(&leaf(&order, "phone"), "x", "12345").is_some());
            let due = world.clock.now_us() + 15 * MINUTE_US;
            let told = at_once(3, |nth| match nth {
                // Its clock is ahead.
                0 => billmgr::jobs::run_named(&world.app, "numbers", due).map(|_| "job".to_owned()).expect("it runs"),
                _ => told(&shop.act("client2", "finish", &id)),
            });
            assert!(told.iter().filter(|told| *told == "ok").count() <= 1, "{told:?}");
            assert_eq!(shop.status(&id), "FINISHED");
            shop.judge();
        }
    }

    /// Two servers of one database.
    fn two_servers(world: &World) {
        let shop = Shop::new(world, 10);
        shop.pay("client2", "5000.00");
        let other = world.reopened();
        let told = at_once(30, |nth| {
            let app = if nth % 2 == 0 { &world.app } else { &other };
            let params = [("country", "any"), ("operator", "any"), ("product", "telegram"), ("sok", "ok")];
            match direct::call(app, "client2", "number.buy", &params) {
                Ok(_) => "ok".to_owned(),
                Err(error) => format!("{} {}", error.kind, error.object),
            }
        });
        assert_eq!(told.iter().filter(|told| *told == "ok").count(), 10, "{told:?}");
        assert!(told.iter().all(|told| told == "ok" || told == "limit stock"), "{told:?}");
        let due = world.clock.now_us() + 15 * MINUTE_US;
        let done = at_once(4, |nth| {
            let app = if nth % 2 == 0 { &world.app } else { &other };
            billmgr::jobs::run_named(app, "numbers", due).expect("it runs").done
        });
        assert_eq!(done.iter().sum::<u64>(), 10, "each is ended once");
        shop.judge();
    }

    /// Both want the same number again.
    fn one_reuse(world: &World) {
        let shop = Shop::new(world, 10);
        shop.pay("client2", "5000.00");
        let order = shop.order("client2", "telegram", "&reuse=1");
        let (id, phone) = (leaf(&order, "id"), leaf(&order, "phone"));
        assert!(shop.message(&phone, "x", "12345").is_some());
        assert_eq!(told(&shop.act("client2", "finish", &id)), "ok");
        let digits = phone.trim_start_matches('+');
        let told = at_once(8, |_| {
            told(&world.call("client2", &format!("func=number.reuse&product=telegram&phone={digits}&sok=ok")))
        });
        assert_eq!(told.iter().filter(|told| *told == "ok").count(), 1, "{told:?}");
        assert!(told.iter().all(|told| told == "ok" || told == "missed reuse"), "{told:?}");
        shop.judge();
    }
}
