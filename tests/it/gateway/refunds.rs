//! Refunds that gateways are asked for: once for each request, with one key, and a person may always be first.

use std::time::{Duration, Instant};

use billmgr::time::DAY_US;

use super::{balance, method, pay, press, sound, status, text};
use crate::support::{Request, World, dom, worlds};

fn work(world: &World) {
    billmgr::outbox::worker::run_due(&world.app).expect("the outbox works");
}

fn ask(world: &World, id: &str, amount: &str) {
    world.done("admin", &format!("func=payment.refund&elid={id}&amount={amount}&sok=ok"));
}

fn state(world: &World, id: &str) -> (String, String) {
    (status(world, id), balance(world))
}

fn state_of(status: &str, balance: &str) -> (String, String) {
    (status.to_owned(), balance.to_owned())
}

/// A program of the folder, with `mgrctl` in its PATH, that writes down what it was called with.
fn program(world: &World, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let modules = world.dir().join("modules");
    std::fs::create_dir_all(&modules).expect("a directory");
    let tools = std::path::Path::new(env!("CARGO_BIN_EXE_mgrctl")).parent().expect("a directory").display();
    let path = modules.join(name);
    let text = format!("#!/bin/sh\nPATH={tools}:$PATH\necho \"$@\" >>calls\n{script}\n");
    std::fs::write(&path, text).expect("a program");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("rights are set");
}

/// The arguments of each call.
fn calls(world: &World) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(world.dir().join("modules/calls")).unwrap_or_default();
    text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

fn soon(holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < until, "it never happens");
        std::thread::sleep(Duration::from_millis(20));
    }
}

