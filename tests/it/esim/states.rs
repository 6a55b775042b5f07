//! Whatever a provider says, in whatever order, and whoever is faster.

use billmgr::db::{Kind, Sql};
use billmgr::rpc::BUDGET_SLOW;
use billmgr::telecom::esim::gateway::Told;
use billmgr::telecom::esim::order::{self, status};
use billmgr::telecom::esim::profile::{Activation, Profile, Usage, luhn};

use super::Shop;
use crate::direct::{Row, tables};
use crate::support::{Dice, World, worlds};

const ROUNDS: usize = 24;
const STEPS: u64 = 12;

fn told(dice: &mut Dice, nth: u64) -> Told {
    let order_no = if dice.below(8) == 0 { "ANOTHER".to_owned() } else { format!("NO-{nth}") };
    match dice.below(8) {
        0 => Told::Failed { reason: "no\u{7}t\u{0} to be had".into() },
        1 => Told::Unknown,
        2 => Told::Lost { reason: "x".repeat(5_000) },
        3 => Told::NotSent { reason: "down".into() },
        4 | 5 => Told::Pending { order_no },
        _ => Told::Ready { order_no, profile: profile(dice, nth) },
    }
}

fn profile(dice: &mut Dice, nth: u64) -> Profile {
    let number = if dice.below(6) == 0 { 0 } else { nth };
    let body = format!("8901{number:0>14}");
    let last = if dice.below(5) == 0 { b'x' } else { luhn(&body) };
    let total = [None, Some(1_000), Some(2_000), Some(-1)][dice.below(4) as usize];
    let used = [None, Some(0), Some(dice.below(3_000) as i64)][dice.below(3) as usize];
    Profile {
        iccid: format!("{body}{}", char::from(last)),
        activation: Activation { smdp: "smdp.example".into(), matching_id: format!("ID{nth}") },
        usage: Usage { total, used },
        expires_us: dice.below(2) as i64,
    }
}

fn row(world: &World, id: i64) -> Row {
    let rows = tables::rows(&world.app.db, "esim_order");
    rows.into_iter().find(|row| row["id"] == id.to_string()).expect("the order")
}

fn number(row: &Row, name: &str) -> i64 {
    row[name].parse().expect("a number")
}

/// Entries of keys that begin so.
fn posted(world: &World, keys: &str) -> i64 {
    let sql = Sql::new("SELECT COUNT(*) FROM transfer WHERE key LIKE ").bind(keys.to_owned());
    let row = world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int])).expect("transfers");
    row.expect("a count")[0].int()
}

/// What must be so of an order, whatever happened.
fn judge(world: &World, before: &Row, after: &Row) {
    let (was, is) = (before["status"].as_str(), after["status"].as_str());
    let ends = ["READY", "FAILED", "REFUNDED"];
    assert!(was == is || (was == "PENDING" && ends.contains(&is)), "{was} → {is}");
    for kept in ["provider_order_no", "iccid"] {
        assert!(before[kept].is_empty() || before[kept] == after[kept], "{kept}: {before:?} {after:?}");
    }
    assert_eq!(before["price"], after["price"]);
    let (total, used) = (number(after, "data_total"), number(after, "data_used"));
    assert!(total == -1 || used <= total, "{after:?}");
    if number(before, "data_total") == total {
        assert!(used >= number(before, "data_used"), "use shrinks: {before:?} {after:?}");
    }
    assert_eq!(is == "READY", !after["iccid"].is_empty());
    let id = &after["id"];
    let settled = i64::from(is != "PENDING");
    assert_eq!(posted(world, &format!("hold:esim:{id}")), 1);
    assert_eq!(posted(world, &format!("settle:esim:{id}")), settled, "{after:?}");
    assert_eq!(posted(world, &format!("settle:esim-wholesale:{id}")), settled);
}

worlds! {
    fn an_order_ends_once_and_its_money_with_it(world: &World) {
        let shop = Shop::new(world);
        shop.pay("reseller", "1000.00");
        shop.credit("buyer", "1000");
        let mut dice = Dice(20_261_122);
        for nth in 1..=ROUNDS as u64 {
            let id: i64 = shop.order("buyer", "P2CYMUS93").parse().expect("an id");
            let free = Sql::new("UPDATE esim_order SET provider_order_no = '' WHERE id = ").bind(id);
            world.app.db.write(move |conn| free.clone().execute(conn)).expect("an order without a number");
            for _ in 0..STEPS {
                let (before, now_us) = (row(world, id), world.clock.now_us());
                if dice.below(20) == 0 {
                    world.call("admin", &format!("func=esim.refund&elid={id}"));
                } else {
                    let told = told(&mut dice, nth);
                    let word = if dice.below(2) == 0 { status::FAILED } else { status::REFUNDED };
                    let settle = move |conn: &mut _| order::settle(conn, id, &told, word, now_us);
                    world.app.db.write(settle).expect("an answer is written down");
                }
                judge(world, &before, &row(world, id));
                world.clock.advance_us(1);
            }
        }
        for row in tables::rows(&world.app.db, "esim_order").iter().filter(|row| row["status"] == "PENDING") {
            world.done("admin", &format!("func=esim.refund&elid={}", row["id"]));
        }
        let rows = tables::rows(&world.app.db, "esim_order");
        let ready = rows.iter().filter(|row| row["status"] == "READY").count() as i64;
        assert!(ready > 0 && ready < ROUNDS as i64, "{ready}");
        let left = |start: i64, price: i64| billmgr::money::Money(start - ready * price).shown("EUR").to_string() + " EUR";
        assert_eq!(shop.balance("buyer"), left(1_000_000_000, 4_500_000));
        assert_eq!(shop.balance("reseller"), left(1_000_000_000, 3_600_000));
        shop.is_settled();
    }
}
