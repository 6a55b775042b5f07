//! Rates of calls: what is in memory follows what is in the database, what follows another plan is
//! what the formula says whoever changes what at once, and a long price list is kept in pieces.

use std::fmt::Write;

use billmgr::db::{Backend, Kind, Sql};
use billmgr::money::Money;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::telecom::rates;

use crate::direct;
use crate::support::{Request, World, worlds};

/// The plan of the provider, and that of the clients of `reseller`.
fn plans(world: &World, list: &str) -> (String, String) {
    let (project, euro) = (world.id("project"), world.id("euro"));
    let plan = [("name", "Wholesale"), ("project", project), ("currency", euro)];
    let wholesale = done(world, "admin", "plan.edit", &plan, "id");
    done(world, "admin", "rate.import", &[("plan", &wholesale), ("data", list)], "added");
    let given = [("elid", world.id("reseller")), ("plan", wholesale.as_str())];
    let retail = done(world, "admin", "account.plan", &given, "retail_plan");
    (wholesale, retail)
}

/// Calls and answers what stands in a node.
fn done(world: &World, login: &str, func: &str, pairs: &[(&str, &str)], node: &str) -> String {
    let pairs: Vec<_> = pairs.iter().copied().chain([("sok", "ok")]).collect();
    let answered = direct::call(&world.app, login, func, &pairs);
    answered.unwrap_or_else(|error| panic!("{func}: {error}")).text(node).to_owned()
}

/// Prefix and price of a call.
fn found(world: &World, plan: &str, number: &str) -> Option<(String, Money)> {
    let plan_id = plan.parse().expect("an id");
    let price = world.app.rates.find(&world.app, plan_id, number).expect("the rates can be read");
    price.map(|price| (price.prefix, price.price))
}

fn rate_id(world: &World, plan: &str, prefix: &str) -> String {
    let list = direct::call(&world.app, "admin", "plan.rate", &[("elid", plan)]).expect("rates");
    list.rows.iter().find(|row| row["prefix"] == prefix).expect(prefix)["id"].clone()
}

/// Rates that are not what their base and the markup of their plan say.
fn astray(world: &World) -> i64 {
    let sql = Sql::new(
        "SELECT COUNT(*) FROM rate r JOIN plan d ON d.id = r.plan_id AND d.base_plan_id > 0 \
         LEFT JOIN rate b ON b.plan_id = d.base_plan_id AND b.prefix_id = r.prefix_id \
         WHERE b.id IS NULL OR (NOT r.manual \
         AND r.price <> (b.price * (1000000 + d.markup) + 500000) / 1000000) OR r.price < b.price",
    );
    count(world, sql)
}

fn count(world: &World, sql: Sql) -> i64 {
    let row = world.app.db.read(BUDGET_SLOW, |conn| sql.first(conn, &[Kind::Int]));
    row.expect("rows can be counted").expect("a count")[0].int()
}

