//! Messages over HTTP: what gateways are sent, what their answers come to, and their receipts.

pub mod office;
mod unwritten;

use billmgr::telecom::sms::worker;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::support::{Request, World, worlds};
use office::{Deed, Office, gateway};

const FORM: &str = "application/x-www-form-urlencoded";
const SECRET: &str = "receipts-secret-0001";
const BODY: &str = r#"{"to":"%number%","text":"%text%","ref":"%id%"}"#;
const OK: Deed = Deed::Answer(200, r#"{"status":"ok","id":"A-1"}"#);

fn over_json(url: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("kind", "http"),
        ("url", url),
        ("content", "json"),
        ("headers", "Authorization: Bearer %secret%"),
        ("secret", "s3cret-of-gateway"),
        ("body", BODY),
        ("success", r#""status":"ok""#),
        ("message_id", r#""id":"([^"]+)""#),
        ("timeout_sec", "2"),
        ("hook_secret", SECRET),
    ]
}

fn status(world: &World, request: Request) -> u16 {
    request.send(world.address).status
}

/// A receipt with the secret in its path.
fn told(world: &World, id: &str, word: &str) -> u16 {
    status(world, Request::get(format!("/hook/sms/way/{SECRET}?id={id}&status={word}")))
}

fn signed(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

worlds! {
    /// What a client writes arrives as he wrote it, and as nothing else.
    fn a_gateway_is_sent_the_message(world: &World) {
        let (address, seen) = gateway(vec![OK, Deed::Answer(200, "1")]);
        let url = format!("http://{address}/send?from=%from%");
        let office = Office::new(world, &over_json(&url));
        let text = "\"},{\"to\":\"+1\" & 100% %secret%\n€";
        assert_eq!(office.send(text), ["SENT_TO_PROVIDER", "A-1", ""]);
        office.change(&[("url", &format!("http://{address}/?n=%digits%&t=%text%")), ("method", "GET"),
            ("body", ""), ("success", ""), ("message_id", ""), ("headers", "")]);
        assert_eq!(office.send(text)[0], "SENT_TO_PROVIDER");
        let seen = seen.lock().expect("the list");
        let (first, headers, body) = &seen[0];
        assert_eq!(first, "POST /send?from= HTTP/1.1");
        assert!(headers.contains(&"authorization: bearer s3cret-of-gateway".to_owned()), "{headers:?}");
        let json: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((json["to"].as_str(), json["text"].as_str()), (Some(office::PHONE), Some(text)));
        assert!(json["ref"].as_str().is_some_and(|reference| reference.starts_with("sms-")));
        let (first, _, body) = &seen[1];
        let query = first.strip_prefix("GET /?").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
        let pairs: Vec<_> = form_urlencoded::parse(query.expect("a query").as_bytes()).collect();
        assert_eq!((pairs.len(), pairs[0].1.as_ref(), pairs[1].1.as_ref()), (2, "447575396991", text));
        assert_eq!(body, "");
    }

    /// R111 Charged is what was handed over, once, whatever came of it.
    fn what_gateways_do(world: &World) {
        let rows = [
            (OK, "SENT_TO_PROVIDER", "", true),
            (Deed::Answer(200, "no JSON at all"), "REJECTED", "REJECTED", true),
            (Deed::Answer(400, r#"{"status":"bad"}"#), "REJECTED", "REJECTED", true),
            (Deed::Answer(429, ""), "FAILED", "THROTTLED", false),
            (Deed::Answer(503, ""), "FAILED", "THROTTLED", false),
            (Deed::Answer(504, ""), "UNKNOWN", "TIMEOUT", true),
            (Deed::Swallow, "UNKNOWN", "TIMEOUT", true),
            (Deed::Slam, "UNKNOWN", "TIMEOUT", true),
            (Deed::Sleep, "UNKNOWN", "TIMEOUT", true),
            (Deed::Twice(r#"{"status":"ok","id":"B-1"}"#, r#"{"status":"ok","id":"B-2"}"#), "SENT_TO_PROVIDER", "", true),
        ];
        let (address, seen) = gateway(rows.iter().map(|(deed, ..)| *deed).collect());
        let url = format!("http://{address}/");
        let office = Office::new(world, &over_json(&url));
        for (at, (_, status, reason, is_charged)) in rows.iter().enumerate() {
            let before = office.balance();
            let [came, id, why] = office.send("x");
            assert_eq!((came.as_str(), why.as_str()), (*status, *reason), "{at}");
            assert_eq!(before - office.balance(), if *is_charged { 40_000 } else { 0 }, "{at}");
            assert_ne!(id, "B-2");
        }
        assert_eq!(seen.lock().expect("the list").len(), rows.len() - 1, "one request a message");
        // Nobody listens there any more.
        let before = office.balance();
        assert_eq!(office.send("x")[0], "FAILED");
        assert_eq!(office.balance(), before);
    }

    /// What is wrong with a provider is said where it is saved.
    fn a_provider_is_checked(world: &World) {
        let office = Office::new(world, &over_json("http://127.0.0.1:9/"));
        for (field, value) in [
            ("url", "gopher://x"),
            ("url", "http://x/%nubmer%"),
            ("url", "http://%secret%.x/"),
            ("body", "{"),
            ("body", r#"{"to":%number%,"text":"%text%"}"#),
            ("body", r#"{"text":"%text%"}"#),
            ("headers", "Host: x"),
            ("headers", "X-Text: %text%"),
            ("success", "("),
            ("message_id", "no group"),
            ("throttled", "a{1000}{1000}"),
            ("hook_secret", "short"),
            ("hook_id", "a b"),
            ("hook_undelivered", "done,done2"),
        ] {
            let given = [("func", "sms.provider.edit"), ("elid", &office.provider), ("sok", "ok"),
                ("hook_delivered", "DONE"), (field, value)];
            let doc = world.call("admin", &office::query(&given));
            let error = doc.get("error").unwrap_or_else(|| panic!("{field}={value} is taken"));
            assert_eq!((error.get_attr("type"), error.get_attr("object")), (Some("value"), Some(field)), "{value}");
        }
        for secret in ["s3cret-of-gateway", SECRET] {
            let form = world.done("admin", &format!("func=sms.provider.edit&elid={}", office.provider));
            assert!(!format!("{form:?}").contains(secret));
            assert!(!world.everything().contains(secret), "it is sealed");
        }
    }

    /// Receipts arrive early, late, twice and of what nobody knows; the first word that is final counts.
    fn receipts_over_http(world: &World) {
        let ids = ["A-1", "A-2", "A-3"].map(|id| format!(r#"{{"status":"ok","id":"{id}"}}"#));
        let answers = ids.map(|text| Deed::Answer(200, text.leak())).to_vec();
        let (address, _) = gateway(answers);
        let office = Office::new(world, &over_json(&format!("http://{address}/")));
        office.send("x");
        assert_eq!((told(world, "A-1", "ENROUTE"), office.status().as_str()), (200, "SENT_TO_PROVIDER"));
        assert_eq!((told(world, "A-1", "delivrd"), office.status().as_str()), (200, "DELIVERED"));
        assert_eq!((told(world, "A-1", "UNDELIV"), office.status().as_str()), (200, "DELIVERED"));
        assert_eq!(told(world, "nobody", "DELIVRD"), 200);
        // Before the message is known by that name.
        assert_eq!(told(world, "A-2", "EXPIRED"), 200);
        office.send("x");
        worker::run_due(&world.app).expect("receipts are taken up");
        assert_eq!(office.last(), ["UNDELIVERED", "A-2", "EXPIRED"]);
        // By the provider's own words and names, several in one call.
        office.change(&[("hook_id", "results.id"), ("hook_status", "results.state.code"), ("hook_undelivered", "5, 6")]);
        office.send("x");
        let json = r#"{"results":[{"id":"A-1","state":{"code":5}},{"id":"A-3","state":{"code":6}}]}"#;
        let target = format!("/hook/sms/way/{SECRET}");
        assert_eq!(status(world, Request::post(&target, "application/json", json)), 200);
        assert_eq!(office.status(), "UNDELIVERED");
        assert_eq!(office.count("SELECT COUNT(*) FROM sms_message WHERE status = 'DELIVERED'"), 1);
        assert_eq!(status(world, Request::post(&target, "application/json", "{")), 200);
        assert_eq!(status(world, Request::post(&target, "application/json", vec![b' '; 300_000])), 413);
    }

    /// Receipts of many calls at once: none is lost, not by its neighbours either.
    fn receipts_at_once(world: &World) {
        let answers: Vec<String> = (0..12).map(|nth| format!(r#"{{"status":"ok","id":"B-{nth}"}}"#)).collect();
        let (address, _) = gateway(answers.into_iter().map(|text| Deed::Answer(200, text.leak())).collect());
        let office = Office::new(world, &over_json(&format!("http://{address}/")));
        (0..12).for_each(|_| drop(office.send("x")));
        let target = format!("/hook/sms/way/{SECRET}");
        std::thread::scope(|scope| {
            for nth in 0..12 {
                let target = &target;
                scope.spawn(move || {
                    // The first word of a message counts; the others are of what nobody knows.
                    let of = |name: String, word: &str| format!(r#"{{"id":"{name}","status":"{word}"}}"#);
                    let told = [of(format!("B-{nth}"), "DELIVRD"), of(format!("B-{nth}"), "UNDELIV")];
                    let told = told.into_iter().chain((0..198).map(|at| of(format!("no-{nth}-{at}"), "EXPIRED")));
                    let body = format!("[{}]", told.collect::<Vec<_>>().join(","));
                    assert_eq!(status(world, Request::post(target, "application/json", body)), 200);
                });
            }
        });
        assert_eq!(office.count("SELECT COUNT(*) FROM sms_message WHERE status = 'DELIVERED'"), 12);
        assert_eq!(office.count("SELECT COUNT(*) FROM sms_receipt"), 12 * 198);
    }

    /// Who proves nothing learns nothing and changes nothing.
    fn receipts_of_others(world: &World) {
        let (address, _) = gateway(vec![OK]);
        let office = Office::new(world, &over_json(&format!("http://{address}/")));
        office.send("x");
        let of = |target: &str| status(world, Request::get(format!("/hook/sms/{target}?id=A-1&status=DELIVRD")));
        for target in ["", "way", "way/", "way/wrong", &format!("other/{SECRET}"), &format!("way/{SECRET}/x")] {
            assert_eq!(of(target), 404, "{target}");
        }
        // Signed calls need a signature, and the secret in the path is none.
        office.change(&[("hook_header", "X-Signature")]);
        assert_eq!(of(&format!("way/{SECRET}")), 404);
        let body = "id=A-1&status=DELIVRD";
        let post = |signature: &str| {
            status(world, Request::post("/hook/sms/way", FORM, body).header("X-Signature", signature))
        };
        for wrong in ["", "sha256=", &signed("id=A-1&status=UNDELIV"), &signed(body)[2..]] {
            assert_eq!(post(wrong), 404, "{wrong}");
        }
        assert_eq!(office.status(), "SENT_TO_PROVIDER");
        assert_eq!((post(&format!("sha256={}", signed(body))), office.status().as_str()), (200, "DELIVERED"));
        // A provider without a secret takes no receipts; one that sends nothing any more does.
        world.done("admin", &format!("func=sms.provider.suspend&elid={}", office.provider));
        assert_eq!(post(&signed(body)), 200);
        let put = Request::get("/hook/sms/way");
        assert_eq!(status(world, put), 404);
    }
}
