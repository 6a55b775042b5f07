//! Conversations over SMPP with a centre that is not ours, and with one that misbehaves.

mod client;
mod kept;
pub mod smsc;

use std::sync::atomic::Ordering;
use std::time::Duration;

use billmgr::effect::http::Trust;
use billmgr::telecom::sms::receipt::State;
use billmgr::telecom::sms::transport::smpp::pdu::{Pdu, command, status};
use billmgr::telecom::sms::transport::smpp::session::State as Bound;
use billmgr::telecom::sms::transport::smpp::{Address, Settings};
use billmgr::telecom::sms::transport::{Attempt, Outcome, Transport};
use smpp34::SmppError;

use crate::support::tls;
use client::{Client, accepted, attempt, settings};
use smsc::{Answer, Smsc, free_port, scripted, secured, until};

#[test]
fn a_short_message_is_handed_over() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    assert_eq!(client.send("Hello {€}"), accepted("id-1"));
    let seen = smsc.seen();
    let submit = &seen[0];
    assert_eq!(
        (submit.source_addr_ton, submit.source_addr_npi, submit.source_addr.as_str()),
        (5, 0, "MyBrand")
    );
    assert_eq!((submit.dest_addr_ton, submit.dest_addr_npi), (1, 1));
    assert_eq!(submit.destination_addr, "447575396991");
    assert_eq!((submit.data_coding, submit.esm_class, submit.registered_delivery), (0, 0, 1));
    assert_eq!(submit.short_message, b"Hello \x1B\x28\x1B\x65\x1B\x29");
    assert_eq!(client.smpp.send(&Attempt { sender: String::new(), ..attempt(8, "x") }), accepted("id-2"));
    assert_eq!(smsc.seen()[1].source_addr, "Default");
}

#[test]
fn another_alphabet_goes_as_utf_16() {
    let smsc = Smsc::new();
    assert_eq!(Client::to(smsc.port).send("Ж😀"), accepted("id-1"));
    let submit = &smsc.seen()[0];
    assert_eq!(submit.data_coding, 8);
    assert_eq!(submit.short_message, [0x04, 0x16, 0xD8, 0x3D, 0xDE, 0x00]);
}

#[test]
fn a_long_message_goes_in_parts() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    let text = "0123456789".repeat(40);
    assert_eq!(client.send(&text), accepted("id-1"));
    let seen = smsc.seen();
    assert_eq!(seen.len(), 3);
    let mut whole: Vec<u8> = Vec::new();
    for (number, submit) in (1_u8..).zip(&seen) {
        assert_eq!(submit.esm_class, 0x40);
        let (header, octets) = submit.short_message.split_at(6);
        assert_eq!(header, [5, 0, 3, 7, 3, number]);
        whole.extend(octets);
    }
    assert_eq!(whole, text.as_bytes());
    let ids = ["id-1", "id-2", "id-3"].map(str::to_owned).to_vec();
    assert_eq!(*client.desk.parts.lock().unwrap(), [("sms-7".to_owned(), ids)]);
}

#[test]
fn what_the_centre_refuses() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    for error in [SmppError::ESME_RTHROTTLED, SmppError::ESME_RMSGQFUL] {
        smsc.answer([Answer::Refuse(error)]);
        assert!(matches!(client.send("x"), Outcome::Throttled { .. }), "{error:?}");
    }
    smsc.answer([Answer::Refuse(SmppError::ESME_RINVDSTADR)]);
    let reason = "SMPP status 0xb: invalid destination address".to_owned();
    assert_eq!(client.send("x"), Outcome::Rejected { reason });
    assert_eq!(client.send("x"), accepted("id-1"));
}

