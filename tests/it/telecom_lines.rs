//! What holds of telephone lines and vouchers however many ask at once, and who is told a secret.

use std::sync::Barrier;

use billmgr::db::{Kind, Sql};
use billmgr::doc::Node;
use billmgr::rpc::BUDGET_SLOW;
use billmgr::telecom::sip;

use crate::direct::{self, Answered, tables};
use crate::support::{World, dom, worlds};

type Outcome = Result<Answered, billmgr::error::Error>;

/// A call, as a user makes it.
type Ask = (&'static str, &'static str, Vec<(&'static str, String)>);

fn ask(world: &World, (login, func, pairs): &Ask) -> Outcome {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    direct::call(&world.app, login, func, &[&pairs[..], &[("sok", "ok")]].concat())
}

/// All calls at the same moment.
fn at_once(world: &World, asks: &[Ask]) -> Vec<Outcome> {
    let start = Barrier::new(asks.len());
    std::thread::scope(|scope| {
        let call = |ask_for| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                ask(world, ask_for)
            })
        };
        let threads: Vec<_> = asks.iter().map(call).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    })
}

fn done(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

/// Nobody else is refused for another reason.
fn refused_with(outcomes: &[Outcome], kind: &str, object: &str) {
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!((error.kind, error.object.as_str()), (kind, object), "{error}");
    }
}

fn count(world: &World, sql: &'static str) -> i64 {
    let row = world.app.db.read(BUDGET_SLOW, |conn| Sql::new(sql).first(conn, &[Kind::Int]));
    row.expect("a statement").expect("a row")[0].int()
}

