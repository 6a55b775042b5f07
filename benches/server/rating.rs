//! Rates of calls: the longest prefix of a number beside a look-up of a hash map that is told the
//! prefix, and a new markup beside the bare UPDATE of the same rows.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use billmgr::db::{Db, Raw, Sql};
use billmgr::error::Result;
use billmgr::telecom::rates::{Builder, Index};
use diesel::connection::SimpleConnection;

use super::child::Server;
use super::client::{self, get};
use super::credit;
use super::data;
use super::load::{Pace, median};
use super::report::{Report, Target};

const PREFIXES: u64 = 1_000_000;
const LOOK_UPS: usize = 1_000_000;
/// As many as the reseller of the documents has (operations.md R133).
const RATES: i64 = 66_875;
const RESELLER: i64 = 2;

pub fn measure(pace: Pace, report: &mut Report) {
    look_up(pace, report);
    markup(pace, report);
}

/// The same numbers in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Prefixes of 3 to 9 digits, each with a price of its own: the most that such a plan takes.
fn prefixes(dice: &mut Dice) -> HashMap<String, i64> {
    let mut prefixes = HashMap::new();
    while (prefixes.len() as u64) < PREFIXES {
        let len = 3 + dice.below(7) as u32;
        let digits = format!("{:0width$}", dice.below(10u64.pow(len)), width = len as usize);
        prefixes.insert(digits, 1 + dice.below(100_000_000) as i64);
    }
    prefixes
}

fn index(prefixes: &HashMap<String, i64>) -> Index {
    let mut builder = Builder::default();
    for (nth, (prefix, price)) in prefixes.iter().enumerate() {
        let numbers = [*price, 0, 1, 1, 0].map(Raw::from);
        builder.add(prefix, &format!("Destination {}", nth % 20_000), &numbers);
    }
    builder.build()
}

fn look_up(pace: Pace, report: &mut Report) {
    let mut dice = Dice(20_261_122);
    let prefixes = prefixes(&mut dice);
    let index = index(&prefixes);
    let all: Vec<&String> = prefixes.keys().collect();
    let call =
        |dice: &mut Dice| format!("{}{:06}", all[dice.below(PREFIXES) as usize], dice.below(1_000_000));
    let numbers: Vec<String> = (0..LOOK_UPS).map(|_| call(&mut dice)).collect();
    let lens: Vec<usize> =
        numbers.iter().map(|number| index.find(number).expect("it has a prefix").0).collect();
    let (mut hashed, mut found, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..pace.rounds {
        let hash = ns_each(|at| prefixes.get(&numbers[at][..lens[at]]).copied());
        let own = ns_each(|at| index.price(&numbers[at]));
        hashed.push(hash);
        found.push(own);
        ratios.push(hash / own);
    }
    let mib = index.bytes() as f64 / 1024.0 / 1024.0;
    report.row("look-up in a HashMap of 1,000,000 prefixes", median(&hashed), "ns", Target::None);
    report.row("rate of a call among 1,000,000 prefixes", median(&found), "ns", Target::None);
    report.row("  rate of a call : HashMap", median(&ratios), "x", Target::AtLeast(0.1));
    report.row("memory of 1,000,000 prefixes", mib, "MiB", Target::AtMost(200.0));
}

fn ns_each<T>(look_up: impl Fn(usize) -> T) -> f64 {
    let start = Instant::now();
    (0..LOOK_UPS).for_each(|at| drop(black_box(look_up(at))));
    start.elapsed().as_secs_f64() * 1e9 / LOOK_UPS as f64
}

const PLANS: &str = "
    INSERT INTO plan (id, project_id, currency_id, name) VALUES (1, 1, 1, 'Wholesale');
    INSERT INTO plan (id, account_id, reseller_id, project_id, currency_id, base_plan_id, markup, name)
        VALUES (2, 2, 2, 1, 1, 1, 0, 'Calls');
    UPDATE account SET is_reseller = TRUE, plan_id = 1, retail_plan_id = 2 WHERE id = 2;
";

fn fill(db: &Db) -> Result<()> {
    data::begin(db)?;
    db.write(|conn| {
        conn.batch_execute(PLANS)?;
        let sql = data::numbers(1, RATES).sql("INSERT INTO prefix (id, prefix, destination) ");
        sql.sql("SELECT i, 100000 + i, 'Land ' || (i % 900) FROM n").execute(conn)?;
        for (plan, owner) in [(1, 0), (2, RESELLER)] {
            let sql = Sql::new(
                "INSERT INTO rate (plan_id, account_id, reseller_id, prefix_id, price, base_price) SELECT ",
            );
            let sql = sql.binds([plan.into(), owner.into(), owner.into()]);
            sql.sql(", id, 1000 + id % 5000, 1000 + id % 5000 FROM prefix").execute(conn)?;
        }
        Ok(())
    })
}

fn markup(pace: Pace, report: &mut Report) {
    let (dir, sessions) = data::kept("rates", include_bytes!("rating.rs"), &[RESELLER], fill);
    let server = Server::billmgr(&data::copy(&dir, "markup"), "");
    let mut bare = Bare::open(&data::copy(&dir, "bare-markup"));
    let (mut marked, mut same, mut updated, mut ratios) = (vec![], vec![], vec![], vec![]);
    for round in 0..=pace.rounds as i64 {
        let set =
            get(&format!("auth={}&func=markup.edit&percent={}&sok=ok&out=xml", sessions[0], 10 + round));
        let ms = |rows: i64| {
            let start = Instant::now();
            let body = client::fetch(server.port, &set);
            assert!(body.contains(&format!("<rows_updated>{rows}</rows_updated>")), "{body}");
            start.elapsed().as_secs_f64() * 1e3
        };
        let (first, again, bare) = (ms(RATES), ms(0), bare.update(round));
        if round > 0 {
            marked.push(first);
            same.push(again);
            updated.push(bare);
            ratios.push(first / bare);
        }
    }
    report.row("bare UPDATE of 66,875 rates", median(&updated), "ms", Target::None);
    report.row("markup.edit of 66,875 rates", median(&marked), "ms", Target::None);
    report.row("  markup.edit : bare UPDATE", median(&ratios), "x", Target::AtMost(3.0));
    report.row("markup.edit that changes nothing", median(&same), "ms", Target::None);
}

/// The least that a change of all prices costs: through diesel, with nothing asked.
struct Bare(billmgr::db::Conn);

impl Bare {
    fn open(dir: &Path) -> Self {
        Self(credit::open(dir))
    }

    /// Milliseconds of one durable change.
    fn update(&mut self, round: i64) -> f64 {
        let start = Instant::now();
        self.0.batch_execute("BEGIN IMMEDIATE").expect("nobody else writes");
        let sql = Sql::new("UPDATE rate SET price = price + 1, updated_at = ").bind(round);
        let rows = sql.sql(" WHERE plan_id = 2").execute(&mut self.0).expect("the statement is right");
        assert_eq!(rows as i64, RATES);
        self.0.batch_execute("COMMIT").expect("the disk takes it");
        start.elapsed().as_secs_f64() * 1e3
    }
}
