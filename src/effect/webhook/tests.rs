use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::{Hook, SIGNATURE, verify_signature};
use crate::config::Secret;
use crate::effect::http::{BODY_MAX_BYTES, Trust};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

const NOW_US: i64 = 1_760_000_000_000_000;

/// What a receiver saw of the last request.
type Seen = Arc<std::sync::Mutex<Vec<(String, String)>>>;

/// A receiver at `address`, until the test ends.
struct Receiver {
    address: SocketAddr,
    seen: Seen,
    _runtime: tokio::runtime::Runtime,
}

fn answer(path: &str) -> Response<Full<Bytes>> {
    let (status, text) = match path {
        "/fails" => (500, "no".to_owned()),
        "/moved" => (302, "there".to_owned()),
        "/huge" => (200, "x".repeat(10_000_000)),
        _ => (200, "ok".to_owned()),
    };
    let answer = Response::builder().status(status).header("location", "/elsewhere");
    answer.body(Full::new(Bytes::from(text))).expect("an answer")
}

async fn receive(request: Request<Incoming>, seen: Seen) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let mut now = vec![("url".to_owned(), head.uri.to_string())];
    now.extend(head.headers.iter().map(|(name, value)| (name.to_string(), text(value))));
    now.push(("body".into(), String::from_utf8_lossy(&body).into_owned()));
    *seen.lock().expect("no panic") = now;
    if head.uri.path() == "/slow" {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Ok(answer(head.uri.path()))
}

impl Receiver {
    fn new(tls: Option<TlsAcceptor>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let (address, seen) = (listener.local_addr().expect("a port"), Seen::default());
        runtime.spawn(accept(listener, tls, seen.clone()));
        Self { address, seen, _runtime: runtime }
    }

    fn seen(&self, name: &str) -> String {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

async fn accept(listener: tokio::net::TcpListener, tls: Option<TlsAcceptor>, seen: Seen) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, seen) = (tls.clone(), seen.clone());
        tokio::spawn(async move {
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(stream),
                Some(tls) => Box::new(tls.accept(stream).await.ok()?),
            };
            let service = service_fn(move |request| receive(request, seen.clone()));
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok()
        });
    }
}

fn hook(url: String) -> Hook {
    Hook {
        url,
        secret: Secret::new("hook secret"),
        body: "{\"event\":\"payment\"}".into(),
        idempotency_key: "outbox:17".into(),
        timeout: Duration::from_secs(20),
    }
}

#[test]
fn a_receiver_can_check_it() {
    let receiver = Receiver::new(None);
    let hook = hook(format!("http://{}/in?a=b&c=d", receiver.address));
    let outcome = hook.send(NOW_US).expect("an answer");
    assert_eq!((outcome.status, outcome.body.as_slice(), outcome.is_success()), (200, "ok".as_bytes(), true));
    assert_eq!(receiver.seen("url"), "/in?a=b&c=d");
    assert_eq!(receiver.seen("host"), receiver.address.to_string());
    assert_eq!(receiver.seen("idempotency-key"), "outbox:17");
    assert_eq!(receiver.seen("content-type"), "application/json");
    let (header, body) = (receiver.seen(SIGNATURE), receiver.seen("body"));
    assert!(header.starts_with("t=1760000000,v1="), "{header}");
    assert!(verify_signature("hook secret", &header, &body, NOW_US / 1_000_000 + 5, 300));
    assert!(!format!("{hook:?}").contains("hook secret"));
}

#[test]
fn every_status_is_an_answer() {
    let receiver = Receiver::new(None);
    for (path, status, text) in [("/fails", 500, "no"), ("/moved", 302, "there")] {
        let outcome = hook(format!("http://{}{path}", receiver.address)).send(NOW_US).expect("an answer");
        assert_eq!((outcome.status, outcome.body.as_slice()), (status, text.as_bytes()));
        assert!(!outcome.is_success());
        assert_eq!(receiver.seen("url"), path, "a redirect is not followed");
    }
}

#[test]
fn a_large_answer_is_cut() {
    let receiver = Receiver::new(None);
    let outcome = hook(format!("http://{}/huge", receiver.address)).send(NOW_US).expect("an answer");
    assert_eq!((outcome.status, outcome.body.len()), (200, BODY_MAX_BYTES));
}

