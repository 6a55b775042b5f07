//! Whole calls over FastAGI and AMI, and what becomes of them when somebody falls silent.

use crate::asterisk::peers::{DST, Pbx, Talk};
use crate::calls_money::phones::{Phones, refusal, text};
use crate::direct::tables;
use crate::support::{World, dom, worlds};

const BEGIN: &str = include_str!("ami_begin.txt");
const ANSWERED: &str = include_str!("ami_answered.txt");
const LIMIT: &str = include_str!("ami_limit.txt");
const CUT: &str = include_str!("ami_cut.txt");
const HANGUP: &str = include_str!("ami_hangup.txt");
const CDR: &str = include_str!("ami_cdr.txt");
const NO_CHANNELS: &str = include_str!("ami_no_channels.txt");
const ONE_CHANNEL: &str = include_str!("ami_one_channel.txt");

type Vars<'v> = Vec<(&'v str, &'v str)>;

fn vars<'v>(line: &'v str, uniqueid: &'v str, more: &[(&'v str, &'v str)]) -> Vars<'v> {
    [&[("line", line), ("uniqueid", uniqueid), ("dst", DST)], more].concat()
}

fn callerid(world: &World, name: &str) -> String {
    format!("+4930{:0>6}", world.id(name))
}

/// Signed in, with a call of that line answered.
pub fn talking<'w>(pbx: &Pbx<'w>, line: &str, uniqueid: &str, owner: &str) -> Talk {
    let mut manager = pbx.manager();
    manager.play(NO_CHANNELS, &[]);
    let callerid = callerid(pbx.phones.world, owner);
    let vars = vars(line, uniqueid, &[("callerid", &callerid), ("seconds", "60"), ("id", "4")]);
    manager.play(BEGIN, &vars);
    pbx.authorise(&vars);
    manager.play(ANSWERED, &vars);
    manager.play(LIMIT, &vars);
    manager
}

fn records(world: &World) -> Vec<Vec<String>> {
    let columns = ["uniqueid", "sip_name", "dst", "billsec", "cause", "cost"];
    let row = |row: crate::direct::Row| columns.iter().map(|name| row[*name].clone()).collect();
    tables::rows(&world.app.db, "cdr").into_iter().map(row).collect()
}

