//! The cURL realtime conversation, and what vanishes from it.

use std::io::Write;
use std::process::{Command, Stdio};

use billmgr::db::Sql;
use billmgr::jobs;

use crate::asterisk::peers::Pbx;
use crate::calls_money::phones::{Phones, text};
use crate::direct::tables;
use crate::support::{Reply, Request, World, dom, worlds};

const FORM: &str = "application/x-www-form-urlencoded";

fn ask(world: &World, key: &str, asked: &str) -> Reply {
    let (path, body) = asked.split_once(' ').unwrap_or((asked, ""));
    Request::post(format!("/asterisk/{key}/{path}"), FORM, body).send(world.address)
}

/// By a program of the system, not by ours.
fn md5sum(text: &str) -> String {
    let mut child =
        Command::new("md5sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("md5sum runs");
    child.stdin.take().expect("an input").write_all(text.as_bytes()).expect("it reads");
    let out = child.wait_with_output().expect("it ends").stdout;
    String::from_utf8_lossy(&out)[..32].to_owned()
}

/// The lines of the telephones that the recording is about.
fn lines(pbx: &Pbx) {
    let run = |sql: &'static str| pbx.phones.run(Sql::new(sql));
    run("UPDATE ipauth SET status = 0, ip = '203.0.113.10' WHERE peer_name <> 'client_ipa1'");
    run("UPDATE ipauth SET ip = '203.0.113.10' WHERE peer_name = 'client_ipa1'");
    pbx.phones.world.done("admin", "func=sip.passwd&elname=client&passwd=StrongSipPass1&sok=ok");
}

worlds! {
    fn the_recorded_conversation(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        lines(&pbx);
        let ha1 = md5sum("client:billmgr:StrongSipPass1");
        let (mut asked, mut expected) = (String::new(), String::new());
        let mut played = 0;
        for line in include_str!("realtime.txt").lines().chain(["? end/single x=y"]) {
            let line = line.replace("{ha1}", &ha1);
            if let Some(answer) = line.strip_prefix("= ") {
                expected += &format!("{answer}\n");
            } else if let Some(next) = line.strip_prefix("? ") {
                if !asked.is_empty() {
                    let reply = ask(world, &pbx.key, &asked);
                    assert_eq!((reply.status, reply.body.trim_end()), (200, expected.trim_end()), "{asked}");
                    played += 1;
                }
                (asked, expected) = (next.to_owned(), String::new());
            }
        }
        assert!(played > 30, "{played} questions");
        let list = world.done("client", "func=sip.contact");
        assert_eq!(dom::find(&list, "/doc/elem/uri"), ["sip:client@192.0.2.7:5060"]);
        assert_eq!(dom::find(&list, "/doc/elem/user_agent"), ["Yealink SIP-T46U"]);
        assert!(dom::find(&world.done("client2", "func=sip.contact"), "/doc/elem").is_empty());
        // It has ended for more than an hour, and the switch does not say so.
        let left = |secs: i64| {
            world.clock.advance_us(secs * 1_000_000);
            jobs::run_named(&world.app, "registrations", world.clock.now_us()).expect("a job");
            tables::rows(&world.app.db, "sip_contact").len()
        };
        assert_eq!((left(7_200 + 3_500), left(200)), (1, 0));
    }

    /// What the telephone computes from its password and the switch from HA1 is the same (RFC 2617, 3.2.2).
    fn a_telephone_and_the_switch_agree(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let made = world.done("client", "func=sip.edit&sok=ok");
        let (name, password) = (text(&made, "name"), text(&made, "password"));
        let reply = ask(world, &pbx.key, &format!("ps_auths/single id={name}"));
        assert!(!reply.body.contains(&password), "{}", reply.body);
        let told: Vec<(String, String)> = form(&reply.body);
        let value = |field: &str| told.iter().find(|(have, _)| have == field).expect("a field").1.clone();
        let ha2 = md5sum("REGISTER:sip:sip.example.com");
        let response = |ha1: &str| md5sum(&format!("{ha1}:dcd98b7102dd2f0e8b11d0f600bfb0c0:00000001:0a4f113b:auth:{ha2}"));
        let telephone = response(&md5sum(&format!("{}:{}:{password}", value("username"), value("realm"))));
        assert_eq!(telephone, response(&value("md5_cred")));
        world.done("client", &format!("func=sip.passwd&elname={name}&passwd=AnotherPass2&sok=ok"));
        let reply = ask(world, &pbx.key, &format!("ps_auths/single id={name}"));
        assert!(reply.body.contains(&md5sum(&format!("{name}:billmgr:AnotherPass2"))), "{}", reply.body);
        // Another realm, and every line goes on with the password that it has.
        world.configure("SipRealm sip.example.com");
        let reply = ask(world, &pbx.key, &format!("ps_auths/single id={name}"));
        let ha1 = md5sum(&format!("{name}:sip.example.com:AnotherPass2"));
        assert!(reply.body.ends_with(&format!("&realm=sip.example.com&md5_cred={ha1}")), "{}", reply.body);
    }

    /// A line or peer is there as long as everybody of it is switched on.
    fn who_is_switched_off_vanishes(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let ids = |family: &str| {
            let reply = ask(world, &pbx.key, &format!("{family}/multi id%20LIKE=buyer%25"));
            let names = reply.body.lines().map(|line| form(line)[0].1.clone());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        };
        let all = || [ids("ps_endpoints"), ids("ps_aors"), ids("ps_endpoint_id_ips")].concat().join(" ");
        let both = "buyer buyer_ipa1 buyer buyer_ipa1 buyer_ipa1";
        assert_eq!(all(), both);
        let id = |table: &str, column: &str, value: &str| {
            let rows = tables::rows(&world.app.db, table);
            rows.into_iter().find(|row| row[column] == value).expect("a row")["id"].clone()
        };
        let (sip, peer) = (id("sip", "name", "buyer"), id("ipauth", "peer_name", "buyer_ipa1"));
        for (func, elid, left) in [
            ("ipauth", peer.as_str(), "buyer buyer"),
            ("sip", &sip, ""),
            ("account", world.id("buyer"), ""),
            ("account", world.id("reseller"), ""),
            ("switch", &pbx.switch, ""),
        ] {
            world.done("admin", &format!("func={func}.suspend&elid={elid}"));
            assert_eq!(all(), left, "{func}");
            world.done("admin", &format!("func={func}.resume&elid={elid}"));
            assert_eq!(all(), both, "{func}");
        }
        world.done("admin", &format!("func=ipauth.delete&elid={peer}"));
        assert_eq!(all(), "buyer buyer");
        let made = world.done("buyer", "func=sip.edit&sok=ok");
        let (name, id) = (text(&made, "name"), text(&made, "id"));
        let single = || ask(world, &pbx.key, &format!("ps_endpoints/single id={name}")).body;
        assert!(single().starts_with(&format!("id={name}&")));
        world.done("buyer", &format!("func=sip.delete&elid={id}"));
        assert_eq!(single(), "");
    }

    /// A key is good for its switch alone, from its addresses, until there is another.
    fn keys(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let refused = |key: &str| {
            let single = ask(world, key, "ps_endpoints/single id=client");
            let store = ask(world, key, "ps_contacts/store id=client%3B%40x&uri=sip%3Ax");
            assert_eq!((single.status, single.body.as_str()), (403, ""), "{key}");
            assert_eq!((store.status, store.body.as_str()), (403, "-1"), "{key}: a number is always there");
        };
        let taken = |key: &str| ask(world, key, "ps_endpoints/single id=client").status == 200;
        assert!(taken(&pbx.key));
        for key in ["x", "00000000000000000000000000000000", &pbx.key[1..], &pbx.key.to_uppercase()] {
            refused(key);
        }
        assert_eq!(ask(world, &pbx.key, "ps_endpoints").status, 404);
        let edit = format!("func=switch.edit&elid={}&sok=ok", pbx.switch);
        world.done("admin", &format!("{edit}&addr=192.0.2.0/24"));
        refused(&pbx.key);
        world.done("admin", &format!("{edit}&addr=192.0.2.0/24, 127.0.0.1"));
        assert!(taken(&pbx.key));
        let again = text(&world.done("admin", &format!("func=switch.key&elid={}", pbx.switch)), "key");
        refused(&pbx.key);
        assert!(taken(&again));
        assert!(!world.everything().contains(&again), "a key is kept as its hash");
        for login in ["client", "reseller"] {
            let refused = world.call(login, &format!("func=switch.key&elid={}", pbx.switch));
            assert!(refused.get("error").is_some(), "{login}");
        }
        assert!(world.call("admin", "func=switch.key&elid=1").get("error").is_some(), "the built-in one has none");
        world.done("admin", &format!("func=switch.delete&elid={}", pbx.switch));
        refused(&again);
    }

    /// What a switch is told stands in its configuration.
    fn settings_that_mean_something_else(world: &World) {
        let pbx = Pbx::new(Phones::new(world));
        let edit = format!("func=switch.edit&elid={}&sok=ok", pbx.switch);
        for bad in [
            "&context=a%0Aauth%3D",
            "&context=a;b",
            "&context=",
            "&codecs=alaw%26context%3Dx",
            "&codecs=alaw,,ulaw",
            "&addr=nowhere",
            "&address=127.0.0.1",
            "&address=a b:5038",
        ] {
            assert!(world.call("admin", &format!("{edit}{bad}")).get("error").is_some(), "{bad}");
        }
        world.done("admin", &format!("{edit}&context=from-phones&codecs=g722, alaw"));
        let body = ask(world, &pbx.key, "ps_endpoints/single id=client").body;
        assert!(body.contains("&context=from-phones&disallow=all&allow=g722%2Calaw&"), "{body}");
    }
}

fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.into(), value.replace("%3A", ":")))
        .collect()
}
