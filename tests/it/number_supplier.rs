//! How messages for numbers come in: signed reports, and SMPP.

mod centre;
pub mod shop;

use billmgr::jobs;
use billmgr::number::smpp;
use billmgr::telecom::sms::transport::smpp::pdu::status;
use billmgr::telecom::sms::transport::smpp::session::State;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sms_smpp::smsc::{LOGIN, SECRET as PASSWORD, until};
use crate::support::{Request, World, worlds};
use centre::Centre;
use shop::Shop;

const SECRET: &str = "reports-secret-0001";

fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn told_as(world: &World, secret: &str, body: &str) -> u16 {
    let request = Request::post("/hook/number/own", "application/json", body.to_owned());
    request.header("X-Signature", signed(secret, body)).send(world.address).status
}

fn told(world: &World, body: &str) -> u16 {
    told_as(world, SECRET, body)
}

worlds! {
    /// R208 A report makes the order RECEIVED; what is told twice counts once.
    fn reports(world: &World) {
        let shop = Shop::of_supplier(world, &[("kind", "webhook"), ("secret", SECRET)]);
        let (order, phone) = shop.buy("telegram");
        let first = format!(r#"{{"phone":"{phone}","sender":"Telegram","text":"Telegram code: 48213","date":"2026-06-15T11:59:58Z","id":"m-1"}}"#);
        for _ in 0..3 {
            assert_eq!(told(world, &first), 200);
        }
        assert_eq!((shop.status(order), shop.messages(order)), ("RECEIVED".into(), vec!["48213".to_owned()]));
        // Later ones may come before earlier ones, several at once, and without a name.
        let late = |nth: i64, code: &str| format!(r#"{{"phone":"{}","sender":"Telegram","text":"code {code}","date":"2026-06-15T11:00:0{nth}+00:00"}}"#, phone.trim_start_matches('+'));
        let both = format!("[{},{}]", late(2, "22222"), late(1, "11111"));
        assert_eq!((told(world, &both), told(world, &both)), (200, 200));
        assert_eq!(shop.messages(order), ["48213", "22222", "11111"]);
        // Nobody waits for a message to a number that is free.
        let free = first.replace(&phone, "+79990000000").replace("m-1", "m-2");
        assert_eq!(told(world, &free), 200);
        assert_eq!(shop.messages(order).len(), 3);
    }

    fn forged_and_broken_reports(world: &World) {
        let shop = Shop::of_supplier(world, &[("kind", "webhook"), ("secret", SECRET)]);
        let (order, phone) = shop.buy("telegram");
        let body = format!(r#"{{"phone":"{phone}","sender":"x","text":"code 12345","id":7}}"#);
        assert_eq!(told_as(world, "another-secret-00", &body), 404);
        let status = |request: Request| request.send(world.address).status;
        let post = |path: &str, body: &str| Request::post(path, "application/json", body.to_owned());
        assert_eq!(status(post("/hook/number/own", &body)), 404);
        assert_eq!(status(post("/hook/number/own", &body).header("X-Signature", "zz")), 404);
        assert_eq!(status(post("/hook/number/none", &body).header("X-Signature", signed(SECRET, &body))), 404);
        assert_eq!(status(Request::get("/hook/number/own")), 405);
        // The signature of another body.
        assert_eq!(status(post("/hook/number/own", &body).header("X-Signature", signed(SECRET, "{}"))), 404);
        for broken in ["", "{", "[]x", "7", "{}", r#"{"phone":"+7","text":"x"}"#, r#"{"phone":"abc","text":"x"}"#,
            r#"{"phone":7,"text":"x"}"#, r#"{"phone":"+79990000000","text":"x","date":"yesterday"}"#,
            r#"{"phone":"+79990000000","text":"x","id":{}}"#, r#"{"phone":"+79990000000","text":"x","id":"a\nb"}"#]
        {
            assert_eq!(told(world, broken), 400, "{broken}");
        }
        // One that is wrong leaves the others undone, so that all of it can be sent again.
        assert_eq!(told(world, &format!("[{body},{{}}]")), 400);
        assert_eq!(shop.status(order), "PENDING");
        assert_eq!(told(world, "[]"), 200);
        // A supplier tells of his own numbers only, and of none while he is switched off.
        shop.call("number.supplier.edit", &[("code", "other"), ("name", "Other"), ("kind", "webhook"), ("secret", SECRET)]);
        assert_eq!(status(post("/hook/number/other", &body).header("X-Signature", signed(SECRET, &body))), 200);
        assert_eq!(shop.status(order), "PENDING");
        shop.call("number.supplier.suspend", &[("elid", &shop.supplier)]);
        assert_eq!(told(world, &body), 404);
        shop.call("number.supplier.resume", &[("elid", &shop.supplier)]);
        assert_eq!(told(world, &body), 200);
        assert_eq!(shop.status(order), "RECEIVED");
    }

    fn messages_over_smpp(world: &World) {
        let centre = Centre::new();
        let address = format!("127.0.0.1:{}", centre.port);
        let settings = [("kind", "smpp"), ("url", &address), ("login", LOGIN), ("secret", PASSWORD)];
        let shop = Shop::of_supplier(world, &settings);
        smpp::follow(&world.app).expect("sessions are looked after");
        let (order, phone) = shop.buy("telegram");
        let digits = phone.trim_start_matches('+');
        assert_eq!(centre.message(digits, 0, 0, b"Telegram code: 48213"), status::OK);
        assert_eq!((shop.status(order), shop.messages(order)), ("RECEIVED".into(), vec!["48213".to_owned()]));
        // Two parts, the last one first, each of them twice.
        let parts: [&[u8]; 2] = [&[5, 0, 3, 9, 2, 1, 0x04, 0x1A, 0x04, 0x3E], &[5, 0, 3, 9, 2, 2, 0x04, 0x34, 0, b' ', 0, b'7', 0, b'0', 0, b'9', 0, b'5', 0, b'1']];
        for part in [parts[1], parts[1], parts[0], parts[0], parts[1]] {
            assert_eq!(centre.message(digits, 0x40, 8, part), status::OK);
        }
        assert_eq!(shop.messages(order), ["48213", "70951"]);
        assert_eq!(shop.texts(order)[1], "Код 70951");
        // What is missing for long is given up.
        assert_eq!(centre.message(digits, 0x40, 0, b"\x05\x00\x03\x0A\x03\x01code 55555 and "), status::OK);
        assert_eq!(shop.messages(order).len(), 2);
        let late_us = world.clock.now_us() + 30_000_000;
        assert_eq!(jobs::run_named(&world.app, "number-parts", late_us).expect("a run").done, 1);
        assert_eq!(shop.messages(order), ["48213", "70951", "55555"]);
        // A receipt is of nothing; a message to nobody is taken and forgotten.
        assert_eq!(centre.message(digits, 4, 0, b"id:1 stat:DELIVRD err:000"), status::OK);
        assert_eq!(shop.messages(order).len(), 3);
        assert_eq!(centre.message("79990000000", 0, 0, b"code 1"), status::OK);
        // Whoever is switched off is not bound any more.
        centre.leave();
        shop.call("number.supplier.suspend", &[("elid", &shop.supplier)]);
        smpp::follow(&world.app).expect("sessions are looked after");
        let id = shop.supplier.parse().expect("an id");
        assert_eq!(world.app.number_links.state(id), None);
        shop.call("number.supplier.resume", &[("elid", &shop.supplier)]);
        shop.call("number.supplier.edit", &[("elid", &shop.supplier), ("secret", "wrong")]);
        smpp::follow(&world.app).expect("sessions are looked after");
        until("bound with a wrong password", || match world.app.number_links.state(id) {
            Some(State::Down(reason)) if reason.contains("invalid password") => Some(()),
            _ => None,
        });
        world.app.number_links.end();
    }
}
