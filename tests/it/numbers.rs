//! Orders of virtual numbers: many buyers at once, messages against ends, time, money and stock.

mod model;
mod races;
mod rules;

use billmgr::db::{Conn, Kind, Raw, Sql};
use billmgr::doc::Node;
use billmgr::number::inbox::{self, Incoming};
use billmgr::rpc::BUDGET_SLOW;

use crate::support::{World, dom};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;

/// What is for sale: (country, operator, product, price in cents).
const OFFERS: [(&str, &str, &str, i64); 5] = [
    ("russia", "beeline", "vkontakte", 2_100),
    ("russia", "tele2", "vkontakte", 1_800),
    ("england", "ee", "vkontakte", 4_000),
    ("russia", "beeline", "telegram", 800),
    ("russia", "beeline", "3hours", 3_000),
];

/// A world in which numbers are sold.
struct Shop<'w> {
    world: &'w World,
}

fn run(conn: &mut Conn, sql: &'static str, values: impl IntoIterator<Item = Raw>) -> i64 {
    let sql = Sql::new(sql).binds(values).sql(") RETURNING id");
    sql.first(conn, &[Kind::Int]).expect("a row is made").expect("an id")[0].int()
}

impl<'w> Shop<'w> {
    /// So many numbers in every pool. client has 76.00.
    fn new(world: &'w World, phones: i64) -> Self {
        let made = world.app.db.write(move |conn| {
            let supplier = run(conn, "INSERT INTO num_supplier (code, name, kind) VALUES (", ["own".into(), "Own".into(), "webhook".into()]);
            for (slug, iso, prefix) in [("russia", "ru", "+7"), ("england", "gb", "+44")] {
                run(conn, "INSERT INTO num_country (slug, iso, prefix, text_en, text_ru) VALUES (", [slug, iso, prefix, slug, slug].map(Raw::from));
            }
            for slug in ["beeline", "tele2", "ee"] {
                run(conn, "INSERT INTO num_operator (slug) VALUES (", [slug.into()]);
            }
            for (slug, category, sec) in [("vkontakte", "activation", 0), ("telegram", "activation", 0), ("3hours", "hosting", 10_800)] {
                run(conn, "INSERT INTO num_product (slug, category, hosting_sec) VALUES (", [slug.into(), category.into(), sec.into()]);
            }
            let mut pools = Vec::new();
            for (nth, (country, operator, product, cents)) in OFFERS.into_iter().enumerate() {
                let category = if product == "3hours" { "hosting" } else { "activation" };
                let word = |conn: &mut Conn, table: &str, slug: &str| {
                    let sql = Sql::new("SELECT id FROM ").word(table).sql(" WHERE slug = ").bind(slug);
                    sql.first(conn, &[Kind::Int]).expect("a word").expect("a word")[0].int()
                };
                let key = (country, operator, category);
                let pool = match pools.iter().find(|(have, _)| *have == key) {
                    Some((_, id)) => *id,
                    None => {
                        let ids = [word(conn, "num_country", country), word(conn, "num_operator", operator)];
                        let id = run(conn, "INSERT INTO num_pool (country_id, operator_id, category, phones, free) VALUES (", [ids[0].into(), ids[1].into(), category.into(), phones.into(), (if category == "hosting" { phones } else { 0 }).into()]);
                        for phone in 0..phones {
                            let number = format!("+79{nth:02}{phone:07}");
                            run(conn, "INSERT INTO num_phone (pool_id, supplier_id, phone, reuse_ok, voice_ok, forwarding_ok) VALUES (", [id.into(), supplier.into(), number.into(), true.into(), (phone % 2 == 0).into(), true.into()]);
                        }
                        pools.push((key, id));
                        id
                    }
                };
                let product = word(conn, "num_product", product);
                run(conn, "INSERT INTO num_offer (pool_id, product_id, price, free) VALUES (", [pool.into(), product.into(), (cents * 10_000).into(), phones.into()]);
            }
            Ok(())
        });
        made.expect("numbers are for sale");
        Self { world }
    }

    fn pay(&self, name: &str, amount: &str) {
        let (account, method) = (self.world.id(name), self.world.id("paymethod"));
        let payment =
            format!("func=payment.edit&plid={account}&subaccountamount={amount}&paymethod={method}&sok=ok");
        let id = self.world.done("admin", &payment).get_text("id").expect("an id").to_owned();
        self.world.done("admin", &format!("func=payment.setpaid&elid={id}"));
    }

