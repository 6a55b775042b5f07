//! Servers that end in the middle, providers that answer late, twice or nonsense.

use billmgr::telecom::sms::claim::{Claim, claim};
use billmgr::telecom::sms::message::Charged;
use billmgr::telecom::sms::transport::Outcome;
use billmgr::telecom::sms::{State, outcome, report, worker};

use super::{balance, campaign, count, is_clean, pay, provider, units};
use crate::support::{World, worlds};

const HOUR_US: i64 = 3_600_000_000;

/// A server that claims a batch and says no more.
pub fn claimed(world: &World, provider_id: i64) -> Vec<Charged> {
    let now_us = world.clock.now_us();
    match world.app.db.write(move |conn| claim(conn, provider_id, now_us)).expect("a claim") {
        Claim::Batch(batch) => batch,
        Claim::Later(_) | Claim::Nothing => Vec::new(),
    }
}

fn recorded(world: &World, provider_id: i64, batch: &[Charged], outcome: &Outcome) {
    let handed: Vec<_> = batch.iter().map(|message| (message.clone(), outcome.clone())).collect();
    let now_us = world.clock.now_us();
    let done = world.app.db.write(move |conn| outcome::record(conn, provider_id, &handed, now_us));
    done.expect("it is written down");
}

fn told(world: &World, provider_id: i64, name: &str, state: State) -> bool {
    report(&world.app, provider_id, name, state, "", world.clock.now_us()).expect("a receipt")
}

worlds! {
    /// Between handing over and writing down: charged, unknown, never sent again, and a receipt may tell.
    fn a_server_that_ends(world: &World) {
        let id: i64 = provider(world).parse().unwrap();
        pay(world, "client2", "5");
        campaign(world, "client2", 447_500_000_200, 20);
        world.done("client2", "func=sms.scheduled.edit&phone=%2B447500000100&provider=own&text=x&date=2026-06-15 12:00:00&sok=ok");
        let batch = claimed(world, id);
        assert_eq!(batch.len(), 16);
        worker::run_due(&world.app).expect("another server");
        assert_eq!(count(world, "SELECT sending * 100 + sent FROM sms_campaign"), 1_505);
        world.clock.advance_us(HOUR_US);
        worker::run_due(&world.app).expect("the next one");
        assert_eq!(count(world, "SELECT sent FROM sms_campaign WHERE status = 'FINISHED'"), 20);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'UNKNOWN' AND reason = 'LOST'"), 16);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled WHERE status = 'UNKNOWN'"), 1);
        assert_eq!(balance(world, "client2"), units("4.16"));
        // By our own reference: the provider's name of it was lost.
        assert!(told(world, id, &batch[3].attempt.reference, State::Delivered));
        // It was only slow, and comes too late with another word.
        recorded(world, id, &batch[4..5], &Outcome::Accepted { message_id: "late-1".into() });
        assert!(told(world, id, "late-1", State::Undelivered));
        recorded(world, id, &batch[5..6], &Outcome::NotSent { reason: "x".into() });
        recorded(world, id, &batch[3..4], &Outcome::NotSent { reason: "x".into() });
        recorded(world, id, &batch[5..6], &Outcome::NotSent { reason: "x".into() });
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'DELIVERED' AND cost > 0"), 6);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'UNDELIVERED'"), 1);
        assert_eq!(balance(world, "client2"), units("4.20"));
        is_clean(world);
    }

    /// What is final stays; a receipt that is quicker than the answer waits for it.
    fn receipts(world: &World) {
        let id: i64 = provider(world).parse().unwrap();
        pay(world, "client2", "5");
        campaign(world, "client2", 447_500_000_200, 3);
        let batch = claimed(world, id);
        assert!(!told(world, id, "early-1", State::Delivered));
        assert!(!told(world, id, "nobody", State::Delivered));
        assert!(!told(world, id, "", State::Delivered));
        recorded(world, id, &batch[..1], &Outcome::Accepted { message_id: "early-1".into() });
        recorded(world, id, &batch[1..2], &Outcome::Accepted { message_id: "second".into() });
        // By our own reference it is known before the answer, whatever that calls it.
        assert!(told(world, id, &batch[2].attempt.reference, State::Undelivered));
        recorded(world, id, &batch[2..], &Outcome::Accepted { message_id: "third".into() });
        let sql = "SELECT COUNT(*) FROM sms_message WHERE status = 'UNDELIVERED' AND reason = 'UNDELIVERED'";
        assert_eq!(count(world, sql), 1);
        worker::run_due(&world.app).expect("it is taken up");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'DELIVERED' AND message_id = 'early-1'"), 1);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_receipt"), 1);
        assert!(told(world, id, "early-1", State::Undelivered));
        assert!(told(world, id, "second", State::Expired));
        assert!(told(world, id, "second", State::Delivered));
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'UNDELIVERED' AND reason = 'EXPIRED'"), 1);
        world.clock.advance_us(25 * HOUR_US);
        worker::run_due(&world.app).expect("it is forgotten");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_receipt"), 0);
    }

    /// A provider that gives two messages one name, and answers the same twice.
    fn a_provider_that_lies(world: &World) {
        let id: i64 = provider(world).parse().unwrap();
        pay(world, "client2", "5");
        campaign(world, "client2", 447_500_000_200, 3);
        let batch = claimed(world, id);
        for _ in 0..2 {
            recorded(world, id, &batch, &Outcome::Accepted { message_id: "same".into() });
        }
        assert!(told(world, id, "same", State::Delivered));
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'SENT_TO_PROVIDER'"), 2);
        assert_eq!(count(world, "SELECT sent FROM sms_campaign WHERE status = 'FINISHED'"), 3);
        assert_eq!(balance(world, "client2"), units("4.88"));
        is_clean(world);
    }

    /// What a server has not taken in as a whole is never sent, and goes.
    fn half_a_campaign(world: &World) {
        provider(world);
        pay(world, "client2", "5");
        campaign(world, "client2", 447_500_000_200, 2);
        world.app.db.write(|conn| {
            billmgr::db::Sql::new("UPDATE sms_campaign SET status = 'PREPARING'").execute(conn)
        }).unwrap();
        world.clock.advance_us(HOUR_US / 2);
        worker::run_due(&world.app).expect("it runs");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt"), 2);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_list"), 0);
        world.clock.advance_us(HOUR_US);
        worker::run_due(&world.app).expect("it runs");
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign_rcpt"), 0);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign"), 0);
        assert_eq!(balance(world, "client2"), units("5"));
    }
}
