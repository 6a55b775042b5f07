//! Many at once.

use std::thread;

use super::phones::{Phones, refusal, text};
use crate::direct::tables;
use crate::support::{Dice, worlds};
use billmgr::doc::Node;

/// What so many threads are answered.
fn at_once(count: usize, ask: impl Fn(usize) -> Node + Sync) -> Vec<Node> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|nth| {
                scope.spawn({
                    let ask = &ask;
                    move || ask(nth)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

fn let_through(docs: &[Node]) -> usize {
    docs.iter().filter(|doc| doc.get("error").is_none()).count()
}

worlds! {
    /// R150
    fn calls_at_once_never_spend_more_than_either_has(world: &World) {
        let phones = Phones::new(world);
        // Five first minutes of the client, then five of the reseller.
        for (nth, (client, reseller)) in [("3.25", "50.00"), ("50.00", "0.00")].into_iter().enumerate() {
            phones.pay("buyer", client);
            if nth == 0 {
                phones.pay("reseller", reseller);
            } else {
                // What is left of his 50.00 but 0.35: five minutes of 0.07.
                let left = phones.book("client", "reseller");
                let take = format!("func=expense.edit&subaccount={}&name=x&amount=", world.id("reseller_subaccount"));
                let amount = billmgr::money::Money::parse(&left).unwrap().0 - 350_000;
                world.done("admin", &format!("{take}{}&sok=ok", billmgr::money::Money(amount).plain()));
                assert_eq!(phones.book("client", "reseller"), "0.35");
            }
            let ask = |n| phones.ask("call.authorize", &format!("{nth}-{n}"), "&sip=buyer&dst=4915112345");
            let docs = at_once(50, ask);
            assert_eq!(let_through(&docs), 5);
            let word = if nth == 0 { "balance" } else { "call" };
            for doc in docs.iter().filter(|doc| doc.get("error").is_some()) {
                assert_eq!(refusal(doc), ("limit".to_owned(), word.to_owned()));
            }
            phones.check();
            let ended = at_once(50, |n| phones.ask("call.end", &format!("{nth}-{n}"), "&billsec=60"));
            assert_eq!(let_through(&ended), 50, "a refused call has its record too");
            phones.check();
        }
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
        assert_eq!(phones.book("client", "reseller"), "0.00");
    }

    /// R151
    fn a_call_is_begun_and_settled_once(world: &World) {
        let phones = Phones::new(world);
        phones.pay("buyer", "20.00");
        phones.pay("reseller", "20.00");
        let (buyer, reseller) = (("client", "buyer"), ("client", "reseller"));
        let moved = phones.moved(&[buyer, reseller], || {
            let begun = at_once(20, |_| phones.ask("call.authorize", "one", "&sip=buyer&dst=4915112345"));
            assert_eq!(let_through(&begun), 20);
            let ids: std::collections::BTreeSet<_> = begun.iter().map(|doc| text(doc, "id")).collect();
            assert_eq!(ids.len(), 1);
            assert_eq!(phones.book("frozen", "buyer"), "0.65");
            let more = at_once(20, |_| phones.ask("call.extend", "one", ""));
            assert!(more.iter().all(|doc| text(doc, "granted_sec") == "120"));
            assert_eq!(phones.book("frozen", "buyer"), "1.25");
            let ended = at_once(20, |_| phones.ask("call.end", "one", "&billsec=30"));
            let first = ended.iter().filter(|doc| text(doc, "duplicate") == "off").count();
            assert_eq!(first, 1);
            assert!(ended.iter().all(|doc| text(doc, "cost") == "0.65"));
        });
        assert_eq!(moved, ["-0.65", "-0.04"]);
        assert_eq!(refusal(&phones.ask("call.authorize", "one", "&sip=buyer&dst=4915112345")).0, "exists");
        assert_eq!(refusal(&phones.ask("call.extend", "one", "")).0, "missed");
        phones.check();
    }

    fn beginnings_and_ends_of_both_sides_mixed(world: &World) {
        let phones = Phones::new(world);
        for name in ["client", "buyer", "reseller"] {
            phones.pay(name, "100.00");
        }
        let books = [("client", "client"), ("client", "buyer"), ("client", "reseller")];
        let moved = phones.moved(&books, || {
            let lines = ["client", "buyer", "reseller"];
            let docs = at_once(12, |n| phones.call(lines[n % 3], "4915112345", "&secs=100&duplicate=on"));
            assert_eq!(let_through(&docs), 12);
        });
        // 0.11 each for the direct ones and the reseller's leg, 1.25 for the client of the reseller.
        assert_eq!(moved, ["-0.44", "-5.00", "-0.88"]);
        phones.check();
    }

    /// Whatever switches ask and report, in whatever order and at whatever times.
    fn calls_at_random_leave_the_books_in_order(world: &World) {
        let phones = Phones::new(world);
        for name in ["client", "buyer", "reseller"] {
            phones.pay(name, "4.00");
        }
        let mut dice = Dice(20_260_615);
        for _ in 0..400 {
            step(&phones, &mut dice);
        }
        phones.check();
        // Whoever is not in debt by a late end has not gone below zero on the way.
        world.clock.advance_us(4 * 3_600_000_000);
        billmgr::jobs::run_named(&world.app, "calls", world.clock.now_us()).expect("the job");
        assert!(tables::rows(&world.app.db, "call").is_empty());
        phones.check();
        let late = tables::rows(&world.app.db, "cdr").iter().any(|row| ["1", "true", "t"].contains(&&*row["late"]));
        assert!(late, "some calls went on beyond their grant");
    }
}

fn step(phones: &Phones, dice: &mut Dice) {
    phones.world.clock.advance_us(dice.below(40) as i64 * 1_000_000);
    let name = format!("dice-{}", dice.below(60));
    match dice.below(8) {
        0..=2 => {
            let line = *dice.of(&["client", "buyer", "reseller", "buyer_ipa1"]);
            let dst = *dice.of(&["4915112345", "4930111222", "37112345", "33112345"]);
            phones.ask("call.authorize", &name, &format!("&sip={line}&dst={dst}"));
        }
        3..=4 => {
            let talked = *dice.of(&["", "&billsec=30", "&billsec=100"]);
            drop(phones.ask("call.extend", &name, talked))
        }
        5 => {
            let how = *dice.of(&["&disposition=busy", "", "&disposition=failed"]);
            drop(phones.ask("call.end", &name, how))
        }
        6 => drop(phones.ask("call.end", &name, &format!("&billsec={}", dice.below(400)))),
        _ => {
            let line = *dice.of(&["client", "buyer"]);
            let start = "2026-06-15 10:00:00";
            let record = format!("built-in,{name},{line},4915112345,{start},{}", dice.below(200));
            let file: String = form_urlencoded::byte_serialize(
                format!("switch,uniqueid,sip,dst,start,billsec\n{record}").as_bytes(),
            )
            .collect();
            phones.world.done("admin", &format!("func=cdr.import&sok=ok&file={file}"));
        }
    }
    if dice.below(40) == 0 {
        let name = *dice.of(&["client", "buyer", "reseller"]);
        phones.pay(name, "1.00");
        phones.check();
    }
}
