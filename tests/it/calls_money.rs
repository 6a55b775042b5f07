//! Calls and the money of both who pay for them, through the built-in switch.

mod day;
pub mod phones;
mod races;
mod records;
pub mod rows;

use billmgr::db::Sql;
use billmgr::jobs;

use crate::direct::tables;
use crate::support::{World, dom, worlds};
use phones::{Phones, refusal, text};

const BOOKS: [(&str, &str); 5] = [
    ("client", "client"),
    ("client", "buyer"),
    ("client", "reseller"),
    ("issued_retail", "reseller"),
    ("revenue", ""),
];

fn refused_as(kind: &str, object: &str) -> (String, String) {
    (kind.to_owned(), object.to_owned())
}

/// All calls are one line of a statement; what was held and given back is none.
fn statement_tells_of_calls(world: &World) {
    let (company, customer) = (world.id("company"), world.id("buyer_profile"));
    let ask = format!("func=reconciliation.generate&company={company}&customer={customer}");
    world.done("admin", &format!("{ask}&fromdate=2026-06-15&todate=2026-06-15&sok=ok"));
    let row = tables::rows(&world.app.db, "reconciliation").pop().expect("a statement");
    assert_eq!((row["expenses"].as_str(), row["payments"].as_str()), ("1320000", "10000000"));
    assert!(row["data"].contains("Telephone calls"), "{}", row["data"]);
}

