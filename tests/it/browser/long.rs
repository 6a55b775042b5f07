//! A list of 100,000 rows.

use billmgr::db::Sql;

use super::chromium::{Browser, Manner};
use crate::support::World;

/// Payments like the first one, each with a number of its own.
const ROWS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
    INSERT INTO payment (account_id, reseller_id, subaccount_id, project_id, sender_id, recipient_id, paymethod_id, \
    status, subaccountamount, paymethodamount, creditdate, number, number_fold, createdate) \
    SELECT account_id, reseller_id, subaccount_id, project_id, sender_id, recipient_id, paymethod_id, status, \
    subaccountamount, paymethodamount, creditdate, printf('LONG-%06d', i), printf('long-%06d', i), createdate + i \
    FROM payment, n WHERE payment.id = (SELECT MIN(id) FROM payment)";

fn fill(world: &World) {
    world.app.db.write(|conn| Sql::new(ROWS).execute(conn)).expect("rows");
}

fn pressed(browser: &Browser, what: &str, press: impl FnOnce(), done: impl Fn() -> bool) {
    press();
    browser.until(what, done);
}

#[test]
fn it_is_paged_sorted_and_filtered() {
    let world = World::demo();
    let Some(browser) = Browser::open(&world, Manner::Desktop) else { return };
    fill(&world);
    browser.sign_in("admin");
    browser.go("func=payment&filter=on&number=LONG&p_col=%2Bnumber&p_cnt=50");
    let first = || browser.words("#rows tbody th");
    assert_eq!(first(), "LONG-000001");
    assert!(browser.words(".paging").contains("10"), "{}", browser.words(".paging"));
    pressed(&browser, "the next page", || browser.press("#page_next"), || first() == "LONG-000051");
    pressed(&browser, "a page by its number", || browser.press("#page_3"), || first() == "LONG-000101");
    pressed(&browser, "the first page", || browser.press("#page_first"), || first() == "LONG-000001");
    pressed(&browser, "the other order", || browser.press("#by_head_number"), || first() == "LONG-100000");
    browser.fill("#search", "LONG-09999");
    pressed(&browser, "a filter", || browser.press(".search button"), || first() == "LONG-099999");
    assert!(browser.words(".paging .quiet").contains("10"), "{}", browser.words(".paging"));
    // A page far away, by its address.
    browser.go("func=payment&filter=on&number=LONG&p_col=%2Bnumber&p_cnt=50&p_num=1500");
    assert_eq!(first(), "LONG-074951");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
