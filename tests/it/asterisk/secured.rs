//! The manager interface over TLS: whose certificate is believed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::asterisk::calls::talking;
use crate::asterisk::peers::{Pbx, runtime};
use crate::calls_money::phones::{Phones, refusal};
use crate::support::{tls, worlds};

/// Speaks TLS for a manager interface that does not. Its port, and how often nobody believed it.
fn in_front_of(plain: SocketAddr, made: &CertifiedKey<KeyPair>) -> (u16, Arc<AtomicUsize>) {
    let listener = runtime().block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    let (acceptor, refused) = (TlsAcceptor::from(tls::config(made)), Arc::new(AtomicUsize::new(0)));
    let count = refused.clone();
    runtime().spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            match acceptor.accept(stream).await {
                Ok(mut secured) => {
                    let mut behind = TcpStream::connect(plain).await.expect("a manager interface");
                    tokio::spawn(
                        async move { tokio::io::copy_bidirectional(&mut secured, &mut behind).await },
                    );
                }
                Err(_) => drop(count.fetch_add(1, Ordering::Relaxed)),
            }
        }
    });
    (port, refused)
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

worlds! {
    /// A stranger's certificate is told nothing, not even who signs in; with the right one all goes on as
    /// without TLS.
    fn over_tls_the_one_that_is_believed(world: &World) {
        let mut pbx = Pbx::new(Phones::new(world));
        pbx.phones.pay("client", "10.00");
        let (made, stranger) = (tls::certificate(), tls::certificate());
        let (port, refused) = in_front_of(pbx.manager_address(), &made);
        let edit = format!("func=switch.edit&elid={}&address=localhost:{port}&tls=on&sok=ok", pbx.switch);
        for bad in ["nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
            let told = world.call("admin", &format!("{edit}&ca={}", encoded(bad)));
            assert_eq!(refusal(&told), ("value".to_owned(), "ca".to_owned()));
        }
        world.done("admin", &format!("{edit}&ca={}", encoded(&stranger.cert.pem())));
        pbx.start();
        let end = Instant::now() + Duration::from_secs(20);
        while refused.load(Ordering::Relaxed) == 0 {
            assert!(Instant::now() < end, "nobody came");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(pbx.waits_for_none(), "a stranger was spoken to");
        world.done("admin", &format!("{edit}&ca={}", encoded(&made.cert.pem())));
        talking(&pbx, "client", "1781524800.1", "client");
        pbx.until_calls(1);
    }
}
