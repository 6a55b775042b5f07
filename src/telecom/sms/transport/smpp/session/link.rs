//! A bound connection, until it breaks.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::super::Settings;
use super::super::pdu::{self, Delivery, Pdu, command, status};
use super::super::receipt::Receipt;
use super::{Came, Inlet, Order};
use crate::effect::http::{Stream, Trust, stream};

/// How long a stop waits for answers, and then for the end of the connection.
const STOP_MAX: Duration = Duration::from_secs(5);
const UNBIND_MAX: Duration = Duration::from_secs(1);
/// Receipts that are being written down; of further ones the provider is told to come again.
const RECEIPTS_MAX: usize = 256;
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;
/// For a refusal that says it is none.
const UNKNOWN_ERROR: u32 = 0xFF;

pub enum End {
    Stopped,
    Broken(String),
}

fn broken(cause: impl std::fmt::Display) -> End {
    End::Broken(cause.to_string())
}

/// A submission that has left.
struct Waiting {
    until: Instant,
    answer: oneshot::Sender<Came>,
}

/// The answer to a receipt, and the place that the receipt has until then.
type Done = (Pdu, OwnedSemaphorePermit);

enum Event {
    Read(io::Result<usize>),
    Write(Done),
    Order(Order),
    Stop,
    Time,
}

pub struct Link {
    stream: Box<dyn Stream>,
    arrived: Vec<u8>,
    sequence: u32,
    timeout: Duration,
    enquire: Duration,
    window: usize,
    form: super::super::IdForm,
    inlet: Arc<dyn Inlet>,
    /// How it is bound: to hand over messages, or to take some.
    bind: u32,
    waiting: HashMap<u32, Waiting>,
    /// When something arrived last, and since when an answer to `enquire_link` is due.
    heard: Instant,
    enquired: Option<Instant>,
    receipts: Arc<Semaphore>,
    done: (mpsc::UnboundedSender<Done>, mpsc::UnboundedReceiver<Done>),
}

impl Link {
    pub async fn bind(
        settings: &Settings,
        trust: Option<&Trust>,
        inlet: Arc<dyn Inlet>,
    ) -> Result<Self, String> {
        let trust = match (settings.address.tls, trust) {
            (false, _) => None,
            (true, Some(trust)) => Some(trust.clone()),
            (true, None) => Some(Trust::of_system().map_err(|error| error.to_string())?),
        };
        let stream = stream(&settings.address.host, settings.address.port, trust).await;
        let mut link = Self {
            stream: stream.map_err(|failure| failure.to_string())?,
            arrived: Vec::new(),
            sequence: 0,
            timeout: settings.timeout,
            enquire: settings.enquire,
            window: settings.window.max(1),
            form: settings.id_form,
            bind: if inlet.takes_messages() { command::BIND_RECEIVER } else { command::BIND_TRANSCEIVER },
            inlet,
            waiting: HashMap::new(),
            heard: Instant::now(),
            enquired: None,
            receipts: Arc::new(Semaphore::new(RECEIPTS_MAX)),
            done: mpsc::unbounded_channel(),
        };
        let body = pdu::bind(&settings.login, &settings.secret, &settings.system_type);
        match link.bound(body).await {
            Ok(()) => Ok(link),
            Err(End::Broken(reason)) => Err(reason),
            Err(End::Stopped) => Err("stopped".into()),
        }
    }

    async fn bound(&mut self, body: Vec<u8>) -> Result<(), End> {
        let sequence = self.next();
        self.write(&Pdu::request(self.bind, sequence, body)).await?;
        loop {
            let read = self.stream.read_buf(&mut self.arrived).await;
            self.heard(read)?;
            while let Some(pdu) = self.taken()? {
                match (pdu.is_answer() && pdu.sequence == sequence, pdu.status) {
                    (true, status::OK) if pdu.command != command::GENERIC_NACK => return Ok(()),
                    (true, status) => return Err(broken(format!("bind refused: {}", status::words(status)))),
                    (false, _) => self.take(pdu).await?,
                }
            }
        }
    }

