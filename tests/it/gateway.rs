//! Gateways against a running server: the signed test page, its callbacks, and programs by CGI.

mod refunds;

use std::os::unix::fs::PermissionsExt;

use billmgr::doc::Node;
use billmgr::time::DAY_US;

use crate::support::{Reply, Request, World, dom, worlds};

const FORM: &str = "application/x-www-form-urlencoded";

fn text(doc: &Node, path: &str) -> String {
    dom::find(doc, path).pop().unwrap_or_else(|| panic!("nothing at {path} of {doc:?}"))
}

/// A payment method of the seeded provider.
fn method(world: &World, module: &str) -> String {
    let (euro, project, company) = (world.id("euro"), world.id("project"), world.id("company"));
    let query = format!(
        "func=paymethod.edit&name={module}&module={module}&currency={euro}&project={project}\
         &company={company}&commissionpercent=10&sok=ok"
    );
    text(&world.done("admin", &query), "/doc/id")
}

/// A new payment of the client; its id and where it is paid.
fn pay(world: &World, method: &str, more: &str) -> (String, String) {
    let query = format!("func=payment.add.pay&amount=50&paymethod={method}{more}&sok=ok");
    let doc = world.done("client", &query);
    (text(&doc, "/doc/payment_id"), text(&doc, "/doc/ok"))
}

fn press(world: &World, url: &str, action: &str, card: &str) -> Reply {
    let query = url.split_once('?').expect("a signed link has a query").1;
    let body = format!("{query}&action={action}&card={card}");
    Request::post("/mancgi/testgate", FORM, body).send(world.address)
}

fn balance(world: &World) -> String {
    text(&world.call("client", "func=whoami"), "/doc/user/@balance")
}

fn status(world: &World, id: &str) -> String {
    text(&world.call("admin", &format!("func=payment.edit&elid={id}")), "/doc/status")
}

fn sound(world: &World) {
    let faults = dom::find(&world.call("admin", "func=ledger.check"), "/doc/elem[kind=Fault]/detail");
    assert!(faults.is_empty(), "{faults:?}");
}

