//! Random business: orders, payments, renewals, changes of tariff, suspensions, time that passes,
//! jobs that are broken off. Whatever comes, the books are in order, nothing is charged without a
//! service and no service runs without a charge; the same seed makes the same money on both engines.

mod oracle;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use billmgr::books::check;
use billmgr::db::{Conn, Kind, Sql};
use billmgr::ledger::BookKind;
use billmgr::ledger::digest::Digest;
use billmgr::money::Money;
use billmgr::outbox::worker;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::{jobs, time};

use crate::direct::{self, Pairs, SERVER};
use crate::support::{Dice, Engine, World};

/// Operations of one run in tests/run; tests/soak names more.
const OPERATIONS: u64 = 3_000;
/// The books are looked at so often in a run, however long it is.
const CHECKS: u64 = 50;
const SEED: u64 = 20_261_122;
const BUYERS: [&str; 4] = ["client", "client2", "buyer", "buyer2"];

struct Business {
    world: World,
    dice: Dice,
    made: u64,
    refused: BTreeMap<String, u64>,
    /// Compensations that staff ordered: expense, and what it came to with them.
    by_hand: BTreeSet<(i64, i64)>,
}

impl Business {
    /// A call that may be refused for a reason that a user can understand, and for no other.
    fn call(&mut self, login: &str, func: &str, pairs: &Pairs) -> Option<direct::Answered> {
        let pairs: Vec<(&str, &str)> = [("sok", "ok")].into_iter().chain(pairs.iter().copied()).collect();
        match direct::call(&self.world.app, login, func, &pairs) {
            Ok(answered) => {
                self.made += 1;
                Some(answered)
            }
            Err(error) => {
                assert!(
                    ["limit", "value", "missed", "exists", "access"].contains(&error.kind),
                    "{login} {func} {pairs:?}: {error}"
                );
                *self.refused.entry(format!("{func} {}({})", error.kind, error.object)).or_default() += 1;
                None
            }
        }
    }

    /// Some service of a client; its name is known, its number differs between engines.
    fn service(&mut self, login: &str) -> Option<String> {
        let rows = direct::call(&self.world.app, login, "vds", &[("p_col", "+domain")]).expect("a list").rows;
        if rows.is_empty() {
            return None;
        }
        let mut named: Vec<(&String, &String)> =
            rows.iter().map(|row| (&row["domain"], &row["id"])).collect();
        named.sort();
        Some(self.dice.of(&named).1.clone())
    }

    fn tariff(&mut self) -> String {
        let name = *self.dice.of(&["tariff", "tariff_big"]);
        self.world.id(name).to_owned()
    }

    fn step(&mut self, nth: u64) {
        let login = *self.dice.of(&BUYERS);
        match self.dice.below(20) {
            0..=2 => self.pay(login),
            3..=5 => self.order(login, nth, "on"),
            6 => self.order(login, nth, "off"),
            7 => drop(self.call(login, "cart.checkout", &[])),
            8 => drop(self.call(login, "basket", &[("clicked_button", "clearbasket")])),
            9 | 10 => self.on_service(login, "service.prolong", &[("period", "1")]),
            11 | 12 => {
                let tariff = self.tariff();
                self.on_service(login, "service.changepricelist.getmoney", &[("pricelist", &tariff)]);
            }
            13 => {
                let period = *self.dice.of(&["0", "1", "12"]);
                self.on_service(login, "vds.edit", &[("autoprolong", period)]);
            }
            14 => {
                let func = *self.dice.of(&["vds.suspend", "vds.resume"]);
                if let Some(id) = self.service(login) {
                    self.call(SERVER, func, &[("elid", &id)]);
                }
            }
            15 => self.on_service(login, "vds.delete", &[]),
            16 => self.give_back(login),
            _ => self.live_on(),
        }
    }

    fn on_service(&mut self, login: &str, func: &str, pairs: &Pairs) {
        let Some(id) = self.service(login) else { return };
        let pairs: Vec<(&str, &str)> =
            [("elid", id.as_str())].into_iter().chain(pairs.iter().copied()).collect();
        self.call(login, func, &pairs);
    }

    fn pay(&mut self, login: &str) {
        let (account, method) = (self.world.id(login).to_owned(), self.world.id("paymethod").to_owned());
        let amount = format!("{}.{:02}", 1 + self.dice.below(90), self.dice.below(100));
        let pairs = [("plid", account.as_str()), ("subaccountamount", &amount), ("paymethod", &method)];
        let made = self.call(SERVER, "payment.edit", &pairs).expect("a payment is made");
        let id = made.doc.get_text("id").expect("an id").to_owned();
        for _ in 0..=self.dice.below(2) {
            self.call(SERVER, "payment.setpaid", &[("elid", &id)]); // a callback may come twice
        }
        if self.dice.below(12) == 0 {
            self.call(SERVER, "payment.setfraud", &[("elid", &id)]);
        }
    }