#[test]
fn a_message_that_has_begun_to_leave_is_gone_on_with() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    let text = "x".repeat(200);
    smsc.answer([Answer::Accept("a"), Answer::Refuse(SmppError::ESME_RTHROTTLED), Answer::Accept("b")]);
    assert_eq!(client.send(&text), accepted("a"));
    assert_eq!(smsc.seen().len(), 3);
    smsc.answer([Answer::Accept("c"), Answer::Refuse(SmppError::ESME_RINVDSTADR)]);
    let Outcome::Rejected { reason } = client.send(&text) else { panic!("half of it was refused") };
    assert!(reason.starts_with("part 2 of 2: "), "{reason}");
    assert_eq!(client.desk.parts.lock().unwrap().len(), 1);
}

#[test]
fn many_at_once_within_the_window() {
    let smsc = Smsc::new();
    smsc.take_its_time(Duration::from_millis(20));
    let client = Client::to(smsc.port);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let send = |id: i64| match client.smpp.send(&attempt(id, "x")) {
            Outcome::Accepted { message_id } => message_id,
            other => panic!("{other:?}"),
        };
        let sends: Vec<_> = (1..=32).map(|id| scope.spawn(move || send(id))).collect();
        sends.into_iter().map(|send| send.join().expect("no panic")).collect()
    });
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (32, 32));
}

#[test]
fn nobody_listens() {
    let client = Client::to(free_port());
    assert!(matches!(client.send("x"), Outcome::NotSent { .. }));
    client.broken();
}

#[test]
fn a_refused_bind_is_tried_again() {
    let smsc = Smsc::new();
    smsc.refuse_binds(Some(SmppError::ESME_RINVPASWD));
    let client = Client::to(smsc.port);
    let reason = "bind refused: SMPP status 0xe: invalid password".to_owned();
    assert_eq!(client.send("x"), Outcome::NotSent { reason });
    smsc.refuse_binds(None);
    assert_eq!(client.send_at_last("x"), accepted("id-1"));
    assert_eq!(smsc.seen().len(), 1);
}

#[test]
fn a_connection_that_breaks_before_anything_left() {
    let port = scripted(|number, peer| {
        peer.bind();
        if number > 0 {
            peer.accept("second");
            peer.read();
        }
    });
    let client = Client::to(port);
    client.broken();
    assert_eq!(client.send_at_last("x"), accepted("second"));
}

#[test]
fn a_connection_that_breaks_before_the_answer() {
    let port = scripted(|number, peer| {
        peer.bind();
        match number {
            0 => assert_eq!(peer.read().map(|pdu| pdu.command), Some(command::SUBMIT_SM)),
            _ => {
                peer.accept("second");
                peer.read();
            }
        }
    });
    let client = Client::to(port);
    assert_eq!(client.send("x"), Outcome::Unknown { reason: "closed by the provider".into() });
    assert_eq!(client.send_at_last("y"), accepted("second"));
}

#[test]
fn an_answer_that_does_not_come() {
    let smsc = Smsc::new();
    let client = Client::new(Settings { timeout: Duration::from_millis(500), ..settings(smsc.port) });
    client.bound();
    smsc.answer([Answer::Silence]);
    assert_eq!(client.send("x"), Outcome::Unknown { reason: "no answer in time".into() });
}

#[test]
fn a_late_or_foreign_answer_is_nobody_elses() {
    let port = scripted(|_, peer| {
        peer.bind();
        let late = peer.read().expect("a submission");
        std::thread::sleep(Duration::from_millis(700));
        let mut answer = late.answer(0);
        answer.body = b"late\0".to_vec();
        peer.write(&answer.octets());
        let mut foreign = answer.clone();
        foreign.sequence = 99_999;
        peer.write(&foreign.octets());
        peer.accept("second");
        peer.read();
    });
    let client = Client::new(Settings { timeout: Duration::from_millis(400), ..settings(port) });
    client.bound();
    assert!(matches!(client.send("x"), Outcome::Unknown { .. }));
    assert_eq!(
        until("it is not taken", || Some(client.send("y")).filter(|came| *came == accepted("second"))),
        accepted("second")
    );
}