worlds! {
    /// Five callbacks, also out of order, credit once.
    fn callbacks_credit_once(world: &World) {
        let before = balance(world);
        let (id, url) = pay(world, &method(world, "testgate"), "");
        let page = Request::get(url.clone()).send(world.address);
        assert_eq!((page.status, page.mime()), (200, "text/html; charset=UTF-8"));
        assert!(page.body.contains("55.00 EUR"), "{}", page.body);
        assert_eq!(press(world, &url, "later", "1").header("location"), format!("/billmgr?func=payment.pending&elid={id}"));
        assert_eq!(status(world, &id), "2");
        for action in ["pay", "pay", "later", "decline", "pay"] {
            let reply = press(world, &url, action, "1");
            assert_eq!((reply.status, reply.header("location")), (303, format!("/billmgr?func=payment.success&elid={id}").as_str()));
        }
        assert_eq!(status(world, &id), "4");
        assert_ne!(balance(world), before);
        let after = balance(world);
        press(world, &url, "pay", "1");
        assert_eq!(balance(world), after);
        sound(world);
    }

    /// What was declined is not paid any more.
    fn a_declined_payment_is_over(world: &World) {
        let before = balance(world);
        let (id, url) = pay(world, &method(world, "testgate"), "");
        for action in ["decline", "pay", "later"] {
            let reply = press(world, &url, action, "1");
            assert_eq!(reply.header("location"), format!("/billmgr?func=payment.fail&elid={id}"), "{action}");
        }
        assert_eq!(balance(world), before);
    }

    /// Neither page nor callback for what was not signed here, for another amount or another payment.
    fn wrong_signatures_are_refused(world: &World) {
        let (id, url) = pay(world, &method(world, "testgate"), "");
        let sign = url.rsplit_once("sign=").expect("a signature").1;
        world.unchanged(|| {
            for wrong in [
                url.replace("amount=55.00", "amount=1.00"),
                url.replace(&format!("elid={id}"), "elid=1"),
                url.replace(sign, &sign.replace(['0', '1', '2'], "3")),
                url.replace(sign, ""),
                url.replace("kind=payment", "kind=stored"),
            ] {
                assert_eq!(Request::get(wrong.clone()).send(world.address).status, 403, "{wrong}");
                assert_eq!(press(world, &wrong, "pay", "1").status, 403, "{wrong}");
            }
            assert_eq!(press(world, &url, "steal", "1").status, 400);
        });
        assert_eq!(status(world, &id), "1");
    }

    /// In production nobody is given money for nothing.
    fn the_test_gateway_is_not_there_in_production(world: &World) {
        let card = method(world, "testgate");
        let (_, url) = pay(world, &card, "");
        world.configure("Option Production");
        assert_eq!(press(world, &url, "pay", "1").status, 404);
        let query = format!("func=payment.add.pay&amount=50&paymethod={card}&sok=ok");
        assert!(world.call("client", &query).get("error").is_some());
    }

    /// A remembered card pays without its client; one that is refused is asked no more.
    fn remembered_cards(world: &World) {
        let card = method(world, "testgate");
        let (_, url) = pay(world, &card, "&store_payment=on");
        press(world, &url, "pay", "4111+1111+1111+1234");
        press(world, &url, "pay", "4111+1111+1111+1234");
        let cards = world.call("client", "func=payment.recurring.stored_methods");
        let stored = text(&cards, "/doc/elem/id");
        assert_eq!(dom::find(&cards, "/doc/elem/name"), ["**** 1234"]);
        let (id, url) = pay(world, &card, &format!("&stored_method={stored}"));
        assert_eq!(url, format!("/billmgr?func=payment.pending&elid={id}"));
        assert_eq!(status(world, &id), "1");
        billmgr::outbox::worker::run_due(&world.app).expect("the outbox works");
        assert_eq!(status(world, &id), "4");

        let doc = world.done("client", &format!("func=payment.stored_methods.add.finish&paymethod={card}&sok=ok"));
        let (refused, url) = (text(&doc, "/doc/id"), text(&doc, "/doc/ok"));
        press(world, &url, "pay", "declined");
        let (id, _) = pay(world, &card, &format!("&stored_method={refused}"));
        billmgr::outbox::worker::run_due(&world.app).expect("the outbox works");
        let landing = world.call("client", &format!("func=payment.fail&elid={id}"));
        assert_eq!(text(&landing, "/doc/status/@orig"), "canceled");
        let query = format!("func=payment.add.pay&amount=50&paymethod={card}&stored_method={refused}&sok=ok");
        assert!(world.call("client", &query).get("error").is_some(), "a refused card was asked again");
        assert!(!world.everything().contains("4111 1111 1111 1234"), "a token stands open in the database");
        sound(world);
    }

    /// A card pays what the balance lacks for a renewal, once, a day before; one that is not confirmed yet
    /// takes nothing over.
    fn renewals_are_paid_by_card(world: &World) {
        let (card, tariff) = (method(world, "testgate"), world.id("tariff_big"));
        let order = format!("pricelist={tariff}&period=1&domain=card.example.com&skipbasket=on");
        let item = text(&world.done("client", &format!("func=vds.order.param&{order}&sok=ok")), "/doc/id");
        let work = || billmgr::outbox::worker::run_due(&world.app).expect("the outbox works");
        let job = |name: &str| {
            let now_us = world.clock.now_us();
            billmgr::jobs::run_named(&world.app, name, now_us).expect("a job").done
        };
        work();
        let add = format!("func=payment.recurring.add&paymethod={card}&sok=ok");
        let url = text(&world.done("client", &add), "/doc/ok");
        press(world, &url, "pay", "4111+1111+1111+1234");
        world.done("client", &add);
        let left = balance(world);
        let spend = format!("func=expense.edit&subaccount={}&name=All&amount={left}&sok=ok", world.id("client_subaccount"));
        world.done("admin", &spend);
        world.clock.advance_us(28 * DAY_US);
        assert_eq!((job("autopay"), balance(world).as_str()), (0, "0.00"), "it is too early");
        world.clock.advance_us(2 * DAY_US - DAY_US / 2);
        assert_eq!((job("autopay"), job("autopay")), (1, 0), "a card is asked once");
        work();
        assert_eq!(balance(world), "31.00");
        world.clock.advance_us(DAY_US);
        assert_eq!((job("prolong"), job("prolong"), job("suspend")), (1, 0, 0));
        work();
        let service = world.call("client", &format!("func=vds.edit&elid={item}"));
        assert_eq!((text(&service, "/doc/status").as_str(), balance(world).as_str()), ("2", "0.00"));
        sound(world);
    }

    /// The program of a gateway reads and reports on payments of its own methods, as long as it runs, and
    /// does nothing else; it may look whose session it was shown.
    fn programs_report_by_mgrctl(world: &World) {
        let modules = world.dir().join("modules");
        std::fs::create_dir_all(&modules).expect("a directory");
        let tools = std::path::Path::new(env!("CARGO_BIN_EXE_mgrctl")).parent().expect("a directory").display();
        let program = |name: &str, script: &str| {
            let path = modules.join(name);
            std::fs::write(&path, format!("#!/bin/sh\nPATH={tools}:$PATH\n{script}\n")).expect("a program");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("rights are set");
        };
        let answers = "echo 'Content-Type: text/plain'; echo; elid=${QUERY_STRING#elid=}";
        program("ownresult", &format!("{answers}; mgrctl -m billmgr -o xml payment.info elid=$elid; mgrctl -m billmgr payment.setpaid elid=$elid externalid=E-1; mgrctl -m billmgr payment.setpaid elid=$elid externalid=E-1"));
        program("otherresult", &format!("{answers}; mgrctl -m billmgr payment.setpaid elid=$elid; mgrctl -m billmgr -o xml payment; mgrctl -m billmgr user; echo $BILLMGR_TOKEN > kept"));
        program("lateresult", &format!("{answers}; BILLMGR_TOKEN=$(cat kept) mgrctl -m billmgr payment.setpaid elid=$elid"));
        program("whoresult", &format!("{answers}; mgrctl -m billmgr -o xml whoami auth=$HTTP_COOKIE"));
        let tell = |name: &str, id: &str| {
            let session = world.sign_in("client");
            let reply = Request::get(format!("/mancgi/{name}?elid={id}")).header("Cookie", &session);
            reply.send(world.address).body
        };
        method(world, "pmother");
        let (id, _) = pay(world, &method(world, "pmown"), "");
        for foreign in ["otherresult", "lateresult"] {
            let said = tell(foreign, &id);
            assert!(said.contains("ERROR") && !said.contains("OK"), "{foreign}: {said}");
            assert!(said.matches("ERROR").count() + said.matches("<error").count() >= 1, "{said}");
        }
        assert_eq!(status(world, &id), "1");
        let said = tell("ownresult", &id);
        assert!(said.contains("<payment") && said.matches("OK").count() == 2, "{said}");
        assert_eq!((status(world, &id).as_str(), balance(world).as_str()), ("4", "126.00"));
        assert!(tell("whoresult", &id).contains("name=\"client\""));
        sound(world);
    }

    /// Programs get a CGI environment, and what they answer is passed on; nothing else of the folder is run.
    fn programs_of_gateways(world: &World) {
        let modules = world.dir().join("modules");
        std::fs::create_dir_all(&modules).expect("a directory");
        let program = |name: &str, script: &str| {
            let path = modules.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("rights are set");
        };
        program("demopayment", "echo \"Location: https://pay.example.com/?$QUERY_STRING\"; echo");
        program("demoresult", "echo 'Content-Type: text/plain'; echo; echo \"$REQUEST_METHOD $CONTENT_TYPE $CONTENT_LENGTH $HTTP_COOKIE $REMOTE_ADDR\"; cat; test -n \"$BILLMGR_SOCKET\" && echo; echo told");
        program("brokenresult", "echo nonsense");
        program("secret", "echo 'Content-Type: text/plain'; echo; echo no");
        let (id, url) = pay(world, &method(world, "pmdemo"), "");
        assert_eq!(url, format!("/mancgi/demopayment?elid={id}"));
        let reply = Request::get(url).send(world.address);
        assert_eq!((reply.status, reply.header("location")), (302, format!("https://pay.example.com/?elid={id}").as_str()));
        let reply = Request::post("/mancgi/demoresult", FORM, "a=1").header("Cookie", "x=y").send(world.address);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, format!("POST {FORM} 3 x=y 127.0.0.1\na=1\ntold\n"));
        for (path, expected) in
            [("brokenresult", 502), ("secret", 404), ("noneresult", 404), ("..%2fdemoresult", 404), ("", 404)]
        {
            let reply = Request::get(format!("/mancgi/{path}")).send(world.address);
            assert_eq!(reply.status, expected, "{path}");
        }
    }
}