worlds! {
    /// R145
    fn a_direct_client_pays_the_provider(world: &World) {
        let phones = Phones::new(world);
        phones.pay("client", "10.00");
        let moved = phones.moved(&BOOKS, || {
            let doc = phones.made("client", "%2B4915112345", "&secs=90");
            assert_eq!((text(&doc, "cost"), text(&doc, "billsec")), ("0.10".into(), "90".into()));
            assert_eq!(text(&doc, "granted_sec"), "120");
        });
        assert_eq!(moved, ["-0.10", "0.00", "0.00", "0.00", "0.10"]);
        phones.check();
        let list = world.done("client", "func=cdr");
        assert_eq!(dom::find(&list, "/doc/elem/cost"), ["0.10 EUR"]);
        assert_eq!(dom::find(&list, "/doc/elem/dst"), ["4915112345"]);
        assert_eq!(dom::find(&list, "/doc/elem/cause/@orig"), ["answered"]);
        assert_eq!(dom::find(&list, "/doc/elem/start"), ["2026-06-15 11:58:30"]);
        // A reseller's own line pays by what he pays, and nobody beside him.
        phones.pay("reseller", "1.00");
        let moved = phones.moved(&BOOKS, || drop(phones.made("reseller_ipa1", "4915112345", "&secs=10")));
        assert_eq!(moved, ["0.00", "0.00", "-0.02", "0.00", "0.02"]);
        phones.check();
    }

    /// R145
    fn a_reseller_and_his_client_pay_together(world: &World) {
        let phones = Phones::new(world);
        phones.pay("buyer", "10.00");
        phones.pay("reseller", "10.00");
        let moved = phones.moved(&BOOKS, || {
            let doc = phones.made("buyer", "4930111222", "&secs=61&duplicate=on");
            assert_eq!((text(&doc, "cost"), text(&doc, "billed_sec")), ("1.32".into(), "66".into()));
            assert_eq!(text(&doc, "duplicate"), "on");
        });
        assert_eq!(moved, ["0.00", "-1.32", "-0.132", "1.32", "0.132"]);
        phones.check();
        statement_tells_of_calls(world);
        let list = world.done("reseller", "func=cdr");
        assert_eq!(dom::find(&list, "/doc/elem/cost"), ["1.32 EUR"]);
        assert_eq!(dom::find(&list, "/doc/elem/wholesale_cost"), ["0.132 EUR"]);
        assert_eq!(dom::find(&list, "/doc/elem/wholesale_price"), ["0.12 EUR"]);
        assert!(dom::find(&world.done("client", "func=cdr"), "/doc/elem").is_empty());
        assert!(dom::find(&world.done("reseller2", "func=cdr"), "/doc/elem").is_empty());
    }

    /// R147, R152: neither rows, nor sorting, nor filters, nor metadata, nor refusals (operations.md §2.14).
    fn a_resellers_client_sees_nothing_of_what_his_reseller_pays(world: &World) {
        let phones = Phones::new(world);
        phones.pay("buyer", "10.00");
        phones.pay("reseller", "0.20");
        phones.made("buyer", "4930111222", "&secs=61");
        let under = phones.ask("call.authorize", "open", "&sip=buyer&dst=4915112345");
        assert_eq!(text(&under, "granted_sec"), "58", "the reseller has 0.068 left: {under:?}");
        let refused = phones.call("buyer", "4915112345", "&secs=10");
        assert_eq!(refusal(&refused), refused_as("limit", "call"));
        let words = world.post(&format!("func=sandbox.call&from=buyer&to=4915112345&out=xml&{}", world.proof("admin")));
        assert!(words.body.contains("temporarily unavailable"), "{}", words.body);
        for func in ["cdr", "cdr.failed", "call", "cdr.filter", "call.filter", "cdr.failed.filter"] {
            for more in ["", "&out=devel", "&out=json", "&out=csv", "&lang=ru"] {
                let reply = world.get(&format!("func={func}{more}&{}", world.proof("buyer")));
                assert_eq!(reply.status, 200);
                for secret in ["wholesale", "0.132", "0.12 ", "reseller", "0.068"] {
                    assert!(!reply.body.contains(secret), "{func}{more}: {secret} in {}", reply.body);
                }
            }
        }
        for more in ["&p_col=-wholesale_cost", "&p_col=-wholesale_price"] {
            let doc = world.call("buyer", &format!("func=cdr{more}"));
            let plain = world.call("buyer", "func=cdr");
            assert!(doc.get("error").is_some() || dom::find(&doc, "/doc/elem/id") == dom::find(&plain, "/doc/elem/id"));
        }
        let filtered = world.call("buyer", "func=cdr&filter=on&wholesale_cost=99");
        assert!(filtered.get("error").is_some() || dom::find(&filtered, "/doc/elem/id").len() == 1, "an oracle: {filtered:?}");
        let failed = world.done("buyer", "func=cdr.failed");
        assert_eq!(dom::find(&failed, "/doc/elem/cause/@orig"), ["unavailable", "unavailable"]);
    }

    /// R148
    fn who_cannot_pay_one_block_is_refused(world: &World) {
        let phones = Phones::new(world);
        // 0.65 is the first block of the client, 0.011 of the reseller.
        phones.pay("buyer", "0.64");
        phones.pay("reseller", "10.00");
        let before = phones.book("client", "buyer");
        let call = |uniqueid: &str| phones.call("buyer", "4915112345", &format!("&secs=5&uniqueid={uniqueid}"));
        assert_eq!(refusal(&call("a")), refused_as("limit", "balance"));
        phones.pay("buyer", "0.01");
        assert_eq!(refusal(&call("a")), refused_as("limit", "balance"), "the answer of a name stays");
        assert_eq!(text(&call("b"), "cost"), "0.65");
        assert_eq!(phones.book("client", "buyer"), "0.00");
        assert_eq!(before, "0.64");
        phones.pay("buyer", "10.00");
        phones.run(Sql::new("UPDATE account SET active = FALSE WHERE id = ").bind(world.id("reseller").parse::<i64>().unwrap()));
        assert_eq!(refusal(&call("c")), refused_as("limit", "call"));
        phones.run(Sql::new("UPDATE account SET active = TRUE, plan_id = 0 WHERE id = ").bind(world.id("reseller").parse::<i64>().unwrap()));
        assert_eq!(refusal(&call("d")), refused_as("limit", "call"));
        // A prefix that the reseller himself has no rate for.
        let call = |to: &str, uniqueid: &str| phones.call("buyer", to, &format!("&secs=5&uniqueid={uniqueid}"));
        assert_eq!(refusal(&call("37112345", "e")), refused_as("limit", "call"));
        assert_eq!(refusal(&call("33112345", "f")), refused_as("missed", "rate"));
        phones.run(Sql::new("UPDATE sip SET active = FALSE WHERE name = 'buyer'"));
        assert_eq!(refusal(&call("4915112345", "g")), refused_as("limit", "line"));
        assert_eq!(refusal(&phones.call("nobody", "4915112345", "")), refused_as("missed", "sip"));
        let failed = world.done("buyer", "func=cdr.failed&p_col=%2Bid");
        let causes = ["balance", "unavailable", "unavailable", "unavailable", "rate", "disabled"];
        assert_eq!(dom::find(&failed, "/doc/elem/cause/@orig"), causes);
        assert_eq!(dom::find(&world.done("buyer", "func=cdr"), "/doc/elem/id").len(), 1);
        phones.check();
    }

    /// R151
    fn what_is_not_answered_is_free(world: &World) {
        let phones = Phones::new(world);
        phones.pay("buyer", "10.00");
        phones.pay("reseller", "10.00");
        let moved = phones.moved(&BOOKS, || {
            for disposition in ["busy", "noanswer", "canceled", "congestion", "failed"] {
                let doc = phones.made("buyer", "4915112345", &format!("&secs=20&disposition={disposition}"));
                assert_eq!((text(&doc, "cost"), text(&doc, "cause")), ("0.00".into(), disposition.to_owned()));
            }
            // Up to three seconds are free for the client; his reseller pays for every second.
            phones.made("buyer", "4915112345", "&secs=3");
        });
        assert_eq!(moved, ["0.00", "0.00", "-0.013", "0.00", "0.013"]);
        assert_eq!(dom::find(&world.done("buyer", "func=cdr.failed"), "/doc/elem/id").len(), 5);
        assert_eq!(dom::find(&world.done("buyer", "func=cdr"), "/doc/elem/billsec"), ["3"]);
        let odd = phones.ask("call.authorize", "odd", "&sip=buyer&dst=4915112345");
        assert!(odd.get("error").is_none());
        for (more, object) in [
            ("&billsec=-1", "billsec"),
            ("&billsec=90000", "billsec"),
            ("&billsec=61", "billsec"),
            ("&billsec=5&disposition=busy", "billsec"),
            ("&billsec=5&disposition=who", "disposition"),
        ] {
            assert_eq!(refusal(&phones.ask("call.end", "odd", more)), refused_as("value", object), "{more}");
        }
        let deleted = world.call("admin", &format!("func=account.delete&elid={}", world.id("buyer")));
        assert_eq!(refusal(&deleted), refused_as("used", "call"));
        assert_eq!(refusal(&phones.ask("call.end", "unheard", "&billsec=1")), refused_as("missed", "uniqueid"));
        assert!(phones.ask("call.end", "odd", "").get("error").is_none());
        phones.check();
    }

    fn a_call_keeps_its_price_until_its_end(world: &World) {
        let phones = Phones::new(world);
        phones.pay("client", "10.00");
        let begun = phones.ask("call.authorize", "old", "&sip=client_ipa1&dst=4915112345");
        assert_eq!(text(&begun, "callerid"), format!("+4930{:0>6}", world.id("client")));
        let retail = "UPDATE account SET plan_id = (SELECT id FROM plan WHERE name = 'Retail') WHERE plan_id = (SELECT id FROM plan WHERE name = 'Wholesale')";
        phones.run(Sql::new(retail));
        world.clock.advance_us(50_000_000);
        let more = phones.ask("call.extend", "old", "&billsec=50");
        assert_eq!(text(&more, "granted_sec"), "120");
        let again = phones.ask("call.extend", "old", "&billsec=50");
        assert_eq!(text(&again, "granted_sec"), "170", "two steps ahead of the clock");
        world.clock.advance_us(50_000_000);
        let ended = phones.ask("call.end", "old", "&billsec=100&disposition=ANSWERED");
        assert_eq!(text(&ended, "cost"), "0.11");
        assert_eq!(text(&phones.made("client", "4915112345", "&secs=4"), "cost"), "0.65", "by the new plan");
        phones.check();
    }

    /// R143
    fn who_is_switched_off_calls_no_more(world: &World) {
        let phones = Phones::new(world);
        for name in ["buyer", "reseller"] {
            phones.pay(name, "10.00");
        }
        phones.ask("call.authorize", "long", "&sip=buyer&dst=4915112345");
        let granted = |uniqueid: &str| text(&phones.ask("call.extend", uniqueid, ""), "granted_sec");
        for (name, cause) in [("buyer", "line"), ("reseller", "call")] {
            let id = world.id(name);
            world.done("admin", &format!("func=account.suspend&elid={id}"));
            assert_eq!(granted("long"), "60");
            let new = phones.ask("call.authorize", &format!("new-{name}"), "&sip=buyer&dst=4915112345");
            assert_eq!(refusal(&new), refused_as("limit", cause));
            world.done("admin", &format!("func=account.resume&elid={id}"));
        }
        assert_eq!(granted("long"), "120");
        world.done("admin", &format!("func=account.suspend&elid={}", world.id("buyer")));
        world.clock.advance_us(90_000_000);
        assert_eq!(text(&phones.ask("call.end", "long", "&billsec=90"), "cost"), "1.25");
        phones.check();
    }

    fn money_that_ends_ends_the_call(world: &World) {
        let phones = Phones::new(world);
        // 0.65 a first minute, 0.60 each further one.
        phones.pay("buyer", "1.90");
        phones.pay("reseller", "10.00");
        let doc = phones.made("buyer", "4915112345", "&secs=600");
        assert_eq!((text(&doc, "granted_sec"), text(&doc, "cost")), ("180".into(), "1.85".into()));
        assert_eq!(phones.book("client", "buyer"), "0.05");
        // A switch that does not hang up in time: the tail is charged, and is a debt.
        phones.pay("buyer", "0.60");
        let doc = phones.made("buyer", "4915112345", "&secs=100&overrun=on");
        assert_eq!((text(&doc, "granted_sec"), text(&doc, "cost")), ("60".into(), "1.25".into()));
        assert_eq!(phones.book("client", "buyer"), "-0.60");
        let check = world.done("admin", "func=ledger.check");
        assert_eq!(dom::find(&check, "/doc/elem/kind/@orig"), ["debt"]);
        let late = world.done("admin", "func=cdr&filter=on&late=on");
        assert_eq!(dom::find(&late, "/doc/elem/billsec"), ["100"]);
        phones.check();
    }

    fn a_call_whose_switch_falls_silent_is_settled(world: &World) {
        let phones = Phones::new(world);
        phones.pay("client", "10.00");
        phones.made("client", "4915112345", "&secs=100&lost=on&uniqueid=gone");
        assert_eq!(dom::find(&world.done("client", "func=call"), "/doc/elem/held"), ["0.13 EUR"]);
        let run = || jobs::run_named(&world.app, "calls", world.clock.now_us()).expect("a job").done;
        assert_eq!(run(), 0);
        world.clock.advance_us(3 * 3_600_000_000);
        // Another that is heard of again and again.
        phones.ask("call.authorize", "alive", "&sip=client&dst=4915112345");
        assert_eq!((run(), run()), (1, 0));
        let list = world.done("client", "func=cdr");
        // It was last heard of after 55 seconds.
        assert_eq!(dom::find(&list, "/doc/elem/cause/@orig"), ["lost"]);
        assert_eq!(dom::find(&list, "/doc/elem/billsec"), ["55"]);
        assert_eq!(dom::find(&list, "/doc/elem/cost"), ["0.065 EUR"]);
        let late = phones.ask("call.end", "gone", "&billsec=100");
        assert_eq!((text(&late, "duplicate"), text(&late, "billsec")), ("on".into(), "55".into()));
        assert_eq!(tables::rows(&world.app.db, "call").len(), 1);
        phones.check();
    }
}
