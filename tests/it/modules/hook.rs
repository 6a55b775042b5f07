//! A module that is an address.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use billmgr::effect::webhook::verify_signature;
use serde_json::Value;

use super::shop::Shop;
use crate::support::worlds;

/// One request: its idempotency key, signature and body.
type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// Answers each request with the next of these.
fn server(answers: Vec<(u16, &'static str)>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (address, seen) = (listener.local_addr().expect("a port"), Seen::default());
    let noted = seen.clone();
    std::thread::spawn(move || {
        for (status, answer) in answers {
            let (stream, _) = listener.accept().expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let (mut key, mut signature, mut length) = (String::new(), String::new(), 0);
            for line in reader.by_ref().lines() {
                let line = line.expect("a head");
                let Some((name, value)) = line.split_once(": ") else {
                    if line.is_empty() { break } else { continue }
                };
                match name.to_ascii_lowercase().as_str() {
                    "idempotency-key" => key = value.to_owned(),
                    "x-billmgr-signature" => signature = value.to_owned(),
                    "content-length" => length = value.parse().expect("a length"),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            noted.lock().expect("the list").push((key, signature, String::from_utf8(body).expect("UTF-8")));
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", answer.len());
            let mut stream = stream;
            let _ = stream.write_all(format!("{head}{answer}").as_bytes());
        }
    });
    (address, seen)
}

const DONE: &str =
    r#"{"status":"done","ip":"192.0.2.20","params":{"username":"u","password":"hook-secret"}}"#;

worlds! {
    /// Failures are tried again with the same key; what goes on is asked for; what is done is kept.
    fn a_webhook_serves(world: &World) {
        let answers = vec![
            (200, "{}"),
            (500, DONE),
            (200, "rubbish"),
            (302, DONE),
            (200, r#"{"status":"waiting"}"#),
            (200, r#"{"status":"waiting"}"#),
            (200, DONE),
        ];
        let (address, seen) = server(answers);
        let shop = Shop::new(world, &format!("module=webhook&url=http://{address}/hook&password=shared-secret"));
        world.done("admin", &format!("func=processing.check&elid={}", shop.module));
        let item = shop.order("a.example.com");
        for pause in [11, 41, 161] {
            shop.work();
            assert_eq!(shop.operation(&item).0, "ready", "{:?}", shop.operation(&item));
            assert_eq!(shop.status(&item), "5_open");
            shop.later(pause);
        }
        for _ in 0..2 {
            assert_eq!(shop.work(), 1);
            assert_eq!(shop.operation(&item).0, "running");
            assert_eq!(shop.work(), 0, "it is asked again after a while");
            shop.later(31);
        }
        shop.work();
        assert_eq!(shop.operation(&item), ("done".into(), 4, String::new()));
        assert_eq!((shop.status(&item).as_str(), shop.text(&item, "ip").as_str()), ("2", "192.0.2.20"));
        assert!(!world.everything().contains("hook-secret"), "it is sealed");
        assert_eq!(shop.charges(&item), 1);
        shop.check();
        judge(&seen.lock().expect("the list"), &item, world.clock.now_us() / 1_000_000);
    }

    /// Nobody there, no certificate for it, no secret to sign with.
    fn a_webhook_cannot_be_reached(world: &World) {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = silent.local_addr().expect("a port").port();
        world.configure("ModuleTimeout 1");
        for (module, error) in [
            (format!("url=http://127.0.0.1:{port}/&password=secret1"), "timeout(webhook)"),
            (format!("url=https://127.0.0.1:{port}/&password=secret1"), "(webhook)"),
            ("url=http://127.0.0.1:1/&password=secret1".to_owned(), "system(webhook)"),
            (format!("url=http://127.0.0.1:{port}/"), "missed(password)"),
        ] {
            let shop = Shop::new(world, &format!("module=webhook&{module}"));
            let item = shop.order("a.example.com");
            shop.work();
            let (state, _, said) = shop.operation(&item);
            assert!(state == "ready" && said.contains(error), "{module}: {state} {said}");
            assert_eq!(shop.status(&item), "5_open");
            let check = world.call("admin", &format!("func=processing.check&elid={}", shop.module));
            assert!(check.get("error").is_some(), "{module}");
            shop.check();
        }
    }
}

fn judge(seen: &[(String, String, String)], item: &str, now_s: i64) {
    assert_eq!(seen.len(), 7);
    let operations: Vec<String> = seen
        .iter()
        .map(|(_, _, body)| {
            let body: Value = serde_json::from_str(body).expect("JSON");
            body["operation"].as_str().expect("a word").to_owned()
        })
        .collect();
    assert_eq!(operations, ["check", "open", "open", "open", "open", "state", "state"]);
    let keys: Vec<&str> = seen.iter().map(|(key, ..)| key.as_str()).collect();
    assert!(keys[1..5].iter().all(|key| *key == format!("open:item:{item}:1")), "{keys:?}");
    assert!(keys[5] != keys[6] && keys[5] != keys[1], "{keys:?}");
    for (_, signature, body) in seen {
        assert!(verify_signature("shared-secret", signature, body, now_s, 3600), "{signature}");
        assert!(!verify_signature("another", signature, body, now_s, 3600));
    }
    let body: Value = serde_json::from_str(&seen[1].2).expect("JSON");
    assert_eq!(body["item"]["name"], "a.example.com");
    assert_eq!(body["item"]["itemtype"], "vds");
}
