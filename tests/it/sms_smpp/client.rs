//! A client of a centre, without a program around it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use billmgr::effect::http::Trust;
use billmgr::error::{Error, Result};
use billmgr::telecom::sms::gsm;
use billmgr::telecom::sms::transport::smpp::receipt::{IdForm, Receipt};
use billmgr::telecom::sms::transport::smpp::session::{Inlet, Session, State as Bound};
use billmgr::telecom::sms::transport::smpp::{Address, Parts, Settings, Smpp};
use billmgr::telecom::sms::transport::{Attempt, Outcome, Transport};

use super::smsc::{LOGIN, SECRET, until};

/// What was told of messages and their parts.
#[derive(Default)]
pub struct Desk {
    pub receipts: Mutex<Vec<Receipt>>,
    pub parts: Mutex<Vec<(String, Vec<String>)>>,
    pub is_broken: AtomicBool,
}

impl Inlet for Desk {
    fn receipt(&self, receipt: &Receipt) -> Result<()> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(Error::new("system", "receipt"));
        }
        self.receipts.lock().unwrap().push(receipt.clone());
        Ok(())
    }
}

impl Parts for Desk {
    fn keep(&self, reference: &str, ids: &[String]) -> Result<()> {
        self.parts.lock().unwrap().push((reference.to_owned(), ids.to_vec()));
        Ok(())
    }
}

pub struct Client {
    pub desk: Arc<Desk>,
    pub session: Arc<Session>,
    pub smpp: Smpp,
}

pub fn settings(port: u16) -> Settings {
    Settings {
        address: Address { host: "127.0.0.1".into(), port, tls: false },
        login: LOGIN.into(),
        secret: SECRET.into(),
        system_type: String::new(),
        sender: "Default".into(),
        id_form: IdForm::Same,
        window: 4,
        timeout: Duration::from_secs(5),
        enquire: Duration::from_secs(30),
    }
}

impl Client {
    pub fn new(settings: Settings) -> Self {
        Self::trusting(settings, None)
    }

    pub fn trusting(settings: Settings, trust: Option<Trust>) -> Self {
        let desk = Arc::new(Desk::default());
        let session = Session::start(settings, desk.clone(), trust).expect("a session");
        let smpp = Smpp::new(session.clone(), desk.clone());
        Self { desk, session, smpp }
    }

    pub fn to(port: u16) -> Self {
        Self::new(settings(port))
    }

    pub fn send(&self, text: &str) -> Outcome {
        self.smpp.send(&attempt(7, text))
    }

    /// Sends until something left, which may take until the session is bound again.
    pub fn send_at_last(&self, text: &str) -> Outcome {
        until("nothing can be sent", || match self.send(text) {
            Outcome::NotSent { .. } => None,
            other => Some(other),
        })
    }

    pub fn bound(&self) {
        until("it is not bound", || (self.session.state() == Bound::Bound).then_some(()));
    }

    /// Why there is no session any more.
    pub fn broken(&self) -> String {
        until("it is still bound", || match self.session.state() {
            Bound::Down(reason) => Some(reason),
            _ => None,
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.session.stop();
    }
}

pub fn attempt(id: i64, text: &str) -> Attempt {
    Attempt {
        reference: format!("sms-{id}"),
        phone: "+447575396991".into(),
        sender: "MyBrand".into(),
        text: text.into(),
        is_unicode: gsm::encoding(text) == gsm::Encoding::Ucs2,
        parts: gsm::parts(text).len() as u32,
    }
}

pub fn accepted(id: &str) -> Outcome {
    Outcome::Accepted { message_id: id.into() }
}
