use super::*;

const SEC: i64 = SECOND_US;

fn event(name: &str, uniqueid: &str, more: &[(&str, &str)]) -> Message {
    let common = [("Event", name), ("Uniqueid", uniqueid), ("Linkedid", "1.1"), ("Channel", "PJSIP/a-1")];
    Message::of(&[&common[..], more].concat())
}

fn row(granted_sec: i64) -> Row {
    Row { uniqueid: "1.1".into(), granted_sec, started_us: 0, open: true }
}

fn limit(sec: i64) -> Vec<Deed> {
    vec![Deed::Limit { channel: "PJSIP/a-1".into(), sec }]
}

fn cut() -> Vec<Deed> {
    vec![Deed::Cut { channel: "PJSIP/a-1".into() }]
}

fn extend(talked_sec: i64) -> Vec<Deed> {
    vec![Deed::Extend { uniqueid: "1.1".into(), talked_sec }]
}

fn settle(billsec: i64, cause: &'static str, end_sec: i64) -> Vec<Deed> {
    let end = Told { cause, billsec, end_us: end_sec * SEC };
    vec![Deed::Settle { uniqueid: "1.1".into(), end }]
}

fn ringing() -> Calls {
    let mut calls = Calls::default();
    calls.heard(&event("Newchannel", "1.1", &[]), 0);
    calls
}

fn answered(at_sec: i64) -> Calls {
    let mut calls = ringing();
    calls.heard(&event("DialEnd", "1.1", &[("DialStatus", "ANSWER")]), at_sec * SEC);
    calls
}

#[test]
fn ringing_is_no_talking() {
    let mut calls = ringing();
    assert_eq!(calls.due(&[row(60)], 30 * SEC), []);
    assert_eq!(calls.due(&[row(60)], 41 * SEC), limit(60), "rings on");
    assert_eq!(calls.due(&[row(60)], 42 * SEC), []);
    assert_eq!(calls.due(&[row(60)], 82 * SEC), limit(60));
    assert_eq!(calls.due(&[row(60)], 181 * SEC), [], "not for ever");
    let mut calls = answered(10);
    assert_eq!(calls.due(&[row(60)], 11 * SEC), limit(59));
    assert_eq!(calls.due(&[row(60)], 12 * SEC), []);
}

#[test]
fn a_call_is_extended_until_it_cannot_be() {
    let mut calls = answered(1);
    assert_eq!(calls.due(&[row(60)], 2 * SEC), limit(59));
    assert_eq!(calls.due(&[row(60)], 40 * SEC), []);
    assert_eq!(calls.due(&[row(60)], 41 * SEC), extend(40));
    assert_eq!(calls.due(&[row(120)], 42 * SEC), limit(79));
    assert_eq!(calls.due(&[row(120)], 101 * SEC), extend(100));
    // Nothing more was granted.
    assert_eq!(calls.due(&[row(120)], 103 * SEC), []);
    assert_eq!(calls.due(&[row(120)], 106 * SEC), extend(105));
    assert_eq!(calls.due(&[row(120)], 122 * SEC), extend(121), "the switch hangs up by itself");
    assert_eq!(calls.due(&[row(120)], 123 * SEC), cut());
    assert_eq!(calls.due(&[row(120)], 124 * SEC), []);
    assert_eq!(calls.due(&[row(120)], 128 * SEC), cut());
}

#[test]
fn whoever_is_switched_off_is_cut() {
    for mut calls in [ringing(), answered(1)] {
        let closed = Row { open: false, ..row(60) };
        assert_eq!(calls.due(std::slice::from_ref(&closed), 9 * SEC), cut());
        assert_eq!(calls.due(std::slice::from_ref(&closed), 10 * SEC), []);
    }
}

#[test]
fn ends() {
    let hangup = event("Hangup", "1.1", &[("Cause", "16")]);
    let cdr = |secs: &str, disposition: &str| {
        event("Cdr", "1.1", &[("BillableSeconds", secs), ("Disposition", disposition)])
    };
    let mut calls = answered(5);
    calls.heard(&hangup, 35 * SEC);
    assert_eq!(calls.due(&[row(60)], 36 * SEC), [], "better reports are waited for");
    assert_eq!(calls.due(&[row(60)], 37 * SEC), settle(30, "answered", 35));
    calls.heard(&cdr("29", "ANSWERED"), 37 * SEC);
    calls.heard(&cdr("0", "NO ANSWER"), 37 * SEC);
    assert_eq!(calls.due(&[row(60)], 38 * SEC), settle(29, "answered", 35));
    assert_eq!(calls.due(&[], 96 * SEC), []);
    assert_eq!(calls.channels.len(), 0, "forgotten");

    let mut calls = ringing();
    calls.heard(&event("DialEnd", "1.1", &[("DialStatus", "BUSY")]), 5 * SEC);
    calls.heard(&hangup, 6 * SEC);
    assert_eq!(calls.due(&[row(60)], 8 * SEC), settle(0, "busy", 6));

    // What went before was not heard.
    let mut calls = Calls::default();
    calls.heard(&hangup, 6 * SEC);
    assert_eq!(calls.due(&[row(60)], 8 * SEC), [Deed::Gone { uniqueid: "1.1".into() }]);
}

