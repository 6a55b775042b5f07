//! Programs that do not do their work.

use std::time::{Duration, Instant};

use super::shop::Shop;
use crate::support::worlds;

const FAULTS: [(&str, &str, &str); 6] = [
    ("echo partly; echo 'no \u{1b}[31mpanel' >&2; exit 3", "ended with code 3", "panel"),
    ("kill -9 $$", "ended by a signal", ""),
    ("sleep 60 & echo $! > child; sleep 60", "took too long", ""),
    ("printf '\\001\\377 rubbish'", "no document", "rubbish"),
    ("echo '<doc><error type=\"panel\"><msg>no place</msg></error></doc>'", "an error panel", "no place"),
    (
        "mgrctl runningoperation.edit elid=$BILLMGR_OPERATION sok=ok 'errorxml=the panel is full'; echo >&2",
        "the panel is full",
        "",
    ),
];

worlds! {
    /// Each is a failed attempt that is told and tried again, and the service is charged once.
    fn a_program_fails(world: &World) {
        world.configure("ModuleTimeout 2");
        let shop = Shop::with_script(world, "");
        for (at, (script, error, log)) in FAULTS.iter().enumerate() {
            shop.script(&format!("case $command in open) {script};; esac"));
            let item = shop.order(&format!("s{at}.example.com"));
            shop.work();
            let (state, attempts, said) = shop.operation(&item);
            assert_eq!((state.as_str(), attempts), ("ready", 1), "{script}: {said}");
            assert!(said.contains(error), "{script}: {said}");
            let logs = shop.logs(&item).concat();
            assert!(logs.contains(log) && !logs.contains(|c: char| c.is_control() && c != '\n'), "{logs:?}");
            assert_eq!(shop.status(&item), "5_open");
            shop.script("case $command in open) mgrctl service.postopen elid=$item > /dev/null;; esac");
            shop.later(11);
            shop.work();
            assert_eq!((shop.status(&item).as_str(), shop.charges(&item)), ("2", 1), "{script}");
            world.done("admin", &format!("func=vds.delete&elid={item}"));
            shop.script("case $command in close) mgrctl service.postclose elid=$item > /dev/null;; esac");
            shop.work();
        }
        shop.check();
        let child = shop.noted("child").trim().to_owned();
        let end = Instant::now() + Duration::from_secs(5);
        while is_alive(&child) {
            assert!(Instant::now() < end, "what it started is killed with it");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Neither its features nor the program itself can be had.
    fn a_program_is_not_there(world: &World) {
        let shop = Shop::new(world, "module=pmtest");
        let item = shop.order("a.example.com");
        shop.work();
        assert!(shop.operation(&item).2.contains("missed(module)"), "{:?}", shop.operation(&item));
        let check = format!("func=processing.check&elid={}", shop.module);
        assert!(world.call("admin", &check).get("error").is_some());
        for script in ["echo rubbish", "exit 2"] {
            shop.script(script);
            assert!(world.call("admin", &check).get("error").is_some(), "{script}");
            shop.later(200);
            shop.work();
            assert!(shop.operation(&item).2.starts_with("features: "), "{:?}", shop.operation(&item));
        }
        shop.script("echo '<doc><features><feature name=\"close\"/></features></doc>'");
        shop.later(2000);
        shop.work();
        assert_eq!(shop.operation(&item).0, "manual", "what has to be done and cannot be is for a person");
        world.done("admin", &format!("func=service.postopen&elid={item}"));
        assert_eq!(shop.status(&item), "2");
        shop.check();
    }

    /// Ended without a report it goes on by itself; its token is good until then, and no longer.
    fn a_program_reports_later(world: &World) {
        let script = "case $command in open) echo $BILLMGR_TOKEN > token;; esac";
        let shop = Shop::with_script(world, script);
        let item = shop.order("a.example.com");
        shop.work();
        assert_eq!(shop.operation(&item).0, "running");
        let (late, elid) = (shop.noted("token").trim().to_owned(), format!("elid={item}"));
        shop.later(61 * 60);
        let refused = shop.mgrctl(&late, &["service.postopen", &elid]);
        assert!(refused.starts_with("ERROR auth(token)"), "{refused}");
        shop.work();
        let (state, attempts, error) = shop.operation(&item);
        assert_eq!((state.as_str(), attempts), ("ready", 1));
        assert!(error.contains("not reported in time"), "{error}");
        shop.later(11);
        shop.work();
        let token = shop.noted("token").trim().to_owned();
        assert_ne!(token, late);
        assert!(shop.mgrctl(&late, &["service.postopen", &elid]).starts_with("ERROR auth(token)"));
        shop.later(59 * 60);
        assert_eq!(shop.mgrctl(&token, &["service.postopen", &elid]), "OK\n");
        assert_eq!((shop.status(&item).as_str(), shop.charges(&item)), ("2", 1));
        let over = shop.mgrctl(&token, &["service.setstatus", &elid, "service_status=8"]);
        assert!(over.starts_with("ERROR auth(token)"), "{over}");
        shop.check();
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !pid.is_empty() && !stat.is_empty() && !stat.contains(") Z ")
}
