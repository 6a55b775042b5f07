//! A program that does its work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use billmgr::outbox::worker;

use super::shop::Shop;
use crate::support::worlds;

/// The example of README.
fn example() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("README.md");
    let chapter = readme.split("## Writing a processing module").nth(1).expect("a chapter on modules");
    let block = chapter.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("an example").to_owned()
}

worlds! {
    /// The example of README opens, suspends, resumes, changes and closes; each is charged once.
    fn a_program_serves(world: &World) {
        let shop = Shop::with_script(world, &example());
        let features = world.done("admin", &format!("func=processing.check&elid={}", shop.module));
        assert_eq!(features.get_text("features"), Some("open, suspend, resume, setparam, close"));
        let item = shop.order("a.example.com");
        assert_eq!((shop.status(&item).as_str(), shop.charges(&item)), ("5_open", 1));
        assert_eq!(shop.work(), 1);
        assert_eq!(shop.operation(&item), ("done".into(), 1, String::new()), "{:?}", shop.logs(&item));
        assert_eq!((shop.status(&item).as_str(), shop.text(&item, "ip").as_str()), ("2", "192.0.2.10"));
        let info = shop.mgrctl("", &["service.moduleinfo", &format!("elid={item}")]);
        assert!(info.contains("\nmodule_password=panel-secret\n"), "{info}");
        let password = info.lines().find_map(|line| line.strip_prefix("param_password=")).expect("a password");
        assert!(password.len() == 12 && !world.everything().contains(password), "it is sealed");
        for (call, status) in [("vds.suspend", "3_adminsuspend"), ("vds.resume", "2")] {
            world.done("admin", &format!("func={call}&elid={item}"));
            assert_eq!((shop.work(), shop.status(&item).as_str()), (1, status));
        }
        // It has no feature `prolong`, and needs nobody for it; a change of tariff is `setparam` to it.
        world.done("client", &format!("func=service.prolong&elid={item}&period=1&skipbasket=on&sok=ok"));
        shop.work();
        assert_eq!((shop.operation(&item).0.as_str(), shop.charges(&item)), ("done", 2));
        let change = format!("func=service.changepricelist.getmoney&elid={item}&pricelist={}", shop.big);
        world.done("client", &format!("{change}&skipbasket=on&clicked_button=finish&sok=ok"));
        assert_eq!(shop.work(), 1);
        assert_eq!(shop.operation(&item).0, "done");
        shop.check();
        world.done("admin", &format!("func=vds.delete&elid={item}"));
        assert_eq!((shop.work(), shop.status(&item).as_str()), (1, "4"));
        shop.check();
    }

    /// Said twice, and then ended with an error: what was reported counts, and counts once.
    fn a_program_answers_twice(world: &World) {
        let twice = "mgrctl service.postopen elid=$item >> said; mgrctl service.postopen elid=$item >> said; exit 3";
        let shop = Shop::with_script(world, &format!("case $command in open) {twice};; esac"));
        let item = shop.order("a.example.com");
        shop.work();
        assert_eq!(shop.noted("said"), "OK\nOK\n");
        assert_eq!((shop.status(&item).as_str(), shop.operation(&item).0.as_str()), ("2", "done"));
        assert_eq!((shop.charges(&item), shop.logs(&item)), (1, vec![]));
        shop.check();
    }

    /// A module without a limit of its own is asked for all at once, one with a limit for so many.
    fn a_module_does_so_many_at_a_time(world: &World) {
        let shop = Shop::with_script(world, "exit 0");
        let limit = format!("func=processing.edit&elid={}&concurrencylimit=1&sok=ok", shop.module);
        world.done("admin", &limit);
        let items = [shop.order("a.example.com"), shop.order("b.example.com")];
        assert_eq!(shop.work(), 1, "the first goes on by itself, the second waits");
        assert_eq!(shop.work(), 0);
        world.done("admin", &format!("func=service.postopen&elid={}", items[0]));
        assert_eq!(shop.work(), 1);
        assert_eq!([shop.status(&items[0]), shop.status(&items[1])], ["2", "5_open"]);
    }

    /// A new order is looked at at once, however slow another module is.
    fn a_slow_program_holds_nobody_up(world: &World) {
        let shop = Shop::with_script(world, "case $command in open) until [ -e go ]; do sleep 0.05; done;; esac");
        let slow = shop.order("slow.example.com");
        let app = world.app.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let worker = runtime.spawn(async move { worker::run_always(&app).await });
        let until = |what: &str, holds: &dyn Fn() -> bool| {
            let end = Instant::now() + Duration::from_secs(10);
            while !holds() {
                assert!(Instant::now() < end, "{what}");
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        until("the slow one begins", &|| shop.operation(&slow).0 == "running");
        let sandbox = Shop::new(world, "module=sandbox");
        let quick = sandbox.order("quick.example.com");
        until("the quick one is active", &|| sandbox.status(&quick) == "2");
        assert_eq!(shop.operation(&slow).0, "running");
        worker.abort();
        std::fs::write(shop.modules().join("go"), "").expect("a file");
        runtime.shutdown_timeout(Duration::from_secs(10));
        let _kept: Arc<_> = world.app.clone();
    }
}