#[test]
fn receipts_are_taken() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    client.bound();
    assert_eq!(smsc.receipt("id:abc sub:001 dlvrd:001 stat:DELIVRD err:000 text:Hi"), status::OK);
    assert_eq!(smsc.deliver(4, "", Some("abc"), Some(5)), status::OK);
    assert_eq!(smsc.receipt("id:abc stat:ENROUTE"), status::OK);
    assert_eq!(smsc.receipt("no id"), status::OK);
    // A message, whatever it says.
    assert_eq!(smsc.deliver(0, "id:abc stat:DELIVRD", None, None), status::OK);
    let receipts = client.desk.receipts.lock().unwrap().clone();
    let told: Vec<_> = receipts.iter().map(|receipt| (receipt.message_id.as_str(), receipt.state)).collect();
    assert_eq!(told, [("abc", Some(State::Delivered)), ("abc", Some(State::Undelivered))]);
    client.desk.is_broken.store(true, Ordering::SeqCst);
    assert_eq!(smsc.receipt("id:abc stat:DELIVRD"), status::TEMPORARY);
}

#[test]
fn receipts_as_data_sm_are_taken() {
    let (over, is_over) = std::sync::mpsc::channel();
    let head = b"\0\x01\x01447575396991\0\x05\0MyBrand\0\x04\0\0";
    let bodies = [&b"\0\x1E\0\x04abc\0\x04\x27\0\x01\x02"[..], b"\x04\x24\0\x13id:def stat:EXPIRED", b"\x04"]
        .map(|parameters| [&head[..], parameters].concat());
    let port = scripted(move |_, peer| {
        peer.bind();
        for body in bodies.iter().chain([&vec![7; 3]]) {
            peer.write(&Pdu::request(command::DATA_SM, 5, body.clone()).octets());
            let _ = over.send(peer.read().expect("an answer"));
        }
        peer.read();
    });
    let client = Client::to(port);
    let answers: Vec<Pdu> = (0..4).map(|_| is_over.recv().expect("an answer")).collect();
    for (answer, expected) in answers.iter().zip([status::OK, status::OK, status::OK, status::PERMANENT]) {
        assert_eq!((answer.command, answer.status), (command::DATA_SM | command::RESPONSE, expected));
        assert_eq!((answer.sequence, answer.body.as_slice()), (5, &[0][..]));
    }
    let receipts = client.desk.receipts.lock().unwrap().clone();
    let told: Vec<_> = receipts.iter().map(|receipt| (receipt.message_id.as_str(), receipt.state)).collect();
    assert_eq!(told, [("abc", Some(State::Delivered)), ("def", Some(State::Expired))]);
}

#[test]
fn the_link_is_kept_alive_by_both_sides() {
    let smsc = Smsc::enquiring(Duration::from_millis(200));
    let client = Client::new(Settings { enquire: Duration::from_millis(100), ..settings(smsc.port) });
    client.bound();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(client.session.state(), Bound::Bound);
    }
    assert_eq!(client.send("x"), accepted("id-1"));
}

#[test]
fn a_silent_centre_is_left() {
    let (asked, asks) = std::sync::mpsc::channel();
    let port = scripted(move |_, peer| {
        peer.bind();
        while let Some(pdu) = peer.read() {
            let _ = asked.send(pdu.command);
        }
    });
    let (timeout, enquire) = (Duration::from_millis(300), Duration::from_millis(100));
    let client = Client::new(Settings { timeout, enquire, ..settings(port) });
    assert_eq!(client.broken(), "the provider is silent");
    assert_eq!(asks.recv().expect("it was asked"), command::ENQUIRE_LINK);
}

#[test]
fn what_is_no_unit_ends_the_session() {
    let port = scripted(|_, peer| {
        peer.bind();
        peer.write(&[0xFF; 64]);
        peer.read();
    });
    assert_eq!(Client::to(port).broken(), "a unit of 4294967295 octets");
}

