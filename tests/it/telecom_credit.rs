//! Credit that is asked for many times at once.

use billmgr::json::Json;

use crate::support::{Request, World, dom, worlds};

const AT_ONCE: usize = 50;

fn key(world: &World, who: &str) -> String {
    let doc = world.done("admin", &format!("func=apikey.edit&name=race&plid={}&sok=ok", world.id(who)));
    doc.get_text("key").expect("a key").to_owned()
}

/// The statuses and bodies of as many requests at once.
fn at_once(
    world: &World,
    key: &str,
    endpoint: &str,
    body: impl Fn(usize) -> String + Sync,
) -> Vec<(u16, Json)> {
    std::thread::scope(|scope| {
        let body = &body;
        let send = |nth: usize| {
            scope.spawn(move || {
                let path = format!("/reseller-api/index.php?endpoint={endpoint}");
                let request = Request::post(path, "application/json", body(nth)).header("X-API-Key", key);
                let reply = request.send(world.address);
                (reply.status, Json::parse(reply.body.as_bytes()).expect("JSON"))
            })
        };
        let threads: Vec<_> = (0..AT_ONCE).map(send).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

fn balance(world: &World) -> String {
    let doc = world.call("buyer", "func=subaccount");
    dom::find(&doc, "/doc/elem/balance").concat()
}

fn is_clean(world: &World) {
    let doc = world.done("admin", "func=ledger.check");
    assert_eq!(dom::find(&doc, "/doc/elem/detail"), Vec::<String>::new());
}

worlds! {
    /// R141 One reference credits once, and everybody who sent it is told the same.
    fn fifty_transfers_are_one(world: &World) {
        let key = key(world, "reseller");
        let same = |_| r#"{"login":"buyer","amount":1.5,"external_id":"ORDER-1"}"#.to_owned();
        let replies = at_once(world, &key, "transfer", same);
        assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
        assert_eq!(balance(world), "1.50 EUR");
        // Of different bodies under one reference one counts.
        let another = |nth| format!(r#"{{"login":"buyer","amount":{},"external_id":"ORDER-2"}}"#, nth + 1);
        let replies = at_once(world, &key, "transfer", another);
        let done = replies.iter().filter(|(status, _)| *status == 200).count();
        assert!(done == 1 && replies.iter().all(|(status, _)| [200, 409].contains(status)), "{replies:?}");
        is_clean(world);
    }

    /// R161 A payment that is reported by many at once, under many numbers, is credited once.
    fn fifty_reports_are_one_payment(world: &World) {
        let key = key(world, "reseller");
        let report = |nth: usize| {
            let number = if nth.is_multiple_of(2) { "one".to_owned() } else { format!("other-{nth}") };
            format!(
                r#"{{"login":"buyer","amount":"20.00","currency":"EUR","provider":"plisio","external_id":"{number}","provider_txid":"tx","status":"paid"}}"#
            )
        };
        let replies = at_once(world, &key, "register-agent-payment", report);
        assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
        assert_eq!(balance(world), "20.00 EUR");
        is_clean(world);
    }
}
