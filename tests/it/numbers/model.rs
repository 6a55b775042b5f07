//! Random lives of orders against what is known of them: whoever comes first, and wherever a server ends,
//! money, numbers and ratings are right after every step.

use std::collections::BTreeMap;

use billmgr::db::Sql;
use billmgr::doc::Node;
use billmgr::error::Error;
use billmgr::number::order::{self, Event, Order};

use super::{MINUTE_US, Shop, at_once, is_ok, leaf, told};
use crate::support::{Dice, World, worlds};

const STEPS: usize = 70;
const BUYERS: [&str; 3] = ["client", "client2", "buyer"];

/// An order as it has to be.
#[derive(Debug, Clone)]
struct Expected {
    buyer: &'static str,
    product: &'static str,
    phone: String,
    status: &'static str,
    expires_at: i64,
    reuse: bool,
}

struct Model<'w> {
    shop: Shop<'w>,
    dice: Dice,
    orders: BTreeMap<i64, Expected>,
    /// What happened, so that a run which only fails tells nothing.
    seen: BTreeMap<String, usize>,
}

impl Model<'_> {
    fn now_us(&self) -> i64 {
        self.shop.world.clock.now_us()
    }

    fn note(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    fn step(&mut self) {
        match self.dice.below(20) {
            0..=4 => self.buy(),
            5..=8 => self.message(),
            9..=10 => self.act("finish"),
            11..=12 => self.act("cancel"),
            13 => self.act("ban"),
            14 => self.reuse(),
            15 => self.broken_off(),
            16 => self.race(),
            17 => self.shop.wait(MINUTE_US * (1 + self.dice.below(9) as i64)),
            18 => self.shop.wait(16 * MINUTE_US),
            _ => self.timer(),
        }
    }

    fn keep(&mut self, doc: &Node, buyer: &'static str, product: &'static str, reuse: bool) {
        let id = leaf(doc, "id").parse().expect("an id");
        let life_us = if product == "3hours" { 180 * MINUTE_US } else { 15 * MINUTE_US };
        let expires_at = self.now_us() + life_us;
        let phone = leaf(doc, "phone");
        let order = Expected { buyer, product, phone, status: "PENDING", expires_at, reuse };
        assert!(self.orders.insert(id, order).is_none(), "an id twice");
    }

    fn buy(&mut self) {
        let buyer = BUYERS[self.dice.below(3) as usize];
        let product = *self.dice.of(&["telegram", "telegram", "vkontakte", "3hours"]);
        let reuse = product != "3hours" && self.dice.below(2) == 0;
        let doc = self.shop.buy(buyer, product, if reuse { "&reuse=1" } else { "" });
        self.note(&format!("buy {}", told(&doc)));
        if is_ok(&doc) {
            self.keep(&doc, buyer, product, reuse);
        }
    }

    fn reuse(&mut self) {
        let ended: Vec<(i64, Expected)> = self
            .orders
            .iter()
            .filter(|(_, order)| order.reuse)
            .map(|(id, order)| (*id, order.clone()))
            .collect();
        if ended.is_empty() {
            return;
        }
        let (id, order) = self.dice.of(&ended).clone();
        let digits = order.phone.trim_start_matches('+').to_owned();
        let query = format!("func=number.reuse&product={}&phone={digits}&sok=ok", order.product);
        let doc = self.shop.world.call(order.buyer, &query);
        self.note(&format!("reuse {}", told(&doc)));
        let same = |other: &Expected| other.phone == order.phone && other.product == order.product;
        let is_last = !self.orders.iter().any(|(other, have)| {
            *other > id && same(have) && ["PENDING", "RECEIVED", "FINISHED"].contains(&have.status)
        });
        let is_banned = self.orders.values().any(|have| same(have) && have.status == "BANNED");
        if is_ok(&doc) {
            assert!(order.status == "FINISHED" || !is_last, "{order:?}");
            assert!(!is_banned, "{order:?}");
            self.keep(&doc, order.buyer, order.product, true);
        } else {
            let could = order.status == "FINISHED" && is_last && !is_banned;
            assert!(!could || told(&doc).starts_with("limit"), "{order:?}: {}", told(&doc));
        }
    }

    /// One that is under way, mostly.
    fn any(&mut self) -> Option<i64> {
        let live = |order: &Expected| matches!(order.status, "PENDING" | "RECEIVED");
        let wants_live = self.dice.below(5) > 0;
        let ids = self.orders.iter().filter(|(_, order)| live(order) == wants_live).map(|(id, _)| *id);
        let ids: Vec<i64> = ids.collect();
        (!ids.is_empty()).then(|| *self.dice.of(&ids))
    }

    /// Those that a message to this number may be for.
    fn waiting(&self, phone: &str) -> Vec<i64> {
        let now_us = self.now_us();
        let waits = |order: &Expected| {
            order.phone == phone
                && order.expires_at > now_us
                && matches!(order.status, "PENDING" | "RECEIVED")
        };
        self.orders.iter().filter(|(_, order)| waits(order)).map(|(id, _)| *id).collect()
    }

    fn message(&mut self) {
        let Some(id) = self.any() else { return };
        let phone = self.orders[&id].phone.clone();
        let (waiting, got) = (self.waiting(&phone), self.shop.message(&phone, "somebody", "code 12345"));
        self.note(if got.is_some() { "message kept" } else { "message lost" });
        match got {
            Some(got) => {
                assert!(waiting.contains(&got), "{got} of {waiting:?}");
                self.orders.get_mut(&got).expect("an order").status = "RECEIVED";
            }
            None => assert!(waiting.is_empty(), "{waiting:?}"),
        }
    }

    /// What a deed makes of an order, or how it is refused.
    fn after(&self, id: i64, deed: &str) -> Result<&'static str, &'static str> {
        let order = &self.orders[&id];
        let is_hosting = order.product == "3hours";
        match (order.status, deed) {
            ("PENDING" | "RECEIVED", "cancel" | "ban") if is_hosting => Err("used hosting"),
            ("PENDING", "finish") => Err("missed number_sms"),
            ("RECEIVED", "cancel" | "ban") => Err("used number_sms"),
            ("PENDING" | "RECEIVED", _) if order.expires_at <= self.now_us() => Err("missed number_order"),
            ("RECEIVED", "finish") => Ok("FINISHED"),
            ("PENDING", "cancel") => Ok("CANCELED"),
            ("PENDING", "ban") => Ok("BANNED"),
            _ => Err("missed number_order"),
        }
    }

    fn act(&mut self, deed: &str) {
        let Some(id) = self.any() else { return };
        let (buyer, expected) = (self.orders[&id].buyer, self.after(id, deed));
        let doc = self.shop.act(buyer, deed, &id.to_string());
        assert_eq!(told(&doc), expected.err().unwrap_or("ok"), "{deed} {:?}", self.orders[&id]);
        self.note(&format!("{deed} {}", told(&doc)));
        if let Ok(status) = expected {
            assert_eq!(leaf(&doc, "status"), status);
            self.orders.get_mut(&id).expect("an order").status = status;
        }
    }

    fn timer(&mut self) {
        self.shop.job();
        let now_us = self.now_us();
        for order in self.orders.values_mut().filter(|order| order.expires_at <= now_us) {
            order.status = match (order.status, order.product) {
                ("PENDING" | "RECEIVED", "3hours") | ("RECEIVED", _) => "FINISHED",
                ("PENDING", _) => "TIMEOUT",
                (ended, _) => ended,
            };
        }
        self.note("timer");
    }

    /// A job that does not come to its end: its server is gone, or the connection is.
    fn broken_off(&mut self) {
        let Some(id) = self.any() else { return };
        let (event, now_us) =
            (*self.dice.of(&[Event::Finish, Event::Cancel, Event::Ban, Event::Expire]), self.now_us());
        let done = self.shop.world.app.db.write(move |conn| {
            if let Some(order) = Order::load(conn, id)? {
                order::end(conn, &order, event, now_us)?;
            }
            Sql::new("UPDATE num_account SET rating = 0").execute(conn)?;
            Err::<(), Error>(Error::new("busy", "broken off"))
        });
        assert!(done.is_err());
        self.note("broken off");
    }

    /// A message, two ends and the timer, all at once: one of them decides.
    fn race(&mut self) {
        let Some(id) = self.any() else { return };
        let before = self.orders[&id].clone();
        let (waiting, now_us) = (self.waiting(&before.phone), self.now_us());
        let deeds = ["cancel", "ban", "finish"];
        let shop = &self.shop;
        let got = at_once(5, |nth| match nth {
            0 => shop
                .message(&before.phone, "somebody", "code 12345")
                .map_or("lost".to_owned(), |id| id.to_string()),
            4 => {
                // Only what is due: the clock stands.
                billmgr::jobs::run_named(&shop.world.app, "numbers", now_us).expect("it runs");
                "timer".to_owned()
            }
            nth => told(&shop.act(before.buyer, deeds[nth - 1], &id.to_string())),
        });
        self.note("race");
        self.timer();
        // What it came to is the database's; that it is possible is told here and by the judge.
        if let Ok(other) = got[0].parse::<i64>() {
            assert!(waiting.contains(&other), "{got:?}");
            if other != id {
                self.orders.get_mut(&other).expect("an order").status = "RECEIVED";
            }
        }
        let status = self.shop.status(&id.to_string());
        let done = got[1..4].iter().filter(|told| *told == "ok").count();
        let possible: &[&str] = match before.status {
            "PENDING" if before.product == "3hours" => &["PENDING", "RECEIVED", "FINISHED"],
            "PENDING" => &["CANCELED", "BANNED", "RECEIVED", "FINISHED", "TIMEOUT"],
            "RECEIVED" => &["FINISHED"],
            ended => &[ended],
        };
        assert!(possible.contains(&status.as_str()), "{before:?} became {status}: {got:?}");
        assert!(done <= 1, "{got:?}");
        let status = ["PENDING", "RECEIVED", "CANCELED", "BANNED", "FINISHED", "TIMEOUT"]
            .into_iter()
            .find(|word| *word == status)
            .expect("a status");
        self.orders.get_mut(&id).expect("an order").status = status;
    }

    fn compare(&self) {
        let rows = crate::direct::tables::rows(&self.shop.world.app.db, "num_order");
        assert_eq!(rows.len(), self.orders.len());
        for row in rows {
            let id: i64 = row["id"].parse().expect("a number");
            let order = &self.orders[&id];
            let have = (row["status"].as_str(), row["phone"].as_str(), row["product"].as_str());
            assert_eq!(have, (order.status, order.phone.as_str(), order.product), "order {id}");
            assert_eq!(row["expires_at"], order.expires_at.to_string(), "nothing prolongs order {id}");
        }
    }
}

fn lives(world: &World, seed: u64, phones: i64) {
    let shop = Shop::new(world, phones);
    shop.pay("client2", "150.00");
    shop.pay("reseller", "200.00");
    shop.credit("buyer", "300");
    let mut model = Model { shop, dice: Dice(seed), orders: BTreeMap::new(), seen: BTreeMap::new() };
    for _ in 0..STEPS {
        model.step();
        model.compare();
        model.shop.judge();
    }
    model.shop.wait(4 * 60 * MINUTE_US);
    model.timer();
    model.compare();
    model.shop.judge();
    assert_eq!(
        model.shop.count("SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM book WHERE kind = 'frozen'"),
        0
    );
    assert!(model.seen.get("buy ok").is_some_and(|count| *count > 5), "{:?}", model.seen);
    assert!(model.seen.get("message kept").is_some_and(|count| *count > 2), "{:?}", model.seen);
}

worlds! {
    fn many_numbers(world: &World) {
        lives(world, 20_261_122, 30);
    }

    /// Numbers end, come back, and go to others.
    fn few_numbers(world: &World) {
        lives(world, 7_031, 2);
    }
}
