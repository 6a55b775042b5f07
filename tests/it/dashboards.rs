//! Calls, messages and margins of dashboards, from rows whose moments and prices are known.

use billmgr::db::{Kind, Raw, Sql};
use billmgr::doc::Node;
use billmgr::time::Zone;

use crate::support::{World, dom, worlds};

fn at(text: &str) -> i64 {
    Zone::utc().parse_time(text).expect("a moment")
}

fn number(world: &World, name: &str) -> i64 {
    world.id(name).parse().expect("a number")
}

fn insert(world: &World, table: &str, values: &[(&str, Raw)]) {
    let columns: Vec<String> = values.iter().map(|(name, _)| (*name).to_owned()).collect();
    let raws: Vec<Raw> = values.iter().map(|(_, raw)| raw.clone()).collect();
    let table = table.to_owned();
    let job = move |conn: &mut _| {
        let sql = Sql::new("INSERT INTO ").word(&table).sql(" (").words(columns.iter().map(String::as_str));
        sql.sql(") VALUES (").binds(raws.clone()).sql(")").execute(conn)
    };
    world.app.db.write(job).expect("a row");
}

/// A call of an account: when, seconds, its price, and his reseller's.
fn called(world: &World, (account, reseller): (&str, &str), moment: &str, secs: i64, prices: (i64, i64)) {
    let reseller = if reseller.is_empty() { 0 } else { number(world, reseller) };
    let euro = number(world, "euro");
    let start_us = at(moment);
    insert(
        world,
        "cdr",
        &[
            ("uniqueid", format!("{account}-{moment}").into()),
            ("account_id", number(world, account).into()),
            ("reseller_id", reseller.into()),
            ("currency_id", euro.into()),
            ("dst", "4930123456".into()),
            ("start_at", start_us.into()),
            ("end_at", (start_us + secs * 1_000_000).into()),
            ("billsec", secs.into()),
            ("answered", Raw::Flag(secs > 0)),
            ("cost", prices.0.into()),
            ("wholesale_cost", prices.1.into()),
            ("wholesale_currency_id", euro.into()),
        ],
    );
}