    fn order(&mut self, login: &str, nth: u64, skipbasket: &str) {
        let (tariff, name) = (self.tariff(), format!("s{nth}.example.com"));
        let period = *self.dice.of(&["-100", "1", "1", "12"]);
        let pairs = [
            ("pricelist", tariff.as_str()),
            ("period", period),
            ("domain", &name),
            ("skipbasket", skipbasket),
        ];
        self.call(login, "vds.order.param", &pairs);
    }

    /// Some expense of a client is compensated in part.
    fn give_back(&mut self, login: &str) {
        let rows = direct::call(&self.world.app, login, "expense", &[("p_cnt", "20")]).expect("a list").rows;
        if rows.is_empty() {
            return;
        }
        let id = self.dice.of(&rows)["id"].clone();
        let amount = format!("{}.{:02}", self.dice.below(3), self.dice.below(100));
        if self.call(SERVER, "expense.compensate", &[("elid", &id), ("amount", &amount)]).is_some() {
            let sql = "SELECT id, compensated FROM expense WHERE id = ";
            let id: i64 = id.parse().expect("an id");
            let read = |conn: &mut Conn| Sql::new(sql).bind(id).first(conn, &[Kind::Int, Kind::Int]);
            let row = self.world.app.db.read(BUDGET_SLOW, read).expect("an expense can be read");
            self.by_hand.extend(row.map(|row| (row[0].int(), row[1].int())));
        }
    }

    /// Without tax and discounts hardly anything would be rounded.
    fn conditions(&mut self) {
        let vds = self.world.id("vds").to_owned();
        self.call(SERVER, "itemtype.edit", &[("elid", &vds), ("splitexpense", "off")]).expect("a type");
        self.call(SERVER, "taxrule.edit", &[("name", "Tax"), ("rate", oracle::TAX)]).expect("a tax");
        let account = self.world.id(oracle::DISCOUNTED).to_owned();
        let project = self.world.id("project").to_owned();
        let pairs = [("name", "Friend"), ("project", &project), ("percentvalue", oracle::DISCOUNT)];
        let pairs = [&[("plid", account.as_str())][..], &pairs].concat();
        self.call(SERVER, "account.discount.edit", &pairs).expect("a discount");
    }

    /// Time passes, and what runs by itself does; sometimes a job twice, sometimes none.
    fn live_on(&mut self) {
        let days = self.dice.below(9) as i64;
        self.world.clock.advance_us(days * time::DAY_US + self.dice.below(80_000) as i64 * time::SECOND_US);
        for _ in 0..self.dice.below(3) {
            let job = *self.dice.of(&jobs::JOBS);
            jobs::run(&self.world.app, job, self.world.clock.now_us()).expect("a job runs");
        }
        if self.dice.below(4) > 0 {
            worker::run_due(&self.world.app).expect("the outbox is worked off");
        }
    }

    fn check(&self, nth: u64) {
        let report = self.world.app.db.read(BUDGET_SLOW, check::run).expect("the check runs");
        assert!(report.faults.is_empty(), "after {nth}: {:?}", report.faults);
        for (why, sql) in RULES {
            let rows = self.world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).load(conn, &[Kind::Int]));
            let rows = rows.expect("a rule can be asked");
            assert!(rows.is_empty(), "after {nth}: {why}: {rows:?}");
        }
        let faults = oracle::faults(&self.world.app.db, &self.by_hand);
        assert!(faults.is_empty(), "after {nth}: {}", faults.join("\n"));
    }

    /// What was moved, without the numbers of rows, which differ between engines.
    fn money(&self) -> String {
        let sql = "SELECT t.key, b.kind, COALESCE(a.name, ''), c.iso, e.amount FROM entry e \
                   JOIN transfer t ON t.id = e.transfer_id JOIN book b ON b.id = e.book_id \
                   LEFT JOIN account a ON a.id = b.owner_id AND b.kind IN ('client', 'frozen') \
                   JOIN currency c ON c.id = b.currency_id";
        let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
        let rows = self.world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).load(conn, &kinds));
        let mut digest = Digest::default();
        for row in rows.expect("the ledger can be read") {
            let key: String =
                row[0].str().split(':').take_while(|part| part.parse::<u64>().is_err()).collect();
            let kind = BookKind::from_word(row[1].str()).expect("a kind of book");
            digest.add(&key, kind, row[2].str(), row[3].str(), Money(row[4].int()));
        }
        digest.hex()
    }
}