#[test]
fn odd_units_do_not() {
    let (over, is_over) = std::sync::mpsc::channel();
    let port = scripted(move |_, peer| {
        // It asks before it answers the bind.
        let bind = peer.read().expect("a bind");
        peer.write(&Pdu::request(command::ENQUIRE_LINK, 1, Vec::new()).octets());
        let mut answer = bind.answer(0);
        answer.body = b"SMSC\0".to_vec();
        peer.write(&answer.octets());
        assert_eq!(peer.read().map(|pdu| pdu.command), Some(command::ENQUIRE_LINK | command::RESPONSE));
        peer.write(&Pdu::request(0x102, 2, vec![0; 9]).octets());
        assert_eq!(peer.read().map(|pdu| (pdu.command, pdu.status)), Some((command::GENERIC_NACK, 3)));
        peer.write(&Pdu::request(command::DELIVER_SM, 3, vec![7; 3]).octets());
        assert_eq!(peer.read().map(|pdu| pdu.status), Some(status::PERMANENT));
        let _ = over.send(());
        // An answer in two pieces, with an id beyond the letter of the standard.
        let submit = peer.read().expect("a submission");
        let mut answer = submit.answer(0);
        answer.body = [b"x".repeat(70), vec![0]].concat();
        let octets = answer.octets();
        peer.write(&octets[..20]);
        std::thread::sleep(Duration::from_millis(50));
        peer.write(&octets[20..]);
        let nacked = peer.read().expect("a submission");
        peer.write(&nacked.refusal(0).octets());
        peer.read();
    });
    let client = Client::to(port);
    is_over.recv().expect("odd units were sent");
    assert_eq!(client.send("x"), accepted("sms-7")); // ours, where theirs cannot be kept
    assert!(matches!(client.send("x"), Outcome::Rejected { .. }));
}

#[test]
fn a_stop_waits_for_answers_and_unbinds() {
    let (read, reads) = std::sync::mpsc::channel();
    let port = scripted(move |_, peer| {
        peer.bind();
        std::thread::sleep(Duration::from_millis(300));
        peer.accept("late");
        while let Some(pdu) = peer.read() {
            let _ = read.send(pdu.command);
            peer.write(&pdu.answer(0).octets());
        }
    });
    let client = Client::to(port);
    client.bound();
    std::thread::scope(|scope| {
        let send = scope.spawn(|| client.send("x"));
        std::thread::sleep(Duration::from_millis(100));
        client.session.stop();
        assert_eq!(send.join().expect("no panic"), accepted("late"));
    });
    assert_eq!(reads.recv().expect("it unbinds"), command::UNBIND);
    assert_eq!(client.session.state(), Bound::Stopped);
    assert!(matches!(client.send("y"), Outcome::NotSent { .. }));
}

#[test]
fn over_tls_only_the_one_that_is_believed() {
    let script = |_, peer: &mut smsc::Peer| {
        if let Some(bind) = peer.read() {
            peer.write(&bind.answer(0).octets());
            peer.accept("secure");
            peer.read();
        }
    };
    let (port, certificate) = secured(script);
    let address = Address { host: "localhost".into(), port, tls: true };
    let settings = || Settings { address: address.clone(), ..settings(port) };
    let trust = |certificate| Trust::of([certificate]).expect("an authority");
    let stranger = tls::certificate();
    let suspicious = Client::trusting(settings(), Some(trust(stranger.cert.der().clone())));
    assert!(matches!(suspicious.send("x"), Outcome::NotSent { .. }));
    drop(suspicious);
    let client = Client::trusting(settings(), Some(trust(certificate)));
    assert_eq!(client.send_at_last("x"), accepted("secure"));
}

#[test]
fn a_centre_that_has_one_name_for_all_parts() {
    let smsc = Smsc::new();
    let client = Client::to(smsc.port);
    smsc.answer(["same", "same"].map(Answer::Accept));
    assert_eq!(client.send(&"x".repeat(200)), accepted("same"));
    assert!(client.desk.parts.lock().unwrap().is_empty());
}