    fn credit(&self, name: &str, amount: &str) {
        let account = self.world.id(name);
        self.world.done("reseller", &format!("func=account.transfer&plid={account}&amount={amount}&sok=ok"));
    }

    fn buy(&self, name: &str, product: &str, more: &str) -> Node {
        let func = if product == "3hours" { "number.hosting.buy" } else { "number.buy" };
        let country = if more.contains("country=") { "" } else { "&country=any" };
        let operator = if more.contains("operator=") { "" } else { "&operator=any" };
        self.world.call(name, &format!("func={func}&product={product}{country}{operator}{more}&sok=ok"))
    }

    /// An order that was taken.
    fn order(&self, name: &str, product: &str, more: &str) -> Node {
        let doc = self.buy(name, product, more);
        assert!(doc.get("error").is_none(), "{product}: {:?}", doc.get("error"));
        doc
    }

    fn act(&self, name: &str, deed: &str, id: &str) -> Node {
        self.world.call(name, &format!("func=number.order.{deed}&elid={id}"))
    }

    fn look(&self, name: &str, id: &str) -> Node {
        self.world.call(name, &format!("func=number.order.edit&elid={id}"))
    }

    fn status(&self, id: &str) -> String {
        self.look("admin", id).get_text("status").unwrap_or_default().to_owned()
    }

    /// A message from the supplier of the number.
    fn message(&self, phone: &str, sender: &str, text: &str) -> Option<i64> {
        let now_us = self.world.clock.now_us();
        let incoming = Incoming {
            supplier_id: self.count("SELECT id FROM num_supplier WHERE code = 'own'"),
            phone: phone.to_owned(),
            sender: sender.to_owned(),
            text: text.to_owned(),
            received_us: now_us,
            provider_ref: String::new(),
        };
        let got = self.world.app.db.write(move |conn| inbox::receive(conn, &incoming, now_us));
        got.expect("a message is taken")
    }

    fn wait(&self, us: i64) {
        self.world.clock.advance_us(us);
    }

    fn job(&self) {
        billmgr::jobs::run_named(&self.world.app, "numbers", self.world.clock.now_us())
            .expect("the job runs");
    }

    fn count(&self, sql: &'static str) -> i64 {
        let row = self.world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).first(conn, &[Kind::Int]));
        row.expect(sql).expect("a row")[0].int()
    }

    /// `balance frozen rating` of a client.
    fn money(&self, name: &str) -> String {
        let doc = self.world.done(name, "func=number.profile");
        ["balance", "frozen_balance", "rating"]
            .map(|leaf| doc.get_text(leaf).unwrap_or("-").to_owned())
            .join(" ")
    }

    /// What must hold at every moment.
    fn judge(&self) {
        let doc = self.world.done("admin", "func=ledger.check");
        assert_eq!(dom::find(&doc, "/doc/elem/detail"), Vec::<String>::new());
        let held =
            self.count("SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM book WHERE kind = 'frozen'");
        let live = self.count(
            "SELECT CAST(COALESCE(SUM(price * CASE WHEN reseller_subaccount_id <> 0 THEN 2 ELSE 1 END), 0) AS BIGINT) \
             FROM num_order WHERE category = 'activation' AND status IN ('PENDING', 'RECEIVED')",
        );
        assert_eq!(held, live, "what is held is what runs");
        for (what, sql) in WRONG {
            assert_eq!(self.count(sql), 0, "{what}");
        }
    }
}

