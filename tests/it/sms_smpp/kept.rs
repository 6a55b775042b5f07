//! The sessions that the program keeps, and what becomes of its messages.

use billmgr::telecom::sms::receipt::State;
use billmgr::telecom::sms::transport::smpp::pdu::status;
use billmgr::telecom::sms::{receipt, transport, worker};
use smpp34::SmppError;

use super::smsc::{Answer, LOGIN, SECRET, Smsc, until};
use crate::sms_http::office::{Office, query};
use crate::support::{World, worlds};

/// A provider whose session is kept by the program.
fn over_smpp<'w>(world: &'w World, smsc: &Smsc) -> Office<'w> {
    let address = format!("127.0.0.1:{}", smsc.port);
    let office = Office::new(
        world,
        &[
            ("kind", "smpp"),
            ("address", &address),
            ("login", LOGIN),
            ("secret", SECRET),
            ("timeout_sec", "2"),
        ],
    );
    transport::follow(&world.app).expect("sessions are looked after");
    office
}

fn taken_up(world: &World) {
    worker::run_due(&world.app).expect("receipts are taken up");
}

worlds! {
    /// R111 What is refused or lost is charged, what never left is not.
    fn messages_over_smpp(world: &World) {
        let smsc = Smsc::new();
        let office = over_smpp(world, &smsc);
        let before = office.balance();
        assert_eq!(office.send("Hello"), ["SENT_TO_PROVIDER", "id-1", ""]);
        smsc.answer([Answer::Refuse(SmppError::ESME_RINVDSTADR), Answer::Refuse(SmppError::ESME_RTHROTTLED)]);
        assert_eq!(office.send("x")[0], "REJECTED");
        assert_eq!(before - office.balance(), 80_000);
        assert_eq!(office.send("x"), ["FAILED", "", "THROTTLED"]);
        assert_eq!(before - office.balance(), 80_000);
        smsc.answer([Answer::Silence]);
        assert_eq!(office.send("x"), ["UNKNOWN", "", "TIMEOUT"]);
        assert_eq!(before - office.balance(), 120_000);
        world.app.sms_transports.end();
    }

    /// Receipts of a message that went in parts: early, late, twice, and of what nobody knows.
    fn receipts_over_smpp(world: &World) {
        let smsc = Smsc::new();
        let office = over_smpp(world, &smsc);
        assert_eq!(smsc.receipt("id:early stat:DELIVRD err:000"), status::OK);
        smsc.answer([Answer::Accept("early")]);
        assert_eq!(office.send("x")[1], "early");
        taken_up(world);
        assert_eq!(office.status(), "DELIVERED");
        assert_eq!(smsc.receipt("id:early stat:UNDELIV err:001"), status::OK);
        assert_eq!(office.status(), "DELIVERED");
        let three = "0123456789".repeat(40);
        // The first and the last part are told of before anybody knows them.
        assert_eq!(smsc.receipt("id:c stat:DELIVRD"), status::OK);
        assert_eq!(smsc.receipt("id:a stat:DELIVRD"), status::OK);
        smsc.answer(["a", "b", "c"].map(Answer::Accept));
        assert_eq!(office.send(&three), ["SENT_TO_PROVIDER", "a", ""]);
        taken_up(world);
        assert_eq!(office.status(), "SENT_TO_PROVIDER");
        assert_eq!(smsc.deliver(4, "", Some("b"), Some(2)), status::OK);
        assert_eq!(office.status(), "DELIVERED");
        smsc.answer(["d", "e", "f"].map(Answer::Accept));
        office.send(&three);
        assert_eq!(smsc.receipt("id:d stat:DELIVRD"), status::OK);
        assert_eq!(smsc.receipt("id:e stat:EXPIRED err:044"), status::OK);
        assert_eq!(office.last(), ["UNDELIVERED", "d", "EXPIRED"]);
        for part in ["d", "e", "f"] {
            assert_eq!(smsc.receipt(&format!("id:{part} stat:DELIVRD")), status::OK);
        }
        assert_eq!(office.last(), ["UNDELIVERED", "d", "EXPIRED"]);
        assert_eq!(office.count("SELECT COUNT(*) FROM sms_receipt"), 0);
        world.app.sms_transports.end();
    }

    /// Receipts of all parts at once: the last one sees the others.
    fn parts_at_once(world: &World) {
        let smsc = Smsc::new();
        let office = over_smpp(world, &smsc);
        let provider: i64 = office.provider.parse().expect("a number");
        for round in 0..5 {
            let ids: [&'static str; 3] = ["a", "b", "c"].map(|part| &*format!("{part}{round}").leak());
            smsc.answer(ids.map(Answer::Accept));
            office.send(&"x".repeat(400));
            std::thread::scope(|scope| {
                for id in ids {
                    let told = move || {
                        receipt::report(&world.app, provider, id, State::Delivered, "", world.clock.now_us())
                    };
                    scope.spawn(move || assert!(told().expect("it is written down"), "{id}"));
                }
            });
            assert_eq!(office.status(), "DELIVERED");
        }
        world.app.sms_transports.end();
    }

    /// What telephones send there is nobody's: it is taken and counted, and its words are kept nowhere.
    fn messages_that_come_in(world: &World) {
        let smsc = Smsc::new();
        let office = over_smpp(world, &smsc);
        for _ in 0..3 {
            assert_eq!(smsc.deliver(0, "a word of somebody", None, None), status::OK);
        }
        assert_eq!(office.count("SELECT incoming FROM sms_provider WHERE incoming_at > 0"), 3);
        let list = world.done("admin", "func=sms.provider");
        assert_eq!(crate::support::dom::find(&list, "/doc/elem/incoming"), ["3"]);
        let list = world.done("client", "func=sms.provider");
        assert_eq!(crate::support::dom::find(&list, "/doc/elem/incoming"), Vec::<String>::new());
        assert!(!world.everything().contains("a word of somebody"));
        world.app.sms_transports.end();
    }

    /// The session follows its provider: other settings, off, and on again.
    fn a_session_follows_its_provider(world: &World) {
        let (smsc, other) = (Smsc::new(), Smsc::new());
        let office = over_smpp(world, &smsc);
        until("it is not bound", || (smsc.sessions() == 1).then_some(()));
        let look = || transport::follow(&world.app).expect("sessions are looked after");
        office.change(&[("address", &format!("smpp://127.0.0.1:{}", other.port))]);
        look();
        until("it has not moved", || (smsc.sessions() == 0 && other.sessions() == 1).then_some(()));
        world.done("admin", &format!("func=sms.provider.suspend&elid={}", office.provider));
        look();
        until("it is still bound", || (other.sessions() == 0).then_some(()));
        world.done("admin", &format!("func=sms.provider.resume&elid={}", office.provider));
        look();
        until("it is not bound", || (other.sessions() == 1).then_some(()));
        assert_eq!(office.send("x")[0], "SENT_TO_PROVIDER");
        world.app.sms_transports.end();
        until("it is still bound", || (other.sessions() == 0).then_some(()));
    }

    fn what_an_smpp_provider_needs(world: &World) {
        let smsc = Smsc::new();
        let office = over_smpp(world, &smsc);
        for (field, value) in [("address", ""), ("address", "a/b"), ("login", ""), ("login", "é")] {
            let given = [("func", "sms.provider.edit"), ("elid", &office.provider), ("sok", "ok"), (field, value)];
            let doc = world.call("admin", &query(&given));
            let error = doc.get("error").unwrap_or_else(|| panic!("{field}={value} is taken"));
            assert_eq!((error.get_attr("type"), error.get_attr("object")), (Some("value"), Some(field)), "{value}");
        }
        world.app.sms_transports.end();
    }
}