fn sent(world: &World, (account, reseller): (&str, &str), moment: &str, status: &str, prices: (i64, i64)) {
    let sql = Sql::new("SELECT id FROM sms_provider ORDER BY id LIMIT 1");
    let found = world.app.db.read(billmgr::rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
    let Some(provider) = found.expect("providers can be read").map(|row| row[0].int()) else {
        insert(
            world,
            "sms_provider",
            &[("code", "p".into()), ("name", "P".into()), ("kind", "sandbox".into())],
        );
        return sent(world, (account, reseller), moment, status, prices);
    };
    let reseller = if reseller.is_empty() { 0 } else { number(world, reseller) };
    let euro = number(world, "euro");
    insert(
        world,
        "sms_message",
        &[
            ("account_id", number(world, account).into()),
            ("reseller_id", reseller.into()),
            ("provider_id", provider.into()),
            ("phone", "+4930123456".into()),
            ("text", "Hello".into()),
            ("parts", 1i64.into()),
            ("currency_id", euro.into()),
            ("cost", prices.0.into()),
            ("wholesale_cost", prices.1.into()),
            ("wholesale_currency_id", euro.into()),
            ("status", status.into()),
            ("created_at", at(moment).into()),
            ("updated_at", at(moment).into()),
        ],
    );
}

fn cell(doc: &Node, row: &str, column: &str) -> String {
    dom::find(doc, &format!("/doc/elem[{row}]/{column}")).concat()
}

fn fill(world: &World) {
    // 31 days before is no part of the period; the clocks of Berlin were changed on 29 March.
    called(world, ("client", ""), "2026-03-28 10:30:00", 60, (100_000, 0));
    called(world, ("client", ""), "2026-03-30 10:30:00", 119, (100_000, 0));
    called(world, ("client", ""), "2026-06-15 07:59:59", 120, (200_000, 0));
    called(world, ("client", ""), "2026-06-15 08:00:00", 0, (0, 0));
    called(world, ("buyer", "reseller"), "2026-06-15 08:00:00", 30, (50_000, 20_000));
    called(world, ("reseller", "reseller"), "2026-06-15 09:00:00", 30, (70_000, 0));
    called(world, ("buyer2", "reseller2"), "2026-06-15 08:00:00", 600, (900_000, 100_000));
    sent(world, ("buyer", "reseller"), "2026-06-14 23:59:59", "DELIVERED", (80_000, 46_000));
    sent(world, ("buyer", "reseller"), "2026-06-15 00:00:00", "REJECTED", (80_000, 46_000));
    sent(world, ("buyer", "reseller"), "2026-06-15 00:00:01", "FAILED", (80_000, 46_000));
    sent(world, ("client", ""), "2026-06-15 00:00:02", "DELIVERED", (65_000, 0));
}

worlds! {
    fn traffic_by_hour(world: &World) {
        fill(world);
        let doc = world.done("admin", "func=dashboard.calls&period=7");
        assert_eq!(dom::find(&doc, "/doc/elem").len(), 24);
        assert_eq!([cell(&doc, "hour=07", "calls"), cell(&doc, "hour=07", "minutes")], ["1", "2"]);
        assert_eq!([cell(&doc, "hour=08", "calls"), cell(&doc, "hour=08", "failed")], ["2", "1"]);
        assert_eq!(cell(&doc, "hour=08", "minutes"), "10", "630 seconds");
        let doc = world.done("reseller", "func=dashboard.calls&period=7");
        assert_eq!([cell(&doc, "hour=07", "calls"), cell(&doc, "hour=08", "calls")], ["0", "1"]);
        let doc = world.done("client2", "func=dashboard.calls");
        assert_eq!(dom::find(&doc, "/doc/elem").len(), 0, "nothing of others");
        let doc = world.done("reseller", "func=dashboard.sms&period=7");
        assert_eq!([cell(&doc, "hour=23", "messages"), cell(&doc, "hour=00", "messages")], ["1", "0"]);
        assert_eq!(cell(&doc, "hour=00", "failed"), "2");
    }

    fn the_hour_is_the_providers_clock(world: &World) {
        fill(world);
        world.configure("TimeZone Europe/Berlin");
        let doc = world.done("client", "func=dashboard.calls&period=90");
        assert_eq!([cell(&doc, "hour=11", "calls"), cell(&doc, "hour=12", "calls")], ["1", "1"]);
        assert_eq!(cell(&doc, "hour=09", "calls"), "1", "07:59 UTC is 09:59 in summer");
        assert_eq!(cell(&doc, "hour=10", "failed"), "1");
    }

    /// What a reseller's clients paid less what it cost him; his own calls are no sale.
    fn a_reseller_earns_the_difference(world: &World) {
        fill(world);
        let doc = world.done("reseller", "func=dashboard.margin&period=7");
        let of = |day: &str| ["revenue", "cost", "margin"].map(|name| cell(&doc, &format!("day={day}"), name));
        assert_eq!(of("2026-06-15"), ["0.13 EUR", "0.066 EUR", "0.064 EUR"]);
        assert_eq!(of("2026-06-14"), ["0.08 EUR", "0.046 EUR", "0.034 EUR"]);
        let doc = world.call("buyer", "func=dashboard.margin");
        assert!(doc.get("error").is_some());
    }

    fn a_client_sees_what_he_used(world: &World) {
        fill(world);
        let doc = world.done("buyer", "func=dashboard.usage&period=7");
        let of = |day: &str, name: &str| cell(&doc, &format!("day={day}"), name);
        assert_eq!([of("2026-06-15", "calls"), of("2026-06-15", "messages")], ["1", "2"]);
        assert_eq!([of("2026-06-15", "callcost"), of("2026-06-15", "smscost")], ["0.05 EUR", "0.08 EUR"]);
        assert_eq!([of("2026-06-14", "calls"), of("2026-06-14", "smscost")], ["0", "0.08 EUR"]);
        let doc = world.done("client2", "func=dashboard.usage");
        assert_eq!(dom::find(&doc, "/doc/elem").len(), 0);
    }

    /// The provider's books, by day: what they hold in the end is what the days add up to.
    fn the_books_earn_what_they_hold(world: &World) {
        let sql = Sql::new(
            "SELECT CAST(SUM(e.amount) AS BIGINT) FROM entry e JOIN book b ON b.id = e.book_id \
             WHERE b.kind = 'revenue' AND b.owner_id = 0",
        );
        let read = world.app.db.read(billmgr::rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
        let held = read.expect("the books can be read").map_or(0, |row| row[0].int());
        let doc = world.done("admin", "func=dashboard.margin");
        let amounts = dom::find(&doc, "/doc/elem/revenue");
        let parsed = |text: &String| billmgr::money::Money::parse(text.split(' ').next()?);
        let told: i64 = amounts.iter().filter_map(parsed).map(|amount| amount.0).sum();
        assert!(held > 0 && told == held, "{told} of {held}");
    }

    /// What gave up is told to staff, and counted among the figures.
    fn failed_operations_are_told(world: &World) {
        let sql = Sql::new("SELECT id, account_id FROM item ORDER BY id LIMIT 1");
        let read = world.app.db.read(billmgr::rpc::BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int; 2]));
        let item = read.expect("items can be read").expect("the seed has a service");
        for state in ["failed", "ready", "done"] {
            insert(
                world,
                "outbox",
                &[
                    ("kind", "operation".into()),
                    ("reference", format!("told-{state}").into()),
                    ("item_id", item[0].clone()),
                    ("account_id", item[1].clone()),
                    ("intname", "open".into()),
                    ("state", state.into()),
                ],
            );
        }
        let doc = world.done("admin", "func=dashboard.failed");
        assert_eq!(dom::find(&doc, "/doc/elem/desc"), ["open"]);
        let doc = world.done("admin", "func=dashboard.figures");
        assert_eq!(cell(&doc, "name=Failed operations", "count"), "1");
        assert!(world.call("reseller", "func=dashboard.failed").get("error").is_some());
        let doc = world.done("reseller", "func=dashboard.figures");
        assert_eq!(cell(&doc, "name=Failed operations", "count"), "");
    }

    /// Of many rows the sums stay as they were for half a minute; each caller's are his own.
    fn sums_of_many_rows_are_kept_for_a_while(world: &World) {
        let unpaid = |user: &str| cell(&world.done(user, "func=dashboard.figures"), "name=Unpaid", "count");
        let [all, own] = ["admin", "client"].map(|user| unpaid(user).parse::<i64>().unwrap_or_default());
        let add = |count: i64| {
            let sql = Sql::new("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ").bind(count);
            let sql = sql.sql(MORE).bind(number(world, "client")).sql(" LIMIT 1) AS p, n");
            world.app.db.write(move |conn| sql.clone().execute(conn)).expect("rows");
        };
        add(100);
        assert_eq!(unpaid("admin"), (all + 100).to_string(), "few are counted anew");
        add(10_000);
        assert_eq!(unpaid("admin"), (all + 10_100).to_string());
        add(1);
        assert_eq!(unpaid("admin"), (all + 10_100).to_string(), "as it was a moment ago");
        assert_eq!(unpaid("client"), (own + 10_101).to_string());
        world.clock.advance_us(31_000_000);
        assert_eq!(unpaid("admin"), (all + 10_101).to_string());
    }
}

/// Unpaid payments like one of a client, who is the next value.
const MORE: &str = ") INSERT INTO payment (account_id, reseller_id, subaccount_id, project_id, paymethod_id, status, \
    subaccountamount, createdate, number, number_fold) \
    SELECT account_id, reseller_id, subaccount_id, project_id, paymethod_id, 1, 10000, createdate, '', '' \
    FROM (SELECT * FROM payment WHERE account_id = ";