    /// Until the connection breaks, or it is stopped and nothing more is waited for.
    pub async fn work(mut self, orders: &mut mpsc::Receiver<Order>, mut stops: watch::Receiver<bool>) -> End {
        let end = self.serve(orders, &mut stops).await;
        let reason = match &end {
            End::Stopped => "stopped before the answer came",
            End::Broken(reason) => reason,
        };
        for (_, waiting) in self.waiting.drain() {
            let _ = waiting.answer.send(Came::Lost(reason.to_owned()));
        }
        end
    }

    async fn serve(&mut self, orders: &mut mpsc::Receiver<Order>, stops: &mut watch::Receiver<bool>) -> End {
        let mut leaves: Option<Instant> = None;
        // What came behind the answer to the bind.
        if let Err(end) = self.take_arrived().await {
            return end;
        }
        loop {
            if leaves.is_some_and(|end| self.is_idle() || Instant::now() >= end) {
                return self.unbind().await;
            }
            let wake = leaves.unwrap_or_else(|| self.wake());
            let takes = leaves.is_none() && self.waiting.len() < self.window;
            let event = tokio::select! {
                biased;
                read = self.stream.read_buf(&mut self.arrived) => Event::Read(read),
                Some(done) = self.done.1.recv() => Event::Write(done),
                _ = stops.wait_for(|stop| *stop), if leaves.is_none() => Event::Stop,
                Some(order) = orders.recv(), if takes => Event::Order(order),
                () = sleep_until(wake) => Event::Time,
            };
            let done = match event {
                Event::Read(read) => match self.heard(read) {
                    Ok(()) => self.take_arrived().await,
                    Err(end) => Err(end),
                },
                Event::Write((answer, _place)) => self.write(&answer).await,
                Event::Order(order) => self.submit(order).await,
                Event::Time => self.look_around().await,
                Event::Stop => {
                    leaves = Some(Instant::now() + STOP_MAX);
                    Ok(())
                }
            };
            if let Err(end) = done {
                return if leaves.is_some() { End::Stopped } else { end };
            }
        }
    }

    fn next(&mut self) -> u32 {
        self.sequence = self.sequence % SEQUENCE_MAX + 1;
        self.sequence
    }

    fn heard(&mut self, read: io::Result<usize>) -> Result<(), End> {
        match read {
            Ok(0) => Err(broken("closed by the provider")),
            Ok(_) => {
                self.heard = Instant::now();
                self.enquired = None;
                Ok(())
            }
            Err(cause) => Err(broken(cause)),
        }
    }

    fn taken(&mut self) -> Result<Option<Pdu>, End> {
        Pdu::take(&mut self.arrived).map_err(|length| broken(format!("a unit of {length} octets")))
    }

    async fn write(&mut self, pdu: &Pdu) -> Result<(), End> {
        let octets = pdu.octets();
        let written = timeout(self.timeout, async {
            self.stream.write_all(&octets).await?;
            self.stream.flush().await
        });
        match written.await {
            Ok(done) => done.map_err(broken),
            Err(_) => Err(broken("the provider reads nothing")),
        }
    }

    async fn take_arrived(&mut self) -> Result<(), End> {
        while let Some(pdu) = self.taken()? {
            self.take(pdu).await?;
        }
        Ok(())
    }

    async fn take(&mut self, pdu: Pdu) -> Result<(), End> {
        match pdu.command {
            _ if pdu.is_answer() => self.answered(&pdu),
            command::ENQUIRE_LINK => self.write(&pdu.answer(status::OK)).await?,
            command::DELIVER_SM | command::DATA_SM => self.delivered(pdu).await?,
            command::UNBIND => {
                self.write(&pdu.answer(status::OK)).await?;
                return Err(broken("unbound by the provider"));
            }
            _ => self.write(&pdu.refusal(status::INVALID_COMMAND)).await?,
        }
        Ok(())
    }

