use super::*;

#[test]
fn addresses() {
    let read = |text: &str| Address::read(text).map(|address| (address.host, address.port, address.tls)).ok();
    let is = |host: &str, port, tls| Some((host.to_owned(), port, tls));
    assert_eq!(read("smsc.example.org"), is("smsc.example.org", 2775, false));
    assert_eq!(read("smsc.example.org:3000"), is("smsc.example.org", 3000, false));
    assert_eq!(read("smpp://10.0.0.1:3000"), is("10.0.0.1", 3000, false));
    assert_eq!(read("smpps://smsc.example.org"), is("smsc.example.org", 2775, true));
    assert_eq!(read("[::1]:3000"), is("::1", 3000, false));
    assert_eq!(read("[::1]"), is("::1", 2775, false));
    for wrong in ["", ":1", "a:0", "a:99999", "a:b", "a/b", "a?b", "me@a", "http://a", "a b", "smpp://"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn what_joins_parts_is_the_same_for_every_try() {
    assert_eq!(reference("sms-7"), 7);
    assert_eq!(reference("sms-519"), 7);
    assert_eq!(reference("sms-"), 0);
}