/// Rows that there may not be.
const WRONG: [(&str, &str); 11] = [
    (
        "stock of activations",
        "SELECT COUNT(*) FROM num_offer f JOIN num_pool l ON l.id = f.pool_id WHERE l.category = 'activation' AND f.free <> \
         (SELECT COUNT(*) FROM num_phone p WHERE p.pool_id = f.pool_id AND p.state = 'active' AND p.id > f.cursor_id) \
         + (SELECT COUNT(*) FROM num_free r WHERE r.offer_id = f.id)",
    ),
    (
        "stock of hostings",
        "SELECT COUNT(*) FROM num_offer f JOIN num_pool l ON l.id = f.pool_id WHERE l.category = 'hosting' AND (f.free <> l.free \
         OR l.free <> (SELECT COUNT(*) FROM num_phone p WHERE p.pool_id = l.id AND p.state = 'active'))",
    ),
    (
        "a number that is free and in use",
        "SELECT COUNT(*) FROM num_free r JOIN num_offer f ON f.id = r.offer_id JOIN num_order o ON o.phone_id = r.phone_id \
         AND o.product_id = f.product_id WHERE o.status IN ('PENDING', 'RECEIVED', 'FINISHED', 'BANNED')",
    ),
    (
        "a number that was sold twice",
        "SELECT COUNT(*) FROM (SELECT phone_id FROM num_order WHERE category = 'activation' AND parent_id = 0 \
         AND status IN ('PENDING', 'RECEIVED', 'FINISHED', 'BANNED') GROUP BY phone_id, product_id HAVING COUNT(*) > 1) x",
    ),
    (
        "two tenants",
        "SELECT COUNT(*) FROM (SELECT phone_id FROM num_order WHERE category = 'hosting' AND status IN ('PENDING', 'RECEIVED') \
         GROUP BY phone_id HAVING COUNT(*) > 1) x",
    ),
    (
        "a number that was sold after it was banned",
        "SELECT COUNT(*) FROM num_ban b JOIN num_order o ON o.phone_id = b.phone_id AND o.product_id = b.product_id \
         WHERE o.id > b.order_id",
    ),
    (
        "an ended order without its one change of the rating",
        "SELECT COUNT(*) FROM num_order o WHERE o.category = 'activation' AND o.phone_id <> 0 AND (SELECT COUNT(*) FROM \
         num_rating_event e WHERE e.cause = 'order:' || CAST(o.id AS TEXT)) <> CASE WHEN o.status IN ('PENDING', 'RECEIVED') THEN 0 ELSE 1 END",
    ),
    (
        "a state without its message, or the other way round",
        "SELECT COUNT(*) FROM num_order o WHERE (o.status IN ('PENDING', 'CANCELED', 'TIMEOUT', 'BANNED') AND EXISTS \
         (SELECT 1 FROM num_sms s WHERE s.order_id = o.id)) OR (o.category = 'activation' AND o.status IN ('RECEIVED', 'FINISHED') \
         AND NOT EXISTS (SELECT 1 FROM num_sms s WHERE s.order_id = o.id))",
    ),
    (
        "money of activations",
        "SELECT COUNT(*) FROM num_order o WHERE o.category = 'activation' AND o.vendor_id <> o.account_id AND o.price - (SELECT CAST(COALESCE(SUM(-e.amount), 0) AS BIGINT) \
         FROM entry e JOIN transfer t ON t.id = e.transfer_id JOIN book b ON b.id = e.book_id WHERE b.kind = 'client' \
         AND b.owner_id = o.account_id AND t.key IN ('hold:number:' || CAST(o.id AS TEXT), 'settle:number:' || CAST(o.id AS TEXT))) \
         <> CASE WHEN o.status IN ('PENDING', 'RECEIVED', 'FINISHED') THEN 0 ELSE o.price END",
    ),
    (
        "outcomes",
        "SELECT COUNT(*) FROM num_offer f WHERE (SELECT CAST(COALESCE(SUM(c.total), 0) AS BIGINT) FROM num_outcome c WHERE c.offer_id = f.id) \
         <> (SELECT COUNT(*) FROM num_order o WHERE o.offer_id = f.id AND o.category = 'activation' AND o.status NOT IN ('PENDING', 'RECEIVED'))",
    ),
    ("books below nothing", "SELECT COUNT(*) FROM book WHERE balance < 0"),
];

/// What so many threads are answered.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let ask = &ask;
        let threads: Vec<_> = (0..count).map(|nth| scope.spawn(move || ask(nth))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

fn is_ok(doc: &Node) -> bool {
    doc.get("error").is_none()
}

/// `ok`, or kind and object of an error.
fn told(doc: &Node) -> String {
    match doc.get("error") {
        None => "ok".to_owned(),
        Some(error) => {
            let attr = |name: &str| error.get_attr(name).unwrap_or_default().to_owned();
            format!("{} {}", attr("type"), attr("object"))
        }
    }
}

fn leaf(doc: &Node, name: &str) -> String {
    doc.get_text(name).unwrap_or_default().to_owned()
}
