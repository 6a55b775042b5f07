//! Short messages at once, interrupted, canceled and unpaid (operations.md §2.5–§2.7).

mod faults;
mod pages;
mod property;

use billmgr::db::{Kind, Sql};
use billmgr::json::Json;
use billmgr::money::Money;
use billmgr::telecom::sms::worker;

use crate::direct::tables;
use crate::support::{Request, World, dom, worlds};

const AT_ONCE: usize = 20;
/// What a part to +44 costs a client and his reseller.
const PRICE: &str = "0.04";
const SHARE: &str = "0.03";

/// A provider inside of the program, and a rate.
fn provider(world: &World) -> String {
    let made =
        world.done("admin", "func=sms.provider.edit&code=own&name=Own&kind=sandbox&in_flight=16&sok=ok");
    let id = made.get_text("id").expect("a provider").to_owned();
    let euro = world.id("euro");
    let rate = format!(
        "func=sms.rate.edit&provider={id}&prefix=44&currency={euro}&retail={PRICE}&wholesale={SHARE}&sok=ok"
    );
    world.done("admin", &rate);
    id
}

fn pay(world: &World, name: &str, amount: &str) {
    let (account, paymethod) = (world.id(name), world.id("paymethod"));
    let payment =
        format!("func=payment.edit&plid={account}&subaccountamount={amount}&paymethod={paymethod}&sok=ok");
    let made = world.done("admin", &payment);
    let id = made.get_text("id").expect("a payment").to_owned();
    world.done("admin", &format!("func=payment.setpaid&elid={id}&sok=ok"));
}

fn key(world: &World, who: &str) -> String {
    let doc = world.done("admin", &format!("func=apikey.edit&name=sms&plid={}&sok=ok", world.id(who)));
    doc.get_text("key").expect("a key").to_owned()
}

fn post(world: &World, key: &str, endpoint: &str, body: impl Into<Vec<u8>>) -> (u16, Json) {
    let path = format!("/sms-api/index.php?endpoint={endpoint}");
    let reply = Request::post(path, "application/json", body).header("X-API-Key", key).send(world.address);
    (reply.status, Json::parse(reply.body.as_bytes()).expect("JSON"))
}

fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..AT_ONCE).map(|nth| scope.spawn(move || work(nth))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

fn balance(world: &World, name: &str) -> Money {
    let sql = Sql::new("SELECT balance FROM book WHERE kind = 'client' AND owner_id = ");
    let sql = sql.bind(world.id(name).parse::<i64>().expect("an id"));
    Money(tables::read(&world.app.db, |conn| sql.first(conn, &[Kind::Int])).expect("a book")[0].int())
}

fn count(world: &World, sql: &'static str) -> i64 {
    tables::read(&world.app.db, |conn| Sql::new(sql).first(conn, &[Kind::Int])).expect("a count")[0].int()
}

fn is_clean(world: &World) {
    let doc = world.done("admin", "func=ledger.check");
    assert_eq!(dom::find(&doc, "/doc/elem/detail"), Vec::<String>::new());
}

fn units(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

fn campaign(world: &World, who: &str, first: u64, count: u64) -> String {
    let phones: Vec<String> = (first..first + count).map(|number| format!("%2B{number}")).collect();
    let ask = format!("func=sms.campaign.edit&provider=own&text=Hello&phones={}&sok=ok", phones.join(","));
    world.done(who, &ask).get_text("id").expect("a campaign").to_owned()
}

worlds! {
    /// No client fills the queues alone.
    fn queues_have_ends(world: &World) {
        provider(world);
        pay(world, "client", "5");
        let later = |nth: u32| {
            format!("func=sms.scheduled.edit&provider=own&phone=%2B4475000000{nth:02}&sender=Me&text=Hi\
                &date=2026-12-01%2010:00:00&sok=ok")
        };
        world.done("client", &later(11));
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9998) \
            INSERT INTO sms_scheduled (account_id, provider_id, phone, sender, text, local_time, utc_offset, \
            run_at, status, created_at, updated_at) SELECT account_id, provider_id, phone, sender, text, \
            local_time, utc_offset, run_at, status, created_at, updated_at FROM sms_scheduled CROSS JOIN n";
        world.app.db.write(|conn| Sql::new(many).execute(conn)).expect("they wait");
        world.done("client", &later(12));
        let refused = world.call("client", &later(13));
        assert_eq!(dom::find(&refused, "/doc/error/@object"), ["sms_waiting"]);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled"), 10_000);
    }

    /// R112 Twenty messages at once with money for five.
    fn five_of_twenty(world: &World) {
        provider(world);
        pay(world, "client2", "0.23");
        let key = key(world, "client2");
        let body = |nth: usize| format!(r#"{{"phone":"+4475000000{nth:02}","provider":"own","message":"Hello"}}"#);
        let statuses: Vec<u16> = at_once(|nth| post(world, &key, "send", body(nth + 10)).0);
        let sent = statuses.iter().filter(|status| **status == 200).count();
        assert!(sent == 5 && statuses.iter().all(|status| [200, 402].contains(status)), "{statuses:?}");
        assert_eq!(balance(world, "client2"), units("0.03"));
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message"), 5);
        is_clean(world);
    }

    /// The same for a reseller's client, whose reseller can pay for five.
    fn five_of_twenty_by_the_reseller(world: &World) {
        provider(world);
        pay(world, "buyer", "10");
        pay(world, "reseller", "0.17");
        let key = key(world, "reseller");
        let body = |nth: usize| format!(r#"{{"client_login":"buyer","phone":"+4475000000{nth:02}","provider":"own","message":"x"}}"#);
        let statuses: Vec<u16> = at_once(|nth| post(world, &key, "send", body(nth + 10)).0);
        let sent = statuses.iter().filter(|status| **status == 200).count();
        assert!(sent == 5 && statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
        assert_eq!(balance(world, "buyer"), units("9.80"));
        assert_eq!(balance(world, "reseller"), units("0.02"));
        is_clean(world);
    }

    /// A request that is sent again under its reference is one message, also at the same time.
    fn one_reference_is_one_message(world: &World) {
        provider(world);
        pay(world, "client2", "5");
        let key = key(world, "client2");
        let body = r#"{"phone":"+447500000010","provider":"own","message":"Once","external_id":"order-1"}"#;
        let replies = at_once(|_| post(world, &key, "send", body));
        assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message"), 1);
        assert_eq!(balance(world, "client2"), units("4.96"));
        let bulk = r#"{"phones":["+447500000010","+447500000011"],"provider":"own","message":"Once","external_id":"many-1"}"#;
        let replies = at_once(|_| post(world, &key, "bulk", bulk));
        assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt"), 2);
        let later = r#"{"phone":"+447500000010","provider":"own","message":"Once","external_id":"later-1","scheduled_at":"2026-06-15 13:00:00"}"#;
        let replies = at_once(|_| post(world, &key, "schedule", later));
        assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled"), 1);
        is_clean(world);
    }

    /// Two workers and everybody who cancels at the same instant: each message is sent or canceled.
    fn cancel_against_two_workers(world: &World) {
        provider(world);
        pay(world, "client2", "50");
        let ids: Vec<String> = (0..40).map(|nth| {
            let ask = format!("func=sms.scheduled.edit&phone=%2B4475000001{nth:02}&provider=own&text=x&date=2026-06-15 12:30:00&sok=ok");
            world.done("client2", &ask).get_text("id").expect("an id").to_owned()
        }).collect();
        let campaign = campaign(world, "client2", 447_500_000_200, 200);
        world.clock.advance_us(3_600_000_000);
        let canceled = std::thread::scope(|scope| {
            let workers = [0, 1].map(|_| scope.spawn(|| {
                worker::run_due(&world.app).expect("it runs");
            }));
            let cancels = scope.spawn(|| {
                let one = |id: &String| world.call("client2", &format!("func=sms.scheduled.cancel&elid={id}")).get("error").is_none();
                let done = ids.iter().rev().filter(|id| one(id)).count() as i64;
                world.call("client2", &format!("func=sms.campaign.cancel&elid={campaign}"));
                done
            });
            workers.into_iter().for_each(|worker| worker.join().expect("a worker ends"));
            cancels.join().expect("canceling ends")
        });
        worker::run_due(&world.app).expect("the rest");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled WHERE status = 'CANCELED'"), canceled);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled WHERE status = 'SENT_TO_PROVIDER'"), 40 - canceled);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE scheduled_id > 0"), 40 - canceled);
        let sent = count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt WHERE status = 'SENT_TO_PROVIDER'");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE campaign_id > 0"), sent);
        assert_eq!(count(world, "SELECT COUNT(DISTINCT rcpt_id) FROM sms_message WHERE campaign_id > 0"), sent);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt WHERE status = 'CANCELED'"), 200 - sent);
        assert_eq!(count(world, "SELECT sent * 1000 + canceled FROM sms_campaign"), sent * 1_000 + 200 - sent);
        let spent = units("50").minus(balance(world, "client2")).expect("less");
        assert_eq!(spent.0, (40 - canceled + sent) * units(PRICE).0);
        is_clean(world);
    }

    /// R118 Nobody gets a message that is not paid for, and nothing goes below zero.
    fn a_balance_that_ends(world: &World) {
        provider(world);
        pay(world, "client2", "0.30");
        let id = campaign(world, "client2", 447_500_000_200, 40);
        worker::run_due(&world.app).expect("it runs");
        let doc = world.done("client2", "func=sms.campaign");
        assert_eq!(dom::find(&doc, "/doc/elem/status/@orig"), ["FINISHED"]);
        assert_eq!((dom::find(&doc, "/doc/elem/sent").concat(), dom::find(&doc, "/doc/elem/failed").concat()), ("7".into(), "33".into()));
        let doc = world.done("client2", &format!("func=sms.campaign.rcpt&elid={id}&filter=on&status=FAILED"));
        assert!(dom::find(&doc, "/doc/elem/reason/@orig").iter().all(|reason| reason == "NO_BALANCE"));
        assert_eq!(balance(world, "client2"), units("0.02"));
        is_clean(world);
    }

    /// A client who is switched off, or gone, is sent nothing for.
    fn a_client_who_is_switched_off(world: &World) {
        provider(world);
        pay(world, "client2", "5");
        campaign(world, "client2", 447_500_000_200, 5);
        world.done("client2", "func=sms.scheduled.edit&phone=%2B447500000100&provider=own&text=x&date=2026-06-15 12:30:00&sok=ok");
        world.done("admin", &format!("func=account.suspend&elid={}", world.id("client2")));
        world.clock.advance_us(3_600_000_000);
        worker::run_due(&world.app).expect("it runs");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message"), 0);
        assert_eq!(count(world, "SELECT failed FROM sms_campaign WHERE status = 'FINISHED'"), 5);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled WHERE status = 'FAILED' AND reason = 'DISABLED'"), 1);
        assert_eq!(balance(world, "client2"), units("5"));
    }

    /// The largest campaign is longer than other bodies may be; without a key it is not even read.
    fn a_hundred_thousand(world: &World) {
        provider(world);
        let phones: Vec<String> = (0..100_000).map(|nth| format!("\"+4475{nth:08}\"")).collect();
        let body = format!(r#"{{"phones":[{}],"provider":"own","message":"Hello"}}"#, phones.join(","));
        assert!(body.len() > 1 << 20);
        let (status, _) = post(world, "wrong-wrong-wrong", "bulk", body.clone());
        assert_eq!(status, 413);
        let key = key(world, "client2");
        let (status, reply) = post(world, &key, "bulk", body);
        assert_eq!(status, 200, "{reply:?}");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt"), 100_000);
        assert_eq!(count(world, "SELECT total FROM sms_campaign WHERE status = 'QUEUED'"), 100_000);
        assert_eq!(count(world, "SELECT COUNT(*) FROM journal WHERE funcname = 'sms.campaign.edit' AND LENGTH(params) < 1000"), 1);
        let one_more = format!(r#"{{"phones":[{},"+1234567890"],"provider":"own","message":"Hello"}}"#, phones.join(","));
        assert_eq!(post(world, &key, "bulk", one_more).0, 422);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign"), 1);
    }
}
