//! Random campaigns and messages for later, with cancels, faults, servers that end, and money that ends:
//! whatever comes, nothing is charged twice, none is lost, and the counters are true.

use billmgr::telecom::sms::worker;

use super::faults::claimed;
use super::{balance, count, is_clean, pay, provider, units};
use crate::support::{Dice, World, worlds};

const STEPS: usize = 60;
const MINUTE_US: i64 = 60_000_000;
const CLIENTS: [&str; 2] = ["client2", "buyer"];

/// Most arrive; some are refused, unanswered, put off, not reached or without a rate.
fn phone(dice: &mut Dice) -> String {
    match dice.below(8) {
        0..=3 => format!("%2B4475{:08}", dice.below(10_000) * 10_000 + 9_999),
        4 => "%2B994500000001".to_owned(),
        fault => format!("%2B4475{:04}{:04}", dice.below(10_000), fault - 4 + 2 * dice.below(2)),
    }
}

fn step(world: &World, dice: &mut Dice, provider_id: i64) {
    let who = CLIENTS[dice.below(2) as usize];
    match dice.below(10) {
        0 | 1 => {
            let phones: Vec<String> = (0..1 + dice.below(30)).map(|_| phone(dice)).collect();
            let date = if dice.below(3) == 0 { "&date=2026-06-16 12:00:00" } else { "" };
            world.call(
                who,
                &format!(
                    "func=sms.campaign.edit&provider=own&text=x&phones={}{date}&sok=ok",
                    phones.join(",")
                ),
            );
        }
        2 => {
            let date = "2026-06-16 12:00:00";
            world.call(
                who,
                &format!(
                    "func=sms.scheduled.edit&provider=own&text=x&phone={}&date={date}&sok=ok",
                    phone(dice)
                ),
            );
        }
        3 => {
            drop(world.call(who, &format!("func=sms.send&provider=own&text=x&phone={}&sok=ok", phone(dice))))
        }
        4 => {
            let object = if dice.below(2) == 0 { "campaign" } else { "scheduled" };
            world.call(who, &format!("func=sms.{object}.cancel&elid={}", 1 + dice.below(12)));
        }
        5 => drop(claimed(world, provider_id)), // a server that ends
        6 => pay(world, who, "0.30"),
        7 => world.clock.advance_us(MINUTE_US * (1 + dice.below(30) as i64)),
        _ => drop(worker::run_due(&world.app).expect("it runs")),
    }
}

/// What is true at every moment.
fn judge(world: &World) {
    let wrong = count(
        world,
        "SELECT COUNT(*) FROM sms_campaign c WHERE total <> queued + sending + sent + failed + canceled \
         OR queued < 0 OR sending < 0 OR total <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id) \
         OR queued <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id AND r.status = 'QUEUED') \
         OR sending <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id AND r.status = 'SENDING') \
         OR sent <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id AND r.status IN ('SENT_TO_PROVIDER', 'UNKNOWN')) \
         OR failed <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id AND r.status IN ('REJECTED', 'FAILED')) \
         OR canceled <> (SELECT COUNT(*) FROM sms_campaign_rcpt r WHERE r.campaign_id = c.id AND r.status = 'CANCELED')",
    );
    assert_eq!(wrong, 0, "counters of campaigns");
    let twice = "SELECT COUNT(*) FROM (SELECT rcpt_id FROM sms_message WHERE rcpt_id > 0 AND status <> 'FAILED' \
                 GROUP BY rcpt_id HAVING COUNT(*) > 1) x";
    assert_eq!(count(world, twice), 0, "somebody got it twice");
    let twice = "SELECT COUNT(*) FROM (SELECT scheduled_id FROM sms_message WHERE scheduled_id > 0 AND status <> 'FAILED' \
                 GROUP BY scheduled_id HAVING COUNT(*) > 1) x";
    assert_eq!(count(world, twice), 0, "somebody got it twice");
}

/// All that was paid less what is left is what messages cost.
fn judge_money(world: &World) {
    let posted = count(
        world,
        "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e JOIN book b ON b.id = e.book_id \
         JOIN transfer t ON t.id = e.transfer_id WHERE b.kind = 'client' AND (t.key LIKE 'charge:sms:%' OR t.key LIKE 'reverse:charge:sms:%')",
    );
    let cost = count(world, "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM sms_message");
    assert_eq!(-posted, cost);
    let posted = count(
        world,
        "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entry e JOIN book b ON b.id = e.book_id \
         JOIN transfer t ON t.id = e.transfer_id WHERE b.kind = 'client' AND t.key LIKE '%charge:sms-wholesale:%'",
    );
    let cost = count(world, "SELECT CAST(COALESCE(SUM(wholesale_cost), 0) AS BIGINT) FROM sms_message");
    assert_eq!(-posted, cost);
    for name in ["client2", "buyer", "reseller"] {
        assert!(balance(world, name) >= units("0"), "{name}");
    }
    is_clean(world);
}

worlds! {
    fn random_messages(world: &World) {
        let provider_id: i64 = provider(world).parse().unwrap();
        let mut dice = Dice(20_261_122);
        pay(world, "client2", "1");
        pay(world, "buyer", "1");
        pay(world, "reseller", "1");
        for _ in 0..STEPS {
            step(world, &mut dice, provider_id);
            judge(world);
        }
        // In the end nothing waits.
        for _ in 0..40 {
            world.clock.advance_us(60 * MINUTE_US);
            worker::run_due(&world.app).expect("it runs");
        }
        judge(world);
        judge_money(world);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_campaign WHERE status NOT IN ('FINISHED', 'CANCELED')"), 0);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_message WHERE status = 'SENDING'"), 0);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sms_scheduled WHERE status IN ('SCHEDULED', 'PROCESSING')"), 0);
        assert!(count(world, "SELECT COUNT(*) FROM sms_message") > 50, "hardly anything was sent");
    }
}
