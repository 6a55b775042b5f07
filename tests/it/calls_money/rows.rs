//! A call under way, records of two others and a registration for every account, for tests of who sees what.

use billmgr::db::{Conn, Kind, Raw, Sql};

use super::phones::insert;
use crate::support::World;

const ACCOUNTS: [&str; 6] = ["client", "client2", "reseller", "reseller2", "buyer", "buyer2"];

pub fn fill(world: &World) {
    let accounts = ACCOUNTS.map(|name| (name, world.id(name).parse::<i64>().expect("an id")));
    let (euro, now_us) = (world.id("euro").parse::<i64>().expect("an id"), world.clock.now_us());
    let done = world.app.db.write(move |conn| {
        let switch = [("name", Raw::from("a switch")), ("kind", "asterisk".into())];
        let switch = insert(conn, "switch", &switch);
        accounts.iter().for_each(|(name, account)| of_account(conn, name, *account, (switch, euro, now_us)));
        Ok(())
    });
    done.expect("calls are made");
}

fn of_account(conn: &mut Conn, name: &str, account: i64, (switch, euro, now_us): (i64, i64, i64)) {
    let sql =
        Sql::new("SELECT a.reseller_id, MIN(s.id) FROM account a JOIN subaccount s ON s.account_id = a.id ");
    let sql = sql.sql("WHERE a.id = ").bind(account).sql(" GROUP BY a.reseller_id");
    let row = sql.first(conn, &[Kind::Int; 2]).expect("accounts can be read").expect("a subaccount");
    let common = |uniqueid: &str| {
        vec![
            ("switch_id", Raw::from(switch)),
            ("uniqueid", format!("{uniqueid}-{name}").into()),
            ("account_id", account.into()),
            ("reseller_id", row[0].clone()),
            ("sip_name", format!("line-{name}").into()),
            ("dst", "4930123456".into()),
        ]
    };
    let under = [
        ("subaccount_id", row[1].clone()),
        ("terms", "{}".into()),
        ("granted_sec", 60.into()),
        ("started_at", now_us.into()),
        ("seen_at", now_us.into()),
    ];
    insert(conn, "call", &[common("call"), under.to_vec()].concat());
    let contact = [
        ("account_id", Raw::from(account)),
        ("reseller_id", row[0].clone()),
        ("switch_id", switch.into()),
        ("name", format!("line-{name};@1").into()),
        ("sip_name", format!("line-{name}").into()),
        ("uri", format!("sip:line-{name}@192.0.2.7").into()),
        ("fields", "{}".into()),
    ];
    insert(conn, "sip_contact", &contact);
    for (uniqueid, answered) in [("answered", true), ("failed", false)] {
        let over = [
            ("currency_id", Raw::from(euro)),
            ("src", format!("line-{name}").into()),
            ("start_at", now_us.into()),
            ("end_at", now_us.into()),
            ("answered", answered.into()),
            ("cause", (if answered { "answered" } else { "busy" }).into()),
        ];
        insert(conn, "cdr", &[common(uniqueid), over.to_vec()].concat());
    }
}