/// A channel that another one has begun may be the one that asks.
#[test]
fn calls_of_further_channels() {
    let second = Row { uniqueid: "1.2".into(), ..row(60) };
    let mut calls = Calls::default();
    calls.heard(&event("Newchannel", "1.2", &[]), 0);
    calls.listed(SEC, 2 * SEC);
    calls.heard(&event("Newchannel", "1.2", &[]), 3 * SEC);
    let gone = [Deed::Gone { uniqueid: "1.2".into() }];
    assert_eq!(calls.due(std::slice::from_ref(&second), 5 * SEC), gone, "it was not on the list");
    let mut calls = Calls::default();
    calls.heard(&event("Newchannel", "1.2", &[]), 0);
    calls.heard(&event("CoreShowChannel", "1.2", &[("ChannelStateDesc", "Ring")]), SEC);
    calls.listed(SEC, 2 * SEC);
    assert_eq!(calls.due(std::slice::from_ref(&second), 5 * SEC), []);
    calls.heard(&event("DialEnd", "1.2", &[("DialStatus", "ANSWER")]), 6 * SEC);
    calls.heard(&event("Hangup", "1.2", &[]), 16 * SEC);
    let end = Told { cause: "answered", billsec: 10, end_us: 16 * SEC };
    let settle = [Deed::Settle { uniqueid: "1.2".into(), end }];
    assert_eq!(calls.due(&[second], 18 * SEC), settle);
}

/// A menu answers before the call asks; what is granted counts from then on.
#[test]
fn a_channel_that_was_up_before() {
    let up = [("ChannelStateDesc", "Up"), ("Duration", "00:05:00")];
    let asked = Row { started_us: 300 * SEC, ..row(60) };
    let mut calls = ringing();
    calls.heard(&event("CoreShowChannel", "1.1", &up), 301 * SEC);
    calls.listed(301 * SEC, 301 * SEC);
    assert_eq!(calls.due(std::slice::from_ref(&asked), 302 * SEC), [], "it rings");
    calls.heard(&event("DialEnd", "1.1", &[("DialStatus", "ANSWER")]), 310 * SEC);
    assert_eq!(calls.due(std::slice::from_ref(&asked), 311 * SEC), limit(59));
    let mut calls = Calls::default();
    calls.heard(&event("CoreShowChannel", "1.1", &up), 301 * SEC);
    calls.listed(301 * SEC, 301 * SEC);
    assert_eq!(calls.due(&[asked], 302 * SEC), limit(58), "what is guessed counts from its beginning");
}

/// What went out before a connection broke may not have arrived.
#[test]
fn a_connection_anew() {
    let mut calls = answered(1);
    assert_eq!(calls.due(&[row(60)], 2 * SEC), limit(59));
    calls.anew();
    assert_eq!(calls.due(&[row(60)], 3 * SEC), limit(58));
    let mut calls = ringing();
    calls.anew();
    calls.heard(&event("Hangup", "1.1", &[]), 6 * SEC);
    let gone = [Deed::Gone { uniqueid: "1.1".into() }];
    assert_eq!(calls.due(&[row(60)], 8 * SEC), gone, "it may have been answered meanwhile");
}

#[test]
fn lists_of_channels() {
    let listed = |calls: &mut Calls, there: bool, asked: i64, now: i64| {
        if there {
            let more = [("ChannelStateDesc", "Up"), ("Duration", "00:01:05")];
            calls.heard(&event("CoreShowChannel", "1.1", &more), now * SEC);
        }
        calls.listed(asked * SEC, now * SEC);
    };
    let gone = [Deed::Gone { uniqueid: "1.1".into() }];
    let mut calls = Calls::default();
    assert_eq!(calls.due(&[row(60)], 99 * SEC), [], "nothing is known yet");
    listed(&mut calls, false, 0, 1);
    assert_eq!(calls.due(&[row(60)], 99 * SEC), [], "it may have begun after the list");
    listed(&mut calls, false, 1, 2);
    assert_eq!(calls.due(&[row(60)], 3 * SEC), gone);

    let mut calls = Calls::default();
    listed(&mut calls, true, 69, 70);
    assert_eq!(calls.channel("1.1"), Some("PJSIP/a-1"));
    assert_eq!(calls.due(&[row(120)], 70 * SEC), limit(55), "it may have talked for 65 seconds");
    listed(&mut calls, false, 80, 81);
    assert_eq!(calls.channel("1.1"), None);
    assert_eq!(calls.due(&[row(120)], 83 * SEC), gone);
    assert_eq!(duration_us("01:00:10"), 3_610 * SEC);
    assert_eq!(duration_us("x:99999999999:-1"), 0);
}
