//! Payouts of vendors at once: neither the balance nor a reserve is paid out twice.

use billmgr::rpc::BUDGET_SLOW;

use crate::direct::tables;
use crate::support::{Dice, World, worlds};

/// A vendor with 76.00 and reserves of 40.00 and 100.00.
fn begin(world: &World) {
    let client = world.id("client");
    world.done("admin", &format!("func=vendor.edit&account={client}&name=demo&share=70&sok=ok"));
    world.done("admin", "func=vendor.wallet.edit&system=unitpay&amount=40&sok=ok");
    world.done("admin", "func=vendor.wallet.edit&system=payeer&amount=100&sok=ok");
}

fn is_ok(world: &World, user: &str, query: &str) -> bool {
    world.call(user, query).get("ok").is_some()
}

/// Cents that are left in a system.
fn reserve(world: &World, system: &str) -> i64 {
    let rows = tables::rows(&world.app.db, "num_wallet");
    let row = rows.iter().find(|row| row["system"] == system).expect("a reserve");
    row["amount"].parse::<i64>().expect("an amount") / 10_000
}

/// Cents in the client's book and in what is frozen of it.
fn money(world: &World) -> [i64; 2] {
    ["client", "frozen"].map(|kind| {
        let rows = tables::rows(&world.app.db, "book");
        let own = rows.iter().filter(|row| row["kind"] == kind && row["owner_id"] == world.id("client"));
        own.map(|row| row["balance"].parse::<i64>().expect("an amount") / 10_000).sum()
    })
}

fn is_balanced(world: &World) {
    let report = world.app.db.read(BUDGET_SLOW, billmgr::books::check::run).expect("a report");
    assert_eq!(report.faults, []);
}

/// What is done at once by so many, and how many of them succeeded.
fn at_once(count: usize, what: impl Fn(usize) -> bool + Sync) -> usize {
    std::thread::scope(|scope| {
        let what = &what;
        let threads: Vec<_> = (0..count).map(|nth| scope.spawn(move || what(nth))).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("a thread"))).sum()
    })
}

worlds! {
    fn withdraws_at_once(world: &World) {
        begin(world);
        let withdraw = |fee: &str| format!("func=vendor.payout.edit&receiver=1&method=qiwi&amount=3&fee={fee}&sok=ok");
        // 40.00 of the reserve are 13 of them, though the balance has more.
        assert_eq!(at_once(30, |_| is_ok(world, "client", &withdraw("unitpay"))), 13);
        assert_eq!((reserve(world, "unitpay"), money(world)), (100, [3_700, 3_900]));
        // The rest of the balance is 12 of them, though the reserve has more.
        assert_eq!(at_once(30, |_| is_ok(world, "client", &withdraw("payeer"))), 12);
        assert_eq!((reserve(world, "payeer"), money(world)), (6_400, [100, 7_500]));
        is_balanced(world);
        // Each is ended once, whoever asks for what.
        let ids = tables::ids(&world.app.db, "num_payout");
        assert_eq!(ids.len(), 25);
        let mut dice = Dice(20_261_122);
        let ends: Vec<String> = (0..100).map(|nth| {
            let what = dice.of(&["setpaid", "reject"]);
            format!("func=vendor.payout.{what}&elid={}", ids[nth % ids.len()])
        }).collect();
        at_once(ends.len(), |nth| is_ok(world, "admin", &ends[nth]));
        let rows = tables::rows(&world.app.db, "num_payout");
        let count = |status: &str| rows.iter().filter(|row| row["status"] == status).count() as i64;
        assert_eq!(count("pending"), 0);
        assert_eq!(money(world), [100 + 300 * count("rejected"), 0]);
        assert_eq!(reserve(world, "unitpay") + reserve(world, "payeer"), 6_500 + 300 * count("rejected"));
        is_balanced(world);
    }

    fn one_reference_is_one_payout(world: &World) {
        begin(world);
        let same = "func=vendor.payout.edit&receiver=1&method=visa&amount=2&fee=payeer&external_id=a&sok=ok";
        assert_eq!(at_once(20, |_| is_ok(world, "client", same)), 20);
        assert_eq!(tables::ids(&world.app.db, "num_payout").len(), 1);
        assert_eq!((reserve(world, "payeer"), money(world)), (9_800, [7_400, 200]));
    }

    /// What may be spent on credit may not be withdrawn.
    fn a_credit_limit_is_no_money(world: &World) {
        begin(world);
        let subaccount = world.id("client_subaccount");
        world.done("admin", &format!("func=subaccount.edit&elid={subaccount}&creditlimit=50&sok=ok"));
        let withdraw = "func=vendor.payout.edit&receiver=1&method=visa&amount=76.01&fee=payeer&sok=ok";
        assert!(!is_ok(world, "client", withdraw));
        assert!(is_ok(world, "client", &withdraw.replace("76.01", "76")));
        is_balanced(world);
    }
}
