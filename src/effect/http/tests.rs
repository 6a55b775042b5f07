use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

#[test]
fn addresses() {
    for (url, expected) in [
        ("http://a.example", Some(("a.example", 80, "/"))),
        ("HTTPS://a.example/x?y#z", Some(("a.example", 443, "/x?y"))),
        ("https://a.example:8443/", Some(("a.example", 8443, "/"))),
        ("http://[::1]/", Some(("::1", 80, "/"))),
        ("http://[::1]:81/", Some(("::1", 81, "/"))),
        ("http://u:p@a.example/", None),
        ("http://a.example:0/", None),
        ("http://a.example:99999/", None),
        ("http://a.example:/", None),
        ("ftp://a.example/", None),
        ("a.example", None),
        ("/path", None),
        ("http:///", None),
        ("http://a b/", None),
        ("", None),
    ] {
        let target = Target::read(url);
        let found = target.as_ref().map(|target| (target.host.as_str(), target.port, target.path.as_str()));
        assert_eq!(found, expected, "{url}");
        let wrong = expected.is_none().then(|| Failure::Wrong("url".into()));
        assert_eq!(Target::of(url).err(), wrong);
    }
}

fn to(url: String) -> Request {
    let timeout = Duration::from_millis(300);
    Request { method: Method::GET, url, headers: Vec::new(), body: String::new(), timeout }
}

/// Whether a request may have been done is what money hangs on.
#[test]
fn nothing_is_sent_where_nobody_listens() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("a port");
    for url in [format!("http://{closed}/"), "http://no-such-host.invalid/".into()] {
        assert!(matches!(to(url).send(), Err(Failure::NotSent { .. })));
    }
}

#[test]
fn what_was_read_may_have_been_done() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("a port"));
    let peer = std::thread::spawn(move || {
        for answers in [Some(""), Some("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), None] {
            let (mut stream, _) = listener.accept().expect("a request");
            assert!(stream.read(&mut [0; 1024]).expect("its head") > 0);
            match answers {
                Some(answer) => stream.write_all(answer.as_bytes()).expect("written"),
                None => std::thread::sleep(Duration::from_millis(600)),
            }
        }
    });
    for is_late in [false, false, true] {
        match to(url.clone()).send() {
            Err(Failure::Lost { is_late: late, .. }) => assert_eq!(late, is_late),
            other => panic!("{other:?}"),
        }
    }
    peer.join().expect("no panic");
}

#[test]
fn headers_cannot_add_others() {
    let mut request = to("http://127.0.0.1:1/".into());
    request.headers.push(("x-key".into(), "a\r\nx-other: b".into()));
    assert_eq!(request.send(), Err(Failure::Wrong("x-key".into())));
}