fn text(doc: &Node, name: &str) -> String {
    doc.get_text(name).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// The main account that a client is made with; its password.
fn main_of(world: &World, client: &str, name: &'static str) -> String {
    let account_id: i64 = world.id(client).parse().expect("a number");
    let (app, now_us) = (world.app.clone(), world.clock.now_us());
    let made = world.app.db.write(move |conn| {
        let sql = Sql::new("SELECT reseller_id FROM account WHERE id = ").bind(account_id);
        let reseller_id = sql.first(conn, &[Kind::Int])?.expect("an account")[0].int();
        sip::create_main(conn, &app, (account_id, reseller_id), name, None, now_us)
    });
    made.expect("a main account").1
}

worlds! {
    /// R104 Fifty at once redeem a code, and one of them is credited.
    fn a_voucher_counts_once(world: &World) {
        for round in 0..3 {
            let code = format!("ROUND-{round}");
            let project = world.id("project");
            world.done("admin", &format!("func=voucher.edit&project={project}&amount=5&code={code}&sok=ok"));
            let before = count(world, "SELECT CAST(SUM(balance) AS BIGINT) FROM subaccount_list");
            let redeem = |at| -> Ask {
                let login = if at % 2 == 0 { "client" } else { "client2" };
                (login, "voucher.redeem", vec![("code", code.clone())])
            };
            let outcomes = at_once(world, &(0..50).map(redeem).collect::<Vec<_>>());
            assert_eq!(done(&outcomes), 1);
            refused_with(&outcomes, "value", "code");
            let after = count(world, "SELECT CAST(SUM(balance) AS BIGINT) FROM subaccount_list");
            assert_eq!(after - before, 5_000_000);
            assert_eq!(count(world, "SELECT COUNT(*) FROM refill"), round + 1);
            world.clock.advance_us(16 * 60 * 1_000_000); // those who lost have guessed wrong
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM transfer WHERE key LIKE 'credit:voucher:%'"), 3);
        assert_eq!(dom::find(&world.done("admin", "func=ledger.check"), "/doc/elem").len(), 0);
    }

    /// A voucher is deleted or redeemed, never both.
    fn a_voucher_is_not_deleted_while_it_is_redeemed(world: &World) {
        for round in 0..5 {
            let query = format!("func=voucher.edit&amount=1&sok=ok&project={}", world.id("project"));
            let made = world.done("admin", &query);
            let redeem: Ask = ("client", "voucher.redeem", vec![("code", text(&made, "code"))]);
            let delete: Ask = ("admin", "voucher.delete", vec![("elid", text(&made, "id"))]);
            let outcomes = at_once(world, &[redeem, delete]);
            assert_eq!(done(&outcomes), 1, "round {round}");
        }
        let redeemed = count(world, "SELECT COUNT(*) FROM refill");
        assert_eq!(count(world, "SELECT COUNT(*) FROM voucher WHERE used_by > 0"), redeemed);
    }

    /// R96 Two clients claim the same address at once, and enable it at once; one has it.
    fn an_address_is_active_once(world: &World) {
        let mut claims: Vec<Ask> = Vec::new();
        for login in ["client", "client2", "buyer", "buyer2"] {
            let plid = world.id(login);
            let name = text(&world.done("admin", &format!("func=sip.edit&plid={plid}&sok=ok")), "name");
            let pairs = vec![("plid", name), ("ip", "203.0.113.10".to_owned())];
            claims.extend(vec![(login, "ipauth.edit", pairs); 4]);
        }
        let outcomes = at_once(world, &claims);
        assert_eq!(done(&outcomes), 1);
        refused_with(&outcomes, "exists", "ip");
        // Each has it once, disabled.
        let sleep = |id: &str| world.done("admin", &format!("func=ipauth.suspend&elid={id}"));
        tables::ids(&world.app.db, "ipauth").iter().for_each(|id| drop(sleep(id)));
        for claim in &claims {
            let made = ask(world, claim).expect("the address is free");
            sleep(made.text("id"));
        }
        assert_eq!(count(world, "SELECT COUNT(DISTINCT peer_name) FROM ipauth"), 17);
        let wake = |id: String| -> Ask { ("admin", "ipauth.resume", vec![("elid", id)]) };
        let wakes: Vec<Ask> = tables::ids(&world.app.db, "ipauth").into_iter().map(wake).collect();
        let outcomes = at_once(world, &wakes);
        assert_eq!(done(&outcomes), 1);
        refused_with(&outcomes, "exists", "ip");
        assert_eq!(count(world, "SELECT COUNT(*) FROM ipauth WHERE status = 1"), 1);
    }

    /// Peers of one account that are made at once have numbers of their own.
    fn peers_are_numbered_apart(world: &World) {
        let name = text(&world.done("client", "func=sip.edit&sok=ok"), "name");
        let make = |at| -> Ask {
            ("client", "ipauth.edit", vec![("plid", name.clone()), ("ip", format!("203.0.113.{at}"))])
        };
        let outcomes = at_once(world, &(1..=20).map(make).collect::<Vec<_>>());
        assert_eq!(done(&outcomes), 20);
        assert_eq!(count(world, "SELECT COUNT(DISTINCT seq) FROM ipauth"), 20);
        assert_eq!(count(world, "SELECT MAX(seq) FROM ipauth"), 20);
        // R86 The account goes with all of them, also with one that comes meanwhile.
        let delete: Ask = ("client", "sip.delete", vec![("elid", name.clone())]);
        let outcomes = at_once(world, &[delete, make(21), make(22)]);
        assert!(outcomes[0].is_ok());
        for error in outcomes[1..].iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_ne!(error.kind, "system", "{error}");
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM ipauth"), 0);
    }

    /// R98 R99 However many caller IDs are taken into use at once, one of them is.
    fn one_caller_id_is_in_use(world: &World) {
        for at in 0..6 {
            world.done("client", &format!("func=callerid.edit&cid=1{at:02}&sok=ok"));
        }
        let ids = tables::ids(&world.app.db, "callerid");
        let set = |id: String| -> Ask { ("client", "callerid.setactive", vec![("elid", id)]) };
        let mut asks: Vec<Ask> = ids.into_iter().map(set).collect();
        let add = |at| -> Ask {
            ("client", "callerid.edit", vec![("cid", format!("20{at}")), ("active", "on".to_owned())])
        };
        asks.extend((0..4).map(add));
        for _ in 0..3 {
            let outcomes = at_once(world, &asks);
            refused_with(&outcomes, "exists", "cid");
            assert_eq!(count(world, "SELECT COUNT(*) FROM callerid WHERE active"), 1);
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM callerid"), 10);
    }

    /// Nobody gets more SIP accounts than he may by asking at once, and no web phone two.
    fn limits_hold_for_a_crowd(world: &World) {
        let more: Vec<Ask> = vec![("client", "sip.edit", Vec::new()); 20];
        let outcomes = at_once(world, &more);
        assert_eq!(done(&outcomes), 10);
        refused_with(&outcomes, "limit", "sip");
        world.configure("JanusSecret a-secret-of-janus");
        let tokens: Vec<Ask> = vec![("client", "softphone.token", Vec::new()); 10];
        assert_eq!(done(&at_once(world, &tokens)), 10);
        assert_eq!(count(world, "SELECT COUNT(*) FROM sip WHERE kind = 'web'"), 1);
    }

    /// R86 R136 R169 R174 The main account stays, is the one whose password is reset, and no web phone
    /// is told it.
    fn the_main_account(world: &World) {
        let first = main_of(world, "buyer", "1234567801");
        let listed = world.done("buyer", "func=sip&show_secret=on");
        assert_eq!(dom::find(&listed, "/doc/elem[name=1234567801]/password"), [first.as_str()]);
        let id = dom::find(&listed, "/doc/elem[name=1234567801]/id").pop().expect("an id");
        for named in ["1234567801", &id] {
            for login in ["buyer", "reseller", "admin"] {
                let refused = world.call(login, &format!("func=sip.delete&elid={named}"));
                assert_eq!(dom::find(&refused, "/doc/error/@object"), ["kind"], "{login} {named}");
            }
        }
        let plid = world.id("buyer");
        let reset = world.done("reseller", &format!("func=sip.passwd.reset&plid={plid}"));
        assert_eq!(text(&reset, "name"), "1234567801");
        let second = text(&reset, "password");
        assert_ne!(first, second);
        world.configure("JanusSecret a-secret-of-janus");
        let token = world.done("reseller", &format!("func=softphone.token&plid={plid}"));
        assert_eq!(dom::find(&token, "/doc/sip/username"), ["1234567801_web1"]);
        let own = tables::rows(&world.app.db, "sip").into_iter().find(|row| row["kind"] == "main");
        let own = own.expect("a main account");
        let told = dom::find(&token, "/doc/sip/ha1_secret").pop().expect("a secret");
        let own_id = own["id"].parse().expect("a number");
        let own = sip::ha1_of(&world.app, (own_id, &own["name"]), &own["secret"]).expect("a password");
        assert_ne!(told, own);
        // A second one, or one under a name that is taken or of a service, is none.
        let account_id: i64 = plid.parse().expect("a number");
        for name in ["1234567802", "1234567801", "1234567801_web2", "1234567801_ipa1", "a b"] {
            let app = world.app.clone();
            let made = world.app.db.write(move |conn| {
                sip::create_main(conn, &app, (account_id, 0), name, None, 0)
            });
            assert!(made.is_err(), "{name}");
        }
        assert_eq!(count(world, "SELECT COUNT(*) FROM sip"), 2);
    }

    /// R237 R135 No password of a line, and no token, stays anywhere but sealed.
    fn secrets_stay_nowhere(world: &World) {
        world.configure("JanusSecret a-secret-of-janus");
        let made = world.done("client", "func=sip.edit&sok=ok");
        let (name, made_up) = (text(&made, "name"), text(&made, "password"));
        world.done("client", "func=sip.edit&passwd=GivenSipPass1&sok=ok");
        world.done("client", &format!("func=sip.passwd&elname={name}&passwd=ChangedSipPass2&sok=ok"));
        let again = world.done("client", &format!("func=sip.passwd&elname={name}&sok=ok"));
        world.call("client", &format!("func=sip.passwd&elname={name}&passwd=Refused;Pass3&sok=ok"));
        let plid = world.id("buyer");
        let buyers = world.done("reseller", &format!("func=sip.edit&plid={plid}&sok=ok"));
        let query = format!("func=sip.passwd.reset&plid={plid}&elname={}", text(&buyers, "name"));
        let reset = world.done("reseller", &query);
        let token = world.done("client", "func=softphone.token");
        let mut secrets = vec![made_up, text(&again, "password"), text(&buyers, "password")];
        secrets.extend([text(&reset, "password"), text(&token, "token")]);
        let given = ["GivenSipPass1", "ChangedSipPass2", "Refused;Pass3", "a-secret-of-janus"];
        secrets.extend(given.map(str::to_owned));
        let everything = world.everything();
        for secret in &secrets {
            assert!(!everything.contains(secret.as_str()), "{secret} is in the database");
        }
        let lists = ["sip", "sip&service=on", "sip.history", "journal", "ipauth", "sip&show_secret=on"];
        for login in ["admin", "reseller", "employee", "client2"] {
            for list in lists {
                let reply = world.post(&format!("func={list}&out=xml&{}", world.proof(login)));
                let shown = secrets.iter().find(|secret| reply.body.contains(secret.as_str()));
                assert_eq!(shown, None, "{login}: {list}");
            }
        }
    }
}