/// What must answer no row.
const RULES: [(&str, &str); 9] = [
    (
        "a term of a day or more that nobody paid for, and no trial",
        "SELECT t.id FROM item_term t WHERE t.expense_id = 0 AND t.period <> -100 \
         AND t.end_at - t.begin_at >= 86400000000",
    ),
    (
        "a charge that is not for one term",
        "SELECT e.id FROM expense e LEFT JOIN item_term t ON t.expense_id = e.id \
         WHERE e.operation IN ('open', 'prolong', 'change') GROUP BY e.id HAVING COUNT(t.id) <> 1",
    ),
    (
        "a set-up fee taken twice",
        "SELECT e.item_id FROM expense e WHERE e.operation = 'setup' GROUP BY e.item_id HAVING COUNT(*) > 1",
    ),
    (
        "a balance that is not what was paid, charged and given back",
        "SELECT s.id FROM subaccount s JOIN book b ON b.id = s.book_id WHERE b.balance <> \
         (SELECT COALESCE(SUM(p.subaccountamount - p.refunded), 0) FROM payment p \
          WHERE p.subaccount_id = s.id AND p.status IN (3, 4, 5)) \
         - (SELECT COALESCE(SUM(e.amount - e.compensated), 0) FROM expense e WHERE e.subaccount_id = s.id)",
    ),
    (
        "a charge without a service",
        "SELECT e.id FROM expense e LEFT JOIN item i ON i.id = e.item_id \
         WHERE e.item_id <> 0 AND (i.id IS NULL OR i.status = 1)",
    ),
    (
        "a service that runs without a term",
        "SELECT i.id FROM item i WHERE NOT i.deleted AND i.status IN (2, 3) \
         AND NOT EXISTS (SELECT 1 FROM item_term t WHERE t.item_id = i.id)",
    ),
    (
        "a service that is paid further than its terms go",
        "SELECT i.id FROM item i WHERE NOT i.deleted AND i.status IN (2, 3) AND i.expiredate <> \
         (SELECT MAX(t.end_at) FROM item_term t WHERE t.item_id = i.id)",
    ),
    (
        "terms that overlap",
        "SELECT a.id FROM item_term a JOIN item_term b ON b.item_id = a.item_id AND b.id <> a.id \
         WHERE a.begin_at < b.begin_at AND a.end_at > b.begin_at",
    ),
    (
        "a paid order whose lines are not what was charged",
        "SELECT l.id FROM lineitem l JOIN billorder o ON o.id = l.billorder_id \
         JOIN expense e ON e.id = l.expense_id \
         WHERE o.status = 2 AND l.kind = 'prolong' AND l.total <> e.amount",
    ),
];

fn live(engine: Engine, operations: u64, seed: u64) -> String {
    let (world, begun) = (World::new(engine), Instant::now());
    let mut business =
        Business { world, dice: Dice(seed), made: 0, refused: BTreeMap::new(), by_hand: BTreeSet::new() };
    business.conditions();
    let every = (operations / CHECKS).max(1);
    for nth in 0..operations {
        business.step(nth);
        if (nth + 1) % every == 0 {
            business.check(nth);
        }
    }
    business.check(operations);
    assert!(business.made > operations / 4, "too little happened: {:?}", business.refused);
    let (money, seconds, made) = (business.money(), begun.elapsed().as_secs(), business.made);
    println!("{engine:?}: {operations} operations, {made} not refused, {seconds} s, ledger {money}");
    money
}

fn live_on_all(operations: u64, seed: u64) {
    let money: Vec<String> = Engine::all().map(|engine| live(engine, operations, seed)).collect();
    assert!(money.windows(2).all(|pair| pair[0] == pair[1]), "{money:?}");
}

#[test]
fn the_books_stay_in_order_and_are_the_same_on_both_engines() {
    live_on_all(OPERATIONS, SEED);
}

/// `tests/soak` runs it; BILLMGR_SOAK_OPERATIONS says how many.
#[test]
#[ignore = "minutes long: tests/soak"]
fn a_long_life() {
    let operations = std::env::var("BILLMGR_SOAK_OPERATIONS").ok().and_then(|text| text.parse().ok());
    live_on_all(operations.unwrap_or(100_000), SEED + 1);
}
