//! Centres that messages are handed to: a real one, the server half of a library that is not ours,
//! and one that does octet by octet what a test says.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use billmgr::telecom::sms::transport::smpp::pdu::{Pdu, command};
use smpp34::server::ESME;
use smpp34::{
    SmppConnectionInformation, SmppError, SmppServer, SmppServerListener, TlvTag, bind_transceiver,
    bind_transceiver_resp, submit_sm, submit_sm_resp,
};
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::support::tls;

pub const LOGIN: &str = "billmgr";
pub const SECRET: &str = "secret12";

pub enum Answer {
    Accept(&'static str),
    Refuse(SmppError),
    Silence,
}

#[derive(Default)]
struct Desk {
    refuses: Mutex<Option<SmppError>>,
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<submit_sm>>,
    bound: Mutex<HashMap<String, Arc<ESME>>>,
    pause: Mutex<Duration>,
    taken: AtomicUsize,
}

#[async_trait]
impl SmppServerListener for Desk {
    async fn on_bind_transceiver(
        &self,
        bind: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        if let Some(error) = *self.refuses.lock().unwrap() {
            return bind.reject(error);
        }
        match bind.system_id == LOGIN && bind.password == SECRET {
            true => bind.accept("SMSC".into(), Some(0x34)),
            false => bind.reject(SmppError::ESME_RINVPASWD),
        }
    }

    async fn on_submit_sm(
        &self,
        submit: submit_sm,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> submit_sm_resp {
        self.seen.lock().unwrap().push(submit.clone());
        let pause = *self.pause.lock().unwrap();
        tokio::time::sleep(pause).await;
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(Answer::Accept(id)) => submit.accept(id.into()),
            Some(Answer::Refuse(error)) => submit.reject(error),
            Some(Answer::Silence) => std::future::pending().await,
            None => submit.accept(format!("id-{}", 1 + self.taken.fetch_add(1, Ordering::SeqCst))),
        }
    }

    async fn on_esme_bound(&self, esme: ESME, session: &String) {
        self.bound.lock().unwrap().insert(session.clone(), Arc::new(esme));
    }

    async fn on_esme_unbound(&self, session: &String) {
        self.bound.lock().unwrap().remove(session);
    }
}

pub struct Smsc {
    pub port: u16,
    desk: Arc<Desk>,
    runtime: tokio::runtime::Runtime,
    _server: SmppServer,
}

impl Smsc {
    pub fn new() -> Self {
        Self::enquiring(Duration::from_secs(30))
    }

    /// One that asks so often whether the other side is there.
    pub fn enquiring(every: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (desk, port) = (Arc::new(Desk::default()), free_port());
        let mut server = SmppServer::new_with_default_timers(
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            port,
            desk.clone(),
            5_000,
            every.as_millis() as u64,
            300_000,
            5_000,
            1_500,
        );
        runtime.block_on(server.start());
        Self { port, desk, runtime, _server: server }
    }

    pub fn refuse_binds(&self, error: Option<SmppError>) {
        *self.desk.refuses.lock().unwrap() = error;
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.desk.answers.lock().unwrap().extend(answers);
    }

    pub fn take_its_time(&self, pause: Duration) {
        *self.desk.pause.lock().unwrap() = pause;
    }

    /// Who is bound now.
    pub fn sessions(&self) -> usize {
        self.desk.bound.lock().unwrap().len()
    }

    pub fn seen(&self) -> Vec<submit_sm> {
        self.desk.seen.lock().unwrap().clone()
    }

    /// Sends one to whoever is bound; the status that it was answered with.
    pub fn deliver(&self, esm_class: u8, text: &str, id: Option<&str>, state: Option<u8>) -> u32 {
        let esme = until("nobody is bound", || self.desk.bound.lock().unwrap().values().next().cloned());
        let mut delivery = esme.deliver_sm().source_addr("447575396991").destination_addr("MyBrand");
        delivery = delivery.esm_class(esm_class).short_message(text.as_bytes());
        if let Some(id) = id {
            delivery = delivery.tlv(TlvTag::ReceiptedMessageId, format!("{id}\0").into_bytes());
        }
        if let Some(state) = state {
            delivery = delivery.tlv(TlvTag::MessageStateTlv, [state]);
        }
        self.runtime.block_on(delivery.send()).expect("an answer").command_status()
    }

    pub fn receipt(&self, text: &str) -> u32 {
        self.deliver(4, text, None, None)
    }
}

/// Where nobody listens now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port()
}

/// Asks until there is an answer.
pub fn until<T>(otherwise: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{otherwise}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// A connection of the scripted centre.
pub struct Peer {
    stream: Box<dyn Stream>,
    arrived: Vec<u8>,
}

impl Peer {
    /// The next unit, or nothing where the other side has gone.
    pub fn read(&mut self) -> Option<Pdu> {
        loop {
            if let Some(pdu) = Pdu::take(&mut self.arrived).expect("a length") {
                return Some(pdu);
            }
            let mut octets = [0; 4096];
            match self.stream.read(&mut octets) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.arrived.extend(&octets[..count]),
            }
        }
    }

    pub fn write(&mut self, octets: &[u8]) {
        let _ = self.stream.write_all(octets);
    }

    /// Lets it bind.
    pub fn bind(&mut self) {
        let bind = self.read().expect("a bind");
        assert_eq!(bind.command, command::BIND_TRANSCEIVER);
        let mut answer = bind.answer(0);
        answer.body = b"SMSC\0".to_vec();
        self.write(&answer.octets());
    }

    /// Takes a submission and answers it with the id.
    pub fn accept(&mut self, id: &str) {
        let submit = self.read().expect("a submission");
        let mut answer = submit.answer(0);
        answer.body = format!("{id}\0").into_bytes();
        self.write(&answer.octets());
    }
}

/// A centre that does with one connection after the other what the script says.
pub fn scripted(script: impl FnMut(usize, &mut Peer) + Send + 'static) -> u16 {
    listening(|stream| Box::new(stream), script)
}

/// The same with TLS; the certificate is of `localhost`.
pub fn secured(script: impl FnMut(usize, &mut Peer) + Send + 'static) -> (u16, CertificateDer<'static>) {
    let made = tls::certificate();
    let config = tls::config(&made);
    let open = move |stream: TcpStream| -> Box<dyn Stream> { Box::new(tls::over(&config, stream)) };
    (listening(open, script), made.cert.der().clone())
}

fn listening(
    open: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    mut script: impl FnMut(usize, &mut Peer) + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(stream) = stream else { return };
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            script(number, &mut Peer { stream: open(stream), arrived: Vec::new() });
        }
    });
    port
}
