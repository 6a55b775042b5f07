//! A centre that binds whoever only receives, and has messages for him. (The server half of `smpp34` takes no
//! answers from a receiver.)

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use billmgr::telecom::sms::transport::smpp::pdu::{Pdu, command, status};

use crate::sms_smpp::smsc::{LOGIN, Peer, SECRET, scripted};

const INVALID_PASSWORD: u32 = 0xE;

enum Ask {
    /// The body of deliver_sm.
    Deliver(Vec<u8>),
    /// Wait until the other side goes.
    Leave,
}

pub struct Centre {
    pub port: u16,
    asks: Mutex<Sender<Ask>>,
    answers: Mutex<Receiver<u32>>,
}

impl Centre {
    pub fn new() -> Self {
        let ((asks, asked), (told, answers)) = (channel(), channel());
        let port = scripted(move |_, peer| serve(peer, &asked, &told));
        Self { port, asks: Mutex::new(asks), answers: Mutex::new(answers) }
    }

    /// How a message from a telephone was answered.
    pub fn message(&self, to: &str, esm_class: u8, data_coding: u8, octets: &[u8]) -> u32 {
        let addresses = format!("\0\x05\0Telegram\0\x01\x01{to}\0");
        let class = [esm_class, 0, 0, 0, 0, 0, 0, data_coding, 0, octets.len() as u8];
        self.asks
            .lock()
            .unwrap()
            .send(Ask::Deliver([addresses.as_bytes(), &class, octets].concat()))
            .unwrap();
        self.answers.lock().unwrap().recv().expect("an answer")
    }

    /// The next connection may come when the one that is there has gone.
    pub fn leave(&self) {
        self.asks.lock().unwrap().send(Ask::Leave).unwrap();
    }
}

fn serve(peer: &mut Peer, asked: &Receiver<Ask>, told: &Sender<u32>) {
    let Some(bind) = peer.read() else { return };
    assert_eq!(bind.command, command::BIND_RECEIVER);
    let is_right = bind.body.starts_with(format!("{LOGIN}\0{SECRET}\0").as_bytes());
    let mut answer = bind.answer(if is_right { status::OK } else { INVALID_PASSWORD });
    answer.body = b"SMSC\0".to_vec();
    peer.write(&answer.octets());
    if !is_right {
        return;
    }
    for sequence in 1.. {
        match asked.recv() {
            Ok(Ask::Deliver(body)) => {
                peer.write(&Pdu::request(command::DELIVER_SM, sequence, body).octets());
                let Some(answer) = peer.read() else { return };
                assert_eq!(answer.command, command::DELIVER_SM | command::RESPONSE);
                let _ = told.send(answer.status);
            }
            _ => break,
        }
    }
    while let Some(unit) = peer.read() {
        peer.write(&unit.answer(status::OK).octets());
    }
}