worlds! {
    /// Authorised, answered, extended, ended, and charged once, though three tell of its end.
    fn a_whole_call(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        pbx.start();
        let mut manager = talking(&pbx, "client", "1781524800.1", "client");
        pbx.advance(45);
        let more = vars("client", "1781524800.1", &[("id", "5"), ("seconds", "75"), ("answered", "85"), ("status", "ANSWER")]);
        manager.play(LIMIT, &more);
        let row = tables::rows(&world.app.db, "call").pop().expect("a call");
        assert_eq!((row["granted_sec"].as_str(), row["talked_sec"].as_str()), ("120", "45"));
        pbx.advance(40);
        pbx.end(&more);
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
        manager.play(HANGUP, &more);
        manager.play(CDR, &more);
        pbx.end(&more);
        pbx.advance(5);
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        // 0.01 for the connection and 0.06 a minute.
        let expected = ["1781524800.1", "client", DST, "85", "answered", "95000"].map(str::to_owned);
        assert_eq!(records(world), [expected.to_vec()]);
        pbx.phones.check();
    }

    /// The dialplan's report is lost: the record of the switch is what counts, and else its hang-up.
    fn the_manager_interface_reports_too(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        pbx.start();
        let mut manager = talking(&pbx, "client", "1781524800.1", "client");
        pbx.advance(30);
        let first = vars("client", "1781524800.1", &[("answered", "28")]);
        manager.play(CDR, &first);
        manager.play(HANGUP, &first);
        let callerid = callerid(world, "client");
        let second = vars("client", "1781524830.2", &[("callerid", &callerid), ("seconds", "60"), ("id", "5")]);
        manager.play(BEGIN, &second);
        pbx.authorise(&second);
        manager.play(ANSWERED, &second);
        manager.play(LIMIT, &second);
        pbx.advance(12);
        pbx.until_calls(1);
        manager.play(HANGUP, &second);
        // A third that nobody answered.
        let third = vars("client", "1781524850.3", &[("callerid", &callerid), ("seconds", "60")]);
        manager.play(BEGIN, &third);
        pbx.authorise(&third);
        manager.play(HANGUP, &third);
        // The clock goes on when the hang-ups have been heard.
        std::thread::sleep(std::time::Duration::from_millis(500));
        pbx.advance(3);
        pbx.until_calls(0);
        let mut found: Vec<[String; 3]> =
            records(world).into_iter().map(|row| [row[0].clone(), row[3].clone(), row[4].clone()]).collect();
        found.sort();
        let expected = [["1781524800.1", "28", "answered"], ["1781524830.2", "12", "answered"], ["1781524850.3", "0", "canceled"]];
        assert_eq!(found, expected.map(|row| row.map(str::to_owned)));
        pbx.phones.check();
    }

    /// Both are restarted with a call under way: whom the switch still has goes on, who is gone is settled
    /// as far as he was last heard of.
    fn hang_ups_that_nobody_heard(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        pbx.phones.pay("buyer", "10.00");
        pbx.phones.pay("reseller", "10.00");
        for (line, uniqueid) in [("client", "1781524800.1"), ("buyer", "1781524800.2")] {
            let callerid = callerid(world, line);
            pbx.authorise(&vars(line, uniqueid, &[("callerid", &callerid), ("seconds", "60")]));
        }
        pbx.advance(30);
        pbx.start();
        let mut manager = pbx.manager();
        manager.play(ONE_CHANNEL, &vars("client", "1781524800.1", &[]));
        // The list says how long the channel has been there: 30 of its 60 seconds are left.
        manager.play(LIMIT, &vars("client", "1781524800.1", &[("id", "4"), ("seconds", "30")]));
        pbx.until_calls(1);
        let lost = |row: &Vec<String>| (row[1].clone(), row[3].clone(), row[4].clone());
        assert_eq!(records(world).iter().map(lost).collect::<Vec<_>>(), [("buyer".into(), "0".into(), "lost".into())]);
        pbx.advance(15);
        manager.play(LIMIT, &vars("client", "1781524800.1", &[("id", "5"), ("seconds", "75")]));
        drop(manager);
        pbx.advance(10);
        let mut manager = pbx.manager();
        manager.play(NO_CHANNELS, &[]);
        // The clock stands still until the list has been taken in.
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        pbx.advance(3);
        pbx.until_calls(0);
        let last = records(world).pop().expect("a record");
        assert_eq!(lost(&last), ("client".into(), "45".into(), "lost".into()));
        pbx.phones.check();
    }

    /// Calls end with the line, its client or his reseller, by order of the staff, and with the money.
    fn calls_are_cut(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        for name in ["client", "buyer", "reseller"] {
            pbx.phones.pay(name, "10.00");
        }
        pbx.start();
        let mut manager = talking(&pbx, "buyer", "1781524800.1", "buyer");
        let order = {
            let id = tables::ids(&world.app.db, "call").pop().expect("a call");
            let query = format!("func=call.hangup&elid={id}");
            for login in ["client", "buyer", "reseller"] {
                assert_eq!(refusal(&world.call(login, &query)).0, "access", "{login}");
            }
            query
        };
        std::thread::scope(|scope| {
            let cut = scope.spawn(|| world.done("admin", &order));
            manager.play(CUT, &vars("buyer", "1781524800.1", &[("id", "5")]));
            cut.join().expect("the call is cut");
        });
        for (id, func) in [("6", "account.suspend"), ("7", "account.resume")] {
            world.done("admin", &format!("func={func}&elid={}", world.id("reseller")));
            if func == "account.suspend" {
                manager.play(CUT, &vars("buyer", "1781524800.1", &[("id", id)]));
            }
        }
        pbx.advance(6);
        let line = tables::rows(&world.app.db, "sip").into_iter().find(|row| row["name"] == "buyer").expect("a line");
        world.done("admin", &format!("func=sip.suspend&elid={}", line["id"]));
        manager.play(CUT, &vars("buyer", "1781524800.1", &[("id", "7")]));
        world.done("admin", &format!("func=sip.resume&elid={}", line["id"]));
        // The grant is over and the switch has not hung up.
        pbx.phones.run(billmgr::db::Sql::new("UPDATE account SET plan_id = 0 WHERE id > 0"));
        pbx.advance(59);
        manager.play(CUT, &vars("buyer", "1781524800.1", &[("id", "8")]));
        manager.play(HANGUP, &vars("buyer", "1781524800.1", &[]));
        std::thread::sleep(std::time::Duration::from_millis(500));
        pbx.advance(3);
        pbx.until_calls(0);
        pbx.phones.check();
    }

    /// What cannot be reached, or is none of ours, is refused in words; a built-in switch obeys too.
    fn orders_that_cannot_be_followed(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        let callerid = callerid(world, "client");
        pbx.authorise(&vars("client", "1781524800.1", &[("callerid", &callerid), ("seconds", "60")]));
        let id = tables::ids(&world.app.db, "call").pop().expect("a call");
        let refused = world.call("admin", &format!("func=call.hangup&elid={id}"));
        assert_eq!(refusal(&refused), ("failed".to_owned(), "switch".to_owned()));
        for elid in ["0", "x", "99999"] {
            let refused = world.call("admin", &format!("func=call.hangup&elid={elid}"));
            assert!(["missed", "value"].contains(&refusal(&refused).0.as_str()), "{elid}");
        }
        pbx.phones.made("client", DST, "&secs=100&lost=on&uniqueid=gone");
        let built_in = tables::rows(&world.app.db, "call").into_iter().find(|row| row["uniqueid"] == "gone");
        world.done("admin", &format!("func=call.hangup&elid={}", built_in.expect("a call")["id"]));
        let list = world.done("client", "func=cdr");
        assert_eq!(dom::find(&list, "/doc/elem/billsec"), ["100"]);
        assert_eq!(text(&world.call("admin", "func=switch.edit&elid=1"), "name"), "built-in");
        pbx.phones.check();
    }

    /// Who may not call is told why; the dialplan reads nothing but a word.
    fn calls_that_are_not_let_through(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let refused = |line: &str, uniqueid: &str, dst: &str, cause: &str| {
            let vars = [("line", line), ("uniqueid", uniqueid), ("dst", dst), ("cause", cause)];
            pbx.ask(include_str!("agi_refused.txt"), &vars);
        };
        refused("buyer", "1.1", DST, "balance");
        pbx.phones.pay("client", "10.00");
        pbx.phones.pay("buyer", "10.00");
        refused("buyer", "1.1", DST, "balance");
        refused("client", "1.2", "33112345", "rate");
        refused("client", "1.3", "4915112345\" ${SHELL(id)}", "number");
        refused("client", "1.3", "h", "number");
        refused("nobody", "1.4", DST, "disabled");
        refused("buyer", "1.5", DST, "unavailable"); // his reseller has no money
        let callerid = callerid(world, "client");
        let twice = vars("client", "1.6", &[("callerid", &callerid), ("seconds", "60")]);
        pbx.authorise(&twice);
        pbx.authorise(&twice);
        refused("client", "1.6", "4930111222", "unavailable"); // the grant was for another number
        pbx.ask(include_str!("agi_gone.txt"), &vars("client", "1.7", &[("callerid", &callerid), ("seconds", "60")]));
        for uniqueid in ["1.6", "1.7", "1.1", "9.9"] {
            pbx.end(&vars("client", uniqueid, &[("answered", ""), ("status", "CANCEL")]));
        }
        assert_eq!(tables::rows(&world.app.db, "call").len(), 0);
        world.done("admin", &format!("func=switch.suspend&elid={}", pbx.switch));
        refused("client", "1.8", DST, "unavailable");
        pbx.phones.check();
    }

    /// Many calls end at the same moment, each told of by the dialplan and by the manager interface.
    fn all_ends_at_once(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("buyer", "100.00");
        pbx.phones.pay("reseller", "100.00");
        pbx.start();
        let mut manager = pbx.manager();
        manager.play(NO_CHANNELS, &[]);
        let callerid = callerid(world, "buyer");
        let names: Vec<String> = (0..30).map(|nth| format!("1781524800.{nth}0")).collect();
        for name in &names {
            let vars = vars("buyer", name, &[("callerid", &callerid), ("seconds", "60")]);
            manager.play(BEGIN, &vars);
            pbx.authorise(&vars);
            manager.play(ANSWERED, &vars);
        }
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        pbx.advance(20);
        for name in &names {
            manager.play(HANGUP, &vars("buyer", name, &[]));
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        pbx.advance(3);
        std::thread::scope(|scope| {
            for name in &names {
                let pbx = &pbx;
                scope.spawn(move || {
                    pbx.end(&vars("buyer", name, &[("answered", "20"), ("status", "ANSWER")]));
                });
            }
        });
        pbx.until_calls(0);
        let seconds: Vec<String> = records(world).into_iter().map(|row| row[3].clone()).collect();
        assert_eq!(seconds, vec!["20"; names.len()]);
        pbx.phones.check();
    }
}