fn changed(world: &World, sql: &[&'static str]) {
    let all: Vec<&'static str> = sql.to_vec();
    let job = move |conn: &mut _| all.iter().try_for_each(|sql| Sql::new(sql).execute(conn).map(drop));
    world.app.db.write(job).expect("a change");
}

const LIST: &str = "1,USA,0.01\n1212,New York,0.02\n371,Latvia,0.1\n";

worlds! {
    fn a_look_up_follows_what_is_changed(world: &World) {
        let (wholesale, retail) = plans(world, LIST);
        let price = |micro| Some(("1212".to_owned(), Money(micro)));
        assert_eq!(found(world, &wholesale, "+12125550100"), price(20_000));
        assert_eq!(found(world, &retail, "12125550100"), price(24_000));
        assert_eq!(found(world, &retail, "+13125550100"), Some(("1".into(), Money(12_000))));
        for number in ["+44205550100", "+123", "0", "", "x", "+1212555010012345"] {
            assert_eq!(found(world, &retail, number), None, "{number}");
        }
        assert_eq!(found(world, "999999", "+12125550100"), None);
        done(world, "reseller", "markup.edit", &[("percent", "50")], "ok");
        assert_eq!(found(world, &retail, "+12125550100"), price(30_000));
        let rate = rate_id(world, &retail, "1212");
        done(world, "reseller", "rate.edit", &[("elid", rate.as_str()), ("price", "0.05")], "ok");
        assert_eq!(found(world, &retail, "+12125550100"), price(50_000));
        done(world, "reseller", "rate.suspend", &[("elid", &rate)], "ok");
        assert_eq!(found(world, &retail, "+12125550100"), None, "a shorter prefix is no way round");
        done(world, "reseller", "rate.resume", &[("elid", &rate)], "ok");
        assert_eq!(found(world, &retail, "+12125550100"), price(50_000));
        done(world, "admin", "rate.import", &[("plan", &wholesale), ("data", "1212,Manhattan,0.03")], "ok");
        assert_eq!(found(world, &wholesale, "+12125550100"), price(30_000));
        let plan_id = retail.parse().expect("an id");
        let call = world.app.rates.find(&world.app, plan_id, "+12125550100").expect("rates");
        assert_eq!(call.expect("a rate").destination, "Manhattan");
        let rate = rate_id(world, &wholesale, "1212");
        done(world, "admin", "rate.delete", &[("elid", &rate)], "ok");
        assert_eq!(found(world, &retail, "+12125550100"), Some(("1".into(), Money(15_000))));
    }

    /// Another server of the same database says by the generation that something was changed.
    fn a_look_up_follows_another_server(world: &World) {
        let (wholesale, _) = plans(world, LIST);
        let one = Some(("371".to_owned(), Money(100_000)));
        rates::refresh(&world.app);
        assert_eq!(found(world, &wholesale, "37120000000"), one);
        changed(world, &[
            "UPDATE rate SET price = price + 1",
            "UPDATE plan SET version = version + 1",
            "UPDATE generation SET n = n + 1 WHERE topic = 'rates'",
        ]);
        assert_eq!(found(world, &wholesale, "37120000000"), one);
        rates::refresh(&world.app);
        assert_eq!(found(world, &wholesale, "37120000000"), Some(("371".to_owned(), Money(100_001))));
        changed(world, &["UPDATE plan SET deleted = TRUE"]);
        world.app.rates.changed();
        assert_eq!(found(world, &wholesale, "37120000000"), None);
    }

    /// Markups, single prices and price lists at once.
    fn rates_follow_whoever_changes_what_at_once(world: &World) {
        let list: String = (0..300).fold(String::new(), |mut list, nth| {
            let _ = writeln!(list, "{},Land,0.{:06}", 100 + nth, 1 + nth * 1_117);
            list
        });
        let (wholesale, retail) = plans(world, &list);
        let rate = rate_id(world, &wholesale, "150");
        let manual = rate_id(world, &retail, "160");
        done(world, "reseller", "rate.edit", &[("elid", &manual), ("price", "9")], "ok");
        std::thread::scope(|scope| {
            for nth in 0..50 {
                let (wholesale, rate) = (&wholesale, &rate);
                scope.spawn(move || {
                    let number = format!("{}.{}", nth, nth % 10);
                    let shorter = list_of(nth);
                    let (login, func, pairs): (_, _, Vec<(&str, &str)>) = match nth % 3 {
                        0 => ("reseller", "markup.edit", vec![("percent", &number)]),
                        1 => ("admin", "rate.edit", vec![("elid", rate), ("price", &number)]),
                        _ => ("admin", "rate.import", vec![("plan", wholesale), ("data", &shorter)]),
                    };
                    done(world, login, func, &pairs, "ok");
                });
            }
        });
        assert_eq!(astray(world), 0);
        for plan in [&wholesale, &retail] {
            let id: i64 = plan.parse().expect("an id");
            let sql = Sql::new("SELECT COUNT(*) - (SELECT rate_count FROM plan WHERE id = ").bind(id);
            assert_eq!(count(world, sql.sql(") FROM rate WHERE plan_id = ").bind(id)), 0);
        }
        assert_eq!(found(world, &retail, "1600000"), Some(("160".into(), Money::units(9))));
        done(world, "reseller", "markup.edit", &[("percent", "7.77")], "ok");
        assert_eq!(astray(world), 0);
        assert_eq!(done(world, "reseller", "markup.edit", &[("percent", "7.77")], "rows_updated"), "0");
    }

    /// As many as the reseller of the documents has (R133, R166); PostgreSQL takes a round trip a hundred.
    fn a_long_price_list_is_kept(world: &World) {
        let rates = if world.app.db.backend() == Backend::Sqlite { 66_875 } else { 6_688 };
        let all = rates.to_string();
        let list: String = (0..rates).fold(String::from("prefix;destination;price\n"), |mut list, nth| {
            let _ = writeln!(list, "{};Land {};0,{:04}", 100_000 + nth, nth % 900, 1 + nth % 500);
            list
        });
        let (wholesale, retail) = plans(world, &list);
        let plan = direct::call(&world.app, "reseller", "plan", &[]).expect("plans");
        assert_eq!(plan.rows[0]["agent_rates"], all);
        let again = [("plan", wholesale.as_str()), ("data", &list), ("sok", "ok")];
        let again = direct::call(&world.app, "admin", "rate.import", &again).expect("an import");
        assert_eq!(["added", "changed", "same", "refused"].map(|name| again.text(name)), ["0", "0", all.as_str(), "0"]);
        let echoed = again.doc.get("tparams").and_then(|params| params.get_text("data"));
        assert_eq!(echoed, Some(format!("({} bytes)", list.len()).as_str()));
        let markup = |percent| done(world, "reseller", "markup.edit", &[("percent", percent)], "rows_updated");
        assert_eq!(markup("50"), all);
        assert_eq!(markup("50"), "0");
        assert_eq!(astray(world), 0);
        assert_eq!(found(world, &retail, "1062490000"), Some(("106249".into(), Money(37_500))));
    }
}

worlds! {
    /// A list beyond BodyLimit, from who may import it; nobody else sends so much.
    fn a_long_price_list_is_sent(world: &World) {
        let (wholesale, _) = plans(world, LIST);
        let lines = "1,USA,0.01\n".repeat(200_000);
        let send = |login: &str| {
            let session = world.sign_in(login);
            let target = format!("/billmgr?func=rate.import&auth={session}&sok=ok&out=xml&plan={wholesale}");
            let body = format!("--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{lines}\r\n--x--\r\n");
            Request::post(target, "multipart/form-data; boundary=x", body).send(world.address)
        };
        let taken = send("admin");
        assert!(taken.body.contains("<refused>199999</refused>"), "{}", &taken.body[..taken.body.len().min(500)]);
        assert!(taken.body.contains("<line>1001</line>") && !taken.body.contains("<line>1002</line>"));
        assert!(taken.body.len() < 200_000, "what was sent is not sent back");
        let journal = direct::call(&world.app, "admin", "journal", &[("p_cnt", "10000")]).expect("a journal");
        let longest = journal.rows.iter().flat_map(|row| row.values()).map(String::len).max();
        assert!(longest.is_some_and(|len| len < 10_000), "what was sent is not noted: {longest:?}");
        for login in ["client", "reseller"] {
            assert_eq!(send(login).status, 413, "{login}");
        }
    }
}

fn list_of(nth: i32) -> String {
    format!("{},Land,0.5\n150,Land,0.{}\n{},New,0.{nth:02}", 100 + nth, 10 + nth, 500 + nth)
}