worlds! {
    /// In parts, with the commission's share; what is refused stays credited, and may be asked for again.
    fn the_test_gateway_gives_back(world: &World) {
        let before = balance(world);
        let (id, url) = pay(world, &method(world, "testgate"), "");
        press(world, &url, "pay", "1");
        let paid = balance(world);
        ask(world, &id, "20");
        assert_eq!(state(world, &id), state_of("5", &paid), "money moves when it is confirmed");
        work(world);
        assert_eq!(status(world, &id), "4");
        let part = balance(world);
        assert_ne!(part, paid);
        work(world);
        assert_eq!(state(world, &id), state_of("4", &part));
        // 0.99 with its commission.
        for _ in 0..2 {
            ask(world, &id, "0.90");
            work(world);
            assert_eq!(state(world, &id), state_of("4", &part));
            world.clock.advance_us(DAY_US);
        }
        ask(world, &id, "30");
        work(world);
        assert_eq!(state(world, &id), state_of("6", &before));
        sound(world);
    }

    /// A program that fails is run again with the same key, and is asked in the currency that was paid in.
    fn programs_are_asked_until_they_answer(world: &World) {
        program(world, "ownrefund", "[ $(wc -l <calls) -gt 1 ] || exit 1\n\
            mgrctl -m billmgr payment.setrefunded elid=$1 >unnamed 2>&1\n\
            mgrctl -m billmgr payment.setrefunded elid=$1 refund=$3 && mgrctl -m billmgr payment.setrefunded elid=$1 refund=$3; exit 0");
        let before = balance(world);
        let (id, _) = pay(world, &method(world, "pmown"), "");
        world.done("admin", &format!("func=payment.setpaid&elid={id}"));
        let paid = balance(world);
        ask(world, &id, "50");
        work(world);
        assert_eq!((state(world, &id), calls(world).len()), (state_of("5", &paid), 1));
        work(world);
        assert_eq!(calls(world).len(), 1, "it is run again after a pause");
        world.clock.advance_us(DAY_US);
        work(world);
        assert_eq!(state(world, &id), state_of("6", &before));
        let unnamed = std::fs::read_to_string(world.dir().join("modules/unnamed")).expect("what mgrctl said");
        assert!(unnamed.contains("ERROR"), "a gateway says which request it means: {unnamed}");
        let calls = calls(world);
        assert_eq!((calls.len(), &calls[0]), (2, &calls[1]));
        assert_eq!((calls[0][0].as_str(), calls[0][1].as_str()), (id.as_str(), "55.00"));
        assert_eq!(Request::get("/mancgi/ownrefund").send(world.address).status, 404, "nobody else runs it");
        sound(world);
    }

    /// Whom a person was faster than is not asked, and a late word about one request ends no other.
    fn a_person_may_be_first(world: &World) {
        program(world, "ownrefund", "exit 0");
        let (id, _) = pay(world, &method(world, "pmown"), "");
        world.done("admin", &format!("func=payment.setpaid&elid={id}"));
        let paid = balance(world);
        ask(world, &id, "50");
        world.done("admin", &format!("func=payment.setnorefund&elid={id}"));
        work(world);
        assert_eq!((state(world, &id), calls(world).len()), (state_of("4", &paid), 0));
        for _ in 0..2 {
            ask(world, &id, "50");
            work(world);
            world.clock.advance_us(DAY_US);
            if calls(world).len() == 1 {
                world.done("admin", &format!("func=payment.setnorefund&elid={id}"));
            }
        }
        let keys: Vec<String> = calls(world).into_iter().map(|call| call[2].clone()).collect();
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0], keys[1]);
        for func in ["setrefunded", "setnorefund"] {
            let late = world.call("admin", &format!("func=payment.{func}&elid={id}&refund={}", keys[0]));
            assert_eq!(text(&late, "/doc/error/@object"), "refund", "{func}");
            assert_eq!(state(world, &id), state_of("5", &paid), "{func}");
        }
        world.done("admin", &format!("func=payment.setrefunded&elid={id}&refund={}", keys[1]));
        assert_eq!(status(world, &id), "6");
        sound(world);
    }

    /// It moves nothing, but the money is elsewhere than the books say: a person is told, once.
    fn what_a_gateway_says_too_late_is_kept(world: &World) {
        for (own, theirs, status) in [("setnorefund", "setrefunded", "4"), ("setrefunded", "setnorefund", "6")] {
            let (id, _) = pay(world, &method(world, "pmown"), "");
            world.done("admin", &format!("func=payment.setpaid&elid={id}"));
            program(world, "ownrefund", &format!(
                "until [ -e go ]; do sleep 0.05; done; rm go\n\
                mgrctl -m billmgr payment.{theirs} elid=$1 refund=$3 >contrary 2>&1\n\
                mgrctl -m billmgr payment.{theirs} elid=$1 refund=$3 >again 2>&1\n\
                mgrctl -m billmgr payment.{own} elid=$1 refund=$3 >same 2>&1; exit 0"
            ));
            let _ = std::fs::remove_file(world.dir().join("modules/calls"));
            ask(world, &id, "50");
            let ended = std::thread::scope(|scope| {
                scope.spawn(|| work(world));
                soon(|| calls(world).len() == 1);
                world.done("admin", &format!("func=payment.{own}&elid={id}"));
                let ended = state(world, &id);
                std::fs::write(world.dir().join("modules/go"), "").expect("a file");
                ended
            });
            assert_eq!(state(world, &id), (status.to_owned(), ended.1), "{theirs} moves nothing");
            let said = |name| std::fs::read_to_string(world.dir().join("modules").join(name)).expect("a file");
            assert!(said("contrary").contains("refund") && said("again").contains("refund"), "{}", said("contrary"));
            assert!(!said("same").contains("ERROR"), "what was decided may be said: {}", said("same"));
            let name = format!("Refund of payment {id}");
            let tasks = world.call("admin", "func=task");
            assert_eq!(dom::find(&tasks, "/doc/elem/name").iter().filter(|task| **task == name).count(), 1);
            let history = world.call("admin", &format!("func=payment.history&elid={id}"));
            let noted = dom::find(&history, "/doc/elem/desc");
            assert_eq!(noted.iter().filter(|line| line.starts_with("contradicts")).count(), 1, "{noted:?}");
            sound(world);
        }
    }

    /// Where nobody can be asked, a person gives the money back.
    fn without_a_program_it_waits_for_a_person(world: &World) {
        let (id, _) = pay(world, &method(world, "pmother"), "");
        world.done("admin", &format!("func=payment.setpaid&elid={id}"));
        ask(world, &id, "50");
        work(world);
        assert_eq!(status(world, &id), "5");
        world.done("admin", &format!("func=payment.setrefunded&elid={id}"));
        assert_eq!(status(world, &id), "6");
    }
}