    fn answered(&mut self, pdu: &Pdu) {
        let is_refusal = pdu.command == command::GENERIC_NACK;
        if !is_refusal && pdu.command != command::SUBMIT_SM | command::RESPONSE {
            return;
        }
        let Some(waiting) = self.waiting.remove(&pdu.sequence) else { return };
        let status = if is_refusal && pdu.status == status::OK { UNKNOWN_ERROR } else { pdu.status };
        let _ = waiting.answer.send(Came::Answer { status, message_id: pdu.message_id() });
    }

    /// Messages are for who takes them, else they are only counted; a receipt is for who hands messages over.
    async fn delivered(&mut self, pdu: Pdu) -> Result<(), End> {
        let Some(delivery) = Delivery::read(&pdu) else {
            return self.write(&pdu.answer(status::PERMANENT)).await;
        };
        match (delivery.is_receipt(), self.inlet.takes_messages()) {
            (false, true) => self.keep(pdu, move |inlet| inlet.message(&delivery)).await,
            (false, false) => self.keep(pdu, |inlet| inlet.unwanted()).await,
            // It is of nothing that we sent here.
            (true, true) => self.write(&pdu.answer(status::OK)).await,
            (true, false) => self.receipt(pdu, &delivery).await,
        }
    }

    async fn receipt(&mut self, pdu: Pdu, delivery: &Delivery) -> Result<(), End> {
        match Receipt::read(delivery, self.form).filter(|receipt| receipt.state.is_some()) {
            Some(receipt) => self.keep(pdu, move |inlet| inlet.receipt(&receipt)).await,
            None => self.write(&pdu.answer(status::OK)).await,
        }
    }

    /// It is answered when it is written down.
    async fn keep(
        &mut self,
        pdu: Pdu,
        work: impl FnOnce(&dyn Inlet) -> crate::error::Result<()> + Send + 'static,
    ) -> Result<(), End> {
        let Ok(place) = self.receipts.clone().try_acquire_owned() else {
            return self.write(&pdu.answer(status::QUEUE_FULL)).await;
        };
        let (inlet, done) = (self.inlet.clone(), self.done.0.clone());
        tokio::task::spawn_blocking(move || {
            let status = match work(inlet.as_ref()) {
                Ok(()) => status::OK,
                Err(error) => {
                    tracing::error!("what came over SMPP was not kept: {error}");
                    status::TEMPORARY
                }
            };
            let _ = done.send((pdu.answer(status), place));
        });
        Ok(())
    }

    async fn submit(&mut self, order: Order) -> Result<(), End> {
        let sequence = self.next();
        let until = Instant::now() + self.timeout;
        self.waiting.insert(sequence, Waiting { until, answer: order.answer });
        self.write(&Pdu::request(command::SUBMIT_SM, sequence, order.body)).await
    }

    /// When something is late or has to be asked.
    fn wake(&self) -> Instant {
        let asks = match self.enquired {
            Some(since) => since + self.timeout,
            None => self.heard + self.enquire,
        };
        self.waiting.values().map(|waiting| waiting.until).chain([asks]).min().unwrap_or(asks)
    }

    async fn look_around(&mut self) -> Result<(), End> {
        let now = Instant::now();
        for (_, late) in self.waiting.extract_if(|_, waiting| waiting.until <= now) {
            let _ = late.answer.send(Came::Lost("no answer in time".into()));
        }
        match self.enquired {
            Some(since) if now >= since + self.timeout => Err(broken("the provider is silent")),
            None if now >= self.heard + self.enquire => {
                self.enquired = Some(now);
                let sequence = self.next();
                self.write(&Pdu::request(command::ENQUIRE_LINK, sequence, Vec::new())).await
            }
            _ => Ok(()),
        }
    }

    /// Is nothing under way, in either direction?
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.receipts.available_permits() == RECEIPTS_MAX
    }

    async fn unbind(&mut self) -> End {
        let sequence = self.next();
        if self.write(&Pdu::request(command::UNBIND, sequence, Vec::new())).await.is_ok() {
            let _ = timeout(UNBIND_MAX, self.stream.read_buf(&mut self.arrived)).await;
        }
        End::Stopped
    }
}
