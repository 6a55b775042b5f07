use super::*;

fn submit() -> Submit<'static> {
    Submit {
        sender: "MyBrand",
        phone: "+447575396991",
        is_unicode: false,
        octets: b"hi".to_vec(),
        part: None,
    }
}

#[test]
fn a_submission_as_the_standard_has_it() {
    let pdu = Pdu::request(command::SUBMIT_SM, 0x0102_0304, submit().body());
    let expected = [
        &[0, 0, 0, 54, 0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4][..],
        b"\0\x05\0MyBrand\0\x01\x01447575396991\0",
        &[0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
        b"hi",
    ];
    assert_eq!(pdu.octets(), expected.concat());
}

#[test]
fn a_part_says_which_it_is() {
    let body = Submit { part: Some([7, 3, 2]), is_unicode: true, octets: vec![4, 0x16], ..submit() }.body();
    assert!(body.ends_with(&[0x40, 0, 0, 0, 0, 1, 0, 8, 0, 8, 5, 0, 3, 7, 3, 2, 4, 0x16]));
}

#[test]
fn kinds_of_senders() {
    for (sender, kind, written) in [
        ("", [0, 0], ""),
        ("+447575396991", [1, 1], "447575396991"),
        ("447575396991", [1, 1], "447575396991"),
        ("12345", [3, 0], "12345"),
        ("MyBrand", [5, 0], "MyBrand"),
        ("+brand", [5, 0], "+brand"),
    ] {
        assert_eq!(source(sender), (kind, written), "{sender}");
    }
}

#[test]
fn no_text_ends_another() {
    let body = bind("me\0you", &"x".repeat(100), "type");
    let texts: Vec<&[u8]> = body.split(|octet| *octet == 0).take(3).collect();
    assert_eq!(texts, [&b"meyou"[..], "x".repeat(64).as_bytes(), b"type"]);
}

#[test]
fn units_are_taken_one_after_the_other() {
    let first = Pdu::request(command::ENQUIRE_LINK, 1, Vec::new());
    let second = Pdu { command: 0x8000_0004, status: 0, sequence: 2, body: b"id-1\0rest".to_vec() };
    let all = [first.octets(), second.octets()].concat();
    for cut in 0..all.len() {
        let mut arrived = all[..cut].to_vec();
        let mut taken = Vec::new();
        while let Some(pdu) = Pdu::take(&mut arrived).unwrap() {
            taken.push(pdu);
        }
        arrived.extend(&all[cut..]);
        while let Some(pdu) = Pdu::take(&mut arrived).unwrap() {
            taken.push(pdu);
        }
        assert_eq!(taken, [first.clone(), second.clone()], "{cut}");
        assert!(arrived.is_empty());
    }
    assert_eq!(second.message_id(), "id-1");
    assert_eq!(first.message_id(), "");
}

#[test]
fn lengths_that_none_can_have() {
    for length in [0_u32, 15, PDU_MAX_BYTES as u32 + 1, u32::MAX] {
        let mut arrived = [length.to_be_bytes().to_vec(), vec![0; 12]].concat();
        assert_eq!(Pdu::take(&mut arrived), Err(length));
    }
}

fn delivery(parameters: &[u8]) -> Pdu {
    let head = b"\0\x01\x01447575396991\0\x05\0MyBrand\0\x04\0\0\0\0\0\0\0\0\x05id:42";
    Pdu::request(command::DELIVER_SM, 1, [&head[..], parameters].concat())
}

/// The same as data_sm: its text is a parameter.
fn data(parameters: &[u8]) -> Pdu {
    let head = b"\0\x01\x01447575396991\0\x05\0MyBrand\0\x04\0\0\x04\x24\0\x05id:42";
    Pdu::request(command::DATA_SM, 1, [&head[..], parameters].concat())
}

#[test]
fn a_receipt_is_read() {
    for with in [delivery, data] {
        let read = Delivery::read(&with(b"\0\x1E\0\x032a\0\x04\x27\0\x01\x02\x14\x01\0\0")).unwrap();
        assert_eq!(read.text, "id:42");
        assert_eq!((read.source.as_str(), read.destination.as_str()), ("447575396991", "MyBrand"));
        assert_eq!((read.receipted_message_id.as_deref(), read.message_state), (Some("2a"), Some(2)));
        assert!(read.is_receipt());
        let payload = Delivery::read(&with(b"\x04\x24\0\x04id:7")).unwrap();
        assert_eq!(payload.text, "id:7");
        let unended = Delivery::read(&with(b"\0\x1E\0\x022a")).unwrap();
        assert_eq!(unended.receipted_message_id.as_deref(), Some("2a"));
    }
}

#[test]
fn nothing_that_arrives_is_too_odd_to_be_read() {
    for whole in [delivery, data].map(|with| with(b"\0\x1E\0\x032a\0\x04\x27\0\x01\x02")) {
        for cut in 0..whole.body.len() {
            let _ = Delivery::read(&Pdu { body: whole.body[..cut].to_vec(), ..whole.clone() });
            let mut odd = whole.clone();
            odd.body[cut] ^= 0xFF;
            let _ = Delivery::read(&odd);
        }
    }
}