#[test]
fn a_slow_answer_is_given_up() {
    let receiver = Receiver::new(None);
    let mut hook = hook(format!("http://{}/slow", receiver.address));
    hook.timeout = Duration::from_millis(300);
    let begun = Instant::now();
    let error = hook.send(NOW_US).expect_err("no answer");
    assert_eq!((error.kind, error.object.as_str()), ("timeout", "webhook"));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// One who answers every connection with these bytes, a piece at a time.
fn raw(pieces: &'static [&'static str], pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a port");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        // What is left unread would make of the end a reset.
        std::io::Read::read(&mut stream, &mut [0; 8192])?;
        for piece in pieces {
            stream.write_all(piece.as_bytes())?;
            std::thread::sleep(pause);
        }
        std::io::Result::Ok(())
    });
    address
}

#[test]
fn what_is_no_answer() {
    let long: &'static str = Box::leak(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(200_000)).into());
    let long: &'static [&str] = Box::leak(Box::new([long]));
    let rows: [(&str, &'static [&'static str]); 5] = [
        ("nothing", &[]),
        ("a piece of a head", &["HTTP/1.1 200 OK\r\nContent-Len"]),
        ("a piece of a body", &["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "12345"]),
        ("no HTTP", &["SSH-2.0-OpenSSH_9\r\n"]),
        ("a head without end", long),
    ];
    for (what, pieces) in rows {
        let address = raw(pieces, Duration::ZERO);
        let error = hook(format!("http://{address}/")).send(NOW_US).expect_err(what);
        assert_eq!((error.kind, error.object.as_str()), ("system", "webhook"), "{what}: {error}");
    }
}

#[test]
fn the_time_is_for_the_whole_answer() {
    let pieces: Vec<&str> =
        std::iter::once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").chain(["x"; 90]).collect();
    let address = raw(Box::leak(pieces.into_boxed_slice()), Duration::from_millis(100));
    let mut hook = hook(format!("http://{address}/"));
    hook.timeout = Duration::from_millis(500);
    let begun = Instant::now();
    assert_eq!(hook.send(NOW_US).expect_err("too slow").kind, "timeout");
    assert!(begun.elapsed() < Duration::from_secs(5), "each piece comes in time, all of them do not");
}

/// A receiver with a certificate for this name, and those who believe it.
fn secured(name: &str) -> (Receiver, Trust) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    let cert = made.cert.der().clone();
    let key = made.signing_key.serialize_der().try_into().expect("a key");
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("TLS");
    let config = builder.with_no_client_auth().with_single_cert(vec![cert.clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a pair")));
    (Receiver::new(Some(acceptor)), Trust::of([cert]).expect("an authority"))
}

#[test]
fn https_knows_whom_it_speaks_to() {
    let (receiver, trust) = secured("localhost");
    let (wrong, wrong_trust) = secured("shop.example");
    let at = |receiver: &Receiver| hook(format!("https://localhost:{}/in", receiver.address.port()));
    assert_eq!(at(&receiver).send_trusting(Some(&trust), NOW_US).expect("an answer").status, 200);
    let refused = [
        ("another name", at(&wrong).send_trusting(Some(&wrong_trust), NOW_US)),
        ("an unknown authority", at(&receiver).send_trusting(Some(&wrong_trust), NOW_US)),
        ("no authority", at(&receiver).send_trusting(Some(&Trust::of([]).expect("none")), NOW_US)),
        ("an authority that the system does not know", at(&receiver).send(NOW_US)),
        ("no TLS", at(&Receiver::new(None)).send_trusting(Some(&trust), NOW_US)),
    ];
    for (what, outcome) in refused {
        let error = outcome.expect_err(what);
        assert_eq!((error.kind, error.object.as_str()), ("system", "webhook"), "{what}: {error}");
    }
    assert_eq!(wrong.seen("url"), "", "nothing was said to a stranger");
}

#[test]
fn what_cannot_be_sent() {
    let mut bad = hook("http://127.0.0.1:1/".into());
    assert_eq!(bad.send(NOW_US).expect_err("nobody listens").kind, "system");
    bad.idempotency_key = "a\r\nX-Injected: 1".into();
    assert_eq!(bad.send(NOW_US).expect_err("no header").object, "idempotency_key");
    let nowhere = hook("http://no-such-host.invalid/".into()).send(NOW_US).expect_err("no name");
    assert_eq!(nowhere.kind, "system");
}

#[test]
fn it_can_be_sent_from_the_blocking_pool() {
    let receiver = Receiver::new(None);
    let hook = hook(format!("http://{}/", receiver.address));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let sent = runtime.block_on(runtime.spawn_blocking(move || hook.send(NOW_US)));
    assert_eq!(sent.expect("no panic").expect("an answer").status, 200);
}
